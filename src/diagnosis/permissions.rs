//! What an identity may do, worked out of the entries that Resource Manager answers.

use domain::subscriptions::Right;
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

/// What the console, or a person with it, does in a subscription, and the action each takes.
pub const ACTIONS: &[(&str, &str)] = &[
    ("Microsoft.Security/alerts/read", "see alerts"),
    ("Microsoft.Security/assessments/read", "see recommendations, and whether one is gone"),
    ("Microsoft.Security/assessments/subAssessments/read", "see findings"),
    ("Microsoft.Security/secureScores/read", "see the secure score"),
    ("Microsoft.Security/regulatoryComplianceStandards/read", "see regulatory compliance"),
    ("Microsoft.Security/pricings/read", "see which Defender plans are on"),
    ("Microsoft.Security/automations/read", "see Azure's own exports"),
    ("Microsoft.Security/automations/write", "set up or change Azure's own exports"),
    ("Microsoft.Security/automations/delete", "remove Azure's own exports"),
    ("Microsoft.Authorization/policyAssignments/read", "see policies that set up exports"),
    ("Microsoft.Security/locations/alerts/default/simulate/action", "raise sample alerts"),
    ("Microsoft.ResourceGraph/resources/read", "ask Resource Graph, as watching does"),
    ("Microsoft.Management/managementGroups/read", "see the names of management groups"),
    ("Microsoft.Authorization/permissions/read", "see this list"),
];

/// Whether these entries allow an action.
pub fn allows(entries: &[Permission], action: &str) -> bool {
    judge(entries, action).is_ok()
}

/// The rights that matter to the console, each with the pattern that grants it or takes it back.
pub fn rights(entries: &[Permission]) -> Vec<Right> {
    ACTIONS
        .iter()
        .map(|(action, needed_for)| {
            let judged = judge(entries, action);
            Right {
                action: (*action).to_owned(),
                needed_for: (*needed_for).to_owned(),
                granted_by: judged.ok().map(str::to_owned),
                taken_back_by: judged.err().flatten().map(str::to_owned),
            }
        })
        .collect()
}

/// The pattern that allows an action, or the one that takes it back where an entry would have allowed it.
fn judge<'a>(entries: &'a [Permission], action: &str) -> Result<&'a str, Option<&'a str>> {
    let first = |patterns: &'a [String]| patterns.iter().find(|pattern| matches(pattern, action)).map(String::as_str);
    let mut taken_back = None;
    for entry in entries {
        match (first(&entry.actions), first(&entry.not_actions)) {
            (Some(granted), None) => return Ok(granted),
            (Some(_), Some(back)) => taken_back = Some(back),
            (None, _) => {}
        }
    }
    Err(taken_back)
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

    #[test]
    fn a_right_names_what_grants_it_or_what_takes_it_back() {
        let of = |entries: &[Permission], action: &str| {
            let found = rights(entries).into_iter().find(|right| right.action == action).unwrap();
            (found.granted_by, found.taken_back_by)
        };
        let write = "Microsoft.Security/automations/write";
        let held = [entry(&["*"], &["Microsoft.Security/*/write"]), entry(&["*/read"], &[])];
        assert_eq!(of(&held, write), (None, Some("Microsoft.Security/*/write".to_owned())));
        assert_eq!(of(&held, "Microsoft.Security/alerts/read"), (Some("*".to_owned()), None));
        assert_eq!(of(&held[1..], write), (None, None));
        let both = [held[0].clone(), entry(&["Microsoft.Security/*"], &[])];
        assert_eq!(of(&both, write), (Some("Microsoft.Security/*".to_owned()), None), "another entry gives it");
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
