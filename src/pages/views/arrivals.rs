//! Verified arrival: what Azure's own exports let through and whether it was found where they send to. Beside the deliveries
//! of this console, and never one of them.

use crate::{
    api::{self, At},
    frame::use_range,
    live::use_live,
    parts::{Clock, Load, Pager, SeverityBadge, When},
    paths,
};
use domain::{
    Page,
    arrival::{Arrival, ArrivalRow, ArrivalTally, HubUse},
    time,
};
use jiff::Timestamp;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The list in the log, live.
#[component]
pub fn ArrivalList() -> impl IntoView {
    let (live, range, query) = (use_live(), use_range(), use_query_map());
    let cursor = Memo::new(move |_| query.read().get("cursor").unwrap_or_default());
    let export = Memo::new(move |_| query.read().get("export").unwrap_or_default());
    let found = Resource::new(
        move || (export.get(), range.get(), cursor.get(), live.tick.get()),
        |(export, range, cursor, _)| api::arrivals(export, range, cursor),
    );
    view! { <Load of=found view=move |answer| list(answer, &export.get_untracked()) /> }
}

fn list(At { now, value }: At<(Page<ArrivalRow>, ArrivalTally)>, export: &str) -> AnyView {
    let (page, tally) = value;
    let shown = page.items.len();
    let empty = (shown == 0).then(|| {
        view! {
            <div class="empty">
                <p class="strong">"Nothing that Azure sends was looked for yet"</p>
                <p>"Azure keeps no record of what it delivered. Where one of its exports sends to a workspace, each alert and recommendation that its rules let through is looked for there, and listed here. What goes to event hubs cannot be read back: their metrics are shown with the export and the target."</p>
                <a class="btn" href=paths::EXPORTS>"Exports"</a>
            </div>
        }
    });
    let rows: Vec<_> = page.items.into_iter().map(|row| line(row, now)).collect();
    let base = paths::with_query(paths::ARRIVALS, &[("export", export)]);
    view! {
        <section class="card">
            <header><h2>"Azure's own exports"</h2><span class="sm dim">{sums(&tally)}</span></header>
            <table class="table">
                <thead><tr><th>"Happened"</th><th class="wide">"Event"</th><th>"Export of Azure"</th><th>"State"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
            {empty}
            <Pager base previous=page.previous next=page.next shown />
        </section>
    }
    .into_any()
}

/// The sums in words.
pub(super) fn sums(tally: &ArrivalTally) -> String {
    format!(
        "{} verified · {} not seen yet · {} not at the workspace",
        time::count(tally.arrived),
        time::count(tally.waiting),
        time::count(tally.missing)
    )
}

/// The tone an arrival is shown in.
pub(super) fn arrival_tone(arrival: Arrival) -> &'static str {
    match arrival {
        Arrival::Arrived => "state good",
        Arrival::Waiting => "state none",
        Arrival::Missing => "state bad",
    }
}

/// What is known of one, in a few words.
fn told(row: &ArrivalRow) -> String {
    if let Some(trouble) = row.trouble.as_ref().filter(|_| row.arrival != Arrival::Arrived) {
        return format!("cannot be asked: {trouble}");
    }
    match (row.arrival, row.arrived_at) {
        (Arrival::Arrived, Some(at)) => {
            let delay = at.duration_since(row.subject.occurred_at);
            format!("{} after it happened", time::length(delay.max(jiff::SignedDuration::ZERO)))
        }
        (_, _) if row.checked_at.is_none() => "not asked yet".to_owned(),
        _ => String::new(),
    }
}

fn of_whom(row: &ArrivalRow) -> AnyView {
    match &row.export {
        Some((id, name)) => view! { <a class="link" href=paths::roll_out(id)>{name.clone()}</a> }.into_any(),
        None => {
            view! { <a class="link" href=paths::azure_export(&row.automation)>{row.automation.name().to_owned()}</a> }
                .into_any()
        }
    }
}

fn line(row: ArrivalRow, now: Timestamp) -> impl IntoView {
    let (text, whom) = (told(&row), of_whom(&row));
    let subject = row.subject;
    view! {
        <tr>
            <td class="mono dim nw when" data-label="Happened"><Clock at=subject.occurred_at now /></td>
            <td class="wide" data-label="Event">
                <div class="t one">
                    <SeverityBadge severity=subject.severity />
                    " "
                    <a class="rowlink" href=paths::event(&row.event)>{subject.title.clone()}</a>
                </div>
                <div class="sm one">{subject.resource_name().to_owned()}" · "{subject.subscription_name.clone()}</div>
            </td>
            <td class="nw" data-label="Export of Azure">{whom}</td>
            <td class="outcome" data-label="State">
                <div>
                    <span class=arrival_tone(row.arrival)>{row.arrival.label()}</span>
                    <div class="sm dim one" title=text.clone()>{text.clone()}</div>
                </div>
            </td>
        </tr>
    }
}

