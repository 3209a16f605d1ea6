//! What stands below the form of a saved export: pause, resume, delete.

use crate::{
    api::{At, ChangeExport},
    paths,
};
use domain::{time, view::ExportRow};
use leptos::{form::ActionForm, prelude::*};

/// The state of an export and what can be done to it; nothing for a new one.
pub(super) fn below(At { value, .. }: At<Option<(ExportRow, i64)>>) -> AnyView {
    let Some((row, pending)) = value else { return ().into_any() };
    let action = ServerAction::<ChangeExport>::new();
    let delete = ServerAction::<ChangeExport>::new();
    let id = row.export.id.to_string();
    let id_to_delete = id.clone();
    let (intent, label) = if row.export.paused { ("resume", "Resume") } else { ("pause", "Pause") };
    let ours = row.export.body.is_ours();
    let effect = match pending {
        _ if !ours => "It is forgotten here; its automations stay in Azure and go on sending. Remove them on the tab In Azure first if they should not.".to_owned(),
        0 => "Nothing waits for it. Its log and counters stay.".to_owned(),
        1 => "One waiting event is cancelled. Its log and counters stay.".to_owned(),
        n => format!("{} waiting events are cancelled. Its log and counters stay.", time::count(n)),
    };
    let state = if !ours {
        "Its automations are switched off, or on again, in Azure."
    } else if row.export.paused {
        "Paused: it still decides, and what matches waits."
    } else {
        "Pausing holds back what matches; it goes on deciding."
    };
    view! {
        <section class="card mt-16">
            <header><h2>"This export"</h2></header>
            <div class="body row">
                <ActionForm action=action>
                    <input type="hidden" name="id" value=id />
                    <input type="hidden" name="intent" value=intent />
                    <button class="btn" type="submit">{label}</button>
                </ActionForm>
                <span class="dim">{state}</span>
                <a class="btn" href=paths::with_query(paths::SAMPLES, &[("export", row.export.id.as_str())])>"Sample alert"</a>
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
    }
    .into_any()
}
