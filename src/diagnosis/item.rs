//! Why one alert or recommendation did, or did not, arrive: the checks of the item itself, and of each export.
//!
//! For what the console delivers the ledger answers with certainty. For what Azure delivers the rules are evaluated here, on
//! the event as Azure would send it, and what cannot be seen is said to be unseen. Numbers in comments are those of the list of
//! checks that the product keeps to.

mod ours;
mod theirs;

pub use ours::ours;
pub use theirs::theirs;

use super::azure_target::PlaceFacts;
use crate::domain::{
    AzureExport, Export, Kind, ResourceId,
    arrival::ArrivalRow,
    time,
    verdict::{Checked, Verdict},
    view::{DeliveryRow, Subject, SubscriptionRow, TargetRow},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// What is known of an item.
#[derive(Debug, Clone)]
pub struct ItemFacts {
    /// The moment the facts were gathered.
    pub now: Timestamp,
    /// The newest event of the item, where the console has observed one.
    pub event: Option<EventFacts>,
    /// Whether Defender for Cloud has it now; an error is the sentence that says why nobody knows.
    pub at_source: Result<bool, String>,
    /// The subscription as it is watched; none when it is not visible, or not known.
    pub subscription: Option<SubscriptionRow>,
    /// Alerts: the suppression rules of the subscription that are switched on (name, alert type).
    pub suppressions: Result<Vec<(String, String)>, String>,
}

/// An event of the item.
#[derive(Debug, Clone)]
pub struct EventFacts {
    /// What it is about.
    pub subject: Subject,
    /// The event as event hubs get it; none where no payload is kept.
    pub body: Option<Value>,
}

/// An export of this console, and what it did with the event.
#[derive(Debug, Clone)]
pub struct OurExport {
    /// The export.
    pub export: Export,
    /// Its target.
    pub target: Option<TargetRow>,
    /// What became of the event.
    pub delivery: Option<DeliveryRow>,
}

/// One of Azure's own exports in the item's subscription, and whether the event was found at its workspace.
#[derive(Debug, Clone)]
pub struct TheirExport {
    /// The automation.
    pub automation: AzureExport,
    /// The places it sends to, and what is known of them.
    pub places: Vec<(ResourceId, PlaceFacts)>,
    /// Where it was looked for.
    pub arrival: Option<ArrivalRow>,
}

/// The checks of the item itself.
pub fn item(facts: &ItemFacts) -> Vec<Checked> {
    let mut all = vec![source(facts), observed(facts)];
    all.extend(evaluated(facts));
    all.extend(suppressed(facts));
    all.extend(plans(facts));
    all
}

/// 1: what is not at the source cannot be exported.
fn source(facts: &ItemFacts) -> Checked {
    let check = Checked::pass("item.source", "Does Defender for Cloud have it?", "");
    match &facts.at_source {
        Err(why) => check.but(Verdict::CannotTell, why, "", &["To tell, Resource Graph has to answer; see the health checks."]),
        Ok(true) => Checked { said: "It does, at this moment.".to_owned(), ..check },
        Ok(false) if facts.event.is_some() => check.but(
            Verdict::Warning,
            "It is there no more; it was when it was observed.",
            "Alerts age out after 90 days; recommendations go with their resource.",
            &["Nothing has to be done: what was observed is kept here, and can be replayed."],
        ),
        Ok(false) => check.but(
            Verdict::Fail,
            "Neither Defender for Cloud nor this console knows it.",
            "What is not in the portal, in Resource Graph or in the API cannot be exported.",
            &["Paste the whole id, or the link of the portal's page, and look whether the portal shows it in a subscription that the console sees."],
        ),
    }
}

fn observed(facts: &ItemFacts) -> Checked {
    let check = Checked::pass("item.observed", "Has the console observed it?", "");
    if let Some(event) = &facts.event {
        let subject = &event.subject;
        let check = check
            .seen("happened", time::rfc3339(subject.occurred_at))
            .seen("observed", time::rfc3339(subject.observed_at))
            .seen("change", subject.change.label());
        return Checked {
            said: format!(
                "It has, {} after it happened.",
                time::length(subject.observed_at.duration_since(subject.occurred_at).max(SignedDuration::ZERO))
            ),
            ..check
        };
    }
    let why = "What was not observed is not decided on by any export of this console.";
    match &facts.subscription {
        None => check.but(
            Verdict::CannotTell,
            "Nothing tells which subscription it is in.",
            "",
            &["Paste a resource id or the link of the portal's page: both name the subscription."],
        ),
        Some(row) if row.condition != "ok" => check.seen("subscription", row.id.to_string()).but(
            Verdict::Fail,
            row.condition_detail.clone().unwrap_or_else(|| row.condition.clone()),
            why,
            &["Mend what the sentence names; watching goes on by itself, and what happened meanwhile is found."],
        ),
        Some(row) => check.seen("subscription", row.id.to_string()).but(
            Verdict::Warning,
            "It has not, though the subscription is watched without trouble.",
            why,
            &["Wait for the next sweep; what carries no date of its own is found by sweeps only."],
        ),
    }
}

/// 8, 9b: recommendations that are not what they seem.
fn evaluated(facts: &ItemFacts) -> Option<Checked> {
    let event = facts.event.as_ref().filter(|event| event.subject.kind == Kind::Recommendation)?;
    let text = |pointer: &str| event.body.as_ref().and_then(|body| body.pointer(pointer)?.as_str()).unwrap_or_default();
    let (code, cause) = (text("/properties/status/code"), text("/properties/status/cause"));
    let code = if code.is_empty() { event.subject.status.as_str() } else { code };
    let check =
        Checked::pass("item.status", "Is the recommendation evaluated?", "").seen("status", code).seen("cause", cause);
    let why = "Filters for unhealthy resources leave it out.";
    Some(if cause.eq_ignore_ascii_case("OffByPolicy") {
        check.but(
            Verdict::Warning,
            "Its policy is switched off in this subscription.",
            why,
            &["Switch its policy on again in Defender for Cloud's environment settings."],
        )
    } else if cause.eq_ignore_ascii_case("Exempt") {
        check.but(
            Verdict::Warning,
            "The resource is exempted from it.",
            why,
            &["Remove the exemption if it is not meant."],
        )
    } else if code.eq_ignore_ascii_case("NotApplicable") {
        check.but(
            Verdict::Warning,
            "It does not apply to the resource at the moment.",
            why,
            &["Nothing has to be done, unless the resource should be evaluated: look at its cause."],
        )
    } else {
        Checked { said: format!("It is {code}."), ..check }
    })
}

/// 7: a suppression rule dismisses alerts of its type.
fn suppressed(facts: &ItemFacts) -> Option<Checked> {
    let event = facts.event.as_ref().filter(|event| event.subject.kind == Kind::Alert)?;
    let check = Checked::pass("item.suppression", "Does a suppression rule dismiss it?", "");
    let of_type = event.body.as_ref().and_then(|body| body.get("AlertType")?.as_str()).unwrap_or_default();
    Some(match &facts.suppressions {
        Err(why) => check.but(
            Verdict::CannotTell,
            why,
            "",
            &["To tell, the identity needs Microsoft.Security/alertsSuppressionRules/read, which Security Reader has."],
        ),
        Ok(rules) => match rules.iter().find(|(_, of)| !of_type.is_empty() && of.eq_ignore_ascii_case(of_type)) {
            None => Checked { said: format!("None of {} rules is of its type.", rules.len()), ..check },
            Some((name, _)) => check.seen("rule", name).seen("alert type", of_type).but(
                Verdict::Warning,
                format!("The rule {name} is of its type."),
                "Alerts it fits are dismissed as they are raised; exports of new alerts still see them once.",
                &["Look at the rule's conditions in Defender for Cloud, and switch it off if it is not meant."],
            ),
        },
    })
}

/// 6: without its plan an alert never exists.
fn plans(facts: &ItemFacts) -> Option<Checked> {
    if facts.event.is_some() || facts.at_source == Ok(true) {
        return None;
    }
    let row = facts.subscription.as_ref()?;
    let on = row.plans.as_ref()?;
    let check = Checked::pass("item.plans", "Are Defender's plans on in its subscription?", "")
        .about(&row.name)
        .seen("plans on", on.join(", "));
    Some(if on.is_empty() {
        check.but(
            Verdict::Warning,
            "No plan is on: only the alerts of the free tier exist there.",
            "Alerts of plans that are off are never raised.",
            &["Switch the plan of the resource's type on in Defender for Cloud's environment settings."],
        )
    } else {
        Checked { said: format!("{} are.", on.len()), ..check }
    })
}

#[cfg(test)]
mod tests;
