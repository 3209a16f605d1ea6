//! The versions of an export: what each changed, by whom, and the way back to one.

use super::tabs;
use crate::{
    api::{self, At, HistoryView, RestoreVersion},
    editor::Difference,
    parts::{Load, PageTitle, When},
};
use domain::ExportId;
use jiff::Timestamp;
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::use_params_map;

/// The page.
#[component]
pub fn HistoryPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let history = Resource::new(move || id.get(), api::history);
    view! { <Load of=history view=history_view /> }
}

fn history_view(At { now, value }: At<HistoryView>) -> AnyView {
    let HistoryView { id, name, is_ours, versions } = value;
    let action = ServerAction::<RestoreVersion>::new();
    let newest = versions.first().map(|row| row.version).unwrap_or_default();
    let cards: Vec<_> = versions
        .into_iter()
        .map(|row| {
            let is_newest = row.version == newest;
            version_card(&id, (row.version, row.at, row.by), &row.changed, is_newest, now, action)
        })
        .collect();
    view! {
        <PageTitle text=format!("History of {name}") />
        <div class="stack">
            <div class="head">
                <div>
                    <h1>{name}</h1>
                    <p>"Every saved version decides on what happens while it is the newest. Outcomes keep the version that decided."</p>
                </div>
            </div>
            {tabs(&id, "history", is_ours)}
            {cards}
        </div>
    }
    .into_any()
}

fn version_card(
    id: &ExportId,
    (version, at, by): (u32, Timestamp, String),
    changed: &[Difference],
    is_newest: bool,
    now: Timestamp,
    action: ServerAction<RestoreVersion>,
) -> AnyView {
    let what = if changed.is_empty() && version == 1 {
        view! { <p class="dim">"The first version."</p> }.into_any()
    } else if changed.is_empty() {
        view! { <p class="dim">"It says the same as the one before."</p> }.into_any()
    } else {
        difference_table(changed)
    };
    let id = id.to_string();
    let back = if is_newest {
        view! { <span class="state good">"Now"</span> }.into_any()
    } else {
        view! {
            <ActionForm action=action>
                <input type="hidden" name="id" value=id />
                <input type="hidden" name="version" value=version.to_string() />
                <button class="btn small" type="submit">"Restore version "{version}</button>
            </ActionForm>
        }
        .into_any()
    };
    view! {
        <section class="card" aria-label=format!("Version {version}")>
            <header>
                <h2>"Version "{version}</h2>
                <span class="sm dim">"saved "<When at now />" by "{by}</span>
                {back}
            </header>
            <div class="body">{what}</div>
        </section>
    }
    .into_any()
}

/// What differs, before and after.
pub(super) fn difference_table(changed: &[Difference]) -> AnyView {
    let lines =
        |lines: &[String]| -> Vec<_> { lines.iter().cloned().map(|line| view! { <div>{line}</div> }).collect() };
    let rows: Vec<_> = changed
        .iter()
        .map(|one| {
            let (what, before, after) = (one.what.clone(), lines(&one.before), lines(&one.after));
            view! {
                <tr>
                    <th scope="row">{what}</th>
                    <td class="gone">{before}</td>
                    <td class="new">{after}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <table class="table plain diff">
            <thead><tr><th scope="col">"What"</th><th scope="col">"Before"</th><th scope="col">"After"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}
