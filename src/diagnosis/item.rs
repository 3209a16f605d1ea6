//! Why one alert or recommendation did, or did not, arrive: the checks of the item itself, and of each export.
//!
//! For what the console delivers the ledger answers with certainty. For what Azure delivers the rules are evaluated here, on
//! the event as Azure would send it, and what cannot be seen is said to be unseen. Numbers in comments are those of the list of
//! checks that the product keeps to.

use super::{
    azure_target::{PlaceFacts, azure_target},
    way::way,
};
use crate::{
    domain::{
        AzureExport, Change, Condition, DeliveredBy, Export, Kind, Outcome, ResourceId, Source,
        arrival::{Arrival, ArrivalRow},
        azure::place_name,
        diagnosis::ExportDiagnosis,
        time,
        verdict::{Checked, Verdict},
        view::{DeliveryRow, Subject, SubscriptionRow, TargetRow},
    },
    rules::decide,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// After an automation was made, Azure takes up to this long before it exports.
const FIRST: SignedDuration = SignedDuration::from_mins(30);
/// What was raised this recently may still be on its way.
const SOON: SignedDuration = SignedDuration::from_mins(5);

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

/// What an export of this console did, for certain.
pub fn ours(facts: &ItemFacts, one: &OurExport) -> ExportDiagnosis {
    let mut checks = vec![covered(facts, one)];
    if let Some(event) = &facts.event {
        checks.extend(decided(event, one));
        checks.extend(sent(one));
    }
    ExportDiagnosis {
        name: one.export.body.name.clone(),
        by: DeliveredBy::Console,
        export: Some(one.export.id.clone()),
        automation: None,
        way: way(facts, &checks),
        checks,
    }
}

fn covered(facts: &ItemFacts, one: &OurExport) -> Checked {
    let check = Checked::pass("export.scope", "Does the export cover its subscription?", "");
    let Some(row) = &facts.subscription else {
        return check.but(
            Verdict::CannotTell,
            "Nothing tells which subscription it is in.",
            "",
            &["Paste an id that names the subscription."],
        );
    };
    let check = check.seen("subscription", format!("{} ({})", row.name, row.id));
    if one.export.body.scope.covers(&row.place) {
        Checked { said: "It does.".to_owned(), ..check }
    } else {
        check.but(
            Verdict::Fail,
            "It does not.",
            "The export decides on nothing of this subscription.",
            &["Add the subscription to the export's scope; backfill what was before."],
        )
    }
}

/// 2, 4, 14, 15: the decision as it was made.
fn decided(event: &EventFacts, one: &OurExport) -> Vec<Checked> {
    let source = Checked::pass("export.source", "Does the export take this kind of data?", "");
    let subject = &event.subject;
    let streams = subject.change != Change::Snapshot;
    let takes =
        |source: &&Source| source.event_source.kind() == subject.kind && source.event_source.is_streaming() == streams;
    let Some(of) = one.export.body.sources.iter().find(takes) else {
        return vec![source.but(
            Verdict::Fail,
            format!("It does not take {} as they change.", subject.kind.label().to_lowercase()),
            "The event is not seen by it.",
            &["Add the kind of data to the export; backfill what was before."],
        )];
    };
    let source = Checked { said: "It does.".to_owned(), ..source }.seen("source", of.event_source.as_str());
    let rules = Checked::pass("export.rules", "Do the export's rules let it through?", "");
    let Some(delivery) = &one.delivery else {
        let (said, why) = if subject.change == Change::Baseline {
            (
                "It was there before its subscription was first read: no export sees that.",
                "Exports send what changes, not what is already there.",
            )
        } else {
            (
                "The export did not exist, or did not cover it, when the event was observed.",
                "Exports decide on events as they are observed, never on earlier ones.",
            )
        };
        return vec![
            source,
            Checked::pass("export.seen", "Did the export see the event?", "").but(
                Verdict::Fail,
                said,
                why,
                &["Start a backfill on the export's page: it sends what matches now."],
            ),
        ];
    };
    let rules =
        rules.seen("version", delivery.export_version.to_string()).seen("decided", time::rfc3339(delivery.decided_at));
    let rules = if delivery.outcome == Outcome::Filtered {
        let mut check = rules.but(
            Verdict::Fail,
            format!("They do not: {}.", delivery.reason),
            "The event is filtered, as the rules say.",
            &["If it should have been sent, change the rule; the preview shows what else that lets through. Then backfill."],
        );
        if let Some(body) = &event.body {
            let now = decide(of, subject.change, body);
            check = check.seen("by the rules of now", now.reason);
        }
        check
    } else {
        Checked { said: format!("They do: {}.", delivery.reason), ..rules }
    };
    vec![source, rules]
}

fn sent(one: &OurExport) -> Option<Checked> {
    let delivery = one.delivery.as_ref().filter(|delivery| delivery.outcome != Outcome::Filtered)?;
    let check = Checked::pass("export.delivery", "Did the target take it?", "")
        .about(&delivery.target_name)
        .seen("attempts", delivery.attempts.to_string());
    let check = match delivery.last_status {
        Some(status) => check.seen("last status", status.to_string()),
        None => check,
    };
    let last = delivery.last_error.clone().unwrap_or_default();
    Some(match delivery.outcome {
        Outcome::Delivered => {
            let when = delivery.settled_at.map_or_else(String::new, |at| format!(" at {}", time::exact(at)));
            Checked {
                said: format!("It did{when}. What a consumer does with it later cannot be seen from here."),
                ..check
            }
        }
        Outcome::Pending if one.export.paused => check.but(
            Verdict::Fail,
            "The export is paused: what matches waits.",
            "Nothing is lost while it is paused.",
            &["Resume the export."],
        ),
        Outcome::Pending => {
            let target = one.target.as_ref();
            let condition = target.map_or(Condition::Ok, |target| target.condition);
            let detail = target.and_then(|target| target.condition_detail.clone()).unwrap_or(last);
            if condition == Condition::Ok {
                check.but(
                    Verdict::Warning,
                    "It waits to be sent.",
                    "The target takes events; it is a matter of moments.",
                    &["Wait a moment, and look again."],
                )
            } else {
                check.but(
                    Verdict::Fail,
                    format!("It waits: the target {}. {detail}", condition.label().to_lowercase()),
                    "It goes by itself once the target takes events; what waits longer than 7 days parks.",
                    &["Open the target: its page says what to mend, and tries it."],
                )
            }
        }
        Outcome::Parked => check.but(
            Verdict::Fail,
            format!("It is parked: {last}"),
            "It was refused as itself, or waited longer than 7 days.",
            &["Mend the cause, then replay it from the delivery log."],
        ),
        Outcome::Cancelled => check.but(
            Verdict::Fail,
            format!("It was cancelled: {last}"),
            "A person deleted the export or target, or stopped the job, while it waited.",
            &["Replay it from the delivery log if it is wanted."],
        ),
        Outcome::Filtered => return None,
    })
}

/// What one of Azure's exports would do, as far as it can be seen.
pub fn theirs(facts: &ItemFacts, one: &TheirExport, id: Option<(crate::domain::ExportId, String)>) -> ExportDiagnosis {
    let mut checks = vec![switched_on(one), within(facts, one)];
    if let Some(event) = &facts.event {
        checks.push(takes(event, one));
        checks.extend(lets(event, one));
        checks.push(in_time(facts, event, one));
    }
    for (place, facts) in &one.places {
        checks.extend(azure_target(&one.automation, place, facts));
    }
    if facts.event.is_some() {
        checks.extend(arrived(one));
    }
    let (export, name) = id.map_or((None, one.automation.name.clone()), |(id, name)| (Some(id), name));
    ExportDiagnosis {
        name,
        by: DeliveredBy::Azure,
        export,
        automation: Some(one.automation.id.clone()),
        way: way(facts, &checks),
        checks,
    }
}

/// 12
fn switched_on(one: &TheirExport) -> Checked {
    let check = Checked::pass("azure.enabled", "Is the automation switched on?", "")
        .seen("automation", one.automation.id.to_string());
    if one.automation.enabled {
        return Checked { said: "It is.".to_owned(), ..check };
    }
    check
        .but(
            Verdict::Fail,
            "It is switched off.",
            "Azure exports nothing by it.",
            &["Switch it on again, here if it was taken over, or in Defender for Cloud."],
        )
        .command(format!(
            "az security automation list --query \"[?name=='{}'].{{id:id, on:isEnabled}}\" --subscription {}",
            one.automation.name, one.automation.subscription
        ))
}

/// 13
fn within(facts: &ItemFacts, one: &TheirExport) -> Checked {
    let check = Checked::pass("azure.scope", "Does the automation cover the resource?", "");
    let Some(group) = &one.automation.only_group else {
        return Checked { said: "It covers the whole subscription.".to_owned(), ..check };
    };
    let check = check.seen("resource group", group);
    let of = facts.event.as_ref().and_then(|event| event.subject.resource.after("resourceGroups").map(str::to_owned));
    match of {
        Some(of) if of.eq_ignore_ascii_case(group) => {
            Checked { said: format!("It covers the resource group {group}."), ..check }
        }
        Some(of) => check.but(
            Verdict::Fail,
            format!("It covers the resource group {group} only; the resource is in {of}."),
            "Azure leaves everything else out.",
            &["Widen the automation's scope to the subscription, or make another one."],
        ),
        None => check.but(
            Verdict::CannotTell,
            "Nothing tells which resource group it is about.",
            "",
            &["Paste an id that names the resource."],
        ),
    }
}

/// 14
fn takes(event: &EventFacts, one: &TheirExport) -> Checked {
    let check = Checked::pass("azure.source", "Does the automation take this kind of data?", "");
    match source_of(event, one) {
        Some(source) => Checked { said: "It does.".to_owned(), ..check }.seen("source", source.event_source.as_str()),
        None => {
            let have: Vec<&str> = one.automation.sources.iter().map(|source| source.event_source.as_str()).collect();
            check.seen("sources", have.join(", ")).but(
                Verdict::Fail,
                format!("It takes no {} as they change.", event.subject.kind.label().to_lowercase()),
                "Azure does not send it.",
                &["Choose the kind of data in the automation."],
            )
        }
    }
}

fn source_of<'a>(event: &EventFacts, one: &'a TheirExport) -> Option<&'a Source> {
    let is_of =
        |source: &&Source| source.event_source.kind() == event.subject.kind && source.event_source.is_streaming();
    one.automation.sources.iter().find(is_of)
}

