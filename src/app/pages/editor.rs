//! The export editor: scope, sources, filters and target; beside it what the last 24 hours would have sent.

use crate::{
    app::{
        api::{self, At, ChangeExport, EditorView, ExportForm, SaveExport},
        live::use_live,
        parts::{CodeBlock, ErrorSummary, Load, SeverityBadge, When, error_of},
        paths,
    },
    domain::{
        EventSource, FieldError, time,
        view::{Preview, PreviewRow},
    },
    rules::options::all_severities,
};
use jiff::Timestamp;
use leptos::{form::ActionForm, prelude::*};
use leptos_meta::Title;
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

fn editor_page(id: Memo<String>) -> impl IntoView {
    let live = use_live();
    let query = use_query_map();
    let source = Memo::new(move |_| {
        let query = query.read();
        (id.get(), query.get("draft").unwrap_or_default(), query.get("saved").unwrap_or_default())
    });
    // The state follows what happens; the form does not, so that nothing typed is overwritten.
    let state = Resource::new(move || (source.get(), live.tick.get()), |((id, ..), _)| api::export_state(id));
    let notice = move || {
        let saved = !source.get().2.is_empty();
        saved.then(|| view! { <div class="callout good" role="status"><p>"Saved. It decides on what happens from now on."</p></div> })
    };
    view! {
        {notice}
        // Another draft or version is another form: nothing typed into the one before stays.
        <For each=move || [source.get()] key=Clone::clone children=|(id, draft, _)| view! { <Editor id draft /> } />
        <Load of=state view=below />
    }
}

#[component]
fn Editor(id: String, draft: String) -> impl IntoView {
    let editor = Resource::new(move || (id.clone(), draft.clone()), |(id, draft)| api::editor(id, draft));
    view! { <Load of=editor view={|answer: At<EditorView>| view! { <EditorForm answer /> }.into_any()} /> }
}

#[component]
fn EditorForm(answer: At<EditorView>) -> impl IntoView {
    let At { now, value } = answer;
    let action = ServerAction::<SaveExport>::new();
    // What is previewed: the form as it was when something in it last changed.
    let typed = RwSignal::new(value.form.clone());
    let preview = Resource::new(move || typed.get(), api::preview_export);
    let on_input = move |event: leptos::ev::Event| {
        #[cfg(feature = "hydrate")]
        follow_form(&event, typed);
        #[cfg(not(feature = "hydrate"))]
        let _ = (event, typed);
    };
    let EditorView { form, errors, saved, subscriptions, targets, drafted, .. } = value;
    let version = saved.as_ref().map(|row| row.export.version);
    let save = version.map_or_else(|| "Save export".to_owned(), |version| format!("Save version {}", version + 1));
    let back = saved.as_ref().map_or_else(|| paths::NEW_EXPORT.to_owned(), |row| paths::export(&row.export.id));
    let title = saved.as_ref().map_or_else(|| "New export".to_owned(), |row| row.export.body.name.clone());
    let status = match &saved {
        None => view! { "Delivered by this console · not saved yet" }.into_any(),
        Some(row) => view! { "Delivered by this console · version "{row.export.version}", saved "<When at=row.saved_at now />" by "{row.saved_by.clone()} }.into_any(),
    };
    let draft = drafted.then_some(" · what you see is a draft, not saved");
    let discard = drafted.then(|| view! { <a class="btn" href=back>"Discard"</a> });
    view! {
        <Title text=title.clone() />
        <div on:input=on_input>
            <ActionForm action=action>
                <input type="hidden" name="form[id]" value=form.id.clone() />
                <input type="hidden" name="form[version]" value=form.version.clone() />
                <input type="hidden" name="form[alert_rules]" value=form.alert_rules.clone() />
                <input type="hidden" name="form[recommendation_rules]" value=form.recommendation_rules.clone() />
                <div class="stack">
                    <div class="head">
                        <div>
                            <h1>{title}</h1>
                            <p>{status}{draft}</p>
                        </div>
                        <div class="acts">
                            {discard}
                            <button class="btn primary" type="submit" name="form[intent]" value="save" disabled=move || action.pending().get()>{save}</button>
                        </div>
                    </div>
                    <ErrorSummary errors=errors.clone() />
                    {move || action.value().get().and_then(Result::err).map(|error| view! { <p class="error" role="alert">{error.to_string()}</p> })}
                    <div class="split" data-aside="480">
                        <div class="stack">
                            {name_card(&form, &errors)}
                            {scope_card(&form, &subscriptions, &errors)}
                            {alerts_card(&form, &errors)}
                            {recommendations_card(&form)}
                            {target_card(&form, targets, &errors)}
                        </div>
                        <aside class="card panel below" aria-label="Preview">
                            <Load of=preview view=preview_view />
                        </aside>
                    </div>
                </div>
            </ActionForm>
        </div>
    }
}

