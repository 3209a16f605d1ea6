//! Why one alert or recommendation did, or did not, arrive: the checks of the item itself, and of each export.
//!
//! For what the console delivers the ledger answers with certainty. For what Azure delivers the rules are evaluated here, on
//! the event as Azure would send it, and what cannot be seen is said to be unseen. Numbers in comments are those of the list of
//! checks that the product keeps to.

mod ours;
mod theirs;

pub use ours::ours;
pub use theirs::theirs;

use super::{
    azure_target::PlaceFacts,
    commands::{az, graph, literal, powershell, quoted},
    mend::mend_watch,
    rules_health::RuleFacts,
};
use domain::{
    AzureExport, Change, CheckId, Export, Kind, ResourceId, SubscriptionHealth,
    arrival::ArrivalRow,
    time,
    verdict::{Checked, Known, Verdict},
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
    /// Whether Defender for Cloud has it now.
    pub at_source: Known<bool>,
    /// The subscription as it is watched; none when it is not visible, or not known.
    pub subscription: Option<SubscriptionRow>,
    /// Whether the id names a subscription that this console does not see, or that there is not.
    pub unseen: bool,
    /// Alerts: the suppression rules of the subscription that are switched on (name, alert type).
    pub suppressions: Known<Vec<(String, String)>>,
    /// Recommendations: what its type is.
    pub metadata: Option<Known<Option<Metadata>>>,
    /// When the item changed, as far as events of it are kept, oldest first.
    pub changes: Vec<Timestamp>,
    /// Exports that reach its subscription: of this console, of Azure.
    pub reach: Option<(usize, usize)>,
}

/// What Defender for Cloud says of a type of recommendation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// `BuiltIn`, `CustomPolicy`, `CustomerManaged`, …
    pub kind: String,
    /// Its name.
    pub name: String,
    /// When it goes away, where that is planned.
    pub deprecated: Option<String>,
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
    /// What is worth saying about its rules.
    pub rules: RuleFacts,
}

/// The checks of the item itself.
pub fn item(facts: &ItemFacts) -> Vec<Checked> {
    // Without its plan an alert never comes into being: the cause stands before what follows from it.
    let mut all = Vec::from_iter(plans(facts));
    all.extend([source(facts), observed(facts)]);
    all.extend(reached(facts));
    all.extend(evaluated(facts));
    all.extend(known_type(facts));
    all.extend(interval(facts));
    all.extend(suppressed(facts));
    all
}

/// 1: what is not at the source cannot be exported.
fn source(facts: &ItemFacts) -> Checked {
    let check = Checked::pass(CheckId::ItemSource, "").from(facts.at_source.origin.as_ref());
    match &facts.at_source.found {
        Err(why) => check.but(Verdict::CannotTell, why, "", &["To tell, Resource Graph has to answer; see the health checks."]),
        Ok(true) => Checked { said: "It does, at this moment.".to_owned(), ..check },
        Ok(false) if facts.event.is_some() => check.but(
            Verdict::Warning,
            "It is there no more; it was when it was observed.",
            "Alerts age out after 90 days; recommendations go with their resource.",
            &["Nothing has to be done: what was observed is kept here, and can be replayed."],
        )
        .commands(facts.event.iter().flat_map(look_yourself)),
        Ok(false) if facts.unseen => check.but(
            Verdict::CannotTell,
            "Its subscription is none that this console sees.",
            "",
            &["Look whether the id is whole. If the subscription is yours, give the console's identity Reader there, and ask again once it is listed."],
        ),
        Ok(false) => check.but(
            Verdict::Fail,
            "Neither Defender for Cloud nor this console knows it.",
            "What is not in the portal, in Resource Graph or in the API cannot be exported.",
            &["Paste the whole id, or the link of the portal's page, and look whether the portal shows it in a subscription that the console sees."],
        ),
    }
}

/// How to look for it oneself.
fn look_yourself(event: &EventFacts) -> Vec<domain::verdict::Command> {
    let of = event.subject.subscription.as_str();
    if event.subject.kind == Kind::Alert {
        return vec![
            az(format!("az security alert list --subscription {}", quoted(of))),
            powershell(format!("Set-AzContext -Subscription {}; Get-AzSecurityAlert", literal(of))),
            graph(format!(
                "securityresources | where type =~ 'microsoft.security/locations/alerts' | where subscriptionId =~ {}",
                literal(of)
            )),
        ];
    }
    let resource = event.subject.resource.as_str();
    vec![
        az(format!(
            "az security assessment list --subscription {} --query {}",
            quoted(of),
            quoted(&format!("[?contains(id,{})]", literal(event.subject.resource.name())))
        )),
        graph(format!(
            "securityresources | where type =~ 'microsoft.security/assessments' | where id startswith {}",
            literal(resource)
        )),
    ]
}

