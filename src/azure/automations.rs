//! `Microsoft.Security/automations`: the exports that Azure delivers, read and written one at a time (2023-12-01-preview,
//! the first version with PATCH, trusted services and attack paths).

use super::{Arm, AzureError, request::Ask};
use automation::{Automation, Properties};
use domain::{ResourceId, SubscriptionId};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

const WHAT: &str = "an automation";

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

impl Arm {
    fn automation_url(&self, id: &ResourceId) -> String {
        self.url(&format!("{id}?api-version={}", automation::API_VERSION))
    }

    /// An automation; none when it is not there.
    pub async fn automation(&self, id: &ResourceId) -> Result<Option<Automation>, AzureError> {
        let answer = self.ask(&Ask::get(self.automation_url(id), self.scope())).await?;
        if answer.status == 404 {
            return Ok(None);
        }
        read(&answer).map(Some)
    }

    /// Whether Azure would take an automation; nothing is stored.
    pub async fn validate_automation(&self, id: &ResourceId, wanted: &Automation) -> Result<Validation, AzureError> {
        let ask = Ask::post_that_reads(
            self.url(&format!("{id}/validate?api-version={}", automation::API_VERSION)),
            self.scope(),
        );
        self.ask(&ask.with(wanted)).await?.json("the validation of an automation")
    }

    /// Writes the whole automation: a new one only if there is none yet; one that was found only if it still is as it was
    /// (where Azure named its state), in its region and with its tags.
    pub async fn put_automation(
        &self,
        id: &ResourceId,
        wanted: Automation,
        found: Option<&Automation>,
    ) -> Result<Automation, AzureError> {
        let ask = Ask::put(self.automation_url(id), self.scope());
        let ask = match found {
            Some(found) => ask.with(&wanted.in_place_of(found)).only_if(found.etag.as_deref()),
            None => ask.with(&wanted).only_if_new(),
        };
        read(&self.ask(&ask).await?)
    }

    /// Changes everything but the actions, so that a connection string that cannot be read back stays.
    pub async fn patch_automation(
        &self,
        id: &ResourceId,
        wanted: &Properties,
        etag: Option<&str>,
    ) -> Result<Automation, AzureError> {
        let ask = Ask::patch(self.automation_url(id), self.scope());
        read(&self.ask(&ask.with(&json!({ "properties": wanted })).only_if(etag)).await?)
    }

    /// Deletes an automation, if it still is in the state that `etag` names; one that is gone already is fine.
    pub async fn delete_automation(&self, id: &ResourceId, etag: Option<&str>) -> Result<(), AzureError> {
        let ask = Ask::delete(self.automation_url(id), self.scope());
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

/// Azure never answers a secret, and if it ever did it would not be kept.
fn read(answer: &super::Answer) -> Result<Automation, AzureError> {
    let value: Value = answer.json(WHAT)?;
    let mut found = Automation::read(value)
        .map_err(|wrong| AzureError::Shape { what: WHAT, detail: wrong.to_string() })?
        .without_secrets();
    found.etag = found.etag.or_else(|| answer.header("etag").map(str::to_owned));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_become_part_of_an_address() {
        assert!(only_names("console-send").is_ok() && only_names("x/listKeys?y=").is_err() && only_names("").is_err());
    }
}
