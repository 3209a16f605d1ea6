//! Reads, sends, queries and faults as they were from the beginning.

use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn tokens_are_for_one_audience_and_one_application() {
    let client = small().await;
    let tenant = client.starter["tenant_id"].as_str().unwrap();
    let path = format!("/{tenant}/oauth2/v2.0/token");
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret=x&scope=a/.default",
        client.starter["client_id"].as_str().unwrap()
    );
    let wrong = client.ask("POST", "login.microsoftonline.com", &path, &[], form.as_bytes()).await.unwrap();
    assert_eq!((wrong.status, wrong.json()["error"].as_str()), (401, Some("invalid_client")));
    assert!(wrong.text().contains("AADSTS7000215"));
    let other = client.ask("POST", "", "/other/oauth2/v2.0/token", &[], form.as_bytes()).await.unwrap();
    assert_eq!(other.status, 400);

    let missing = client.ask("GET", ARM, "/subscriptions?api-version=2022-12-01", &[], b"").await.unwrap();
    assert_eq!((missing.status, missing.code()), (401, "AuthenticationFailed".to_owned()));
    assert!(missing.head.contains("www-authenticate: bearer"));
    let token = client.token("https://monitor.azure.com").await;
    let wrong = client.ask("GET", ARM, "/subscriptions?api-version=2022-12-01", &[&token], b"").await.unwrap();
    assert_eq!((wrong.status, wrong.code()), (401, "InvalidAuthenticationTokenAudience".to_owned()));
}

#[tokio::test]
async fn arm_lists_and_items_have_azures_shape() {
    let client = small().await;
    let list = client.arm("/subscriptions?api-version=2022-12-01").await.json();
    assert_eq!(list["value"].as_array().unwrap().len(), 2);
    assert_eq!(client.arm("/subscriptions").await.code(), "MissingApiVersionParameter");
    assert_eq!(client.arm("/subscriptions/none?api-version=1").await.status, 404);

    let hub = client.starter["hubs"]["medium"]["resource_id"].as_str().unwrap();
    assert_eq!(client.arm(&format!("{hub}?api-version=1")).await.json()["properties"]["partitionCount"], 4);
    let rules = client.arm(&format!("{hub}/authorizationRules?api-version=1")).await.json();
    assert_eq!(rules["value"][0]["properties"]["rights"], json!(["Listen"]));
    let token = client.token("https://management.azure.com").await;
    let keys = client
        .ask("POST", ARM, &format!("{hub}/authorizationRules/send/listKeys?api-version=1"), &[&token], b"")
        .await
        .unwrap();
    assert!(keys.json()["primaryConnectionString"].as_str().unwrap().ends_with(";EntityPath=field-events"));

    let rule = client.starter["workspace"]["dcr_resource_id"].as_str().unwrap();
    let rule = client.arm(&format!("{rule}?api-version=2023-03-11")).await.json();
    assert_eq!(rule["properties"]["immutableId"], client.starter["workspace"]["dcr_immutable_id"]);

    let subscription = list["value"][0]["subscriptionId"].as_str().unwrap();
    let base = format!("/subscriptions/{subscription}/providers/Microsoft.Security");
    let assessments = client.arm(&format!("{base}/assessments?api-version=2020-01-01")).await.json();
    let first = &assessments["value"][0];
    assert!(first["properties"].get("metadata").is_none());
    let item =
        client.arm(&format!("{}?api-version=2020-01-01&$expand=metadata", first["id"].as_str().unwrap())).await.json();
    assert!(item["properties"]["metadata"]["severity"].is_string());
    let key = first["name"].as_str().unwrap();
    let metadata =
        client.arm(&format!("/providers/Microsoft.Security/assessmentMetadata/{key}?api-version=2020-01-01")).await;
    assert_eq!(metadata.status, 200);
    assert_eq!(client.arm(&format!("{base}/pricings?api-version=2024-01-01")).await.status, 200);
}