/// 15
fn lets(event: &EventFacts, one: &TheirExport) -> Option<Checked> {
    let source = source_of(event, one)?;
    let check = Checked::pass("azure.rules", "Do the automation's rules let it through?", "");
    let Some(body) = &event.body else {
        return Some(check.but(
            Verdict::CannotTell,
            "Its payload is not kept, so the rules cannot be evaluated.",
            "",
            &["Read the rules on the automation's page."],
        ));
    };
    let decision = decide(source, Change::Created, body);
    Some(if decision.matches {
        Checked { said: format!("They do: {}.", decision.reason), ..check }
    } else {
        check.but(
            Verdict::Fail,
            format!("They do not: {}.", decision.reason),
            "Azure leaves it out.",
            &["Change the rule; take the automation over to see before what else that lets through."],
        )
    })
}

/// 2, 3, 4: before the automation, in its first half hour, or unchanged since.
fn in_time(facts: &ItemFacts, event: &EventFacts, one: &TheirExport) -> Checked {
    let check = Checked::pass("azure.time", "Did it happen while the automation was there?", "");
    let Some((changed, _)) = &one.automation.changed else {
        return check.but(
            Verdict::CannotTell,
            "Azure does not say when the automation was made.",
            "",
            &["Look into the subscription's activity log for Microsoft.Security/automations/write."],
        );
    };
    let (happened, changed) = (event.subject.occurred_at, *changed);
    let check = check.seen("automation changed last", time::rfc3339(changed)).seen("happened", time::rfc3339(happened));
    let is_alert = event.subject.kind == Kind::Alert;
    if event.subject.change == Change::Baseline && !is_alert && happened < changed {
        check.but(
            Verdict::Fail,
            "It has not changed since the automation was last changed.",
            "Azure sends a recommendation when it changes, never what is already there.",
            &["Choose the weekly snapshot in the automation, or let this console backfill it to the same place."],
        )
    } else if happened < changed {
        check.but(
            Verdict::Warning,
            "It happened before the automation was last changed; whether the automation was there before is not known.",
            "What happened before an export was made is never sent by Azure.",
            &["Let this console backfill it to the same place if it is missing there."],
        )
    } else if happened.duration_since(changed) < FIRST {
        check.but(
            Verdict::Warning,
            "It happened within half an hour of the automation's last change.",
            "Azure needs up to 30 minutes before a new export sends.",
            &["Look whether later ones arrive; let this console backfill the early ones."],
        )
    } else if facts.now.duration_since(happened) < SOON {
        check.but(
            Verdict::Warning,
            "It happened moments ago.",
            "Azure needs some minutes.",
            &["Wait a few minutes, and look again."],
        )
    } else {
        Checked {
            said: format!("It did, {} after its last change.", time::length(happened.duration_since(changed))),
            ..check
        }
    }
}

