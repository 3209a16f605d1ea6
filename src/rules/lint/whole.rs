//! What an export as a whole may get wrong: its parts against each other, other exports, its target and its scope.

use super::{Code, Facts, Fix, Level, Lint, Mend};
use crate::{options, survey::normal};
use domain::{
    DeliveredBy, EventSource, ExportBody, Kind, Operator, Place, RuleSet, Source, SubscriptionId, TargetKind,
    azure::is_hidden,
};
use std::collections::BTreeMap;

pub(super) fn lint_whole(body: &ExportBody, facts: &Facts<'_>, found: &mut Vec<Lint>) {
    found.extend(parents(body, EventSource::SubAssessments, EventSource::Assessments));
    found.extend(parents(body, EventSource::SubAssessmentsSnapshot, EventSource::AssessmentsSnapshot));
    found.extend(streaming_and_snapshot(body));
    found.extend(doubles(body, facts));
    found.extend(target(body, facts));
    found.extend(scope(body, facts));
    found.extend(name(body));
}

fn lint(path: String, code: Code, level: Level, message: String, fix: Option<(String, Mend)>) -> Lint {
    Lint { path, code, level, message, fix: fix.map(|(label, mend)| Fix { label, mend }) }
}

/// Findings mean little without the recommendation they belong to, and Azure's documentation asks for both.
fn parents(body: &ExportBody, findings: EventSource, parents: EventSource) -> Option<Lint> {
    let at = body.sources.iter().position(|source| source.event_source == findings)?;
    let path = format!("sources[{at}]");
    let Some(parent) = body.sources.iter().find(|source| source.event_source == parents) else {
        let message = "Findings are sent without the recommendation they belong to. Who reads them then cannot tell what they are findings of; Azure's documentation asks for both.".to_owned();
        let fix = ("Add recommendations".to_owned(), Mend::AddSource(parents));
        return Some(lint(path, Code::FindingsWithoutParent, Level::Warning, message, Some(fix)));
    };
    let keys = |source: &Source| {
        options::recognise(source).map(|choices| choices.get(options::Dimension::Recommendation).to_vec())
    };
    let (wanted, sent) = (keys(&body.sources[at])?, keys(parent)?);
    let missing: Vec<&String> =
        wanted.iter().filter(|key| !sent.iter().any(|known| known.eq_ignore_ascii_case(key))).collect();
    let first = missing.first().filter(|_| !sent.is_empty())?;
    let message = format!(
        "Findings of {} recommendations are wanted that are not exported themselves, {first} for one.",
        missing.len()
    );
    Some(lint(path, Code::FindingsOfOtherParent, Level::Warning, message, None))
}

fn streaming_and_snapshot(body: &ExportBody) -> Option<Lint> {
    let at = body.sources.iter().position(|source| {
        let sibling = source.event_source.sibling();
        !source.event_source.is_streaming() && body.sources.iter().any(|other| Some(other.event_source) == sibling)
    })?;
    let message = "Changes and the weekly state go to the same place: every item comes again each week. Consumers tell them apart by isSnapshot.".to_owned();
    Some(lint(format!("sources[{at}]"), Code::StreamingAndSnapshot, Level::Note, message, None))
}

/// Whether two filters may let the same event through.
pub(crate) fn overlap(a: &[RuleSet], b: &[RuleSet]) -> bool {
    const MOST: usize = 200;
    if a.is_empty() || b.is_empty() {
        return true;
    }
    let apart = |a: &RuleSet, b: &RuleSet| {
        a.rules.iter().filter(|rule| rule.operator == Operator::Equals).any(|one| {
            b.rules.iter().any(|other| {
                other.operator == Operator::Equals
                    && normal(&one.path) == normal(&other.path)
                    && !one.path.contains(['[', '*'])
                    && !one.expected.eq_ignore_ascii_case(&other.expected)
            })
        })
    };
    a.iter().take(MOST).any(|a| b.iter().take(MOST).any(|b| !apart(a, b)))
}

