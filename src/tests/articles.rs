//! The twelve questions, answered from live facts through the front door.

use super::harness::Harness;
use axum::http::Method;
use domain::article::Slug;

#[tokio::test]
async fn every_question_is_answered_with_what_is_so_here() {
    let h = Harness::new().await;
    h.alerts(2, "High").await;
    h.until_outcome("siem-high-alerts", "delivered", 2).await;
    let page = async |h: &Harness, path: &str| {
        let answer = h.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.text
    };
    let troubleshoot = page(&h, "/troubleshoot").await;
    for slug in Slug::ALL {
        let path = format!("/troubleshoot/{slug}");
        assert!(troubleshoot.contains(&format!("href=\"{path}\"")), "{path} is linked");
        let text = page(&h, &path).await;
        assert!(text.contains(slug.label()) && text.contains("Microsoft's pages"), "{path}: {text}");
        assert!(!text.contains("role=\"alert\""), "{path} shows no error");
    }
    // Facts, not words: each of these is known only from the store or from the practice Azure.
    for (slug, facts) in [
        ("costs", ["siem / alerts", "Sent in the last 30 days"]),
        ("management-groups", ["Management groups", "None of the three policies is assigned here."]),
        ("recommendations-missing", ["Unhealthy, and sent by no export", "/backfill?take=current_state"]),
        ("current-state", ["Regulatory compliance", "Known here, and sent by no export"]),
        ("free-tier", ["Plans that are on", "Alerts in 30 days"]),
        ("business-continuity", ["paired with no other", "siem / alerts"]),
        ("cannot-change", ["May the identity change Azure's own exports?", "Microsoft.Security/automations/write"]),
        ("permissions", ["Microsoft.Security/alerts/read", "2 of 2"]),
        ("clouds", ["Azure Government", "this console"]),
        ("data-missing", ["Why was this not exported?", "May the console send to the target?"]),
        ("schemas", ["As an event hub gets it", "SystemAlertId"]),
    ] {
        let text = page(&h, &format!("/troubleshoot/{slug}")).await;
        for fact in facts {
            assert!(text.contains(fact), "{slug} lacks `{fact}`: {text}");
        }
    }
    assert_eq!(h.get("/troubleshoot/nothing").await.status, 404);
    assert!(h.anonymous(Method::GET, "/troubleshoot/costs", None).await.status.is_redirection());
    h.stop().await;
}

#[tokio::test]
async fn an_export_that_was_not_sent_is_listed_until_a_backfill_sent_it_and_intervals_know_its_change() {
    let h = Harness::new().await;
    let count = async |h: &Harness| {
        let visible = store::Visible::Everything;
        let found = h.store.unsent(&visible, domain::Kind::Recommendation, Some("unhealthy"), 5).await.unwrap();
        assert!(i64::try_from(found.some.len()).unwrap() <= found.all, "{found:?}");
        found.all
    };
    h.until("unhealthy ones of the first sweep stand unsent", async |h| count(h).await > 0).await;
    let before = count(&h).await;
    h.practice(Method::POST, "recommendations", serde_json::json!({"count": 1, "change": "unhealthy"})).await;
    h.until("one is sent", async |h| !h.rows("ContinuousExportRecommendation_CL").await.is_empty()).await;
    assert!(count(&h).await <= before, "what changed was sent, and is not listed");
    let text = h.get("/troubleshoot/intervals").await.text;
    assert!(text.contains("Resources that changed") && !text.contains("class=\"empty\""), "{text}");
    h.stop().await;
}

#[tokio::test]
async fn what_a_consumer_got_is_held_against_the_newest_event() {
    let h = Harness::new().await;
    h.alerts(1, "High").await;
    h.until_outcome("siem-high-alerts", "delivered", 1).await;
    let compare = async |h: &Harness, pasted: &str| {
        let pasted = percent_encoding::utf8_percent_encode(pasted, percent_encoding::NON_ALPHANUMERIC);
        h.get(&format!("/troubleshoot/schemas?kind=alert&pasted={pasted}")).await.text
    };
    let text = compare(&h, r#"{"records": [{"severity": "High", "<b>mine</b>": 1}]}"#).await;
    assert!(text.contains("something around its events"), "{text}");
    assert!(text.contains("SystemAlertId") && text.contains("missing in what was pasted"), "{text}");
    assert!(text.contains("&lt;b&gt;mine&lt;/b&gt;") && !text.contains("<b>mine</b>"), "text stays text: {text}");
    let text = compare(&h, "</textarea><script>alert(1)</script>").await;
    assert!(!text.contains("<script>alert(1)"), "the form does not end early: {text}");
    let text = compare(&h, "{\"a\": ").await;
    assert!(text.contains("It is not JSON"), "{text}");
    h.stop().await;
}
