//! One delivery or one event, beside the list it was opened from.

use super::{arrivals::ArrivalsOf, diagnosis::Why};
use crate::{
    api::{self, At, ReplayDelivery},
    live::use_live,
    parts::{Clock, CodeBlock, CopyId, Load, OutcomeDot, SeverityBadge},
    paths,
};
use domain::{
    Change, Kind, Outcome,
    share::ShareKind,
    time,
    view::{AttemptRow, DeliveryDetail, DeliveryRow, EventDetail, Subject},
};
use jiff::Timestamp;
use leptos::{form::ActionForm, prelude::*};

/// One delivery.
#[component]
pub fn DeliveryPanel(
    /// Its id.
    #[prop(into)]
    id: String,
    /// The list without a panel.
    close: String,
) -> impl IntoView {
    let live = use_live();
    let detail = Resource::new(move || (id.clone(), live.tick.get()), |(id, _)| api::delivery(id));
    view! {
        <aside class="card panel" aria-label="Delivery">
            <a class="close" href=close aria-label="Close the panel">"✕"</a>
            <Load of=detail view=delivery />
        </aside>
    }
}

/// A step of a timeline: tone, title, detail, time.
fn step(tone: &'static str, title: AnyView, detail: Option<String>, when: AnyView) -> AnyView {
    view! {
        <li class=tone>
            <div>
                {title}
                <div class="sm dim">{detail}</div>
            </div>
            <span class="when sm">{when}</span>
        </li>
    }
    .into_any()
}

fn after(at: Timestamp, before: Timestamp) -> AnyView {
    let length = at.duration_since(before);
    let text = if length.is_negative() { time::clock(at) } else { format!("+{}", time::length(length)) };
    view! { <time datetime=time::rfc3339(at) title=time::exact(at)>{text}</time> }.into_any()
}

fn attempt(number: usize, attempt: &AttemptRow, before: Timestamp) -> AnyView {
    let (tone, word) = match attempt.result.as_deref() {
        Some("accepted") => ("good", "accepted"),
        Some("unknown") => ("bad", "unknown"),
        Some(_) => ("bad", "refused"),
        None => ("", "under way"),
    };
    let status = attempt.status.map(|status| format!(" {status}")).unwrap_or_default();
    let others = match attempt.others {
        0 => "alone".to_owned(),
        1 => "with 1 other".to_owned(),
        n => format!("with {} others", time::count(n)),
    };
    let detail = attempt.error.clone().unwrap_or_else(|| word.to_owned());
    let answer = (!attempt.headers.is_empty() || !attempt.answer.is_empty()).then(|| {
        let text = format!(
            "POST {}\n\n{}{}\n{}",
            attempt.address,
            attempt.status.map(|status| format!("{status}\n")).unwrap_or_default(),
            attempt.headers,
            attempt.answer
        );
        view! {
            <details class="sm">
                <summary>"Request and answer"</summary>
                <div class="code wrap" tabindex="0" role="region" aria-label="Request and answer">{text}</div>
            </details>
        }
    });
    let title =
        view! { <b>"Attempt "{number}</b>{status}", "{others}", "{time::size(attempt.bytes)}{answer} }.into_any();
    step(tone, title, Some(detail), after(attempt.started_at, before))
}

fn replay_step(at: Timestamp, before: Timestamp) -> AnyView {
    let title = view! { <b>"Replayed by "</b><a class="link" href=paths::JOBS>"a job"</a> }.into_any();
    step("", title, Some("queued once more, after live events".to_owned()), after(at, before))
}

/// Sends one delivery once more; those that wait go by themselves, and filtered ones are never sent.
fn replay(row: &DeliveryRow) -> Option<AnyView> {
    let label = match row.outcome {
        Outcome::Delivered => "Send it again",
        Outcome::Parked | Outcome::Cancelled => "Replay",
        Outcome::Pending | Outcome::Filtered => return None,
    };
    let (action, id) = (ServerAction::<ReplayDelivery>::new(), row.id.to_string());
    let form = view! {
        <ActionForm action=action>
            <input type="hidden" name="id" value=id />
            <button class="btn small" type="submit" disabled=move || action.pending().get()>{label}</button>
            {move || action.value().get().and_then(Result::err).map(|error| view! { <p class="error" role="alert">{error.to_string()}</p> })}
        </ActionForm>
    };
    Some(form.into_any())
}