fn doubles(body: &ExportBody, facts: &Facts<'_>) -> Option<Lint> {
    let shared = |sources: &[Source]| {
        body.sources.iter().enumerate().find_map(|(at, source)| {
            let twin = sources.iter().find(|other| other.event_source == source.event_source)?;
            overlap(&source.rule_sets, &twin.rule_sets).then_some((at, source.event_source.label().to_lowercase()))
        })
    };
    let covered = facts.places.iter().filter(|(place, _)| body.scope.covers(place));
    let covered: BTreeMap<&SubscriptionId, &(Place, String)> = covered.map(|one| (&one.0.id, one)).collect();
    for other in facts.others.iter().filter(|other| other.is_ours() && body.is_ours() && other.target == body.target) {
        let meet = covered.values().filter(|(place, _)| other.scope.covers(place)).count();
        if meet == 0 {
            continue;
        }
        if let Some((at, what)) = shared(&other.sources) {
            let message = format!(
                "The export “{}” sends {what} of {meet} of the same subscriptions to the same target. What both let through arrives twice, with the same event id.",
                other.name
            );
            let fix = (body.sources.len() > 1).then(|| (format!("Leave out {what}"), Mend::RemoveSource(at)));
            return Some(lint(format!("sources[{at}]"), Code::DoublesExport, Level::Warning, message, fix));
        }
    }
    let resource = match &body.azure {
        Some(azure) => &azure.destination,
        None => facts.target.as_ref()?.resource.as_ref()?,
    };
    let wanted = resource.key();
    facts.azure.iter().find_map(|azure| {
        let (_, name) = covered.get(&azure.subscription)?;
        let own = body.azure.as_ref().map(|delivery| delivery.automation_in(&azure.subscription).key());
        if own == Some(azure.id.key()) || !azure.targets.iter().any(|target| target.key() == wanted) {
            return None;
        }
        let (at, what) = shared(&azure.sources)?;
        let message = format!(
            "Azure's own export “{}” of the subscription “{name}” sends {what} to the same place. What both let through arrives twice.",
            azure.name
        );
        Some(lint(format!("sources[{at}]"), Code::DoublesExport, Level::Warning, message, None))
    })
}

fn target(body: &ExportBody, facts: &Facts<'_>) -> Vec<Lint> {
    let Some(target) = &facts.target else { return Vec::new() };
    let mut found = Vec::new();
    if target.kind == TargetKind::Workspace && body.delivered_by == DeliveredBy::Console {
        let alerts = body.sources.iter().any(|source| source.event_source.kind() == Kind::Alert);
        let table = if alerts { "SecurityAlert" } else { "SecurityRecommendation" };
        let message = format!(
            "Rows go into tables of their own (…_CL); what reads {table}, Sentinel's content for one, does not see them. Beside Sentinel's own connector in the same workspace each alert would be there twice under two names."
        );
        found.push(lint("target".to_owned(), Code::SentinelTables, Level::Note, message, None));
    }
    if target.kind == TargetKind::EventHub && facts.largest > target.max_bytes {
        let message = format!(
            "The largest event seen lately has {} and this event hub takes {} a request (Basic tier): such events would be parked.",
            domain::time::size(facts.largest),
            domain::time::size(target.max_bytes)
        );
        found.push(lint("target".to_owned(), Code::SmallTarget, Level::Warning, message, None));
    }
    found
}

fn scope(body: &ExportBody, facts: &Facts<'_>) -> Option<Lint> {
    if facts.places.is_empty() || facts.places.iter().any(|(place, _)| body.scope.covers(place)) {
        return None;
    }
    let message = if body.scope.is_open() && body.scope.future {
        "The scope covers no subscription at the moment; only later ones can match."
    } else {
        "The scope covers no subscription: nothing will ever match."
    };
    Some(lint("scope".to_owned(), Code::EmptyScope, Level::Warning, message.to_owned(), None))
}

fn name(body: &ExportBody) -> Option<Lint> {
    let delivery = body.azure.as_ref().filter(|azure| is_hidden(azure.automation.as_str()))?;
    let message = format!(
        "Azure's portal shows only automations named ExportToEventHub or ExportToWorkspace on its continuous export page; {} works, and is hidden there.",
        delivery.automation
    );
    Some(lint("azure.automation".to_owned(), Code::HiddenName, Level::Note, message, None))
}