/// Reads the form again a moment after the last change.
#[cfg(feature = "hydrate")]
fn follow_form(event: &leptos::ev::Event, typed: RwSignal<ExportForm>) {
    use leptos::form::FromFormData;
    use std::{cell::Cell, time::Duration};
    use wasm_bindgen::JsCast;
    thread_local! { static LAST: Cell<u32> = const { Cell::new(0) }; }
    let form = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .and_then(|element| element.closest("form").ok().flatten())
        .and_then(|element| element.dyn_into::<web_sys::HtmlFormElement>().ok());
    let Some(form) = form else { return };
    let mine = LAST.get().wrapping_add(1);
    LAST.set(mine);
    set_timeout(
        move || {
            let Ok(data) = web_sys::FormData::new_with_form(&form) else { return };
            if LAST.get() == mine
                && let Ok(save) = SaveExport::from_form_data(&data)
            {
                typed.set(save.form);
            }
        },
        Duration::from_millis(250),
    );
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

fn scope_card(form: &ExportForm, subscriptions: &[(String, String)], errors: &[FieldError]) -> impl IntoView + use<> {
    let all = form.scope != "some";
    let count = subscriptions.len();
    let ticks = |name: &'static str, chosen: &[String]| -> Vec<_> {
        subscriptions
            .iter()
            .map(|(id, label)| {
                let checked = chosen.contains(id);
                view! { <label class="tick"><input type="checkbox" name=name value=id.clone() checked=checked />{label.clone()}</label> }
            })
            .collect()
    };
    let (chosen, except) = (ticks("form[subscriptions][]", &form.subscriptions), ticks("form[except][]", &form.except));
    let message = error_of(errors, "scope");
    view! {
        <section class="card">
            <header><h2>"Scope"</h2><span class="sm dim">{count}" subscriptions visible"</span></header>
            <div class="body stack">
                <fieldset class="field">
                    <legend>"Subscriptions"</legend>
                    <span class="seg">
                        <label><input type="radio" name="form[scope]" value="all" checked=all />"All, future ones too"</label>
                        <label><input type="radio" name="form[scope]" value="some" checked=!all />"Only these"</label>
                    </span>
                </fieldset>
                {message.map(|message| view! { <p class="error" id="scope-error">{message}</p> })}
                <details class="when-some" open=true>
                    <summary>"Only these subscriptions"</summary>
                    <div class="ticks">{chosen}</div>
                </details>
                <details class="when-all" open=all && !form.except.is_empty()>
                    <summary>"All, except these"</summary>
                    <div class="ticks">{except}</div>
                </details>
            </div>
        </section>
    }
}

fn severity_ticks(source: EventSource, name: &'static str, chosen: &[String]) -> Vec<AnyView> {
    all_severities(source)
        .iter()
        .map(|severity| {
            let checked = chosen.iter().any(|one| one == severity.as_str());
            view! { <label><input type="checkbox" name=name value=severity.as_str() checked=checked />{severity.label()}</label> }.into_any()
        })
        .collect()
}

/// Rules that choices cannot express stay as they are and are shown.
fn own_rules(json: &str) -> Option<AnyView> {
    (!json.is_empty()).then(|| {
        view! {
            <div class="callout info">
                <h2>"It has rules of its own"</h2>
                <p>"They say more than the choices here can. They stay as they are; change them through the REST API."</p>
            </div>
            <CodeBlock json=json.to_owned() label="Rule sets" />
        }
        .into_any()
    })
}