#[tokio::test]
async fn alert_lists_are_paged_by_links_on_the_same_host() {
    let client = small().await;
    client
        .practice("POST", "alerts", Some(json!({"count": 250, "subscription": "10000000-0000-4000-8000-000000000001"})))
        .await;
    let mut path = "/subscriptions/10000000-0000-4000-8000-000000000001/providers/Microsoft.Security/alerts?api-version=2022-01-01".to_owned();
    let mut seen = std::collections::BTreeSet::new();
    for page in 0.. {
        let answer = client.arm(&path).await.json();
        let items = answer["value"].as_array().unwrap();
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(next) = answer["nextLink"].as_str() else {
            assert_eq!(page, 2);
            break;
        };
        assert!(next.contains("%24skiptoken="), "{next}");
        path = next.strip_prefix("https://management.azure.com").unwrap().to_owned();
    }
    assert!(seen.len() >= 250);
    let item = client.arm(&format!("{}?api-version=2022-01-01", seen.iter().next().unwrap())).await.json();
    assert!(item["properties"]["alertDisplayName"].is_string());
}

#[tokio::test]
async fn graph_rows_are_pascal_case_and_pages_follow_each_other() {
    let client = small().await;
    client.practice("POST", "alerts", Some(json!({"count": 30, "severity": "high"}))).await;
    let first = client.query(ALERTS, json!({"$top": 20})).await.json();
    assert_eq!((first["count"].as_u64(), first["totalRecords"].as_u64()), (Some(20), Some(32)));
    let row = &first["data"][0];
    assert_eq!(row["type"], "microsoft.security/locations/alerts");
    for name in [
        "AlertDisplayName",
        "SystemAlertId",
        "Severity",
        "Status",
        "TimeGeneratedUtc",
        "ProcessingEndTimeUtc",
        "Entities",
    ] {
        assert!(row["properties"].get(name).is_some(), "{name}");
    }
    let second = client.query(ALERTS, json!({"$top": 20, "$skipToken": first["$skipToken"]})).await.json();
    assert_eq!(second["count"], 12);
    assert!(second.get("$skipToken").is_none());
    assert!(first["data"][19]["id"].as_str() < second["data"][0]["id"].as_str());
    let wrong = client.query("securityresources | were", json!({})).await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.text().contains("line 1, position 21"), "{}", wrong.text());
}

#[tokio::test]
async fn a_web_page_cannot_use_the_controls_and_nobody_orders_more_than_fits() {
    const JSON: &str = "Content-Type: application/json";
    let client = small().await;
    let before = client.practice("GET", "state", None).await.json()["counts"]["alerts"].clone();
    let order = async |headers: &[&str], body: &str| {
        client.ask("POST", "", "/_practice/alerts", headers, body.as_bytes()).await.unwrap().status
    };
    // What `fetch` with `no-cors` sends, and a form of a page on another port.
    for page in
        ["Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"]
    {
        assert_eq!(order(&[JSON, page], "{\"count\": 1}").await, 403, "{page}");
    }
    for kind in ["Content-Type: text/plain", "Content-Type: application/x-www-form-urlencoded", "Accept: */*"] {
        assert_eq!(order(&[kind], "{\"count\": 1}").await, 415, "{kind}");
    }
    assert_eq!(client.ask("DELETE", "", "/_practice/faults", &["Origin: null"], b"").await.unwrap().status, 403);
    assert_eq!(order(&[JSON], "{\"count\": 200000, \"bytes\": 2000000000}").await, 400);
    assert_eq!(order(&[JSON], "{\"count\": 200000, \"bytes\": 20000}").await, 400, "all of them together");
    assert_eq!(client.practice("GET", "state", None).await.json()["counts"]["alerts"], before);
    assert_eq!(order(&[JSON, "Sec-Fetch-Site: none"], "{\"count\": 1, \"bytes\": 20000}").await, 200);

    let everywhere = super::Options { addr: ([0, 0, 0, 0], 0).into(), ..super::options(super::Scale::Small) };
    let refused = super::start(everywhere).await.err().unwrap().to_string();
    assert!(refused.contains("loopback only"), "{refused}");
}

