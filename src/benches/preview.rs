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

mod process;

use process::{Console, Rig, number};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

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

async fn ask(console: &Console, body: &Value) -> Value {
    let answer = console.ask("preview", Some(body)).await;
    assert!(answer["looked_at"].is_u64(), "{answer}");
    answer
}

#[tokio::main]
async fn main() {
    let events = number("EVENTS", 100_000);
    let rig = Rig::start().await;
    let everything = json!({"export": {"name": "draft", "delivered_by": "console", "scope": {"all": true, "future": true},
        "sources": [{"event_source": "Alerts"}]}, "since": "24h"});
    {
        let console = rig.console().await;
        let before = ask(&console, &everything).await["looked_at"].as_u64().unwrap();
        let began = Instant::now();
        for severity in ["High", "Medium", "Low", "Informational"] {
            rig.order("alerts", json!({"count": events / 4, "severity": severity, "bytes": 4000})).await;
        }
        loop {
            let answer = ask(&console, &everything).await;
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
        let console = rig.console().await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        let idle = console.process.memory();
        let typed = |severity: &str, plan: &str| {
            export(&[("Severity", "Equals", severity), ("ProductComponentName", "Equals", plan)])
        };
        let first = Instant::now();
        let answer = ask(&console, &typed("High", "Servers")).await;
        let first = first.elapsed();
        let looked_at = answer["looked_at"].as_u64().unwrap();
        assert!(looked_at >= events, "only {looked_at} were looked at; {} were not read in time", answer["unread"]);
        let mut times = Vec::new();
        for severity in ["High", "Medium", "Low", "Informational", "Hi", "M"] {
            for plan in ["Servers", "Storage", "Databases", "S"] {
                let one = Instant::now();
                ask(&console, &typed(severity, plan)).await;
                times.push(one.elapsed());
            }
        }
        times.sort();
        let one_more = Instant::now();
        ask(&console, &export(&[("ExtendedProperties['user Name']", "Contains", "a")])).await;
        let one_more = one_more.elapsed();
        println!(
            "round {round}: first answer {} ms; {} answers with other values: median {} ms, longest {} ms; first answer on a path that is read from payloads {} ms; console {idle:.0} MB before, {:.0} MB after",
            first.as_millis(),
            times.len(),
            times[times.len() / 2].as_millis(),
            times.last().unwrap().as_millis(),
            one_more.as_millis(),
            console.process.memory(),
        );
    }
}
