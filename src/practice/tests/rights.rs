//! Permissions, revoked roles, states of subscriptions, registrations.

use serde_json::{Value, json};

use super::*;

async fn subscription(client: &Client, name: &str) -> String {
    let query = format!(
        "resourcecontainers | where type =~ 'microsoft.resources/subscriptions' | where name == '{name}' | project id"
    );
    client.query(&query, json!({})).await.json()["data"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_reader_may_not_write_and_is_told_so_in_azures_words() {
    let client = company().await;
    let corporate = subscription(&client, "Corporate IT").await;
    let entries = client
        .arm(&format!("{corporate}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01"))
        .await
        .json();
    assert_eq!(
        entries["value"],
        json!([{"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []}])
    );
    let path = format!(
        "{corporate}/resourceGroups/rg-directory-prod/providers/Microsoft.Security/automations/office-both?api-version={AUTOMATION}"
    );
    let denied = client.arm_send("DELETE", &path, &[], None).await;
    assert_eq!((denied.status, denied.code()), (403, "AuthorizationFailed".to_owned()));
    assert!(
        denied.text().contains(
            "does not have authorization to perform action 'Microsoft.Security/automations/delete' over scope"
        )
    );
    let other = subscription(&client, "Grid Control").await;
    let usual = client
        .arm(&format!(
            "{other}/resourceGroups/any/providers/Microsoft.Authorization/permissions?api-version=2022-04-01"
        ))
        .await
        .json();
    assert!(usual["value"].as_array().unwrap().iter().any(|entry| !entry["notActions"].as_array().unwrap().is_empty()));
}

#[tokio::test]
async fn a_revoked_role_hides_the_subscription_everywhere() {
    let client = small().await;
    client.practice("POST", "alerts", Some(json!({"count": 3, "subscription": &ONE[15..]}))).await;
    let all = client.query(ALERTS, json!({})).await.json()["totalRecords"].as_u64().unwrap();
    client.practice("POST", "permissions", Some(json!({"subscription": &ONE[15..], "entries": []}))).await;
    let denied = client.arm(&format!("{ONE}/providers/Microsoft.Security/alerts?api-version=2022-01-01")).await;
    assert_eq!((denied.status, denied.code()), (403, "AuthorizationFailed".to_owned()));
    assert!(client.query(ALERTS, json!({})).await.json()["totalRecords"].as_u64().unwrap() <= all - 3);
    assert_eq!(client.arm("/subscriptions?api-version=2022-12-01").await.json()["value"].as_array().unwrap().len(), 1);
    let back = json!({"subscription": &ONE[15..], "entries": [{"actions": ["*/read", "Microsoft.Security/*"], "notActions": ["*/delete"]}]});
    assert_eq!(client.practice("POST", "permissions", Some(back)).await.status, 200);
    assert_eq!(client.arm("/subscriptions?api-version=2022-12-01").await.json()["value"].as_array().unwrap().len(), 2);
    assert_eq!(client.arm_send("DELETE", &automation("a"), &[], None).await.status, 403);
}

#[tokio::test]
async fn a_disabled_subscription_is_read_only() {
    let client = small().await;
    let set =
        client.practice("POST", "subscriptions/state", Some(json!({"id": &ONE[15..], "state": "disabled"}))).await;
    assert_eq!(set.json()["state"], "Disabled");
    assert_eq!(client.arm(&format!("{ONE}?api-version=2022-12-01")).await.json()["state"], "Disabled");
    let refused = client.arm_send("DELETE", &automation("a"), &[], None).await;
    assert_eq!((refused.status, refused.code()), (409, "ReadOnlyDisabledSubscription".to_owned()));
}

#[tokio::test]
async fn a_provider_is_registered_before_it_is_written_to() {
    let client = company().await;
    let sandbox = subscription(&client, "Sandbox").await;
    let provider = format!("{sandbox}/providers/Microsoft.Security?api-version=2021-04-01");
    assert_eq!(client.arm(&provider).await.json()["registrationState"], "NotRegistered");
    let hubs = client.arm(&provider.replace("Security", "EventHub")).await.json();
    assert_eq!(hubs["registrationState"], "Registered");
    let path =
        format!("{sandbox}/resourceGroups/x/providers/Microsoft.Security/automations/a?api-version={AUTOMATION}");
    let refused = client.arm_send("PUT", &path, &[], Some(&json!({}))).await;
    assert_eq!((refused.status, refused.code()), (409, "MissingSubscriptionRegistration".to_owned()));
    let register = provider.replace("Security?", "Security/register?");
    assert_eq!(client.arm_send("POST", &register, &[], None).await.json()["registrationState"], "Registering");
    assert_ne!(client.arm(&provider).await.json()["registrationState"], "NotRegistered");
}

#[tokio::test]
async fn faults_of_resource_manager_have_its_shapes() {
    let client = small().await;
    let fault = |name: &str| Some(json!({"service": "arm", "fault": name, "for": "30s"}));
    let path = "/subscriptions?api-version=2022-12-01";
    for (name, status, code, head) in [
        ("conflict", 409, "Conflict", "x-ms-request-id: "),
        ("wrong-tenant", 401, "InvalidAuthenticationTokenTenant", "authorization_uri="),
        ("throttle", 429, "TooManyRequests", "x-ms-ratelimit-remaining-subscription-reads: 0"),
    ] {
        client.practice("DELETE", "faults", None).await;
        client.practice("POST", "faults", fault(name)).await;
        let answer = client.arm(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{name}");
        assert!(answer.head.contains(head), "{name}: {}", answer.head);
    }
    client.practice("DELETE", "faults", None).await;
    let whole = client.arm(path).await.body.len();
    client.practice("POST", "faults", fault("truncated")).await;
    let cut = client.arm(path).await;
    assert!(cut.head.contains(&format!("content-length: {whole}")) && cut.body.len() < whole, "{}", cut.head);
    let defender = client
        .arm_send(
            "GET",
            &format!("{ONE}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01"),
            &[],
            None,
        )
        .await;
    assert_eq!(defender.status, 200);
}

#[tokio::test]
async fn defender_may_send_where_its_role_is_assigned() {
    let client = company().await;
    let all: Value = client.arm("/providers/Microsoft.Management/managementGroups/ald-edge/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01").await.json();
    assert_eq!(all["value"].as_array().unwrap().len(), 1);
    let owner = subscription(&client, "Security Operations").await;
    let of_owner = client
        .arm(&format!("{owner}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01"))
        .await
        .json();
    let principal = of_owner["value"][0]["properties"]["principalId"].as_str().unwrap();
    let hub = client.starter["hubs"]["high"]["resource_id"].as_str().unwrap().replace("defender-high", "defender-all");
    let filtered = client.arm(&format!("{hub}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=principalId%20eq%20'{principal}'")).await.json();
    assert!(
        filtered["value"][0]["properties"]["roleDefinitionId"]
            .as_str()
            .unwrap()
            .ends_with("2b629674-e913-4c01-ae53-ef4638d8f975")
    );
}
