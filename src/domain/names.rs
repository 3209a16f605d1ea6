//! Names of Azure resources that become part of addresses, commands and code: text without the shape of such a name is
//! refused where it is read, whether a file, the API or Azure brings it.

use crate::ids::checked;

/// Names keep their letter case.
macro_rules! name {
    ($(#[$meta:meta])* $name:ident, $wanted:literal, $check:expr) => {
        checked!($(#[$meta])* $name, $wanted, str::to_owned, $check);
    };
}

name!(/// A `Microsoft.Security/automations` resource. Microsoft publishes no pattern for it; this one is what the portal writes.
    AutomationName, "the name of an automation: 1 to 260 letters, digits, - and _",
    |text: &str| is_made_of(text, 260, |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
name!(/// A resource group.
    ResourceGroupName, "the name of a resource group: 1 to 90 letters, digits, - _ . ( ), without a period at the end",
    |text: &str| is_made_of(text, 90, |c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '(' | ')')) && !text.ends_with('.'));
name!(/// A region, as Resource Manager spells it.
    Region, "a region such as westeurope",
    |text: &str| is_made_of(text, 60, |c| c.is_ascii_alphanumeric()));
name!(/// An authorization rule of an event hub or its namespace.
    HubRuleName, "the name of an authorization rule: 1 to 256 letters, digits, - _ .",
    |text: &str| is_made_of(text, 256, |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')));

fn is_made_of(text: &str, longest: usize, allowed: impl Fn(char) -> bool) -> bool {
    (1..=longest).contains(&text.chars().count()) && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_letter_case_and_refuse_what_means_something_elsewhere() {
        assert_eq!(AutomationName::parse(" ExportToEventHub ").unwrap().as_str(), "ExportToEventHub");
        assert_eq!(ResourceGroupName::parse("rg-Siem (prod)").ok(), None, "a blank is no part of it");
        assert!(ResourceGroupName::parse("rg-größe_(1).x").is_ok() && ResourceGroupName::parse("rg.").is_err());
        for hostile in ["", "x$(touch pwned)", "x\"\n}", "${x}", "a/b", "a'b", "a?b", "ü\u{202e}"] {
            assert!(AutomationName::parse(hostile).is_err(), "{hostile}");
            assert!(ResourceGroupName::parse(hostile).is_err(), "{hostile}");
            assert!(Region::parse(hostile).is_err(), "{hostile}");
            assert!(HubRuleName::parse(hostile).is_err(), "{hostile}");
        }
        let read: Result<AutomationName, _> = serde_json::from_str("\"a b\"");
        assert!(read.unwrap_err().to_string().contains("is not the name of an automation"));
    }
}
