//! The part of the editor's form that only exports have which Azure delivers.

use domain::ids::BadId;
use domain::{AutomationName, AzureDelivery, FieldError, HubRuleName, Region, ResourceGroupName, ResourceId};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

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
            key_rule: delivery.key_rule.as_ref().map(ToString::to_string).unwrap_or_default(),
            resource_group: delivery.resource_group.to_string(),
            location: delivery.location.to_string(),
            automation: delivery.automation.to_string(),
            only_group: delivery.only_group.as_ref().map(ToString::to_string).unwrap_or_default(),
        }
    }

    /// Whether it names an event hub.
    pub fn is_event_hub(&self) -> bool {
        ResourceId::new(&self.destination).after("eventhubs").is_some()
    }

    /// What the form means; nothing, with the fields that hold no such name, where it means nothing.
    pub fn read(&self) -> Result<AzureDelivery, Vec<FieldError>> {
        let destination = ResourceId::new(&self.destination);
        let is_hub = self.is_event_hub();
        let trusted_service = is_hub && self.sign_in != "key";
        let shown = if is_hub { "ExportToEventHub" } else { "ExportToWorkspace" };
        let automation = Some(self.automation.trim()).filter(|name| !name.is_empty()).unwrap_or(shown);
        let rule = if is_hub && !trusted_service { self.key_rule.as_str() } else { "" };
        let mut errors = Vec::new();
        let key_rule = optional::<HubRuleName>("key_rule", rule, &mut errors);
        let resource_group = required::<ResourceGroupName>("resource_group", &self.resource_group, &mut errors);
        let location = required::<Region>("location", &self.location.to_lowercase().replace(' ', ""), &mut errors);
        let automation = required::<AutomationName>("automation", automation, &mut errors);
        let only_group = optional::<ResourceGroupName>("only_group", &self.only_group, &mut errors);
        match (resource_group, location, automation) {
            (Some(resource_group), Some(location), Some(automation)) if errors.is_empty() => Ok(AzureDelivery {
                destination,
                trusted_service,
                key_rule,
                resource_group,
                location,
                automation,
                only_group,
            }),
            _ => Err(errors),
        }
    }
}

/// A name, or an error at its field.
fn required<T: FromStr<Err = BadId>>(member: &str, text: &str, errors: &mut Vec<FieldError>) -> Option<T> {
    text.parse().map_err(|error: BadId| errors.push(FieldError::new(format!("azure.{member}"), error.wanted))).ok()
}

/// A name that may be left out.
fn optional<T: FromStr<Err = BadId>>(member: &str, text: &str, errors: &mut Vec<FieldError>) -> Option<T> {
    if text.trim().is_empty() { None } else { required(member, text, errors) }
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
            key_rule: "send".parse().ok(),
            resource_group: "rg".parse().unwrap(),
            location: "westeurope".parse().unwrap(),
            automation: "mine".parse().unwrap(),
            only_group: "only".parse().ok(),
        };
        assert_eq!(AzureForm::of(&delivery).read(), Ok(delivery.clone()));
        let trusted = AzureDelivery { trusted_service: true, key_rule: None, ..delivery };
        assert_eq!(AzureForm::of(&trusted).read(), Ok(trusted));
        let short = AzureForm { destination: hub.into(), ..AzureForm::default() };
        assert_eq!(short.read().unwrap().automation.as_str(), "ExportToEventHub");
        let wrong = AzureForm { resource_group: String::new(), automation: "x$(id)".into(), ..short };
        let fields: Vec<String> = wrong.read().unwrap_err().into_iter().map(|error| error.path).collect();
        assert_eq!(fields, ["azure.resource_group", "azure.automation"]);
    }
}
