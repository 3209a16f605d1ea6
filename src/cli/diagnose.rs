//! `diagnose`: why an item did, or did not, arrive, found out by the running console.

use super::{print, socket};
use crate::Failure;
use crate::config::{DiagnoseFlags, DiagnosisFormat};
use console::Console;
use domain::{
    ExportId,
    diagnosis::Diagnosis,
    text::plain,
    verdict::{Checked, Verdict},
};
use redact::markdown_line;
use serde::{Deserialize, Serialize};

/// What is asked on the control socket, as JSON in one line.
#[derive(Serialize, Deserialize)]
struct Question {
    item: String,
    export: Option<ExportId>,
}

/// Runs the command; answers whether nothing fails.
pub(super) async fn run(flags: &DiagnoseFlags) -> Result<bool, Failure> {
    let export = flags.export.as_deref().map(ExportId::parse).transpose()?;
    let question = Question { item: flags.item.clone(), export };
    let answer = socket::ask(&flags.data.data, &format!("diagnose {}", serde_json::to_string(&question)?)).await?;
    let found: Diagnosis = serde_json::from_str(&answer)?;
    match flags.format {
        DiagnosisFormat::Json => print(&serde_json::to_string_pretty(&found)?)?,
        DiagnosisFormat::Markdown => print(&markdown(&found))?,
        DiagnosisFormat::Table => print(&table(&found))?,
    }
    Ok(!found.all().any(|one| one.verdict == Verdict::Fail))
}

/// Answers on the control socket.
pub(super) async fn answer(console: &Console, question: &str) -> Result<String, String> {
    let Question { item, export } = serde_json::from_str(question).map_err(|error| error.to_string())?;
    let made = console.diagnose(&socket::local(), &item, export.as_ref()).await;
    let made = made.map_err(|error| domain::text::chain(&error))?;
    serde_json::to_string(&made).map_err(|error| error.to_string())
}

fn title(found: &Diagnosis) -> String {
    plain(found.subject.as_ref().map_or(found.asked.as_str(), |subject| subject.title.as_str()))
}

fn line(one: &Checked) -> String {
    let mut text = format!("  {:<11}  {}  {}", one.verdict.label(), one.title, plain(&one.said));
    if let Some(step) = one.fix.first() {
        text.push_str(&format!("\n               → {}", plain(step)));
    }
    text
}

fn table(found: &Diagnosis) -> String {
    let mut lines = vec![title(found)];
    lines.extend(found.checks.iter().map(line));
    for one in &found.exports {
        lines.push(format!("{} (delivered by {}): {}", plain(&one.name), one.by, one.verdict().label().to_lowercase()));
        lines.extend(one.checks.iter().map(line));
    }
    lines.join("\n")
}

fn markdown(found: &Diagnosis) -> String {
    let mut lines = vec![format!("# {}", markdown_line(&title(found))), String::new()];
    let check = |one: &Checked| {
        let fix = one.fix.first().map(|step| format!(" — {}", markdown_line(step))).unwrap_or_default();
        format!("- **{}** {} {}{fix}", one.verdict.label(), markdown_line(&one.title), markdown_line(&one.said))
    };
    lines.extend(found.checks.iter().map(check));
    for one in &found.exports {
        lines.push(format!("\n## {} (delivered by {})\n", markdown_line(&one.name), one.by));
        lines.extend(one.checks.iter().map(check));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found() -> Diagnosis {
        let check = |check: &str, verdict: &str, title: &str, said: &str, fix: &[&str]| {
            json!({"check": check, "subject": null, "title": title, "verdict": verdict, "said": said, "evidence": [],
                "why": "", "fix": fix, "commands": [], "docs": ""})
        };
        serde_json::from_value(json!({
            "id": "0ab1c2d3-0000-4000-8000-000000000001", "asked": "2518_*alert*", "made_at": "2026-11-22T10:00:00Z",
            "made_by": "anna", "subject": null, "subscription": null,
            "checks": [check("item.observed", "pass", "Is it known?", "It was seen at 10:00.", &[])],
            "exports": [{
                "name": "high | alerts", "by": "console", "export": null, "automation": null, "way": [],
                "checks": [
                    check("export.rules", "fail", "Do its rules let it through?", "Severity is Low, not High.",
                        &["Add Low to the filter."]),
                ],
            }],
        }))
        .unwrap()
    }

    #[test]
    fn a_table_names_what_fails_and_the_first_step() {
        insta::assert_snapshot!(table(&found()), @"
        2518_*alert*
          Passes       Is it known?  It was seen at 10:00.
        high | alerts (delivered by console): fails
          Fails        Do its rules let it through?  Severity is Low, not High.
                       → Add Low to the filter.
        ");
    }

    #[test]
    fn markdown_takes_no_name_for_a_mark() {
        insta::assert_snapshot!(markdown(&found()), @r"
        # 2518\_\*alert\*

        - **Passes** Is it known? It was seen at 10:00.

        ## high \| alerts (delivered by console)

        - **Fails** Do its rules let it through? Severity is Low, not High. — Add Low to the filter.
        ");
    }
}
