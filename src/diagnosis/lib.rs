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
    use domain::CheckId;

    #[test]
    fn every_check_has_its_section_in_the_docs_and_every_section_its_check() {
        let sections: Vec<&str> =
            include_str!("../../docs/checks.md").lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let checks: Vec<&str> =
            CheckId::ALL.iter().filter(|check| **check != CheckId::Retired).map(|check| check.as_str()).collect();
        assert_eq!(sections, checks);
    }
}
