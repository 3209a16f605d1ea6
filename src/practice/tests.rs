//! The practice Azure through its front door: over HTTP, by the hosts of the real services. Here is the client; the tests
//! stand in the modules below, by what they ask.

mod automations;
mod identity;
mod logs;
mod policy;
mod rights;
mod schema;
mod services;
mod world;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Options, Running, Scale, Table, start};

const ARM: &str = "management.azure.com";
const HUB: &str = "siem-prod.servicebus.windows.net";
const BATCH: &str = "Content-Type: application/vnd.microsoft.servicebus.json";

fn options(scale: Scale) -> Options {
    let tables = vec![Table {
        about: "alert",
        name: "ContinuousExportAlert_CL".to_owned(),
        stream: "Custom-ContinuousExportAlert".to_owned(),
        columns: vec![("TimeGenerated", "datetime"), ("EventId", "string"), ("Description", "string")],
    }];
    Options { addr: ([127, 0, 0, 1], 0).into(), seed: 7, rate: 0.0, import: None, data: None, scale, tables }
}

const ONE: &str = "/subscriptions/10000000-0000-4000-8000-000000000001";
const AUTOMATION: &str = "2023-12-01-preview";

/// Where an automation of the first small subscription is.
fn automation(name: &str) -> String {
    format!(
        "{ONE}/resourceGroups/rg-siem-prod/providers/Microsoft.Security/automations/{name}?api-version={AUTOMATION}"
    )
}

async fn company() -> Client {
    Client::of(start(options(Scale::Company)).await.unwrap()).await
}

async fn small() -> Client {
    Client::of(start(options(Scale::Small)).await.unwrap()).await
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&self.body)))
    }

    fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

struct Client {
    running: Running,
    starter: Value,
}

impl Client {
    /// Asks Resource Graph until it knows this many, at most ten seconds; answers what it says then.
    async fn query_until(&self, query: &str, count: u64) -> Value {
        for _ in 0..200 {
            let found = self.query(query, serde_json::json!({})).await.json();
            if found["count"] == count {
                return found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        self.query(query, serde_json::json!({})).await.json()
    }

    async fn of(running: Running) -> Self {
        let mut client = Self { running, starter: Value::Null };
        client.starter = client.practice("GET", "starter", None).await.json();
        client
    }

    async fn ask(&self, method: &str, host: &str, path: &str, headers: &[&str], body: &[u8]) -> Option<Answer> {
        let address = self.running.origin().trim_start_matches("http://");
        let host = if host.is_empty() { address } else { host };
        let mut stream = TcpStream::connect(address).await.unwrap();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n",
            body.len()
        );
        for header in headers {
            head.push_str(header);
            head.push_str("\r\n");
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.ok();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.ok();
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Answer { status, body: answer[end + 4..].to_vec(), head })
    }

    async fn practice(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let json = ["Content-Type: application/json"];
        self.ask(method, "", &format!("/_practice/{path}"), &json, body.as_bytes()).await.unwrap()
    }

    async fn token(&self, audience: &str) -> String {
        let text = |name: &str| self.starter[name].as_str().unwrap().to_owned();
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope={}%2F.default",
            text("client_id"),
            text("client_secret").replace('~', "%7E"),
            audience.replace(':', "%3A").replace('/', "%2F"),
        );
        let path = format!("/{}/oauth2/v2.0/token", text("tenant_id"));
        let answer = self.ask("POST", "login.microsoftonline.com", &path, &[], form.as_bytes()).await.unwrap();
        format!("Authorization: Bearer {}", answer.json()["access_token"].as_str().unwrap())
    }

    async fn arm(&self, path: &str) -> Answer {
        let token = self.token("https://management.azure.com").await;
        self.ask("GET", ARM, path, &[&token], b"").await.unwrap()
    }

    /// Any request to Resource Manager, with a body or without.
    async fn arm_send(&self, method: &str, path: &str, headers: &[&str], body: Option<&Value>) -> Answer {
        let token = self.token("https://management.azure.com").await;
        let mut all = vec![token.as_str(), "Content-Type: application/json"];
        all.extend(headers);
        let body = body.map(Value::to_string).unwrap_or_default();
        self.ask(method, ARM, path, &all, body.as_bytes()).await.unwrap()
    }

    /// The rows of a Log Analytics query, in objects.
    async fn logs(&self, query: &str) -> Vec<Value> {
        let answer = self.logs_answer(query).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let answer = answer.json();
        let table = &answer["tables"][0];
        let names: Vec<&str> =
            table["columns"].as_array().unwrap().iter().map(|column| column["name"].as_str().unwrap()).collect();
        let rows = table["rows"].as_array().unwrap().iter();
        rows.map(|row| names.iter().zip(row.as_array().unwrap()).map(|(name, cell)| (*name, cell.clone())).collect())
            .collect()
    }

    async fn logs_answer(&self, query: &str) -> Answer {
        let token = self.token("https://api.loganalytics.io").await;
        let path = format!("/v1/workspaces/{}/query", self.starter["workspace"]["customer_id"].as_str().unwrap());
        let body = json!({"query": query}).to_string();
        self.ask("POST", "api.loganalytics.azure.com", &path, &[&token], body.as_bytes()).await.unwrap()
    }

    async fn query(&self, query: &str, options: Value) -> Answer {
        let token = self.token("https://management.azure.com").await;
        let body = json!({"query": query, "options": options}).to_string();
        let path = "/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01";
        self.ask("POST", ARM, path, &[&token], body.as_bytes()).await.unwrap()
    }

    /// An Authorization header for one of the starter's hubs.
    fn sas(&self, hub: &str) -> String {
        let hub = &self.starter["hubs"][hub];
        let text = |name: &str| hub[name].as_str().unwrap();
        let resource = format!("https%3a%2f%2f{}%2f{}", text("namespace"), text("hub"));
        let expiry = super::state::clock().as_second() + 300;
        let mac = Hmac::<sha2::Sha256>::new_from_slice(text("key").as_bytes()).unwrap();
        let mac = mac.chain_update(format!("{resource}\n{expiry}")).finalize().into_bytes();
        let signature = STANDARD.encode(mac).replace('+', "%2b").replace('/', "%2f").replace('=', "%3d");
        format!(
            "Authorization: SharedAccessSignature sr={resource}&sig={signature}&se={expiry}&skn={}",
            text("key_name")
        )
    }

    async fn send(&self, path: &str, headers: &[&str], body: &[u8]) -> Answer {
        self.ask("POST", HUB, path, headers, body).await.unwrap()
    }
}

const ALERTS: &str = "securityresources | where type =~ 'microsoft.security/locations/alerts' | order by id asc | project id, name, type, tenantId, subscriptionId, resourceGroup, location, properties";
