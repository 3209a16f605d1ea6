//! What an identity may do, worked out of the entries that Resource Manager answers.

use serde::Deserialize;

/// One entry of `…/providers/Microsoft.Authorization/permissions` (2022-04-01): an action is allowed when some entry names
/// it and the same entry does not take it back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Permission {
    /// Patterns of what is allowed.
    pub actions: Vec<String>,
    /// Patterns of what is taken back, of this entry alone.
    pub not_actions: Vec<String>,
    /// The same for what touches data, such as sending events.
    pub data_actions: Vec<String>,
    /// What is taken back of that.
    pub not_data_actions: Vec<String>,
}

/// Whether these entries allow an action.
pub fn allows(entries: &[Permission], action: &str) -> bool {
    let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, action));
    entries.iter().any(|entry| any(&entry.actions) && !any(&entry.not_actions))
}

/// Whether these entries allow an action on data.
pub fn allows_data(entries: &[Permission], action: &str) -> bool {
    let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, action));
    entries.iter().any(|entry| any(&entry.data_actions) && !any(&entry.not_data_actions))
}

/// Whether a pattern with `*` for any text, slashes included, is this action, in any letter case.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| action.strip_prefix(first)) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(actions: &[&str], not: &[&str]) -> Permission {
        let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
        Permission { actions: owned(actions), not_actions: owned(not), ..Permission::default() }
    }

    #[test]
    fn what_an_entry_takes_back_another_may_still_give() {
        let contributor = entry(&["*"], &["Microsoft.Authorization/*/Write", "Microsoft.Authorization/*/Delete"]);
        let read = "Microsoft.Security/alerts/read";
        assert!(allows(std::slice::from_ref(&contributor), read));
        let write = "microsoft.authorization/roleAssignments/write";
        assert!(!allows(std::slice::from_ref(&contributor), write));
        assert!(allows(&[contributor, entry(&["Microsoft.Authorization/roleAssignments/*"], &[])], write));
        let reader = [entry(&["*/read"], &[])];
        assert!(
            allows(&reader, read)
                && !allows(&reader, "Microsoft.EventHub/namespaces/eventhubs/authorizationRules/listKeys/action")
        );
        assert!(!allows(&[], read) && !allows(&[entry(&[], &[])], read));
        assert!(!allows(&[entry(&["Microsoft.Security/alerts"], &[])], read), "a prefix is not enough");
    }

    proptest! {
        #[test]
        fn a_pattern_made_of_an_action_fits_it(action in "[a-z]{1,6}(/[a-z]{1,6}){1,4}", from in 0_usize..20, to in 0_usize..20) {
            let (from, to) = (from.min(action.len()), to.min(action.len()));
            let (from, to) = (from.min(to), from.max(to));
            let pattern = format!("{}*{}", &action[..from], &action[to..]);
            prop_assert!(matches(&pattern, &action), "{pattern}");
            prop_assert!(matches(&pattern.to_uppercase(), &action));
            let longer = format!("{pattern}!");
            prop_assert!(!matches(&longer, &action));
        }
    }
}
