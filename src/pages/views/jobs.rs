//! Replays and backfills: the list of jobs in the log, and the page that counts before it sends again.

use super::log::{list_path, log_query};
use crate::{
    api::{self, At, LogQuery, ReplayView, StartReplay, StopJob},
    frame::use_range,
    live::use_live,
    parts::{Load, PageTitle, When},
    paths,
};
use domain::{JobProgress, JobRow, JobState, ReplayCount, time};
use jiff::Timestamp;
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::use_query_map;

/// The jobs, live.
#[component]
pub fn JobList() -> impl IntoView {
    let live = use_live();
    let jobs = Resource::new(move || live.tick.get(), |_| api::jobs());
    view! { <Load of=jobs view=list /> }
}

fn list(At { now, value }: At<Vec<JobRow>>) -> AnyView {
    let empty = value.is_empty().then(|| {
        view! {
            <div class="empty">
                <p class="strong">"Nothing was sent again yet"</p>
                <p>"A replay sends deliveries once more: open one, or take all that match a filter. A backfill sends what was there before an export: begin it at the export."</p>
                <a class="btn" href=paths::LOG>"Deliveries"</a>
                <a class="btn" href=paths::EXPORTS>"Exports"</a>
            </div>
        }
    });
    let rows: Vec<_> = value.into_iter().map(|job| job_row(job, now)).collect();
    view! {
        <section class="card">
            <table class="table">
                <thead><tr><th>"Job"</th><th>"State"</th><th class="half">"Progress"</th><th>"Act"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
            {empty}
        </section>
    }
    .into_any()
}

fn job_row(job: JobRow, now: Timestamp) -> impl IntoView {
    let tone = match job.state {
        JobState::Running if job.error.is_some() => "warn",
        JobState::Running | JobState::Stopped => "none",
        JobState::Done => "good",
        JobState::Failed => "bad",
    };
    let (value, max) = bar(&job);
    let label = format!("Progress of {}", job.title);
    let progress = (job.state == JobState::Running)
        .then(|| view! { <progress class="progress" value=value max=max aria-label=label></progress> });
    let stop = (job.state == JobState::Running).then(|| stop(&job));
    let sent = format!("{} to send, {}", time::count(job.total), time::size(job.bytes));
    view! {
        <tr>
            <td data-label="Job">
                <div class="t any">{job.title.clone()}</div>
                <div class="sm">{sent}" · "{job.started_by.clone()}", "<When at=job.started_at now /></div>
            </td>
            <td class="nw" data-label="State"><span class=format!("state {tone}")>{job.state.label()}</span></td>
            <td class="half" data-label="Progress">
                <div class="sm">{words(&job)}</div>
                {progress}
                <div class="sm text-warn">{job.error.clone()}</div>
            </td>
            <td data-label="Act">{stop}</td>
        </tr>
    }
}

fn stop(job: &JobRow) -> impl IntoView + use<> {
    let action = ServerAction::<StopJob>::new();
    let (id, label) = (job.id.to_string(), format!("Stop {}", job.title));
    view! {
        <ActionForm action=action>
            <input type="hidden" name="id" value=id />
            <button class="btn small" type="submit" aria-label=label disabled=move || action.pending().get()>"Stop"</button>
        </ActionForm>
    }
}

/// How far a job is: first through what it looks at, then through what it sends.
fn bar(job: &JobRow) -> (i64, i64) {
    let done = &job.progress;
    match job.queued_at {
        None => (done.looked_at.min(job.span), job.span.max(1)),
        Some(_) => (done.added - done.waiting, done.added.max(1)),
    }
}