#[tokio::test]
async fn rows_have_what_published_events_have_and_lists_do_not() {
    let client = small().await;
    client.practice("POST", "alerts", Some(json!({"count": 200}))).await;
    let alerts = client.query(ALERTS, json!({"$top": 1000})).await.json();
    let of = |row: &Value, name: &str| row["properties"][name].clone();
    let alerts = alerts["data"].as_array().unwrap();
    assert!(alerts.iter().any(|row| of(row, "ResourceIdentifiers")[2]["agentId"].is_string()));
    let sure = alerts.iter().find(|row| !of(row, "ConfidenceLevel").is_null()).unwrap();
    assert!(of(sure, "ConfidenceScore").is_number() && of(sure, "ConfidenceReasons")[0]["reason"].is_string());
    let first = async |of: &str| -> Value {
        let query = format!("securityresources | where type =~ 'microsoft.security/{of}' | order by id asc");
        client.query(&query, json!({"$top": 1})).await.json()["data"][0].clone()
    };
    let control = first("securescores/securescorecontrols").await;
    assert!(of(&control, "definition")["properties"]["assessmentDefinitions"][0]["id"].is_string(), "{control}");
    let compliance =
        first("regulatorycompliancestandards/regulatorycompliancecontrols/regulatorycomplianceassessments").await;
    assert_eq!(of(&compliance, "scope"), "Subscription");
    assert_eq!(of(&first("assessments").await, "resourceDetails")["Source"], "Azure");
    let security = control["id"].as_str().unwrap().split("/secureScores").next().unwrap();
    let list = format!("{security}/secureScoreControls?api-version=2020-01-01");
    let plain = client.arm(&list).await.json();
    let expanded = client.arm(&format!("{list}&$expand=definition")).await.json();
    assert!(of(&plain["value"][0], "definition").is_null());
    assert_eq!(of(&expanded["value"][0], "definition")["name"], expanded["value"][0]["name"]);
}

#[tokio::test]
async fn graph_has_a_quota_and_a_size_cap() {
    let client = small().await;
    client.practice("POST", "alerts", Some(json!({"count": 9, "bytes": 2_000_000}))).await;
    let large = client.query(ALERTS, json!({"$top": 1000})).await;
    assert_eq!((large.status, large.code()), (400, "ResponsePayloadTooLarge".to_owned()));
    assert_eq!(client.query(ALERTS, json!({"$top": 4})).await.status, 200);
    client.practice("POST", "quota", Some(json!({"enabled": true}))).await;
    let mut refused = None;
    for _ in 0..16 {
        refused = Some(client.query("resources | take 1", json!({})).await);
    }
    let refused = refused.unwrap();
    assert_eq!((refused.status, refused.code()), (429, "RateLimiting".to_owned()));
    assert!(refused.head.contains("retry-after: 5") && refused.head.contains("x-ms-user-quota-remaining: 0"));
}

#[tokio::test]
async fn malformed_alerts_and_silent_changes_can_be_ordered() {
    let client = small().await;
    client.practice("POST", "alerts", Some(json!({"count": 1, "malformed": "severity"}))).await;
    client.practice("POST", "alerts", Some(json!({"count": 1, "malformed": "shape"}))).await;
    let rows = client.query(ALERTS, json!({})).await.json();
    let rows = rows["data"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["properties"]["Severity"] == "Catastrophic"));
    assert!(rows.iter().any(|row| row["properties"].is_string()));

    let query = "securityresources | where type =~ 'microsoft.security/assessments' | extend changed = todatetime(properties.status.statusChangeDate) | where changed >= datetime(2026-01-01) | order by id asc | project id, properties";
    let before = client.query(query, json!({})).await.json();
    let flipped =
        client.practice("POST", "recommendations", Some(json!({"count": 1, "change": "silent"}))).await.json();
    let after = client.query(query, json!({})).await.json();
    let find = |answer: &Value| {
        let row = answer["data"].as_array().unwrap().iter().find(|row| row["id"] == flipped["ids"][0]).unwrap();
        row["properties"]["status"].clone()
    };
    let (before, after) = (find(&before), find(&after));
    assert_ne!(before["code"], after["code"]);
    assert_eq!(before["statusChangeDate"], after["statusChangeDate"]);
}

