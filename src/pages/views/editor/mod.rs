//! The export editor: scope, data, filters and target; beside it what the filter would have let through, while typing.

mod azure;
mod history;
mod keep;
mod preview;
mod rules;
mod scope;
mod sources;
mod state;
mod target;

pub use history::HistoryPage;

use crate::{
    api::{self, At, EditorView, SaveExport},
    editor::{Difference, ExportForm},
    frame::use_range,
    live::use_live,
    parts::{ErrorSummary, Load, PageTitle, When, error_of},
    paths,
};
use domain::{ExportId, FieldError, share::ShareKind};
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::{use_params_map, use_query_map};

/// A new export.
#[component]
pub fn NewExportPage() -> impl IntoView {
    editor_page(Memo::new(|_| String::new()))
}

/// An export that exists.
#[component]
pub fn EditExportPage() -> impl IntoView {
    let params = use_params_map();
    editor_page(Memo::new(move |_| params.read().get("id").unwrap_or_default()))
}

/// What the address says: the export, a draft of it, whether it was just saved, and what a new one begins with.
type Asked = (String, String, String, String);

fn editor_page(id: Memo<String>) -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| -> Asked {
        let query = query.read();
        let get = |name: &str| query.get(name).unwrap_or_default();
        (id.get(), get("draft"), get("saved"), get("scope"))
    });
    // The state follows what happens; the form does not, so that nothing typed is overwritten. Asked for before the form
    // is: browser and server then count their questions in the same order.
    let live = use_live();
    let state = Resource::new(move || (id.get(), live.tick.get()), |(id, _)| api::export_state(id));
    view! {
        {move || just_saved(&asked.get())}
        // Another draft or version is another form: nothing typed into the one before stays.
        <For each=move || [asked.get()] key=Clone::clone children=|(id, draft, _, scope)| view! { <Editor id draft scope /> } />
        <Load of=state view=state::below />
    }
}

fn just_saved((id, _, saved, _): &Asked) -> Option<AnyView> {
    let id = ExportId::parse(id).ok().filter(|_| !saved.is_empty())?;
    let backfill = |take: &str| paths::with_query(&paths::backfill(&id), &[("take", take)]);
    Some(
        view! {
            <div class="callout good" role="status">
                <h2>"Saved. It decides on what happens from now on"</h2>
                <p>"What is already there is not sent by itself. You can send it once: counted and priced before anything goes."</p>
                <div class="row">
                    <a class="btn" href=backfill("current_state")>"Send the current state"</a>
                    <a class="btn" href=backfill("7d")>"Send a past range"</a>
                </div>
            </div>
        }
        .into_any(),
    )
}

#[component]
fn Editor(id: String, draft: String, scope: String) -> impl IntoView {
    let kept = draft.clone();
    let editor = Resource::new(
        move || (id.clone(), draft.clone(), scope.clone()),
        |(id, draft, scope)| api::editor(id, draft, scope),
    );
    let kept = StoredValue::new(kept);
    view! { <Load of=editor view={move |answer: At<EditorView>| view! { <EditorForm answer draft=kept.get_value() /> }.into_any()} /> }
}

