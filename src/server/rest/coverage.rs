//! Coverage: who exports what of each subscription to where.

use super::{caller::Caller, problem::Problem};
use axum::{
    Json,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::{
    Kind,
    coverage::{CoverageRow, Exporter, Gap, KindCoverage},
};
use serde::Serialize;
use utoipa::ToSchema;

/// Coverage of every subscription; not paged.
#[derive(Debug, Serialize, ToSchema)]
pub struct CoverageAnswer {
    /// One for each subscription the caller may see.
    items: Vec<CoverageItem>,
}

/// What leaves a subscription.
#[derive(Debug, Serialize, ToSchema)]
struct CoverageItem {
    /// The subscription's id.
    #[schema(format = Uuid)]
    subscription: String,
    /// Its name.
    name: String,
    /// Whether all High and Medium alerts leave it (CIS Microsoft Azure Foundations 8.1.5.2).
    cis_8_1_5_2: bool,
    /// Each kind of data.
    kinds: Vec<CoverageKind>,
}

/// What leaves a subscription of one kind of data.
#[derive(Debug, Serialize, ToSchema)]
struct CoverageKind {
    /// The kind of data.
    #[schema(value_type = super::words::KindWord)]
    kind: Kind,
    /// Who exports it; empty when nobody does.
    exported_by: Vec<CoverageExporter>,
    /// What falls short: `short` (of CIS 8.1.5.2), `doubled`, `hidden` (from the portal), `disabled`, `stuck` (its target takes nothing).
    gaps: Vec<String>,
}

/// One export's part.
#[derive(Debug, Serialize, ToSchema)]
struct CoverageExporter {
    /// Its name.
    name: String,
    /// `console` or `azure`.
    delivered_by: String,
    /// The id of the console's export.
    export: Option<String>,
    /// The resource id of Azure's automation.
    automation: Option<String>,
    /// What people call the place it sends to.
    target: String,
    /// Whether it is neither switched off nor paused.
    enabled: bool,
    /// Whether rules filter it.
    filtered: bool,
    /// Whether it sends the whole state each week instead of changes.
    weekly: bool,
    /// The resource group it is limited to.
    resource_group: Option<String>,
}

impl From<Exporter> for CoverageExporter {
    fn from(one: Exporter) -> Self {
        Self {
            name: one.name,
            delivered_by: one.by.to_string(),
            export: one.export.map(Into::into),
            automation: one.automation.map(|id| id.to_string()),
            target: one.target,
            enabled: one.on,
            filtered: one.filtered,
            weekly: one.weekly,
            resource_group: one.only_group,
        }
    }
}

impl From<KindCoverage> for CoverageKind {
    fn from(one: KindCoverage) -> Self {
        Self {
            kind: one.kind,
            exported_by: one.exporters.into_iter().map(Into::into).collect(),
            gaps: one.gaps.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<Vec<CoverageRow>> for CoverageAnswer {
    fn from(rows: Vec<CoverageRow>) -> Self {
        let item = |row: CoverageRow| CoverageItem {
            cis_8_1_5_2: !row.gaps().contains(&Gap::Short),
            subscription: row.subscription.into(),
            name: row.name,
            kinds: row.kinds.into_iter().map(Into::into).collect(),
        };
        Self { items: rows.into_iter().map(item).collect() }
    }
}

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
