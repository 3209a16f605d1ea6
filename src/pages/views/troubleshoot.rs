//! Troubleshoot: the health checks, the most harmful first, each with its evidence and the one thing to do.

use super::{article::Questions, diagnosis::AskWhy};
use crate::{
    api::{self, At},
    live::use_live,
    parts::{Commands, DocsLink, EvidenceList, Load, PageTitle, When},
    paths,
};
use domain::{
    health::HealthChange,
    verdict::{Checked, Verdict},
};
use leptos::prelude::*;

/// The page. It asks Azure, so it does not run by itself: opening it or *Check again* does.
#[component]
pub fn TroubleshootPage() -> impl IntoView {
    let checks = Resource::new(|| (), |()| api::health());
    let live = use_live();
    let changes = Resource::new(move || live.tick.get(), |_| api::health_changes());
    view! {
        <PageTitle text="Troubleshoot" />
        <AskWhy />
        <Load of=checks view=page />
        <Load of=changes view=changed />
        <Questions />
    }
}

/// What the scheduled runs noted.
fn changed(At { now, value }: At<Vec<HealthChange>>) -> AnyView {
    let rows: Vec<_> = value
        .into_iter()
        .map(|one| {
            let subject = one.subject.map(|subject| view! { <div class="sm any">{subject}</div> });
            let said = if one.now == Verdict::Pass { format!("Passes again. Before: {}", one.said) } else { one.said };
            view! {
                <tr>
                    <td class="nw" data-label="When"><When at=one.at now /></td>
                    <td data-label="Check">{one.title}{subject}</td>
                    <td class="nw" data-label="Answer"><span class=format!("state {}", tone(one.now))>{one.now.label()}</span></td>
                    <td class="any" data-label="Found">{said}</td>
                </tr>
            }
        })
        .collect();
    let empty = rows.is_empty().then(|| {
        view! {
            <div class="empty">
                <p class="strong">"Nothing has changed"</p>
                <p>"The checks run by themselves every 15 minutes (health-interval). A check that breaks, or passes again, is noted here and in the log, and counted in /metrics."</p>
            </div>
        }
    });
    let table = (!rows.is_empty()).then(|| {
        view! {
            <table class="table">
                <thead><tr><th>"When"</th><th>"Check"</th><th>"Answer"</th><th>"Found"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        }
    });
    view! {
        <section class="card">
            <header><h2>"What changed"</h2><span class="sm dim">"noted by the scheduled runs"</span></header>
            {table}
            {empty}
        </section>
    }
    .into_any()
}

fn page(At { value, .. }: At<Vec<Checked>>) -> AnyView {
    let count = |verdict: Verdict| value.iter().filter(|one| one.verdict == verdict).count();
    let (fails, warnings, passes) = (count(Verdict::Fail), count(Verdict::Warning), count(Verdict::Pass));
    let unsure = count(Verdict::CannotTell);
    let title = match (fails, warnings) {
        (0, 0) => "Nothing is broken".to_owned(),
        (0, 1) => "One thing is not as it should be".to_owned(),
        (0, n) => format!("{n} things are not as they should be"),
        (1, _) => "One check fails".to_owned(),
        (n, _) => format!("{n} checks fail"),
    };
    let (fine, open): (Vec<Checked>, Vec<Checked>) = value.into_iter().partition(|one| one.verdict == Verdict::Pass);
    let open: Vec<_> = open.into_iter().enumerate().map(|(at, one)| check_card(one, at == 0)).collect();
    let passing = fine.len();
    let fine: Vec<_> = fine.into_iter().map(passed_check).collect();
    view! {
        <div class="head">
            <div>
                <h1>{title}</h1>
                <p>{fails}" fail · "{warnings}" warn · "{unsure}" cannot tell · "{passes}" pass · asked just now, of Azure and of the store"</p>
            </div>
            <div class="acts">
                <a class="btn" href=paths::SHARES>"Support bundle"</a>
                <a class="btn" href=paths::SAMPLES>"Sample alert"</a>
                <a class="btn primary" href="/troubleshoot" rel="external">"Check again"</a>
            </div>
        </div>
        <div class="stack">{open}</div>
        <details class="card">
            <summary>"What is as it should be"<span class="sm dim">" · "{passing}" checks"</span></summary>
            <table class="table">
                <thead><tr><th>"Check"</th><th>"Question"</th><th>"Answer"</th></tr></thead>
                <tbody>{fine}</tbody>
            </table>
        </details>
        <p class="dim sm">
            "In a terminal: "<code>"continuous-export health"</code>", and for one item "<code>"continuous-export diagnose ITEM"</code>"."
        </p>
    }
    .into_any()
}

pub(super) fn tone(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fail => "bad",
        Verdict::Warning => "warn",
        Verdict::CannotTell => "none",
        Verdict::Pass => "good",
    }
}

/// A check that does not pass: the answer in a line, and behind it what it rests on and what to do.
pub(super) fn check_card(one: Checked, open: bool) -> impl IntoView {
    let fix: Vec<_> = one.fix.into_iter().map(|step| view! { <li>{step}</li> }).collect();
    let fix = (!fix.is_empty()).then(|| view! { <p class="strong">"What to do"</p><ol>{fix}</ol> });
    let subject = one.subject.map(|subject| view! { <span class="dim any">" · "{subject}</span> });
    view! {
        <details class="card check-card" open=open>
            <summary>
                <span class=format!("state {}", tone(one.verdict))>{one.verdict.label()}</span>
                <span class="grow"><b>{one.said}</b>{subject}</span>
            </summary>
            <div class="body stack">
                <p class="dim">{one.title}" "<code class="sm" title="its section in docs/checks.md">{one.check.as_str()}</code></p>
                {(!one.why.is_empty()).then(|| view! { <p class="dim">{one.why}</p> })}
                <EvidenceList all=one.evidence />
                {fix}
                <Commands all=one.commands />
                <DocsLink to=one.docs />
            </div>
        </details>
    }
}

fn passed_check(one: Checked) -> impl IntoView {
    let subject = one.subject.map(|subject| view! { <div class="sm">{subject}</div> });
    view! {
        <tr>
            <td class="mono nw" data-label="Check">{one.check.as_str()}</td>
            <td data-label="Question">{one.title}{subject}</td>
            <td data-label="Answer">{one.said}</td>
        </tr>
    }
}
