//! Which deliveries are wanted: the same filters for the list and for the files.

use super::{
    query::{Limit, Moment, words},
    replay_filter::ReplayFilter,
    words::{KindWord, OutcomeWord, SeverityWord},
};
use domain::{Cursor, ExportId, Kind, Outcome, Severity, SubscriptionId, TargetId};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which deliveries are wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct DeliveriesQuery {
    /// Of this export.
    #[param(value_type = Option<String>)]
    pub export: Option<ExportId>,
    /// To this target.
    #[param(value_type = Option<String>)]
    pub target: Option<TargetId>,
    /// With one of these outcomes: repeated, or with commas.
    #[serde(deserialize_with = "words")]
    #[param(value_type = Vec<OutcomeWord>, required = false)]
    pub outcome: Vec<Outcome>,
    /// Of this kind.
    #[param(value_type = Option<KindWord>)]
    pub kind: Option<Kind>,
    /// In this subscription.
    #[param(value_type = Option<String>)]
    pub subscription: Option<SubscriptionId>,
    /// With this severity.
    #[param(value_type = Option<SeverityWord>)]
    pub severity: Option<Severity>,
    /// Decided in or after the hour of this time (RFC 3339, or a length such as `24h`).
    #[param(value_type = Option<String>)]
    pub since: Option<Moment>,
    /// Decided before the hour of this time.
    #[param(value_type = Option<String>)]
    pub until: Option<Moment>,
    /// A whole event id, alert id, resource id, or link of Azure's portal.
    pub q: Option<String>,
    /// At most so many rows. Files are unlimited.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 1000, default = 50)]
    pub limit: Limit,
    /// Where to go on: `next` of the answer before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

impl From<DeliveriesQuery> for ReplayFilter {
    fn from(query: DeliveriesQuery) -> Self {
        let DeliveriesQuery {
            export,
            target,
            outcome,
            kind,
            subscription,
            severity,
            since,
            until,
            q,
            limit: _,
            cursor: _,
        } = query;
        Self { export, target, outcome, kind, subscription, severity, since, until, q }
    }
}
