//! Documents made of what the console shows. Names, ids and payloads go through the veil where they stand; sentences go through
//! it when the document is done.

mod items;
mod support;

pub use items::{delivery, event, export};
pub use support::{SupportFacts, support};

use super::veil::Veil;
use domain::{
    DeliveredBy,
    diagnosis::{Diagnosis, ExportDiagnosis},
    share::{Document, Fact, Part, Section, ShareKind, SharedCheck, Tone, WayStop},
    time,
    verdict::{Checked, Origin, Verdict},
    view::Subject,
};
use jiff::Timestamp;

/// Who froze something, and when.
#[derive(Debug, Clone, Copy)]
pub struct Frozen<'a> {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: &'a str,
}

fn fact(name: &str, value: impl Into<String>) -> Fact {
    Fact { name: name.to_owned(), value: value.into() }
}

fn document(kind: ShareKind, title: String, lead: String, frozen: Frozen<'_>, veil: &mut Veil) -> Document {
    Document {
        kind,
        title,
        lead,
        made_at: frozen.at,
        made_by: veil.name(super::Sort::Person, frozen.by),
        redacted: veil.hides(),
        release: env!("CARGO_PKG_VERSION").to_owned(),
        sections: Vec::new(),
    }
}

fn section(title: impl Into<String>, parts: Vec<Part>) -> Section {
    Section { title: title.into(), parts }
}

/// What an event is called: titles may be an attacker's or a customer's, so a veiled one goes by its type.
fn title_of(subject: &Subject, kind_of: Option<&str>, veil: &mut Veil) -> String {
    if !veil.hides() {
        return subject.title.clone();
    }
    match kind_of.map(|kind| veil.word(kind)) {
        Some(kind) if !kind.is_empty() && !kind.starts_with('[') => format!("{} {kind}", subject.kind.label()),
        _ => subject.kind.label().to_owned(),
    }
}

/// The line under a title.
fn about(subject: &Subject, veil: &mut Veil) -> String {
    let severity = subject.severity.map(|severity| format!("{} severity, ", severity.label())).unwrap_or_default();
    let resource = veil.name(super::Sort::Resource, subject.resource_name());
    let subscription = veil.name(super::Sort::Subscription, &subject.subscription_name);
    format!("{severity}{resource} in {subscription}")
}

/// The one place where a check becomes part of a document.
fn check(one: &Checked) -> SharedCheck {
    let evidence = one.evidence.iter().filter(|one| !one.value.is_empty());
    let mut evidence: Vec<Fact> = evidence.map(|one| fact(&one.name, one.value.as_str())).collect();
    // Whoever helps asks the service about the request.
    let mut origins: Vec<&Origin> = one.evidence.iter().filter_map(|one| one.origin.as_ref()).collect();
    origins.dedup();
    evidence.extend(origins.into_iter().map(|origin| fact("answered by", origin.to_string())));
    SharedCheck {
        check: one.check.to_string(),
        verdict: one.verdict,
        title: one.title.clone(),
        subject: one.subject.clone(),
        said: one.said.clone(),
        evidence,
        why: one.why.clone(),
        fix: one.fix.clone(),
        commands: one.commands.iter().map(|command| command.text.clone()).collect(),
    }
}

fn checks(all: &[Checked], veil: &mut Veil) -> Part {
    for origin in all.iter().flat_map(|one| &one.evidence).filter_map(|seen| seen.origin.as_ref()) {
        origin.request.iter().for_each(|id| veil.keep_request(id));
    }
    Part::Checks { checks: all.iter().map(check).collect() }
}

/// A diagnosis: the way of the item for each export, with every check.
pub fn diagnosis(of: &Diagnosis, kind_of: Option<&str>, frozen: Frozen<'_>, veil: &mut Veil) -> Document {
    let (title, lead) = match &of.subject {
        Some(subject) => (title_of(subject, kind_of, veil), about(subject, veil)),
        None => ("An item that was not observed".to_owned(), veil.alone(&of.asked)),
    };
    let mut made = document(ShareKind::Diagnosis, format!("Diagnosis: {title}"), lead, frozen, veil);
    let mut facts =
        vec![fact("Asked", time::exact(of.made_at)), fact("Asked by", veil.name(super::Sort::Person, &of.made_by))];
    facts.push(fact("Asked about", veil.alone(&of.asked)));
    facts.push(fact("Exports", if of.only.is_some() { "the one that was asked about" } else { "all" }));
    if let Some(subject) = &of.subject {
        facts.push(fact("Happened", time::exact(subject.occurred_at)));
        facts.push(fact("Observed", time::exact(subject.observed_at)));
        facts.push(fact("Status", veil.word(&subject.status)));
        facts.push(fact("Resource", veil.resource(subject.resource.as_str())));
        facts.push(fact("Subscription", veil.id(subject.subscription.as_str())));
    }
    let mut said = answer(of);
    if !of.complete {
        let text = "It was shared before Azure had answered: checks of Azure's own exports, and of the item at its source, are not in it.";
        said.insert(
            0,
            Part::Callout { tone: Tone::Warn, title: "Azure's part is missing".to_owned(), text: text.to_owned() },
        );
    }
    made.sections.push(section("The answer", said));
    made.sections.push(section("What was asked", vec![Part::Facts { facts }]));
    if !of.checks.is_empty() {
        made.sections.push(section("The item itself", vec![checks(&of.checks, veil)]));
    }
    // Exports that are not about such items come last.
    let (last, first): (Vec<_>, Vec<_>) = of.exports.iter().partition(|one| one.leaves_out());
    for one in first.into_iter().chain(last) {
        made.sections.push(export_part(one, veil));
    }
    veil.sweep(made)
}

/// The answer in a sentence, and the one thing to do about it.
fn answer(of: &Diagnosis) -> Vec<Part> {
    let broken = of.broken();
    let tone = Tone::from(of.verdict());
    let text = broken.map_or_else(String::new, |one| format!("{} {}", one.said, one.why));
    let mut parts = vec![Part::Callout { tone, title: of.headline(), text }];
    if let Some(one) = broken.filter(|one| !one.fix.is_empty()) {
        parts.push(Part::Steps { steps: one.fix.clone() });
    }
    parts
}

fn export_part(one: &ExportDiagnosis, veil: &mut Veil) -> Section {
    let by = if one.by == DeliveredBy::Azure { "Azure" } else { "the console" };
    let stops = one.way.iter().map(|stop| WayStop {
        name: stop.station.label().to_owned(),
        verdict: stop.verdict,
        said: stop.said.clone(),
    });
    let said = match one.broken() {
        Some(broken) if one.verdict() != Verdict::Pass => {
            Part::Callout { tone: Tone::from(broken.verdict), title: broken.said.clone(), text: broken.why.clone() }
        }
        _ if one.not_there().is_some() => Part::Callout {
            tone: Tone::Plain,
            title: "There was nothing to decide on: the item was not there, or not observed.".to_owned(),
            text: String::new(),
        },
        _ if one.arrived() => Part::Callout {
            tone: Tone::Good,
            title: "It went the whole way that can be seen from the console.".to_owned(),
            text: String::new(),
        },
        _ => Part::Callout {
            tone: Tone::Plain,
            title: "It came as far as can be seen from the console; whether it arrived is not known.".to_owned(),
            text: String::new(),
        },
    };
    let name = veil.name(super::Sort::Export, &one.name);
    section(
        format!("Export {name}, sent by {by}"),
        vec![said, Part::Way { stops: stops.collect() }, checks(&one.checks, veil)],
    )
}
