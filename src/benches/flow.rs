//! Events a second from the source to the acknowledged delivery.
//!
//! The practice Azure runs as a process of its own with its quota off; the console as another one on a fresh `SQLite`
//! store; all over loopback. A number of High alerts is made at once; the clock runs from then until the last of them has
//! its receipt, so finding, deciding, writing, sending and settling are all in it.
//!
//! `./dev bench flow`, with `EVENTS=20000` for another number.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark reports to a terminal and ends on the first fault"
)]

use serde_json::{Value, json};
use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_continuous-export");

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(arguments: &[&str], ready: &Path) -> (Process, Value, Duration) {
    let began = Instant::now();
    let child = Command::new(PROGRAM)
        .args(arguments)
        .arg("--ready-file")
        .arg(ready)
        .env("RUST_LOG", "warn")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let process = Process(child);
    while !ready.exists() {
        std::thread::sleep(Duration::from_millis(10));
        assert!(began.elapsed() < Duration::from_mins(1), "{arguments:?} is not ready");
    }
    let text = std::fs::read_to_string(ready).unwrap();
    (process, serde_json::from_str(&text).unwrap(), began.elapsed())
}

/// Resident memory in megabytes.
fn memory(process: &Process) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.0.id())).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or("VmRSS: 0 kB");
    line.split_whitespace().nth(1).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default() / 1000.0
}

#[tokio::main]
async fn main() {
    let events: u64 = std::env::var_os("EVENTS").and_then(|text| text.to_str()?.parse().ok()).unwrap_or(10_000);
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();

    let (practice_process, practice, _) = start(&["practice", "--rate", "0"], Path::new(&at("practice.json")));
    let azure = practice["practice"].as_str().unwrap().to_owned();
    let post = async |path: &str, body: Value| {
        client.post(format!("{azure}/_practice/{path}")).json(&body).send().await.unwrap()
    };
    post("quota", json!({"enabled": false})).await;
    let data = at("data");
    let (process, console, ready) = start(
        &[
            "serve",
            "--practice-url",
            &azure,
            "--addr",
            "127.0.0.1:0",
            "--data",
            &data,
            "--poll-interval",
            "200ms",
            "--sweep-interval",
            "1h",
        ],
        Path::new(&at("console.json")),
    );
    println!("ready, baseline swept, after {:.2} s with {:.0} MB", ready.as_secs_f64(), memory(&process));
    let origin = console["console"].as_str().unwrap().to_owned();
    let link = client.get(console["sign_in"].as_str().unwrap()).send().await.unwrap();
    let cookie = link.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let delivered = async || {
        let answer = client.get(format!("{origin}/api/v1/overview")).header("cookie", &cookie).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["outcomes"]["delivered"].as_u64().unwrap()
    };
    let before = delivered().await;
    post("alerts", json!({"count": events, "severity": "High"})).await;
    let began = Instant::now();
    while delivered().await < before + events {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(began.elapsed() < Duration::from_mins(5), "only {} of {events} arrived", delivered().await - before);
    }
    let seconds = began.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = events as f64 / seconds;
    println!(
        "{events} alerts, from source to receipt, in {seconds:.1} s: {rate:.0} events/s; console {:.0} MB, practice Azure {:.0} MB",
        memory(&process),
        memory(&practice_process)
    );
}