#[component]
fn EditorForm(answer: At<EditorView>, draft: String) -> impl IntoView {
    let At { now, value } = answer;
    let EditorView { form, errors, lints, saved, theirs, subscriptions, targets, offers, surveys, drafted, .. } = value;
    let action = ServerAction::<SaveExport>::new();
    let range = use_range();
    let base = match &saved {
        Some(row) => ExportForm::of(&row.export.body, &form),
        None => ExportForm::fresh(),
    };
    let editing = keep::Editing::new(form.clone(), base, lints, draft);
    // What only names it changes no preview.
    let asked = Memo::new(move |_| ExportForm { name: String::new(), confirm: String::new(), ..editing.typed.get() });
    let preview = Resource::new(move || (asked.get(), range.get()), |(form, range)| api::preview_export(form, range));
    keep::follow(editing, preview);
    let errors = StoredValue::new(errors);
    let offered = StoredValue::new((subscriptions, targets, offers, surveys));
    let version = saved.as_ref().map(|row| row.export.version);
    let save = version.map_or_else(|| "Save export".to_owned(), |version| format!("Save version {}", version + 1));
    let back = saved.as_ref().map_or_else(|| paths::NEW_EXPORT.to_owned(), |row| paths::export(&row.export.id));
    let title = saved.as_ref().map_or_else(|| "New export".to_owned(), |row| row.export.body.name.clone());
    let status = match &saved {
        None => view! { "Not saved yet" }.into_any(),
        Some(row) => view! { {if row.export.body.is_ours() { "Delivered by this console" } else { "Delivered by Azure" }}" · version "{row.export.version}", saved "<When at=row.saved_at now />" by "{row.saved_by.clone()} }.into_any(),
    };
    let tabs = saved.as_ref().map(|row| tabs(&row.export.id, "configure", row.export.body.is_ours()));
    let is_saved = saved.is_some();
    let discard = view! {
        <a class="btn" href=back data-discard="true" hidden=move || !(drafted || editing.is_dirty()) on:click=move |_| editing.discard()>"Discard"</a>
    };
    let (id, version) = (form.id.clone(), form.version.clone());
    view! {
        <PageTitle text=title.clone() />
        <div on:input=move |event| keep::typed(&event, editing) on:keydown=move |event| keep::typed_key(&event) on:submit=move |_| editing.leave()>
            <ActionForm action=action attr:id="editor">
                // The first button is the one that Enter presses in a field: it only looks.
                <button class="visually-hidden" type="submit" name="form[intent]" value="preview" tabindex="-1" aria-hidden="true">"Look"</button>
                <input type="hidden" name="form[id]" value=id />
                <input type="hidden" name="form[version]" value=version />
                <div class="stack">
                    <div class="head">
                        <div>
                            <h1>{title}</h1>
                            <p>{status}{move || (drafted || editing.is_dirty()).then_some(" · what you see is not saved")}</p>
                        </div>
                        <div class="acts">
                            <button class="btn needs-js" type="button" disabled=move || editing.undo.with(Vec::is_empty) title="Take the last change back" on:click=move |_| editing.take_back()>"Undo"</button>
                            {discard}
                            <button class="btn primary" type="submit" name="form[intent]" value="save" disabled=move || action.pending().get()>{save}</button>
                        </div>
                    </div>
                    {tabs}
                    {move || editing.restored.get().then(|| view! {
                        <div class="callout info" role="status">
                            <p>"What you typed here before is back; it was not saved. Discard takes it away."</p>
                        </div>
                    })}
                    <ErrorSummary errors=errors.get_value() />
                    {(!theirs.is_empty()).then(|| their_version(&theirs))}
                    <For each=move || [editing.never()] key=Clone::clone children=move |never| confirm(&never, &errors.get_value()) />
                    {move || action.value().get().and_then(Result::err).map(|error| view! { <p class="error" role="alert">{error.to_string()}</p> })}
                    <div class="split" data-aside="480">
                        <div>
                            <For each=move || [editing.revision.get()] key=|revision| *revision children=move |_| {
                                let form = editing.shown.get_untracked();
                                offered.with_value(|(subscriptions, targets, offers, surveys)| view! {
                                    <div class="stack">
                                        {name_card(&form, &errors.get_value())}
                                        {scope::scope_card(&form, subscriptions, &errors.get_value(), editing)}
                                        {sources::picker(&form, &errors.get_value())}
                                        {sources::cards(&form, offers, surveys, &errors.get_value(), editing)}
                                        {azure::delivered_by_card(&form, is_saved, &errors.get_value())}
                                        {if form.delivered_by == "azure" {
                                            azure::azure_card(&form, &errors.get_value(), editing)
                                        } else {
                                            target::target_card(&form, targets, &errors.get_value(), editing).into_any()
                                        }}
                                    </div>
                                })
                            } />
                        </div>
                        <aside class="card panel below" aria-label="Preview">
                            <Load of=preview view=move |answer| preview::preview_view(answer, range.get_untracked(), editing.price) />
                        </aside>
                    </div>
                </div>
            </ActionForm>
        </div>
    }
}

/// The pages of one export; what Azure delivers has no deliveries here, and its state there instead.
pub(crate) fn tabs(id: &ExportId, here: &'static str, is_ours: bool) -> AnyView {
    let tab = |name: &'static str, to: String, label: &'static str| {
        view! { <a href=to aria-current=(name == here).then_some("page")>{label}</a> }
    };
    let deliveries = paths::with_query(paths::LOG, &[("export", id.as_str())]);
    view! {
        <nav class="seg" aria-label="This export">
            {tab("configure", paths::export(id), "Configure")}
            {is_ours.then(|| tab("deliveries", deliveries, "Deliveries"))}
            {(!is_ours).then(|| tab("azure", paths::roll_out(id), "In Azure"))}
            {tab("history", paths::export_history(id), "History")}
            {tab("code", paths::export_code(id), "Code")}
            {tab("share", paths::new_share(ShareKind::Export, id.as_str()), "Share")}
            {is_ours.then(|| tab("backfill", paths::backfill(id), "Backfill"))}
        </nav>
    }
    .into_any()
}

/// What somebody else saved meanwhile.
fn their_version(theirs: &[Difference]) -> AnyView {
    view! {
        <section class="card" aria-label="What they changed">
            <header><h2>"What they changed"</h2><span class="sm dim">"against the version you began with"</span></header>
            <div class="body">{history::difference_table(theirs)}</div>
        </section>
    }
    .into_any()
}

/// Rules that never match are saved only on purpose.
fn confirm(never: &[String], errors: &[FieldError]) -> Option<AnyView> {
    if never.is_empty() {
        return None;
    }
    let wrong = error_of(errors, "confirm").is_some();
    let title = match never.len() {
        1 => "One rule can never match".to_owned(),
        n => format!("{n} rules can never match"),
    };
    Some(
        view! {
            <div class="callout bad">
                <h2>{title}</h2>
                <p>"It is named below, at the rule. An export that waits for what cannot happen looks like one where nothing happens."</p>
                <label class="tick mt-8">
                    <input type="checkbox" id="confirm" name="form[confirm]" value="on" aria-invalid=wrong.then_some("true") />
                    "Save it all the same"
                </label>
            </div>
        }
        .into_any(),
    )
}

fn name_card(form: &ExportForm, errors: &[FieldError]) -> impl IntoView + use<> {
    let message = error_of(errors, "name");
    let wrong = message.is_some();
    view! {
        <section class="card">
            <div class="body field">
                <label for="name">"Name"</label>
                <input class="input" id="name" name="form[name]" value=form.name.clone() autocomplete="off" maxlength="100" aria-invalid=wrong.then_some("true") aria-describedby=wrong.then_some("name-error") />
                {message.map(|message| view! { <p class="error" id="name-error">{message}</p> })}
            </div>
        </section>
    }
}
