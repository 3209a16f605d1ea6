//! The practice Azure's answers against the published descriptions of the real services, where they are at hand.
#![expect(clippy::print_stderr, reason = "says how much was checked, or that there was nothing to check with")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::*;

fn specs() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/specs");
    if folder.exists() {
        return Some(folder);
    }
    eprintln!("no descriptions at hand: this test has nothing to do");
    None
}

/// Swagger files that were read.
#[derive(Default)]
struct Descriptions(HashMap<PathBuf, Option<Value>>);

impl Descriptions {
    fn get(&mut self, path: &Path) -> Option<Value> {
        let read = || serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok();
        self.0.entry(path.to_owned()).or_insert_with(read).clone()
    }

    /// The schema of an operation's answer.
    fn answer_of(&mut self, file: &Path, operation: &str, status: u16) -> Value {
        let whole = self.get(file).unwrap_or_else(|| panic!("{}", file.display()));
        let paths = whole["paths"].as_object().unwrap().values();
        let found = paths.flat_map(|methods| methods.as_object().unwrap().values());
        let found = found.clone().find(|known| known["operationId"] == operation);
        found.unwrap_or_else(|| panic!("{operation}"))["responses"][status.to_string()]["schema"].clone()
    }

    fn resolve(&mut self, file: &Path, reference: &str) -> Option<(PathBuf, Value)> {
        let (path, pointer) = reference.split_once('#')?;
        let file = if path.is_empty() { file.to_owned() } else { file.parent()?.join(path).canonicalize().ok()? };
        let found = self.get(&file)?.pointer(pointer)?.clone();
        Some((file, found))
    }

    fn check(&mut self, file: &Path, schema: &Value, value: &Value, at: &str, problems: &mut Vec<String>) {
        self.check_part(file, schema, value, at, problems, true);
    }

    fn check_part(
        &mut self,
        file: &Path,
        schema: &Value,
        value: &Value,
        at: &str,
        problems: &mut Vec<String>,
        discriminate: bool,
    ) {
        if let Some(reference) = schema["$ref"].as_str() {
            // what is described in files that are not at hand is taken as it is
            if let Some((file, schema)) = self.resolve(file, reference) {
                self.check_part(&file, &schema, value, at, problems, discriminate);
            }
            return;
        }
        if value.is_null() && (schema["x-nullable"] == true || at.to_lowercase().ends_with("nextlink")) {
            return;
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.check_part(file, part, value, at, problems, false);
        }
        let fits = match schema["type"].as_str() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            _ => true,
        };
        if !fits {
            problems.push(format!("{at}: {} expected, found {value}", schema["type"]));
            return;
        }
        if schema["format"] == "date-time" && value.as_str().is_none_or(|text| text.parse::<jiff::Timestamp>().is_err())
        {
            problems.push(format!("{at}: no time: {value}"));
        }
        let closed = schema["x-ms-enum"]["modelAsString"] == false;
        if let Some(words) = schema["enum"].as_array().filter(|words| closed && !words.contains(value)) {
            problems.push(format!("{at}: {value} is none of {words:?}"));
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if value.get(name).is_none() {
                problems.push(format!("{at}: `{name}` is missing"));
            }
        }
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(value) = value.get(name) {
                self.check_part(file, schema, value, &format!("{at}.{name}"), problems, true);
            }
        }
        if let Some(items) = schema.get("items") {
            for (number, value) in value.as_array().into_iter().flatten().enumerate() {
                self.check_part(file, items, value, &format!("{at}[{number}]"), problems, true);
            }
        }
        if let Some(name) = schema["discriminator"].as_str().filter(|_| discriminate) {
            let word = value.get(name).and_then(Value::as_str).unwrap_or_default();
            let whole = self.get(file).unwrap_or_default();
            let definitions = whole["definitions"].as_object().into_iter().flatten();
            let own = definitions.clone().find(|(known, schema)| {
                schema["x-ms-discriminator-value"].as_str().unwrap_or(known) == word && schema.get("allOf").is_some()
            });
            match own {
                Some((_, schema)) => self.check_part(file, schema, value, at, problems, false),
                None => problems.push(format!("{at}: nothing is described for {name} `{word}`")),
            }
        }
    }
}

