//! Times: relative to the server's now, exact on hover and for screen readers.

use domain::time;
use jiff::Timestamp;
use leptos::prelude::*;

/// `3 min ago`, exact on hover.
#[component]
pub fn When(
    /// The time.
    at: Timestamp,
    /// The server's now.
    now: Timestamp,
) -> impl IntoView {
    view! { <time datetime=time::rfc3339(at) title=time::exact(at)>{time::relative(at, now)}</time> }
}

/// `10:42:07`, with the day where it is not today's.
#[component]
pub fn Clock(
    /// The time.
    at: Timestamp,
    /// The server's now.
    now: Timestamp,
) -> impl IntoView {
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    let text = if day(at) == day(now) { time::clock(at) } else { at.strftime("%d %b %H:%M").to_string() };
    view! { <time datetime=time::rfc3339(at) title=time::exact(at)>{text}</time> }
}
