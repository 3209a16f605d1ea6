//! Things that people go to by their names, and how well a name answers what was typed.

use super::{ExportId, SubscriptionId, TargetId};
use serde::{Deserialize, Serialize};

/// What has a name and a page of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thing {
    /// An export of this console's.
    Export(ExportId),
    /// A target.
    Target(TargetId),
    /// A subscription.
    Subscription(SubscriptionId),
}

/// A thing with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// What it is.
    pub thing: Thing,
    /// What it is called.
    pub name: String,
}

/// How far a name is from what was typed: the less the closer, and nothing where a word of it is missing.
///
/// Letter case does not count. A name that begins so is closest, then one of whose words does, then any other.
pub fn distance(name: &str, typed: &str) -> Option<usize> {
    let (name, typed) = (name.to_lowercase(), typed.trim().to_lowercase());
    if name.starts_with(&typed) {
        return Some(0);
    }
    let begins = |word: &str| name.split(|c: char| !c.is_alphanumeric()).any(|part| part.starts_with(word));
    let mut far = 1;
    for word in typed.split_whitespace() {
        far += match (begins(word), name.contains(word)) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => return None,
        };
    }
    Some(far)
}

/// Of these at most `most`, the closest first and by name; all of them where nothing is typed.
pub fn closest<T>(all: impl IntoIterator<Item = T>, name: impl Fn(&T) -> &str, typed: &str, most: usize) -> Vec<T> {
    let mut found: Vec<(usize, T)> =
        all.into_iter().filter_map(|one| Some((distance(name(&one), typed)?, one))).collect();
    found.sort_by_cached_key(|(far, one)| (*far, name(one).to_lowercase()));
    found.truncate(most);
    found.into_iter().map(|(_, one)| one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_name_is_closest_and_every_word_counts() {
        let all = ["Old SIEM alerts", "siem / alerts", "Archive of the siem", "Assiem", "alerts"];
        let found = |typed: &str| closest(all, |one| *one, typed, 4);
        assert_eq!(found("SIEM"), ["siem / alerts", "Archive of the siem", "Old SIEM alerts", "Assiem"]);
        assert_eq!(found("alerts siem"), ["Old SIEM alerts", "siem / alerts"]);
        assert_eq!(found(" archive the "), ["Archive of the siem"]);
        assert_eq!(found("nothing"), [""; 0]);
        assert_eq!(found("").len(), 4);
    }

    #[test]
    fn letters_of_any_script_are_compared() {
        assert_eq!(distance("Prod · Köln", "köl"), Some(1));
        assert_eq!(distance("ΣΊΣΥΦΟΣ", "σίσ"), Some(0));
    }
}
