//! Coverage: who exports what of each subscription to where.

use super::{caller::Caller, problem::Problem};
use api::CoverageAnswer;
use axum::{
    Json,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::coverage::{CoverageRow, Exporter};

/// Coverage
///
/// Per subscription and kind of data: exported by whom to where, doubled, short of CIS 8.1.5.2, hidden from the portal,
/// switched off. Both the console's exports and Azure's own.
#[utoipa::path(get, path = "/api/v1/coverage", tag = "overview", responses((status = 200, body = CoverageAnswer)))]
pub(super) async fn get_coverage(caller: Caller) -> Result<Json<CoverageAnswer>, Problem> {
    Ok(Json(caller.console.coverage(&caller.actor).await?.into()))
}

/// Coverage as CSV
///
/// One line for each export of each kind of data of each subscription, and one where nobody exports it. Cells that a
/// spreadsheet would take for a formula begin with an apostrophe.
#[utoipa::path(get, path = "/api/v1/coverage.csv", tag = "overview",
    responses((status = 200, content_type = "text/csv", body = String)))]
pub(super) async fn coverage_csv(caller: Caller) -> Result<Response, Problem> {
    let text = csv(&caller.console.coverage(&caller.actor).await?);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"coverage.csv\"")),
    ];
    Ok((headers, text).into_response())
}

/// The report as CSV, for the API and the command line alike.
pub fn csv(rows: &[CoverageRow]) -> String {
    let mut text =
        "subscription,name,kind,exported_by,delivered_by,target,enabled,filtered,weekly,resource_group,gaps\r\n"
            .to_owned();
    for row in rows {
        for kind in &row.kinds {
            let gaps: Vec<&str> = kind.gaps.iter().map(|gap| gap.as_str()).collect();
            let mut line = |one: Option<&Exporter>| {
                let text_of = |value: Option<&str>| value.unwrap_or_default().to_owned();
                let flag = |value: fn(&Exporter) -> bool| one.map_or_else(String::new, |one| value(one).to_string());
                let cells = [
                    row.subscription.to_string(),
                    row.name.clone(),
                    kind.kind.to_string(),
                    text_of(one.map(|one| one.name.as_str())),
                    text_of(one.map(|one| one.by.as_str())),
                    text_of(one.map(|one| one.target.as_str())),
                    flag(|one| one.on),
                    flag(|one| one.filtered),
                    flag(|one| one.weekly),
                    text_of(one.and_then(|one| one.only_group.as_deref())),
                    gaps.join(" "),
                ];
                let cells: Vec<String> = cells.iter().map(|cell| super::csv::cell(cell)).collect();
                text.push_str(&cells.join(","));
                text.push_str("\r\n");
            };
            if kind.exporters.is_empty() {
                line(None);
            }
            kind.exporters.iter().for_each(|one| line(Some(one)));
        }
    }
    text
}
