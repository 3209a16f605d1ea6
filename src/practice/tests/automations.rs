//! Automations: written, read, validated, conditional, and those the company begins with.

use serde_json::{Value, json};

use super::*;

fn hub(client: &Client, secret: bool) -> Value {
    let mut action =
        json!({"actionType": "EventHub", "eventHubResourceId": client.starter["hubs"]["high"]["resource_id"]});
    if secret {
        action["connectionString"] =
            "Endpoint=sb://siem-prod.servicebus.windows.net/;SharedAccessKeyName=console-send;SharedAccessKey=x;EntityPath=defender-high".into();
    }
    action
}

fn body(action: Value) -> Value {
    json!({
        "location": "westeurope", "tags": {"team": "soc"},
        "properties": {
            "isEnabled": true, "scopes": [{"description": "all", "scopePath": ONE}],
            "sources": [{"eventSource": "Alerts", "ruleSets": [{"rules": [
                {"propertyJPath": "Severity", "propertyType": "String", "expectedValue": "high", "operator": "Equals"},
            ]}]}],
            "actions": [action],
        },
    })
}

#[tokio::test]
async fn an_automation_is_made_read_changed_and_deleted() {
    let client = small().await;
    let path = automation("ExportToEventHub");
    let first =
        client.arm_send("PUT", &path, &["x-ms-correlation-request-id: c1"], Some(&body(hub(&client, true)))).await;
    assert_eq!(first.status, 201, "{}", first.text());
    assert!(first.head.contains("x-ms-correlation-request-id: c1") && first.head.contains("x-ms-request-id: "));
    assert!(first.head.contains("x-ms-ratelimit-remaining-subscription-writes"));
    let first = first.json();
    let action = &first["properties"]["actions"][0];
    assert_eq!((action["sasPolicyName"].as_str(), action.get("connectionString")), (Some("console-send"), None));
    let made = first["properties"]["metadata"]["createdDateTimeUtc"].clone();

    let stale = client.arm_send("PUT", &path, &["If-Match: \"other\""], Some(&body(hub(&client, true)))).await;
    assert_eq!((stale.status, stale.code()), (412, "PreconditionFailed".to_owned()));
    let mut with_etag = body(hub(&client, true));
    with_etag["etag"] = first["etag"].clone();
    assert_eq!(client.arm_send("PUT", &path, &[], Some(&with_etag)).await.status, 200);
    assert_eq!(client.arm_send("PUT", &path, &[], Some(&with_etag)).await.status, 412);

    let changes = json!({"properties": {"isEnabled": false}, "tags": {"more": "yes"}});
    let patched = client.arm_send("PATCH", &path, &[], Some(&changes)).await.json();
    assert_eq!(patched["properties"]["isEnabled"], false);
    assert_eq!(patched["tags"], json!({"team": "soc", "more": "yes"}));
    assert_eq!(patched["properties"]["metadata"]["createdDateTimeUtc"], made);
    assert_eq!(patched["properties"]["actions"][0]["sasPolicyName"], "console-send");

    let lower = path.to_lowercase();
    assert_eq!(client.arm(&lower).await.json()["id"], first["id"]);
    let list = client.arm(&format!("{ONE}/providers/microsoft.security/Automations?api-version={AUTOMATION}")).await;
    assert!(list.head.contains("x-ms-ratelimit-remaining-subscription-resource-requests: 9"));
    assert_eq!(list.json()["value"].as_array().unwrap().len(), 1);
    let query = "resources | where type =~ 'microsoft.security/automations' | project id, name, type, location, subscriptionId, tags, properties, etag";
    let rows = client.query(query, json!({})).await.json();
    assert_eq!((rows["totalRecords"].as_u64(), &rows["data"][0]["tags"]["more"]), (Some(1), &json!("yes")));
    assert_eq!(rows["data"][0]["etag"], patched["etag"]);

    assert_eq!(client.arm_send("DELETE", &path, &[], None).await.status, 200);
    assert_eq!(client.arm_send("DELETE", &path, &[], None).await.status, 204);
    let log = format!(
        "{ONE}/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01&$filter=eventTimestamp%20ge%20'2020-01-01T00:00:00Z'%20and%20resourceProvider%20eq%20'Microsoft.Security'"
    );
    let log = client.arm(&log).await.json();
    let names: Vec<&str> =
        log["value"].as_array().unwrap().iter().map(|line| line["operationName"]["value"].as_str().unwrap()).collect();
    assert_eq!(names[0], "Microsoft.Security/automations/delete");
    assert_eq!(names.iter().filter(|name| name.ends_with("/write")).count(), 3);
}