/// Where the recorded answers of the real service leave its description, and the practice Azure with them.
const REAL_QUIRKS: &[&str] =
    &["type `AAD`", "resourceDetails: `source` is missing", "resourceDetails: nothing is described for source ``"];

/// Description, operation, status, method, path, body.
type Case<'c> = (String, &'static str, u16, &'static str, String, Option<&'c Value>);

const PREVIEW: &str = "security/Microsoft.Security/preview/";
const STABLE: &str = "security/Microsoft.Security/stable/";

#[tokio::test]
async fn security_answers_are_as_described() {
    let Some(specs) = specs() else { return };
    let client = small().await;
    client.practice("POST", "alerts", Some(json!({"count": 5, "subscription": &ONE[15..]}))).await;
    let token = client.token("https://management.azure.com").await;
    let security = format!("{ONE}/providers/Microsoft.Security");
    let first = async |list: &str| -> String {
        client.arm(list).await.json()["value"][0]["id"].as_str().unwrap_or_else(|| panic!("{list} is empty")).to_owned()
    };
    let alert = first(&format!("{security}/alerts?api-version=2022-01-01")).await;
    let grouped = alert.split("/providers/").next().unwrap();
    let location = alert.split("/locations/").nth(1).unwrap().split('/').next().unwrap();
    let assessment = first(&format!("{security}/assessments?api-version=2021-06-01")).await;
    let automation_path = format!("{ONE}/resourceGroups/rg-siem-prod/providers/Microsoft.Security/automations/a");
    let hub = &client.starter["hubs"]["high"]["resource_id"];
    let secret = "Endpoint=sb://siem-prod.servicebus.windows.net/;SharedAccessKeyName=console-send;SharedAccessKey=x";
    let body = json!({
        "location": "westeurope",
        "properties": {
            "isEnabled": true, "scopes": [{"scopePath": ONE, "description": "all"}],
            "sources": [{"eventSource": "Alerts"}],
            "actions": [
                {"actionType": "EventHub", "eventHubResourceId": hub, "connectionString": secret},
                {"actionType": "Workspace", "workspaceResourceId": client.starter["workspace"]["resource_id"]},
                {"actionType": "LogicApp", "logicAppResourceId": format!("{ONE}/resourceGroups/g/providers/Microsoft.Logic/workflows/w"), "uri": "https://flow.example"},
            ],
        },
    });
    let mut cases: Vec<Case<'_>> = Vec::new();
    for version in ["2019-01-01-preview", "2023-12-01-preview"] {
        let file = format!("{PREVIEW}{version}/automations.json");
        let at = |path: &str| format!("{path}?api-version={version}");
        let status = if version.starts_with("2019") { 201 } else { 200 };
        cases.push((file.clone(), "Automations_CreateOrUpdate", status, "PUT", at(&automation_path), Some(&body)));
        cases.push((file.clone(), "Automations_Get", 200, "GET", at(&automation_path), None));
        cases.push((file.clone(), "Automations_List", 200, "GET", at(&format!("{security}/automations")), None));
        let group = automation_path.trim_end_matches("/a");
        cases.push((file.clone(), "Automations_ListByResourceGroup", 200, "GET", at(group), None));
        cases.push((
            file,
            "Automations_Validate",
            200,
            "POST",
            at(&format!("{automation_path}/validate")),
            Some(&body),
        ));
    }
    let changes = json!({"properties": {"description": "more"}});
    let file = format!("{PREVIEW}2023-12-01-preview/automations.json");
    cases.push((
        file,
        "Automations_Update",
        200,
        "PATCH",
        format!("{automation_path}?api-version={AUTOMATION}"),
        Some(&changes),
    ));
    for (file, operation, path) in [
        ("2022-01-01/alerts.json", "Alerts_List", format!("{security}/alerts")),
        (
            "2022-01-01/alerts.json",
            "Alerts_ListByResourceGroup",
            format!("{grouped}/providers/Microsoft.Security/alerts"),
        ),
        (
            "2022-01-01/alerts.json",
            "Alerts_ListSubscriptionLevelByRegion",
            format!("{security}/locations/{location}/alerts"),
        ),
        ("2022-01-01/alerts.json", "Alerts_GetResourceGroupLevel", alert.clone()),
        ("2021-06-01/assessments.json", "Assessments_List", format!("{security}/assessments")),
        ("2021-06-01/assessments.json", "Assessments_Get", assessment),
        ("2024-01-01/pricings.json", "Pricings_List", format!("{security}/pricings")),
        ("2024-01-01/pricings.json", "Pricings_Get", format!("{security}/pricings/VirtualMachines")),
        ("2020-01-01/secureScore.json", "SecureScores_List", format!("{security}/secureScores")),
        ("2020-01-01/secureScore.json", "SecureScores_Get", format!("{security}/secureScores/ascScore")),
        ("2020-01-01/secureScore.json", "SecureScoreControls_List", format!("{security}/secureScoreControls")),
        (
            "2020-01-01/secureScore.json",
            "SecureScoreControls_ListBySecureScore",
            format!("{security}/secureScores/ascScore/secureScoreControls"),
        ),
    ] {
        let version = file.split('/').next().unwrap();
        cases.push((format!("{STABLE}{file}"), operation, 200, "GET", format!("{path}?api-version={version}"), None));
    }
    let file = format!("{PREVIEW}2019-01-01-preview/subAssessments.json");
    cases.push((
        file,
        "SubAssessments_ListAll",
        200,
        "GET",
        format!("{security}/subAssessments?api-version=2019-01-01-preview"),
        None,
    ));
    let compliance = format!(
        "{security}/regulatoryComplianceStandards/Azure-CIS-1.1.0/regulatoryComplianceControls/1.1/regulatoryComplianceAssessments"
    );
    let file = format!("{PREVIEW}2019-01-01-preview/regulatoryCompliance.json");
    cases.push((
        file,
        "RegulatoryComplianceAssessments_List",
        200,
        "GET",
        format!("{compliance}?api-version=2019-01-01-preview"),
        None,
    ));

    let mut descriptions = Descriptions::default();
    let mut problems = Vec::new();
    for (file, operation, status, method, path, body) in &cases {
        let body = body.map(Value::to_string).unwrap_or_default();
        let answer = client.ask(method, ARM, path, &[&token], body.as_bytes()).await.unwrap();
        if answer.status != *status {
            problems.push(format!("{operation}: {} {}", answer.status, answer.text()));
            continue;
        }
        let file = specs.join(file).canonicalize().unwrap();
        let schema = descriptions.answer_of(&file, operation, *status);
        descriptions.check(&file, &schema, &answer.json(), operation, &mut problems);
    }
    eprintln!("{} operations of Microsoft.Security checked against their descriptions", cases.len());
    problems.retain(|problem| !REAL_QUIRKS.iter().any(|quirk| problem.contains(quirk)));
    problems.truncate(40);
    assert!(problems.is_empty(), "{problems:#?}");
}

