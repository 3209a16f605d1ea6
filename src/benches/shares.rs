//! Whether the time of an answer tells which links exist: a link that nobody made beside one that was revoked, in turns, each
//! without and with a passphrase. Both find no share that is open, as a link that expired does.
//!
//! `./dev bench shares`, with `ROUNDS=2000` for more.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark reports to a terminal and ends on the first fault"
)]

mod process;

use process::{Rig, number};
use serde_json::json;
use std::time::{Duration, Instant};

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

#[tokio::main]
async fn main() {
    let rounds = number("ROUNDS", 500);
    let rig = Rig::start().await;
    let console = rig.console().await;
    let export = console.ask("exports", None).await["items"][0]["id"].clone();
    let wish = json!({"export": export, "passphrase": "correct horse battery"});
    let made = console.ask("shares", Some(&wish)).await;
    let known = made["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    console.delete(&format!("shares/{}", made["id"].as_str().unwrap())).await;
    let guessed: String = known.chars().rev().collect();
    let open = async |token: &str, passphrase: Option<&str>| {
        let url = format!("{}/s/{token}", console.origin);
        let form = ("content-type", "application/x-www-form-urlencoded");
        let request = match passphrase {
            None => rig.client.get(url),
            Some(text) => rig.client.post(url).header(form.0, form.1).body(format!("passphrase={text}")),
        };
        let began = Instant::now();
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 404);
        answer.text().await.unwrap();
        began.elapsed()
    };
    for (passphrase, rounds) in [(None, rounds), (Some("a+guess+that+is+wrong"), rounds / 10)] {
        let (mut nobodys, mut revoked) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            nobodys.push(open(&guessed, passphrase).await);
            revoked.push(open(&known, passphrase).await);
        }
        let (nobodys, revoked) = (median(nobodys), median(revoked));
        println!(
            "{} passphrase, {rounds} each, medians: nobody's link {nobodys:.3} ms, revoked {revoked:.3} ms, ratio {:.3}",
            if passphrase.is_some() { "with" } else { "without" },
            revoked / nobodys
        );
    }
}
