//! One subscription: how far it is watched, what covers it, and what the console's identity may do there.

use crate::{
    api::{self, At, RightsView},
    live::use_live,
    parts::{CopyId, Load, PageTitle, SeverityBadge, When},
    paths,
};
use domain::{
    SubscriptionHealth, time,
    view::{EventRow, SubscriptionDetail},
};
use jiff::Timestamp;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// One subscription.
#[component]
pub fn SubscriptionPage() -> impl IntoView {
    let live = use_live();
    let params = use_params_map();
    let detail = Resource::new(
        move || (params.read().get("id").unwrap_or_default(), live.tick.get()),
        |(id, _)| api::subscription(id),
    );
    // Asked of Azure once, not whenever something changes here.
    let rights = Resource::new(move || params.read().get("id").unwrap_or_default(), api::rights);
    view! {
        <Load of=detail view=one />
        <Load of=rights view=may />
    }
}

/// What the console's identity may do here.
fn may(RightsView { rights, failed }: RightsView) -> AnyView {
    let failed = failed.map(|said| {
        view! {
            <div class="body">
                <p>{said}</p>
                <p class="dim">"Nothing else on this page depends on it. To tell, the identity needs Microsoft.Authorization/permissions/read, which the role Reader has."</p>
            </div>
        }
    });
    let missing = rights.iter().filter(|right| right.granted_by.is_none()).count();
    let all = rights.len();
    let rows: Vec<_> = rights
        .into_iter()
        .map(|right| {
            let yes = right.granted_by.is_some();
            let why = match (right.granted_by, right.taken_back_by) {
                (Some(pattern), _) => view! { "granted by "<span class="mono">{pattern}</span> }.into_any(),
                (None, Some(pattern)) => view! { "taken back by "<span class="mono">{pattern}</span> }.into_any(),
                (None, None) => view! { "no role names it" }.into_any(),
            };
            view! {
                <tr>
                    <td class="wide" data-label="Action">
                        <div>
                            <div class="t">{right.needed_for}</div>
                            <div class="sm one mono">{right.action}</div>
                        </div>
                    </td>
                    <td data-label="May"><span class=if yes { "state good" } else { "state none" }>{if yes { "Yes" } else { "No" }}</span></td>
                    <td class="sm nw" data-label="Because"><div>{why}</div></td>
                </tr>
            }
        })
        .collect();
    let table = (all > 0).then(|| {
        view! {
            <table class="table">
                <thead><tr><th class="wide">"Action"</th><th>"May"</th><th>"Because"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        }
    });
    view! {
        <section class="card">
            <header>
                <h2>"What the console's identity may do here"</h2>
                <span class="sm dim">{(all > 0).then(|| format!("{} of {all}", all - missing))}</span>
            </header>
            {failed}
            {table}
        </section>
    }
    .into_any()
}

fn one(At { now, value }: At<SubscriptionDetail>) -> AnyView {
    let row = value.row;
    let condition = (row.condition != SubscriptionHealth::Ok).then(|| {
        view! {
            <div class="callout bad">
                <h2>"It cannot be watched as it should"</h2>
                <p>{row.condition_detail.clone()}</p>
            </div>
        }
    });
    let watches: Vec<_> = row
        .watches
        .iter()
        .map(|watch| {
            let complete = watch.complete_to.map(|at| view! { <When at now /> });
            let sweep = watch.last_sweep_at.map(|at| view! { <When at now /> });
            view! {
                <tr>
                    <td data-label="Data">{watch.kind.label()}"s"</td>
                    <td data-label="Baseline">{if watch.baseline_done { "complete" } else { "being read" }}</td>
                    <td data-label="Complete to">{complete}</td>
                    <td data-label="Last full scan">{sweep}</td>
                    <td class="num" data-label="Not observable">{time::count(watch.unobservable)}</td>
                </tr>
            }
        })
        .collect();
    let exports: Vec<_> = row
        .exports
        .iter()
        .map(|(id, name)| view! { <li><a class="link" href=paths::export(id)>{name.clone()}</a></li> })
        .collect();
    let no_export = exports
        .is_empty()
        .then(|| view! { <p class="dim">"No export covers it: what happens here is watched, and sent nowhere."</p> });
    let plans: Vec<_> = value
        .plans
        .into_iter()
        .map(|(plan, tier)| {
            let on = tier.eq_ignore_ascii_case("standard");
            view! { <tr><td>{plan}</td><td><span class=if on { "state good" } else { "state none" }>{if on { "On" } else { "Off" }}</span></td></tr> }
        })
        .collect();
    let recent = events(value.recent, now);
    view! {
        <PageTitle text=row.name.clone() />
        <div class="head">
            <div>
                <h1>{row.name.clone()}</h1>
                <p class="row">
                    <span class="mono">{row.id.to_string()}</span>
                    <CopyId text=row.id.to_string() what="subscription id" />
                    {row.tenant.clone().map(|tenant| view! { <span>"in "{tenant}</span> })}
                    <span>{row.state.clone()}" · "{time::count(value.items)}" items known · first listed "<When at=row.place.first_listed_at now /></span>
                </p>
            </div>
            <div class="acts">
                <a class="btn" href=paths::with_query(paths::NEW_EXPORT, &[("scope", row.id.as_str())])>"New export for it"</a>
                <a class="btn" href=paths::with_query(paths::LOG, &[("subscription", row.id.as_str())])>"Delivery log"</a>
            </div>
        </div>
        {condition}
        <div class="split" data-aside="400">
            <div class="stack">
                <section class="card">
                    <header><h2>"Watching"</h2></header>
                    <table class="table">
                        <thead>
                            <tr><th>"Data"</th><th>"Baseline"</th><th>"Complete to"</th><th>"Last full scan"</th><th class="num">"Not observable"</th></tr>
                        </thead>
                        <tbody>{watches}</tbody>
                    </table>
                    <div class="pager"><span>"Not observable: the date of an item moved while its state stayed. A recommendation is reported as deleted when two full scans no longer find it and Azure answers that it is not there."</span></div>
                </section>
                {recent}
            </div>
            <div class="stack">
                <section class="card">
                    <header><h2>"Exports that cover it"</h2></header>
                    <div class="body"><ul>{exports}</ul>{no_export}</div>
                </section>
                <section class="card">
                    <header><h2>"Defender plans"</h2></header>
                    <table class="table"><tbody>{plans}</tbody></table>
                </section>
            </div>
        </div>
    }
    .into_any()
}

fn events(rows: Vec<EventRow>, now: Timestamp) -> impl IntoView {
    let rows: Vec<_> = rows
        .into_iter()
        .map(|row| {
            view! {
                <tr>
                    <td class="nw" data-label="Happened"><When at=row.subject.occurred_at now /></td>
                    <td class="wide" data-label="Event">
                        <div class="t one"><SeverityBadge severity=row.subject.severity />" "<a class="rowlink" href=paths::event(&row.id)>{row.subject.title.clone()}</a></div>
                        <div class="sm one">{row.subject.resource_name().to_owned()}" · "{row.subject.kind.label()}</div>
                    </td>
                    <td data-label="Change">{row.subject.change.label()}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <section class="card">
            <header><h2>"Newest events"</h2></header>
            <table class="table">
                <thead><tr><th>"Happened"</th><th class="wide">"Event"</th><th>"Change"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
}
