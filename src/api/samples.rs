//! Sample alerts, asked of Defender for Cloud and followed until they arrive.

use super::{arrivals::ArrivalAnswer, deliveries::DeliveryAnswer, events::EventAnswer};
use domain::{
    SubscriptionId,
    sample::{Bundle, SampleAlert},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which sample alerts are asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleBody {
    /// In which subscription.
    #[schema(value_type = String, format = Uuid)]
    pub subscription: SubscriptionId,
    /// Of which group, such as `VirtualMachines` (`BundleType` of Microsoft.Security).
    #[schema(value_type = String)]
    pub bundle: Bundle,
}

/// One sample alert and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SampleAlertAnswer {
    /// The alert as it was observed.
    pub event: EventAnswer,
    /// What this console's exports did with it.
    pub deliveries: Vec<DeliveryAnswer>,
    /// Where Azure's own exports should have sent it.
    pub arrivals: Vec<ArrivalAnswer>,
}

impl From<SampleAlert> for SampleAlertAnswer {
    fn from(alert: SampleAlert) -> Self {
        Self {
            event: alert.event.into(),
            deliveries: alert.deliveries.into_iter().map(Into::into).collect(),
            arrivals: alert.arrivals.into_iter().map(Into::into).collect(),
        }
    }
}

/// Sample alerts and how far they came.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sample)]
pub struct SampleAnswer {
    /// The id.
    #[schema(format = Uuid)]
    pub id: String,
    /// The subscription.
    #[schema(format = Uuid)]
    pub subscription: String,
    /// The group.
    pub bundle: &'static str,
    /// When they were asked for.
    pub asked_at: Timestamp,
    /// By whom.
    pub asked_by: String,
    /// What Azure says of the request, while no alert was observed.
    pub said: Option<String>,
    /// The alerts.
    pub alerts: Vec<SampleAlertAnswer>,
}
