//! Subscriptions: found by name, state, plan and management group, page by page.

use crate::{
    api::{self, At},
    live::use_live,
    parts::{Load, PageTitle, When},
    paths,
};
use domain::{
    SubscriptionFilter, SubscriptionHealth, SubscriptionList, Watching,
    subscriptions::{GroupLevel, NO_PLAN, STATES, UNLISTED},
    time,
    view::SubscriptionRow,
};
use jiff::Timestamp;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// All subscriptions.
#[component]
pub fn SubscriptionsPage() -> impl IntoView {
    let live = use_live();
    let query = use_query_map();
    let filter = Memo::new(move |_| {
        let query = query.read();
        let get = |name: &str| query.get(name).unwrap_or_default();
        SubscriptionFilter {
            search: get("name"),
            state: get("state"),
            plan: get("plan"),
            watching: Watching::parse(&get("watching")),
            group: get("group"),
        }
    });
    let cursor = Memo::new(move |_| query.read().get("cursor").unwrap_or_default());
    let list = Resource::new(
        move || (filter.get(), cursor.get(), live.tick.get()),
        |(filter, cursor, _)| api::subscriptions(filter, cursor),
    );
    view! {
        <PageTitle text="Subscriptions" />
        <Load of=list view={move |answer: At<SubscriptionList>| page(answer, &filter.get_untracked())} />
    }
}

/// The list's address with a filter and a place in it.
fn list_path(filter: &SubscriptionFilter, cursor: &str) -> String {
    paths::with_query(
        paths::SUBSCRIPTIONS,
        &[
            ("name", &filter.search),
            ("state", &filter.state),
            ("plan", &filter.plan),
            ("watching", filter.watching.map(Watching::as_str).unwrap_or_default()),
            ("group", &filter.group),
            ("cursor", cursor),
        ],
    )
}

fn page(At { now, value }: At<SubscriptionList>, filter: &SubscriptionFilter) -> AnyView {
    let progress = value.progress;
    let mut line = vec![format!("{} known", time::count(progress.all))];
    if progress.first_reads > 0 {
        line.push(format!("first read under way in {}", time::count(progress.first_reads)));
    }
    if progress.troubled > 0 {
        line.push(format!("{} in trouble", time::count(progress.troubled)));
    }
    let reading = (progress.plans_read < progress.all).then(|| {
        let label = format!("plans read of {} of {}", time::count(progress.plans_read), time::count(progress.all));
        view! {
            <div class="stack">
                <p class="dim sm">"The list is complete; "{label.clone()}" so far. It goes on in the background."</p>
                <progress class="progress" max=progress.all.to_string() value=progress.plans_read.to_string() aria-label=label></progress>
            </div>
        }
    });
    let shown = value.items.len();
    let empty = (shown == 0).then(|| empty(progress.all));
    let found = match (filter.is_empty(), value.matching) {
        (true, _) => format!("{} of {} by name", time::count(count(shown)), time::count(value.matching)),
        (false, n) => format!(
            "{} of {} that match, of {} known",
            time::count(count(shown)),
            time::count(n),
            time::count(progress.all)
        ),
    };
    let to = |cursor: &str| list_path(filter, cursor);
    let earlier = value.previous.as_deref().map(|cursor| {
        view! { <a class="btn" href=to("")>"First"</a><a class="btn" href=to(cursor) rel="prev">"Previous"</a> }
    });
    let later = value.next.as_deref().map(|cursor| view! { <a class="btn" href=to(cursor) rel="next">"Next"</a> });
    let groups = groups(&value.level, filter);
    let filters = filters(&value, filter);
    let rows: Vec<_> = value.items.into_iter().map(|row| subscription_row(row, now)).collect();
    view! {
        <div class="head">
            <div>
                <h1>"Subscriptions"</h1>
                <p>{line.join(" · ")}</p>
            </div>
        </div>
        {reading}
        {filters}
        <div class="split" data-aside="280">
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
                <nav class="pager" aria-label="Pages of this list"><span>{found}</span>{earlier}{later}</nav>
            </section>
            {groups}
        </div>
    }
    .into_any()
}

fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

fn empty(all: i64) -> impl IntoView {
    view! {
        <div class="empty">
            <p class="strong">{if all == 0 { "No subscription is visible yet" } else { "No subscription is like this" }}</p>
            <p>{if all == 0 {
                "The console lists them when it starts and every five minutes. Its identity needs the role Reader or Security Reader on a subscription to see it."
            } else { "Take a filter off, or search for a part of the name or of the id." }}</p>
        </div>
    }
}

