//! Processes of the program for benchmarks: the practice Azure and the console, each of its own, over loopback.

#![allow(dead_code, reason = "no benchmark needs all of it")]

use serde_json::{Value, json};
use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// One run of the program; it ends with this.
pub struct Process {
    child: Child,
    /// What it wrote when it was ready.
    pub facts: Value,
    /// How long it took to be ready.
    pub took: Duration,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    fn start(arguments: &[&str], ready: &Path) -> Self {
        let _ = std::fs::remove_file(ready);
        let began = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_continuous-export"))
            .args(arguments)
            .arg("--ready-file")
            .arg(ready)
            .env("RUST_LOG", "warn")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut process = Self { child, facts: Value::Null, took: Duration::ZERO };
        while !ready.exists() {
            std::thread::sleep(Duration::from_millis(10));
            assert!(began.elapsed() < Duration::from_mins(3), "{arguments:?} is not ready");
        }
        process.took = began.elapsed();
        process.facts = serde_json::from_str(&std::fs::read_to_string(ready).unwrap()).unwrap();
        process
    }

    /// Resident memory in megabytes.
    pub fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or("VmRSS: 0 kB");
        line.split_whitespace().nth(1).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default() / 1000.0
    }
}

/// A practice Azure with its quota off, and a data folder for consoles that use it one after the other.
pub struct Rig {
    folder: tempfile::TempDir,
    /// Asks neither a proxy nor where it is sent on to.
    pub client: reqwest::Client,
    /// The practice Azure.
    pub practice: Process,
}

impl Rig {
    /// Starts the practice Azure.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let practice = Process::start(&["practice", "--rate", "0"], &folder.path().join("practice.json"));
        let rig = Self { folder, client, practice };
        rig.order("quota", json!({"enabled": false})).await;
        rig
    }

    fn azure(&self) -> &str {
        self.practice.facts["practice"].as_str().unwrap()
    }

    /// Asks something of the practice Azure's own endpoints.
    pub async fn order(&self, path: &str, body: Value) {
        let url = format!("{}/_practice/{path}", self.azure());
        assert!(self.client.post(url).json(&body).send().await.unwrap().status().is_success(), "{path}");
    }

    /// Starts a console and signs in.
    pub async fn console(&self) -> Console {
        let data = self.folder.path().join("data").display().to_string();
        let flags = ["serve", "--practice-url", self.azure(), "--addr", "127.0.0.1:0", "--data", &data];
        let pace = ["--poll-interval", "200ms", "--sweep-interval", "1h"];
        // Nothing here runs scripts: a file that is there is enough.
        let site = self.folder.path().join("site");
        std::fs::create_dir_all(site.join("pkg")).unwrap();
        std::fs::write(site.join("pkg/continuous-export.js"), "").unwrap();
        let site = ["--site", site.to_str().unwrap()];
        let process =
            Process::start(&[&flags[..], &pace[..], &site[..]].concat(), &self.folder.path().join("console.json"));
        let link = self.client.get(process.facts["sign_in"].as_str().unwrap()).send().await.unwrap();
        let cookie = link.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let console = Console {
            origin: process.facts["console"].as_str().unwrap().to_owned(),
            client: self.client.clone(),
            process,
            cookie,
        };
        // The ready file does not wait for baselines; what is measured afterwards has them behind it.
        while !console.is_watched().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        console
    }
}

/// A console somebody is signed in to.
pub struct Console {
    /// Its process.
    pub process: Process,
    /// Where it listens.
    pub origin: String,
    client: reqwest::Client,
    cookie: String,
}

impl Console {
    async fn is_watched(&self) -> bool {
        let overview = self.ask("overview", None).await;
        let sources = overview["sources"].as_array().unwrap();
        !sources.is_empty() && sources.iter().all(|one| !one["complete_to"].is_null())
    }

    /// Asks its REST interface; with a body by POST.
    pub async fn ask(&self, path: &str, body: Option<&Value>) -> Value {
        serde_json::from_str(&self.fetch(&format!("/api/v1/{path}"), body).await).unwrap()
    }

    /// Asks for anything it serves, a page as a browser without JavaScript does; with a body by POST.
    pub async fn fetch(&self, path: &str, body: Option<&Value>) -> String {
        let url = format!("{}{path}", self.origin);
        let request = match body {
            Some(body) => self.client.post(url).json(body),
            None => self.client.get(url),
        };
        let answer = request.header("cookie", &self.cookie).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.text().await.unwrap()
    }

    /// Deletes something.
    pub async fn delete(&self, path: &str) {
        let request = self.client.delete(format!("{}/api/v1/{path}", self.origin)).header("cookie", &self.cookie);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }
}

/// A number that the environment may set.
#[expect(clippy::disallowed_methods, reason = "a benchmark has no configuration")]
pub fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var_os(name).and_then(|text| text.to_str()?.parse().ok()).unwrap_or(otherwise)
}
