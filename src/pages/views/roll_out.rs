//! Exports that Azure delivers: how one stands there, and one of Azure's own before it is taken over.

use super::{
    arrivals::{HubUseCard, sums},
    editor::tabs,
};
use crate::{
    api::{self, Adopt, AssignPolicy, At, AzureExportView, RollOutView, StartRollOut},
    live::use_live,
    parts::{Load, PageTitle, When},
    paths,
};
use domain::azure::{Drift, RollOutRow, RollOutState, Step, Wish, place_name};
use jiff::Timestamp;
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::{use_params_map, use_query_map};

/// How an export stands in Azure, live.
#[component]
pub fn RollOutPage() -> impl IntoView {
    let (params, live) = (use_params_map(), use_live());
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let view = Resource::new(move || (id.get(), live.tick.get()), |(id, _)| api::show_roll_out(id));
    // Made here, so that what it answered stays while the page follows.
    let action = ServerAction::<StartRollOut>::new();
    view! { <Load of=view view=move |answer| page(answer, action) /> }
}

fn page(At { now, value }: At<RollOutView>, action: ServerAction<StartRollOut>) -> AnyView {
    let RollOutView { id, name, version, paused, asks_for_connection, roll_out, destination, tally, groups } = value;
    let count = |step| roll_out.count(step);
    let open = roll_out.rows.len() - count(Step::Keep);
    let summary = Step::ALL
        .iter()
        .filter(|step| count(**step) > 0)
        .map(|step| format!("{} {}", count(*step), step.label()))
        .collect::<Vec<_>>()
        .join(" · ");
    let waiting = roll_out.rows.iter().filter(|row| matches!(row.last, Some((_, RollOutState::Waiting, ..)))).count();
    let total = roll_out.rows.iter().filter(|row| row.last.is_some()).count();
    let progress = roll_out.under_way.then(|| {
        view! {
            <div class="callout info" role="status">
                <p>"Azure is being asked: "{total.saturating_sub(waiting)}" of "{total}" done."</p>
                <progress class="progress" value=total.saturating_sub(waiting) max=total.max(1) aria-label="Progress of the roll-out"></progress>
            </div>
        }
    });
    let rows: Vec<_> = roll_out.rows.iter().map(|row| line(row, now)).collect();
    let empty = roll_out.rows.is_empty().then(|| {
        view! {
            <div class="empty">
                <p class="strong">"It covers no subscription"</p>
                <p>"Widen its scope on the tab Configure; each subscription that it covers gets an automation of its own."</p>
            </div>
        }
    });
    let arrival = if destination.after("eventhubs").is_some() {
        view! { <HubUseCard hub=destination.to_string() /> }.into_any()
    } else {
        view! {
            <section class="card">
                <header><h2>"Verified arrival"</h2><span class="sm dim">"last 24 h"</span></header>
                <div class="body row">
                    <span>{sums(&tally)}</span>
                    <a class="link" href=paths::with_query(paths::ARRIVALS, &[("export", id.as_str())])>"One by one"</a>
                </div>
            </section>
        }
        .into_any()
    };
    let state = if paused { " · paused: to be switched off in Azure" } else { "" };
    view! {
        <PageTitle text=format!("{name} in Azure") />
        <div class="stack">
            <div class="head">
                <div>
                    <h1>{name}</h1>
                    <p>"Delivered by Azure · version "{version}{state}</p>
                </div>
            </div>
            {tabs(&id, "azure", false)}
            {(!roll_out.writes).then(not_allowed)}
            {progress}
            {acts(action, Acts {
                id: id.to_string(),
                open,
                made: roll_out.rows.iter().filter(|row| row.made).count(),
                all: roll_out.rows.len(),
                may_write: roll_out.writes && !roll_out.under_way,
                under_way: roll_out.under_way,
                asks: asks_for_connection,
            })}
            <section class="card">
                <header><h2>"In Azure"</h2><span class="sm dim">{summary}</span></header>
                <table class="table">
                    <thead><tr><th>"Subscription"</th><th>"State"</th><th class="wide">"Particulars"</th><th>"Last asked"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
                {empty}
                <div class="pager"><span>"Azure's exports are read every five minutes, and at once where this page changes them."</span></div>
            </section>
            {arrival}
            {by_policy(id.to_string(), groups, roll_out.writes)}
        </div>
    }
    .into_any()
}

