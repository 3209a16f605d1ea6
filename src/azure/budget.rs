//! How much may be asked of Azure, so that its limits are obeyed before they are reached: a token bucket per principal,
//! subscription and kind of operation, as Resource Manager keeps them since 2024, corrected by what its answers say is left.

use jiff::SignedDuration;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// What a request does, as Azure counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Reads.
    Read,
    /// Creates or changes.
    Write,
    /// Deletes.
    Delete,
}

impl Operation {
    /// Size of the bucket and what flows in per second (Microsoft, "Understand how Azure Resource Manager throttles
    /// requests"): per subscription, principal and operation.
    const fn limits(self) -> (f64, f64) {
        match self {
            Self::Read => (250.0, 25.0),
            Self::Write | Self::Delete => (200.0, 10.0),
        }
    }
}

/// Which bucket a request is taken from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Account {
    /// What it does.
    pub operation: Operation,
    /// The subscription, or empty for the tenant.
    pub subscription: String,
    /// The provider whose own limit counts too, such as `microsoft.security/automations`; empty for none.
    pub provider: String,
}

impl Account {
    /// The account of a request to Resource Manager by its path.
    pub fn of(operation: Operation, path: &str) -> Self {
        let lower = path.split('?').next().unwrap_or_default().to_ascii_lowercase();
        let parts: Vec<&str> = lower.split('/').filter(|part| !part.is_empty()).collect();
        let after = |name: &str| {
            let at = parts.iter().rposition(|part| *part == name)?;
            Some(parts.get(at + 1..)?.iter().take(2).copied().collect::<Vec<_>>())
        };
        let subscription = match parts.as_slice() {
            ["subscriptions", id, ..] => (*id).to_owned(),
            _ => String::new(),
        };
        Self { operation, subscription, provider: after("providers").map(|two| two.join("/")).unwrap_or_default() }
    }
}

/// What is left of an account.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
    rest_until: Instant,
}

/// The accounts of one principal, shared by all who ask for it.
#[derive(Debug, Clone, Default)]
pub struct Budget(Arc<Mutex<HashMap<Account, Bucket>>>);

/// Few requests left of a provider's own limit: it is given time to recover.
const SCARCE: u32 = 3;
/// How long a provider that is almost used up is left alone.
const RECOVER: Duration = Duration::from_secs(2);

impl Budget {
    /// Takes one request; answers how long it has to wait before it may be sent.
    pub fn take(&self, account: &Account, now: Instant) -> Duration {
        let (size, flow) = account.operation.limits();
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = accounts.entry(account.clone()).or_insert(Bucket { left: size, at: now, rest_until: now });
        let flowed = now.saturating_duration_since(bucket.at).as_secs_f64() * flow;
        bucket.left = (bucket.left + flowed).min(size) - 1.0;
        bucket.at = now;
        let empty = Duration::from_secs_f64((-bucket.left).max(0.0) / flow);
        empty.max(bucket.rest_until.saturating_duration_since(now))
    }

    /// Takes over what an answer says is left: `x-ms-ratelimit-remaining-…`, the subscription's and the provider's own.
    pub fn learn(&self, account: &Account, left: Option<u32>, of_provider: Option<u32>, now: Instant) {
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(bucket) = accounts.get_mut(account) else { return };
        if let Some(left) = left {
            bucket.left = bucket.left.min(f64::from(left));
        }
        if of_provider.is_some_and(|left| left <= SCARCE) {
            bucket.rest_until = bucket.rest_until.max(now + RECOVER);
        }
    }

    /// Leaves an account alone, as `Retry-After` asks.
    pub fn rest(&self, account: &Account, length: SignedDuration, now: Instant) {
        let length = Duration::try_from(length).unwrap_or_default();
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = accounts.entry(account.clone()).or_insert(Bucket { left: 0.0, at: now, rest_until: now });
        bucket.rest_until = bucket.rest_until.max(now + length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_waits_and_fills_again() {
        let (budget, start) = (Budget::default(), Instant::now());
        let account =
            Account::of(Operation::Write, "/subscriptions/A/providers/Microsoft.Security/automations/x?api=1");
        assert_eq!((account.subscription.as_str(), account.provider.as_str()), ("a", "microsoft.security/automations"));
        for _ in 0..200 {
            assert_eq!(budget.take(&account, start), Duration::ZERO);
        }
        let wait = budget.take(&account, start);
        assert!(wait > Duration::from_millis(90) && wait < Duration::from_millis(110), "{wait:?}");
        let other = Account::of(Operation::Read, "/subscriptions/A/providers/Microsoft.Security/automations");
        assert_eq!(budget.take(&other, start), Duration::ZERO, "reads have an account of their own");
        assert_eq!(budget.take(&account, start + Duration::from_secs(30)), Duration::ZERO);
    }

    #[test]
    fn what_azure_says_is_left_counts_more_than_what_was_thought() {
        let (budget, start) = (Budget::default(), Instant::now());
        let account = Account::of(Operation::Read, "/subscriptions/A/resourceGroups");
        budget.take(&account, start);
        budget.learn(&account, Some(0), None, start);
        assert!(budget.take(&account, start) > Duration::ZERO);
        budget.learn(&account, None, Some(1), start);
        assert!(budget.take(&account, start) >= RECOVER);
        budget.rest(&account, SignedDuration::from_secs(60), start);
        assert!(budget.take(&account, start) >= Duration::from_mins(1));
    }
}
