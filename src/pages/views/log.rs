//! The delivery log and the observed events, with one of them open in the panel beside the list.

use super::{
    arrivals::ArrivalList,
    diagnosis::Why,
    jobs::JobList,
    log_panel::{DeliveryPanel, EventPanel},
};
use crate::{
    api::{self, At, LogQuery, LogRows, LogView},
    frame::use_range,
    live::use_live,
    parts::{Clock, Load, OutcomeDot, PageTitle, Pager, SeverityBadge},
    paths,
};
use domain::{
    Change, Kind, Outcome, Severity, time,
    view::{DeliveryRow, EventRow, Tally},
};
use jiff::Timestamp;
use leptos::{either::EitherOf3, prelude::*};
use leptos_router::hooks::{use_params_map, use_query_map};

/// The page.
#[component]
pub fn LogPage() -> impl IntoView {
    let (live, range) = (use_live(), use_range());
    let (params, query) = (use_params_map(), use_query_map());
    // `/log/deliveries/{id}` and `/log/events/{id}` are the same page with a panel open.
    let sort = Memo::new(move |_| params.read().get("sort").unwrap_or_default());
    let open = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let filters = Memo::new(move |_| {
        let query = query.read();
        let asked = log_query(|name| query.get(name).unwrap_or_default(), range.get());
        let tab = if sort.get() == "events" { "events".to_owned() } else { asked.tab };
        LogQuery { tab, ..asked }
    });
    let own = Memo::new(move |_| filters.read().tab.clone());
    let log = Resource::new(move || (filters.get(), live.tick.get()), |(query, _)| api::log(query));
    let panel = move || match (sort.get().as_str(), open.get()) {
        (_, id) if id.is_empty() => EitherOf3::A(()),
        ("events", id) => {
            EitherOf3::B(view! { <EventPanel id close=list_path(&filters.get(), &filters.get().cursor) /> })
        }
        (_, id) => EitherOf3::C(view! { <DeliveryPanel id close=list_path(&filters.get(), &filters.get().cursor) /> }),
    };
    view! {
        <PageTitle text="Delivery log" />
        <Load
            of=log
            view={move |answer: At<LogView>| head(&answer, &filters.get_untracked())}
        />
        <div class="log" class:split=move || !open.get().is_empty() data-aside="400">
            {move || match own.get().as_str() {
                "jobs" => EitherOf3::A(view! { <JobList /> }),
                "arrivals" => EitherOf3::B(view! { <ArrivalList /> }),
                _ => EitherOf3::C(view! {
                    <Load
                        of=log
                        view={move |answer: At<LogView>| rows(answer, &filters.get_untracked(), &open.get())}
                    />
                }),
            }}
            {panel}
        </div>
    }
}

/// The filters as they stand in the address.
pub(super) fn log_query(get: impl Fn(&str) -> String, range: String) -> LogQuery {
    LogQuery {
        tab: get("tab"),
        range,
        export: get("export"),
        target: get("target"),
        outcome: get("outcome"),
        kind: get("kind"),
        severity: get("severity"),
        subscription: get("subscription"),
        change: get("change"),
        q: get("q"),
        cursor: get("cursor"),
    }
}

/// The list's address with all its filters, `cursor` in the place of theirs.
pub(super) fn list_path(query: &LogQuery, cursor: &str) -> String {
    with_filters(paths::LOG, query, cursor)
}

fn with_filters(path: &str, query: &LogQuery, cursor: &str) -> String {
    let keeps_tab = path == paths::LOG || path == paths::REPLAY;
    let tab = if query.tab == "deliveries" || !keeps_tab { "" } else { &query.tab };
    let range = if query.range == "24h" { "" } else { &query.range };
    paths::with_query(
        path,
        &[
            ("tab", tab),
            ("range", range),
            ("export", &query.export),
            ("target", &query.target),
            ("outcome", &query.outcome),
            ("kind", &query.kind),
            ("severity", &query.severity),
            ("subscription", &query.subscription),
            ("change", &query.change),
            ("q", &query.q),
            ("cursor", cursor),
        ],
    )
}

fn sum(tally: &Tally, range: &str) -> String {
    let count = |outcome: Outcome| format!("{} {outcome}", time::count(tally.of(outcome)));
    let parts: Vec<String> =
        [Outcome::Delivered, Outcome::Filtered, Outcome::Pending, Outcome::Parked, Outcome::Cancelled]
            .map(count)
            .to_vec();
    format!("{} decisions of all exports in {range}: {}", time::count(tally.sum()), parts.join(" · "))
}

