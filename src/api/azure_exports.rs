//! What Azure delivers, and bringing it to what is saved here.

use super::export_sources::Source;
use domain::{
    AzureExport,
    azure::{Drift, RollOutRow, Wish},
};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An export that Azure delivers, as it was read last.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AzureExport)]
pub struct AzureExportAnswer {
    /// The automation's resource id.
    pub automation: String,
    /// Its name.
    pub name: String,
    /// The subscription it stands in.
    #[schema(format = Uuid)]
    pub subscription: String,
    /// That subscription's name.
    pub subscription_name: String,
    /// Whether it is switched on.
    pub enabled: bool,
    /// The resource group it is limited to.
    pub only_group: Option<String>,
    /// Which data, filtered how.
    pub sources: Vec<Source>,
    /// Resource ids of event hubs and workspaces it sends to.
    pub targets: Vec<String>,
    /// Logic apps it starts.
    pub logic_apps: usize,
    /// Whether it signs in to an event hub as a trusted service.
    pub trusted_service: bool,
    /// Whether Azure's portal leaves it out, for its name.
    pub hidden_from_portal: bool,
    /// Why it cannot be taken over.
    pub left_alone: Option<String>,
    /// When it was changed last.
    pub changed_at: Option<Timestamp>,
    /// By which object id.
    pub changed_by: Option<String>,
}

impl From<(AzureExport, String)> for AzureExportAnswer {
    fn from((export, subscription_name): (AzureExport, String)) -> Self {
        let (changed_at, changed_by) = export.changed.clone().unzip();
        Self {
            hidden_from_portal: export.is_hidden(),
            left_alone: export.why_left_alone(),
            automation: export.id.as_str().to_owned(),
            name: export.name,
            subscription: export.subscription.into(),
            subscription_name,
            enabled: export.enabled,
            only_group: export.only_group,
            sources: export.sources.into_iter().map(Into::into).collect(),
            targets: export.targets.iter().map(|id| id.as_str().to_owned()).collect(),
            logic_apps: export.logic_apps,
            trusted_service: export.trusted_service,
            changed_at,
            changed_by,
        }
    }
}

/// Which of Azure's exports is taken over.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Adoption {
    /// Its resource id.
    pub automation: String,
}

/// What is asked of Azure.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollOutBody {
    /// `apply`, `validate` (nothing is stored) or `remove`.
    #[schema(value_type = String)]
    pub wish: Wish,
    /// The event hub's connection string, where it is needed and no rule is named. It is passed on and not kept.
    #[serde(default)]
    #[schema(value_type = Option<String>, write_only)]
    pub connection_string: Option<SecretString>,
}

/// In what an automation differs.
#[derive(Debug, Serialize, ToSchema)]
pub struct DriftAnswer {
    /// In which respect.
    pub what: String,
    /// What Azure has.
    pub azure: String,
    /// What is saved here.
    pub wanted: String,
}

impl From<Drift> for DriftAnswer {
    fn from(drift: Drift) -> Self {
        Self { what: drift.what, azure: drift.azure, wanted: drift.wanted }
    }
}

/// What was asked for an automation last.
#[derive(Debug, Serialize, ToSchema)]
pub struct LastAsked {
    /// `apply`, `validate` or `remove`.
    pub wish: &'static str,
    /// `waiting`, `done` or `failed`.
    pub state: &'static str,
    /// What was said.
    pub message: String,
    /// When.
    pub at: Timestamp,
}

/// One automation of the export.
#[derive(Debug, Serialize, ToSchema)]
pub struct RollOutItem {
    /// The subscription.
    #[schema(format = Uuid)]
    pub subscription: String,
    /// Its name.
    pub name: String,
    /// The automation's resource id.
    pub automation: String,
    /// `create`, `change`, `keep` or `remove`.
    pub step: &'static str,
    /// In what it differs.
    pub drift: Vec<DriftAnswer>,
    /// Whether it was made, or taken over, by this export: only such a one is removed.
    pub made: bool,
    /// What was asked last.
    pub last: Option<LastAsked>,
}

impl From<RollOutRow> for RollOutItem {
    fn from(row: RollOutRow) -> Self {
        Self {
            subscription: row.subscription.into(),
            name: row.name,
            automation: row.automation.as_str().to_owned(),
            step: row.step.as_str(),
            drift: row.drift.into_iter().map(Into::into).collect(),
            made: row.made,
            last: row.last.map(|(wish, state, message, at)| LastAsked {
                wish: wish.as_str(),
                state: state.as_str(),
                message,
                at,
            }),
        }
    }
}

/// How an export that Azure delivers stands there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RollOut)]
pub struct RollOutAnswer {
    /// Whether a roll-out is under way.
    pub under_way: bool,
    /// Whether the console may change Azure's exports.
    pub azure_writes: bool,
    /// One for each automation.
    pub items: Vec<RollOutItem>,
}

/// What was begun.
#[derive(Debug, Serialize, ToSchema)]
pub struct Begun {
    /// Automations it concerns; they are worked off in the background.
    pub automations: usize,
}
