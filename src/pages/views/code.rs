//! An export as code, and code read back as exports.

use super::editor::tabs as export_tabs;
use crate::{
    api::{self, At, CodeView, ImportExports, ImportView, OpenFound, Written},
    parts::{Load, PageTitle, TextBlock},
    paths,
};
use domain::{CodeFormat, FoundExport, Preparation, TargetHint};
use leptos::{form::ActionForm, html::Textarea, prelude::*};
use leptos_router::hooks::{use_params_map, use_query_map};

/// An export as code; the form is in the address.
#[component]
pub fn ExportCodePage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let source = Memo::new(move |_| {
        (params.read().get("id").unwrap_or_default(), query.read().get("format").unwrap_or_default())
    });
    let code = Resource::new(move || source.get(), |(id, format)| api::export_code(id, format));
    view! { <Load of=code view=code_view /> }
}

fn code_view(At { value, .. }: At<CodeView>) -> AnyView {
    let CodeView { id, name, is_ours, what, code } = value;
    let page = paths::export_code(&id);
    let forms = CodeFormat::ALL.iter().map(|one| (Written::Export(*one), one.as_str(), one.label()));
    let before = Preparation::ALL.iter().map(|one| (Written::Before(*one), one.as_str(), one.label()));
    let tabs: Vec<_> = forms
        .chain(before)
        .map(|(one, word, label)| {
            let here = (one == what).then_some("page");
            let to = paths::with_query(&page, &[("format", word)]);
            view! { <a href=to aria-current=here>{label}</a> }
        })
        .collect();
    let (label, file) = match what {
        Written::Export(format) => (format.label(), format.file_name()),
        Written::Before(Preparation::ConsoleIdentity) => (Preparation::ConsoleIdentity.label(), "identity.sh"),
        Written::Before(Preparation::WorkspaceTables) => (Preparation::WorkspaceTables.label(), "tables.bicep"),
    };
    let about = match what {
        Written::Before(Preparation::ConsoleIdentity) => {
            "The roles that the console's own identity needs: to read the subscriptions and to send to the targets."
        }
        Written::Before(Preparation::WorkspaceTables) => {
            "The tables, the data collection rule and the role that a workspace target of this console needs."
        }
        Written::Export(CodeFormat::Policy) => {
            "For a management group: the built-in policy sets an automation up in every subscription below it."
        }
        Written::Export(_) => {
            "As a Microsoft.Security/automations resource: Azure does the sending then, and says nothing of what was delivered."
        }
    };
    view! {
        <PageTitle text=format!("{name} as code") />
        <div class="head">
            <div>
                <h1>{name}</h1>
                <p>{about}</p>
            </div>
        </div>
        <div class="stack">
            {export_tabs(&id, "code", is_ours)}
            <nav class="seg" aria-label="Form">{tabs}</nav>
            {notes("Know before you deploy it", code.notes)}
            <section class="card">
                <header><h2>{label}</h2><span class="sm dim">{file}</span></header>
                <div class="body"><TextBlock text=code.text label="the export as code" /></div>
            </section>
        </div>
    }
    .into_any()
}

fn notes(title: &'static str, notes: Vec<String>) -> Option<AnyView> {
    if notes.is_empty() {
        return None;
    }
    let items: Vec<_> = notes.into_iter().map(|note| view! { <li>{note}</li> }).collect();
    Some(
        view! {
            <div class="callout info">
                <h2>{title}</h2>
                <ul>{items}</ul>
            </div>
        }
        .into_any(),
    )
}

/// Exports from a template, an automation, or a list of them.
#[component]
pub fn ImportExportPage() -> impl IntoView {
    let query = use_query_map();
    let draft = Memo::new(move |_| query.read().get("draft").unwrap_or_default());
    let answer = Resource::new(move || draft.get(), api::imported);
    let action = ServerAction::<ImportExports>::new();
    let area = NodeRef::<Textarea>::new();
    let on_file = move |event: leptos::ev::Event| {
        #[cfg(feature = "hydrate")]
        take_file(&event, area);
        #[cfg(not(feature = "hydrate"))]
        let _ = (event, area);
    };
    view! {
        <PageTitle text="Import exports" />
        <div class="head">
            <div>
                <h1>"Import exports"</h1>
                <p>"From an ARM template, from one automation as Azure answers it, or from a list of them. Reading saves nothing."</p>
            </div>
            <div class="acts"><a class="btn" href=paths::EXPORTS>"All exports"</a></div>
        </div>
        <div class="stack">
            <section class="card">
                <header><h2>"Text"</h2></header>
                <div class="body">
                    <ActionForm action=action>
                        <div class="stack">
                            <div class="field">
                                <label for="text">"JSON, at most 1 MB"</label>
                                <textarea class="input mono" id="text" name="text" rows="12" spellcheck="false" required=true node_ref=area aria-describedby="text-hint"></textarea>
                                <p class="hint" id="text-hint">
                                    "For example what "<code>"az rest --uri /subscriptions/ID/providers/Microsoft.Security/automations?api-version=2023-12-01-preview"</code>" prints. The text is not kept; it may hold a key."
                                </p>
                            </div>
                            <div class="field needs-js">
                                <label for="file">"Or take it from a file"</label>
                                <input id="file" type="file" accept=".json,application/json" on:change=on_file />
                            </div>
                            <div class="row">
                                <button class="btn primary" type="submit" disabled=move || action.pending().get()>"Read it"</button>
                            </div>
                            {move || action.value().get().and_then(Result::err).map(|error| view! { <p class="error" role="alert">{error.to_string()}</p> })}
                        </div>
                    </ActionForm>
                </div>
            </section>
            <Load of=answer view=import_view />
        </div>
    }
}

