//! Every identity signs in at the practice Azure; what goes wrong there is named, waited out where that helps, and over when
//! its cause is.

use super::harness::small_practice;
use azure::{Arm, Asker, AzureError, Cloud, Credential, Http, HttpOptions, Identity};
use console::Starter;
use secrecy::SecretString;
use serde_json::json;
use std::{path::PathBuf, time::Duration};

/// A certificate made for the test, good for years or until a day.
pub(super) fn certificate(folder: &std::path::Path, until: Option<jiff::Timestamp>) -> PathBuf {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let mut wanted = rcgen::CertificateParams::new(vec!["console.example".to_owned()]).unwrap();
    if let Some(until) = until {
        let day = until.to_zoned(jiff::tz::TimeZone::UTC).date();
        let (month, of_month) = (day.month().unsigned_abs(), day.day().unsigned_abs());
        wanted.not_after = rcgen::date_time_ymd(day.year().into(), month, of_month);
    }
    let file = folder.join("console.pem");
    std::fs::write(&file, format!("{}{}", key.serialize_pem(), wanted.self_signed(&key).unwrap().pem())).unwrap();
    file
}

fn arm(identity: &Identity, http: &Http) -> (Arm, Credential) {
    let credential = Credential::new(identity, http).unwrap();
    (Arm::new(Asker::new(http.clone(), credential.clone())), credential)
}

async fn fault(origin: &str, service: &str, fault: &str, length: &str) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let body = json!({"service": service, "fault": fault, "for": length});
    assert!(client.post(format!("{origin}/_practice/faults")).json(&body).send().await.unwrap().status().is_success());
}

async fn no_faults(origin: &str) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(client.delete(format!("{origin}/_practice/faults")).send().await.unwrap().status().is_success());
}

async fn practice() -> (practice::Running, Http, Starter) {
    let running = small_practice(None).await;
    let http = Http::new(
        Cloud::public(),
        HttpOptions { practice: Some(running.origin().parse().unwrap()), ..HttpOptions::default() },
    )
    .unwrap();
    let starter: Starter = http.practice_starter().await.unwrap();
    (running, http, starter)
}

fn secret(starter: &Starter) -> Identity {
    Identity::ClientSecret {
        tenant: starter.tenant_id.clone(),
        client_id: starter.client_id.clone(),
        secret: SecretString::from(starter.client_secret.as_str()),
    }
}

#[tokio::test]
async fn every_identity_reads_the_subscriptions_and_says_who_it_is() {
    let (running, http, starter) = practice().await;
    let folder = tempfile::tempdir().unwrap();
    let token_file = folder.path().join("token");
    // A federated token is another issuer's: three parts, the middle one with its issuer.
    std::fs::write(&token_file, "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIn0.c2ln").unwrap();
    let (tenant, client_id) = (starter.tenant_id.clone(), starter.client_id.clone());
    let identities = [
        secret(&starter),
        Identity::ClientCertificate {
            tenant: tenant.clone(),
            client_id: client_id.clone(),
            file: certificate(folder.path(), None),
        },
        Identity::Workload { tenant: tenant.clone(), client_id: client_id.clone(), token_file },
        Identity::Managed { tenant: tenant.clone(), client_id: None },
        Identity::Managed { tenant: tenant.clone(), client_id: Some(client_id) },
    ];
    for identity in &identities {
        let (arm, credential) = arm(identity, &http);
        assert!(credential.facts().is_none(), "nothing is asked before it is needed");
        assert_eq!(arm.subscriptions().await.unwrap().len(), 2, "{}", identity.describe());
        let facts = credential.facts().unwrap();
        assert_eq!(facts.tenant.as_deref(), Some(tenant.as_str()), "{}", identity.describe());
        assert!(facts.object_id.is_some() && facts.expires_at.is_some(), "{facts:?}");
    }
    // A managed identity's tokens are of its machine's tenant: another one's name on what they read would be wrong.
    let other = Identity::Managed { tenant: "0ab1c2d3-0000-4000-8000-000000000002".to_owned(), client_id: None };
    let said = arm(&other, &http).0.subscriptions().await.unwrap_err().sentence();
    assert!(said.contains(&tenant) && said.contains("0ab1c2d3"), "{said}");
    running.stop().await;
}

#[tokio::test]
async fn what_passes_is_waited_out_and_what_does_not_is_named() {
    let (running, http, starter) = practice().await;
    let (arm, _) = arm(&secret(&starter), &http);
    arm.subscriptions().await.unwrap();
    fault(running.origin(), "arm", "outage", "400ms").await;
    assert_eq!(arm.subscriptions().await.unwrap().len(), 2, "a short outage is not even seen");
    for (name, status, code) in [("wrong-tenant", 401, "InvalidAuthenticationTokenTenant"), ("conflict", 409, "")] {
        fault(running.origin(), "arm", name, "1m").await;
        let error = arm.subscriptions().await.unwrap_err();
        let fault = error.fault().unwrap();
        assert_eq!(fault.status, status, "{error}");
        assert!(fault.code.as_deref().unwrap_or_default().contains(code), "{error}");
        assert!(error.told().contains("(request "), "support can find it: {fault:?}");
        no_faults(running.origin()).await;
    }
    for name in ["truncated", "html", "garbage"] {
        fault(running.origin(), "arm", name, "1m").await;
        let error = arm.subscriptions().await.unwrap_err();
        let is_named = matches!(error, AzureError::Unreachable { .. } | AzureError::Shape { .. })
            || error.fault().is_some_and(|fault| fault.status == 502 && !fault.message.contains('<'));
        assert!(is_named, "{name}: {error}");
        no_faults(running.origin()).await;
    }
    assert_eq!(arm.subscriptions().await.unwrap().len(), 2, "it is over when its cause is");
    running.stop().await;
}

#[tokio::test]
async fn a_certificate_that_ended_is_called_that_and_no_secret_is_in_what_is_said() {
    let (running, http, starter) = practice().await;
    fault(running.origin(), "token", "certificate-expired", "1m").await;
    let (arm, _) = arm(&secret(&starter), &http);
    let error = tokio::time::timeout(Duration::from_mins(1), arm.subscriptions()).await.unwrap().unwrap_err();
    let said = error.sentence();
    assert!(matches!(error, AzureError::Token { .. }) && said.contains("AADSTS700027"), "{said}");
    assert!(!said.contains(&starter.client_secret), "{said}");
    running.stop().await;
}