fn head(answer: &At<LogView>, query: &LogQuery) -> AnyView {
    let view = &answer.value;
    let troubled: Vec<_> = view
        .troubled
        .iter()
        .filter(|target| target.waiting > 0)
        .map(|target| {
            let tone = crate::parts::condition_tone(target.condition);
            let title = format!("{}: {}, {} wait", target.name, target.condition.label().to_lowercase(), time::count(target.waiting));
            view! {
                <div class=format!("callout {tone}")>
                    <h2>{title}</h2>
                    <p class="dim">
                        {target.condition_detail.clone()}" Nothing is lost: delivery resumes by itself once the target takes events. "
                        <a class="link" href=paths::target(&target.id)>"Fix the target"</a>
                    </p>
                </div>
            }
        })
        .collect();
    let problem =
        view.problem.clone().map(|problem| view! { <div class="callout warn" role="status"><p>{problem}</p></div> });
    let headline = if query.tab == "events" {
        "Every event that was observed, whatever its age; the range does not apply here".to_owned()
    } else if query.tab == "jobs" {
        "What was there already and is sent again, or for the first time; the range does not apply here".to_owned()
    } else if query.tab == "arrivals" {
        "What Azure itself sends, looked for where it should arrive: verified there, never a delivery of this console"
            .to_owned()
    } else {
        sum(&view.tally, &query.range)
    };
    let tab = |tab: &'static str, name: &'static str| {
        let of = LogQuery { tab: tab.to_owned(), outcome: String::new(), change: String::new(), ..query.clone() };
        let here = query.tab == tab || (query.tab.is_empty() && tab == "deliveries");
        view! { <a href=list_path(&of, "") aria-current=here.then_some("page")>{name}</a> }
    };
    let is_own = query.tab == "jobs" || query.tab == "arrivals";
    let replay = (!is_own && query.tab != "events").then(|| {
        let to = with_filters(paths::REPLAY, query, "");
        view! { <div class="acts"><a class="btn" href=to>"Replay all that match…"</a></div> }
    });
    let filters = (!is_own).then(|| view! { {chips(view, query)}{filter_menu(view, query)} });
    view! {
        <div class="head">
            <div>
                <h1>"Delivery log"</h1>
                <p>{headline}</p>
            </div>
            {replay}
        </div>
        {troubled}
        {problem}
        <div class="row">
            <nav class="seg" aria-label="Lists">
                {tab("deliveries", "Deliveries")}
                {tab("events", "Events")}
                {tab("parked", "Parked")}
                {tab("jobs", "Jobs")}
                {tab("arrivals", "Verified arrival")}
            </nav>
            {filters}
        </div>
    }
    .into_any()
}

/// The filters that are set, each with a way to take it off.
fn chips(view: &LogView, query: &LogQuery) -> impl IntoView + use<> {
    let name_of = |list: &[(String, String)], id: &str| {
        list.iter().find(|(found, _)| found == id).map_or_else(|| id.to_owned(), |(_, name)| name.clone())
    };
    let all = [
        ("export", name_of(&view.exports, &query.export), LogQuery { export: String::new(), ..query.clone() }),
        ("target", query.target.clone(), LogQuery { target: String::new(), ..query.clone() }),
        ("outcome", query.outcome.clone(), LogQuery { outcome: String::new(), ..query.clone() }),
        ("kind", query.kind.clone(), LogQuery { kind: String::new(), ..query.clone() }),
        ("severity", query.severity.clone(), LogQuery { severity: String::new(), ..query.clone() }),
        (
            "subscription",
            name_of(&view.subscriptions, &query.subscription),
            LogQuery { subscription: String::new(), ..query.clone() },
        ),
        ("change", query.change.clone(), LogQuery { change: String::new(), ..query.clone() }),
        ("id", query.q.clone(), LogQuery { q: String::new(), ..query.clone() }),
    ];
    let set: Vec<_> = all.into_iter().filter(|(_, value, _)| !value.is_empty()).collect();
    let clear = (set.len() > 1).then(|| {
        let none = LogQuery { tab: query.tab.clone(), range: query.range.clone(), ..LogQuery::default() };
        view! { <a class="btn quiet small" href=list_path(&none, "")>"Clear"</a> }
    });
    let chips: Vec<_> = set
        .into_iter()
        .map(|(field, value, without)| {
            let label = format!("Take the filter {field} off");
            view! {
                <span class="chip">
                    <span class="dim">{field}</span>
                    <b>{value}</b>
                    <a class="x" href=list_path(&without, "") aria-label=label>"✕"</a>
                </span>
            }
        })
        .collect();
    view! { {chips}{clear} }
}

