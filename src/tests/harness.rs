//! A whole console in one process: practice Azure on a port, store in a temporary folder, watcher and engine running, the
//! real router called without a socket.

use super::queries;
use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use azure::Arm;
use console::Console;
use continuous_export::{
    assemble::{App, Listen, Overrides},
    config::{Length, ServeFlags, TenantSettings},
};
use domain::text::chain;
use serde_json::{Value, json};
use std::{path::Path, time::Duration};
use store::{OpenOptions, Store};
use tower::ServiceExt;

/// Long enough for anything that happens at all; tests wait for facts, not for time.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) struct Harness {
    pub(super) store: Store,
    pub(super) console: Console,
    pub(super) arm: Arm,
    pub(super) origin: String,
    pub(super) app: App,
    cookie: String,
    practice: Option<practice::Running>,
    /// Removed when the harness goes.
    folder: Option<tempfile::TempDir>,
    client: reqwest::Client,
}

/// The settings of a console that looks again every moment, on a folder and the practice Azures at these origins.
pub(super) fn settings(folder: &Path, origins: &[&str]) -> ServeFlags {
    let length = |millis| Some(Length(Duration::from_millis(millis)));
    let further =
        |origin: &&str| TenantSettings { practice_url: Some((*origin).to_owned()), ..TenantSettings::default() };
    ServeFlags {
        practice_url: Some(origins[0].to_owned()),
        tenants: origins[1..].iter().map(further).collect(),
        data: Some(folder.to_owned()),
        public_url: Some("http://console.test".to_owned()),
        poll_interval: length(150),
        sweep_interval: length(600),
        // Checks run when a test asks for them.
        health_interval: Some(Length(Duration::from_hours(1))),
        ..ServeFlags::default()
    }
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: axum::http::HeaderMap,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        let value = serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {}", self.text));
        queries::note_printed(&value);
        value
    }
}

/// A practice Azure with two subscriptions, no stream and no quota.
pub(super) async fn small_practice(data: Option<&Path>) -> practice::Running {
    practice_of(5, data).await
}

/// The same of another seed: another tenant with other subscriptions.
pub(super) async fn practice_of(seed: u64, data: Option<&Path>) -> practice::Running {
    practice::start(practice::Options {
        addr: ([127, 0, 0, 1], 0).into(),
        seed,
        rate: 0.0,
        import: None,
        data: data.map(Path::to_owned),
        scale: practice::Scale::Small,
        tables: continuous_export::assemble::practice_tables(),
    })
    .await
    .unwrap()
}