/// Puts a file's text where it would be pasted.
#[cfg(feature = "hydrate")]
fn take_file(event: &leptos::ev::Event, into: NodeRef<Textarea>) {
    use wasm_bindgen::{JsCast, closure::Closure};
    let input = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
    let file = input.and_then(|input| input.files()).and_then(|files| files.get(0));
    let (Some(file), Some(area)) = (file, into.get_untracked()) else { return };
    let Ok(reader) = web_sys::FileReader::new() else { return };
    let read = reader.clone();
    let loaded = Closure::once_into_js(move || {
        if let Some(text) = read.result().ok().and_then(|text| text.as_string()) {
            area.set_value(&text);
        }
    });
    reader.set_onload(Some(loaded.unchecked_ref()));
    let _ = reader.read_as_text(&file);
}

fn import_view(At { value, .. }: At<ImportView>) -> AnyView {
    let ImportView { draft, import, errors } = value;
    if !errors.is_empty() {
        let items: Vec<_> = errors.into_iter().map(|error| view! { <p>{error.message}</p> }).collect();
        return view! {
            <div class="callout bad" role="alert">
                <h2>"It cannot be read"</h2>
                {items}
            </div>
        }
        .into_any();
    }
    let Some(import) = import else { return ().into_any() };
    let heading = match import.found.len() {
        1 => "One export found".to_owned(),
        n => format!("{n} exports found"),
    };
    let cards: Vec<_> = import.found.into_iter().enumerate().map(|(at, found)| found_card(&draft, at, found)).collect();
    view! {
        <div role="status"><h2>{heading}</h2></div>
        {notes("Left out of the text", import.notes)}
        {cards}
    }
    .into_any()
}

fn found_card(draft: &str, at: usize, found: FoundExport) -> AnyView {
    let action = ServerAction::<OpenFound>::new();
    let sources: Vec<&str> = found.sources.iter().map(|source| source.event_source.label()).collect();
    let sources = if sources.is_empty() { "none".to_owned() } else { sources.join(", ") };
    let scope = match (found.scope.all, found.scope.subscriptions.as_slice()) {
        (true, _) => "all subscriptions".to_owned(),
        (false, []) => "not said".to_owned(),
        (false, [one]) => one.to_string(),
        (false, many) => format!("{} subscriptions", many.len()),
    };
    let places: Vec<_> = found.actions.iter().map(place).map(|text| view! { <div>{text}</div> }).collect();
    let known = match found.target {
        Some(_) => "a target of this console",
        None => "not yet a target of this console",
    };
    let title = if found.name.is_empty() { "Without a name".to_owned() } else { found.name.clone() };
    let draft = draft.to_owned();
    view! {
        <section class="card">
            <header>
                <h2>{title}</h2>
                <span class="sm dim">{found.place.clone()}{if found.enabled { "" } else { " · switched off in Azure" }}</span>
            </header>
            <div class="body stack">
                <dl class="kv">
                    <dt>"Automation"</dt>
                    <dd>{found.automation.clone()}</dd>
                    <dt>"Subscriptions"</dt>
                    <dd>{scope}</dd>
                    <dt>"Sources"</dt>
                    <dd>{sources}</dd>
                    <dt>"Target"</dt>
                    <dd>{places}<div class="sm dim">{known}</div></dd>
                </dl>
                {notes("Know before you save it", found.notes)}
                <ActionForm action=action>
                    <input type="hidden" name="draft" value=draft />
                    <input type="hidden" name="at" value=at.to_string() />
                    <button class="btn primary" type="submit" disabled=move || action.pending().get()>"Open in the editor"</button>
                    {move || action.value().get().and_then(Result::err).map(|error| view! { <p class="error" role="alert">{error.to_string()}</p> })}
                </ActionForm>
            </div>
        </section>
    }
    .into_any()
}

/// Where an automation sends, in one line.
fn place(hint: &TargetHint) -> String {
    let id = hint.resource_id();
    let shown = if id.as_str().is_empty() { "known on deployment only" } else { id.as_str() };
    match hint {
        TargetHint::EventHub { .. } => format!("Event hub: {shown}"),
        TargetHint::Workspace { .. } => format!("Workspace: {shown}"),
    }
}