fn filter_menu(view: &LogView, query: &LogQuery) -> impl IntoView + use<> {
    let words = |words: Vec<(&'static str, &'static str)>| -> Vec<(String, String)> {
        words.into_iter().map(|(value, label)| (value.to_owned(), label.to_owned())).collect()
    };
    let is_events = query.tab == "events";
    let outcomes = words(Outcome::ALL.iter().map(|one| (one.as_str(), one.label())).collect());
    let changes =
        words(Change::ALL.iter().filter(|one| **one != Change::Test).map(|one| (one.as_str(), one.label())).collect());
    let kinds = words([Kind::Alert, Kind::Recommendation].iter().map(|one| (one.as_str(), one.label())).collect());
    let severities = words(Severity::ALL.iter().map(|one| (one.as_str(), one.label())).collect());
    let tab = query.tab.clone();
    let range = query.range.clone();
    let q = query.q.clone();
    // Thousands of names are no choice: the page of a subscription leads here, and an id can be pasted.
    let of_subscription = if view.subscriptions.len() > 1
        || query.subscription.is_empty() && view.subscriptions.len() == 1
    {
        select("subscription", "Subscription", view.subscriptions.clone(), &query.subscription).into_any()
    } else {
        let value = query.subscription.clone();
        view! {
            <div class="field">
                <label for="filter-subscription">"Subscription"</label>
                <input class="input" id="filter-subscription" name="subscription" placeholder="Subscription id" value=value />
            </div>
        }
        .into_any()
    };
    let own = if is_events {
        select("change", "Change", changes, &query.change).into_any()
    } else {
        view! { {select("export", "Export", view.exports.clone(), &query.export)} {(tab != "parked").then(|| select("outcome", "Outcome", outcomes, &query.outcome))} }
            .into_any()
    };
    view! {
        <details class="menu start">
            <summary class="chip add">"+ filter"</summary>
            <form method="get" action=paths::LOG class="stack pad">
                <input type="hidden" name="tab" value=tab />
                <input type="hidden" name="range" value=range />
                <input type="hidden" name="q" value=q />
                {own}
                {select("kind", "Kind", kinds, &query.kind)}
                {select("severity", "Severity", severities, &query.severity)}
                {of_subscription}
                <button class="btn" type="submit">"Filter"</button>
            </form>
        </details>
    }
}

fn select(
    name: &'static str,
    label: &'static str,
    options: Vec<(String, String)>,
    chosen: &str,
) -> impl IntoView + use<> {
    let options: Vec<_> = options
        .into_iter()
        .map(|(value, label)| {
            let selected = value == chosen;
            view! { <option value=value selected=selected>{label}</option> }
        })
        .collect();
    let id = format!("filter-{name}");
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select class="input" id=id name=name>
                <option value="">"any"</option>
                {options}
            </select>
        </div>
    }
}

fn rows(At { now, value }: At<LogView>, query: &LogQuery, open: &str) -> AnyView {
    let (table, previous, next, shown) = match value.rows {
        LogRows::Deliveries(page) => {
            let shown = page.items.len();
            let rows: Vec<_> = page.items.into_iter().map(|row| delivery_row(row, query, open, now)).collect();
            let table = view! {
                <table class="table">
                    <thead><tr><th>"Decided"</th><th class="wide">"Event"</th><th>"Export"</th><th>"State"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            };
            (table.into_any(), page.previous, page.next, shown)
        }
        LogRows::Events(page) => {
            let shown = page.items.len();
            let rows: Vec<_> = page.items.into_iter().map(|row| event_row(row, query, open, now)).collect();
            let table = view! {
                <table class="table">
                    <thead><tr><th>"Observed"</th><th class="wide">"Event"</th><th>"Change"</th><th>"Outcomes"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            };
            (table.into_any(), page.previous, page.next, shown)
        }
    };
    let empty = (shown == 0).then(|| empty(query));
    view! {
        <section class="card">
            {table}
            {empty}
            <Pager base=list_path(query, "") previous next shown />
        </section>
    }
    .into_any()
}

