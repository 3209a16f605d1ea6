//! Exports that Azure Policy deploys below a management group: what it says of itself, and what is really there.

use crate::{
    api::{self, At, PoliciesView, Remediate},
    parts::{Load, PageTitle, When},
    paths,
};
use domain::{
    azure::{Drift, place_name},
    policy::{Compliance, PolicyView, Remediation},
};
use jiff::Timestamp;
use leptos::{form::ActionForm, prelude::*};

/// The page.
#[component]
pub fn PoliciesPage() -> impl IntoView {
    // Azure is asked anew when something was begun here, not with every nudge.
    let action = ServerAction::<Remediate>::new();
    let found = Resource::new(move || action.version().get(), |_| api::policies());
    view! {
        <PageTitle text="Exports by policy" />
        <div class="head">
            <div>
                <h1>"Exports by policy"</h1>
                <p>"Azure's three built-in policies that deploy exports below a management group, asked just now"</p>
            </div>
            <div class="acts"><a class="btn" href=paths::POLICIES>"Ask again"</a></div>
        </div>
        <Load of=found view=move |answer| page(answer, action) />
    }
}

fn page(At { now, value }: At<PoliciesView>, action: ServerAction<Remediate>) -> AnyView {
    let PoliciesView { policies, troubles, writes } = value;
    let troubles = (!troubles.is_empty()).then(|| {
        let items: Vec<_> = troubles.into_iter().map(|trouble| view! { <li>{trouble}</li> }).collect();
        view! {
            <div class="callout warn">
                <h2>"Not everything could be asked"</h2>
                <ul class="errors">{items}</ul>
                <p class="dim">"Reading assignments needs Microsoft.Authorization/policyAssignments/read there (Reader has it)."</p>
            </div>
        }
    });
    let empty = policies.is_empty().then(|| {
        view! {
            <section class="card">
                <div class="empty">
                    <p class="strong">"No such policy is assigned"</p>
                    <p>"A policy sets an export up in every subscription below a management group, later ones included. Make an export that Azure delivers, and assign the policy on its tab In Azure."</p>
                    <a class="btn" href=paths::EXPORTS>"Exports"</a>
                </div>
            </section>
        }
    });
    let cards: Vec<_> = policies.into_iter().map(|one| card(one, writes, now, action)).collect();
    view! { <div class="stack">{troubles}{empty}{cards}</div> }.into_any()
}

fn card(view: PolicyView, writes: bool, now: Timestamp, action: ServerAction<Remediate>) -> AnyView {
    let PolicyView { assignment, subscriptions, remediations, trouble } = view;
    let open = subscriptions.iter().filter(|one| !one.compliant).count();
    let drifted = subscriptions.iter().filter(|one| one.drift.as_ref().is_some_and(|drift| !drift.is_empty())).count();
    let mut summary = format!("{} of {} compliant", subscriptions.len() - open, subscriptions.len());
    if drifted > 0 {
        summary.push_str(&format!(" · {drifted} with drift"));
    }
    let traps: Vec<_> = assignment.traps().into_iter().map(|trap| view! { <li>{trap}</li> }).collect();
    let sources: Vec<&str> = assignment.sources.iter().map(|source| source.label()).collect();
    let target = assignment.destination().map_or("not given".to_owned(), |id| place_name(&id));
    let rows: Vec<_> = subscriptions.into_iter().map(line).collect();
    let tasks: Vec<_> = remediations.into_iter().take(5).map(|one| task(one, now)).collect();
    let trouble = trouble.map(|trouble| view! { <p class="why">"Compliance cannot be read: "{trouble}</p> });
    let label = match open {
        0 => "Nothing to remediate".to_owned(),
        1 => "Remediate one subscription".to_owned(),
        n => format!("Remediate {n} subscriptions"),
    };
    let hint = (!writes).then(|| view! { <span class="dim sm">"The console may not change anything in Azure: "<a class="link" href=paths::SETTINGS>"Settings"</a></span> });
    view! {
        <section class="card">
            <header><h2>{assignment.name.clone()}</h2><span class="sm dim">{summary}</span></header>
            <div class="body stack">
                <dl class="kv">
                    <dt>"Policy"</dt><dd>{assignment.policy.label()}</dd>
                    <dt>"Holds for"</dt><dd class="any" title=assignment.scope.to_string()>{assignment.scope.name().to_owned()}</dd>
                    <dt>"Data"</dt><dd>{sources.join(", ")}</dd>
                    <dt>"Sends to"</dt><dd>{target}</dd>
                    <dt>"Deploys"</dt><dd class="any">{assignment.policy.automation()}" in "{assignment.resource_group.clone()}</dd>
                    <dt>"Identity"</dt><dd class="mono any">{assignment.principal.clone().unwrap_or_else(|| "none".to_owned())}</dd>
                </dl>
                <details><summary>"What to know of it"</summary><ul class="errors">{traps}</ul></details>
                {trouble}
            </div>
            <table class="table">
                <thead><tr><th>"Subscription"</th><th>"Azure Policy says"</th><th class="wide">"Drift from the parameters"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
            <div class="body stack">
                <div class="row">
                    <ActionForm action=action>
                        <input type="hidden" name="assignment" value=assignment.id.to_string() />
                        <button class="btn" type="submit" disabled=move || !writes || open == 0 || action.pending().get()>{label}</button>
                    </ActionForm>
                    {hint}
                </div>
                {move || action.value().get().and_then(Result::err).map(|error| view! { <p class="error" role="alert">{error.to_string()}</p> })}
                {tasks}
            </div>
        </section>
    }
    .into_any()
}

fn line(one: Compliance) -> impl IntoView {
    let state = if one.compliant { ("state good", "Compliant") } else { ("state bad", "Not compliant") };
    let drift = match one.drift {
        None => view! { <span class="dim">"no automation of the policy is there"</span> }.into_any(),
        Some(drift) if drift.is_empty() => view! { <span class="dim">"none"</span> }.into_any(),
        Some(drift) => drift
            .iter()
            .map(|one| view! { <div class="text-warn any">{told(one)}</div> })
            .collect::<Vec<_>>()
            .into_any(),
    };
    view! {
        <tr>
            <td class="nw" data-label="Subscription"><a class="link" href=paths::subscription(&one.subscription)>{one.name}</a></td>
            <td class="nw" data-label="Azure Policy says"><span class=state.0>{state.1}</span></td>
            <td class="wide" data-label="Drift from the parameters"><div>{drift}</div></td>
        </tr>
    }
}

fn told(drift: &Drift) -> String {
    format!("{}: {} in Azure, {} by the assignment", drift.what, drift.azure, drift.wanted)
}

fn task(one: Remediation, now: Timestamp) -> impl IntoView {
    let tone = match one.state.to_ascii_lowercase().as_str() {
        "succeeded" => "state good",
        "failed" | "canceled" | "cancelled" => "state bad",
        _ => "state none",
    };
    let when = one.at.map(|at| view! { " · "<When at now /> });
    view! {
        <div class="sm">
            <span class=tone>{one.state.clone()}</span>
            " Remediation "<span class="mono">{one.name.clone()}</span>": "{one.succeeded}" of "{one.total}" deployed"
            {(one.failed > 0).then(|| format!(", {} failed", one.failed))}{when}
            {one.message.map(|message| view! { <div class="text-bad any">{message}</div> })}
        </div>
    }
}