#[tokio::test]
async fn event_hubs_checks_who_sends_and_keeps_the_order() {
    let client = small().await;
    let sas = client.sas("high");
    let path = "/defender-high/messages?timeout=60&api-version=2014-01";
    let batch = json!([{"Body": "one", "UserProperties": {"k": 1}}, {"Body": "two"}]).to_string();
    assert_eq!(client.send(path, &[&sas, BATCH], batch.as_bytes()).await.status, 201);
    let pinned = client.send("/defender-high/partitions/3/messages", &[&sas], b"{\"three\":3}").await;
    assert_eq!(pinned.status, 201);
    let bearer = client.token("https://eventhubs.azure.net").await;
    assert_eq!(client.send(path, &[&bearer], b"four").await.status, 201);
    let list = client.practice("GET", "event-hubs/siem-prod/defender-high/messages?after=0", None).await.json();
    let bodies: Vec<&str> =
        list["items"].as_array().unwrap().iter().map(|item| item["body"].as_str().unwrap()).collect();
    assert_eq!(bodies, ["one", "two", "{\"three\":3}", "four"]);
    assert_eq!((&list["items"][0]["properties"]["k"], &list["items"][2]["partition"]), (&json!(1), &json!(3)));
    let rest = client.practice("GET", "event-hubs/siem-prod/defender-high/messages?after=2&limit=1", None).await.json();
    assert_eq!((rest["items"][0]["sequence"].as_u64(), rest["next"].as_u64()), (Some(3), Some(3)));

    for (path, headers, body, status, part) in [
        (path, vec![], "x".to_owned(), 401, "MissingToken"),
        ("/none/messages", vec![sas.as_str()], "x".to_owned(), 404, "40400"),
        ("/retired-feed/messages", vec![bearer.as_str()], "x".to_owned(), 403, "disabled"),
        ("/retired-feed/messages", vec![sas.as_str()], "x".to_owned(), 401, "InvalidAudience"),
        ("/defender-high/partitions/8/messages", vec![sas.as_str()], "x".to_owned(), 400, "between 0 and 7"),
        (path, vec![sas.as_str(), BATCH], "[{\"Body\":{}}]".to_owned(), 400, "not understood"),
        (path, vec![sas.as_str()], "x".repeat(1_048_577), 413, "exceeds the limit"),
    ] {
        let answer = client.send(path, &headers, body.as_bytes()).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert!(answer.text().contains(part) && answer.text().starts_with("<Error><Code>"), "{}", answer.text());
    }
    let listen = client.sas("medium");
    let edge = |header: String| async {
        let header = header;
        client
            .ask("POST", "edge-relay.servicebus.windows.net", "/field-events/messages", &[&header], b"x")
            .await
            .unwrap()
    };
    let denied = edge(listen).await;
    assert!(denied.status == 401 && denied.text().contains("'Send' claim(s)"), "{}", denied.text());
    assert_eq!(edge(bearer).await.status, 401);
}

