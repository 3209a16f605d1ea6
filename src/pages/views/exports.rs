//! All exports.

use crate::{
    api::{self, At, AzureList},
    frame::use_range,
    live::use_live,
    parts::{ConditionDot, Load, PageTitle, When},
    paths,
};
use domain::{AzureExport, Condition, azure::place_name, time, view::ExportRow};
use jiff::Timestamp;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The list.
#[component]
pub fn ExportsPage() -> impl IntoView {
    let (live, range) = (use_live(), use_range());
    let rows = Resource::new(move || (range.get(), live.tick.get()), |(range, _)| api::exports(range));
    let query = use_query_map();
    let search = Memo::new(move |_| query.read().get("azure").unwrap_or_default());
    let azure = Resource::new(move || (search.get(), live.tick.get()), |(name, _)| api::azure_exports(name));
    view! {
        <PageTitle text="Exports" />
        <Load of=rows view=list />
        <Load of=azure view=move |answer| azure_list(answer, &search.get_untracked(), range.get_untracked()) />
    }
}

/// What Azure delivers by itself: shown, and left as it is.
fn azure_list(At { value, .. }: At<AzureList>, search: &str, range: String) -> AnyView {
    if value.all == 0 {
        return ().into_any();
    }
    let rows: Vec<_> = value.rows.iter().flat_map(|(export, subscription)| azure_rows(export, subscription)).collect();
    let empty = rows
        .is_empty()
        .then(|| view! { <div class="empty"><p>"None has this in its name or its subscription's."</p></div> });
    let rest = value.found.checked_sub(value.rows.len()).filter(|rest| *rest > 0);
    let rest = rest.map(|rest| view! { <span>{count(rest)}" more: search for a name. "</span> });
    let many = value.all > value.rows.len() || !search.is_empty();
    let form = many.then(|| {
        view! {
            <form method="get" class="row" role="search" aria-label="Search the exports that Azure delivers">
                <input type="hidden" name="range" value=range />
                <label class="visually-hidden" for="azure">"Part of a name"</label>
                <input class="input auto" id="azure" name="azure" type="search" placeholder="Part of a name" value=search.to_owned() />
                <button class="btn" type="submit">"Search"</button>
            </form>
        }
    });
    view! {
        <section class="card">
            <header><h2>"Delivered by Azure"</h2><span class="sm dim">{count(value.all)}" automations · "{count(value.off)}" switched off"</span>{form}</header>
            <table class="table">
                <thead>
                    <tr><th class="wide">"Export"</th><th>"Subscription"</th><th>"Target"</th><th>"State"</th></tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            {empty}
            <div class="pager">
                {rest}
                <span>"Microsoft.Security/automations, one line for each place they send to. They are read every five minutes and left as they are until one is taken over; Azure keeps no record of what they delivered. "</span>
                <a class="link" href=paths::COVERAGE>"Coverage"</a>
            </div>
        </section>
    }
    .into_any()
}

fn count(n: usize) -> String {
    time::count(i64::try_from(n).unwrap_or_default())
}

fn azure_rows(export: &AzureExport, subscription: &str) -> Vec<AnyView> {
    let mut places: Vec<String> = export.targets.iter().map(place_name).collect();
    places.extend((export.logic_apps > 0).then(|| "logic app".to_owned()));
    let sources: Vec<&str> = export.sources.iter().map(|source| source.event_source.label()).collect();
    let group = export.only_group.as_ref().map(|group| format!(" · resource group {group} only")).unwrap_or_default();
    let about = match (export.is_workflow(), export.is_hidden()) {
        (true, _) => " · workflow automation",
        (false, true) => " · not shown by the portal",
        (false, false) => "",
    };
    let line = format!("{}{group}{about}", sources.join(", "));
    let row = |place: String| {
        let state = if export.enabled { ("state good", "On") } else { ("state none", "Switched off") };
        view! {
            <tr>
                <td class="wide" data-label="Export">
                    <div class="t one"><a class="rowlink" href=paths::azure_export(&export.id)>{export.name.clone()}</a></div>
                    <div class="sm one">{line.clone()}</div>
                </td>
                <td class="nw" data-label="Subscription"><a class="link" href=paths::subscription(&export.subscription)>{subscription.to_owned()}</a></td>
                <td class="nw" data-label="Target">{place}</td>
                <td class="nw" data-label="State"><span class=state.0>{state.1}</span></td>
            </tr>
        }
        .into_any()
    };
    places.into_iter().map(row).collect()
}

fn list(At { now, value }: At<Vec<ExportRow>>) -> AnyView {
    let (count, paused) = (value.len(), value.iter().filter(|row| row.export.paused).count());
    let empty = value.is_empty().then(|| {
        view! {
            <div class="empty">
                <p class="strong">"No export yet"</p>
                <p>"An export says which alerts and recommendations go where. Its preview shows, before you save it, what the last 24 hours would have sent."</p>
                <a class="btn primary" href=paths::NEW_EXPORT>"New export"</a>
            </div>
        }
    });
    let rows: Vec<_> = value.into_iter().map(|row| export_row(row, now)).collect();
    view! {
        <div class="head">
            <div>
                <h1>"Exports"</h1>
                <p>{count}" exports · "{paused}" paused"</p>
            </div>
            <div class="acts">
                <a class="btn" href=paths::POLICIES>"By policy"</a>
                <a class="btn" href=paths::IMPORT_EXPORT>"Import"</a>
                <a class="btn primary" href=paths::NEW_EXPORT>"New export"</a>
            </div>
        </div>
        <section class="card">
            <table class="table">
                <thead>
                    <tr>
                        <th class="wide">"Export"</th>
                        <th>"Target"</th>
                        <th>"State"</th>
                        <th class="num">"Delivered"</th>
                        <th class="num">"Pending"</th>
                        <th class="num">"Filtered"</th>
                        <th>"Saved"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            {empty}
        </section>
    }
    .into_any()
}

fn export_row(row: ExportRow, now: Timestamp) -> impl IntoView {
    let sources: Vec<&str> = row.export.body.sources.iter().map(|source| source.event_source.label()).collect();
    let state = if row.export.paused {
        view! { <span class="state none">"Paused"</span> }.into_any()
    } else if !row.export.body.is_ours() {
        // What is wanted of Azure is one thing, what stands there another: the page of it compares them.
        view! { <a class="link" href=paths::roll_out(&row.export.id)>"See in Azure"</a> }.into_any()
    } else if row.condition == Condition::Paused {
        view! { <span class="state warn">"Target paused"</span> }.into_any()
    } else {
        view! { <ConditionDot condition=row.condition /> }.into_any()
    };
    view! {
        <tr>
            <td class="wide" data-label="Export">
                <div class="t one"><a class="rowlink" href=paths::export(&row.export.id)>{row.export.body.name.clone()}</a></div>
                <div class="sm one">{sources.join(", ")}" · "{row.covered}" subscriptions · delivered by "{if row.export.body.is_ours() { "this console" } else { "Azure" }}</div>
            </td>
            <td class="nw" data-label="Target">{row.target_name.clone()}</td>
            <td data-label="State">{state}</td>
            <td class="num" data-label="Delivered">{time::count(row.outcomes.delivered)}</td>
            <td class="num" data-label="Pending">{time::count(row.outcomes.pending)}</td>
            <td class="num" data-label="Filtered">{time::count(row.outcomes.filtered)}</td>
            <td class="nw" data-label="Saved"><When at=row.saved_at now /></td>
        </tr>
    }
}
