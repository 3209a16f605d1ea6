//! Azure Policy, as far as it deploys exports: three built-in definitions, compliance, remediation.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::World;
use super::automations::{Write, normal, sources, stored};
use super::resources::Subscription;
use crate::dice::{azure_time, guid};

/// Assignments as ids and rows name them.
pub(crate) const ASSIGNMENTS: &str = "microsoft.authorization/policyassignments";
/// Remediations as ids and rows name them.
pub(crate) const REMEDIATIONS: &str = "microsoft.policyinsights/remediations";
/// Role assignments as ids and rows name them.
pub(crate) const ROLES: &str = "microsoft.authorization/roleassignments";
const DEFINITIONS_AT: &str = "/providers/Microsoft.Authorization/policyDefinitions/";
/// Owner and Contributor.
const MIGHTY_ROLES: &[&str] = &["8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "b24988ac-6180-42a0-ab88-20f7382dd24c"];

/// A built-in policy that deploys an automation where there is none.
#[derive(Debug)]
pub(crate) struct Definition {
    pub name: &'static str,
    shown: &'static str,
    version: &'static str,
    /// The parameter that names the target, and its strong type.
    target: (&'static str, &'static str),
    /// The automation's name.
    deploys: &'static str,
}

/// The three that export.
pub(crate) const DEFINITIONS: &[Definition] = &[
    Definition {
        name: "cdfcce10-4578-4ecd-9703-530938e4abcb",
        shown: "Deploy export to Event Hub for Microsoft Defender for Cloud data",
        version: "4.2.0",
        target: ("eventHubDetails", "Microsoft.EventHub/namespaces/eventhubs/authorizationrules"),
        deploys: "exportToEventHub",
    },
    Definition {
        name: "af9f6c70-eb74-4189-8d15-e4f11a7ebfd4",
        shown: "Deploy export to Event Hub as a trusted service for Microsoft Defender for Cloud data",
        version: "1.0.0",
        target: ("eventHubDetails", "Microsoft.EventHub/namespaces/eventhubs"),
        deploys: "exportToEventHub",
    },
    Definition {
        name: "ffb6f416-7bd2-4488-8828-56585fef2be9",
        shown: "Deploy export to Log Analytics workspace for Microsoft Defender for Cloud data",
        version: "4.1.0",
        target: ("workspaceResourceId", "Microsoft.OperationalInsights/workspaces"),
        deploys: "ExportToWorkspace",
    },
];

impl Definition {
    /// The id.
    pub(crate) fn id(&self) -> String {
        format!("{DEFINITIONS_AT}{}", self.name)
    }

    fn trusted(&self) -> bool {
        self.target.1.ends_with("/eventhubs")
    }

    /// The ARM item, with the shape of the real one and its parameters; the deployment template is left out.
    pub(crate) fn item(&self) -> Value {
        let parameter = |of_type: &str, usual: Value| {
            let mut parameter = json!({"type": of_type, "metadata": {"displayName": "", "description": ""}});
            if !usual.is_null() {
                parameter["defaultValue"] = usual;
            }
            parameter
        };
        let types: Vec<&str> = sources::DATA_TYPES.iter().map(|(name, _)| *name).collect();
        let three = json!(["High", "Medium", "Low"]);
        let mut parameters = json!({
            "resourceGroupName": parameter("String", Value::Null),
            "resourceGroupLocation": parameter("String", Value::Null),
            "createResourceGroup": parameter("Boolean", true.into()),
            "exportedDataTypes": parameter("Array", json!(types)),
            "recommendationNames": parameter("Array", json!([])),
            "recommendationSeverities": parameter("Array", three.clone()),
            "isSecurityFindingsEnabled": parameter("Boolean", true.into()),
            "secureScoreControlsNames": parameter("Array", json!([])),
            "alertSeverities": parameter("Array", three),
            "regulatoryComplianceStandardsNames": parameter("Array", json!([])),
        });
        let target = &mut parameters[self.target.0];
        *target = parameter("String", Value::Null);
        target["metadata"]["strongType"] = self.target.1.into();
        target["metadata"]["assignPermissions"] = true.into();
        if self.trusted() {
            parameters["effect"] = parameter("String", "DeployIfNotExists".into());
        }
        json!({
            "id": self.id(), "name": self.name, "type": "Microsoft.Authorization/policyDefinitions",
            "properties": {
                "displayName": self.shown, "policyType": "BuiltIn", "mode": "All", "version": self.version, "versions": [self.version],
                "description": "Deploys an automation of Microsoft Defender for Cloud to subscriptions that have none.",
                "metadata": {"version": self.version, "category": "Security Center"}, "parameters": parameters,
                "policyRule": {
                    "if": {"field": "type", "equals": "Microsoft.Resources/subscriptions"},
                    "then": {"effect": if self.trusted() { "[parameters('effect')]" } else { "deployIfNotExists" }, "details": {
                        "type": "Microsoft.Security/automations", "name": self.deploys, "existenceScope": "resourcegroup",
                        "ResourceGroupName": "[parameters('resourceGroupName')]", "deploymentScope": "subscription",
                        "roleDefinitionIds": ["/providers/microsoft.authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"],
                    }},
                },
            },
        })
    }
}

/// Parameters of the assignment the company begins with, by name.
pub(super) fn seeded_parameters(world: &World) -> Value {
    let hub = world.namespace("edge-relay").map(|found| found.id.clone()).unwrap_or_default();
    json!({
        "resourceGroupName": "rg-defender-export", "resourceGroupLocation": "northeurope",
        "eventHubDetails": format!("{hub}/eventhubs/field-events/authorizationRules/send"),
        "exportedDataTypes": ["Security recommendations", "Security alerts", "Secure score controls"],
        "isSecurityFindingsEnabled": true, "alertSeverities": ["High", "Medium"],
    })
}

/// The assignment on the Edge group, whose third subscription nobody remediated.
pub(super) fn seed(world: &mut World) {
    let scope = "/providers/Microsoft.Management/managementGroups/ald-edge";
    let id = format!("{scope}/providers/Microsoft.Authorization/policyAssignments/edge-to-relay");
    let principal = guid(world.seed, "policy-identity", 0);
    let wrapped: serde_json::Map<String, Value> = seeded_parameters(world)
        .as_object()
        .map(|found| found.iter().map(|(name, value)| (name.clone(), json!({"value": value}))).collect())
        .unwrap_or_default();
    let assignment = json!({
        "id": id, "name": "edge-to-relay", "type": "Microsoft.Authorization/policyAssignments", "location": "northeurope",
        "identity": {"type": "SystemAssigned", "principalId": principal, "tenantId": world.tenant_id},
        "properties": {
            "displayName": "Edge: export to the relay hub", "scope": scope, "notScopes": [], "enforcementMode": "Default",
            "policyDefinitionId": DEFINITIONS.first().map(Definition::id), "parameters": wrapped,
            "metadata": {"assignedBy": "Mara Lindqvist", "createdOn": azure_time(world.first_start)},
        },
    });
    let role = role_assignment(
        scope,
        &guid(world.seed, "policy-role", 0),
        MIGHTY_ROLES.last().copied().unwrap_or_default(),
        &principal,
    );
    let at = world.first_start;
    world.control.keep(at, assignment);
    world.control.keep(at, role);
}

/// A role assignment as an ARM item.
pub(super) fn role_assignment(scope: &str, name: &str, role: &str, principal: &str) -> Value {
    json!({
        "id": format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"), "name": name,
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": {
            "roleDefinitionId": format!("/providers/Microsoft.Authorization/roleDefinitions/{role}"),
            "principalId": principal, "principalType": "ServicePrincipal", "scope": scope,
        },
    })
}