/// Members that the service answers only for resources that have them.
const OPTIONAL: &[&str] = &[
    "identity",
    "encryption",
    "privateEndpointConnections",
    "clusterArmId",
    "captureDescription",
    "tombstoneRetentionTimeInHours",
    "tags",
    "nextLink",
    "authorization",
    "claims",
    "httpRequest",
    "description",
    "average",
    "minimum",
    "maximum",
    "count",
    "aliasPrimaryConnectionString",
    "aliasSecondaryConnectionString",
    "systemData",
    "etag",
    "condition",
    "conditionVersion",
    "dataSources",
    "destinations",
    "features",
    "skipToken",
    "supportedAggregationTypes",
    "suppressionAlertsScope",
    "parent",
    "promotions",
    "alternateName",
    "resultStatistics",
    "searchResults",
    "displayDescription",
    "kind",
];

/// Every member of an example stands in the answer, with a value of the same sort.
fn alike(example: &Value, answer: &Value, at: &str, problems: &mut Vec<String>) {
    match (example, answer) {
        (Value::Object(members), Value::Object(_)) => {
            for (name, member) in members {
                match answer.get(name) {
                    // tags are people's own
                    Some(_) if name == "tags" => {}
                    Some(found) => alike(member, found, &format!("{at}.{name}"), problems),
                    None if OPTIONAL.contains(&name.as_str()) || member.is_null() => {}
                    None => problems.push(format!("{at}: `{name}` is missing")),
                }
            }
        }
        (Value::Array(examples), Value::Array(found)) => {
            if let (Some(example), Some(first)) = (examples.first(), found.first()) {
                alike(example, first, &format!("{at}[0]"), problems);
            }
        }
        (Value::Null, _) | (_, Value::Null) => {}
        _ if std::mem::discriminant(example) == std::mem::discriminant(answer) => {}
        _ => problems.push(format!("{at}: like {example} expected, found {answer}")),
    }
}