#[tokio::test]
async fn logs_ingestion_takes_what_the_rule_declares() {
    let client = small().await;
    let token = client.token("https://monitor.azure.com").await;
    let workspace = &client.starter["workspace"];
    let host = workspace["ingestion_host"].as_str().unwrap();
    let immutable = workspace["dcr_immutable_id"].as_str().unwrap();
    let path = format!("/dataCollectionRules/{immutable}/streams/Custom-ContinuousExportAlert?api-version=2023-01-01");
    let post = |path: String, headers: Vec<String>, body: Vec<u8>| {
        let token = token.clone();
        let client = &client;
        async move {
            let headers: Vec<&str> =
                std::iter::once(token.as_str()).chain(headers.iter().map(String::as_str)).collect();
            client.ask("POST", host, &path, &headers, &body).await.unwrap()
        }
    };
    let rows = json!([{"EventId": "e1", "Description": "d".repeat(70_000), "Unknown": 1}]).to_string().into_bytes();
    assert_eq!(post(path.clone(), vec![], rows.clone()).await.status, 204);
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut zipped, &rows).unwrap();
    assert_eq!(post(path.clone(), vec!["Content-Encoding: gzip".into()], zipped.finish().unwrap()).await.status, 204);
    assert_eq!(post(path.clone(), vec![], b"{}".to_vec()).await.code(), "InvalidPayload");
    assert_eq!(post(path.clone(), vec![], vec![b' '; 1_048_577]).await.code(), "ContentLengthLimitExceeded");
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut bomb, &vec![b' '; 2_000_000]).unwrap();
    assert_eq!(post(path.clone(), vec!["Content-Encoding: gzip".into()], bomb.finish().unwrap()).await.status, 413);
    assert_eq!(post(path.replace(immutable, "dcr-none"), vec![], b"[]".to_vec()).await.status, 404);
    assert_eq!(post(path.replace("Alert?", "Other?"), vec![], b"[]".to_vec()).await.status, 400);
    client
        .practice(
            "POST",
            "faults",
            Some(json!({"service": "ingestion", "fault": "role-revoked", "for": "30s", "share": 1})),
        )
        .await;
    assert!(post(path, vec![], b"[]".to_vec()).await.text().contains(&format!("immutable Id '{immutable}'")));

    let id = workspace["customer_id"].as_str().unwrap();
    let rows = client
        .practice("GET", &format!("workspaces/{id}/tables/ContinuousExportAlert_CL/rows?after=0"), None)
        .await
        .json();
    assert_eq!(rows["items"].as_array().unwrap().len(), 2);
    assert_eq!(rows["items"][0]["dropped_columns"], 1);
    assert_eq!(rows["items"][1]["row"]["Description"].as_str().unwrap().len(), 65_536);
}

#[tokio::test]
async fn faults_strike_until_they_are_taken_back() {
    let client = small().await;
    let fault = |service: &str, fault: &str| Some(json!({"service": service, "fault": fault, "for": "30s"}));
    let sas = client.sas("high");
    for (name, status, part) in [
        ("throttle", 503, "50004"),
        ("outage", 503, "unavailable"),
        ("expired-key", 401, "ExpiredToken"),
        ("firewall", 403, "Ip has been prevented"),
        ("disabled", 403, "currently disabled"),
        ("gone", 404, "could not be found"),
        ("html", 502, "<html>"),
    ] {
        client.practice("DELETE", "faults", None).await;
        client.practice("POST", "faults", fault("event-hubs", name)).await;
        let answer = client.send("/defender-high/messages", &[&sas], b"x").await;
        assert_eq!(answer.status, status, "{name}");
        assert!(answer.text().contains(part), "{name}: {}", answer.text());
    }
    client.practice("DELETE", "faults", None).await;
    client.practice("POST", "faults", fault("event-hubs", "reset")).await;
    assert!(client.ask("POST", HUB, "/defender-high/messages", &[&sas], b"x").await.is_none());
    client.practice("DELETE", "faults", None).await;
    client.practice("POST", "faults", fault("event-hubs", "no-partition-batches")).await;
    assert_eq!(
        client.send("/defender-high/partitions/0/messages", &[&sas, BATCH], b"[{\"Body\":\"\"}]").await.status,
        400
    );
    assert_eq!(client.send("/defender-high/messages", &[&sas, BATCH], b"[{\"Body\":\"\"}]").await.status, 201);
    client.practice("POST", "faults", fault("arm", "foreign-next-link")).await;
    let link = client.arm("/subscriptions?api-version=1").await.json()["nextLink"].clone();
    assert!(!link.as_str().unwrap().contains("management.azure.com"));
    let wrong = client.practice("POST", "faults", fault("mail", "outage")).await;
    assert!(wrong.status == 400 && wrong.text().contains("event-hubs"), "{}", wrong.text());
}
