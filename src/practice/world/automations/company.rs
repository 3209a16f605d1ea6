//! The automations the company begins with: some as the portal makes them, some made by policy, some that cannot work.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::World;
use super::{Write, sources, stored};
use crate::dice::guid;

/// An automation before it is written.
struct Plan {
    owner: &'static str,
    group: &'static str,
    name: &'static str,
    /// Days before the first start.
    age: i64,
    description: &'static str,
    enabled: bool,
    /// The resource group it is confined to.
    within: Option<&'static str>,
    sources: Vec<Value>,
    actions: Vec<Value>,
}

fn plan(
    owner: &'static str,
    group: &'static str,
    name: &'static str,
    age: i64,
    sources: Vec<Value>,
    actions: Vec<Value>,
) -> Plan {
    Plan { owner, group, name, age, description: "", enabled: true, within: None, sources, actions }
}

/// Writes the company's automations.
pub(crate) fn seed(world: &mut World) {
    for plan in plans(world) {
        let Some(owner) = world.subscriptions.iter().find(|found| found.name == plan.owner) else {
            continue;
        };
        let base = format!("/subscriptions/{}", owner.id);
        let scope = plan.within.map_or_else(|| base.clone(), |group| format!("{base}/resourceGroups/{group}"));
        // recorded answers spell this piece of some ids in lower case
        let groups = if plan.name == "siem-feed-billing" { "resourcegroups" } else { "resourceGroups" };
        let id = format!("{base}/{groups}/{}/providers/Microsoft.Security/automations/{}", plan.group, plan.name);
        let at = before(world.first_start, plan.age);
        let caller = guid(world.seed, "person", u64::from(plan.name.starts_with('e')));
        let body = json!({
            "location": owner.location,
            "properties": {
                "description": plan.description, "isEnabled": plan.enabled, "actions": plan.actions, "sources": plan.sources,
                "scopes": [{"description": format!("scope for subscription {}", owner.id), "scopePath": scope}],
            },
        });
        let item = stored(&Write { at, id: &id, caller: &caller }, &body, None);
        world.control.keep(at, item);
    }
}

fn before(at: Timestamp, days: i64) -> Timestamp {
    at.checked_sub(SignedDuration::from_hours(days * 24)).unwrap_or(at)
}

