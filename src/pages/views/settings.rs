//! Identity, people, and who changed what.

use crate::{
    api::{self, At, SettingsView, SwitchAzureWrites},
    live::use_live,
    parts::{Load, PageTitle, Pager, When},
    paths,
};
use domain::{
    task::{TaskState, TaskStatus},
    view::{AuditRow, IdentityView},
};
use jiff::Timestamp;
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::use_query_map;

/// Settings.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let query = use_query_map();
    let cursor = Memo::new(move |_| query.read().get("cursor").unwrap_or_default());
    let live = use_live();
    let settings = Resource::new(move || (cursor.get(), live.tick.get()), |(cursor, _)| api::settings(cursor));
    view! {
        <PageTitle text="Settings" />
        <div class="head">
            <div>
                <h1>"Settings"</h1>
                <p>"Who the console is for Azure, who may sign in, and who changed what"</p>
            </div>
        </div>
        <Load of=settings view=page />
    }
}

fn page(At { now, value }: At<SettingsView>) -> AnyView {
    let practice =
        value.practice_origin.map(|origin| view! { <dt>"Practice Azure"</dt><dd class="mono">{origin}</dd> });
    let people: Vec<_> =
        value.people.into_iter().map(|(name, role)| view! { <tr><td>{name}</td><td>{role}</td></tr> }).collect();
    let (previous, next, shown) = (value.audit.previous, value.audit.next, value.audit.items.len());
    let audit: Vec<_> = value.audit.items.into_iter().map(|row| audit_row(row, now)).collect();
    // All tenants are in one cloud.
    let notice = value.identities.first().and_then(cloud_notice);
    let label = value.identities.first().map(|identity| identity.cloud.clone()).unwrap_or_default();
    let tasks: Vec<_> = value.tasks.into_iter().map(|task| task_row(task, now)).collect();
    let title = if value.identities.len() > 1 { "Identities" } else { "Identity" };
    let identities: Vec<_> = value.identities.iter().map(|identity| identity_lines(identity, now)).collect();
    view! {
        {notice}
        <div class="split" data-aside="400">
            <section class="card">
                <header><h2>{title}</h2></header>
                <div class="body">
                    <dl class="kv">
                        {identities}
                        <dt>"Cloud"</dt>
                        <dd>{if value.cloud == "practice" { "practice Azure".to_owned() } else { label }}</dd>
                        {practice}
                        <dt>"Data folder"</dt>
                        <dd class="mono">{value.folder}</dd>
                        <dt>"Store"</dt>
                        <dd class="mono">{value.store}</dd>
                        <dt>"Release"</dt>
                        <dd>{value.release}</dd>
                    </dl>
                </div>
            </section>
            <div class="stack">
                <section class="card">
                    <header><h2>"People"</h2></header>
                    <table class="table"><tbody>{people}</tbody></table>
                </section>
                {azure_writes(value.azure_writes, value.azure_writes_fixed)}
                <section class="card needs-js">
                    <header><h2>"Theme"</h2></header>
                    <div class="body"><div class="seg" role="group" aria-label="Theme"><ThemeChoice /></div></div>
                </section>
            </div>
        </div>
        <section class="card">
            <header><h2>"Background tasks"</h2></header>
            <table class="table">
                <thead><tr><th>"Task"</th><th>"State"</th><th>"Last success"</th><th class="wide">"Last failure"</th></tr></thead>
                <tbody>{tasks}</tbody>
            </table>
        </section>
        <section class="card">
            <header><h2>"Audit log"</h2></header>
            <table class="table">
                <thead><tr><th>"When"</th><th>"Who"</th><th>"What"</th><th class="wide">"Particulars"</th></tr></thead>
                <tbody>{audit}</tbody>
            </table>
            <Pager base=paths::SETTINGS.to_owned() previous next shown />
        </section>
    }
    .into_any()
}

/// Whether the console may change Azure's exports.
fn azure_writes(on: bool, fixed: bool) -> impl IntoView {
    let action = ServerAction::<SwitchAzureWrites>::new();
    let (now, then) = if on { ("On", "off") } else { ("Off", "on") };
    let turn = if fixed {
        view! { <p class="sm dim">"Given by the settings (azure_writes); they decide."</p> }.into_any()
    } else {
        view! {
            <ActionForm action=action>
                <input type="hidden" name="on" value=then />
                <button class="btn" type="submit" disabled=move || action.pending().get()>{format!("Switch {then}")}</button>
            </ActionForm>
            {move || action.value().get().and_then(Result::err).map(|error| view! { <p class="error" role="alert">{error.to_string()}</p> })}
        }
        .into_any()
    };
    view! {
        <section class="card">
            <header><h2>"Changing Azure's exports"</h2><span class="sm dim">{now}</span></header>
            <div class="body stack">
                <p>"When it is on, exports that Azure delivers can be applied, paused and removed from here: automations and resource groups are written with the console's identity. Reading and comparing need no switch."</p>
                {turn}
            </div>
        </section>
    }
}