/// What an assignment demands of one subscription.
#[derive(Debug)]
pub(crate) struct Verdict<'w> {
    pub assignment: &'w Value,
    pub definition: &'static Definition,
    pub subscription: &'w Subscription,
    pub compliant: bool,
}

/// The parameters of an assignment, by name.
fn parameters(assignment: &Value) -> Value {
    let given = assignment.pointer("/properties/parameters").and_then(Value::as_object);
    let plain =
        given.into_iter().flatten().filter_map(|(name, value)| Some((name.clone(), value.get("value")?.clone())));
    Value::Object(plain.collect())
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of.get(name).and_then(Value::as_str).unwrap_or_default()
}

impl World {
    /// Whether a scope (a management group or subscription) holds that subscription.
    pub(crate) fn holds(&self, scope: &str, subscription: &Subscription) -> bool {
        let scope = normal(scope);
        if let Some(group) = scope.strip_prefix("/providers/microsoft.management/managementgroups/") {
            return group == self.tenant_id || subscription.group.is_some_and(|own| own.eq_ignore_ascii_case(group));
        }
        scope == format!("/subscriptions/{}", subscription.id.to_lowercase())
    }

    /// What the assignments of the known definitions find, for the subscriptions within a scope.
    pub(crate) fn verdicts(&self, scope: &str) -> Vec<Verdict<'_>> {
        let mut found = Vec::new();
        for assignment in self.control.of_type(ASSIGNMENTS, "") {
            let properties = assignment.get("properties").unwrap_or(&Value::Null);
            let wanted = text(properties, "policyDefinitionId");
            let wanted = wanted.rsplit('/').next().unwrap_or_default();
            let Some(definition) = DEFINITIONS.iter().find(|known| known.name.eq_ignore_ascii_case(wanted)) else {
                continue;
            };
            let outside = properties.get("notScopes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let parameters = parameters(assignment);
            for subscription in &self.subscriptions {
                let out = outside.iter().filter_map(Value::as_str).any(|scope| self.holds(scope, subscription));
                if !out && self.holds(scope, subscription) && self.holds(text(properties, "scope"), subscription) {
                    let compliant = self.exports(subscription, definition, &parameters);
                    found.push(Verdict { assignment, definition, subscription, compliant });
                }
            }
        }
        found
    }

