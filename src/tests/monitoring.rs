//! What monitoring reads: every metric that is documented is there, and nothing else.

use super::harness::Harness;
use axum::http::Method;
use engine::task::{Failure, Next, Schedule, Task};
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};

struct Panics;

impl Task for Panics {
    async fn activate(&mut self) -> Result<Next, Failure> {
        panic!("planted");
    }
}

/// The metrics of ours in a text, without the endings of histograms.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c: char| !is_part(c)).filter(|word| word.starts_with("continuous_export_"));
    words
        .map(|word| {
            ["_bucket", "_sum", "_count"]
                .iter()
                .fold(word, |word, end| word.strip_suffix(end).unwrap_or(word))
                .to_owned()
        })
        .collect()
}

#[tokio::test]
async fn every_documented_metric_is_exposed_and_every_exposed_one_is_documented() {
    let documented = metrics_in(include_str!("../../docs/metrics.md"));
    let h = Harness::new().await;
    h.app.driver.start(Schedule::every("planted", Duration::from_secs(1)), || Panics);
    h.console.note_health().await.unwrap();
    h.alerts(1, "High").await;
    h.until_outcome("siem-high-alerts", "delivered", 1).await;
    h.practice(Method::POST, "faults", json!({"service": "arm", "fault": "throttle", "for": "3s"})).await;
    h.get("/api/v1/health").await;
    h.until("all is exposed", async |h| {
        let text = h.get_at("10.1.2.3:9090", "/metrics").await.text;
        metrics_in(&text) == documented
    })
    .await;
    let text = h.get("/metrics").await.text;
    for name in &documented {
        assert!(text.contains(&format!("# HELP {name} ")), "{name} is not explained:\n{text}");
    }
    assert!(text.contains("continuous_export_attempt_seconds_bucket{target=\"siem / alerts\",le=\"0.25\"}"), "{text}");
    assert!(text.contains("continuous_export_task_alive{task=\"planted\"} 0"), "{text}");
    assert!(text.contains("continuous_export_task_alive{task=\"full scan\"} 1"), "{text}");
    assert!(text.contains("continuous_export_pending_deliveries{target=\"siem / alerts\"} 0"), "{text}");
    h.app.stop().await;
}

#[tokio::test]
async fn probes_are_answered_whatever_host_is_asked_for_and_pages_are_not() {
    let h = Harness::new().await;
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(h.get_at("10.1.2.3:9090", path).await.status, 200, "{path}");
    }
    for path in ["/", "/api/v1/overview", "/sign-in"] {
        assert_eq!(h.get_at("10.1.2.3:9090", path).await.status, 421, "{path}");
    }
    h.stop().await;
}
