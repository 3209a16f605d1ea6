//! Azure resource ids, read loosely: letter case differs between services and some answers leave out the first slash.

use super::SubscriptionId;
use serde::{Deserialize, Serialize};

/// The id of an Azure resource, as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResourceId(String);

impl ResourceId {
    /// Keeps the text, adding the first slash where it is missing.
    pub fn new(text: &str) -> Self {
        let text = text.trim().trim_end_matches('/');
        if text.starts_with('/') || text.is_empty() { Self(text.to_owned()) } else { Self(format!("/{text}")) }
    }

    /// The id as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id in lower case, the form in which ids are compared.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The segment that follows this one, such as the name after `resourceGroups`.
    pub fn after(&self, segment: &str) -> Option<&str> {
        let mut parts = self.0.split('/');
        parts.by_ref().find(|part| part.eq_ignore_ascii_case(segment))?;
        parts.next().filter(|part| !part.is_empty())
    }

    /// The subscription the resource lives in.
    pub fn subscription(&self) -> Option<SubscriptionId> {
        SubscriptionId::parse(self.after("subscriptions")?).ok()
    }

    /// The last segment: the resource's own name.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// Namespace and name of an event hub, when this is exactly the id of one and nothing else: it becomes part of an
    /// address that the console's identity signs in to.
    pub fn event_hub(&self) -> Option<(&str, &str)> {
        let parts: Vec<&str> = self.0.split('/').collect();
        let ["", subscriptions, subscription, groups, group, providers, provider, namespaces, namespace, hubs, hub] =
            parts[..]
        else {
            return None;
        };
        let fixed = [
            (subscriptions, "subscriptions"),
            (groups, "resourceGroups"),
            (providers, "providers"),
            (provider, "Microsoft.EventHub"),
            (namespaces, "namespaces"),
            (hubs, "eventhubs"),
        ];
        let plain = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '(' | ')'))
        };
        let is_one = fixed.iter().all(|(is, wanted)| is.eq_ignore_ascii_case(wanted))
            && SubscriptionId::parse(subscription).is_ok()
            && [group, namespace, hub].into_iter().all(plain);
        is_one.then_some((namespace, hub))
    }

    /// The name of a Log Analytics workspace, when this is exactly the id of one and nothing else: like that of an event hub
    /// it becomes part of addresses.
    pub fn workspace(&self) -> Option<&str> {
        let parts: Vec<&str> = self.0.split('/').collect();
        let ["", subscriptions, subscription, groups, group, providers, provider, workspaces, workspace] = parts[..]
        else {
            return None;
        };
        let fixed = [
            (subscriptions, "subscriptions"),
            (groups, "resourceGroups"),
            (providers, "providers"),
            (provider, "Microsoft.OperationalInsights"),
            (workspaces, "workspaces"),
        ];
        let plain = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '(' | ')'))
        };
        let is_one = fixed.iter().all(|(is, wanted)| is.eq_ignore_ascii_case(wanted))
            && SubscriptionId::parse(subscription).is_ok()
            && [group, workspace].into_iter().all(plain);
        is_one.then_some(workspace)
    }

    /// The resource an extension resource such as an assessment is about: what stands before `/providers/Microsoft.Security/`.
    #[must_use]
    pub fn assessed(&self) -> Self {
        let lower = self.0.to_ascii_lowercase();
        match lower.rfind("/providers/microsoft.security/") {
            Some(at) if at > 0 => Self(self.0[..at].to_owned()),
            _ => self.clone(),
        }
    }
}

impl std::fmt::Display for ResourceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assessment_names_the_resource_it_is_about() {
        let id = ResourceId::new(
            "subscriptions/0ab1c2d3-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-1/providers/Microsoft.Security/assessments/abc",
        );
        assert_eq!(id.assessed().name(), "vm-1");
        assert_eq!(id.after("RESOURCEGROUPS"), Some("rg"));
        assert_eq!(id.subscription().unwrap().as_str(), "0ab1c2d3-0000-4000-8000-000000000001");
        let hub = "/subscriptions/0ab1c2d3-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.EventHub/namespaces/ns/eventhubs/hub";
        assert_eq!(ResourceId::new(hub).event_hub(), Some(("ns", "hub")));
        for other in [
            &format!("{hub}/listKeys"),
            &hub.replace("/hub", "/h?x=y"),
            &hub.replace("Microsoft.EventHub", "Microsoft.Storage"),
        ] {
            assert_eq!(ResourceId::new(other).event_hub(), None, "{other}");
        }
        assert_eq!(ResourceId::new("/a/b").assessed().as_str(), "/a/b");
    }
}
