//! Where the command palette leads.

use super::UiError;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Somewhere to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// What it is: a page, an export, …
    pub sort: String,
    /// What it is called.
    pub name: String,
    /// Its address.
    pub to: String,
}

/// Where a text may lead.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hits {
    /// The text.
    pub typed: String,
    /// The places, the likeliest first.
    pub places: Vec<Hit>,
}

/// The longest text that is looked for, in characters.
#[cfg(feature = "ssr")]
const LONGEST: usize = 300;

/// The pages that have a name of their own.
#[cfg(feature = "ssr")]
const PAGES: [(&str, &str); 15] = {
    use crate::paths;
    [
        ("Overview", paths::OVERVIEW),
        ("Subscriptions", paths::SUBSCRIPTIONS),
        ("Coverage", paths::COVERAGE),
        ("Exports", paths::EXPORTS),
        ("New export", paths::NEW_EXPORT),
        ("Import an export", paths::IMPORT_EXPORT),
        ("Exports by Azure Policy", paths::POLICIES),
        ("Delivery log", paths::LOG),
        ("Replays and backfills", paths::JOBS),
        ("Targets", paths::TARGETS),
        ("New target", paths::NEW_TARGET),
        ("Troubleshoot", paths::TROUBLESHOOT),
        ("Sample alerts", paths::SAMPLES),
        ("Shares", paths::SHARES),
        ("Settings", paths::SETTINGS),
    ]
};

/// Places shown at once.
#[cfg(feature = "ssr")]
const SHOWN: usize = 15;

/// Where a text may lead: pages, articles, exports, targets and subscriptions by name, and an id to its event and to why
/// it was not exported. All pages where nothing is typed.
#[server(prefix = "/fn", endpoint = "find")]
pub async fn find(typed: String) -> Result<Hits, UiError> {
    use crate::paths;
    use domain::{
        article::Slug,
        named::{Thing, closest, distance},
    };
    let (console, actor) = super::door::door()?;
    let hit = |sort: &str, name: &str, to: String| Hit { sort: sort.to_owned(), name: name.to_owned(), to };
    let mut all: Vec<Hit> = PAGES.iter().map(|(name, to)| hit("Page", name, (*to).to_owned())).collect();
    let whole = typed;
    let typed: String = whole.trim().chars().take(LONGEST).collect();
    let typed = typed.as_str();
    if typed.is_empty() {
        return Ok(Hits { typed: whole, places: all });
    }
    all.extend(Slug::ALL.iter().map(|slug| hit("Question", slug.label(), paths::article(*slug))));
    let mut found = Vec::new();
    if is_like_an_id(typed) {
        found.push(hit("Item", "Find it in the delivery log", paths::search(typed)));
        found.push(hit("Item", "Why was this not exported?", paths::why(typed)));
    }
    for one in console.find_named(&actor, typed, SHOWN).await? {
        let by_name = distance(&one.name, typed).is_some();
        let one = match &one.thing {
            Thing::Export(id) => hit("Export", &one.name, paths::export(id)),
            Thing::Target(id) => hit("Target", &one.name, paths::target(id)),
            Thing::Subscription(id) => hit("Subscription", &one.name, paths::subscription(id)),
        };
        // What was found by its id has none of the text in its name.
        if by_name { &mut all } else { &mut found }.push(one);
    }
    found.extend(closest(all, |one| one.name.as_str(), typed, SHOWN));
    found.truncate(SHOWN);
    Ok(Hits { typed: whole, places: found })
}

/// Ids and links are one long word with digits in it.
#[cfg(feature = "ssr")]
fn is_like_an_id(typed: &str) -> bool {
    typed.len() >= 8 && typed.chars().any(|c| c.is_ascii_digit()) && (typed.starts_with('/') || !typed.contains(' '))
}
