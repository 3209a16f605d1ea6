//! What one of Azure's exports would do with an item: the rules are evaluated here, and what cannot be seen is said to be
//! unseen.

use super::{
    super::{
        azure_target::azure_target,
        commands::{az, kql, literal, powershell, quoted},
        rules_health::broken_rules,
        way::way,
    },
    {EventFacts, ItemFacts, PlaceFacts, TheirExport},
};
use domain::{
    Change, CheckId, DeliveredBy, ExportId, Kind, ResourceId, Source,
    arrival::Arrival,
    azure::place_name,
    diagnosis::ExportDiagnosis,
    time,
    verdict::{Checked, Verdict},
};
use jiff::SignedDuration;
use rules::decide;

/// After an automation was made, Azure takes up to this long before it exports.
const FIRST: SignedDuration = SignedDuration::from_mins(30);
/// What was raised this recently may still be on its way.
const SOON: SignedDuration = SignedDuration::from_mins(5);

/// What one of Azure's exports would do, as far as it can be seen.
pub fn theirs(facts: &ItemFacts, one: &TheirExport, id: Option<(ExportId, String)>) -> ExportDiagnosis {
    let mut checks = vec![switched_on(one), within(facts, one)];
    if let Some(event) = &facts.event {
        checks.push(takes(event, one));
        checks.extend(broken_rules(&one.rules));
        checks.extend(lets(event, one));
        checks.push(in_time(facts, event, one));
    }
    for (place, of_place) in &one.places {
        checks.extend(azure_target(&one.automation, place, of_place));
        checks.extend(facts.event.as_ref().and_then(|event| fits(event, place, of_place)));
    }
    if let Some(event) = &facts.event {
        checks.push(arrived(one));
        checks.extend(table(event, one));
    }
    let (export, name) = id.map_or((None, one.automation.name.clone()), |(id, name)| (Some(id), name));
    ExportDiagnosis {
        name,
        by: DeliveredBy::Azure,
        export,
        automation: Some(one.automation.id.clone()),
        target: None,
        way: way(facts, &checks),
        checks,
    }
}

/// 12
fn switched_on(one: &TheirExport) -> Checked {
    let check = Checked::pass(CheckId::AzureEnabled, "").seen("automation", one.automation.id.to_string());
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
        .commands([
            // A PATCH: a whole PUT would lose the connection string, which is never read back.
            az(format!(
                "az rest --method patch --url {} --body {}",
                quoted(&format!("{}?api-version=2023-12-01-preview", one.automation.id)),
                quoted(r#"{"properties":{"isEnabled":true}}"#)
            )),
            powershell(format!(
                "Get-AzResource -ResourceId {} -ExpandProperties | % {{ $_.Properties.isEnabled }}",
                literal(one.automation.id.as_str())
            )),
        ])
}

/// 13
fn within(facts: &ItemFacts, one: &TheirExport) -> Checked {
    let check = Checked::pass(CheckId::AzureScope, "");
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
    let check = Checked::pass(CheckId::AzureSource, "");
    if let Some(source) = source_of(event, one) {
        return Checked { said: "It does.".to_owned(), ..check }.seen("source", source.event_source.as_str());
    }
    let have: Vec<&str> = one.automation.sources.iter().map(|source| source.event_source.as_str()).collect();
    check.seen("sources", have.join(", ")).but(
        Verdict::Fail,
        format!("It takes no {} as they change.", event.subject.kind.plural()),
        "Azure does not send it.",
        &["Choose the kind of data in the automation."],
    )
}

fn source_of<'a>(event: &EventFacts, one: &'a TheirExport) -> Option<&'a Source> {
    let is_of =
        |source: &&Source| source.event_source.kind() == event.subject.kind && source.event_source.is_streaming();
    one.automation.sources.iter().find(is_of)
}