/// How far a job is, in words; what it left alone comes last.
fn words(job: &JobRow) -> String {
    let done = &job.progress;
    let mut parts = Vec::new();
    if job.state == JobState::Running && job.queued_at.is_none() {
        parts.push(format!("looked at {} of {}", time::count(done.looked_at), time::count(job.span)));
    }
    parts.push(format!("{} queued", time::count(done.added)));
    let more = [
        (done.waiting, "wait"),
        (done.delivered, "delivered"),
        (done.parked, "parked"),
        (done.returned, "taken back"),
        (done.snapshots, "read again from Azure"),
    ];
    parts.extend(more.into_iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{} {word}", time::count(n))));
    let left = left_alone(done);
    if !left.is_empty() {
        parts.push(format!("left alone: {}", left.join(", ")));
    }
    parts.join(" · ")
}

fn left_alone(done: &JobProgress) -> Vec<String> {
    [
        (done.already, "decided before"),
        (done.not_matching, "do not match"),
        (done.pending, "waited already"),
        (done.filtered, "filtered"),
        (done.deleted, "of deleted exports"),
        (done.no_payload, "without payload"),
        (done.gone, "gone at Azure"),
        (done.unreadable, "unreadable"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, word)| format!("{} {word}", time::count(n)))
    .collect()
}

/// All deliveries of a filter sent again: counted here, started from here.
#[component]
pub fn ReplayPage() -> impl IntoView {
    let (query, range) = (use_query_map(), use_range());
    let filters = Memo::new(move |_| {
        let query = query.read();
        log_query(|name| query.get(name).unwrap_or_default(), range.get())
    });
    let count = Resource::new(move || filters.get(), api::count_replay);
    view! {
        <PageTitle text="Replay" />
        <Load of=count view=replay />
    }
}

fn replay(At { value, .. }: At<ReplayView>) -> AnyView {
    let back = list_path(&value.query, "");
    let body = match (&value.problem, value.count) {
        (Some(problem), _) => view! {
            <div class="callout bad" role="alert">
                <h2>"A filter could not be read"</h2>
                <p>{problem.clone()}". Without it more would be sent than was meant: take it off, or set it right."</p>
            </div>
        }
        .into_any(),
        (None, count) => counted(count.unwrap_or_default(), &value.query),
    };
    view! {
        <div class="head">
            <div>
                <h1>"Replay all that match"</h1>
                <p>{value.title}</p>
            </div>
            <div class="acts"><a class="btn" href=back>"Back to the log"</a></div>
        </div>
        {body}
    }
    .into_any()
}

fn counted(count: ReplayCount, query: &LogQuery) -> AnyView {
    let deliveries = match count.count {
        1 => "1 delivery".to_owned(),
        n => format!("{} deliveries", time::count(n)),
    };
    let left: Vec<_> = [
        (count.pending, "wait already"),
        (count.filtered, "were filtered, which a replay never sends"),
        (count.deleted, "belong to exports that are deleted"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, why)| view! { <li>{time::count(n)}" "{why}</li> })
    .collect();
    let left = (!left.is_empty()).then(|| view! { <h3 class="strong">"Left alone"</h3><ul>{left}</ul> });
    let act = if count.count == 0 {
        view! { <p class="dim">"There is nothing to send. Take fewer filters, or a longer range."</p> }.into_any()
    } else {
        start(query, format!("Replay {deliveries}"))
    };
    view! {
        <section class="card">
            <header><h2>{deliveries.clone()}" would be sent again, "{time::size(count.bytes)}</h2></header>
            <div class="body stack">
                <p class="measure">"Each goes to where its export sends now, after live events, under the same event id and with the property replay. Their order is not promised. Stopped, what still waits returns to what it was."</p>
                {left}
                {act}
            </div>
        </section>
    }
    .into_any()
}

fn start(query: &LogQuery, label: String) -> AnyView {
    let action = ServerAction::<StartReplay>::new();
    let LogQuery { tab, range, export, target, outcome, kind, severity, subscription, change, q, cursor: _ } =
        query.clone();
    let fields: Vec<_> = [
        ("query[tab]", tab),
        ("query[range]", range),
        ("query[export]", export),
        ("query[target]", target),
        ("query[outcome]", outcome),
        ("query[kind]", kind),
        ("query[severity]", severity),
        ("query[subscription]", subscription),
        ("query[change]", change),
        ("query[q]", q),
    ]
    .into_iter()
    .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
    .collect();
    view! {
        <ActionForm action=action>
            {fields}
            <button class="btn primary" type="submit" disabled=move || action.pending().get()>{label}</button>
            {move || action.value().get().and_then(Result::err).map(|error| view! { <p class="error" role="alert">{error.to_string()}</p> })}
        </ActionForm>
    }
    .into_any()
}
