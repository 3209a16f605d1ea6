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
        match self.exactly("Microsoft.EventHub", &["namespaces", "eventhubs"])?[..] {
            [namespace, hub] => Some((namespace, hub)),
            _ => None,
        }
    }

    /// The name of a Log Analytics workspace, when this is exactly the id of one and nothing else.
    pub fn workspace(&self) -> Option<&str> {
        self.exactly("Microsoft.OperationalInsights", &["workspaces"])?.first().copied()
    }

    /// The names of a resource of these types in a resource group, when this is exactly the id of one and every part of it
    /// is plain.
    fn exactly(&self, provider: &str, types: &[&str]) -> Option<Vec<&str>> {
        let plain = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '(' | ')'))
        };
        let parts: Vec<&str> = self.0.split('/').collect();
        let ["", subscriptions, subscription, groups, group, providers, of, rest @ ..] = parts.as_slice() else {
            return None;
        };
        let fixed =
            [(subscriptions, "subscriptions"), (groups, "resourceGroups"), (providers, "providers"), (of, provider)];
        let is_below = fixed.iter().all(|(is, wanted)| is.eq_ignore_ascii_case(wanted))
            && SubscriptionId::parse(subscription).is_ok()
            && plain(group);
        let pairs = rest.chunks(2);
        let is_of_types = rest.len() == types.len() * 2
            && pairs.clone().zip(types).all(|(pair, of)| pair[0].eq_ignore_ascii_case(of) && plain(pair[1]));
        (is_below && is_of_types).then(|| pairs.map(|pair| pair[1]).collect())
    }

    /// The resource that stands before a segment such as `eventhubs`; the whole id where there is none.
    pub fn before(&self, segment: &str) -> &str {
        let end = self.key().rfind(&format!("/{}/", segment.to_ascii_lowercase()));
        &self.0[..end.unwrap_or(self.0.len())]
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