#[tokio::test]
async fn other_answers_have_what_the_examples_have() {
    let Some(specs) = specs() else { return };
    let client = company().await;
    let hub = client.starter["hubs"]["high"]["resource_id"].as_str().unwrap().to_owned();
    let namespace = hub.split("/eventhubs").next().unwrap().to_owned();
    let owner = namespace.split("/resourceGroups").next().unwrap().to_owned();
    let workspace = client.starter["workspace"]["resource_id"].as_str().unwrap().to_owned();
    let rule = client.starter["workspace"]["dcr_resource_id"].as_str().unwrap().to_owned();
    client
        .arm_send(
            "PUT",
            &format!("{owner}/resourceGroups/rg-new?api-version=2021-04-01"),
            &[],
            Some(&json!({"location": "westeurope"})),
        )
        .await;
    let hubs = "eventhub/Microsoft.EventHub/stable/2024-01-01/examples/";
    let since = "$filter=eventTimestamp%20ge%20'2020-01-01T00:00:00Z'";
    let release =
        client.query("resourcecontainers | where name == 'Release Testing' | project id", json!({})).await.json();
    let release = release["data"][0]["id"].as_str().unwrap().to_owned();
    let group = namespace.split("/providers").next().unwrap().to_owned();
    let named = |name: &str| format!("{hubs}{name}.json");
    let cases: Vec<(String, &str, String)> = vec![
        (named("NameSpaces/EHNameSpaceGet"), "GET", namespace.clone()),
        (named("NameSpaces/EHNameSpaceList"), "GET", format!("{owner}/providers/Microsoft.EventHub/namespaces")),
        (named("NameSpaces/EHNameSpaceListByResourceGroup"), "GET", format!("{group}/providers/Microsoft.EventHub/namespaces")),
        (named("NameSpaces/EHNameSpaceAuthorizationRuleListAll"), "GET", format!("{namespace}/authorizationRules")),
        (named("NameSpaces/EHNameSpaceAuthorizationRuleGet"), "GET", format!("{namespace}/authorizationRules/RootManageSharedAccessKey")),
        (named("NameSpaces/EHNameSpaceAuthorizationRuleListKey"), "POST", format!("{namespace}/authorizationRules/RootManageSharedAccessKey/listKeys")),
        (named("NameSpaces/VirtualNetworkRule/EHNetworkRuleSetGet"), "GET", format!("{namespace}/networkRuleSets/default")),
        (named("NameSpaces/VirtualNetworkRule/EHNetworkRuleSetList"), "GET", format!("{namespace}/networkRuleSets")),
        (named("EventHubs/EHEventHubGet"), "GET", hub.clone()),
        (named("EventHubs/EHEventHubListByNameSpace"), "GET", format!("{namespace}/eventhubs")),
        (named("EventHubs/EHEventHubAuthorizationRuleListAll"), "GET", format!("{hub}/authorizationRules")),
        (named("EventHubs/EHEventHubAuthorizationRuleGet"), "GET", format!("{hub}/authorizationRules/console-send")),
        (named("EventHubs/EHEventHubAuthorizationRuleListKey"), "POST", format!("{hub}/authorizationRules/console-send/listKeys")),
        (named("disasterRecoveryConfigs/EHAliasGet"), "GET", format!("{namespace}/disasterRecoveryConfigs/siem")),
        (named("disasterRecoveryConfigs/EHAliasList"), "GET", format!("{namespace}/disasterRecoveryConfigs")),
        ("monitor/Microsoft.Insights/stable/2024-02-01/examples/GetMetric.json".into(), "GET", format!("{namespace}/providers/Microsoft.Insights/metrics?$filter=EntityName%20eq%20'*'&interval=PT1H")),
        ("monitor/Microsoft.Insights/stable/2024-02-01/examples/GetMetricDefinitions.json".into(), "GET", format!("{namespace}/providers/Microsoft.Insights/metricDefinitions")),
        ("monitor/Microsoft.Insights/stable/2015-04-01/examples/GetActivityLogsFiltered.json".into(), "GET", format!("{owner}/providers/Microsoft.Insights/eventtypes/management/values?{since}")),
        ("monitor/Microsoft.Insights/stable/2022-06-01/examples/DataCollectionRulesGet.json".into(), "GET", rule),
        ("authorization/Microsoft.Authorization/stable/2022-04-01/examples/GetPermissions.json".into(), "GET", format!("{group}/providers/Microsoft.Authorization/permissions")),
        ("authorization/Microsoft.Authorization/stable/2022-04-01/examples/RoleAssignments_ListForScope.json".into(), "GET", format!("{owner}/providers/Microsoft.Authorization/roleAssignments")),
        ("managementgroups/Microsoft.Management/stable/2023-04-01/examples/ListManagementGroups.json".into(), "GET", "/providers/Microsoft.Management/managementGroups".into()),
        ("managementgroups/Microsoft.Management/stable/2023-04-01/examples/GetManagementGroup.json".into(), "GET", "/providers/Microsoft.Management/managementGroups/ald-edge".into()),
        ("managementgroups/Microsoft.Management/stable/2023-04-01/examples/GetDescendants.json".into(), "GET", "/providers/Microsoft.Management/managementGroups/ald-edge/descendants".into()),
        ("operationalinsights/Microsoft.OperationalInsights/stable/2023-09-01/examples/WorkspacesGet.json".into(), "GET", workspace.clone()),
        ("operationalinsights/Microsoft.OperationalInsights/stable/2023-09-01/examples/WorkspacesSubscriptionList.json".into(), "GET", format!("{owner}/providers/Microsoft.OperationalInsights/workspaces")),
        ("operationalinsights/Microsoft.OperationalInsights/stable/2022-10-01/examples/TablesGet.json".into(), "GET", format!("{workspace}/tables/Heartbeat")),
        ("operationalinsights/Microsoft.OperationalInsights/stable/2022-10-01/examples/TablesList.json".into(), "GET", format!("{workspace}/tables")),
        ("resources/Microsoft.Resources/stable/2022-12-01/examples/GetSubscriptions.json".into(), "GET", "/subscriptions".into()),
        ("resources/Microsoft.Resources/stable/2022-12-01/examples/GetSubscription.json".into(), "GET", owner.clone()),
        (format!("{PREVIEW}2019-01-01-preview/examples/AlertsSuppressionRules/GetAlertsSuppressionRules_example.json"), "GET", format!("{release}/providers/Microsoft.Security/alertsSuppressionRules")),
        (format!("{PREVIEW}2019-01-01-preview/examples/AlertsSuppressionRules/GetAlertsSuppressionRule_example.json"), "GET", format!("{release}/providers/Microsoft.Security/alertsSuppressionRules/load-tests")),
    ];
    let mut problems = Vec::new();
    for (file, method, path) in &cases {
        let example: Value = serde_json::from_str(&std::fs::read_to_string(specs.join(file)).unwrap()).unwrap();
        let sign = if path.contains('?') { '&' } else { '?' };
        let answer = client.arm_send(method, &format!("{path}{sign}api-version=2024-01-01"), &[], None).await;
        if answer.status != 200 {
            problems.push(format!("{file}: {} {}", answer.status, answer.text()));
            continue;
        }
        let short = file.rsplit('/').next().unwrap_or_default();
        alike(&example["responses"]["200"]["body"], &answer.json(), short, &mut problems);
    }
    eprintln!("{} operations of other providers checked against their examples", cases.len());
    problems.truncate(40);
    assert!(problems.is_empty(), "{problems:#?}");
}
