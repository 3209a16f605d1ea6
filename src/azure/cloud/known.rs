//! The clouds whose addresses Microsoft publishes, as far as it does. Sources stand in `docs/clouds`.

use super::{Cloud, CloudName};

/// The addresses that are published of a cloud.
pub(super) fn cloud(name: CloudName) -> Cloud {
    match name {
        CloudName::Public => public(),
        CloudName::UsGovernment => us_government(),
        CloudName::China => china(),
        CloudName::Germany => germany(),
        CloudName::Usnat => usnat(),
        CloudName::Ussec => ussec(),
        CloudName::Custom => custom(),
    }
}

struct Row<'a> {
    name: CloudName,
    notice: &'a str,
    arm: [&'a str; 2],
    login: &'a str,
    portal: &'a str,
    event_hubs: [&'a str; 2],
    ingestion: [&'a str; 2],
    query: [&'a str; 2],
}

impl Row<'_> {
    /// Scopes are written without the ending that all of them have.
    fn cloud(&self) -> Cloud {
        let scope = |audience: &str| if audience.is_empty() { String::new() } else { format!("{audience}/.default") };
        Cloud {
            name: self.name,
            label: self.name.label().to_owned(),
            notice: self.notice.to_owned(),
            arm_host: self.arm[0].to_owned(),
            arm_scope: scope(self.arm[1]),
            login_host: self.login.to_owned(),
            portal_host: self.portal.to_owned(),
            event_hubs_suffix: self.event_hubs[0].to_owned(),
            event_hubs_scope: scope(self.event_hubs[1]),
            ingestion_suffix: self.ingestion[0].to_owned(),
            ingestion_scope: scope(self.ingestion[1]),
            query_host: self.query[0].to_owned(),
            query_scope: scope(self.query[1]),
        }
    }
}

fn public() -> Cloud {
    Row {
        name: CloudName::Public,
        notice: "",
        arm: ["management.azure.com", "https://management.azure.com"],
        login: "login.microsoftonline.com",
        portal: "portal.azure.com",
        event_hubs: [".servicebus.windows.net", "https://eventhubs.azure.net"],
        ingestion: [".ingest.monitor.azure.com", "https://monitor.azure.com"],
        query: ["api.loganalytics.azure.com", "https://api.loganalytics.io"],
    }
    .cloud()
}

fn us_government() -> Cloud {
    Row {
        name: CloudName::UsGovernment,
        notice: "Several Defender plans do not exist in this cloud (App Service, APIs, AI services, DevOps security, parts of CSPM), so there are fewer types of alerts.",
        arm: ["management.usgovcloudapi.net", "https://management.core.usgovcloudapi.net"],
        login: "login.microsoftonline.us",
        portal: "portal.azure.us",
        event_hubs: [".servicebus.usgovcloudapi.net", "https://eventhubs.azure.net"],
        ingestion: [".ingest.monitor.azure.us", "https://monitor.azure.us"],
        query: ["api.loganalytics.us", "https://api.loganalytics.us"],
    }
    .cloud()
}

fn china() -> Cloud {
    Row {
        name: CloudName::China,
        notice: "Microsoft retired Defender for Cloud in this cloud in 2026 (its pages say 18 August and 1 October); nothing new could be switched on there since 18 August 2025. There is nothing left to export.",
        arm: ["management.chinacloudapi.cn", "https://management.core.chinacloudapi.cn"],
        login: "login.chinacloudapi.cn",
        portal: "portal.azure.cn",
        event_hubs: [".servicebus.chinacloudapi.cn", "https://eventhubs.azure.net"],
        ingestion: [".ingest.monitor.azure.cn", "https://monitor.azure.cn"],
        query: ["api.loganalytics.azure.cn", "https://api.loganalytics.azure.cn"],
    }
    .cloud()
}

fn germany() -> Cloud {
    Row {
        name: CloudName::Germany,
        notice: "This cloud was closed in October 2021. The console does not start for it; German regions of the public cloud belong to `public`.",
        arm: ["management.microsoftazure.de", "https://management.core.cloudapi.de"],
        login: "login.microsoftonline.de",
        portal: "portal.microsoftazure.de",
        event_hubs: [".servicebus.cloudapi.de", "https://eventhubs.azure.net"],
        ingestion: ["", ""],
        query: ["", ""],
    }
    .cloud()
}

/// The ending of the notices of clouds that are cut off from the internet.
const AIR_GAPPED: &str = "Only host names of this cloud are public, and not all of them; which services and versions it has is not. Give what differs in a profile.";

fn usnat() -> Cloud {
    Row {
        name: CloudName::Usnat,
        notice: AIR_GAPPED,
        arm: ["management.azure.eaglex.ic.gov", "https://management.azure.eaglex.ic.gov"],
        login: "login.microsoftonline.eaglex.ic.gov",
        portal: "portal.azure.eaglex.ic.gov",
        event_hubs: ["", "https://eventhubs.azure.net"],
        ingestion: ["", ""],
        query: ["", ""],
    }
    .cloud()
}

fn ussec() -> Cloud {
    Row {
        name: CloudName::Ussec,
        notice: AIR_GAPPED,
        arm: ["management.azure.microsoft.scloud", "https://management.azure.microsoft.scloud"],
        login: "login.microsoftonline.microsoft.scloud",
        portal: "portal.azure.microsoft.scloud",
        event_hubs: ["", "https://eventhubs.azure.net"],
        ingestion: ["", ""],
        query: ["", ""],
    }
    .cloud()
}

fn custom() -> Cloud {
    Row {
        name: CloudName::Custom,
        notice: "Every address comes from a profile or from Resource Manager's metadata.",
        arm: ["", ""],
        login: "",
        portal: "",
        event_hubs: ["", ""],
        ingestion: ["", ""],
        query: ["", ""],
    }
    .cloud()
}
