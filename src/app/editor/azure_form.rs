//! The part of the editor's form that only exports have which Azure delivers.

use crate::domain::{AzureDelivery, ResourceId};
use serde::{Deserialize, Serialize};

/// What Azure needs, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AzureForm {
    /// The resource id of the event hub or workspace.
    pub destination: String,
    /// `trusted` or `key`; means something for event hubs.
    pub sign_in: String,
    /// The hub's authorization rule.
    pub key_rule: String,
    /// The resource group of the automations.
    pub resource_group: String,
    /// The region.
    pub location: String,
    /// The automations' name; empty for the one that the portal shows.
    pub automation: String,
    /// The resource group whose data alone is exported; empty for all.
    pub only_group: String,
}

/// What a new one begins with; also what a form means that has no field of it yet.
impl Default for AzureForm {
    fn default() -> Self {
        Self {
            destination: String::new(),
            sign_in: "trusted".to_owned(),
            key_rule: String::new(),
            resource_group: "rg-continuous-export".to_owned(),
            location: "westeurope".to_owned(),
            automation: String::new(),
            only_group: String::new(),
        }
    }
}

impl AzureForm {
    /// The form that shows what Azure needs.
    pub fn of(delivery: &AzureDelivery) -> Self {
        Self {
            destination: delivery.destination.as_str().to_owned(),
            sign_in: if delivery.needs_connection_string() { "key" } else { "trusted" }.to_owned(),
            key_rule: delivery.key_rule.clone().unwrap_or_default(),
            resource_group: delivery.resource_group.clone(),
            location: delivery.location.clone(),
            automation: delivery.automation.clone(),
            only_group: delivery.only_group.clone().unwrap_or_default(),
        }
    }

    /// What the form means.
    pub fn read(&self) -> AzureDelivery {
        let destination = ResourceId::new(&self.destination);
        let is_hub = destination.after("eventhubs").is_some();
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let shown = if is_hub { "ExportToEventHub" } else { "ExportToWorkspace" };
        let trusted_service = is_hub && self.sign_in != "key";
        AzureDelivery {
            trusted_service,
            key_rule: some(&self.key_rule).filter(|_| is_hub && !trusted_service),
            resource_group: self.resource_group.trim().to_owned(),
            location: self.location.trim().to_lowercase().replace(' ', ""),
            automation: some(&self.automation).unwrap_or_else(|| shown.to_owned()),
            only_group: some(&self.only_group),
            destination,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_azure_needs_survives_the_form() {
        let hub = "/subscriptions/0ab1c2d3-0000-4000-8000-000000000001/resourceGroups/r/providers/Microsoft.EventHub/namespaces/n/eventhubs/alerts";
        let delivery = AzureDelivery {
            destination: ResourceId::new(hub),
            trusted_service: false,
            key_rule: Some("send".into()),
            resource_group: "rg".into(),
            location: "westeurope".into(),
            automation: "mine".into(),
            only_group: Some("only".into()),
        };
        assert_eq!(AzureForm::of(&delivery).read(), delivery);
        let trusted = AzureDelivery { trusted_service: true, key_rule: None, ..delivery };
        assert_eq!(AzureForm::of(&trusted).read(), trusted);
        let short = AzureForm { destination: hub.into(), ..AzureForm::default() };
        assert_eq!(short.read().automation, "ExportToEventHub");
    }
}