    /// The existence condition of the built-in policies: enabled, and exactly the sources asked for. Nothing about the target.
    fn exports(&self, subscription: &Subscription, definition: &Definition, parameters: &Value) -> bool {
        let id = automation_id(subscription, definition, parameters);
        let Some(properties) = self.control.get(&id).and_then(|item| item.get("properties")) else {
            return false;
        };
        let have: Vec<&str> = properties
            .get("sources")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|source| text(source, "eventSource"))
            .collect();
        let wanted = sources::of_policy(parameters);
        let once = |named: &str| have.iter().filter(|known| known.eq_ignore_ascii_case(named)).count() == 1;
        properties.get("isEnabled").and_then(Value::as_bool) == Some(true)
            && have.len() == wanted.len()
            && wanted.iter().all(|source| once(text(source, "eventSource")))
    }

    /// Ends a remediation: deploys where the assignment's identity may, and counts.
    pub(super) fn remediate(&mut self, at: Timestamp, id: &str) {
        let Some(mut remediation) = self.control.get(id).cloned() else {
            return;
        };
        let assignment_id = text(&remediation["properties"], "policyAssignmentId").to_owned();
        let scope = scope_of(id, "/providers/microsoft.policyinsights/");
        let mut made = Vec::new();
        let (mut done, mut failed) = (0, 0);
        for verdict in self.verdicts(&scope) {
            if verdict.compliant || !text(verdict.assignment, "id").eq_ignore_ascii_case(&assignment_id) {
                continue;
            }
            let principal =
                verdict.assignment.pointer("/identity/principalId").and_then(Value::as_str).unwrap_or_default();
            if !self.may_deploy(principal, verdict.subscription) {
                failed += 1;
                continue;
            }
            done += 1;
            made.extend(deployed(at, &verdict, principal));
        }
        for item in made {
            let caller = assignment_id.clone();
            self.control.put(at, item, &caller);
        }
        let properties = &mut remediation["properties"];
        properties["provisioningState"] = if failed > 0 { "Failed" } else { "Succeeded" }.into();
        properties["lastUpdatedOn"] = azure_time(at).into();
        properties["deploymentStatus"] =
            json!({"totalDeployments": done + failed, "successfulDeployments": done, "failedDeployments": failed});
        if failed > 0 {
            properties["statusMessage"] =
                "The managed identity of the policy assignment has no role that may deploy here.".into();
        }
        self.control.keep(at, remediation);
    }

    fn may_deploy(&self, principal: &str, subscription: &Subscription) -> bool {
        !principal.is_empty()
            && self.control.of_type(ROLES, "").any(|role| {
                let properties = &role["properties"];
                let named = text(properties, "roleDefinitionId").rsplit('/').next().unwrap_or_default().to_lowercase();
                text(properties, "principalId").eq_ignore_ascii_case(principal)
                    && MIGHTY_ROLES.contains(&named.as_str())
                    && self.holds(text(properties, "scope"), subscription)
            })
    }

    /// How long a remediation takes.
    pub(super) fn remediation_takes(&self) -> SignedDuration {
        SignedDuration::from_secs(if self.is_small() { 2 } else { 15 })
    }
}

fn automation_id(subscription: &Subscription, definition: &Definition, parameters: &Value) -> String {
    format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Security/automations/{}",
        subscription.id,
        text(parameters, "resourceGroupName"),
        definition.deploys
    )
}

/// The part of an id before that piece (given in lower case).
pub(crate) fn scope_of(id: &str, before: &str) -> String {
    let at = id.to_lowercase().rfind(before).unwrap_or(id.len());
    id.get(..at).unwrap_or_default().to_owned()
}

/// The resource group and the automation that a deployment makes.
fn deployed(at: Timestamp, verdict: &Verdict<'_>, principal: &str) -> Vec<Value> {
    let parameters = parameters(verdict.assignment);
    let (definition, subscription) = (verdict.definition, verdict.subscription);
    let target = text(&parameters, definition.target.0);
    let action = match target.to_lowercase().rfind("/authorizationrules/") {
        _ if definition.target.0 == "workspaceResourceId" => {
            json!({"actionType": "Workspace", "workspaceResourceId": target})
        }
        Some(at) => json!({
            "actionType": "EventHub", "eventHubResourceId": target.get(..at), "sasPolicyName": target.rsplit('/').next(),
        }),
        None => {
            json!({"actionType": "EventHub", "eventHubResourceId": target, "isTrustedServiceEnabled": definition.trusted()})
        }
    };
    let scope = format!("/subscriptions/{}", subscription.id);
    let body = json!({
        "location": text(&parameters, "resourceGroupLocation"),
        "properties": {
            "description": "Export Microsoft Defender for Cloud data via policy", "isEnabled": true,
            "scopes": [{"description": format!("scope for subscription {}", subscription.id), "scopePath": scope}],
            "sources": sources::of_policy(&parameters), "actions": [action],
        },
    });
    let id = automation_id(subscription, definition, &parameters);
    let group = super::resources::group_item(
        &subscription.id,
        text(&parameters, "resourceGroupName"),
        text(&parameters, "resourceGroupLocation"),
    );
    vec![group, stored(&Write { at, id: &id, caller: principal }, &body, None)]
}