fn arrived(one: &TheirExport) -> Option<Checked> {
    let targets: Vec<String> = one.automation.targets.iter().map(place_name).collect();
    let check = Checked::pass("azure.arrival", "Is it where Azure sends it?", "").about(&targets.join(", "));
    let Some(row) = &one.arrival else {
        let is_hub = one.automation.targets.iter().any(|target| target.after("eventhubs").is_some());
        let said = if is_hub {
            "What goes to event hubs cannot be read back."
        } else {
            "It was not looked for at the workspace."
        };
        return Some(check.but(
            Verdict::CannotTell,
            said,
            "",
            &["Look at the hub's metrics on the automation's page: messages taken and refused."],
        ));
    };
    let check = match row.checked_at {
        Some(at) => check.seen("looked for", time::rfc3339(at)),
        None => check,
    };
    Some(match (row.arrival, &row.trouble) {
        (Arrival::Arrived, _) => Checked { said: format!("It is: verified{}.", row.arrived_at.map_or_else(String::new, |at| format!(", taken in at {}", time::exact(at)))), ..check },
        (_, Some(why)) => check.but(Verdict::CannotTell, why, "", &["To tell, the identity needs Log Analytics Reader on the workspace."]),
        (Arrival::Waiting, None) => check.but(Verdict::Warning, "It was not seen there yet.", "Azure needs some minutes, and the workspace some more.", &["Wait, and look again."]),
        (Arrival::Missing, None) => check.but(Verdict::Fail, "It is not there.", "Azure let it through by its rules, as far as they can be evaluated, and the workspace does not have it.", &["Look whether the workspace's daily cap is reached, whether its solution SecurityCenterFree is there, and whether a transformation drops rows."]),
    })
}

#[cfg(test)]
mod tests;
