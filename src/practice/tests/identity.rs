//! Tokens of other sorts, and the description of the cloud.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::*;

fn jwt(header: &Value, claims: &Value) -> String {
    let piece = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2ln", piece(header), piece(claims))
}

#[tokio::test]
async fn access_tokens_can_be_read_by_their_holder() {
    let client = small().await;
    let token = client.token("https://management.azure.com").await;
    let claims = token.split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["tid"], client.starter["tenant_id"]);
    assert_eq!(claims["appid"], client.starter["client_id"]);
    assert!(claims["oid"].is_string() && claims["exp"].as_i64() > claims["iat"].as_i64());
}

#[tokio::test]
async fn certificates_and_federated_tokens_sign_in() {
    let client = small().await;
    let tenant = client.starter["tenant_id"].as_str().unwrap();
    let own = client.starter["client_id"].as_str().unwrap();
    let path = format!("/{tenant}/oauth2/v2.0/token");
    let ask = async |assertion: &str| {
        let form = format!(
            "grant_type=client_credentials&client_id={own}&scope=https%3A%2F%2Fmanagement.azure.com%2F.default&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion={assertion}"
        );
        client.ask("POST", "login.microsoftonline.com", &path, &[], form.as_bytes()).await.unwrap()
    };
    let audience = format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token");
    let claims = |exp: i64| json!({"iss": own, "sub": own, "aud": audience, "exp": exp});
    assert_eq!(ask(&jwt(&json!({"alg": "PS256", "x5t#S256": "aa"}), &claims(4_000_000_000))).await.status, 200);
    assert!(ask(&jwt(&json!({"alg": "PS256", "x5t": "aa"}), &claims(1))).await.text().contains("AADSTS700027"));
    assert_eq!(ask(&jwt(&json!({"alg": "PS256"}), &claims(4_000_000_000))).await.status, 401);
    let federated = json!({"iss": "https://kubernetes.example", "sub": "system:serviceaccount:soc:console", "aud": "api://AzureADTokenExchange"});
    assert_eq!(ask(&jwt(&json!({"alg": "RS256"}), &federated)).await.status, 200);
    assert_eq!(ask("nonsense").await.status, 401);
    client
        .practice("POST", "faults", Some(json!({"service": "token", "fault": "certificate-expired", "for": "30s"})))
        .await;
    assert!(
        ask(&jwt(&json!({"alg": "PS256", "x5t": "aa"}), &claims(4_000_000_000))).await.text().contains("AADSTS700027")
    );
}

#[tokio::test]
async fn a_machine_signs_in_as_itself() {
    let client = small().await;
    let path = "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/";
    assert_eq!(client.ask("GET", "169.254.169.254", path, &[], b"").await.unwrap().status, 400);
    let token = client.ask("GET", "169.254.169.254", path, &["Metadata: true"], b"").await.unwrap().json();
    assert!(token["expires_on"].as_str().unwrap().parse::<i64>().is_ok());
    let bearer = format!("Authorization: Bearer {}", token["access_token"].as_str().unwrap());
    assert_eq!(
        client.ask("GET", ARM, "/subscriptions?api-version=2022-12-01", &[&bearer], b"").await.unwrap().status,
        200
    );
    let other = client
        .ask("GET", "", &format!("{}&client_id=x", path.trim_start_matches("/metadata")), &["Metadata: true"], b"")
        .await
        .unwrap();
    assert_eq!((other.status, other.json()["error_description"].as_str()), (400, Some("Identity not found")));
}

#[tokio::test]
async fn the_cloud_describes_itself_without_a_token() {
    let client = small().await;
    let cloud = client.ask("GET", ARM, "/metadata/endpoints?api-version=2022-09-01", &[], b"").await.unwrap().json();
    assert_eq!(cloud["authentication"]["loginEndpoint"], "https://login.microsoftonline.com");
    assert!(cloud["suffixes"].is_object() && cloud["resourceManager"].is_string());
    let list = client.ask("GET", "", "/metadata/endpoints?api-version=2020-06-01", &[], b"").await.unwrap().json();
    assert_eq!(list[0]["resourceManager"], client.running.origin());
}
