//! The examples of the published specifications, answered by a server of their own to the clients that the console uses: what
//! Microsoft says an answer looks like is read. Where the specifications are not at hand there is nothing to do.

use super::recorded::{lists, ours, recordings};
use automation::{Automation, Wanted, read_export};
use axum::{Router, extract::State, http::StatusCode, response::IntoResponse};
use azure::{Arm, Asker, AzureError, Cloud, Credential, Graph, Http, HttpOptions, Identity};
use diagnosis::permissions::Permission;
use domain::{AzureDelivery, DeliveredBy, ExportBody, NO_TARGET, ResourceId, Scope, SubscriptionId, sample::Bundle};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

const HUB: &str = "/subscriptions/0ab1c2d3-0000-4000-8000-000000000001/resourceGroups/r/providers/Microsoft.EventHub/namespaces/n/eventhubs/h";
const AUTOMATION: &str =
    "/subscriptions/0ab1c2d3-0000-4000-8000-000000000001/resourceGroups/r/providers/Microsoft.Security/automations/a";

/// What the server answers next, in this order; the last stays.
type Answers = Arc<Mutex<Vec<(u16, Value)>>>;

async fn answer(State(answers): State<Answers>, request: axum::extract::Request) -> axum::response::Response {
    if request.uri().path().ends_with("/token") {
        // Three parts, the middle one empty: nothing in it is needed.
        return axum::Json(json!({"access_token": "e30.e30.x", "expires_in": 3600, "token_type": "Bearer"}))
            .into_response();
    }
    let mut answers = answers.lock().unwrap();
    let (status, body) = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
    (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response()
}

struct Stage {
    answers: Answers,
    arm: Arm,
    graph: Graph,
    folder: PathBuf,
    read: Mutex<Vec<String>>,
}

impl Stage {
    async fn new(folder: PathBuf) -> Self {
        let answers = Answers::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(answer).with_state(answers.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let http = Http::new(
            Cloud::public(),
            HttpOptions { practice: Some(origin.parse().unwrap()), ..HttpOptions::default() },
        )
        .unwrap();
        let tenant = "0ab1c2d3-0000-4000-8000-000000000009".to_owned();
        let identity = Identity::ClientSecret { client_id: tenant.clone(), tenant, secret: SecretString::from("x") };
        let credential = Credential::new(&identity, &http).unwrap();
        let arm = Arm::new(Asker::new(http.clone(), credential.clone()));
        Self { answers, arm, graph: Graph::new(http, credential), folder, read: Mutex::default() }
    }

    /// Has the server answer these examples, one after the other.
    fn show(&self, examples: &[&str]) {
        let of = |name: &&str| {
            let text = std::fs::read(self.folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
            let example: Value = serde_json::from_slice(&text).unwrap();
            let responses = example["responses"].as_object().unwrap();
            let (status, response) = responses.iter().find(|(status, _)| status.starts_with('2')).unwrap();
            let mut body = response["body"].clone();
            // Placeholders of links lead nowhere.
            if let Some(map) = body.as_object_mut() {
                map.remove("nextLink");
                map.remove("$skipToken");
            }
            (status.parse().unwrap(), body)
        };
        *self.answers.lock().unwrap() = examples.iter().map(of).collect();
    }

    /// Has the server answer this, one after the other; the last stays.
    fn answer(&self, answers: Vec<(u16, Value)>) {
        *self.answers.lock().unwrap() = answers;
    }

    fn took<T>(&self, examples: &[&str], result: Result<T, AzureError>) -> T {
        let found = result.unwrap_or_else(|error| panic!("{examples:?}: {}", error.sentence()));
        self.read.lock().unwrap().extend(examples.iter().map(|name| (*name).to_owned()));
        found
    }
}

fn examples_below(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| {
            if path.is_dir() {
                examples_below(&path)
            } else {
                usize::from(path.components().any(|part| part.as_os_str() == "examples"))
            }
        })
        .sum()
}

#[tokio::test]
async fn answers_as_the_specifications_show_them_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/fixtures/specs");
    if !folder.is_dir() {
        eprintln!("no specifications at hand: this test has nothing to do");
        return;
    }
    let all = examples_below(&folder);
    let stage = Stage::new(folder).await;
    let subscription = SubscriptionId::parse("0ab1c2d3-0000-4000-8000-000000000001").unwrap();
    let (hub, arm) = (ResourceId::new(HUB), &stage.arm);
    macro_rules! read {
        ($examples:expr, $call:expr) => {{
            stage.show(&$examples);
            let result = $call.await;
            stage.took(&$examples, result)
        }};
    }
    let base = "resources/Microsoft.Resources/stable/2022-12-01/examples";
    assert!(!read!([&*format!("{base}/GetSubscriptions.json")], arm.subscriptions()).is_empty());
    let base = "authorization/Microsoft.Authorization/stable/2022-04-01/examples";
    read!([&*format!("{base}/GetPermissions.json")], arm.permissions::<Permission>(&subscription));
    read!([&*format!("{base}/GetResourcePermissions.json")], arm.rights_at::<Permission>(&hub));

    let base = "eventhub/Microsoft.EventHub/stable/2024-01-01/examples";
    let (one, namespace) =
        (format!("{base}/EventHubs/EHEventHubGet.json"), format!("{base}/NameSpaces/EHNameSpaceGet.json"));
    assert!(read!([&*one, &*namespace], arm.hub_facts(&hub)).partitions > 0);
    let keys = format!("{base}/EventHubs/EHEventHubAuthorizationRuleListKey.json");
    read!([&*keys], arm.hub_key(&hub, "send"));
    read!([&*keys], arm.hub_connection(&hub, "send"));
    let rule = format!("{base}/EventHubs/EHEventHubAuthorizationRuleGet.json");
    assert!(!read!([&*rule], arm.rule_rights(&hub, "send")).unwrap().is_empty());
    let network =
        read!([&*format!("{base}/NameSpaces/VirtualNetworkRule/EHNetworkRuleSetGet.json")], arm.hub_network(&hub));
    assert!(network.only_named);

    let workspace =
        ResourceId::new("/subscriptions/x/resourceGroups/r/providers/Microsoft.OperationalInsights/workspaces/w");
    let name = "operationalinsights/Microsoft.OperationalInsights/stable/2023-09-01/examples/WorkspacesGet.json";
    read!([name], arm.workspace_id(&workspace));
    let base = "operationalinsights/data-plane/Microsoft.OperationalInsights/stable/2022-10-27/examples";
    for name in
        ["la-get-example", "la-post-example", "la-post-cross-workspace-example", "la-get-cross-workspace-example"]
    {
        let rows = read!([&*format!("{base}/{name}.json")], arm.logs("w", "x", "P1D"));
        assert!(rows.iter().all(|row| !row.is_empty()));
    }
    let metrics = read!(
        ["monitor/Microsoft.Insights/stable/2024-02-01/examples/GetMetric.json"],
        arm.hub_metrics(&hub, jiff::Timestamp::UNIX_EPOCH, jiff::Timestamp::UNIX_EPOCH)
    );
    assert!(!metrics.is_empty());

    let export = ExportBody {
        name: "x".into(),
        delivered_by: DeliveredBy::Azure,
        scope: Scope::everything(),
        sources: Vec::new(),
        target: NO_TARGET.parse().unwrap(),
        azure: None,
    };
    let delivery = AzureDelivery {
        destination: hub.clone(),
        trusted_service: true,
        key_rule: None,
        resource_group: "r".parse().unwrap(),
        location: "westeurope".parse().unwrap(),
        automation: "a".parse().unwrap(),
        only_group: None,
    };
    let wanted = Wanted { export: &export, delivery: &delivery, enabled: true, subscription: &subscription };
    let automation = ResourceId::new(AUTOMATION);
    for version in ["2019-01-01-preview", "2023-12-01-preview"] {
        let base = format!("security/Microsoft.Security/preview/{version}/examples/Automations");
        let name = |of: &str| format!("{base}/{of}_example.json");
        let found = read!([&*name("GetAutomationResourceGroup")], arm.automation(&automation)).unwrap();
        assert!(read_export(subscription.clone(), &found).is_some(), "{found:?}");
        for of in ["PutAutomationAllAssessments", "PutAutomationHighSeverityAssessments", "PutDisableAutomation"] {
            let made = read!([&*name(of)], arm.put_automation(&automation, wanted.whole(None), None));
            assert!(read_export(subscription.clone(), &made).is_some(), "{made:?}");
        }
        if version.starts_with("2023") {
            read!([&*name("PatchAutomation")], arm.patch_automation(&automation, &wanted.changes(), None));
        }
        read!([&*name("ValidateAutomation")], arm.validate_automation(&automation, &wanted.whole(None)));
        read!([&*name("DeleteAutomation")], arm.delete_automation(&automation, None));
        for of in ["GetAutomationsSubscription", "GetAutomationsResourceGroup"] {
            for one in read!([&*name(of)], arm.list::<Value>("/x", "automations")) {
                assert!(read_export(subscription.clone(), &Automation::read(one.clone()).unwrap()).is_some(), "{one}");
            }
        }
    }
    let simulate = "security/Microsoft.Security/stable/2022-01-01/examples/Alerts/SimulateAlerts_example.json";
    stage.show(&[simulate]);
    stage.answers.lock().unwrap().insert(0, (200, json!({"value": [{"name": "westeurope"}]})));
    let result = arm.simulate(&subscription, Bundle::VirtualMachines).await;
    stage.took(&[simulate], result);

    let base = "resourcegraph/Microsoft.ResourceGraph/stable/2022-10-01/examples";
    for name in [
        "Basic",
        "Complex",
        "Filter",
        "FirstPage",
        "NextPage",
        "Properties",
        "RandomPage",
        "Summarize",
        "MgBasic",
        "TenantBasic",
    ] {
        let page = read!(
            [&*format!("{base}/Resources{name}Query.json")],
            stage.graph.query(std::slice::from_ref(&subscription), "resources", 100)
        );
        assert!(page.rows.iter().all(Value::is_object));
    }
    // Assessments and alerts are rows of Resource Graph here; one that may have vanished is asked for in Resource Manager.
    for version in ["2020-01-01", "2021-06-01"] {
        for of in ["GetAssessment", "GetAssessmentWithExpand"] {
            let name = format!("security/Microsoft.Security/stable/{version}/examples/Assessments/{of}_example.json");
            read!([&*name], arm.get::<Value>("/x", "an assessment"));
        }
    }
    let mut read = stage.read.lock().unwrap().clone();
    read.sort();
    read.dedup();
    eprintln!("{} of {all} examples are answers to what the console asks; all of them were read", read.len());
    assert!(read.len() >= 40, "{}", read.len());
}

/// Answers that the real service gave, and ours in the same shapes, read by the same clients.
#[tokio::test]
async fn automations_and_locations_are_read() {
    for folder in [Some(ours()), recordings()].into_iter().flatten() {
        let stage = Stage::new(folder.clone()).await;
        let subscription = SubscriptionId::parse("0ab1c2d3-0000-4000-8000-000000000001").unwrap();
        let list = |of: &str| json!({"value": lists(&folder, of)});
        stage.answer(vec![(200, list("Microsoft.Security/automations"))]);
        let all = stage.arm.list::<Value>("/x", "automations").await.unwrap();
        assert!(all.len() >= 3);
        for one in &all {
            let found = read_export(subscription.clone(), &Automation::read(one.clone()).unwrap())
                .unwrap_or_else(|| panic!("{one}"));
            assert!(found.changed.is_some(), "undocumented, and there: {one}");
            assert!(found.targets.iter().all(|target| target.as_str().starts_with('/')), "{:?}", found.targets);
        }
        stage.answer(vec![(200, list("Microsoft.Security/locations")), (202, Value::Null)]);
        stage.arm.simulate(&subscription, Bundle::Dns).await.unwrap();
    }
}

/// Reads an answer, as JSON.
fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))).unwrap()
}