/// 11: what no export reaches goes nowhere.
fn reached(facts: &ItemFacts) -> Option<Checked> {
    let (ours, azure) = facts.reach?;
    let row = facts.subscription.as_ref()?;
    let check = Checked::pass(CheckId::ItemReached, "")
        .about(&row.name)
        .seen("exports of this console", ours.to_string())
        .seen("exports of Azure", azure.to_string());
    Some(if ours + azure > 0 {
        Checked { said: format!("{} do.", ours + azure), ..check }
    } else {
        check
            .but(
                Verdict::Fail,
                "No export reaches its subscription.",
                "Nothing of it is sent anywhere.",
                &["Make an export for the subscription; Coverage shows where else one is missing."],
            )
            .commands([az(format!("az security automation list --subscription {}", quoted(row.id.as_str())))])
    })
}

/// 9: a type that is gone, or goes away.
fn known_type(facts: &ItemFacts) -> Option<Checked> {
    let known = facts.metadata.as_ref()?;
    let check = Checked::pass(CheckId::ItemType, "");
    Some(match &known.found {
        Err(why) => check.from(known.origin.as_ref()).but(
            Verdict::CannotTell,
            why,
            "",
            &["To tell, the identity needs Microsoft.Security/assessmentMetadata/read, which Security Reader has."],
        ),
        Ok(None) => check.from(known.origin.as_ref()).but(
            Verdict::Warning,
            "Defender for Cloud lists its type no more.",
            "A recommendation that was renamed or replaced comes under another key, which rules by name do not catch.",
            &["Look in the release notes for what came in its place, and name that in the rules."],
        ),
        Ok(Some(found)) => {
            let check = check.seen("name", &found.name).seen("type", &found.kind);
            match &found.deprecated {
                Some(when) => check.seen("planned deprecation", when).from(known.origin.as_ref()).but(
                    Verdict::Warning,
                    format!("It goes away: {when}."),
                    "Rules by name that hold it match nothing then.",
                    &["Look in the release notes for what comes in its place, and name that in the rules."],
                ),
                None => Checked { said: "It is.".to_owned(), ..check }.from(known.origin.as_ref()),
            }
        }
    })
}

/// How long Defender for Cloud takes to see a change of the resource, at most, by the type of recommendation.
const SLOW: [(&str, i64, &str); 4] = [
    ("vulnerabilit", 7 * 24, "vulnerability assessment, which scans every 12 hours to 7 days"),
    ("guest configuration", 24, "guest configuration, which is evaluated once a day"),
    ("endpoint", 24, "endpoint protection, which is evaluated within a day"),
    ("update", 24, "updates, which are assessed once a day"),
];

/// 5: recommendations are evaluated at their own pace.
fn interval(facts: &ItemFacts) -> Option<Checked> {
    let event = facts.event.as_ref().filter(|event| event.subject.kind == Kind::Recommendation)?;
    let known = facts.metadata.as_ref().and_then(|known| known.value()?.as_ref());
    let is_custom = known.is_some_and(|found| !found.kind.eq_ignore_ascii_case("builtin"));
    let title = event.subject.title.to_lowercase();
    let class = SLOW.iter().find(|(word, ..)| title.contains(word));
    let (hours, what) = match (class, is_custom) {
        (Some((_, hours, what)), _) => (*hours, *what),
        (None, true) => (24, "a custom recommendation, which Azure Policy evaluates once a day"),
        (None, false) => (12, "one that is evaluated within 12 hours"),
    };
    let check = Checked::pass(CheckId::ItemInterval, "")
        .seen("evaluated as", what)
        .seen("changes kept", facts.changes.len().to_string());
    let last = facts.changes.last().copied().unwrap_or(event.subject.occurred_at);
    let age = facts.now.duration_since(last);
    let check = check.seen("last change", time::rfc3339(last));
    // What is evaluated within the day is not worth waiting for.
    Some(if hours > 12 && age < SignedDuration::from_hours(hours) {
        check.but(
            Verdict::Warning,
            format!("It changed {} ago; a later change of the resource may not be seen yet.", time::length(age)),
            "Azure sends a recommendation when its evaluation changes, not when the resource does.",
            &["Wait for the next evaluation before looking for what is missing."],
        )
    } else {
        Checked { said: format!("It is of {what}; its last change is {} old.", time::length(age)), ..check }
    })
}