fn title(subject: &Subject) -> AnyView {
    view! { <header><h2>{subject.title.clone()}</h2></header> }.into_any()
}

fn delivery(At { now, value }: At<DeliveryDetail>) -> AnyView {
    let row = &value.row;
    let subject = &row.subject;
    let waits = match (row.outcome, value.next_attempt_at) {
        (Outcome::Pending, Some(at)) if at > now => format!(", next attempt {}", time::relative(at, now)),
        (Outcome::Pending, _) => ", in the queue".to_owned(),
        _ => String::new(),
    };
    let happened = match (subject.change, subject.kind) {
        (Change::Deleted, _) => "Found to be gone",
        (_, Kind::Alert) => "Alert raised",
        _ => "State changed",
    };
    let mut steps = vec![
        step(
            "good",
            view! { <b>{happened}</b> }.into_any(),
            Some(subject.resource_name().to_owned()),
            view! { <Clock at=subject.occurred_at now /> }.into_any(),
        ),
        step(
            "good",
            view! { <b>"Observed"</b> }.into_any(),
            Some(subject.change.label().to_lowercase()),
            after(subject.observed_at, subject.occurred_at),
        ),
    ];
    let decided = if row.outcome == Outcome::Filtered { ("", "Filtered by ") } else { ("good", "Matched ") };
    steps.push(step(
        decided.0,
        view! { <b>{decided.1}</b><a class="link" href=paths::export(&row.id.export)>{row.export_name.clone()}</a>" v"{row.export_version} }.into_any(),
        Some(row.reason.clone()),
        after(row.decided_at, subject.observed_at),
    ));
    let mut replayed = value.replayed_at;
    for (at, one) in value.attempts.iter().enumerate() {
        if let Some(at) = replayed.take_if(|at| *at <= one.started_at) {
            steps.push(replay_step(at, row.decided_at));
        }
        steps.push(attempt(at + 1, one, row.decided_at));
    }
    steps.extend(replayed.map(|at| replay_step(at, row.decided_at)));
    match row.outcome {
        Outcome::Delivered => {
            let at = row.settled_at.unwrap_or(row.decided_at);
            steps.push(step(
                "good",
                view! { <b>"Accepted"</b> }.into_any(),
                value.receipt.clone().map(|receipt| format!("receipt: {receipt}")),
                after(at, row.decided_at),
            ));
        }
        Outcome::Pending => {
            let gives_up = value.gives_up_at.map(|at| format!("parks {} if nothing changes", time::relative(at, now)));
            let next = value.next_attempt_at.filter(|at| *at > now).map(|at| view! { <Clock at now /> });
            steps.push(step("", view! { <b>"Next attempt"</b> }.into_any(), gives_up, view! { {next} }.into_any()));
        }
        Outcome::Parked | Outcome::Cancelled => {
            let at = row.settled_at.unwrap_or(row.decided_at);
            steps.push(step(
                "bad",
                view! { <b>{row.outcome.label()}</b> }.into_any(),
                row.last_error.clone(),
                after(at, row.decided_at),
            ));
        }
        Outcome::Filtered => {}
    }
    let body = value.body.clone().map(|json| view! { <CodeBlock json label="The event as it is sent" /> });
    let lane = if value.lanes == 1 { "one lane".to_owned() } else { format!("{} of {}", value.lane + 1, value.lanes) };
    let order = if value.job.is_some() {
        "order is not promised for what a job sends"
    } else if value.order_promised {
        "later events of the same item wait"
    } else {
        "order is not promised by this target"
    };
    view! {
        {title(subject)}
        <div class="body stack">
            <div class="row">
                <SeverityBadge severity=subject.severity />
                <OutcomeDot outcome=row.outcome condition=row.condition />
                <span>{waits}</span>
                <span class="end row gap-8"><a class="btn small" href=paths::new_share(ShareKind::Delivery, &row.id.to_string())>"Share"</a>{replay(row)}</span>
            </div>
            <ol class="timeline">{steps}</ol>
            <dl class="kv">
                <dt>"Event"</dt>
                <dd><a class="link mono" href=paths::event(&row.id.event)>{row.id.event.to_string()}</a><CopyId text=row.id.event.to_string() what="event id" /></dd>
                <dt>"Target"</dt>
                <dd><a class="link" href=paths::target(&row.target)>{row.target_name.clone()}</a></dd>
                <dt>"Partition"</dt>
                <dd>{lane}{(row.outcome == Outcome::Pending).then(|| format!(", {order}"))}</dd>
                {ids(value.alert_id.clone(), &value.item_id, subject)}
            </dl>
            {body}
        </div>
    }
    .into_any()
}

