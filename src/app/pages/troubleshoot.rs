//! Troubleshoot: the health checks, the most harmful first, each with its evidence and the one thing to do.

use super::diagnosis::AskWhy;
use crate::{
    app::{
        api::{self, At},
        parts::{Load, TextBlock},
        paths,
    },
    domain::verdict::{Checked, Verdict},
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The page. It asks Azure, so it does not run by itself: opening it or *Check again* does.
#[component]
pub fn TroubleshootPage() -> impl IntoView {
    let checks = Resource::new(|| (), |()| api::health());
    view! {
        <Title text="Troubleshoot" />
        <AskWhy />
        <Load of=checks view=page />
    }
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
    let open: Vec<_> = open.into_iter().map(open_check).collect();
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
        <section class="card">
            <header><h2>"What is as it should be"</h2></header>
            <table class="table">
                <thead><tr><th>"Check"</th><th>"Question"</th><th>"Answer"</th></tr></thead>
                <tbody>{fine}</tbody>
            </table>
        </section>
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

fn open_check(one: Checked) -> impl IntoView {
    let evidence: Vec<_> =
        one.evidence.into_iter().map(|(name, value)| view! { <dt>{name}</dt><dd class="mono">{value}</dd> }).collect();
    let fix: Vec<_> = one.fix.into_iter().map(|step| view! { <li>{step}</li> }).collect();
    let fix = (!fix.is_empty()).then(|| view! { <h3>"What to do"</h3><ol>{fix}</ol> });
    let commands: Vec<_> =
        one.commands.into_iter().map(|text| view! { <TextBlock text label="command" wrap=true /> }).collect();
    let subject = one.subject.map(|subject| view! { " · "{subject} });
    view! {
        <section class="card">
            <header>
                <h2>{one.title}{subject}</h2>
                <span class=format!("state {}", tone(one.verdict))>{one.verdict.label()}</span>
            </header>
            <div class="body stack">
                <p class="strong">{one.said}</p>
                {(!one.why.is_empty()).then(|| view! { <p class="dim">{one.why}</p> })}
                {(!evidence.is_empty()).then(|| view! { <dl class="kv">{evidence}</dl> })}
                {fix}
                {commands}
            </div>
        </section>
    }
}

fn passed_check(one: Checked) -> impl IntoView {
    let subject = one.subject.map(|subject| view! { <div class="sm">{subject}</div> });
    view! {
        <tr>
            <td class="mono nw" data-label="Check">{one.check}</td>
            <td data-label="Question">{one.title}{subject}</td>
            <td data-label="Answer">{one.said}</td>
        </tr>
    }
}
