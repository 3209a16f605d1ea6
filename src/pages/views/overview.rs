//! What needs a hand now, what was decided, how well the targets do, and how much is covered.

use super::troubleshoot::tone;
use crate::{
    api::{self, OverviewView},
    frame::use_range,
    live::use_live,
    parts::{Bar, HourChart, Load, PageTitle, TargetDot, When, condition_tone, rail_path},
    paths,
};
use domain::{
    Condition, Watching,
    health::HealthRun,
    summary::Watched,
    time,
    verdict::Verdict,
    view::{Overview, TargetRow},
};
use jiff::{SignedDuration, Timestamp};
use leptos::prelude::*;

/// The overview.
#[component]
pub fn OverviewPage() -> impl IntoView {
    let (live, range) = (use_live(), use_range());
    let overview = Resource::new(move || (range.get(), live.tick.get()), |(range, _)| api::read_overview(range));
    view! {
        <PageTitle text="Overview" />
        <div class="overview stack">
            <Load of=overview view={move |view: OverviewView| page(view, &range.get_untracked())} />
        </div>
    }
}

/// Something a person should look at.
struct Need {
    tone: &'static str,
    title: String,
    text: String,
    link: (String, &'static str),
}

fn needs(overview: &Overview, watched: &Watched) -> Vec<Need> {
    let now = overview.now;
    let mut needs: Vec<Need> = overview.targets.iter().filter_map(|target| target_need(target, now)).collect();
    if overview.outcomes.parked > 0 {
        needs.push(Need {
            tone: "bad",
            title: match overview.outcomes.parked {
                1 => "One event is parked".to_owned(),
                n => format!("{} events are parked", time::count(n)),
            },
            text: "They were refused as themselves, or waited too long. Each says why.".to_owned(),
            link: ("/log?tab=parked".to_owned(), "Look at them"),
        });
    }
    if let Some((name, detail)) = &watched.trouble {
        let title = match watched.troubled {
            1 => format!("{name} cannot be watched as it should"),
            n => format!("{} subscriptions cannot be watched as they should", count(n)),
        };
        let link =
            (paths::with_query(paths::SUBSCRIPTIONS, &[("watching", Watching::Trouble.as_str())]), "Look at them");
        needs.push(Need { tone: "warn", title, text: detail.clone(), link });
    }
    needs
}

fn target_need(target: &TargetRow, now: Timestamp) -> Option<Need> {
    if target.condition == Condition::Ok || (target.condition == Condition::Paused && target.waiting == 0) {
        return None;
    }
    let waits = match target.waiting {
        0 => String::new(),
        1 => ": one event waits".to_owned(),
        n => format!(": {} events wait", time::count(n)),
    };
    let since = target
        .waiting_since
        .filter(|_| target.waiting > 0)
        .map(|at| format!(" since {}", time::clock(at)))
        .unwrap_or_default();
    let said = target.condition_detail.clone().unwrap_or_default();
    let next = match target.next_attempt {
        Some(at) if at > now => format!(" Tried again {}.", time::relative(at, now)),
        _ => String::new(),
    };
    let rest = if target.condition == Condition::Paused {
        "A person paused it. They go out once it is resumed.".to_owned()
    } else {
        format!("{said} Nothing is lost: they go out by themselves once it takes events.{next}")
    };
    Some(Need {
        tone: if target.condition == Condition::Paused { "warn" } else { condition_tone(target.condition) },
        title: format!("{}: {}{waits}{since}", target.name, target.condition.label().to_lowercase()),
        text: rest,
        link: (
            paths::target(&target.id),
            if target.condition.mends_by_waiting() { "Look at it" } else { "Fix the target" },
        ),
    })
}

fn headline(needs: usize, seen: i64) -> String {
    match (needs, seen) {
        (0, 0) => "Nothing was decided in this range".to_owned(),
        (0, _) => "Everything is delivered as it comes".to_owned(),
        (1, _) => "One thing needs a hand".to_owned(),
        (n @ 2..=9, _) => {
            let word = ["Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"][n - 2];
            format!("{word} things need a hand")
        }
        (n, _) => format!("{n} things need a hand"),
    }
}

/// How completely the subscriptions are watched: `watched to 10:44 in 14 of 14 subscriptions`.
fn watched_line(watched: &Watched) -> String {
    let all = count(watched.all);
    let mut text = match watched.complete_to {
        Some(at) => format!("watched to {} in {} of {all} subscriptions", time::clock(at), count(watched.complete)),
        None => format!("0 of {all} subscriptions are watched completely yet"),
    };
    if watched.first_reads > 0 {
        text.push_str(&format!(" · {} still being read for the first time", count(watched.first_reads)));
    }
    text
}

fn count(n: usize) -> String {
    time::count(i64::try_from(n).unwrap_or(i64::MAX))
}

fn page(OverviewView { overview, watched, health }: OverviewView, range: &str) -> AnyView {
    let (now, outcomes) = (overview.now, overview.outcomes);
    let needs = needs(&overview, &watched);
    let hours = match range {
        "1h" => 1,
        "7d" => 168,
        "30d" => 720,
        "90d" => 2160,
        _ => 24,
    };
    let since = now.saturating_sub(SignedDuration::from_hours(hours)).unwrap_or(now);
    let count = |n: i64| time::count(n);
    let sum = format!(
        "{} decisions since {} = {} delivered + {} pending + {} filtered + {} parked + {} cancelled · {}",
        count(overview.seen),
        time::hour_of(since).strftime("%d %b %H:%M"),
        count(outcomes.delivered),
        count(outcomes.pending),
        count(outcomes.filtered),
        count(outcomes.parked),
        count(outcomes.cancelled),
        watched_line(&watched),
    );
    let title = headline(needs.len(), overview.seen);
    let needs: Vec<_> = needs
        .into_iter()
        .map(|need| {
            view! {
                <div class=format!("callout {}", need.tone)>
                    <h2>{need.title}</h2>
                    <p class="dim">{need.text}" "<a class="link" href=need.link.0>{need.link.1}</a></p>
                </div>
            }
        })
        .collect();
    let exports = exports(&overview, range);
    view! {
        <div class="head">
            <div>
                <h1>{title}</h1>
                <p>{sum}</p>
            </div>
            <div class="acts">
                <a class="btn primary" href=paths::NEW_EXPORT>"New export"</a>
            </div>
        </div>
        <div class="needs stack">{needs}</div>
        <section class="card">
            <header>
                <h2>"Decisions an hour"</h2>
                <span class="sm row">
                    <span class="key delivered">"delivered"</span>
                    <span class="key pending">"pending"</span>
                    <span class="key filtered">"filtered"</span>
                    <span class="key parked">"parked"</span>
                    <span class="key cancelled">"cancelled"</span>
                </span>
            </header>
            <div class="body">
                <HourChart rows=overview.hours.clone() since now />
            </div>
        </section>
        <div class="split" data-aside="440">
            <div class="stack">
                {targets(&overview.targets, now)}
                {exports}
            </div>
            <div class="stack">
                {coverage(&watched)}
                {health.map(|run| health_card(&run, now))}
            </div>
        </div>
    }
    .into_any()
}

fn targets(rows: &[TargetRow], now: Timestamp) -> impl IntoView {
    let count = rows.len();
    let rows: Vec<_> = rows
        .iter()
        .map(|target| {
            let lag = target.waiting_since.map_or("–".to_owned(), |at| time::length(now.duration_since(at)));
            let success = target.last_success.map(|at| view! { <When at now /> });
            view! {
                <tr>
                    <td data-label="Target">
                        <a class="t rowlink" href=paths::target(&target.id)>{target.name.clone()}</a>
                        <div class="sm">{target.config.kind().label()}" · "{target.config.address()}</div>
                    </td>
                    <td data-label="State"><TargetDot target=target.clone() /></td>
                    <td class="num" data-label="Last success">{success}</td>
                    <td class="num" data-label="Waiting">{time::count(target.waiting)}</td>
                    <td class="num" data-label="Oldest">{lag}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <section class="card">
            <header><h2>"Targets"</h2><span class="sm dim">{count}</span></header>
            <table class="table">
                <thead>
                    <tr><th>"Target"</th><th>"State"</th><th class="num">"Last success"</th><th class="num">"Waiting"</th><th class="num">"Oldest"</th></tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
}

fn exports(overview: &Overview, range: &str) -> impl IntoView + use<> {
    let range = range.to_owned();
    let rows: Vec<_> = overview
        .exports
        .iter()
        .map(|(id, name, seen, outcomes)| {
            let log = rail_path(&paths::with_query(paths::LOG, &[("export", id.as_str())]), &range);
            view! {
                <tr>
                    <td data-label="Export"><a class="t rowlink" href=log>{name.clone()}</a></td>
                    <td class="num" data-label="Decided">{time::count(*seen)}</td>
                    <td class="num" data-label="Delivered">{time::count(outcomes.delivered)}</td>
                    <td class="num" data-label="Pending">{time::count(outcomes.pending)}</td>
                    <td class="num" data-label="Filtered">{time::count(outcomes.filtered)}</td>
                    <td class="num" data-label="Parked">{time::count(outcomes.parked)}</td>
                </tr>
            }
        })
        .collect();
    let empty = rows.is_empty().then(|| {
        view! {
            <div class="empty">
                <p class="strong">"No export has decided anything in this range"</p>
                <p>"An export decides when something changes in Defender for Cloud. Take a longer range, or make an export and see in its preview what it would let through."</p>
            </div>
        }
    });
    view! {
        <section class="card">
            <header><h2>"Exports"</h2><span class="sm dim">"decisions in the range"</span></header>
            <table class="table">
                <thead>
                    <tr>
                        <th>"Export"</th>
                        <th class="num">"Decided"</th>
                        <th class="num">"Delivered"</th>
                        <th class="num">"Pending"</th>
                        <th class="num">"Filtered"</th>
                        <th class="num">"Parked"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            {empty}
        </section>
    }
}

/// Open checks that the overview names; the page has all.
const NAMED: usize = 4;

fn health_card(run: &HealthRun, now: Timestamp) -> impl IntoView + use<> {
    let (fails, warnings) = (run.count(Verdict::Fail), run.count(Verdict::Warning));
    let unsure = run.count(Verdict::CannotTell);
    let sums = format!("{fails} fail · {warnings} warn · {unsure} cannot tell · {} pass", run.count(Verdict::Pass));
    let named: Vec<_> = run
        .open
        .iter()
        .filter(|one| one.verdict != Verdict::CannotTell)
        .take(NAMED)
        .map(|one| {
            let subject = one.subject.clone().map(|subject| view! { <div class="sm any">{subject}</div> });
            view! {
                <tr>
                    <td class="any" data-label="Check">{one.said.clone()}{subject}</td>
                    <td class="nw" data-label="Answer"><span class=format!("state {}", tone(one.verdict))>{one.verdict.label()}</span></td>
                </tr>
            }
        })
        .collect();
    let more = (fails + warnings).saturating_sub(named.len());
    let more = (more > 0).then(|| format!(", and {more} more"));
    view! {
        <aside class="card" aria-label="Health">
            <header><h2>"Health"</h2><span class="sm dim">"checked "<When at=run.at now /></span></header>
            <div class="body"><p>{sums}</p></div>
            <table class="table"><tbody>{named}</tbody></table>
            <div class="pager"><a class="link" href=paths::TROUBLESHOOT>"What to do about it"</a><span class="sm dim">{more}</span></div>
        </aside>
    }
}

fn coverage(watched: &Watched) -> impl IntoView + use<> {
    let (all, covered) = (watched.all, watched.covered);
    let short: Vec<_> = watched
        .short
        .iter()
        .map(|(id, name, exported)| {
            view! {
                <tr>
                    <td data-label="Subscription"><a class="t rowlink" href=paths::subscription(id)>{name.clone()}</a></td>
                    <td class="num sm">{if *exported { "not both severities" } else { "no export" }}</td>
                </tr>
            }
        })
        .collect();
    let label = format!("{} of {} subscriptions export their High and Medium alerts", count(covered), count(all));
    let falls_short = all - covered;
    let more = falls_short.checked_sub(short.len()).filter(|more| *more > 0);
    let more = more.map(|more| format!(", {} of them not shown here", count(more))).unwrap_or_default();
    view! {
        <aside class="card" aria-label="Coverage">
            <header><h2>"Coverage"</h2><span class="sm dim">{count(covered)}" of "{count(all)}</span></header>
            <div class="body stack">
                <p>{label.clone()}</p>
                <Bar good=covered of=all label />
            </div>
            <table class="table"><tbody>{short}</tbody></table>
            <div class="pager">
                <a class="link" href=paths::COVERAGE>"Who exports what"</a>
                <span>{if falls_short == 0 { "CIS Azure 8.1.5.2: none falls short".to_owned() } else { format!("CIS Azure 8.1.5.2: {} fall short{more}", count(falls_short)) }}</span>
            </div>
        </aside>
    }
}