fn alerts_card(form: &ExportForm, errors: &[FieldError]) -> impl IntoView + use<> {
    let on = form.alerts == "on";
    let every = form.changes == "all";
    let message = error_of(errors, "sources");
    let filter = own_rules(&form.alert_rules).unwrap_or_else(|| {
        let ticks = severity_ticks(EventSource::Alerts, "form[alert_severities][]", &form.alert_severities);
        view! {
            <fieldset class="field">
                <legend>"Severity"</legend>
                <span class="seg">{ticks}</span>
                <p class="hint">"None or all chosen: any severity."</p>
            </fieldset>
        }
        .into_any()
    });
    view! {
        <section class="card">
            <header>
                <h2>"Alerts"</h2>
                <label class="tick sm"><input type="checkbox" name="form[alerts]" value="on" checked=on />"Export alerts"</label>
            </header>
            <div class="body stack">
                {message.map(|message| view! { <p class="error">{message}</p> })}
                {filter}
                <fieldset class="field">
                    <legend>"Changes"</legend>
                    <span class="seg">
                        <label><input type="radio" name="form[changes]" value="created" checked=!every />"New alerts only"</label>
                        <label><input type="radio" name="form[changes]" value="all" checked=every />"Status changes too"</label>
                    </span>
                </fieldset>
            </div>
        </section>
    }
}

fn recommendations_card(form: &ExportForm) -> impl IntoView + use<> {
    let (on, unhealthy) = (form.recommendations == "on", form.unhealthy == "on");
    let filter = own_rules(&form.recommendation_rules).unwrap_or_else(|| {
        let ticks = severity_ticks(EventSource::Assessments, "form[recommendation_severities][]", &form.recommendation_severities);
        view! {
            <fieldset class="field">
                <legend>"Severity"</legend>
                <span class="seg">{ticks}</span>
                <p class="hint">"None or all chosen: any severity."</p>
            </fieldset>
            <label class="tick"><input type="checkbox" name="form[unhealthy]" value="on" checked=unhealthy />"Only those that are Unhealthy"</label>
        }
        .into_any()
    });
    view! {
        <section class="card">
            <header>
                <h2>"Recommendations"</h2>
                <label class="tick sm"><input type="checkbox" name="form[recommendations]" value="on" checked=on />"Export recommendations"</label>
            </header>
            <div class="body stack">{filter}</div>
        </section>
    }
}

fn target_card(
    form: &ExportForm,
    targets: Vec<(String, String, String, String, Option<String>)>,
    errors: &[FieldError],
) -> impl IntoView + use<> {
    let message = error_of(errors, "target");
    let wrong = message.is_some();
    let workspace = targets.iter().any(|(id, _, _, kind, _)| *id == form.target && kind == "Workspace");
    let options: Vec<_> = targets
        .into_iter()
        .map(|(id, name, address, kind, condition)| {
            let selected = id == form.target;
            let condition = condition.map(|condition| format!(" — {}", condition.to_lowercase())).unwrap_or_default();
            view! { <option value=id selected=selected>{format!("{name} ({kind}, {address}){condition}")}</option> }
        })
        .collect();
    let note = workspace.then(|| {
        view! { <p class="hint">"Events become rows of ContinuousExportAlert_CL and ContinuousExportRecommendation_CL. What reads SecurityAlert, Sentinel's own content for example, does not read these tables."</p> }
    });
    view! {
        <section class="card">
            <header><h2>"Target"</h2><a class="link sm" href=paths::TARGETS>"Manage targets"</a></header>
            <div class="body field">
                <label for="target">"Where the events go"</label>
                <select class="input" id="target" name="form[target]" aria-invalid=wrong.then_some("true") aria-describedby=wrong.then_some("target-error")>
                    <option value="">"Choose a target"</option>
                    {options}
                </select>
                {message.map(|message| view! { <p class="error" id="target-error">{message}</p> })}
                {note}
            </div>
        </section>
    }
}

