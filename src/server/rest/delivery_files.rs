//! The delivery log as files, for spreadsheets and scripts: every line there is, streamed, a page of the console at a time.

use super::{asked::Asked, caller::Caller, csv, filters::of_deliveries, problem::Problem};
use api::{DeliveriesQuery, DeliveryAnswer};
use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::{Cursor, Page, Severity, view::DeliveryRow};
use futures::stream;
use std::fmt::Write;
use store::DeliveryFilter;

/// Lines read at a time.
const CHUNK: usize = 1000;

const COLUMNS: [&str; 22] = [
    "id",
    "event",
    "kind",
    "change",
    "severity",
    "status",
    "title",
    "resource",
    "subscription",
    "subscription_name",
    "occurred_at",
    "observed_at",
    "export",
    "export_name",
    "target",
    "target_name",
    "outcome",
    "reason",
    "decided_at",
    "settled_at",
    "last_status",
    "last_error",
];

/// The delivery log as CSV
///
/// Unlimited. Cells that a spreadsheet would take for a formula begin with an apostrophe.
#[utoipa::path(get, path = "/api/v1/deliveries.csv", tag = "deliveries", params(DeliveriesQuery),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub(super) async fn deliveries_csv(caller: Caller, Asked(query): Asked<DeliveriesQuery>) -> Result<Response, Problem> {
    let head = format!("{}\r\n", COLUMNS.join(","));
    file(caller, query, ("text/csv; charset=utf-8; header=present", "deliveries.csv"), head, csv_line).await
}

/// The delivery log as NDJSON
///
/// Unlimited: one delivery a line, in the shape of the list.
#[utoipa::path(get, path = "/api/v1/deliveries.ndjson", tag = "deliveries", params(DeliveriesQuery),
    responses((status = 200, content_type = "application/x-ndjson", body = String)))]
pub(super) async fn deliveries_ndjson(
    caller: Caller,
    Asked(query): Asked<DeliveriesQuery>,
) -> Result<Response, Problem> {
    let line = |row: &DeliveryAnswer| serde_json::to_string(row).map(|line| line + "\n").unwrap_or_default();
    file(caller, query, ("application/x-ndjson", "deliveries.ndjson"), String::new(), line).await
}

impl Caller {
    async fn chunk(&self, filter: &DeliveryFilter, cursor: Option<Cursor>) -> Result<Page<DeliveryRow>, Problem> {
        Ok(self.console.deliveries(&self.actor, filter, cursor, CHUNK).await?)
    }
}

/// Answers all lines. The first page is read before the answer begins, so that a failure is a problem; a later one breaks
/// the stream off, which clients notice.
async fn file(
    caller: Caller,
    query: DeliveriesQuery,
    (kind, name): (&'static str, &'static str),
    head: String,
    line: impl Fn(&DeliveryAnswer) -> String + Copy + Send + 'static,
) -> Result<Response, Problem> {
    let filter = of_deliveries(query, caller.console.now());
    let first = caller.chunk(&filter, None).await?;
    let chunks = stream::try_unfold((caller, filter, head, Some(first)), move |state| async move {
        let (caller, filter, mut text, Some(page)) = state else { return Ok(None) };
        for row in page.items {
            text.push_str(&line(&row.into()));
        }
        let next = match page.next {
            Some(cursor) => {
                let page = caller.chunk(&filter, Some(cursor)).await;
                Some(page.map_err(|problem| std::io::Error::other(problem.0.detail))?)
            }
            None => None,
        };
        Ok::<_, std::io::Error>(Some((text, (caller, filter, String::new(), next))))
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
                .unwrap_or(HeaderValue::from_static("attachment")),
        ),
    ];
    Ok((headers, Body::from_stream(chunks)).into_response())
}

fn csv_line(row: &DeliveryAnswer) -> String {
    let about = &row.about;
    let texts: [&dyn std::fmt::Display; COLUMNS.len()] = [
        &row.id,
        &row.event,
        &about.kind,
        &about.change,
        &about.severity.map(Severity::as_str).unwrap_or_default(),
        &about.status,
        &about.title,
        &about.resource,
        &about.subscription,
        &about.subscription_name,
        &about.occurred_at,
        &about.observed_at,
        &row.export,
        &row.export_name,
        &row.target,
        &row.target_name,
        &row.outcome,
        &row.reason,
        &row.decided_at,
        &row.settled_at.map(|at| at.to_string()).unwrap_or_default(),
        &row.last_status.map(|status| status.to_string()).unwrap_or_default(),
        &row.last_error.as_deref().unwrap_or_default(),
    ];
    let mut line = String::new();
    for (at, text) in texts.iter().enumerate() {
        let _ = write!(line, "{}{}", if at > 0 { "," } else { "" }, csv::cell(&text.to_string()));
    }
    line + "\r\n"
}
