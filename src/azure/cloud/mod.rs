//! Host names and audiences of a cloud. Nothing outside this room knows one.

mod known;
mod profile;

pub use profile::{Profile, ProfileError};

domain::words! {
    /// A cloud that can be named in the settings.
    pub enum CloudName {
        /// The public cloud.
        Public = "public", "Azure";
        /// For the government of the United States.
        UsGovernment = "us-government", "Azure Government";
        /// In China.
        China = "china", "Azure operated by 21Vianet (China)";
        /// Closed since 2021.
        Germany = "germany", "Microsoft Cloud Germany";
        /// Its addresses are published in part.
        Usnat = "usnat", "Azure (US National)";
        /// Its addresses are published in part.
        Ussec = "ussec", "Azure (US Secret)";
        /// A cloud with no address of its own: a profile or Resource Manager's metadata name them.
        Custom = "custom", "A cloud of its own";
    }
}

/// A cloud's addresses. An address that Microsoft does not publish is empty: nothing is sent there until a profile names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cloud {
    /// The word it is chosen by.
    pub name: CloudName,
    /// What people call it.
    pub label: String,
    /// What is to be known before it is used; empty where there is nothing.
    pub notice: String,
    /// Azure Resource Manager and Resource Graph.
    pub arm_host: String,
    /// Scope of tokens for Resource Manager.
    pub arm_scope: String,
    /// Sign-in of Entra ID.
    pub login_host: String,
    /// Azure's portal.
    pub portal_host: String,
    /// Suffix of Event Hubs namespaces, with its dot.
    pub event_hubs_suffix: String,
    /// Scope of tokens for Event Hubs.
    pub event_hubs_scope: String,
    /// Suffix of logs ingestion endpoints, with its dot.
    pub ingestion_suffix: String,
    /// Scope of tokens for Logs Ingestion.
    pub ingestion_scope: String,
    /// Queries of Log Analytics.
    pub query_host: String,
    /// Scope of tokens for queries of Log Analytics.
    pub query_scope: String,
}

impl Cloud {
    /// The public cloud.
    pub fn public() -> Self {
        Self::named(CloudName::Public)
    }

    /// A cloud with the addresses that Microsoft publishes of it.
    pub fn named(name: CloudName) -> Self {
        known::cloud(name)
    }

    fn all() -> impl Iterator<Item = Self> {
        CloudName::ALL.iter().copied().map(Self::named)
    }

    /// Whether requests may go to this host at all.
    pub fn knows(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        [&self.arm_host, &self.login_host, &self.query_host].iter().any(|known| !known.is_empty() && **known == host)
            || self.is_event_hubs(&host)
            || self.is_ingestion(&host)
    }

    /// Whether this is the host of an Event Hubs namespace.
    pub fn is_event_hubs(&self, host: &str) -> bool {
        below(host, &self.event_hubs_suffix)
    }

    /// Whether this is the host of a logs ingestion endpoint.
    pub fn is_ingestion(&self, host: &str) -> bool {
        below(host, &self.ingestion_suffix)
    }

    /// Whether a page of Azure's portal stands on this host, in whichever cloud.
    pub fn is_portal(host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        Self::all().map(|cloud| cloud.portal_host).filter(|portal| !portal.is_empty()).any(|portal| {
            host.strip_suffix(portal.as_str()).is_some_and(|front| front.is_empty() || front.ends_with('.'))
        })
    }

    /// The hosts of Azure's clouds that everybody asks alike: Resource Manager, sign-in, the portal, queries.
    pub fn published_hosts() -> Vec<String> {
        let of = |cloud: Self| [cloud.arm_host, cloud.login_host, cloud.portal_host, cloud.query_host];
        Self::all()
            .flat_map(of)
            .map(|address| address.trim_start_matches("https://").trim_end_matches('/').to_owned())
            .filter(|host| !host.is_empty())
            .collect()
    }

    /// The addresses that this release sends to and that are not known, in words; what they are for does not work until a
    /// profile names them.
    pub fn unknown(&self) -> Vec<&'static str> {
        let all = [
            (&self.arm_host, "Resource Manager"),
            (&self.login_host, "sign-in"),
            (&self.event_hubs_suffix, "Event Hubs"),
            (&self.ingestion_suffix, "Logs Ingestion"),
        ];
        all.into_iter().filter(|(address, _)| address.is_empty()).map(|(_, what)| what).collect()
    }
}

fn below(host: &str, suffix: &str) -> bool {
    let host = host.to_ascii_lowercase();
    !suffix.is_empty()
        && host.strip_suffix(suffix).is_some_and(|name| {
            !name.is_empty()
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
                && !name.starts_with('.')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_of_the_cloud_are_known() {
        let cloud = Cloud::public();
        for host in [
            "management.azure.com",
            "SIEM.servicebus.windows.net",
            "soc-1.westeurope-1.ingest.monitor.azure.com",
            "api.loganalytics.azure.com",
        ] {
            assert!(cloud.knows(host), "{host}");
        }
        for host in [
            "169.254.169.254",
            "localhost",
            "evil.com",
            "",
            "x.servicebus.windows.net.evil.com",
            ".servicebus.windows.net",
            "a@b.servicebus.windows.net",
            "management.usgovcloudapi.net",
        ] {
            assert!(!cloud.knows(host), "{host}");
        }
    }

    #[test]
    fn what_is_not_published_is_not_guessed() {
        for cloud in Cloud::all() {
            assert!(!cloud.knows(""), "{}: an address that is not known allows nothing", cloud.name);
            assert!(!cloud.is_event_hubs("x"), "{}", cloud.name);
        }
        assert!(Cloud::named(CloudName::Germany).notice.contains("closed"));
        assert!(Cloud::named(CloudName::China).notice.contains("2026"));
        assert_eq!(Cloud::named(CloudName::Usnat).unknown(), ["Event Hubs", "Logs Ingestion"]);
        assert!(Cloud::is_portal("ms.portal.azure.com") && Cloud::is_portal("PORTAL.azure.us"));
        assert!(!Cloud::is_portal("portal.azure.com.evil.com") && !Cloud::is_portal("evilportal.azure.com"));
    }
}