fn ids(alert: Option<String>, item: &str, subject: &Subject) -> impl IntoView + use<> {
    let alert = alert.map(|id| view! { <dt>"Alert id"</dt><dd class="mono any">{id}</dd> });
    view! {
        {alert}
        <dt>"Resource"</dt>
        <dd class="mono any">{subject.resource.to_string()}</dd>
        <dt>"Item"</dt>
        <dd class="mono any">{item.to_owned()}</dd>
        <dt>"Subscription"</dt>
        <dd><a class="link" href=paths::subscription(&subject.subscription)>{subject.subscription_name.clone()}</a></dd>
    }
}

/// One event.
#[component]
pub fn EventPanel(
    /// Its id.
    #[prop(into)]
    id: String,
    /// The list without a panel.
    close: String,
) -> impl IntoView {
    let live = use_live();
    let detail = Resource::new(move || (id.clone(), live.tick.get()), |(id, _)| api::event(id));
    view! {
        <aside class="card panel" aria-label="Event">
            <a class="close" href=close aria-label="Close the panel">"✕"</a>
            <Load of=detail view=event />
        </aside>
    }
}

fn outcome_item(row: DeliveryRow) -> impl IntoView {
    view! {
        <tr>
            <td>
                <a class="t rowlink" href=paths::delivery(&row.id)>{row.export_name.clone()}</a>
                <div class="sm">{row.reason.clone()}</div>
            </td>
            <td class="nw"><OutcomeDot outcome=row.outcome condition=row.condition /></td>
        </tr>
    }
}

fn event(At { now, value }: At<EventDetail>) -> AnyView {
    let subject = &value.row.subject;
    let remark =
        value.note.clone().map(|note| view! { <div class="callout warn"><p>"Worth knowing: "{note}</p></div> });
    let none = value.deliveries.is_empty().then(|| {
        let why = if subject.change == Change::Baseline {
            "It was already there when its subscription was first seen: it is part of the baseline, which no export sees."
        } else {
            "No export covered it when it was observed."
        };
        view! { <p class="dim">{why}</p> }
    });
    let gone = (subject.change == Change::Deleted).then(|| {
        view! { <p class="dim">"Two full scans no longer found it, and Azure answered that it is not there (404). What follows is its last known state."</p> }
    });
    let outcomes: Vec<_> = value.deliveries.clone().into_iter().map(outcome_item).collect();
    let body = value.body.clone().map(|json| view! { <h3 class="strong">"As it is sent to event hubs"</h3><CodeBlock json label="The event as it is sent" /> });
    let source = value.source_row.clone().map(|json| {
        view! { <details><summary>"As Resource Graph answered it"</summary><CodeBlock json label="The row of Resource Graph" /></details> }
    });
    let no_payload = value.body.is_none().then(|| view! { <p class="dim">"Its payload was not kept: baseline recommendations that are Healthy or NotApplicable keep none."</p> });
    view! {
        {title(subject)}
        <div class="body stack">
            <div class="row"><SeverityBadge severity=subject.severity /><span>{subject.kind.label()}" · "{subject.change.label().to_lowercase()}" · "{subject.status.clone()}</span><a class="btn small end" href=paths::new_share(ShareKind::Event, value.row.id.as_str())>"Share"</a></div>
            {remark}
            <dl class="kv">
                <dt>"Happened"</dt>
                <dd>{time::exact(subject.occurred_at)}</dd>
                <dt>"Observed"</dt>
                <dd>{time::exact(subject.observed_at)}" ("{time::relative(subject.observed_at, now)}")"</dd>
                <dt>"Event"</dt>
                <dd class="mono">{value.row.id.to_string()}<CopyId text=value.row.id.to_string() what="event id" /></dd>
                {ids(value.alert_id.clone(), &value.item_id, subject)}
            </dl>
            <div class="row">
                <h3 class="strong">"What became of it"</h3>
                <span class="end"><Why item=value.row.id.to_string() /></span>
            </div>
            {none}
            {gone}
            <table class="table"><tbody>{outcomes}</tbody></table>
            <ArrivalsOf event=value.row.id.to_string() />
            {body}
            {no_payload}
            {source}
        </div>
    }
    .into_any()
}
