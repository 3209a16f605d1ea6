//! Azure Policy, as far as it deploys exports: assignments, compliance, remediations (Microsoft.Authorization 2022-06-01,
//! Microsoft.PolicyInsights 2019-10-01 and 2021-10-01).

use super::{Arm, AzureError, request::Ask};
use domain::{
    ResourceId, SubscriptionId,
    policy::{Assignment, BuiltIn, DATA_TYPES, Remediation},
    time,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Contributor, which the policies' definitions ask for.
const CONTRIBUTOR: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";
/// The states of one assignment that are read at most.
const MOST_STATES: usize = 1000;

#[derive(Deserialize)]
struct Raw {
    id: ResourceId,
    #[serde(default)]
    name: String,
    #[serde(default)]
    identity: Option<Value>,
    properties: Map<String, Value>,
}

fn text<'a>(of: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    of.get(name).and_then(Value::as_str)
}

/// An assignment, if it is of one of the policies that export.
fn assignment(raw: Raw) -> Option<Assignment> {
    let policy = BuiltIn::of(text(&raw.properties, "policyDefinitionId")?)?;
    let parameters = raw.properties.get("parameters").and_then(Value::as_object);
    let value = |name: &str| {
        let found = parameters?.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        found.1.get("value")
    };
    let list = |name: &str| -> Option<Vec<String>> {
        let items = value(name)?.as_array()?;
        Some(items.iter().filter_map(|item| Some(item.as_str()?.to_owned())).collect())
    };
    let three = || ["high", "medium", "low"].map(str::to_owned).to_vec();
    let lower = |texts: Vec<String>| texts.into_iter().map(|text| text.to_lowercase()).collect();
    let mut sources: Vec<_> = match list("exportedDataTypes") {
        None => DATA_TYPES.iter().map(|(_, source)| *source).collect(),
        Some(names) => DATA_TYPES
            .iter()
            .filter(|(known, _)| names.iter().any(|name| name.eq_ignore_ascii_case(known)))
            .map(|(_, source)| *source)
            .collect(),
    };
    let findings = value("isSecurityFindingsEnabled").and_then(Value::as_bool).unwrap_or(true);
    if findings && sources.contains(&domain::EventSource::Assessments) {
        sources.push(domain::EventSource::SubAssessments);
    }
    let before = raw.id.key().find("/providers/microsoft.authorization/").unwrap_or_default();
    Some(Assignment {
        name: text(&raw.properties, "displayName").filter(|name| !name.is_empty()).unwrap_or(&raw.name).to_owned(),
        scope: text(&raw.properties, "scope")
            .map_or_else(|| ResourceId::new(&raw.id.as_str()[..before]), ResourceId::new),
        policy,
        target: value(policy.target()).and_then(Value::as_str).map(ResourceId::new),
        resource_group: value("resourceGroupName").and_then(Value::as_str).unwrap_or_default().to_owned(),
        makes_group: value("createResourceGroup").and_then(Value::as_bool).unwrap_or(true),
        alert_severities: list("alertSeverities").map_or_else(three, lower),
        recommendation_severities: list("recommendationSeverities").map_or_else(three, lower),
        principal: raw.identity.as_ref().and_then(|identity| identity.get("principalId")?.as_str()).map(str::to_owned),
        sources,
        id: raw.id,
    })
}

impl Arm {
    /// The assignments of the exporting policies that hold at a management group or subscription.
    pub async fn export_policies(&self, scope: &ResourceId) -> Result<Vec<Assignment>, AzureError> {
        let path = format!("{scope}/providers/Microsoft.Authorization/policyAssignments?api-version=2022-06-01");
        let all: Vec<Raw> = self.list(&path, "policy assignments").await?;
        Ok(all.into_iter().filter_map(assignment).collect())
    }

