//! What to do about a target that takes no events, by its condition.

use domain::{Condition, SubscriptionHealth};

/// The steps. They are to be understood without the target's page: shares hold them too.
pub(super) const fn mend(condition: Condition) -> &'static [&'static str] {
    match condition {
        Condition::Ok | Condition::Throttled => {
            &["Give the namespace more throughput units, or the rule less to take."]
        }
        Condition::Unreachable => &[
            "Look at the address, at name resolution, at the proxy (--proxy) and at Private Link; the target's page tries it.",
        ],
        Condition::Unauthorized => &[
            "Look whether the authorization rule has the right Send, and whether its key was made anew since.",
            "Enter a good key on the target's page, or let the console sign in with its identity; the page tries it.",
        ],
        Condition::Forbidden => &[
            "Give the console's identity the roles Azure Event Hubs Data Sender on the event hub and Reader on its namespace, or Monitoring Metrics Publisher on the data collection rule.",
            "An event hub without a key needs its resource ID on the target's page: no token is sent before Resource Manager has confirmed the namespace.",
            "Try it on the target's page: a new role takes some minutes.",
        ],
        Condition::NotFound => &[
            "Make the event hub, or the data collection rule with its stream, again, or correct the address on the target's page.",
        ],
        Condition::Disabled => &["Switch the event hub, or its namespace, on again."],
        Condition::Firewall => {
            &["Let this console's address through the namespace's firewall, or reach it over a private endpoint."]
        }
        Condition::Misconfigured => &["Open the target's page: it says what is refused, and tries it."],
        Condition::Paused => &["Resume the target on its page."],
    }
}

/// What to do about a subscription that cannot be watched, by what keeps it from being.
pub(super) fn mend_watch(condition: SubscriptionHealth) -> &'static [&'static str] {
    match condition {
        SubscriptionHealth::Throttled => &[
            "Nothing has to be done: Azure takes questions again after a pause, and what happened meanwhile is found.",
        ],
        SubscriptionHealth::Forbidden => {
            &["Give the console's identity the role Reader or Security Reader there; a new role takes some minutes."]
        }
        SubscriptionHealth::Unauthorized => {
            &["Look at the identity in Settings, at what it signs in with, and at this machine's clock."]
        }
        SubscriptionHealth::Unreachable => {
            &["Look at name resolution, at the proxy (--proxy) and at Private Link; watching goes on by itself."]
        }
        SubscriptionHealth::DiskFull => {
            &["Make room on the disk that holds the data folder; watching goes on by itself."]
        }
        SubscriptionHealth::Ok
        | SubscriptionHealth::Malformed
        | SubscriptionHealth::Unreadable
        | SubscriptionHealth::Store
        | SubscriptionHealth::Unlisted => &[
            "It is asked again by itself. If it stays like this, a support bundle (Shares) holds what support asks for.",
        ],
    }
}

/// A text of Azure's as a sentence among others.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}
