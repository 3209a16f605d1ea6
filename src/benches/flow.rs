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

mod process;

use process::{Console, Rig, number};
use serde_json::json;
use std::time::{Duration, Instant};

async fn delivered(console: &Console) -> u64 {
    console.ask("overview", None).await["outcomes"]["delivered"].as_u64().unwrap()
}

#[tokio::main]
async fn main() {
    let events = number("EVENTS", 10_000);
    let rig = Rig::start().await;
    let console = rig.console().await;
    let ready = console.process.took.as_secs_f64();
    println!("ready, baseline swept, after {ready:.2} s with {:.0} MB", console.process.memory());
    let before = delivered(&console).await;
    rig.order("alerts", json!({"count": events, "severity": "High"})).await;
    let began = Instant::now();
    while delivered(&console).await < before + events {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(began.elapsed() < Duration::from_mins(5), "not all of {events} arrived");
    }
    let seconds = began.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = events as f64 / seconds;
    println!(
        "{events} alerts, from source to receipt, in {seconds:.1} s: {rate:.0} events/s; console {:.0} MB, practice Azure {:.0} MB",
        console.process.memory(),
        rig.practice.memory()
    );
}
