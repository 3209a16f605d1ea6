//! "Why was this not exported?"

use super::{At, UiError};
use domain::{ExportId, diagnosis::Diagnosis};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the box above the health checks offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskView {
    /// Exports to choose from: id and name.
    pub exports: Vec<(ExportId, String)>,
    /// The newest diagnoses.
    pub earlier: Vec<Diagnosis>,
}

/// What the box offers.
#[server(prefix = "/fn", endpoint = "ask_why")]
pub async fn ask_why() -> Result<At<AskView>, UiError> {
    let (console, actor) = super::door::door()?;
    let value = AskView { exports: console.export_names(&actor).await?, earlier: console.diagnoses(&actor).await? };
    Ok(At { now: console.now(), value })
}

/// Makes a diagnosis and opens it; `export` empty means all. A page that lives sees it grow, the others wait for the whole.
#[server(prefix = "/fn", endpoint = "diagnose")]
pub async fn diagnose(item: String, export: String) -> Result<(), UiError> {
    let (console, actor) = super::door::door()?;
    super::door::keep_typed(crate::paths::TROUBLESHOOT, &[("item", &item), ("export", &export)]);
    let export: Option<ExportId> = super::door::optional("export", &export)?;
    let made = if super::door::is_whole_page() {
        console.diagnose(&actor, &item, export.as_ref()).await?
    } else {
        console.diagnose_bit_by_bit(&actor, &item, export.as_ref()).await?
    };
    leptos_axum::redirect(&crate::paths::diagnosis(&made.id));
    Ok(())
}

/// A diagnosis as it was made.
#[server(prefix = "/fn", endpoint = "show_diagnosis")]
pub async fn show_diagnosis(id: String) -> Result<At<Diagnosis>, UiError> {
    let (console, actor) = super::door::door()?;
    let id = id.parse().map_err(|_| super::reads::not_found("diagnosis"))?;
    Ok(At { now: console.now(), value: console.diagnosis(&actor, &id).await? })
}
