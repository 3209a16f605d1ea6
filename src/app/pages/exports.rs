//! All exports.

use crate::{
    app::{
        api::{self, At},
        frame::use_range,
        live::use_live,
        parts::{ConditionDot, Load, When},
        paths,
    },
    domain::{time, view::ExportRow},
};
use jiff::Timestamp;
use leptos::prelude::*;
use leptos_meta::Title;

/// The list.
#[component]
pub fn ExportsPage() -> impl IntoView {
    let (live, range) = (use_live(), use_range());
    let rows = Resource::new(move || (range.get(), live.tick.get()), |(range, _)| api::exports(range));
    view! {
        <Title text="Exports" />
        <Load of=rows view=list />
    }
}

fn list(At { now, value }: At<Vec<ExportRow>>) -> AnyView {
    let (count, paused) = (value.len(), value.iter().filter(|row| row.export.paused).count());
    let empty = value.is_empty().then(|| {
        view! {
            <div class="empty">
                <p class="strong">"No export yet"</p>
                <p>"An export says which alerts and recommendations go where. Its preview shows, before you save it, what the last 24 hours would have sent."</p>
                <a class="btn primary" href=paths::NEW_EXPORT>"New export"</a>
            </div>
        }
    });
    let rows: Vec<_> = value.into_iter().map(|row| export_row(row, now)).collect();
    view! {
        <div class="head">
            <div>
                <h1>"Exports"</h1>
                <p>{count}" exports · "{paused}" paused"</p>
            </div>
            <div class="acts">
                <a class="btn" href=paths::IMPORT_EXPORT>"Import"</a>
                <a class="btn primary" href=paths::NEW_EXPORT>"New export"</a>
            </div>
        </div>
        <section class="card">
            <table class="table">
                <thead>
                    <tr>
                        <th class="wide">"Export"</th>
                        <th>"Target"</th>
                        <th>"State"</th>
                        <th class="num">"Delivered"</th>
                        <th class="num">"Pending"</th>
                        <th class="num">"Filtered"</th>
                        <th>"Saved"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            {empty}
        </section>
    }
    .into_any()
}

fn export_row(row: ExportRow, now: Timestamp) -> impl IntoView {
    let sources: Vec<&str> = row.export.body.sources.iter().map(|source| source.event_source.label()).collect();
    let state = if row.export.paused {
        view! { <span class="state none">"Paused"</span> }.into_any()
    } else {
        view! { <ConditionDot condition=row.condition /> }.into_any()
    };
    view! {
        <tr>
            <td class="wide" data-label="Export">
                <div class="t one"><a class="rowlink" href=paths::export(&row.export.id)>{row.export.body.name.clone()}</a></div>
                <div class="sm one">{sources.join(", ")}" · "{row.covered}" subscriptions · delivered by "{row.export.body.delivered_by.label().to_lowercase()}</div>
            </td>
            <td class="nw" data-label="Target">{row.target_name.clone()}</td>
            <td data-label="State">{state}</td>
            <td class="num" data-label="Delivered">{time::count(row.outcomes.delivered)}</td>
            <td class="num" data-label="Pending">{time::count(row.outcomes.pending)}</td>
            <td class="num" data-label="Filtered">{time::count(row.outcomes.filtered)}</td>
            <td class="nw" data-label="Saved"><When at=row.saved_at now /></td>
        </tr>
    }
}
