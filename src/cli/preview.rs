//! `preview`: which recent events an export would let through, decided by the running console.

use super::{print, socket};
use crate::Failure;
use crate::config::{PreviewFlags, TableFormat};
use console::Console;
use domain::{ExportBody, ExportId, Nearness, Preview, text::plain, time};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// The longest time to look back.
const LONGEST: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What is asked on the control socket, as JSON in one line.
#[derive(Serialize, Deserialize)]
struct Question {
    export: Option<ExportBody>,
    id: Option<ExportId>,
    /// How far to look back.
    seconds: i64,
}

/// Runs the command.
pub(super) async fn run(flags: &PreviewFlags) -> Result<(), Failure> {
    let length = time::read_length(&flags.since).filter(|length| *length <= LONGEST);
    let seconds = length
        .map(|length| length.as_secs())
        .ok_or_else(|| format!("`{}` is not a length such as 24h or 7d, at most 90d", flags.since))?;
    let question = if let Ok(id) = ExportId::parse(&flags.export) {
        Question { export: None, id: Some(id), seconds }
    } else {
        let text =
            std::fs::read_to_string(&flags.export).map_err(|error| format!("cannot read {}: {error}", flags.export))?;
        let wanted = super::template::wanted(&text)
            .map_err(|error| format!("{} is not the body of an export: {error}", flags.export))?;
        Question { export: Some(wanted.body), id: None, seconds }
    };
    let answer = socket::ask(&flags.data.data, &format!("preview {}", serde_json::to_string(&question)?)).await?;
    let preview: Preview = serde_json::from_str(&answer)?;
    if let Some(problem) = preview.problem {
        return Err(problem.into());
    }
    match flags.format {
        TableFormat::Json => print(&serde_json::to_string_pretty(&preview)?),
        TableFormat::Table => print(&table(&preview)),
    }
}

/// Answers on the control socket.
pub(super) async fn answer(console: &Console, question: &str) -> Result<String, String> {
    let Question { export, id, seconds } = serde_json::from_str(question).map_err(|error| error.to_string())?;
    let (actor, now) = (socket::local(), console.now());
    let chain = |error| domain::text::chain(&error);
    let body = match (export, &id) {
        (Some(body), _) => body,
        (None, Some(id)) => console.export(&actor, id).await.map_err(chain)?.body,
        (None, None) => return Err("an export is needed".to_owned()),
    };
    let since = now.saturating_sub(SignedDuration::from_secs(seconds)).unwrap_or(now);
    let preview = console.preview(&actor, &body, since, None).await.map_err(chain)?;
    serde_json::to_string(&preview).map_err(|error| error.to_string())
}

fn table(preview: &Preview) -> String {
    let mut text = format!(
        "{} events looked at in {} ms: {} match ({}), {} near misses, {} do not\n",
        time::count(preview.looked_at),
        preview.took_ms,
        time::count(preview.matched),
        time::size(preview.matched_bytes),
        time::count(preview.near),
        time::count(preview.not_matched),
    );
    for one in &preview.weekly {
        text.push_str(&format!(
            "{}, each week: {} of {} match now ({})\n",
            one.source.label(),
            time::count(one.matched),
            time::count(one.items),
            time::size(one.bytes)
        ));
    }
    for row in &preview.rows {
        let word = match row.stands {
            Nearness::Match => "match",
            Nearness::Near => "near ",
            Nearness::Not => "not  ",
        };
        let severity = row.subject.severity.map_or("", domain::Severity::label);
        let when = time::exact(row.subject.occurred_at);
        text.push_str(&format!(
            "{word}  {when}  {severity:<13}  {}  ({})\n",
            plain(&row.subject.title),
            plain(&row.reason)
        ));
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_table_counts_and_shows_the_newest() {
        let row = |stands: &str, title: &str, reason: &str| {
            json!({"event": "0".repeat(32), "stands": stands, "reason": reason, "subject": {
                "kind": "alert", "change": "created", "title": title, "severity": "Low", "status": "Active", "resource": "/subscriptions/x",
                "subscription": "0ab1c2d3-0000-4000-8000-000000000001", "subscription_name": "Prod",
                "occurred_at": "2026-11-22T10:00:00Z", "observed_at": "2026-11-22T10:00:31Z",
            }})
        };
        let preview: Preview = serde_json::from_value(json!({
            "looked_at": 12_345, "unread": 0, "matched": 12_000, "near": 300, "not_matched": 45, "matched_bytes": 4_400_000,
            "seconds": 86_400, "buckets": [], "near_by": [], "rehearsal": null,
            "weekly": [{"source": "AssessmentsSnapshot", "items": 40, "matched": 12, "bytes": 9_000, "unread": 0}],
            "rows": [row("near", "Suspicious\u{1b}[2J sign-in", "Severity is Low, not High."), row("match", "Port scan", "Every rule holds.")],
            "payload": null, "covered": [2, 2], "took_ms": 7, "problem": null,
        }))
        .unwrap();
        insta::assert_snapshot!(table(&preview), @"
        12,345 events looked at in 7 ms: 12,000 match (4.4 MB), 300 near misses, 45 do not
        Recommendations, snapshot, each week: 12 of 40 match now (9 KB)
        near   2026-11-22 10:00:00 UTC  Low            Suspicious [2J sign-in  (Severity is Low, not High.)
        match  2026-11-22 10:00:00 UTC  Low            Port scan  (Every rule holds.)
        ");
    }
}