/// One tenant's identity.
fn identity_lines(identity: &IdentityView, now: Timestamp) -> impl IntoView + use<> {
    view! {
        <dt>"Signs in as"</dt>
        <dd>{identity.about.clone()}</dd>
        {token(identity, now)}
        <dt>"Tenant"</dt>
        <dd>{identity.of_name.clone()}" "<span class="mono dim">{identity.of.clone()}</span></dd>
    }
}

/// What the last token said: whom role assignments have to name, and how long it is good.
fn token(identity: &IdentityView, now: Timestamp) -> impl IntoView + use<> {
    let line = |name: &'static str, value: &Option<String>| {
        value.clone().map(|value| view! { <dt>{name}</dt><dd class="mono">{value}</dd> })
    };
    let certificate = identity.certificate.clone().map(|subject| {
        let until = identity.certificate_until.map(|at| view! { ", good until "<When at now /> });
        view! { <dt>"Certificate"</dt><dd>{subject}{until}</dd> }
    });
    let until = match identity.token_until {
        Some(at) => view! { <When at now />" · renewed five minutes before" }.into_any(),
        None => view! { "no token was asked for yet" }.into_any(),
    };
    view! {
        {line("Person", &identity.person)}
        {line("Object id", &identity.object_id)}
        {line("Client id", &identity.client_id)}
        {certificate}
        <dt>"Token ends"</dt>
        <dd>{until}</dd>
    }
}

fn cloud_notice(identity: &IdentityView) -> Option<impl IntoView + use<>> {
    let unknown = match identity.unknown_addresses.as_slice() {
        [] => String::new(),
        some => format!(" The addresses of {} are not known here: name them in a cloud profile.", some.join(", ")),
    };
    let text = format!("{}{unknown}", identity.cloud_notice);
    (!text.is_empty()).then(|| {
        view! {
            <div class="callout warn">
                <h2>{identity.cloud.clone()}</h2>
                <p>{text.trim().to_owned()}</p>
            </div>
        }
    })
}

fn task_row(task: TaskStatus, now: Timestamp) -> impl IntoView {
    let name = task.name();
    let tone = match task.state {
        TaskState::Waiting | TaskState::Running => "state good",
        TaskState::Failing => "state warn",
        TaskState::Panicked | TaskState::Stuck => "state bad",
    };
    let last = match task.last_success {
        Some(at) => view! { <When at now /> }.into_any(),
        None => view! { "not yet" }.into_any(),
    };
    // Since when is worth telling of what is not well: the rest changes every few seconds.
    let since = (task.message.is_some() || !task.is_alive()).then(|| view! { " since "<When at=task.since now /> });
    view! {
        <tr>
            <td class="nw" data-label="Task">{name}</td>
            <td class="nw" data-label="State"><span class=tone>{task.state.label()}</span>{since}</td>
            <td class="nw" data-label="Last success">{last}</td>
            <td class="wide" data-label="Last failure">{task.message}</td>
        </tr>
    }
}

fn audit_row(row: AuditRow, now: Timestamp) -> impl IntoView {
    view! {
        <tr>
            <td class="nw" data-label="When"><When at=row.at now /></td>
            <td class="nw" data-label="Who">{row.actor}</td>
            <td class="nw mono" data-label="What">{row.action}</td>
            <td class="wide" data-label="Particulars"><div class="one" title=row.detail.clone()>{row.detail.clone()}</div></td>
        </tr>
    }
}

/// Light, dark, or what the system says; kept in this browser.
#[component]
fn ThemeChoice() -> impl IntoView {
    let chosen = RwSignal::new("system");
    #[cfg(feature = "hydrate")]
    Effect::new(move || {
        let kept = window().local_storage().ok().flatten().and_then(|kept| kept.get_item("theme").ok().flatten());
        chosen.set(match kept.as_deref() {
            Some("light") => "light",
            Some("dark") => "dark",
            _ => "system",
        });
    });
    let choose = move |theme: &'static str| {
        chosen.set(theme);
        #[cfg(feature = "hydrate")]
        if let (Some(root), Ok(Some(kept))) = (document().document_element(), window().local_storage()) {
            let done = if theme == "system" {
                root.remove_attribute("data-theme").and_then(|()| kept.remove_item("theme"))
            } else {
                root.set_attribute("data-theme", theme).and_then(|()| kept.set_item("theme", theme))
            };
            // A browser that keeps nothing still shows the theme until the next page.
            let _ = done;
        }
    };
    [("light", "Light"), ("dark", "Dark"), ("system", "As the system")].map(|(theme, label)| {
        view! { <button type="button" aria-pressed=move || (chosen.get() == theme).to_string() on:click=move |_| choose(theme)>{label}</button> }
    })
}