fn empty(query: &LogQuery) -> AnyView {
    let (title, text) = if !query.q.is_empty() {
        (
            "Nothing here has this id",
            "It must be whole: an event id, an alert id, a resource id, or a link from the portal. If the portal shows it, ask why it is not here.",
        )
    } else if query.tab == "parked" {
        (
            "Nothing is parked",
            "An event parks when the target refuses it as itself, or when it waited longer than 7 days. It is kept here with its reason.",
        )
    } else if query.tab == "events" {
        (
            "No event was observed",
            "The console lists what it sees in Defender for Cloud. The first read of a subscription becomes its baseline, and is listed here too.",
        )
    } else {
        (
            "Nothing was decided in this range",
            "Each export decides on every new alert and every changed recommendation it covers. Take a longer range, or fewer filters.",
        )
    };
    let events = LogQuery { tab: "events".to_owned(), ..query.clone() };
    let link = (!query.q.is_empty() && query.tab != "events")
        .then(|| view! { <a class="btn" href=list_path(&events, "")>"Search the events"</a> });
    let why = (!query.q.is_empty()).then(|| view! { <Why item=query.q.clone() label="Why was this not exported?" /> });
    view! {
        <div class="empty">
            <p class="strong">{title}</p>
            <p>{text}</p>
            <div class="row wrap center">{why}{link}</div>
        </div>
    }
    .into_any()
}

fn delivery_row(row: DeliveryRow, query: &LogQuery, open: &str, now: Timestamp) -> impl IntoView + use<> {
    let id = row.id.to_string();
    let selected = id == open;
    let detail = match row.outcome {
        Outcome::Delivered => row.settled_at.map(|at| time::length(at.duration_since(row.subject.observed_at))),
        Outcome::Filtered => Some(row.reason.clone()),
        _ => match (row.last_status, &row.last_error) {
            (Some(status), Some(error)) if row.outcome == Outcome::Pending => Some(format!("{status} · {error}")),
            (_, error) => error.clone(),
        },
    };
    let attempts = (row.attempts > 1).then(|| format!(" · attempt {}", row.attempts));
    let subject = row.subject;
    view! {
        <tr aria-selected=selected.then_some("true")>
            <td class="mono dim nw when" data-label="Decided"><Clock at=row.decided_at now /></td>
            <td class="wide" data-label="Event">
                <div class="t one">
                    <SeverityBadge severity=subject.severity />
                    " "
                    <a class="rowlink" href=with_filters(&paths::delivery(&row.id), query, &query.cursor)>{subject.title.clone()}</a>
                </div>
                <div class="sm one">{subject.resource_name().to_owned()}" · "{subject.subscription_name.clone()}{(subject.kind != Kind::Alert).then(|| format!(" · {}", subject.kind.label().to_lowercase()))}</div>
            </td>
            <td class="nw" data-label="Export">{row.export_name.clone()}</td>
            <td data-label="State" class="outcome">
                <OutcomeDot outcome=row.outcome condition=row.condition />
                {attempts}
                <div class="sm dim one" title=detail.clone()>{detail.clone()}</div>
            </td>
        </tr>
    }
}

fn event_row(row: EventRow, query: &LogQuery, open: &str, now: Timestamp) -> impl IntoView + use<> {
    let selected = row.id.as_str() == open;
    let outcomes: Vec<_> = Outcome::ALL
        .iter()
        .filter(|outcome| row.outcomes.of(**outcome) > 0)
        .map(|outcome| {
            let n = row.outcomes.of(*outcome);
            let more = (n > 1).then(|| format!(" × {n}"));
            view! { <span class="nw"><OutcomeDot outcome=*outcome />{more}</span>" " }
        })
        .collect();
    let none = outcomes.is_empty().then(|| view! { <span class="dim sm">{if row.subject.change == Change::Baseline { "seen by no export" } else { "covered by no export" }}</span> });
    let subject = row.subject;
    view! {
        <tr aria-selected=selected.then_some("true")>
            <td class="mono dim nw when" data-label="Observed"><Clock at=subject.observed_at now /></td>
            <td class="wide" data-label="Event">
                <div class="t one">
                    <SeverityBadge severity=subject.severity />
                    " "
                    <a class="rowlink" href=with_filters(&paths::event(&row.id), query, &query.cursor)>{subject.title.clone()}</a>
                </div>
                <div class="sm one">{subject.resource_name().to_owned()}" · "{subject.subscription_name.clone()}" · "{subject.kind.label().to_lowercase()}", "{subject.status.clone()}</div>
            </td>
            <td class="nw" data-label="Change">{subject.change.label()}</td>
            <td data-label="Outcomes">{outcomes}{none}</td>
        </tr>
    }
}