/// 15
fn lets(event: &EventFacts, one: &TheirExport) -> Option<Checked> {
    let source = source_of(event, one)?;
    let check = Checked::pass(CheckId::AzureRules, "");
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
    let check = Checked::pass(CheckId::AzureTime, "");
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
    let check = match one.automation.created {
        Some(created) => check.seen("automation made", time::rfc3339(created)),
        None => check,
    };
    if one.automation.created.is_some_and(|created| happened < created) {
        check.but(
            Verdict::Fail,
            if is_alert {
                "It happened before the automation was made."
            } else {
                "It has not changed since the automation was made."
            },
            if is_alert {
                "Azure sends what happens from then on."
            } else {
                "Azure sends a recommendation when it changes, never what is already there."
            },
            if is_alert {
                &["Let this console backfill it to the same place."]
            } else {
                &["Choose the weekly snapshot in the automation, or let this console backfill it to the same place."]
            },
        )
    } else if happened < changed {
        check.but(
            Verdict::Warning,
            "It happened before the automation was last changed; how the automation was then is not known.",
            "What an automation left out before it was changed is never sent by Azure.",
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

/// The largest event that a namespace of the tier Basic takes, in bytes.
const BASIC: u64 = 256 * 1024;

/// 34, 43: an event that is too large is refused as itself.
fn fits(event: &EventFacts, place: &ResourceId, of_place: &PlaceFacts) -> Option<Checked> {
    let bytes = event.body.as_ref()?.to_string().len() as u64;
    let (most, what) = match of_place {
        PlaceFacts::Workspace(_) => (32 * 1024, "a record of a workspace"),
        PlaceFacts::Hub(hub) if hub.usage.kind.value().is_some_and(|(tier, _)| tier.eq_ignore_ascii_case("basic")) => {
            (BASIC, "an event in a namespace of the tier Basic")
        }
        PlaceFacts::Hub(_) => (1024 * 1024, "an event"),
    };
    let check = Checked::pass(CheckId::AzureSize, "")
        .about(&place_name(place))
        .seen("size", time::size(bytes))
        .seen("limit", time::size(most));
    let tier_unknown = matches!(of_place, PlaceFacts::Hub(hub) if hub.usage.kind.value().is_none());
    Some(if tier_unknown && (BASIC..=most).contains(&bytes) {
        check.but(
            Verdict::CannotTell,
            "It is if the namespace is of the tier Standard or above, and is not if it is Basic: the tier cannot be read.",
            "",
            &["To tell, the identity needs Reader on the namespace."],
        )
    } else if bytes > most {
        check.but(
            Verdict::Fail,
            format!("It is larger than {what} may be."),
            "Azure leaves it out, and nothing says so.",
            &["Send this kind of data to an event hub of the tier Standard as well; this console can backfill it there."],
        )
    } else {
        Checked { said: "It is.".to_owned(), ..check }
    })
}

/// 45: people look in the wrong table.
fn table(event: &EventFacts, one: &TheirExport) -> Option<Checked> {
    if !one.automation.targets.iter().any(|target| target.workspace().is_some()) {
        return None;
    }
    let subject = &event.subject;
    let text = |name: &str| event.body.as_ref().and_then(|body| body.get(name)?.as_str()).unwrap_or_default();
    // Without the payload the newest rows are shown.
    let by = |table: &'static str, column: &str, member: &str| match text(member) {
        "" => (table, format!("{table} | sort by TimeGenerated desc")),
        id => (table, format!("{table} | where {column} =~ {}", literal(id))),
    };
    let (table, query) = match subject.kind {
        Kind::Alert => by("SecurityAlert", "SystemAlertId", "SystemAlertId"),
        Kind::Recommendation => by("SecurityRecommendation", "RecommendationId", "id"),
        Kind::Finding => by("SecurityNestedRecommendation", "Id", "id"),
        Kind::SecureScore => ("SecureScores", "SecureScores | sort by TimeGenerated desc".to_owned()),
        Kind::SecureScoreControl => {
            ("SecureScoreControls", "SecureScoreControls | sort by TimeGenerated desc".to_owned())
        }
        Kind::RegulatoryCompliance => {
            ("SecurityRegulatoryCompliance", "SecurityRegulatoryCompliance | sort by TimeGenerated desc".to_owned())
        }
        // Microsoft names no table for them.
        Kind::AttackPath => return None,
    };
    let check = Checked::pass(CheckId::AzureTable, format!("In {table}.")).seen("table", table);
    Some(check.commands([kql(query)]))
}

fn arrived(one: &TheirExport) -> Checked {
    let targets: Vec<String> = one.automation.targets.iter().map(place_name).collect();
    let check = Checked::pass(CheckId::AzureArrival, "").about(&targets.join(", "));
    let Some(row) = &one.arrival else {
        let is_hub = one.automation.targets.iter().any(|target| target.after("eventhubs").is_some());
        let said = if is_hub {
            "What goes to event hubs cannot be read back."
        } else {
            "It was not looked for at the workspace."
        };
        return check.but(
            Verdict::CannotTell,
            said,
            "",
            &["Look at the hub's metrics on the automation's page: messages taken and refused."],
        );
    };
    let check = match row.checked_at {
        Some(at) => check.seen("looked for", time::rfc3339(at)),
        None => check,
    };
    match (row.arrival, &row.trouble) {
        (Arrival::Arrived, _) => Checked { said: format!("It is: verified{}.", row.arrived_at.map_or_else(String::new, |at| format!(", taken in at {}", time::exact(at)))), ..check },
        (_, Some(why)) => check.but(Verdict::CannotTell, why, "", &["To tell, the identity needs Log Analytics Reader on the workspace."]),
        (Arrival::Waiting, None) => check.but(Verdict::Warning, "It was not seen there yet.", "Azure needs some minutes, and the workspace some more.", &["Wait, and look again."]),
        (Arrival::Missing, None) => check.but(Verdict::Fail, "It is not there.", "Azure let it through by its rules, as far as they can be evaluated, and the workspace does not have it.", &["Look whether the workspace's daily cap is reached, whether its solution SecurityCenterFree is there, and whether a transformation drops rows."]),
    }
}
