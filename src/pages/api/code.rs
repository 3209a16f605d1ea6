//! Exports as code, and code as exports.

use super::{At, UiError};
use domain::{Code, CodeFormat, ExportId, FieldError, Import, Preparation};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// An export as code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeView {
    /// The export.
    pub id: ExportId,
    /// Its name.
    pub name: String,
    /// Whether the console delivers it.
    pub is_ours: bool,
    /// What is written: a form of the export, or what has to be there in Azure before.
    pub what: Written,
    /// The text, and what it does not say.
    pub code: Code,
}

/// What the page of an export as code can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Written {
    /// The export in a form.
    Export(CodeFormat),
    /// What has to be there in Azure before.
    Before(Preparation),
}

/// What was found in a text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportView {
    /// The draft that keeps what was found.
    pub draft: String,
    /// What was found; `None` when nothing was read.
    pub import: Option<Import>,
    /// Why it could not be read.
    pub errors: Vec<FieldError>,
}

/// A saved export as code.
#[server(prefix = "/fn", endpoint = "export_code")]
pub async fn export_code(id: String, format: String) -> Result<At<CodeView>, UiError> {
    let (console, actor) = super::door::door()?;
    let now = console.now();
    let id: ExportId = id.parse().map_err(|_| super::reads::not_found("export"))?;
    let body = console.export(&actor, &id).await?.body;
    let (is_ours, name) = (body.is_ours(), body.name);
    let (what, code) = if let Some(before) = Preparation::parse(&format) {
        (Written::Before(before), console.preparation(&actor, before).await?)
    } else {
        let format = CodeFormat::parse(&format).unwrap_or(CodeFormat::Arm);
        (Written::Export(format), console.template(&actor, &id, format).await?)
    };
    Ok(At { now, value: CodeView { id, name, is_ours, what, code } })
}

/// What was found in the text that a draft was made of; nothing without a draft.
#[server(prefix = "/fn", endpoint = "imported")]
pub async fn imported(draft: String) -> Result<At<ImportView>, UiError> {
    let (console, actor) = super::door::door()?;
    let now = console.now();
    let mut view = ImportView { draft, ..ImportView::default() };
    if !view.draft.is_empty()
        && let Some(found) = console.draft(&actor, "import", &view.draft).await?
    {
        view.import = serde_json::from_str(&found.body).ok();
        view.errors = found.errors;
    }
    Ok(At { now, value: view })
}

/// Reads a text and keeps what was found as a draft. The text itself is not kept: it may hold a key.
#[server(prefix = "/fn", endpoint = "import_exports")]
pub async fn import_exports(text: String) -> Result<(), UiError> {
    use crate::paths;
    use console::ConsoleError;
    let (console, actor) = super::door::door()?;
    let (body, errors) = match console.import(&actor, &text).await {
        Ok(import) => (serde_json::to_string(&import).unwrap_or_default(), Vec::new()),
        Err(ConsoleError::Invalid(errors)) => (String::new(), errors),
        Err(other) => return Err(other.into()),
    };
    let draft = console.save_draft(&actor, "import", body, errors).await?;
    leptos_axum::redirect(&paths::with_query(paths::IMPORT_EXPORT, &[("draft", &draft)]));
    Ok(())
}

/// Opens one of the exports that were found in the editor, as a draft of a new one.
#[server(prefix = "/fn", endpoint = "open_found")]
pub async fn open_found(draft: String, at: usize) -> Result<(), UiError> {
    use crate::paths;
    use domain::{NO_TARGET, TargetId};
    let (console, actor) = super::door::door()?;
    let kept = console.draft(&actor, "import", &draft).await?;
    let import = kept.and_then(|kept| serde_json::from_str::<Import>(&kept.body).ok()).unwrap_or_default();
    let found = import.found.get(at).ok_or_else(|| super::reads::not_found("import"))?;
    // Without a target of this console the editor asks for one.
    let nowhere = TargetId::parse(NO_TARGET).map_err(|_| super::reads::not_found("target"))?;
    let body = super::exports::draft_of(&found.body(&nowhere));
    let errors = if found.target.is_some() {
        Vec::new()
    } else {
        vec![FieldError::new("target", "choose where the events go; make the target first if it is not there")]
    };
    let draft = console.save_draft(&actor, "export", body, errors).await?;
    leptos_axum::redirect(&paths::with_query(paths::NEW_EXPORT, &[("draft", &draft)]));
    Ok(())
}
