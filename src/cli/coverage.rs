//! `coverage`: who exports what of each subscription, answered by the running console.

use super::{print, socket};
use crate::Failure;
use crate::config::{CoverageFlags, CoverageFormat};
use console::Console;
use domain::{
    Kind,
    coverage::{CoverageRow, Gap},
    text::plain,
};
use server::rest;

/// Runs the command.
pub(super) async fn run(flags: &CoverageFlags) -> Result<(), Failure> {
    let answer = socket::ask(&flags.data.data, "coverage").await?;
    let rows: Vec<CoverageRow> = serde_json::from_str(&answer)?;
    match flags.format {
        CoverageFormat::Json => print(&serde_json::to_string_pretty(&rows)?),
        CoverageFormat::Csv => print(rest::coverage_csv(&rows).trim_end()),
        CoverageFormat::Table => print(&table(&rows)),
    }
}

/// Answers on the control socket.
pub(super) async fn answer(console: &Console) -> Result<String, String> {
    let rows = console.coverage(&socket::local()).await.map_err(|error| domain::text::chain(&error))?;
    serde_json::to_string(&rows).map_err(|error| error.to_string())
}

fn table(rows: &[CoverageRow]) -> String {
    let short = rows.iter().filter(|row| row.gaps().contains(&Gap::Short)).count();
    let mut text = format!(
        "{} of {} subscriptions export all their High and Medium alerts (CIS Azure 8.1.5.2)\n",
        rows.len() - short,
        rows.len()
    );
    for row in rows {
        // Names are other people's: no control character reaches the terminal.
        let gaps: Vec<&str> = row.gaps().into_iter().map(Gap::label).collect();
        let gaps = if gaps.is_empty() { "Nothing falls short".to_owned() } else { gaps.join(", ") };
        text.push_str(&format!("\n{}  {}  {gaps}\n", row.subscription, plain(&row.name)));
        for kind in row.kinds.iter().filter(|kind| !kind.exporters.is_empty() || kind.kind == Kind::Alert) {
            for one in &kind.exporters {
                let off = if one.on { "" } else { ", switched off" };
                text.push_str(&format!(
                    "  {:<16} {} -> {} (by {}{off})\n",
                    kind.kind.label(),
                    plain(&one.name),
                    plain(&one.target),
                    one.by
                ));
            }
            if kind.exporters.is_empty() {
                text.push_str(&format!("  {:<16} nobody\n", kind.kind.label()));
            }
        }
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_table_counts_what_falls_short_and_names_who_exports() {
        let exporter = |name: &str, by: &str, on: bool| {
            json!({"name": name, "by": by, "export": null, "automation": null, "target": "siem / alerts", "on": on,
                "filtered": false, "weekly": false, "only_group": null})
        };
        let rows: Vec<CoverageRow> = serde_json::from_value(json!([
            {"subscription": "0ab1c2d3-0000-4000-8000-000000000001", "name": "Prod", "kinds": [
                {"kind": "alert", "exporters": [exporter("all alerts", "console", true), exporter("ExportToHub", "azure", false)],
                 "gaps": []},
                {"kind": "recommendation", "exporters": [], "gaps": []},
            ]},
            {"subscription": "0ab1c2d3-0000-4000-8000-000000000002", "name": "Test\u{1b}[2J", "kinds": [
                {"kind": "alert", "exporters": [], "gaps": ["short"]},
            ]},
        ]))
        .unwrap();
        insta::assert_snapshot!(table(&rows), @"
        1 of 2 subscriptions export all their High and Medium alerts (CIS Azure 8.1.5.2)

        0ab1c2d3-0000-4000-8000-000000000001  Prod  Nothing falls short
          Alert            all alerts -> siem / alerts (by console)
          Alert            ExportToHub -> siem / alerts (by azure, switched off)

        0ab1c2d3-0000-4000-8000-000000000002  Test [2J  Short of CIS 8.1.5.2
          Alert            nobody
        ");
        insta::assert_snapshot!(rest::coverage_csv(&rows[..1]), @r#"
        subscription,name,kind,exported_by,delivered_by,target,enabled,filtered,weekly,resource_group,gaps
        "0ab1c2d3-0000-4000-8000-000000000001","Prod","alert","all alerts","console","siem / alerts","true","false","false","",""
        "0ab1c2d3-0000-4000-8000-000000000001","Prod","alert","ExportToHub","azure","siem / alerts","false","false","false","",""
        "0ab1c2d3-0000-4000-8000-000000000001","Prod","recommendation","","","","","","","",""
        "#);
    }
}