fn plans(world: &World) -> Vec<Plan> {
    let namespace = |name: &str| world.namespace(name).map(|found| found.id.clone()).unwrap_or_default();
    let hub = |at: &str, hub: &str, rule: &str| {
        // the service answers these ids without the leading slash
        let id = format!("{}/eventhubs/{hub}", namespace(at).trim_start_matches('/'));
        json!({"actionType": "EventHub", "eventHubResourceId": id, "sasPolicyName": rule})
    };
    let workspace = |name: &str, lower: bool| {
        let found = world.workspaces.iter().find(|found| found.name == name);
        let id = found.map(|found| found.id.clone()).unwrap_or_default();
        json!({"actionType": "Workspace", "workspaceResourceId": if lower { id.to_lowercase() } else { id }})
    };
    let trusted = json!({
        "actionType": "EventHub", "isTrustedServiceEnabled": true,
        "eventHubResourceId": format!("{}/eventhubs/defender-all", namespace("siem-prod")),
    });
    let flow = json!({
        "actionType": "LogicApp",
        "logicAppResourceId": format!("{}/resourceGroups/rg-portal-prod/providers/Microsoft.Logic/workflows/page-on-call", world.subscription_named("Customer Portal")),
    });
    let three: &[&str] = &["low", "medium", "high"];
    let policy = || sources::of_policy(&super::super::policy::seeded_parameters(world));
    let mut plans = vec![
        plan(
            "Security Operations",
            "rg-siem-prod",
            "ExportToWorkspace",
            55,
            vec![sources::recommendations(), sources::alerts(three)],
            vec![workspace("soc-central", false)],
        ),
        plan(
            "Grid Control",
            "rg-switching-prod",
            "ExportToEventHub",
            48,
            vec![sources::alerts(&["high"])],
            vec![hub("siem-prod", "defender-high", "console-send")],
        ),
        plan(
            "Grid Control",
            "rg-scada-relay-prod",
            "scada-to-siem",
            30,
            vec![sources::alerts(&["high", "medium"])],
            vec![hub("siem-prod", "defender-high", "console-send")],
        ),
        plan(
            "Customer Portal",
            "rg-portal-prod",
            "ExportToWorkspace",
            41,
            vec![sources::recommendations(), sources::everything("SubAssessments"), sources::alerts(three)],
            vec![workspace("soc-central", true)],
        ),
        plan("Customer Portal", "rg-portal-prod", "page-on-call", 20, vec![sources::alerts(&["high"])], vec![flow]),
        plan(
            "Billing and Settlement",
            "rg-ledger-prod",
            "siem-feed-billing",
            37,
            vec![
                sources::alerts(three),
                sources::everything("SecureScores"),
                sources::everything("SecureScoreControls"),
            ],
            vec![hub("siem-prod", "defender-all", "console-send")],
        ),
        plan(
            "Metering Platform",
            "rg-meter-store-prod",
            "ExportToEventHub",
            33,
            vec![sources::alerts(three)],
            vec![hub("metering-prod", "meter-security", "send")],
        ),
        plan(
            "Shared Network",
            "rg-dns-prod",
            "ExportToEventHub",
            28,
            vec![sources::alerts_by_wrong_path(&["High", "Medium"])],
            vec![hub("siem-prod", "defender-all", "console-send")],
        ),
        plan(
            "Platform Engineering",
            "rg-observability-dev",
            "ExportToEventHub",
            60,
            vec![sources::alerts(&["medium", "high"]), sources::everything("AssessmentsSnapshot")],
            vec![hub("siem-prod", "defender-legacy", "console-send")],
        ),
        plan("Release Testing", "rg-staging-dev", "ExportToEventHub", 12, vec![sources::alerts(three)], vec![trusted]),
        plan(
            "Corporate IT",
            "rg-directory-prod",
            "office-both",
            45,
            vec![sources::alerts(&["high"]), sources::recommendations()],
            vec![workspace("office-logs", false), hub("office-basic", "legacy-events", "send")],
        ),
        plan(
            "Wind Sites",
            "rg-defender-export",
            "exportToEventHub",
            25,
            policy(),
            vec![hub("edge-relay", "field-events", "send")],
        ),
        plan(
            "Charging Network",
            "rg-defender-export",
            "exportToEventHub",
            25,
            policy(),
            vec![hub("edge-relay", "field-events", "send")],
        ),
    ];
    for plan in &mut plans {
        match plan.name {
            "scada-to-siem" => plan.within = Some("rg-scada-relay-prod"),
            "exportToEventHub" => {
                plan.description = "Export Microsoft Defender for Cloud data to Event Hub via policy";
            }
            "page-on-call" => plan.description = "Wakes the person on call",
            _ => {}
        }
        plan.enabled = plan.owner != "Metering Platform";
    }
    plans
}

/// One automation for a subscription that was made in bulk.
pub(crate) fn bulk(world: &World, at: Timestamp, subscription: &str) -> Value {
    let target = world.namespace("siem-prod").map(|found| found.id.clone()).unwrap_or_default();
    let id = format!(
        "/subscriptions/{subscription}/resourceGroups/rg-defender-export/providers/Microsoft.Security/automations/ExportToEventHub"
    );
    let body = json!({
        "location": "westeurope",
        "properties": {
            "isEnabled": true, "scopes": [{"description": "", "scopePath": format!("/subscriptions/{subscription}")}],
            "sources": [sources::alerts(&["medium", "high"])],
            "actions": [{"actionType": "EventHub", "eventHubResourceId": format!("{target}/eventhubs/defender-all"), "sasPolicyName": "console-send"}],
        },
    });
    stored(&Write { at, id: &id, caller: &world.object_id }, &body, None)
}
