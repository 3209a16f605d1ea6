//! A document as Markdown, for tickets that take no files.

use domain::{
    share::{Document, Fact, Part, SharedCheck},
    text::is_hidden,
    time,
};
use std::fmt::Write;

/// Text in a line: nothing in it is read as Markdown or HTML, turned around, or hidden.
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c if is_hidden(c) => {}
            c => out.push(c),
        }
    }
    // Addresses are made into links by many readers, and lines that begin so become lists and rules.
    let out = out.replace("://", ":&#47;&#47;").replace("www.", "www&#46;").replace('@', "&#64;");
    match out.strip_prefix(['-', '=']) {
        Some(rest) => format!("&#45;{rest}"),
        None => out,
    }
}

/// A block that ends at a fence longer than any in it.
fn block(out: &mut String, text: &str) {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    let text: String = text.chars().filter(|c| matches!(c, '\n' | '\t') || !is_hidden(*c)).collect();
    let _ = writeln!(out, "{fence}text\n{text}\n{fence}\n");
}

fn facts(out: &mut String, all: &[Fact]) {
    for one in all.iter().filter(|one| !one.value.is_empty()) {
        let _ = writeln!(out, "- **{}**: {}", line(&one.name), line(&one.value));
    }
    out.push('\n');
}

/// The document as Markdown.
pub fn markdown(of: &Document) -> String {
    let mut out = format!("# {}\n\n{}\n\n", line(&of.title), line(&of.lead));
    let redacted = if of.redacted { "ids and names are replaced" } else { "not redacted" };
    let _ = writeln!(
        out,
        "Frozen {} by {}; {redacted}. Continuous Export console {}.\n",
        time::exact(of.made_at),
        line(&of.made_by),
        of.release
    );
    for section in &of.sections {
        let _ = writeln!(out, "## {}\n", line(&section.title));
        section.parts.iter().for_each(|one| part(&mut out, one));
    }
    out
}

// Writing into a string cannot fail.
fn part(out: &mut String, one: &Part) {
    match one {
        Part::Text { text } => {
            let _ = writeln!(out, "{}\n", line(text));
        }
        Part::Callout { tone, title, text } => {
            let _ = writeln!(out, "> **{}**: {} {}\n", tone.label(), line(title), line(text));
        }
        Part::Facts { facts: all } => facts(out, all),
        Part::Table { head, rows } => {
            let cells = |cells: &[String]| cells.iter().map(|cell| line(cell)).collect::<Vec<_>>().join(" | ");
            let _ = writeln!(out, "| {} |\n|{}", cells(head), " --- |".repeat(head.len()));
            for row in rows {
                let _ = writeln!(out, "| {} |", cells(row));
            }
            out.push('\n');
        }
        Part::Steps { steps } => {
            for (at, step) in steps.iter().enumerate() {
                let _ = writeln!(out, "{}. {}", at + 1, line(step));
            }
            out.push('\n');
        }
        Part::Code { label, text } => {
            let _ = writeln!(out, "{}:\n", line(label));
            block(out, text);
        }
        Part::Way { stops } => {
            for stop in stops {
                let verdict = stop.verdict.map_or("not reached", |verdict| verdict.label());
                let _ = writeln!(out, "- {}: {verdict}. {}", line(&stop.name), line(&stop.said));
            }
            out.push('\n');
        }
        Part::Timeline { moments } => {
            for one in moments {
                let _ = writeln!(out, "- {}: **{}** {}", line(&one.at), line(&one.title), line(&one.said));
            }
            out.push('\n');
        }
        Part::Checks { checks } => checks.iter().for_each(|one| check(out, one)),
    }
}

fn check(out: &mut String, one: &SharedCheck) {
    let subject = one.subject.as_ref().map(|subject| format!(" ({})", line(subject))).unwrap_or_default();
    let _ = writeln!(out, "### {}: {}{subject}\n\n{}\n", one.verdict.label(), line(&one.title), line(&one.said));
    if !one.why.is_empty() {
        let _ = writeln!(out, "{}\n", line(&one.why));
    }
    if !one.evidence.is_empty() {
        facts(out, &one.evidence);
    }
    for (at, step) in one.fix.iter().enumerate() {
        let _ = writeln!(out, "{}. {}", at + 1, line(step));
    }
    if !one.fix.is_empty() {
        out.push('\n');
    }
    one.commands.iter().for_each(|text| block(out, text));
}
