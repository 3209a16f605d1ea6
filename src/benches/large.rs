//! What people wait for in a large tenant: pages, health checks, diagnoses and shares at the practice company, and at the
//! same company with 10,000 subscriptions more, each with an export of Azure's, side by side.
//!
//! The console is measured once all subscriptions are watched. `./dev bench large`, with `SUBSCRIPTIONS=2000` for another
//! number.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark reports to a terminal and ends on the first fault"
)]

mod process;

use process::{Console, Rig, number};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;
const PAGES: [&str; 9] = [
    "/",
    "/subscriptions",
    "/coverage",
    "/exports",
    "/log",
    "/targets",
    "/troubleshoot",
    "/troubleshoot/costs",
    "/shares",
];
const NOBODYS: &str = "2518765996949954086_2325cf9e-42a2-4f72-ae7f-9b863cba2d22";

/// Waits until so many subscriptions are watched, and the first sweep of all of them is over.
async fn settled(console: &Console, at_least: u64) {
    let began = Instant::now();
    loop {
        let overview = console.ask("overview", None).await;
        let all = overview["coverage"]["subscriptions"].as_u64().unwrap();
        let sources = overview["sources"].as_array().unwrap();
        let waits = |one: &&Value| one["complete_to"].is_null() && one["condition"] == "ok";
        let waiting = sources.iter().filter(waits).count();
        if all >= at_least && waiting == 0 {
            return;
        }
        assert!(began.elapsed() < Duration::from_mins(10), "{waiting} of {all} are not watched yet");
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}

/// The median time of a few answers in milliseconds, and the size of the last in kilobytes.
async fn times(console: &Console, path: &str, body: Option<&Value>) -> (f64, f64) {
    let mut times = Vec::new();
    let mut size = 0;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        size = console.fetch(path, body).await.len();
        times.push(began.elapsed());
    }
    times.sort();
    #[expect(clippy::cast_precision_loss, reason = "a size to be read")]
    let size = size as f64 / 1000.0;
    (times[ROUNDS / 2].as_secs_f64() * 1000.0, size)
}

async fn measure(console: &Console) -> Vec<(String, f64, f64)> {
    let event = console.ask("events?kind=alert&limit=1", None).await["items"][0]["id"].clone();
    let asked = [
        ("diagnosis of an observed alert", "/api/v1/diagnoses", Some(json!({"item": event}))),
        ("diagnosis of an alert of nobody's", "/api/v1/diagnoses", Some(json!({"item": NOBODYS}))),
        ("share of an event", "/api/v1/shares", Some(json!({"event": event}))),
        ("health checks", "/api/v1/health", None),
    ];
    let mut found = Vec::new();
    for page in PAGES {
        let (ms, size) = times(console, page, None).await;
        found.push((format!("page {page}"), ms, size));
    }
    for (what, path, body) in asked {
        let (ms, size) = times(console, path, body.as_ref()).await;
        found.push((what.to_owned(), ms, size));
    }
    found
}

#[tokio::main]
async fn main() {
    let more = number("SUBSCRIPTIONS", 10_000);
    let rig = Rig::start().await;
    let console = rig.console().await;
    settled(&console, 1).await;
    let small = measure(&console).await;
    println!("practice company measured; console {:.0} MB", console.process.memory());
    drop(console);
    rig.order("subscriptions", json!({"count": more, "automations": true})).await;
    let console = rig.console().await;
    let began = Instant::now();
    settled(&console, more).await;
    println!("{more} subscriptions more are watched after {:.0} s", began.elapsed().as_secs_f64());
    let large = measure(&console).await;
    println!("console {:.0} MB, practice Azure {:.0} MB", console.process.memory(), rig.practice.memory());
    println!(
        "{:<36} {:>12} {:>12} {:>7} {:>10} {:>10}",
        "medians", "company ms", "large ms", "ratio", "kB", "large kB"
    );
    for ((what, ms, size), (_, large_ms, large_size)) in small.iter().zip(&large) {
        let ratio = large_ms / ms;
        println!("{what:<36} {ms:>12.1} {large_ms:>12.1} {ratio:>7.1} {size:>10.0} {large_size:>10.0}");
    }
}
