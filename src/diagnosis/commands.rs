//! Commands to copy, for the tools that people have at hand, with ids filled in.

use domain::verdict::{Command, Tool};

/// A command of Azure's command line.
pub fn az(text: impl Into<String>) -> Command {
    Command { tool: Tool::Az, text: text.into() }
}

/// The same in PowerShell.
pub fn powershell(text: impl Into<String>) -> Command {
    Command { tool: Tool::PowerShell, text: text.into() }
}

/// A query of a workspace.
pub fn kql(text: impl Into<String>) -> Command {
    Command { tool: Tool::Kql, text: text.into() }
}

/// A query of Resource Graph.
pub fn graph(text: impl Into<String>) -> Command {
    Command { tool: Tool::ResourceGraph, text: text.into() }
}

/// Shows a resource as Azure has it, in three ways.
pub fn show(resource: &str) -> [Command; 3] {
    let (word, literal) = (quoted(resource), literal(resource));
    [
        az(format!("az resource show --ids {word}")),
        powershell(format!("Get-AzResource -ResourceId {literal} -ExpandProperties")),
        graph(format!("resources | where id =~ {literal}")),
    ]
}

/// Gives a role. `assignee` is an object id, or the id of an application.
pub fn give_role(assignee: &str, role: &str, scope: &str) -> [Command; 2] {
    [
        az(format!(
            "az role assignment create --assignee-object-id {} --assignee-principal-type ServicePrincipal --role {} --scope {}",
            quoted(assignee),
            quoted(role),
            quoted(scope)
        )),
        powershell(format!(
            "New-AzRoleAssignment -ObjectId {} -RoleDefinitionName {} -Scope {}",
            literal(assignee),
            literal(role),
            literal(scope)
        )),
    ]
}

/// A word for a POSIX shell: what other people named cannot end it.
pub fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A literal of PowerShell and of Kusto. They quote quotes differently, and no id has one: it is left out, as are the typographic
/// ones, which PowerShell takes for quotes too.
pub fn literal(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control() && *c != '\\').collect();
    format!("'{}'", text.replace(['\'', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'], ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_people_end_no_word() {
        assert_eq!(quoted("/subscriptions/a-b"), "/subscriptions/a-b");
        assert_eq!(quoted("rg'; rm -rf ~"), "'rg'\\''; rm -rf ~'");
        assert_eq!(quoted(""), "''");
        assert_eq!(literal("rg'; Remove-Item \u{2019}\n\\'"), "'rg; Remove-Item '");
    }
}
