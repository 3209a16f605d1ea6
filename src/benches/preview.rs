//! A preview over 100,000 stored events of 4 KB: the first answer of a fresh process, and answers while somebody types.
//!
//! The practice Azure (a process of its own, quota off) makes the alerts, the console observes them; then the console is
//! started anew on the same store and asked over REST, all on loopback. `./dev bench preview`, with `EVENTS=20000` for
//! another number and `ROUNDS=5` for more starts.

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

fn start(arguments: &[&str], ready: &Path) -> (Process, Value) {
    let _ = std::fs::remove_file(ready);
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
    (process, serde_json::from_str(&std::fs::read_to_string(ready).unwrap()).unwrap())
}

/// Resident memory in megabytes.
fn memory(process: &Process) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.0.id())).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or("VmRSS: 0 kB");
    line.split_whitespace().nth(1).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default() / 1000.0
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var_os(name).and_then(|text| text.to_str()?.parse().ok()).unwrap_or(otherwise)
}

fn export(rules: &[(&str, &str, &str)]) -> Value {
    let rules: Vec<Value> = rules
        .iter()
        .map(|(path, operator, expected)| {
            json!({"propertyJPath": path, "propertyType": "String", "operator": operator, "expectedValue": expected})
        })
        .collect();
    json!({"export": {"name": "draft", "delivered_by": "console", "scope": {"all": true, "future": true},
        "sources": [{"event_source": "Alerts", "rule_sets": [{"rules": rules}]}]}, "since": "24h"})
}

#[tokio::main]
async fn main() {
    let events = number("EVENTS", 100_000);
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let (practice_process, practice) = start(&["practice", "--rate", "0"], Path::new(&at("practice.json")));
    let azure = practice["practice"].as_str().unwrap().to_owned();
    let post = async |path: &str, body: Value| {
        client.post(format!("{azure}/_practice/{path}")).json(&body).send().await.unwrap()
    };
    post("quota", json!({"enabled": false})).await;
    let (data, ready) = (at("data"), at("console.json"));
    let flags = [
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
    ];
    let sign_in = async |console: &Value| {
        let link = client.get(console["sign_in"].as_str().unwrap()).send().await.unwrap();
        link.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
    };
    let ask = async |origin: &str, cookie: &str, body: &Value| {
        let sent = client.post(format!("{origin}/api/v1/preview")).header("cookie", cookie).json(body).send();
        let answer = sent.await.unwrap().json::<Value>().await.unwrap();
        assert!(answer["looked_at"].is_u64(), "{answer}");
        answer
    };
    let everything = json!({"export": {"name": "draft", "delivered_by": "console", "scope": {"all": true, "future": true},
        "sources": [{"event_source": "Alerts"}]}, "since": "24h"});
    let mut before = 0;
    {
        let (_process, console) = start(&flags, Path::new(&ready));
        let (origin, cookie) = (console["console"].as_str().unwrap(), sign_in(&console).await);
        before += ask(origin, &cookie, &everything).await["looked_at"].as_u64().unwrap();
        let began = Instant::now();
        for severity in ["High", "Medium", "Low", "Informational"] {
            post("alerts", json!({"count": events / 4, "severity": severity, "bytes": 4000})).await;
        }
        loop {
            let answer = ask(origin, &cookie, &everything).await;
            if answer["looked_at"].as_u64().unwrap() >= before + events / 4 * 4 {
                #[expect(clippy::cast_precision_loss, reason = "an average")]
                let average = answer["bytes"].as_u64().unwrap() as f64 / answer["looked_at"].as_u64().unwrap() as f64;
                println!("{events} alerts of {average:.0} bytes observed after {:.0} s", began.elapsed().as_secs_f64());
                break;
            }
            assert!(began.elapsed() < Duration::from_mins(15), "not observed: {answer}");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        // What waits for delivery goes on in the next process; the benchmark waits until it is done.
        tokio::time::sleep(Duration::from_secs(20)).await;
    }
    for round in 1..=number("ROUNDS", 3) {
        let (process, console) = start(&flags, Path::new(&ready));
        let (origin, cookie) = (console["console"].as_str().unwrap().to_owned(), sign_in(&console).await);
        tokio::time::sleep(Duration::from_secs(5)).await;
        let idle = memory(&process);
        let typed = |severity: &str, plan: &str| {
            export(&[("Severity", "Equals", severity), ("ProductComponentName", "Equals", plan)])
        };
        let first = Instant::now();
        let answer = ask(&origin, &cookie, &typed("High", "Servers")).await;
        let first = first.elapsed();
        let looked_at = answer["looked_at"].as_u64().unwrap();
        assert!(looked_at >= events, "only {looked_at} were looked at; {} were not read in time", answer["unread"]);
        let mut times = Vec::new();
        for severity in ["High", "Medium", "Low", "Informational", "Hi", "M"] {
            for plan in ["Servers", "Storage", "Databases", "S"] {
                let one = Instant::now();
                ask(&origin, &cookie, &typed(severity, plan)).await;
                times.push(one.elapsed());
            }
        }
        times.sort();
        let one_more = Instant::now();
        ask(&origin, &cookie, &export(&[("ExtendedProperties['user Name']", "Contains", "a")])).await;
        let one_more = one_more.elapsed();
        println!(
            "round {round}: first answer {} ms; {} answers with other values: median {} ms, longest {} ms; first answer on a path that is read from payloads {} ms; console {idle:.0} MB before, {:.0} MB after",
            first.as_millis(),
            times.len(),
            times[times.len() / 2].as_millis(),
            times.last().unwrap().as_millis(),
            one_more.as_millis(),
            memory(&process),
        );
    }
    drop(practice_process);
}
