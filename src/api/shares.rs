//! Frozen copies for people without an account.

use super::query::flag;
use domain::{
    DeliveryId, EventId, ExportId, FieldError,
    diagnosis::DiagnosisId,
    share::{ShareOf, ShareRow},
};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What is shared, and how. Exactly one of the four is named.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareBody {
    /// A diagnosis.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub diagnosis: Option<DiagnosisId>,
    /// An event.
    #[schema(value_type = Option<String>)]
    pub event: Option<EventId>,
    /// A delivery.
    #[schema(value_type = Option<String>)]
    pub delivery: Option<DeliveryId>,
    /// An export.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub export: Option<ExportId>,
    /// How long the link lives, such as `12h` or `7d`, or until when (RFC 3339); between 1 hour and 30 days, 7 days when not said.
    pub expires: Option<String>,
    /// Whether ids and names are replaced (default: yes). Sharing them as they are needs the role Operator.
    pub redact: Option<bool>,
    /// What the link asks for, 8 to 200 characters; nothing when not said.
    #[schema(value_type = Option<String>)]
    pub passphrase: Option<SecretString>,
}

/// A share just made.
#[derive(Debug, Serialize, ToSchema)]
pub struct MadeShareAnswer {
    /// Its id.
    #[schema(format = Uuid)]
    pub id: String,
    /// Its link, answered this once.
    pub url: String,
    /// Until when the link shows it.
    pub expires: Timestamp,
}

/// A share.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Share)]
pub struct ShareAnswer {
    /// Its id.
    #[schema(format = Uuid)]
    pub id: String,
    /// `diagnosis`, `event`, `delivery` or `export`.
    pub kind: &'static str,
    /// The id of what was shared.
    pub of: String,
    /// What people call that.
    pub title: String,
    /// `open`, `expired` or `revoked`.
    pub state: &'static str,
    /// When it was made.
    pub made_at: Timestamp,
    /// By whom.
    pub made_by: String,
    /// Until when its link shows it.
    pub expires: Timestamp,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// Whether ids and names are replaced in it.
    pub redacted: bool,
    /// Whether its link asks for a passphrase.
    pub has_passphrase: bool,
    /// How often it was looked at.
    pub views: i64,
    /// When last.
    pub last_view_at: Option<Timestamp>,
}

impl ShareAnswer {
    /// The answer as it is now: a link ends with time.
    pub fn of(row: ShareRow, now: Timestamp) -> Self {
        Self {
            state: row.state(now).as_str(),
            kind: row.of.kind().as_str(),
            of: row.of.id(),
            id: row.id.to_string(),
            title: row.title,
            made_at: row.made_at,
            made_by: row.made_by,
            expires: row.expires_at,
            revoked_at: row.revoked_at,
            redacted: row.redacted,
            has_passphrase: row.has_passphrase,
            views: row.views,
            last_view_at: row.last_view_at,
        }
    }
}

impl ShareBody {
    /// What is named; it must be exactly one.
    pub fn of(&self) -> Result<ShareOf, FieldError> {
        let all = [
            self.diagnosis.clone().map(ShareOf::Diagnosis),
            self.event.clone().map(ShareOf::Event),
            self.delivery.clone().map(ShareOf::Delivery),
            self.export.clone().map(ShareOf::Export),
        ];
        let mut named = all.into_iter().flatten();
        match (named.next(), named.next()) {
            (Some(one), None) => Ok(one),
            _ => Err(FieldError::new("", "name exactly one of diagnosis, event, delivery and export")),
        }
    }
}

/// Whether the support bundle is redacted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct BundleQuery {
    /// Whether ids and names are replaced (default: yes). Otherwise the role Operator is needed.
    #[serde(deserialize_with = "flag")]
    pub redact: bool,
}

impl Default for BundleQuery {
    fn default() -> Self {
        Self { redact: true }
    }
}
