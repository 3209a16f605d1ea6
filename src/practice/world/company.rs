//! The company of the practice world: Aldermoor Energy, a made-up regional grid and supply business.

use serde_json::json;

/// Shown as the tenant's name.
pub(crate) const TENANT_NAME: &str = "Aldermoor Energy";
/// Its domain in Entra ID.
pub(crate) const TENANT_DOMAIN: &str = "aldermoor.example";

/// (id, display name) of the management groups below the tenant root.
pub(crate) const MANAGEMENT_GROUPS: &[(&str, &str)] = &[
    ("ald-production", "Production"),
    ("ald-engineering", "Engineering"),
    ("ald-edge", "Edge"),
    ("ald-sandbox", "Sandbox"),
];

/// The Defender plans of the practice world, as `Microsoft.Security/pricings` names them.
pub(crate) const PLANS: &[&str] = &[
    "VirtualMachines",
    "SqlServers",
    "AppServices",
    "StorageAccounts",
    "KeyVaults",
    "Arm",
    "Containers",
    "OpenSourceRelationalDatabases",
    "CosmosDbs",
    "Api",
    "CloudPosture",
];

/// A subscription of the company before the seed gives it an id.
pub(crate) struct Seeded {
    /// Display name.
    pub name: &'static str,
    /// Id of its management group.
    pub group: &'static str,
    /// Region of its resources.
    pub location: &'static str,
    /// Plans in the Standard tier; the others are Free.
    pub plans: &'static [&'static str],
    /// What runs there; resource groups and resources are named after it.
    pub workloads: &'static [&'static str],
    /// How many resources, roughly (before event hubs and workspaces).
    pub size: u32,
}

const ALL: &[&str] = PLANS;
const SERVERS: &[&str] = &["VirtualMachines", "StorageAccounts", "KeyVaults", "Arm"];
const WEB: &[&str] = &["AppServices", "SqlServers", "StorageAccounts", "KeyVaults", "Api", "CloudPosture"];
const FIELD: &[&str] = &["VirtualMachines", "StorageAccounts", "Arm"];
const CLUSTERS: &[&str] = &["Containers", "KeyVaults", "OpenSourceRelationalDatabases", "CosmosDbs"];

/// Every subscription of the company. The first and the eighth are the two of the small world.
pub(crate) const SUBSCRIPTIONS: &[Seeded] = &[
    Seeded {
        name: "Security Operations",
        group: "ald-production",
        location: "westeurope",
        plans: ALL,
        workloads: &["siem", "sentry", "vault"],
        size: 26,
    },
    Seeded {
        name: "Grid Control",
        group: "ald-production",
        location: "westeurope",
        plans: ALL,
        workloads: &["scada-relay", "load-forecast", "switching"],
        size: 44,
    },
    Seeded {
        name: "Customer Portal",
        group: "ald-production",
        location: "northeurope",
        plans: WEB,
        workloads: &["portal", "tariffs", "outage-map"],
        size: 38,
    },
    Seeded {
        name: "Billing and Settlement",
        group: "ald-production",
        location: "westeurope",
        plans: ALL,
        workloads: &["invoicing", "settlement", "ledger"],
        size: 40,
    },
    Seeded {
        name: "Metering Platform",
        group: "ald-production",
        location: "northeurope",
        plans: CLUSTERS,
        workloads: &["meter-ingest", "meter-store", "readings-api"],
        size: 42,
    },
    Seeded {
        name: "Shared Network",
        group: "ald-production",
        location: "westeurope",
        plans: SERVERS,
        workloads: &["hub-network", "dns", "jump"],
        size: 24,
    },
    Seeded {
        name: "Corporate IT",
        group: "ald-production",
        location: "uksouth",
        plans: SERVERS,
        workloads: &["directory", "print", "payroll"],
        size: 34,
    },
    Seeded {
        name: "Wind Sites",
        group: "ald-edge",
        location: "northeurope",
        plans: FIELD,
        workloads: &["turbine-gw", "site-camera", "weather"],
        size: 36,
    },
    Seeded {
        name: "Substations",
        group: "ald-edge",
        location: "uksouth",
        plans: FIELD,
        workloads: &["bay-gateway", "relay-logs", "breaker"],
        size: 30,
    },
    Seeded {
        name: "Charging Network",
        group: "ald-edge",
        location: "germanywestcentral",
        plans: WEB,
        workloads: &["charge-points", "roaming", "sessions"],
        size: 32,
    },
    Seeded {
        name: "Platform Engineering",
        group: "ald-engineering",
        location: "westeurope",
        plans: CLUSTERS,
        workloads: &["build-farm", "artifacts", "observability"],
        size: 36,
    },
    Seeded {
        name: "Data Science",
        group: "ald-engineering",
        location: "swedencentral",
        plans: &["StorageAccounts", "CloudPosture"],
        workloads: &["notebooks", "feature-store", "demand-model"],
        size: 28,
    },
    Seeded {
        name: "Release Testing",
        group: "ald-engineering",
        location: "westeurope",
        plans: &["VirtualMachines", "AppServices"],
        workloads: &["staging", "load-test"],
        size: 26,
    },
    Seeded {
        name: "Sandbox",
        group: "ald-sandbox",
        location: "swedencentral",
        plans: &[],
        workloads: &["try-out", "hackday"],
        size: 18,
    },
];

/// People whose accounts appear in alerts.
pub(crate) const PEOPLE: &[&str] = &[
    "ilse.varga",
    "tom.okafor",
    "svc-deploy",
    "mara.lindqvist",
    "jonas.weir",
    "priya.raman",
    "svc-backup",
    "ewan.teale",
    "noor.haddad",
    "svc-meterload",
    "katya.brandt",
    "luis.ferro",
];

/// Rules that dismiss alerts by themselves: one at work, one that ran out.
pub(super) fn suppress(world: &mut super::World) {
    let base = world.subscription_named("Release Testing");
    let rule = |name: &str, alert_type: &str, state: &str, ends: &str| {
        json!({
            "id": format!("{base}/providers/Microsoft.Security/alertsSuppressionRules/{name}"), "name": name,
            "type": "Microsoft.Security/alertsSuppressionRules",
            "properties": {
                "alertType": alert_type, "lastModifiedUtc": "2026-06-02T09:30:00Z", "expirationDateUtc": ends, "state": state,
                "reason": "Noise", "comment": "Load tests look like attacks",
                "suppressionAlertsScope": {"allOf": [{"field": "entities.ip.address", "in": ["203.0.113.7"]}]},
            },
        })
    };
    let at = world.first_start;
    world.control.keep(at, rule("load-tests", "VM_PasswordSprayWon", "Enabled", "2030-01-01T00:00:00Z"));
    world.control.keep(at, rule("old-drill", "VM_QuietMiner", "Expired", "2026-07-01T00:00:00Z"));
}
