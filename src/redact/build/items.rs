//! An event, a delivery, an export.

use super::{Frozen, about, document, fact, section, title_of};
use crate::{Sort, Veil, known::last, payload::is_harmless};
use domain::{
    Change, DeliveredBy, Outcome, Source,
    share::{Document, Fact, Moment, Part, Section, ShareKind, Tone},
    time,
    view::{AttemptRow, DeliveryDetail, EventDetail, ExportRow, Subject, TargetRow},
};

fn subject_facts(subject: &Subject, event: &str, alert: Option<&str>, item: &str, veil: &mut Veil) -> Vec<Fact> {
    let mut facts = vec![
        fact("Kind", subject.kind.label()),
        fact("Change", subject.change.label()),
        fact("Status", veil.word(&subject.status)),
        fact("Happened", time::exact(subject.occurred_at)),
        fact("Observed", time::exact(subject.observed_at)),
        fact("Event", veil.id(event)),
    ];
    facts.extend(alert.map(|id| fact("Alert id", veil.id(id))));
    facts.push(fact("Item", veil.resource(item)));
    facts.push(fact("Resource", veil.resource(subject.resource.as_str())));
    facts.push(fact("Subscription", veil.id(subject.subscription.as_str())));
    facts
}

fn payload(body: Option<&str>, veil: &mut Veil) -> Section {
    let part = match body {
        Some(body) => Part::Code { label: "The event as it is sent".to_owned(), text: veil.json(body) },
        None => Part::Text { text: "Its payload was not kept.".to_owned() },
    };
    let mut parts = vec![part];
    if veil.hides() {
        let text = "Member names are kept, and of the values what tells of nobody. Descriptions and other texts that an alert brings along are left out.";
        parts.insert(0, Part::Text { text: text.to_owned() });
    }
    section("The event as it is sent to event hubs", parts)
}

/// One observed event and what became of it.
pub fn event(of: &EventDetail, kind_of: Option<&str>, frozen: Frozen<'_>, veil: &mut Veil) -> Document {
    let subject = &of.row.subject;
    let (title, lead) = (title_of(subject, kind_of, veil), about(subject, veil));
    let mut made = document(ShareKind::Event, format!("Event: {title}"), lead, frozen, veil);
    let facts = subject_facts(subject, of.row.id.as_str(), of.alert_id.as_deref(), &of.item_id, veil);
    let mut parts = vec![Part::Facts { facts }];
    parts.extend(of.note.clone().map(|text| Part::Callout {
        tone: Tone::Warn,
        title: "Worth knowing".to_owned(),
        text,
    }));
    made.sections.push(section("What happened", parts));
    let rows: Vec<Vec<String>> = of
        .deliveries
        .iter()
        .map(|row| {
            vec![
                veil.name(Sort::Export, &row.export_name),
                veil.name(Sort::Target, &row.target_name),
                row.outcome.label().to_owned(),
                row.reason.clone(),
                time::exact(row.decided_at),
            ]
        })
        .collect();
    let part = if rows.is_empty() {
        let why = if subject.change == Change::Baseline {
            "It was already there when its subscription was first seen: it is part of the baseline, which no export sees."
        } else {
            "No export covered it when it was observed."
        };
        Part::Text { text: why.to_owned() }
    } else {
        let head = ["Export", "Target", "Outcome", "Why", "Decided"].map(str::to_owned).to_vec();
        Part::Table { head, rows }
    };
    made.sections.push(section("What became of it", vec![part]));
    made.sections.push(payload(of.body.as_deref(), veil));
    veil.sweep(made)
}

/// One event's way to one target.
pub fn delivery(of: &DeliveryDetail, kind_of: Option<&str>, frozen: Frozen<'_>, veil: &mut Veil) -> Document {
    let (row, subject) = (&of.row, &of.row.subject);
    let (title, lead) = (title_of(subject, kind_of, veil), about(subject, veil));
    let mut made = document(ShareKind::Delivery, format!("Delivery: {title}"), lead, frozen, veil);
    let moment = |tone, title: String, said: String, at| Moment { tone, title, said, at: time::exact(at) };
    let export = veil.name(Sort::Export, &row.export_name);
    let decided = if row.outcome == Outcome::Filtered { "Filtered by" } else { "Matched" };
    let mut moments = vec![
        moment(Tone::Good, "Happened".to_owned(), String::new(), subject.occurred_at),
        moment(Tone::Good, "Observed".to_owned(), subject.change.label().to_owned(), subject.observed_at),
        moment(
            Tone::Good,
            format!("{decided} {export}, version {}", row.export_version),
            row.reason.clone(),
            row.decided_at,
        ),
    ];
    for (at, one) in of.attempts.iter().enumerate() {
        let (tone, said) = match (one.result.as_deref(), &one.error) {
            (Some("accepted"), _) => (Tone::Good, "accepted".to_owned()),
            (Some(_), Some(error)) => (Tone::Bad, error.clone()),
            (Some(word), None) => (Tone::Bad, word.to_owned()),
            (None, _) => (Tone::Plain, "under way".to_owned()),
        };
        let status = one.status.map(|status| format!(", answer {status}")).unwrap_or_default();
        let size = time::size(one.bytes);
        moments.push(moment(tone, format!("Attempt {}{status}, {size}", at + 1), said, one.started_at));
    }
    let settled = row.settled_at.unwrap_or(row.decided_at);
    let last = row.last_error.clone().unwrap_or_default();
    match row.outcome {
        Outcome::Delivered => {
            moments.push(moment(Tone::Good, "Accepted by the target".to_owned(), String::new(), settled));
        }
        Outcome::Parked | Outcome::Cancelled => {
            moments.push(moment(Tone::Bad, row.outcome.label().to_owned(), last, settled));
        }
        Outcome::Pending => {
            moments.extend(of.next_attempt_at.map(|at| moment(Tone::Plain, "Next attempt".to_owned(), last, at)));
        }
        Outcome::Filtered => {}
    }
    let target = veil.name(Sort::Target, &row.target_name);
    let facts = vec![
        fact("Outcome", row.outcome.label()),
        fact("Export", export),
        fact("Target", target),
        fact("The target's condition", row.condition.label()),
        fact("Lane", format!("{} of {}", of.lane + 1, of.lanes)),
        fact("Receipt", of.receipt.as_deref().map(|text| veil.text(text)).unwrap_or_default()),
    ];
    made.sections.push(section("The way of the event", vec![Part::Facts { facts }, Part::Timeline { moments }]));
    let answers: Vec<Part> = of.attempts.iter().enumerate().map(|(at, one)| answer(at + 1, one, veil)).collect();
    if !answers.is_empty() {
        made.sections.push(section("Requests and answers", answers));
    }
    let facts = subject_facts(subject, row.id.event.as_str(), of.alert_id.as_deref(), &of.item_id, veil);
    made.sections.push(section("The event", vec![Part::Facts { facts }]));
    made.sections.push(payload(of.body.as_deref(), veil));
    veil.sweep(made)
}

