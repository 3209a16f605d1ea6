//! Host names and audiences of a cloud. Nothing outside this file knows one.

/// A cloud's addresses. This release knows the public one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cloud {
    /// `public`.
    pub name: &'static str,
    /// Azure Resource Manager and Resource Graph.
    pub arm_host: &'static str,
    /// Sign-in of Entra ID.
    pub login_host: &'static str,
    /// Scope of tokens for Resource Manager.
    pub arm_scope: &'static str,
    /// Suffix of Event Hubs namespaces.
    pub event_hubs_suffix: &'static str,
    /// Scope of tokens for Event Hubs.
    pub event_hubs_scope: &'static str,
    /// Suffix of logs ingestion endpoints.
    pub ingestion_suffix: &'static str,
    /// Scope of tokens for Logs Ingestion.
    pub ingestion_scope: &'static str,
}

impl Cloud {
    /// The public cloud.
    pub const fn public() -> Self {
        Self {
            name: "public",
            arm_host: "management.azure.com",
            login_host: "login.microsoftonline.com",
            arm_scope: "https://management.azure.com/.default",
            event_hubs_suffix: ".servicebus.windows.net",
            event_hubs_scope: "https://eventhubs.azure.net/.default",
            ingestion_suffix: ".ingest.monitor.azure.com",
            ingestion_scope: "https://monitor.azure.com/.default",
        }
    }

    /// Whether requests may go to this host at all.
    pub fn knows(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        host == self.arm_host || host == self.login_host || self.is_event_hubs(&host) || self.is_ingestion(&host)
    }

    /// Whether this is the host of an Event Hubs namespace.
    pub fn is_event_hubs(&self, host: &str) -> bool {
        below(host, self.event_hubs_suffix)
    }

    /// Whether this is the host of a logs ingestion endpoint.
    pub fn is_ingestion(&self, host: &str) -> bool {
        below(host, self.ingestion_suffix)
    }
}

fn below(host: &str, suffix: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host.strip_suffix(suffix).is_some_and(|name| {
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
        for host in
            ["management.azure.com", "SIEM.servicebus.windows.net", "soc-1.westeurope-1.ingest.monitor.azure.com"]
        {
            assert!(cloud.knows(host), "{host}");
        }
        for host in [
            "169.254.169.254",
            "localhost",
            "evil.com",
            "x.servicebus.windows.net.evil.com",
            ".servicebus.windows.net",
            "a@b.servicebus.windows.net",
        ] {
            assert!(!cloud.knows(host), "{host}");
        }
    }
}
