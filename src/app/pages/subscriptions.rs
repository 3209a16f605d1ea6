//! Subscriptions: how far each is watched, and by what it is covered.

use crate::{
    app::{
        api::{self, At},
        live::use_live,
        parts::{CopyId, Load, SeverityBadge, When},
        paths,
    },
    domain::{
        time,
        view::{EventRow, SubscriptionDetail, SubscriptionRow},
    },
};
use jiff::Timestamp;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

/// All subscriptions.
#[component]
pub fn SubscriptionsPage() -> impl IntoView {
    let live = use_live();
    let query = use_query_map();
    let search = Memo::new(move |_| query.read().get("name").unwrap_or_default());
    let rows = Resource::new(move || live.tick.get(), |_| api::subscriptions());
    view! {
        <Title text="Subscriptions" />
        <Load
            of=rows
            view={move |answer: At<Vec<SubscriptionRow>>| list(answer, &search.get())}
        />
    }
}

fn list(At { now, value }: At<Vec<SubscriptionRow>>, search: &str) -> AnyView {
    let all = value.len();
    let needle = search.to_lowercase();
    let rows: Vec<SubscriptionRow> = value
        .into_iter()
        .filter(|row| row.name.to_lowercase().contains(&needle) || row.id.as_str().contains(&needle))
        .collect();
    let (shown, exported) = (rows.len(), rows.iter().filter(|row| !row.exports.is_empty()).count());
    let empty = rows.is_empty().then(|| {
        view! {
            <div class="empty">
                <p class="strong">{if all == 0 { "No subscription is visible yet" } else { "No subscription has this in its name" }}</p>
                <p>{if all == 0 {
                    "The console lists them when it starts and every five minutes. Its identity needs the role Reader or Security Reader on a subscription to see it."
                } else { "Search for a part of the name or of the id." }}</p>
            </div>
        }
    });
    let rows: Vec<_> = rows.into_iter().map(|row| subscription_row(row, now)).collect();
    view! {
        <div class="head">
            <div>
                <h1>"Subscriptions"</h1>
                <p>{all}" visible · "{exported}" of "{shown}" shown are covered by an export"</p>
            </div>
        </div>
        <form method="get" class="row filters" role="search" aria-label="Search the subscriptions">
            <label class="visually-hidden" for="name">"Part of a name or id"</label>
            <input class="input auto" id="name" name="name" type="search" placeholder="Part of a name or id" value=search.to_owned() />
            <button class="btn" type="submit">"Search"</button>
        </form>
        <section class="card">
            <table class="table">
                <thead>
                    <tr>
                        <th class="wide">"Subscription"</th>
                        <th>"Watched"</th>
                        <th>"Plans on"</th>
                        <th>"Exports"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            {empty}
        </section>
    }
    .into_any()
}

fn subscription_row(row: SubscriptionRow, now: Timestamp) -> impl IntoView {
    let plans = match &row.plans {
        None => "not read yet".to_owned(),
        Some(on) if on.is_empty() => "none".to_owned(),
        Some(on) => on.len().to_string(),
    };
    let names: Vec<String> = row.exports.iter().map(|(_, name)| name.clone()).collect();
    let all = names.join(", ");
    let exports = match names.as_slice() {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first} + {}", rest.len()),
    };
    view! {
        <tr>
            <td class="wide" data-label="Subscription">
                <div class="t one"><a class="rowlink" href=paths::subscription(&row.id)>{row.name.clone()}</a></div>
                <div class="sm one mono">{row.id.to_string()}</div>
            </td>
            <td class="nw" data-label="Watched">{watched(&row, now)}</td>
            <td data-label="Plans on">{plans}</td>
            <td class="nw" data-label="Exports"><span title=all>{exports}</span></td>
        </tr>
    }
}

fn watched(row: &SubscriptionRow, now: Timestamp) -> AnyView {
    if row.condition != "ok" {
        let detail = row.condition_detail.clone().unwrap_or_default();
        return view! { <span class="state bad" title=detail>{row.condition.replace('_', " ")}</span> }.into_any();
    }
    if row.watches.iter().any(|watch| !watch.baseline_done) {
        return view! { <span class="state warn">"First read under way"</span> }.into_any();
    }
    match row.complete_to() {
        Some(at) => view! { <span class="state good"><When at now /></span> }.into_any(),
        None => view! { <span class="state none">"Not yet"</span> }.into_any(),
    }
}

/// One subscription.
#[component]
pub fn SubscriptionPage() -> impl IntoView {
    let live = use_live();
    let params = use_params_map();
    let detail = Resource::new(
        move || (params.read().get("id").unwrap_or_default(), live.tick.get()),
        |(id, _)| api::subscription(id),
    );
    view! { <Load of=detail view=one /> }
}

fn one(At { now, value }: At<SubscriptionDetail>) -> AnyView {
    let row = value.row;
    let condition = (row.condition != "ok").then(|| {
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
                    <td data-label="Last sweep">{sweep}</td>
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
        <Title text=row.name.clone() />
        <div class="head">
            <div>
                <h1>{row.name.clone()}</h1>
                <p class="row">
                    <span class="mono">{row.id.to_string()}</span>
                    <CopyId text=row.id.to_string() what="subscription id" />
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
                            <tr><th>"Data"</th><th>"Baseline"</th><th>"Complete to"</th><th>"Last sweep"</th><th class="num">"Not observable"</th></tr>
                        </thead>
                        <tbody>{watches}</tbody>
                    </table>
                    <div class="pager"><span>"Not observable: the date of an item moved while its state stayed. A recommendation is reported as deleted when two sweeps no longer meet it and Azure says that it is not there."</span></div>
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
