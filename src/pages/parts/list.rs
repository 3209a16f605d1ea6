//! Pagers, and links that keep the range all pages share.

use crate::paths;
use domain::{Cursor, time};
use leptos::prelude::*;

/// Newer and older.
#[component]
pub fn Pager(
    /// The address without a cursor.
    base: String,
    /// Where newer rows are.
    previous: Option<Cursor>,
    /// Where older rows are.
    next: Option<Cursor>,
    /// Rows shown.
    shown: usize,
) -> impl IntoView {
    let newest = base.clone();
    let to = move |cursor: Cursor| paths::with_query(&base, &[("cursor", &cursor.to_string())]);
    let older = next.map(&to);
    // The newest page has no cursor, so that it stays the newest.
    let newer = previous.map(to);
    let count = time::count(i64::try_from(shown).unwrap_or_default());
    view! {
        <nav class="pager" aria-label="Pages of this list">
            <span>{count}" rows, newest first"</span>
            {newer.map(|newer| view! { <a class="btn" href=newest>"Newest"</a><a class="btn" href=newer rel="prev">"Newer"</a> })}
            {older.map(|older| view! { <a class="btn" href=older rel="next">"Older"</a> })}
        </nav>
    }
}

/// A page's address with the shared range.
pub fn rail_path(path: &str, range: &str) -> String {
    paths::with_query(path, &[("range", if range == "24h" { "" } else { range })])
}