/// The same for everything below a management group, later subscriptions included.
fn by_policy(id: String, groups: Vec<(String, String)>, may_write: bool) -> impl IntoView {
    let action = ServerAction::<AssignPolicy>::new();
    let code = paths::with_query(&format!("/exports/{id}/code"), &[("format", "policy")]);
    let options: Vec<_> = groups.into_iter().map(|(id, name)| view! { <option value=id>{name}</option> }).collect();
    view! {
        <section class="card">
            <header><h2>"For a management group"</h2><a class="link sm" href=paths::POLICIES>"What policies deploy"</a></header>
            <div class="body stack">
                <p>"One of Azure's built-in policies makes this export in every subscription below a management group, also in those that appear later. It knows fewer choices: no Informational, no Critical, no rules of its own. "<a class="link" href=code>"As code, with what it cannot say"</a></p>
                <ActionForm action=action>
                    <input type="hidden" name="export" value=id />
                    <div class="row">
                        <label class="visually-hidden" for="policy-group">"Management group"</label>
                        <select class="input narrow" id="policy-group" name="group">{options}</select>
                        <details class="menu">
                            <summary class="btn">"Assign the policy …"</summary>
                            <div class="pad stack">
                                <p>"Assigns the policy with an identity of its own, gives that identity the role Contributor on the management group, and starts the remediation of the subscriptions that are there. Tags of the resource group are reset by it. Azure evaluates a new assignment after 10 to 30 minutes: if subscriptions stay not compliant then, remediate once more."</p>
                                <button class="btn primary" type="submit" disabled=move || !may_write || action.pending().get()>"Assign it"</button>
                            </div>
                        </details>
                    </div>
                </ActionForm>
                {move || action.value().get().and_then(Result::err).map(|error| view! { <p class="error" role="alert">{error.to_string()}</p> })}
            </div>
        </section>
    }
}

fn not_allowed() -> impl IntoView {
    view! {
        <div class="callout warn">
            <h2>"The console may not change Azure's exports"</h2>
            <p>"It compares and asks Azure whether it would take them, nothing more. An administrator allows it in "<a class="link" href=paths::SETTINGS>"Settings"</a>", or with the setting "<code>"azure_writes"</code>"."</p>
        </div>
    }
}

/// What decides about the buttons.
struct Acts {
    id: String,
    /// Automations that something is to be done about.
    open: usize,
    /// Automations that this export made or took over.
    made: usize,
    /// All of them.
    all: usize,
    may_write: bool,
    under_way: bool,
    /// Whether a connection string may be needed.
    asks: bool,
}

/// What can be asked of Azure, each saying first what it will do.
fn acts(action: ServerAction<StartRollOut>, of: Acts) -> impl IntoView {
    let Acts { id, open, made, all, may_write, under_way, asks } = of;
    let connection = asks.then(|| {
        view! {
            <div class="field">
                <label for="connection">"Connection string of the event hub"</label>
                <input class="input" id="connection" name="connection" type="password" autocomplete="off" aria-describedby="connection-hint" />
                <p class="hint" id="connection-hint">"Needed only where an automation is made, or its target or sign-in changes, and no authorization rule is named or may be read. It goes to Azure and is not kept here."</p>
            </div>
        }
    });
    let no_connection = (!asks).then(|| view! { <input type="hidden" name="connection" value="" /> });
    let apply = if open == 0 { "Nothing to apply".to_owned() } else { format!("Apply to {open} automations") };
    view! {
        <section class="card">
            <div class="body">
                <ActionForm action=action>
                    <input type="hidden" name="id" value=id />
                    {no_connection}
                    <div class="stack">
                        {connection}
                        <div class="row">
                            <button class="btn primary" type="submit" name="wish" value="apply" disabled=move || !may_write || open == 0 || action.pending().get()>{apply}</button>
                            <button class="btn" type="submit" name="wish" value="validate" disabled=move || under_way || all == 0 || action.pending().get()>"Ask Azure first"</button>
                            <details class="menu">
                                <summary class="btn">"Remove from Azure …"</summary>
                                <div class="pad stack">
                                    <p>"Deletes the "{made}" automations that this export made or took over: Azure stops sending what they send. The export stays here and can be applied again."</p>
                                    <button class="btn danger" type="submit" name="wish" value="remove" disabled=move || !may_write || action.pending().get()>"Remove them"</button>
                                </div>
                            </details>
                        </div>
                        {move || action.value().get().and_then(Result::err).map(|error| view! { <p class="error" role="alert">{error.to_string()}</p> })}
                    </div>
                </ActionForm>
            </div>
        </section>
    }
}

fn line(row: &RollOutRow, now: Timestamp) -> impl IntoView + use<> {
    let tone = match row.step {
        Step::Keep => "good",
        Step::Create | Step::Change => "warn",
        Step::Remove => "none",
    };
    let drift: Vec<_> = row.drift.iter().map(|drift| view! { <div class="sm any">{told(drift)}</div> }).collect();
    let last = row.last.clone().map(|(wish, state, message, at)| {
        let (class, text) = match state {
            RollOutState::Waiting => ("sm dim", "under way".to_owned()),
            RollOutState::Done => ("sm", message),
            RollOutState::Failed => ("sm text-bad", message),
        };
        let wish = match wish {
            Wish::Apply => "Apply",
            Wish::Validate => "Asked",
            Wish::Remove => "Remove",
        };
        (view! { <div class=format!("{class} any")>{wish}": "{text}</div> }, view! { <When at=at now /> })
    });
    let (said, when) = last.map_or((None, None), |(said, when)| (Some(said), Some(when)));
    view! {
        <tr>
            <td class="nw" data-label="Subscription"><a class="link" href=paths::subscription(&row.subscription)>{row.name.clone()}</a></td>
            <td class="nw" data-label="State"><span class=format!("state {tone}")>{row.step.label()}</span></td>
            <td class="wide" data-label="Particulars">
                <div>
                    <div class="sm mono one dim" title=row.automation.to_string()>{row.automation.after("resourceGroups").unwrap_or_default().to_owned()}" / "{row.automation.name().to_owned()}</div>
                    {drift}
                    {said}
                </div>
            </td>
            <td class="nw" data-label="Last asked">{when}</td>
        </tr>
    }
}