    /// What Azure Policy says of each subscription under an assignment; the newest thousand.
    pub async fn compliance(&self, assignment: &Assignment) -> Result<Vec<(SubscriptionId, bool)>, AzureError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct State {
            subscription_id: String,
            #[serde(default)]
            is_compliant: bool,
        }
        #[derive(Deserialize)]
        struct States {
            value: Vec<State>,
        }
        let filter = format!("PolicyAssignmentId eq '{}'", assignment.id);
        let url = self.url(&format!(
            "{}/providers/Microsoft.PolicyInsights/policyStates/latest/queryResults?api-version=2019-10-01&$top={MOST_STATES}&$filter={}",
            assignment.scope,
            utf8_percent_encode(&filter, NON_ALPHANUMERIC)
        ));
        let found: States =
            self.ask(&Ask::post_that_reads(url, self.scope())).await?.json("the compliance of a policy")?;
        let read = |state: State| Some((SubscriptionId::parse(&state.subscription_id).ok()?, state.is_compliant));
        Ok(found.value.into_iter().filter_map(read).collect())
    }

    /// The remediations of an assignment, newest first.
    pub async fn remediations(&self, of: &Assignment) -> Result<Vec<Remediation>, AzureError> {
        let path = format!("{}/providers/Microsoft.PolicyInsights/remediations?api-version=2021-10-01", of.scope);
        let all: Vec<Raw> = self.list(&path, "remediations").await?;
        let is_of = |raw: &Raw| {
            text(&raw.properties, "policyAssignmentId").is_some_and(|id| ResourceId::new(id).key() == of.id.key())
        };
        let read = |raw: Raw| {
            let deployments = raw.properties.get("deploymentStatus");
            let number = |name: &str| deployments.and_then(|of| of.get(name)?.as_i64()).unwrap_or_default();
            Remediation {
                state: text(&raw.properties, "provisioningState").unwrap_or("unknown").to_owned(),
                total: number("totalDeployments"),
                succeeded: number("successfulDeployments"),
                failed: number("failedDeployments"),
                at: text(&raw.properties, "lastUpdatedOn").and_then(time::parse),
                message: text(&raw.properties, "statusMessage").map(str::to_owned),
                name: raw.name,
            }
        };
        let mut found: Vec<Remediation> = all.into_iter().filter(is_of).map(read).collect();
        found.sort_by_key(|one| std::cmp::Reverse(one.at));
        Ok(found)
    }

    /// Starts a remediation of everything that an assignment finds not compliant.
    pub async fn remediate(&self, assignment: &ResourceId, scope: &ResourceId, name: &str) -> Result<(), AzureError> {
        let url =
            self.url(&format!("{scope}/providers/Microsoft.PolicyInsights/remediations/{name}?api-version=2021-10-01"));
        let body = json!({ "properties": { "policyAssignmentId": assignment.as_str() } });
        self.ask(&Ask::put(url, self.scope()).with(&body)).await?.json::<Value>("a new remediation").map(drop)
    }

    /// Assigns one of the policies at a scope with an identity of its own; answers the assignment's id and the identity.
    pub async fn assign_policy(
        &self,
        scope: &ResourceId,
        name: &str,
        location: &str,
        properties: &Value,
    ) -> Result<(ResourceId, Option<String>), AzureError> {
        let url = self
            .url(&format!("{scope}/providers/Microsoft.Authorization/policyAssignments/{name}?api-version=2022-06-01"));
        let body = json!({ "location": location, "identity": { "type": "SystemAssigned" }, "properties": properties });
        let made: Raw = self.ask(&Ask::put(url, self.scope()).with(&body)).await?.json("a new policy assignment")?;
        let principal =
            made.identity.as_ref().and_then(|identity| identity.get("principalId")?.as_str()).map(str::to_owned);
        Ok((made.id, principal))
    }

    /// Gives an identity the role Contributor at a scope (Microsoft.Authorization 2022-04-01); `name` is a new GUID.
    pub async fn make_contributor(&self, scope: &ResourceId, principal: &str, name: &str) -> Result<(), AzureError> {
        let url = self
            .url(&format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}?api-version=2022-04-01"));
        let role = format!("/providers/Microsoft.Authorization/roleDefinitions/{CONTRIBUTOR}");
        let body = json!({ "properties": {
            "principalId": principal, "principalType": "ServicePrincipal", "roleDefinitionId": role,
        } });
        self.ask(&Ask::put(url, self.scope()).with(&body)).await?.json::<Value>("a new role assignment").map(drop)
    }
}
