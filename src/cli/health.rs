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
        text.push_str(&format!("{:<12} {:<22}{subject} {}\n", one.verdict.label(), one.check, plain(&one.said)));
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