/// In an event's panel: where it was looked for; nothing when none of Azure's exports was to send it.
#[component]
pub fn ArrivalsOf(
    /// The event's id.
    event: String,
) -> impl IntoView {
    let found = Resource::new(move || event.clone(), api::arrivals_of);
    view! { <Load of=found view=of_event /> }
}

fn of_event(At { now, value }: At<Vec<ArrivalRow>>) -> AnyView {
    if value.is_empty() {
        return ().into_any();
    }
    let rows: Vec<_> = value
        .into_iter()
        .map(|row| {
            let (text, whom) = (told(&row), of_whom(&row));
            let checked = row.checked_at.map(|at| view! { " · looked for "<When at now /> });
            view! {
                <tr>
                    <td><div class="t">{whom}</div><div class="sm any">{text}{checked}</div></td>
                    <td class="nw"><span class=arrival_tone(row.arrival)>{row.arrival.label()}</span></td>
                </tr>
            }
        })
        .collect();
    view! {
        <h3 class="strong">"Sent by Azure"</h3>
        <table class="table"><tbody>{rows}</tbody></table>
    }
    .into_any()
}

/// What an event hub took and refused: the only sign of what Azure sends there.
#[component]
pub fn HubUseCard(
    /// The hub's resource id.
    hub: String,
) -> impl IntoView {
    let found = Resource::new(move || hub.clone(), api::show_hub_use);
    view! { <Load of=found view=hub_use /> }
}

fn hub_use(At { value, .. }: At<HubUse>) -> AnyView {
    let trouble = value.trouble.clone().map(|trouble| {
        view! { <p class="why any">"Its metrics cannot be read: "{trouble}" The identity needs Microsoft.Insights/metrics/read on the namespace (role Monitoring Reader)."</p> }
    });
    let figures = value.trouble.is_none().then(|| {
        let line = |metric: &'static str, label: &'static str, bad: bool| {
            let sum = value.total(metric);
            let class = if bad && sum > 0.0 { "text-bad" } else { "" };
            view! { <dt>{label}</dt><dd class=class>{format!("{sum:.0}")}</dd> }
        };
        let hours = value
            .metrics
            .iter()
            .find(|(name, _)| name == "IncomingMessages")
            .map(|(_, hours)| hours.clone())
            .unwrap_or_default();
        view! {
            <dl class="kv">
                {line("IncomingMessages", "Messages taken", false)}
                {line("ThrottledRequests", "Requests throttled", true)}
                {line("UserErrors", "Refused (sign-in, size, firewall)", true)}
                {line("ServerErrors", "Failed at the service", true)}
                {line("QuotaExceededErrors", "Over the quota", true)}
            </dl>
            {bars(&hours)}
        }
    });
    view! {
        <section class="card">
            <header><h2>"At the event hub"</h2><span class="sm dim">"its metrics, last 24 h, whoever sent"</span></header>
            <div class="body stack">
                {trouble}
                {figures}
            </div>
        </section>
    }
    .into_any()
}

/// Messages an hour as bars, with the figures in words for whoever does not see them.
fn bars(hours: &[(Timestamp, f64)]) -> AnyView {
    const HEIGHT: f64 = 40.0;
    let most = hours.iter().map(|(_, sum)| *sum).fold(0.0, f64::max);
    if most <= 0.0 {
        return view! { <p class="sm dim">"No message in any hour."</p> }.into_any();
    }
    let mut x = 0.0;
    let shapes: Vec<_> = hours
        .iter()
        .map(|(at, sum)| {
            let height = (sum / most * HEIGHT).max(if *sum > 0.0 { 1.0 } else { 0.0 });
            x += 10.0;
            view! {
                <rect class="delivered" x=format!("{:.0}", x - 9.0) y=format!("{:.1}", HEIGHT - height) width="8" height=format!("{height:.1}")>
                    <title>{format!("{}: {sum:.0}", time::exact(*at))}</title>
                </rect>
            }
        })
        .collect();
    let label = format!("Messages an hour, at most {most:.0}");
    view! { <svg class="chart" viewBox=format!("0 0 {x:.0} {HEIGHT:.0}") preserveAspectRatio="none" role="img" aria-label=label height="40">{shapes}</svg> }.into_any()
}
