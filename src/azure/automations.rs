//! `Microsoft.Security/automations`: the exports that Azure delivers, read and written one at a time (2023-12-01-preview,
//! the first version with PATCH, trusted services and attack paths).

use super::{Arm, AzureError, request::Ask};
use domain::{AzureDelivery, ExportBody, ResourceId, RuleSet, SubscriptionId};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

const API: &str = "api-version=2023-12-01-preview";
const WHAT: &str = "an automation";

/// An automation as Azure answered it.
#[derive(Debug, Clone)]
pub struct Automation {
    /// The resource.
    pub body: Value,
    /// Names this state of it; a write can be made to depend on it.
    pub etag: Option<String>,
}

/// What Azure would say to an automation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Validation {
    /// Whether it would take it.
    pub is_valid: bool,
    /// Why not.
    #[serde(default)]
    pub message: Option<String>,
}

/// What an automation is to say in one subscription.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The export.
    pub export: &'a ExportBody,
    /// What Azure needs of it.
    pub delivery: &'a AzureDelivery,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Where it stands.
    pub subscription: &'a SubscriptionId,
}

impl Wanted<'_> {
    /// The members that a PATCH may change: everything but the actions, whose connection string would be lost by it.
    fn members(&self) -> Value {
        let set = |set: &RuleSet| json!({ "rules": set.rules });
        let sources = self.export.sources.iter().map(|source| {
            json!({
                "eventSource": source.event_source.as_str(),
                "ruleSets": source.rule_sets.iter().map(set).collect::<Vec<_>>(),
            })
        });
        json!({
            "description": self.export.description(),
            "isEnabled": self.enabled,
            "scopes": [{ "scopePath": self.delivery.scope_path(self.subscription) }],
            "sources": sources.collect::<Vec<_>>(),
        })
    }

    /// The whole resource. A connection string is needed where Azure does not sign in as a trusted service.
    fn whole(&self, connection: Option<&SecretString>) -> Value {
        let to = self.delivery.destination.as_str();
        let action = if self.delivery.is_event_hub() {
            match connection {
                Some(text) => json!({
                    "actionType": "EventHub", "eventHubResourceId": to, "connectionString": text.expose_secret(),
                }),
                None => json!({ "actionType": "EventHub", "eventHubResourceId": to, "isTrustedServiceEnabled": true }),
            }
        } else {
            json!({ "actionType": "Workspace", "workspaceResourceId": to })
        };
        let mut properties = self.members();
        properties["actions"] = json!([action]);
        json!({ "location": self.delivery.location, "properties": properties })
    }
}

impl Arm {
    /// An automation; none when it is not there.
    pub async fn automation(&self, id: &ResourceId) -> Result<Option<Automation>, AzureError> {
        let answer = self.ask(&Ask::get(self.url(&format!("{id}?{API}")), self.scope())).await?;
        if answer.status == 404 {
            return Ok(None);
        }
        read(&answer).map(Some)
    }

    /// Whether Azure would take an automation; nothing is stored.
    pub async fn validate_automation(
        &self,
        id: &ResourceId,
        wanted: Wanted<'_>,
        connection: Option<&SecretString>,
    ) -> Result<Validation, AzureError> {
        let ask = Ask::post_that_reads(self.url(&format!("{id}/validate?{API}")), self.scope());
        self.ask(&ask.with(&wanted.whole(connection))).await?.json("the validation of an automation")
    }

    /// Writes the whole automation: a new one only if there is none yet; one that was found only if it still is as it was
    /// (where Azure named its state), in its region and with its tags.
    pub async fn put_automation(
        &self,
        id: &ResourceId,
        wanted: Wanted<'_>,
        connection: Option<&SecretString>,
        found: Option<&Automation>,
    ) -> Result<Automation, AzureError> {
        let mut body = wanted.whole(connection);
        for member in ["location", "tags"] {
            if let Some(kept) = found.and_then(|found| found.body.get(member)).filter(|kept| !kept.is_null()) {
                body[member] = kept.clone();
            }
        }
        let ask = Ask::put(self.url(&format!("{id}?{API}")), self.scope()).with(&body);
        let ask = match found {
            Some(found) => ask.only_if(found.etag.as_deref()),
            None => ask.only_if_new(),
        };
        read(&self.ask(&ask).await?)
    }

    /// Changes everything but the actions, so that a connection string that cannot be read back stays.
    pub async fn patch_automation(
        &self,
        id: &ResourceId,
        wanted: Wanted<'_>,
        etag: Option<&str>,
    ) -> Result<Automation, AzureError> {
        let ask = Ask::patch(self.url(&format!("{id}?{API}")), self.scope());
        read(&self.ask(&ask.with(&json!({ "properties": wanted.members() })).only_if(etag)).await?)
    }

    /// Deletes an automation, if it still is in the state that `etag` names; one that is gone already is fine.
    pub async fn delete_automation(&self, id: &ResourceId, etag: Option<&str>) -> Result<(), AzureError> {
        let ask = Ask::delete(self.url(&format!("{id}?{API}")), self.scope());
        let answer = self.ask(&ask.only_if(etag)).await?;
        match answer.status {
            200..300 | 404 => Ok(()),
            _ => Err(AzureError::Service(answer.fault())),
        }
    }