fn observed(facts: &ItemFacts) -> Checked {
    let check = Checked::pass(CheckId::ItemObserved, "");
    if let Some(event) = &facts.event {
        let subject = &event.subject;
        let check = check
            .seen("happened", time::rfc3339(subject.occurred_at))
            .seen("observed", time::rfc3339(subject.observed_at))
            .seen("change", subject.change.label());
        let later = if subject.kind == Kind::Alert && facts.changes.len() > 1 && subject.change != Change::Changed {
            " This is about how it was raised; changes of its status are events of their own."
        } else {
            ""
        };
        return Checked {
            said: format!(
                "It has, {} after it happened.{later}",
                time::length(subject.observed_at.duration_since(subject.occurred_at).max(SignedDuration::ZERO))
            ),
            ..check
        };
    }
    let why = "What was not observed is not decided on by any export of this console.";
    match &facts.subscription {
        None if facts.unseen => check.but(
            Verdict::CannotTell,
            "Its subscription is none that this console watches.",
            "",
            &["Give the console's identity Reader there if the subscription is yours."],
        ),
        None => check.but(
            Verdict::CannotTell,
            "Nothing tells which subscription it is in.",
            "",
            &["Paste a resource id or the link of the portal's page: both name the subscription."],
        ),
        Some(row) if row.condition != SubscriptionHealth::Ok => check.seen("subscription", row.id.to_string()).but(
            Verdict::Fail,
            row.condition_detail.clone().unwrap_or_else(|| row.condition.label().to_owned()),
            why,
            mend_watch(row.condition),
        ),
        Some(row) => check.seen("subscription", row.id.to_string()).but(
            Verdict::Warning,
            "It has not, though the subscription is watched without trouble.",
            why,
            &["Wait for the next full scan; what has no date of its own is found by full scans only."],
        ),
    }
}

/// 8, 9b: recommendations that are not what they seem.
fn evaluated(facts: &ItemFacts) -> Option<Checked> {
    let event = facts.event.as_ref().filter(|event| event.subject.kind == Kind::Recommendation)?;
    let text = |pointer: &str| event.body.as_ref().and_then(|body| body.pointer(pointer)?.as_str()).unwrap_or_default();
    let (code, cause) = (text("/properties/status/code"), text("/properties/status/cause"));
    let code = if code.is_empty() { event.subject.status.as_str() } else { code };
    let check = Checked::pass(CheckId::ItemStatus, "").seen("status", code).seen("cause", cause);
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
    let check = Checked::pass(CheckId::ItemSuppression, "");
    let of_type = event.body.as_ref().and_then(|body| body.get("AlertType")?.as_str()).unwrap_or_default();
    let check = check.from(facts.suppressions.origin.as_ref());
    // A star stands for every type (Microsoft.Security/alertsSuppressionRules).
    let fits = |of: &str| of.trim() == "*" || (!of_type.is_empty() && of.eq_ignore_ascii_case(of_type));
    Some(match &facts.suppressions.found {
        Err(why) => check.but(
            Verdict::CannotTell,
            why,
            "",
            &["To tell, the identity needs Microsoft.Security/alertsSuppressionRules/read, which Security Reader has."],
        ),
        Ok(rules) => match rules.iter().find(|(_, of)| fits(of)) {
            None => {
                let said = match rules.len() {
                    0 => "No rule is on there.".to_owned(),
                    n => format!("None of the {n} rules that are on is of its type."),
                };
                Checked { said, ..check }
            }
            Some((name, _)) => check
                .seen("rule", name)
                .seen("alert type", of_type)
                .from(facts.suppressions.origin.as_ref())
                .but(
                    Verdict::Warning,
                    format!("The rule {name} is of its type."),
                    "Alerts it fits are dismissed as they are raised; exports of new alerts still see them once.",
                    &["Look at the rule's conditions in Defender for Cloud, and switch it off if it is not meant."],
                )
                .commands([az(format!(
                    "az security alerts-suppression-rule list --subscription {}",
                    quoted(event.subject.subscription.as_str())
                ))]),
        },
    })
}

/// 6: without its plan an alert never exists.
fn plans(facts: &ItemFacts) -> Option<Checked> {
    if facts.event.is_some() || facts.at_source.found == Ok(true) {
        return None;
    }
    let row = facts.subscription.as_ref()?;
    let on = row.plans.as_ref()?;
    let check = Checked::pass(CheckId::ItemPlans, "").about(&row.name).seen("plans on", on.join(", "));
    Some(if on.is_empty() {
        check
            .but(
                Verdict::Warning,
                "No plan is on: only the alerts of the free tier exist there.",
                "Alerts of plans that are off are never raised.",
                &["Switch the plan of the resource's type on in Defender for Cloud's environment settings."],
            )
            .commands([
                az(format!("az security pricing list --subscription {}", quoted(row.id.as_str()))),
                powershell(format!("Set-AzContext -Subscription {}; Get-AzSecurityPricing", literal(row.id.as_str()))),
            ])
    } else {
        Checked { said: format!("{} are.", on.len()), ..check }
    })
}

#[cfg(test)]
mod tests;
