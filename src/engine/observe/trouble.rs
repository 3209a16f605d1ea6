//! What keeps watching from getting on, each named for what it is.

use azure::AzureError;
use domain::SubscriptionHealth;
use std::time::Duration;
use store::StoreError;

/// Why watching did not get on.
#[derive(Debug, thiserror::Error)]
pub(super) enum WatchError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Azure(#[from] AzureError),
    #[error("the program stops")]
    Stopping,
    #[error("an answer repeats a page that was already read (after {0}); the query was given up and is asked again")]
    Repeats(String),
}

impl WatchError {
    /// What it does to the subscriptions it concerns, and the sentence shown at the subscriptions it concerns.
    pub(super) fn condition(&self) -> (SubscriptionHealth, String) {
        match self {
            Self::Store(error) if error.is_disk_full() => (
                SubscriptionHealth::DiskFull,
                "The disk is full: nothing more is observed until there is room. Nothing is lost meanwhile.".to_owned(),
            ),
            Self::Store(error) => (SubscriptionHealth::Store, error.to_string()),
            // A stop is nothing that a subscription suffers from.
            Self::Stopping => (SubscriptionHealth::Ok, self.to_string()),
            Self::Repeats(_) => (SubscriptionHealth::Malformed, self.to_string()),
            Self::Azure(error) => match error {
                AzureError::Service(fault) if fault.status == 429 => {
                    (SubscriptionHealth::Throttled, format!("Resource Graph asks for a pause ({fault})"))
                }
                AzureError::Service(fault) if fault.is_of_another_tenant() => (
                    SubscriptionHealth::Unauthorized,
                    format!(
                        "The identity's token is of another tenant than these subscriptions ({fault}). Sign in to the tenant they belong to, or leave them out."
                    ),
                ),
                AzureError::Service(fault) if fault.status == 401 => (
                    SubscriptionHealth::Unauthorized,
                    format!(
                        "Azure does not take the identity's token ({fault}). Look at the identity in Settings, and at this machine's clock."
                    ),
                ),
                AzureError::Service(fault) if fault.status == 403 => (
                    SubscriptionHealth::Forbidden,
                    format!(
                        "The console's identity may not read here ({fault}). It needs the role Reader or Security Reader."
                    ),
                ),
                AzureError::Token { .. } => (SubscriptionHealth::Unauthorized, error.sentence()),
                AzureError::Shape { .. } | AzureError::TooLong { .. } | AzureError::ForeignHost { .. } => {
                    (SubscriptionHealth::Malformed, error.sentence())
                }
                _ => (SubscriptionHealth::Unreachable, error.sentence()),
            },
        }
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Azure(error) => error.fault()?.retry_after?.try_into().ok(),
            _ => None,
        }
    }
}