fn preview_view(At { now, value }: At<Preview>) -> AnyView {
    let day = time::size(value.matched_bytes);
    let problem = value
        .problem
        .clone()
        .map(|problem| view! { <div class="pad"><p class="error" role="alert">{problem}</p></div> });
    let empty = (value.looked_at == 0 && value.problem.is_none()).then(|| {
        view! {
            <div class="empty">
                <p class="strong">"Nothing to look at"</p>
                <p>"No alert or recommendation of the chosen sources and subscriptions happened in the last 24 hours."</p>
            </div>
        }
    });
    let matches = preview_table("The newest that match", "Match", "state good", value.matches, now);
    let rest = preview_table("The newest that do not", "No match", "state none", value.rest, now);
    view! {
        <header><h2>"Preview"</h2><span class="sm dim">{time::count(value.looked_at)}" events, last 24 h · "{value.took_ms}" ms"</span></header>
        <div class="stats" aria-live="polite">
            <div class="stat"><b>{time::count(value.matched)}</b><span class="sm state good">"match"</span></div>
            <div class="stat"><b>{time::count(value.not_matched)}</b><span class="sm state none">"no match"</span></div>
            <div class="stat"><b>{day}</b><span class="sm dim">"a day"</span></div>
        </div>
        <div class="strip row">
            <span class="sm dim">"Decided by the rules as they stand in this form."</span>
            <button class="btn small end" type="submit" name="form[intent]" value="preview">"Preview"</button>
        </div>
        {problem}
        {empty}
        {matches}
        {rest}
    }
    .into_any()
}

fn preview_table(
    caption: &'static str,
    word: &'static str,
    class: &'static str,
    rows: Vec<PreviewRow>,
    now: Timestamp,
) -> Option<AnyView> {
    if rows.is_empty() {
        return None;
    }
    let rows: Vec<_> = rows
        .into_iter()
        .map(|row| {
            view! {
                <tr>
                    <td><SeverityBadge severity=row.subject.severity /></td>
                    <td>
                        <a class="t" href=paths::event(&row.event)>{row.subject.title.clone()}</a>
                        <div class="sm">{row.reason}</div>
                    </td>
                    <td class="nw"><span class=class>{word}</span></td>
                    <td class="num dim nw"><When at=row.subject.occurred_at now /></td>
                </tr>
            }
        })
        .collect();
    Some(
        view! {
            <details class="preview-list" open=true>
                <summary>{caption}</summary>
                <table class="table">
                    <caption class="visually-hidden">{caption}</caption>
                    <tbody>{rows}</tbody>
                </table>
            </details>
        }
        .into_any(),
    )
}

/// What stands below the form of a saved export: pause, versions, delete.
fn below(At { now, value }: At<Option<EditorView>>) -> AnyView {
    let Some(EditorView { saved: Some(row), versions, pending, .. }) = value else { return ().into_any() };
    let action = ServerAction::<ChangeExport>::new();
    let delete = ServerAction::<ChangeExport>::new();
    let id = row.export.id.to_string();
    let (log, id_to_delete) = (paths::with_query(paths::LOG, &[("export", &id)]), id.clone());
    let (intent, label) = if row.export.paused { ("resume", "Resume") } else { ("pause", "Pause") };
    let history: Vec<_> = versions
        .into_iter()
        .map(|(version, at, by)| view! { <tr><td>"Version "{version}</td><td><When at now /></td><td>{by}</td></tr> })
        .collect();
    let effect = match pending {
        0 => "Nothing waits for it. Its log and counters stay.".to_owned(),
        1 => "One waiting event is cancelled. Its log and counters stay.".to_owned(),
        n => format!("{} waiting events are cancelled. Its log and counters stay.", time::count(n)),
    };
    let state = if row.export.paused {
        "Paused: it still decides, and what matches waits."
    } else {
        "Pausing holds back what matches; it goes on deciding."
    };
    view! {
        <div class="stack mt-16">
            <section class="card">
                <header><h2>"This export"</h2><a class="link sm" href=log>"Its delivery log"</a></header>
                <div class="body row">
                    <ActionForm action=action>
                        <input type="hidden" name="id" value=id.clone() />
                        <input type="hidden" name="intent" value=intent />
                        <button class="btn" type="submit">{label}</button>
                    </ActionForm>
                    <span class="dim">{state}</span>
                    <details class="menu end">
                        <summary class="btn danger">"Delete"</summary>
                        <div class="pad stack">
                            <p>{effect}</p>
                            <ActionForm action=delete>
                                <input type="hidden" name="id" value=id_to_delete />
                                <input type="hidden" name="intent" value="delete" />
                                <button class="btn danger primary" type="submit">"Delete it"</button>
                            </ActionForm>
                        </div>
                    </details>
                </div>
            </section>
            <section class="card">
                <header><h2>"Versions"</h2></header>
                <table class="table"><tbody>{history}</tbody></table>
            </section>
        </div>
    }
    .into_any()
}