#[tokio::test]
async fn a_put_is_refused_for_what_validate_names() {
    let client = small().await;
    let path = automation("bad");
    let put = async |path: &str, body: &Value| {
        let answer = client.arm_send("PUT", path, &[], Some(body)).await;
        (answer.status, answer.code())
    };
    assert_eq!(put(&path, &body(hub(&client, false))).await, (400, "MissingConnectionString".to_owned()));
    let mut trusted = hub(&client, false);
    trusted["isTrustedServiceEnabled"] = true.into();
    let kept = client.arm_send("PUT", &automation("trusted"), &[], Some(&body(trusted))).await;
    assert_eq!((kept.status, &kept.json()["properties"]["actions"][0]["isTrustedServiceEnabled"]), (201, &json!(true)));
    let mut foreign = body(hub(&client, true));
    foreign["properties"]["scopes"][0]["scopePath"] = "/subscriptions/other".into();
    assert_eq!(put(&path, &foreign).await, (400, "InvalidScope".to_owned()));
    let no_group = path.replace("rg-siem-prod", "rg-none");
    assert_eq!(put(&no_group, &body(hub(&client, true))).await, (404, "ResourceGroupNotFound".to_owned()));
    let old = path.replace(AUTOMATION, "2018-01-01");
    assert_eq!(put(&old, &body(hub(&client, true))).await, (400, "InvalidApiVersionParameter".to_owned()));

    let validate = path.replace("/bad?", "/bad/validate?");
    let verdict = async |body: &Value| client.arm_send("POST", &validate, &[], Some(body)).await.json();
    assert_eq!(verdict(&body(hub(&client, true))).await, json!({"isValid": true, "message": "Validation Successful"}));
    let mut wrong = body(hub(&client, true));
    wrong["properties"]["sources"][0]["eventSource"] = "Mails".into();
    wrong["properties"]["actions"][0]["eventHubResourceId"] =
        "/subscriptions/x/resourceGroups/g/providers/Microsoft.EventHub/namespaces/n/eventhubs/gone".into();
    let found = verdict(&wrong).await;
    let message = found["message"].as_str().unwrap();
    assert!(found["isValid"] == false && message.contains("Mails") && message.contains("not found"), "{message}");
}

#[tokio::test]
async fn a_resource_group_is_made_before_its_automation() {
    let client = small().await;
    let group = format!("{ONE}/resourceGroups/rg-new?api-version=2021-04-01");
    assert_eq!(client.arm_send("HEAD", &group, &[], None).await.status, 404);
    assert_eq!(client.arm(&group).await.code(), "ResourceGroupNotFound");
    let made = client.arm_send("PUT", &group, &[], Some(&json!({"location": "westeurope"}))).await;
    assert_eq!((made.status, &made.json()["properties"]["provisioningState"]), (201, &json!("Succeeded")));
    assert_eq!(client.arm_send("HEAD", &group, &[], None).await.status, 204);
    let list = client.arm(&format!("{ONE}/resourceGroups?api-version=2021-04-01")).await.json();
    assert!(list["value"].as_array().unwrap().iter().any(|item| item["name"] == "rg-new"));
    let path = automation("a").replace("rg-siem-prod", "RG-new");
    assert_eq!(client.arm_send("PUT", &path, &[], Some(&body(hub(&client, true)))).await.status, 201);
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { data: Some(folder.path().to_owned()), ..options(Scale::Small) };
    let client = Client::of(start(options.clone()).await.unwrap()).await;
    client.arm_send("PUT", &automation("kept"), &[], Some(&body(hub(&client, true)))).await;
    client.arm_send("PUT", &automation("gone"), &[], Some(&body(hub(&client, true)))).await;
    client.arm_send("DELETE", &automation("gone"), &[], None).await;
    let before = client.arm(&automation("kept")).await.json();
    client.running.stop().await;
    let client = Client::of(start(options).await.unwrap()).await;
    assert_eq!(client.arm(&automation("kept")).await.json(), before);
    assert_eq!(client.arm(&automation("gone")).await.status, 404);
}

#[tokio::test]
async fn the_company_has_automations_of_every_sort() {
    let client = company().await;
    let query =
        "resources | where type =~ 'microsoft.security/automations' | project id, name, subscriptionId, properties";
    let rows = client.query(query, json!({"$top": 1000})).await.json();
    let rows = rows["data"].as_array().unwrap();
    let subscriptions: std::collections::BTreeSet<&str> =
        rows.iter().map(|row| row["subscriptionId"].as_str().unwrap()).collect();
    assert_eq!((rows.len(), subscriptions.len()), (13, 11));
    let has = |test: &dyn Fn(&Value) -> bool| rows.iter().any(|row| test(&row["properties"]));
    let text = |value: &Value| value.to_string();
    assert!(has(&|properties| properties["isEnabled"] == false));
    assert!(has(&|properties| properties["actions"].as_array().unwrap().len() == 2));
    assert!(has(&|properties| properties["actions"][0]["isTrustedServiceEnabled"] == true));
    assert!(has(&|properties| text(properties).contains("LogicApp")));
    assert!(has(&|properties| text(properties).contains("\"eventHubResourceId\":\"subscriptions/")));
    assert!(has(&|properties| text(properties).contains("defender-legacy")));
    assert!(rows.iter().filter(|row| row["name"] == "exportToEventHub").count() == 2);
}

#[tokio::test]
async fn ten_thousand_subscriptions_are_made_and_listed() {
    let client = company().await;
    let made = client.practice("POST", "subscriptions", Some(json!({"count": 10_000, "automations": true}))).await;
    assert_eq!((made.status, made.json()["subscriptions"].as_u64()), (201, Some(10_014)));
    client.practice("POST", "quota", Some(json!({"enabled": false}))).await;
    let query = "resources | where type =~ 'microsoft.security/automations' | order by id asc | project id";
    let rows = client.query(query, json!({"$top": 1000})).await.json();
    assert_eq!(rows["totalRecords"], 10_013);
    let page = client.arm("/subscriptions?api-version=2022-12-01").await.json();
    assert_eq!(page["value"].as_array().unwrap().len(), 100);
    let group = client
        .arm("/providers/Microsoft.Management/managementGroups/ald-edge/descendants?api-version=2020-05-01&$top=50")
        .await
        .json();
    assert_eq!(group["value"].as_array().unwrap().len(), 50);
    assert!(group["nextLink"].as_str().unwrap().contains("%24top=50"));
}
