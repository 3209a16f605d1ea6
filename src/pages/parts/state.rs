//! States as a dot with its word, severities as a badge: never by colour alone.

use domain::{Condition, Outcome, Severity, view::TargetRow};
use leptos::prelude::*;

/// The tone a condition is shown in.
pub const fn condition_tone(condition: Condition) -> &'static str {
    match condition {
        Condition::Ok => "good",
        Condition::Throttled => "warn",
        Condition::Paused => "none",
        _ => "bad",
    }
}

/// A target's condition.
#[component]
pub fn ConditionDot(
    /// The condition.
    condition: Condition,
    /// The status that showed it.
    #[prop(optional_no_strip)]
    status: Option<u16>,
) -> impl IntoView {
    let status = status.map(|status| format!(" ({status})"));
    view! { <span class=format!("state {}", condition_tone(condition))>{condition.label()}{status}</span> }
}

/// A target's state: its condition, or that nothing was sent yet.
#[component]
pub fn TargetDot(
    /// The target.
    target: TargetRow,
) -> impl IntoView {
    if target.condition == Condition::Ok && target.last_success.is_none() {
        view! { <span class="state none">"Nothing sent yet"</span> }.into_any()
    } else {
        view! { <ConditionDot condition=target.condition status=target.condition_status /> }.into_any()
    }
}

/// An outcome; a pending one takes the tone of what keeps it waiting.
#[component]
pub fn OutcomeDot(
    /// The outcome.
    outcome: Outcome,
    /// The target's condition.
    #[prop(optional)]
    condition: Option<Condition>,
) -> impl IntoView {
    let tone = match outcome {
        Outcome::Delivered => "good",
        Outcome::Pending => match condition {
            Some(condition) if condition != Condition::Ok => condition_tone(condition),
            _ => "warn",
        },
        Outcome::Parked => "bad",
        Outcome::Filtered | Outcome::Cancelled => "none",
    };
    view! { <span class=format!("state {tone}")>{outcome.label()}</span> }
}

/// A severity with its word.
#[component]
pub fn SeverityBadge(
    /// The severity; nothing is shown without one.
    severity: Option<Severity>,
) -> impl IntoView {
    severity.map(|severity| view! { <span class=format!("sev {}", severity.as_str())>{severity.label()}</span> })
}