    /// Makes a resource group if it is not there; answers whether it was made (Microsoft.Resources 2021-04-01).
    pub async fn need_resource_group(
        &self,
        subscription: &SubscriptionId,
        name: &str,
        location: &str,
    ) -> Result<bool, AzureError> {
        let url = self.url(&format!("/subscriptions/{subscription}/resourcegroups/{name}?api-version=2021-04-01"));
        let found = self.ask(&Ask::get(url.clone(), self.scope())).await?;
        if found.status != 404 {
            return found.json::<Value>("a resource group").map(|_| false);
        }
        let made = self.ask(&Ask::put(url, self.scope()).with(&json!({ "location": location }))).await?;
        made.json::<Value>("a new resource group").map(|_| true)
    }

    /// The connection string of an authorization rule of a hub (`listKeys`; needs the action of that name on the rule).
    pub async fn hub_connection(&self, hub: &ResourceId, rule: &str) -> Result<SecretString, AzureError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Keys {
            primary_connection_string: SecretString,
        }
        only_hubs(hub)?;
        only_names(rule)?;
        let url = self.url(&format!("{hub}/authorizationRules/{rule}/listKeys?api-version=2024-01-01"));
        let answer = self.ask(&Ask::post_that_reads(url, self.scope())).await?;
        Ok(answer.json::<Keys>("the keys of an authorization rule")?.primary_connection_string)
    }
}

/// An id becomes part of an address that is asked with the console's identity: it has to be that of a hub and nothing else.
pub(super) fn only_hubs(hub: &ResourceId) -> Result<(), AzureError> {
    match hub.event_hub() {
        Some(_) => Ok(()),
        None => Err(AzureError::Shape { what: "a resource id", detail: "it is not that of an event hub".to_owned() }),
    }
}

/// The same for the name of an authorization rule.
pub(super) fn only_names(rule: &str) -> Result<(), AzureError> {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !rule.is_empty() && rule.chars().all(is_plain) {
        return Ok(());
    }
    let detail = "letters, digits, - _ and . are expected".to_owned();
    Err(AzureError::Shape { what: "the name of an authorization rule", detail })
}

/// What is kept of an automation: Azure never answers a secret, and if it ever did it would not be kept.
fn without_secrets(mut body: Value) -> Value {
    let actions = body.pointer_mut("/properties/actions").and_then(Value::as_array_mut);
    for action in actions.into_iter().flatten().filter_map(Value::as_object_mut) {
        action.retain(|name, _| !["connectionstring", "uri"].contains(&name.to_ascii_lowercase().as_str()));
    }
    body
}

fn read(answer: &super::Answer) -> Result<Automation, AzureError> {
    let body: Value = answer.json(WHAT)?;
    let etag = body.get("etag").and_then(Value::as_str).or_else(|| answer.header("etag")).map(str::to_owned);
    Ok(Automation { body: without_secrets(body), etag })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{DeliveredBy, NO_TARGET, Scope};

    #[test]
    fn what_is_patched_never_holds_an_action_and_what_is_put_holds_one() {
        let subscription = SubscriptionId::parse("0ab1c2d3-0000-4000-8000-000000000001").unwrap();
        let hub = "/subscriptions/x/resourceGroups/r/providers/Microsoft.EventHub/namespaces/n/eventhubs/alerts";
        let delivery = AzureDelivery {
            destination: ResourceId::new(hub),
            trusted_service: false,
            key_rule: None,
            resource_group: "rg".parse().unwrap(),
            location: "westeurope".parse().unwrap(),
            automation: "ExportToEventHub".parse().unwrap(),
            only_group: "only".parse().ok(),
        };
        let export = ExportBody {
            name: "High".into(),
            delivered_by: DeliveredBy::Azure,
            scope: Scope::everything(),
            sources: Vec::new(),
            target: NO_TARGET.parse().unwrap(),
            azure: Some(delivery.clone()),
        };
        let wanted = Wanted { export: &export, delivery: &delivery, enabled: true, subscription: &subscription };
        assert!(wanted.members().get("actions").is_none());
        assert!(wanted.members()["scopes"][0]["scopePath"].as_str().unwrap().ends_with("/resourceGroups/only"));
        let secret = SecretString::from("Endpoint=sb://n/;SharedAccessKey=k");
        let whole = wanted.whole(Some(&secret));
        assert!(whole["properties"]["actions"][0]["connectionString"].is_string());
        assert!(whole["properties"]["actions"][0].get("isTrustedServiceEnabled").is_none());
        let kept = without_secrets(whole);
        assert!(
            kept["properties"]["actions"][0]["connectionString"].is_null()
                && !kept.to_string().contains("SharedAccessKey")
        );
        assert_eq!(kept["properties"]["actions"][0]["actionType"], "EventHub");
        assert!(only_names("console-send").is_ok() && only_names("x/listKeys?y=").is_err() && only_names("").is_err());
        assert_eq!(wanted.whole(None)["properties"]["actions"][0]["isTrustedServiceEnabled"], true);
    }
}
