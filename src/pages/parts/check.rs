//! What a check rests on, and the commands that go with it.

use super::TextBlock;
use domain::verdict::{Command, Evidence, Origin, Tool};
use leptos::prelude::*;

/// What a check rests on, and who answered it.
#[component]
pub fn EvidenceList(
    /// The evidence.
    all: Vec<Evidence>,
) -> impl IntoView {
    let mut origins: Vec<Origin> = all.iter().filter_map(|one| one.origin.clone()).collect();
    origins.dedup();
    let rows: Vec<_> = all
        .into_iter()
        .filter(|one| !one.value.is_empty())
        .map(|one| view! { <dt>{one.name}</dt><dd class="mono any">{one.value}</dd> })
        .collect();
    let origins: Vec<_> =
        origins.iter().map(|one| view! { <p class="sm dim any">"Answered by "{one.to_string()}</p> }).collect();
    view! {
        {(!rows.is_empty()).then(|| view! { <dl class="kv">{rows}</dl> })}
        {origins}
    }
}

/// Commands to copy: the first to be seen, those for other tools behind it.
#[component]
pub fn Commands(
    /// The commands.
    all: Vec<Command>,
) -> impl IntoView {
    let mut all = all.into_iter();
    let first = all.next().map(one);
    let rest: Vec<Command> = all.collect();
    let mut tools: Vec<&str> = rest.iter().map(|one| one.tool.label()).collect();
    tools.dedup();
    let more = format!("Also in {}", tools.join(", "));
    let rest: Vec<_> = rest.into_iter().map(one).collect();
    view! {
        {first}
        {(!rest.is_empty()).then(|| view! { <details><summary class="sm">{more}</summary><div class="stack mt-8">{rest}</div></details> })}
    }
}

fn one(command: Command) -> impl IntoView {
    let label = match command.tool {
        Tool::Az => "Azure CLI command",
        Tool::PowerShell => "PowerShell command",
        Tool::ResourceGraph => "Resource Graph query",
        Tool::Kql => "Log Analytics query",
    };
    view! { <div><p class="sm dim">{label}</p><TextBlock text=command.text label wrap=true /></div> }
}

/// The page of Microsoft's documentation, where there is one.
#[component]
pub fn DocsLink(
    /// Its address.
    to: String,
) -> impl IntoView {
    (!to.is_empty()).then(|| view! { <p class="sm"><a class="link" href=to rel="noreferrer" target="_blank">"Microsoft's page on it"</a></p> })
}
