//! Checks: facts in, verdicts out, the most harmful first.
//!
//! This room asks nobody and knows no clock: `console` gathers the facts, and a fact that could not be had is part of them,
//! so that it hides no other verdict. It must not know the store, Azure's clients, HTTP or pages.

pub mod articles;
pub mod azure_target;
mod commands;
mod docs;
pub mod health;
pub mod hub;
pub mod item;
mod mend;
pub mod permissions;
pub mod policy_health;
pub mod rules_health;
pub mod target_health;
mod way;
pub mod workspace;

/// Names the page of Microsoft's documentation beside each check.
pub fn fill_docs<'a>(all: impl Iterator<Item = &'a mut domain::verdict::Checked>) {
    all.for_each(docs::fill);
}

#[cfg(test)]
mod tests {
    /// Every word of a check, as it stands in the sources of this room.
    #[test]
    fn every_check_has_its_page_in_the_docs() {
        let sources = [
            include_str!("health.rs"),
            include_str!("health/access.rs"),
            include_str!("target_health.rs"),
            include_str!("item.rs"),
            include_str!("item/ours.rs"),
            include_str!("item/theirs.rs"),
            include_str!("azure_target.rs"),
            include_str!("hub.rs"),
            include_str!("policy_health.rs"),
            include_str!("rules_health.rs"),
            include_str!("workspace.rs"),
        ];
        let docs = include_str!("../../docs/checks.md");
        let mut found = 0;
        for source in sources {
            for (at, _) in source.match_indices("Checked::pass(") {
                let rest = source[at + "Checked::pass(".len()..].trim_start();
                let word = rest.strip_prefix('"').and_then(|rest| rest.split('"').next()).unwrap_or_default();
                assert!(docs.contains(&format!("\n## {word}\n")), "docs/checks.md has no page on `{word}`");
                found += 1;
            }
        }
        assert!(found > 30, "{found}");
    }
}
