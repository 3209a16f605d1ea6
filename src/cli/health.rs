//! `health`: every check that needs no item, answered by the running console.

use super::{print, socket};
use crate::Failure;
use crate::config::{FormatFlags, TableFormat};
use console::Console;
use domain::{
    text::plain,
    verdict::{Checked, Tool, Verdict},
};

/// Runs the command; answers whether nothing fails.
pub(super) async fn run(flags: &FormatFlags) -> Result<bool, Failure> {
    let answer = socket::ask(&flags.data.data, "health").await?;
    let all: Vec<Checked> = serde_json::from_str(&answer)?;
    match flags.format {
        TableFormat::Json => print(&serde_json::to_string_pretty(&all)?)?,
        TableFormat::Table => print(&table(&all))?,
    }
    Ok(all.iter().all(|one| one.verdict != Verdict::Fail))
}

/// Answers on the control socket.
pub(super) async fn answer(console: &Console) -> Result<String, String> {
    let all = console.health(&socket::local()).await.map_err(|error| domain::text::chain(&error))?;
    serde_json::to_string(&all).map_err(|error| error.to_string())
}

fn table(all: &[Checked]) -> String {
    // Names and answers are other people's: no control character reaches the terminal.
    let mut text = String::new();
    for one in all {
        let subject = one.subject.as_ref().map(|subject| format!(" [{}]", plain(subject))).unwrap_or_default();
        text.push_str(&format!(
            "{:<12} {:<22}{subject} {}\n",
            one.verdict.label(),
            one.check.as_str(),
            plain(&one.said)
        ));
        if one.verdict != Verdict::Pass {
            for step in &one.fix {
                text.push_str(&format!("{:<12} -> {step}\n", ""));
            }
            for command in one.commands.iter().filter(|one| one.tool == Tool::Az) {
                text.push_str(&format!("{:<12} $ {}\n", "", plain(&command.text)));
            }
        }
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Checks with a name that somebody chose to end a line with.
    fn checks() -> Vec<Checked> {
        serde_json::from_value(json!([
            {"check": "target.condition", "subject": "siem / alerts", "title": "Does the target take what is sent?", "verdict": "fail",
             "said": "siem.servicebus.windows.net answered 401 Unauthorized.", "evidence": [], "why": "Nothing arrives.",
             "fix": ["Give the identity the role Azure Event Hubs Data Sender."],
             "commands": [{"tool": "az", "text": "az role assignment list"}, {"tool": "kql", "text": "SecurityAlert"}], "docs": ""},
            {"check": "subscription.state", "subject": "Prod\n\u{1b}[2J", "title": "Is the subscription on?", "verdict": "warning",
             "said": "It is disabled.", "evidence": [], "why": "", "fix": [], "commands": [], "docs": ""},
            {"check": "identity.token", "subject": null, "title": "Does the identity get tokens?", "verdict": "pass",
             "said": "It does.", "evidence": [], "why": "", "fix": [], "commands": [], "docs": ""},
        ]))
        .unwrap()
    }

    #[test]
    fn a_table_says_what_to_do_and_lets_no_name_end_a_line() {
        insta::assert_snapshot!(table(&checks()), @"
        Fails        target.condition       [siem / alerts] siem.servicebus.windows.net answered 401 Unauthorized.
                     -> Give the identity the role Azure Event Hubs Data Sender.
                     $ az role assignment list
        Warning      subscription.state     [Prod  [2J] It is disabled.
        Passes       identity.token         It does.
        ");
    }
}