impl Harness {
    /// Everything fresh; baseline complete; signed in.
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let practice = small_practice(None).await;
        let origin = practice.origin().to_owned();
        let mut harness = Self::on(folder.path(), &origin).await;
        harness.practice = Some(practice);
        harness.folder = Some(folder);
        harness.until("the baseline is complete", async |h| h.store.baseline_is_complete().await.unwrap()).await;
        harness
    }

    /// On a data folder and a practice Azure that are there already.
    pub(super) async fn on(folder: &Path, origin: &str) -> Self {
        Self::on_tenants(folder, &[origin]).await
    }

    /// The same after a crash: the lock of a store that was closed is let go a moment later.
    pub(super) async fn reopen(folder: &Path, origin: &str) -> Self {
        let options = OpenOptions::of(folder);
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            match Store::open(&options).await {
                Ok(store) => break store.close().await,
                Err(error) => assert!(tokio::time::Instant::now() < deadline, "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Self::on(folder, origin).await
    }

    /// The same with a tenant at each of these practice Azures; the first is the store's.
    pub(super) async fn on_tenants(folder: &Path, origins: &[&str]) -> Self {
        Self::started(settings(folder, origins)).await
    }

    /// The same, with these settings.
    pub(super) async fn started(settings: ServeFlags) -> Self {
        let overrides =
            Overrides { listen: Listen::Nowhere, transport: Some(queries::noting()), ..Overrides::default() };
        let app = App::assemble(&settings, overrides).await.unwrap_or_else(|error| panic!("{}", chain(error.as_ref())));
        let mut harness = Self {
            store: app.store.clone(),
            console: app.console.clone(),
            arm: app.azure.tenants.first().arm().clone(),
            origin: settings.practice_url.unwrap(),
            app,
            cookie: String::new(),
            practice: None,
            folder: None,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
        };
        harness.sign_in().await;
        harness
    }

    async fn sign_in(&mut self) {
        let token = self.console.make_sign_in_token().await.unwrap();
        let answer = self.anonymous(Method::GET, &format!("/sign-in/{token}"), None).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let cookie = answer.headers.get(header::SET_COOKIE).unwrap().to_str().unwrap();
        cookie.split(';').next().unwrap().clone_into(&mut self.cookie);
    }

    /// A request without a session.
    pub(super) async fn anonymous(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.send(method, path, body, &[]).await
    }

    /// A request of the signed-in person.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut all = vec![("cookie", self.cookie.as_str())];
        all.extend(headers);
        self.send(method, path, body, &all).await
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None, &[]).await
    }

    /// The same under the name of another host.
    pub(super) async fn get_at(&self, host: &str, path: &str) -> Answer {
        let request = Request::builder().uri(path).header(header::HOST, host).header(header::COOKIE, &self.cookie);
        self.answer(request.body(Body::empty()).unwrap()).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::POST, path, Some(body), &[]).await
    }

    /// Submits a form as a browser without JavaScript does.
    pub(super) async fn submit(&self, path: &str, form: &str) -> Answer {
        self.submit_on("/", path, form).await
    }

    /// The same on this page.
    pub(super) async fn submit_on(&self, page: &str, path: &str, form: &str) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::HOST, "console.test")
            .header(header::COOKIE, &self.cookie)
            .header(header::ACCEPT, "text/html")
            .header(header::REFERER, format!("http://console.test{page}"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap();
        self.answer(request).await
    }

    /// Submits an empty form as a browser without JavaScript does whose session ended.
    pub(super) async fn form_of_nobody(&self, path: &str) -> Answer {
        self.send(Method::POST, path, None, &[("accept", "text/html")]).await
    }

    /// Submits a form as a stranger's browser does.
    pub(super) async fn form(&self, path: &str, form: &str) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::HOST, "console.test")
            .header(header::ORIGIN, "null")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap();
        self.answer(request).await
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "console.test");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some(json) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(json.to_string())
            }
            None => Body::empty(),
        };
        self.answer(request.body(body).unwrap()).await
    }

    async fn answer(&self, mut request: Request<Body>) -> Answer {
        let peer = std::net::SocketAddr::from(([192, 0, 2, 7], 40_000));
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        let response = self.app.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// Asks the practice Azure's own endpoints.
    pub(super) async fn practice(&self, method: Method, path: &str, body: Value) -> Value {
        let mut request = self.client.request(method.clone(), format!("{}/_practice/{path}", self.origin));
        if method == Method::POST {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {} {}", response.status(), response.text().await.unwrap());
        response.json().await.unwrap_or_default()
    }

    pub(super) async fn alerts(&self, count: u32, severity: &str) -> Value {
        self.practice(Method::POST, "alerts", json!({"count": count, "severity": severity})).await
    }

    pub(super) async fn fault(&self, service: &str, fault: &str) {
        self.practice(Method::POST, "faults", json!({"service": service, "fault": fault, "for": "10m"})).await;
    }

    pub(super) async fn no_faults(&self) {
        self.practice(Method::DELETE, "faults", Value::Null).await;
    }

    /// Messages a practice event hub has received: the starter's `high` or `medium`.
    pub(super) async fn messages(&self, which: &str) -> Vec<Value> {
        let starter = self.practice(Method::GET, "starter", Value::Null).await;
        let hub = &starter["hubs"][which];
        let (namespace, name) = (hub["namespace"].as_str().unwrap(), hub["hub"].as_str().unwrap());
        let path = format!("event-hubs/{}/{name}/messages?limit=10000", namespace.split('.').next().unwrap());
        self.practice(Method::GET, &path, Value::Null).await["items"].as_array().unwrap().clone()
    }

    /// Rows a practice workspace has received.
    pub(super) async fn rows(&self, table: &str) -> Vec<Value> {
        let starter = self.practice(Method::GET, "starter", Value::Null).await;
        let id = starter["workspace"]["customer_id"].as_str().unwrap().to_owned();
        self.practice(Method::GET, &format!("workspaces/{id}/tables/{table}/rows?limit=10000"), Value::Null).await["items"]
            .as_array()
            .unwrap()
            .clone()
    }

    pub(super) async fn overview(&self) -> Value {
        self.get("/api/v1/overview").await.json()
    }

    /// Decisions equal the sum of the outcomes, for all and for each export, and the counters equal a recount.
    pub(super) async fn books_balance(&self) {
        // Deliveries go on: what is compared was read while none was settled.
        let mut overview = self.overview().await;
        let recount = loop {
            let recount = self.store.recount().await.unwrap();
            let after = self.overview().await;
            if std::mem::replace(&mut overview, after) == overview {
                break recount;
            }
        };
        let sum = |of: &Value| of.as_object().unwrap().values().map(|n| n.as_i64().unwrap()).sum::<i64>();
        assert_eq!(overview["seen"], sum(&overview["outcomes"]), "{overview}");
        for export in overview["exports"].as_array().unwrap() {
            assert_eq!(export["seen"], sum(&export["outcomes"]), "{export}");
        }
        for (export, outcome, n) in recount {
            let rows = overview["exports"].as_array().unwrap();
            let counted = rows.iter().find(|row| row["id"] == export.as_str()).unwrap();
            assert_eq!(counted["outcomes"][outcome.as_str()], json!(n), "{export} {outcome}");
        }
    }

    /// Waits until something is true.
    pub(super) async fn until(&self, what: &str, mut is: impl AsyncFnMut(&Self) -> bool) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !is(self).await {
            if tokio::time::Instant::now() >= deadline {
                let subscriptions = self.get("/api/v1/subscriptions").await.text;
                panic!("waited in vain until {what}\n{}\n{subscriptions}", self.overview().await);
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }

    /// Waits until an export has this many events of an outcome.
    pub(super) async fn until_outcome(&self, export: &str, outcome: &str, n: i64) {
        let what = format!("{export} has {n} {outcome}");
        self.until(&what, async |h| h.outcome(export, outcome).await == n).await;
    }

    pub(super) async fn outcome(&self, export: &str, outcome: &str) -> i64 {
        let overview = self.overview().await;
        let rows = overview["exports"].as_array().unwrap();
        rows.iter().find(|row| row["name"] == export).map_or(0, |row| row["outcomes"][outcome].as_i64().unwrap())
    }

    /// Ends watcher and engine as a stop does; a practice Azure of its own and the folder stay as long as the test.
    pub(super) async fn stop(self) {
        let panicked: Vec<_> = self.console.tasks().into_iter().filter(|task| task.panics > 0).collect();
        assert!(panicked.is_empty(), "{panicked:?}");
        self.app.stop().await;
    }

    /// Ends everything at once, as a crash does: nothing is settled any more.
    pub(super) async fn crash(self) {
        self.app.crash().await;
    }
}
