//! Which deliveries are wanted: the same filters for the list and for the files.

use super::{
    asked::{Limit, Moment, words},
    words::{KindWord, OutcomeWord, SeverityWord},
};
use console::search::whole_id;
use domain::{Cursor, ExportId, Kind, Outcome, Severity, SubscriptionId, TargetId};
use jiff::Timestamp;
use serde::Deserialize;
use store::DeliveryFilter;
use utoipa::IntoParams;

/// Which deliveries are wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct DeliveriesQuery {
    /// Of this export.
    #[param(value_type = Option<String>)]
    pub(super) export: Option<ExportId>,
    /// To this target.
    #[param(value_type = Option<String>)]
    pub(super) target: Option<TargetId>,
    /// With one of these outcomes: repeated, or with commas.
    #[serde(deserialize_with = "words")]
    #[param(value_type = Vec<OutcomeWord>, required = false)]
    pub(super) outcome: Vec<Outcome>,
    /// Of this kind.
    #[param(value_type = Option<KindWord>)]
    pub(super) kind: Option<Kind>,
    /// In this subscription.
    #[param(value_type = Option<String>)]
    pub(super) subscription: Option<SubscriptionId>,
    /// With this severity.
    #[param(value_type = Option<SeverityWord>)]
    pub(super) severity: Option<Severity>,
    /// Decided in or after the hour of this time (RFC 3339, or a length such as `24h`).
    #[param(value_type = Option<String>)]
    pub(super) since: Option<Moment>,
    /// Decided before the hour of this time.
    #[param(value_type = Option<String>)]
    pub(super) until: Option<Moment>,
    /// A whole event id, alert id, resource id, or link of Azure's portal.
    pub(super) q: Option<String>,
    /// At most so many rows. Files are unlimited.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 1000, default = 50)]
    pub(super) limit: Limit,
    /// Where to go on: `next` of the answer before.
    #[param(value_type = Option<String>)]
    pub(super) cursor: Option<Cursor>,
}

impl DeliveriesQuery {
    pub(super) fn filter(self, now: Timestamp) -> DeliveryFilter {
        DeliveryFilter {
            export: self.export,
            target: self.target,
            outcomes: self.outcome,
            kind: self.kind,
            subscription: self.subscription,
            severity: self.severity,
            since: self.since.map(|moment| moment.at(now)),
            until: self.until.map(|moment| moment.at(now)),
            search: self.q.as_deref().map(whole_id),
        }
    }
}
