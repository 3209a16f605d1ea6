//! Coverage: who exports what of each subscription to where, and what falls short of CIS Azure 8.1.5.2.

use crate::{
    api::{self, At},
    live::use_live,
    parts::{Bar, Load, PageTitle},
    paths,
};
use domain::{
    DeliveredBy, Kind,
    coverage::{CoverageRow, CoverageView, Exporter, Gap, KindCoverage},
    time,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The page.
#[component]
pub fn CoveragePage() -> impl IntoView {
    let live = use_live();
    let query = use_query_map();
    let wanted = Memo::new(move |_| query.read().get("gap").unwrap_or_default());
    let search = Memo::new(move |_| query.read().get("name").unwrap_or_default());
    let rows =
        Resource::new(move || (wanted.get(), search.get(), live.tick.get()), |(gap, name, _)| api::coverage(gap, name));
    view! {
        <PageTitle text="Coverage" />
        <Load
            of=rows
            view={move |answer: At<CoverageView>| page(answer.value, &wanted.get_untracked(), &search.get_untracked())}
        />
    }
}

fn page(of: CoverageView, wanted: &str, search: &str) -> AnyView {
    let (total, covered) = (of.all, of.covered);
    let label = format!("{covered} of {total} subscriptions export all their High and Medium alerts");
    let chips = chips(&of, wanted, search);
    let gap = Gap::parse(wanted);
    let rest = of.found.checked_sub(of.rows.len()).filter(|rest| *rest > 0).map(|rest| {
        view! { <div class="pager"><span>{time::count(i64::try_from(rest).unwrap_or_default())}" more: search for a name, or take the file"</span></div> }
    });
    let empty = of.rows.is_empty().then(|| empty(total));
    let rows: Vec<_> = of.rows.into_iter().map(row_view).collect();
    view! {
        <div class="head">
            <div>
                <h1>"Coverage"</h1>
                <p>{label.clone()}" (CIS Microsoft Azure Foundations 8.1.5.2), by the console or by Azure"</p>
            </div>
            <div class="acts">
                <a class="btn" href="/api/v1/coverage.csv" rel="external" download="coverage.csv">"Download CSV"</a>
                <a class="btn" href="/api/v1/coverage" rel="external" download="coverage.json">"Download JSON"</a>
            </div>
        </div>
        <Bar good=covered of=total label />
        <form method="get" class="row filters" role="search" aria-label="Search the subscriptions">
            {gap.map(|gap| view! { <input type="hidden" name="gap" value=gap.as_str() /> })}
            <label class="visually-hidden" for="name">"Part of a name or id"</label>
            <input class="input auto" id="name" name="name" type="search" placeholder="Part of a name or id" value=search.to_owned() />
            <button class="btn" type="submit">"Search"</button>
            {chips}
        </form>
        <section class="card">
            <table class="table">
                <thead>
                    <tr>
                        <th>"Subscription"</th>
                        <th>"Alerts"</th>
                        <th>"Recommendations"</th>
                        <th>"Other data"</th>
                        <th>"Remarks"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            {empty}
            {rest}
        </section>
        <p class="dim sm">
            "Short: some High or Medium alert does not leave the subscription, because nothing is exported, the export is switched off, it takes one resource group only, or its rules leave some out. Doubled: two exports send the same events to the same place. Hidden: the portal shows exports named ExportToEventHub and ExportToWorkspace only. Azure's exports are read every five minutes."
        </p>
    }
    .into_any()
}

fn chips(of: &CoverageView, wanted: &str, search: &str) -> impl IntoView + use<> {
    let link = |gap: &str, label: String| {
        let href = paths::with_query(paths::COVERAGE, &[("gap", gap), ("name", search)]);
        let current = (gap == wanted).then_some("true");
        view! { <a href=href aria-current=current>{label}</a> }
    };
    let mut links = vec![link("", format!("All {}", of.all))];
    links.extend(of.gaps.iter().map(|(gap, count)| link(gap.as_str(), format!("{} {count}", gap.label()))));
    view! { <nav class="seg sm" aria-label="What falls short">{links}</nav> }
}

fn empty(total: usize) -> impl IntoView {
    view! {
        <div class="empty">
            <p class="strong">{if total == 0 { "No subscription is visible yet" } else { "No subscription is like this" }}</p>
            <p>{if total == 0 {
                "Coverage is worked out of the subscriptions that the console's identity can read. They appear once they are listed."
            } else { "Choose another gap, or search for another name." }}</p>
        </div>
    }
}

fn row_view(row: CoverageRow) -> impl IntoView {
    let gaps: Vec<_> = row
        .gaps()
        .into_iter()
        .map(|gap| {
            let tone = if matches!(gap, Gap::Short) { "state bad" } else { "state warn" };
            view! { <div class="nw"><span class=tone>{gap.label()}</span></div> }
        })
        .collect();
    let fine = gaps.is_empty().then(|| view! { <span class="state good">"None"</span> });
    let of = |kind: Kind| row.kinds.iter().find(|one| one.kind == kind).map(exporters);
    let others: Vec<String> = row
        .kinds
        .iter()
        .filter(|one| !matches!(one.kind, Kind::Alert | Kind::Recommendation))
        .filter(|one| one.exporters.iter().any(|exporter| exporter.on))
        .map(|one| one.kind.label().to_lowercase())
        .collect();
    let new = paths::with_query(paths::NEW_EXPORT, &[("scope", row.subscription.as_str())]);
    let nobody = row.kinds.iter().all(|kind| kind.exporters.is_empty());
    view! {
        <tr>
            <td data-label="Subscription">
                <a class="t" href=paths::subscription(&row.subscription)>{row.name.clone()}</a>
                {nobody.then(|| view! { <div class="sm"><a class="link" href=new>"New export for it"</a></div> })}
            </td>
            <td data-label="Alerts">{of(Kind::Alert)}</td>
            <td data-label="Recommendations">{of(Kind::Recommendation)}</td>
            <td class="sm" data-label="Other data">{if others.is_empty() { "none".to_owned() } else { others.join(", ") }}</td>
            <td data-label="Remarks"><div>{gaps}{fine}</div></td>
        </tr>
    }
}

fn exporters(kind: &KindCoverage) -> AnyView {
    if kind.exporters.is_empty() {
        return view! { <span class="dim">"nobody"</span> }.into_any();
    }
    view! { <div>{kind.exporters.iter().map(exporter).collect::<Vec<_>>()}</div> }.into_any()
}

fn exporter(one: &Exporter) -> impl IntoView + use<> {
    let name = match &one.export {
        Some(id) => view! { <a class="link" href=paths::export(id)>{one.name.clone()}</a> }.into_any(),
        None => view! { {one.name.clone()} }.into_any(),
    };
    let about = [
        (one.by == DeliveredBy::Azure).then_some("by Azure"),
        (!one.on).then_some("switched off"),
        one.stuck.map(|_| "its target takes nothing"),
        one.filtered.then_some("filtered"),
        one.weekly.then_some("each week"),
        one.only_group.is_some().then_some("one resource group"),
    ];
    let about: Vec<&str> = about.into_iter().flatten().collect();
    let about = if about.is_empty() { String::new() } else { format!(" · {}", about.join(", ")) };
    view! { <div>{name}" → "{one.target.clone()}<span class="dim">{about}</span></div> }
}
