//! A frozen document as markup: the preview of a share, its link and its file are drawn by this one part, so that what is shown
//! first is what leaves.

use domain::{
    share::{Document, Fact, Moment, Part, Section, SharedCheck, Tone, WayStop},
    time,
    verdict::Verdict,
};
use leptos::prelude::*;

/// The sections of a document, below a heading of the page's own.
#[component]
pub fn DocumentSections(
    /// The document.
    document: Document,
) -> impl IntoView {
    let sections: Vec<_> = document.sections.into_iter().map(section).collect();
    view! { <div class="stack document">{sections}</div> }
}

/// When it was frozen, by whom, and whether it is redacted.
pub fn document_origin(document: &Document) -> String {
    let redacted = if document.redacted { "ids and names are replaced" } else { "not redacted" };
    format!("Frozen {} by {}; {redacted}", time::exact(document.made_at), document.made_by)
}

fn section(one: Section) -> AnyView {
    let parts: Vec<_> = one.parts.into_iter().map(part).collect();
    view! {
        <section class="card">
            <header><h2>{one.title}</h2></header>
            {parts}
        </section>
    }
    .into_any()
}

fn part(one: Part) -> AnyView {
    match one {
        Part::Text { text } => view! { <p class="pad">{text}</p> }.into_any(),
        Part::Callout { tone, title, text } => callout(tone, title, text),
        Part::Facts { facts: all } => view! { <div class="pad">{facts(all)}</div> }.into_any(),
        Part::Table { head, rows } => table(head, rows),
        Part::Steps { steps } => {
            let steps: Vec<_> = steps.into_iter().map(|step| view! { <li>{step}</li> }).collect();
            view! { <ol class="pad steps">{steps}</ol> }.into_any()
        }
        Part::Code { label, text } => view! {
            <div class="pad">
                <h3>{label.clone()}</h3>
                <pre class="code wrap" tabindex="0" role="region" aria-label=label>{text}</pre>
            </div>
        }
        .into_any(),
        Part::Way { stops } => {
            let stops: Vec<_> = stops.into_iter().map(stop).collect();
            view! { <div class="pad"><ol class="route">{stops}</ol></div> }.into_any()
        }
        Part::Timeline { moments } => {
            let moments: Vec<_> = moments.into_iter().map(moment).collect();
            view! { <div class="pad"><ol class="timeline">{moments}</ol></div> }.into_any()
        }
        Part::Checks { checks } => {
            let checks: Vec<_> = checks.into_iter().map(check).collect();
            view! { <div>{checks}</div> }.into_any()
        }
    }
}

fn callout(tone: Tone, title: String, text: String) -> AnyView {
    let class = match tone {
        Tone::Plain => "callout",
        Tone::Good => "callout good",
        Tone::Warn => "callout warn",
        Tone::Bad => "callout bad",
    };
    let text = (!text.is_empty()).then(|| view! { <p>{text}</p> });
    view! { <div class="pad"><div class=class><h3>{title}</h3>{text}</div></div> }.into_any()
}

fn facts(all: Vec<Fact>) -> impl IntoView {
    let lines: Vec<_> = all
        .into_iter()
        .filter(|one| !one.value.is_empty())
        .map(|one| view! { <dt>{one.name}</dt><dd>{one.value}</dd> })
        .collect();
    view! { <dl class="kv">{lines}</dl> }
}

fn table(head: Vec<String>, rows: Vec<Vec<String>>) -> AnyView {
    let rows: Vec<_> = rows
        .into_iter()
        .map(|row| {
            let cells: Vec<_> =
                head.iter().cloned().zip(row).map(|(name, cell)| view! { <td data-label=name>{cell}</td> }).collect();
            view! { <tr>{cells}</tr> }
        })
        .collect();
    let head: Vec<_> = head.into_iter().map(|name| view! { <th scope="col">{name}</th> }).collect();
    view! { <table class="table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table> }.into_any()
}

fn stop(one: WayStop) -> AnyView {
    let (class, word) = match one.verdict {
        Some(Verdict::Pass) => ("", "Passes"),
        Some(Verdict::Fail) => ("broken", "Fails"),
        Some(Verdict::Warning) => ("warn", "Warning"),
        Some(Verdict::CannotTell) => ("off", "Cannot tell"),
        None => ("off", "Not reached"),
    };
    let said = if one.said.is_empty() { word.to_owned() } else { one.said };
    view! { <li class=class><b>{one.name}</b>{said}</li> }.into_any()
}

fn moment(one: Moment) -> AnyView {
    let class = match one.tone {
        Tone::Plain => "",
        Tone::Good => "good",
        Tone::Warn => "warn",
        Tone::Bad => "bad",
    };
    view! {
        <li class=class>
            <div><b>{one.title}</b><div class="sm dim">{one.said}</div></div>
            <span class="when sm">{one.at}</span>
        </li>
    }
    .into_any()
}

fn check(one: SharedCheck) -> AnyView {
    let (class, sign) = match one.verdict {
        Verdict::Pass => ("check pass", "✓"),
        Verdict::Fail => ("check fail", "✕"),
        Verdict::Warning => ("check warn", "!"),
        Verdict::CannotTell => ("check", "?"),
    };
    let subject = one.subject.map(|subject| view! { <span class="dim">" · "{subject}</span> });
    let why = (!one.why.is_empty()).then(|| view! { <p>{one.why}</p> });
    let evidence = (!one.evidence.is_empty()).then(|| facts(one.evidence));
    let fix: Vec<_> = one.fix.into_iter().map(|step| view! { <li>{step}</li> }).collect();
    let fix = (!fix.is_empty()).then(|| view! { <ol class="steps">{fix}</ol> });
    let commands: Vec<_> = one
        .commands
        .into_iter()
        .map(|text| view! { <pre class="code wrap" tabindex="0" role="region" aria-label="command">{text}</pre> })
        .collect();
    view! {
        <div class=class>
            <span class="ico" aria-hidden="true">{sign}</span>
            <h3 class="q">{one.title}{subject}</h3>
            <span class="sm dim">{one.verdict.label()}</span>
            <div class="detail">{one.said}{why}{evidence}{fix}{commands}</div>
        </div>
    }
    .into_any()
}