fn told(drift: &Drift) -> String {
    format!("{}: {} in Azure, {} here", drift.what, drift.azure, drift.wanted)
}

/// One of Azure's own exports.
#[component]
pub fn AzureExportPage() -> impl IntoView {
    let query = use_query_map();
    let id = Memo::new(move |_| query.read().get("id").unwrap_or_default());
    let view = Resource::new(move || id.get(), api::show_azure_export);
    view! { <Load of=view view=azure_export /> }
}

fn azure_export(At { now, value }: At<AzureExportView>) -> AnyView {
    let AzureExportView { export, subscription, left_alone, belongs_to } = value;
    let action = ServerAction::<Adopt>::new();
    let automation = export.id.to_string();
    let sources: Vec<_> = export
        .sources
        .iter()
        .map(|source| {
            let rules = match source.rule_sets.len() {
                0 => "everything".to_owned(),
                1 => "1 rule set".to_owned(),
                n => format!("{n} rule sets"),
            };
            view! { <div>{source.event_source.label()}" "<span class="dim">{rules}</span></div> }
        })
        .collect();
    let targets: Vec<_> =
        export.targets.iter().map(|id| view! { <div title=id.to_string()>{place_name(id)}</div> }).collect();
    let hidden = export.is_hidden().then_some(" · not shown by Azure's portal, which knows two names only");
    let changed = export.changed.clone().map(
        |(at, by)| view! { <dt>"Changed last"</dt><dd><When at=at now />" by "<span class="mono">{by}</span></dd> },
    );
    let sign_in = match (export.trusted_service, export.targets.iter().any(|id| id.after("eventhubs").is_some())) {
        (true, _) => "as a trusted service",
        (false, true) => "with the connection string it was given, which Azure never answers",
        (false, false) => "nothing is needed for a workspace",
    };
    let adopt = match (left_alone, belongs_to) {
        (_, Some((id, name))) => view! { <p>"It belongs to the export "<a class="link" href=paths::export(&id)>{name}</a>" of this console."</p> }.into_any(),
        (Some(why), None) => view! { <p>{why}</p> }.into_any(),
        (None, None) => view! {
            <div class="stack">
                <p>"Taking it over saves it here as it stands: its filter can be previewed and changed, it can be rolled out to more subscriptions, and changes by others are shown. Azure is not changed by it, and goes on delivering."</p>
                <ActionForm action=action>
                    <input type="hidden" name="automation" value=automation />
                    <button class="btn primary" type="submit" disabled=move || action.pending().get()>"Take it over"</button>
                </ActionForm>
                {move || action.value().get().and_then(Result::err).map(|error| view! { <p class="error" role="alert">{error.to_string()}</p> })}
            </div>
        }
        .into_any(),
    };
    view! {
        <PageTitle text=format!("{} of Azure", export.name) />
        <div class="stack">
            <div class="head">
                <div>
                    <h1>{export.name.clone()}</h1>
                    <p>"Delivered by Azure"{hidden}</p>
                </div>
            </div>
            <div class="split" data-aside="400">
                <section class="card">
                    <header><h2>"Automation"</h2></header>
                    <div class="body">
                        <dl class="kv">
                            <dt>"Subscription"</dt><dd><a class="link" href=paths::subscription(&export.subscription)>{subscription}</a></dd>
                            <dt>"State"</dt><dd>{if export.enabled { "On" } else { "Switched off" }}</dd>
                            <dt>"Limited to"</dt><dd>{export.only_group.clone().map_or("the whole subscription".to_owned(), |group| format!("resource group {group}"))}</dd>
                            <dt>"Data"</dt><dd>{sources}</dd>
                            <dt>"Sends to"</dt><dd>{targets}</dd>
                            <dt>"Sign-in"</dt><dd>{sign_in}</dd>
                            {changed}
                            <dt>"Id"</dt><dd class="mono any">{export.id.to_string()}</dd>
                        </dl>
                    </div>
                </section>
                <section class="card">
                    <header><h2>"Take it over"</h2></header>
                    <div class="body">{adopt}</div>
                </section>
            </div>
        </div>
    }
    .into_any()
}
