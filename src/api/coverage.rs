//! Who exports what of each subscription to where.

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
    pub items: Vec<CoverageItem>,
}

/// What leaves a subscription.
#[derive(Debug, Serialize, ToSchema)]
pub struct CoverageItem {
    /// The subscription's id.
    #[schema(format = Uuid)]
    pub subscription: String,
    /// Its name.
    pub name: String,
    /// Whether all High and Medium alerts leave it (CIS Microsoft Azure Foundations 8.1.5.2).
    pub cis_8_1_5_2: bool,
    /// Each kind of data.
    pub kinds: Vec<CoverageKind>,
}

/// What leaves a subscription of one kind of data.
#[derive(Debug, Serialize, ToSchema)]
pub struct CoverageKind {
    /// The kind of data.
    #[schema(value_type = super::words::KindWord)]
    pub kind: Kind,
    /// Who exports it; empty when nobody does.
    pub exported_by: Vec<CoverageExporter>,
    /// What falls short: `short` (of CIS 8.1.5.2), `doubled`, `hidden` (from the portal), `disabled`, `stuck` (its target takes nothing).
    pub gaps: Vec<String>,
}

/// One export's part.
#[derive(Debug, Serialize, ToSchema)]
pub struct CoverageExporter {
    /// Its name.
    pub name: String,
    /// `console` or `azure`.
    pub delivered_by: String,
    /// The id of the console's export.
    pub export: Option<String>,
    /// The resource id of Azure's automation.
    pub automation: Option<String>,
    /// What people call the place it sends to.
    pub target: String,
    /// Whether it is neither switched off nor paused.
    pub enabled: bool,
    /// Whether rules filter it.
    pub filtered: bool,
    /// Whether it sends the whole state each week instead of changes.
    pub weekly: bool,
    /// The resource group it is limited to.
    pub resource_group: Option<String>,
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
