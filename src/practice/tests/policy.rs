//! Policy assignments, compliance and remediation.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn the_companys_assignment_misses_one_subscription() {
    let client = company().await;
    let edge = "/providers/Microsoft.Management/managementGroups/ald-edge";
    let list = client
        .arm(&format!("{edge}/providers/Microsoft.Authorization/policyAssignments?api-version=2022-06-01"))
        .await
        .json();
    let assignment = &list["value"][0];
    let definition = assignment["properties"]["policyDefinitionId"].as_str().unwrap();
    let definition = client.arm(&format!("{definition}?api-version=2021-06-01")).await.json();
    assert_eq!(definition["properties"]["metadata"]["version"], "4.2.0");
    let summarize =
        format!("{edge}/providers/Microsoft.PolicyInsights/policyStates/latest/summarize?api-version=2019-10-01");
    let summary = client.arm_send("POST", &summarize, &[], None).await.json();
    assert_eq!(summary["value"][0]["results"]["nonCompliantResources"], 1);
    let states = summarize.replace("summarize?", "queryResults?$filter=ComplianceState%20eq%20'NonCompliant'&");
    let states = client.arm_send("POST", &states, &[], None).await.json();
    assert_eq!((states["@odata.count"].as_u64(), &states["value"][0]["isCompliant"]), (Some(1), &json!(false)));
}

#[tokio::test]
async fn a_remediation_deploys_where_the_identity_may() {
    let client = small().await;
    let workspace = client.starter["workspace"]["resource_id"].clone();
    let base = format!("{ONE}/providers/Microsoft.Authorization");
    let path = format!("{base}/policyAssignments/export?api-version=2022-06-01");
    let body = json!({
        "location": "westeurope", "identity": {"type": "SystemAssigned"},
        "properties": {
            "displayName": "Export", "policyDefinitionId": "/providers/Microsoft.Authorization/policyDefinitions/ffb6f416-7bd2-4488-8828-56585fef2be9",
            "parameters": {
                "resourceGroupName": {"value": "rg-by-policy"}, "resourceGroupLocation": {"value": "westeurope"},
                "exportedDataTypes": {"value": ["Security alerts"]}, "isSecurityFindingsEnabled": {"value": false},
                "workspaceResourceId": {"value": workspace},
            },
        },
    });
    let assignment = client.arm_send("PUT", &path, &[], Some(&body)).await;
    assert_eq!(assignment.status, 201, "{}", assignment.text());
    let assignment = assignment.json();
    let principal = assignment["identity"]["principalId"].as_str().unwrap();
    let remediate = async |name: &str| -> Value {
        let path = format!("{ONE}/providers/Microsoft.PolicyInsights/remediations/{name}?api-version=2021-10-01");
        let body = json!({"properties": {"policyAssignmentId": assignment["id"]}});
        let started = client.arm_send("PUT", &path, &[], Some(&body)).await;
        assert_eq!((started.status, &started.json()["properties"]["provisioningState"]), (201, &json!("Evaluating")));
        for _ in 0..200 {
            let now = client.arm(&path).await.json()["properties"].clone();
            if now["provisioningState"] != "Evaluating" && now["provisioningState"] != "InProgress" {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the remediation does not end")
    };
    let failed = remediate("first").await;
    assert_eq!(
        (&failed["provisioningState"], &failed["deploymentStatus"]["failedDeployments"]),
        (&json!("Failed"), &json!(1))
    );
    let role = json!({"properties": {"principalId": principal, "principalType": "ServicePrincipal", "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"}});
    let role_path = format!("{base}/roleAssignments/11111111-1111-4111-8111-111111111111?api-version=2022-04-01");
    assert_eq!(client.arm_send("PUT", &role_path, &[], Some(&role)).await.status, 201);
    assert_eq!(client.arm_send("PUT", &role_path, &[], Some(&role)).await.code(), "RoleAssignmentExists");
    let done = remediate("second").await;
    assert_eq!(
        (&done["provisioningState"], &done["deploymentStatus"]["successfulDeployments"]),
        (&json!("Succeeded"), &json!(1))
    );
    let made = automation("ExportToWorkspace").replace("rg-siem-prod", "rg-by-policy");
    let made = client.arm(&made).await.json();
    assert_eq!(made["properties"]["actions"][0]["workspaceResourceId"], workspace);
    assert_eq!(made["properties"]["sources"][0]["ruleSets"][0]["rules"][0]["expectedValue"], "high");
    let third =
        format!("{ONE}/providers/Microsoft.PolicyInsights/policyStates/latest/summarize?api-version=2019-10-01");
    let summary = client.arm_send("POST", &third, &[], None).await.json();
    assert_eq!(summary["value"][0]["results"]["nonCompliantResources"], 0);
    assert_eq!(client.arm_send("DELETE", &path, &[], None).await.status, 200);
    assert_eq!(client.arm(&path).await.status, 404);
}