#[tokio::test]
async fn the_resource_providers_own_shape_of_an_error_is_read() {
    let mut errors = vec![read_json(&ours().join("answers.json"))["an error of the resource provider"].clone()];
    errors.extend(recordings().map(|folder| read_json(&folder.join("suppression-2023.00.json"))));
    let stage = Stage::new(ours()).await;
    for error in errors {
        let message = error["Message"].as_str().unwrap().to_owned();
        stage.answer(vec![(404, error)]);
        let error = stage.arm.list::<Value>("/x", "suppression rules").await.unwrap_err();
        let fault = error.fault().unwrap();
        assert_eq!((fault.status, &fault.message), (404, &message), "{error}");
    }
}

#[tokio::test]
async fn answers_of_our_own_are_read_to_the_last_value() {
    let answers = read_json(&ours().join("answers.json"));
    let stage = Stage::new(ours()).await;
    let subscription = SubscriptionId::parse("0ab1c2d3-0000-4000-8000-000000000001").unwrap();
    let (hub, arm) = (ResourceId::new(HUB), &stage.arm);
    let give = |names: &[&str]| {
        let of = |name: &&str| answers.get(*name).unwrap_or_else(|| panic!("{name} is no answer")).clone();
        stage.answer(names.iter().map(|name| (200, of(name))).collect());
    };
    give(&["subscriptions"]);
    let subscriptions = arm.subscriptions().await.unwrap();
    assert_eq!((subscriptions.len(), subscriptions[0].display_name.as_str()), (1, "Prod"));
    give(&["permissions"]);
    assert_eq!(arm.permissions::<Permission>(&subscription).await.unwrap().len(), 1);
    give(&["event hub", "namespace"]);
    let facts = arm.hub_facts(&hub).await.unwrap();
    assert_eq!(facts.partitions, 4);
    give(&["keys"]);
    arm.hub_key(&hub, "send").await.unwrap();
    give(&["authorization rule"]);
    assert_eq!(arm.rule_rights(&hub, "send").await.unwrap(), Some(vec!["Send".to_owned()]));
    give(&["network rules"]);
    assert!(arm.hub_network(&hub).await.unwrap().only_named);
    let workspace =
        ResourceId::new("/subscriptions/x/resourceGroups/r/providers/Microsoft.OperationalInsights/workspaces/w");
    give(&["workspace"]);
    assert_eq!(arm.workspace_id(&workspace).await.unwrap(), "0ab1c2d3-0000-4000-8000-0000000000c1");
    give(&["log query"]);
    let rows = arm.logs("w", "x", "P1D").await.unwrap();
    assert_eq!((rows.len(), &rows[0]["n"], &rows[1]["arrived"]), (2, &json!(2), &Value::Null));
    give(&["metrics"]);
    let metrics = arm.hub_metrics(&hub, jiff::Timestamp::UNIX_EPOCH, jiff::Timestamp::UNIX_EPOCH).await.unwrap();
    assert!(!metrics.is_empty());
    give(&["resource graph"]);
    let page = stage.graph.query(std::slice::from_ref(&subscription), "resources", 100).await.unwrap();
    assert_eq!((page.rows.len(), &page.rows[1]["name"]), (2, &json!("soc")));
}