fn filters(list: &SubscriptionList, filter: &SubscriptionFilter) -> impl IntoView + use<> {
    let states = STATES.iter().map(|state| (*state, if *state == UNLISTED { "no longer listed" } else { *state }));
    let states = options(states, &filter.state);
    let watching = options(
        Watching::ALL.iter().map(|one| (one.as_str(), one.label())),
        filter.watching.map(Watching::as_str).unwrap_or_default(),
    );
    let plans =
        std::iter::once((NO_PLAN, "no plan")).chain(list.plans.iter().map(|plan| (plan.as_str(), plan.as_str())));
    let plans = options(plans, &filter.plan);
    let clear = (!filter.is_empty()).then(|| view! { <a class="btn quiet" href=paths::SUBSCRIPTIONS>"Clear"</a> });
    let group =
        (!filter.group.is_empty()).then(|| view! { <input type="hidden" name="group" value=filter.group.clone() /> });
    view! {
        <form method="get" class="row filters" role="search" aria-label="Search the subscriptions">
            {group}
            <label class="visually-hidden" for="name">"Part of a name or id"</label>
            <input class="input auto" id="name" name="name" type="search" placeholder="Part of a name or id" value=filter.search.clone() />
            <label class="visually-hidden" for="state">"State"</label>
            <select class="input auto" id="state" name="state"><option value="">"Any state"</option>{states}</select>
            <label class="visually-hidden" for="watching">"How it is watched"</label>
            <select class="input auto" id="watching" name="watching"><option value="">"Watched in any way"</option>{watching}</select>
            <label class="visually-hidden" for="plan">"Plan that is on"</label>
            <select class="input auto" id="plan" name="plan"><option value="">"Any plans"</option>{plans}</select>
            <button class="btn" type="submit">"Search"</button>
            {clear}
        </form>
    }
}

fn options<'a>(all: impl Iterator<Item = (&'a str, &'a str)>, chosen: &str) -> Vec<AnyView> {
    all.map(|(value, label)| {
        let selected = value == chosen;
        view! { <option value=value.to_owned() selected=selected>{label.to_owned()}</option> }.into_any()
    })
    .collect()
}

/// The chosen management group: what is above it, and what is below with how many subscriptions.
fn groups(level: &GroupLevel, filter: &SubscriptionFilter) -> impl IntoView + use<> {
    let within = |group: &str| list_path(&SubscriptionFilter { group: group.to_owned(), ..filter.clone() }, "");
    let all = (!filter.group.is_empty()).then(|| view! { <li><a href=within("")>"All subscriptions"</a></li> });
    let path: Vec<_> = level
        .path
        .iter()
        .map(|group| {
            // The topmost group is shown though nothing was chosen: then all are listed.
            let current = (group.id == filter.group).then_some("true");
            view! { <li><a href=within(&group.id) aria-current=current>{group.name.clone()}</a></li> }
        })
        .collect();
    let none_below = level.children.is_empty().then(|| {
        let said = match (level.path.is_empty(), filter.group.is_empty()) {
            (true, true) => "Which management groups there are could not be read yet.",
            (true, false) => "No subscription that you see is in this management group.",
            (false, _) => "No management group is below this one.",
        };
        view! { <li class="dim sm">{said}</li> }
    });
    let children: Vec<_> = level
        .children
        .iter()
        .map(|(group, count)| {
            view! {
                <li>
                    <a class="row between" href=within(&group.id)>
                        <span>{group.name.clone()}</span>
                        <span class="dim num">{time::count(*count)}</span>
                    </a>
                </li>
            }
        })
        .collect();
    let direct = (level.direct > 0 && !level.children.is_empty() && !level.path.is_empty()).then(|| {
        view! { <li class="row between dim sm"><span>"right here"</span><span class="num">{time::count(level.direct)}</span></li> }
    });
    view! {
        <nav class="card above" aria-label="Management groups">
            <header><h2>"Management groups"</h2><span class="sm dim">{time::count(level.all)}</span></header>
            <div class="body">
                <ul class="tree">
                    {all}
                    {path}
                    <li><ul>{children}{direct}{none_below}</ul></li>
                </ul>
            </div>
        </nav>
    }
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
                {row.tenant.clone().map(|tenant| view! { <div class="sm one dim">{tenant}</div> })}
            </td>
            <td class="nw" data-label="Watched">{watched(&row, now)}</td>
            <td data-label="Plans on">{plans}</td>
            <td class="nw" data-label="Exports"><span title=all>{exports}</span></td>
        </tr>
    }
}

fn watched(row: &SubscriptionRow, now: Timestamp) -> AnyView {
    if row.condition != SubscriptionHealth::Ok {
        let detail = row.condition_detail.clone().unwrap_or_default();
        return view! { <span class="state bad" title=detail>{row.condition.label()}</span> }.into_any();
    }
    if row.watches.iter().any(|watch| !watch.baseline_done) {
        return view! { <span class="state warn">"First read under way"</span> }.into_any();
    }
    match row.complete_to() {
        Some(at) => view! { <span class="state good"><When at now /></span> }.into_any(),
        None => view! { <span class="state none">"Not yet"</span> }.into_any(),
    }
}