/// A request and its answer. Authorization headers are not kept, and what a server answers is nobody's word but its own.
fn answer(number: usize, one: &AttemptRow, veil: &mut Veil) -> Part {
    let status = one.status.map(|status| format!("\n\n{status}")).unwrap_or_default();
    let (headers, answer) = (veil.foreign(&one.headers), veil.foreign(&one.answer));
    let text = format!("POST {}{status}\n{headers}\n{answer}", veil.text(&one.address));
    Part::Code { label: format!("Attempt {number}"), text: text.trim().to_owned() }
}

/// The settings of an export; its target by name and kind only.
pub fn export(of: &ExportRow, target: Option<&TargetRow>, frozen: Frozen<'_>, veil: &mut Veil) -> Document {
    let body = &of.export.body;
    let name = veil.name(Sort::Export, &body.name);
    let lead = match body.delivered_by {
        DeliveredBy::Console => "delivered by the console",
        DeliveredBy::Azure => "delivered by Azure",
    };
    let mut made = document(ShareKind::Export, format!("Export: {name}"), lead.to_owned(), frozen, veil);
    let kind = target.map_or("none", |target| target.config.kind().label());
    let target_name = veil.name(Sort::Target, &of.target_name);
    let outcomes = of.outcomes;
    let facts = vec![
        fact("Version", of.export.version.to_string()),
        fact("Saved", time::exact(of.saved_at)),
        fact("Saved by", veil.name(Sort::Person, &of.saved_by)),
        fact("State", if of.export.paused { "Paused" } else { "Active" }),
        fact("Target", format!("{target_name} ({kind}), {}", of.condition.label())),
        fact("Subscriptions covered", of.covered.to_string()),
        fact(
            "Last 24 hours",
            format!(
                "{} delivered, {} pending, {} filtered, {} parked, {} cancelled",
                outcomes.delivered, outcomes.pending, outcomes.filtered, outcomes.parked, outcomes.cancelled
            ),
        ),
    ];
    made.sections.push(section("Settings", vec![Part::Facts { facts }]));
    let scope = &body.scope;
    let mut facts = Vec::new();
    if scope.all {
        facts.push(fact("Covers", "every subscription the console sees"));
    }
    let mut list = |name: &str, all: Vec<String>| {
        if !all.is_empty() {
            facts.push(fact(name, all.join(", ")));
        }
    };
    list("Subscriptions", scope.subscriptions.iter().map(|id| veil.id(id.as_str())).collect());
    list("Management groups", scope.management_groups.iter().map(|id| veil.name(Sort::ManagementGroup, id)).collect());
    list("Except", scope.except.iter().map(|id| veil.id(id.as_str())).collect());
    let tags = scope.except_tags.iter().map(|tag| {
        let value = tag.value.as_deref().map(|value| format!(" = {}", veil.name(Sort::Tag, value))).unwrap_or_default();
        format!("{}{value}", veil.name(Sort::Tag, &tag.name))
    });
    list("Except those tagged", tags.collect());
    facts.push(fact("Later subscriptions", if scope.future { "covered too" } else { "not covered" }));
    made.sections.push(section("Scope", vec![Part::Facts { facts }]));
    made.sections.extend(body.sources.iter().map(|source| source_section(source, veil)));
    veil.sweep(made)
}

fn source_section(source: &Source, veil: &mut Veil) -> Section {
    let title = format!("Source: {}", source.event_source.label());
    if source.rule_sets.is_empty() {
        return section(title, vec![Part::Text { text: "No rules: everything goes.".to_owned() }]);
    }
    let head = ["Set", "Path", "Type", "Operator", "Value"].map(str::to_owned).to_vec();
    let mut rows = Vec::new();
    for (at, set) in source.rule_sets.iter().enumerate() {
        for rule in &set.rules {
            let value = match veil.word(&rule.expected) {
                word if !veil.hides() || (word == rule.expected && is_harmless(last(&rule.path), &word)) => word,
                _ => veil.name(Sort::Value, &rule.expected),
            };
            rows.push(vec![
                (at + 1).to_string(),
                rule.path.clone(),
                rule.property_type.as_str().to_owned(),
                rule.operator.as_str().to_owned(),
                value,
            ]);
        }
    }
    let text = "One set must hold: all of its rules. Sets are or, rules inside one are and.".to_owned();
    section(title, vec![Part::Text { text }, Part::Table { head, rows }])
}
