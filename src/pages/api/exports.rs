//! Exports: the list, the editor with its preview and its versions, and what is done to one.

use super::{At, UiError};
use crate::editor::{Difference, ExportForm};
use domain::{
    Ancestor, FieldError, Preview,
    choices::Offers,
    view::{ExportRow, TargetRow},
};
use jiff::Timestamp;
use leptos::prelude::*;
use rules::{lint::Lint, survey::Surveys};
use serde::{Deserialize, Serialize};

/// A subscription as the editor shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The management groups above it, nearest first.
    pub groups: Vec<Ancestor>,
    /// Its tags, `name=value`.
    pub tags: Vec<String>,
    /// Exports that cover it already.
    pub exports: Vec<String>,
}

/// What the editor shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EditorView {
    /// The form as it stands.
    pub form: ExportForm,
    /// What is wrong with it.
    pub errors: Vec<FieldError>,
    /// What is worth saying about it.
    pub lints: Vec<Lint>,
    /// The saved export; none for a new one.
    pub saved: Option<ExportRow>,
    /// What somebody else saved while this form was edited: their version against the one it began with.
    pub theirs: Vec<Difference>,
    /// Subscriptions to choose from.
    pub subscriptions: Vec<ScopeRow>,
    /// Targets to choose from.
    pub targets: Vec<TargetRow>,
    /// What filters can choose from.
    pub offers: Offers,
    /// Paths of real events.
    pub surveys: Surveys,
    /// Events that wait for it.
    pub pending: i64,
    /// Whether the form stands as a draft that is not saved.
    pub drafted: bool,
}

/// What the form means: its preview and what is worth saying about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// What it would let through.
    pub preview: Preview,
    /// What is worth saying about it.
    pub lints: Vec<Lint>,
    /// Whether the target is a workspace; none while none is chosen.
    pub workspace: Option<bool>,
}

/// A saved version, and how it differs from the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRow {
    /// Its number.
    pub version: u32,
    /// When it was saved.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// What it changed; empty for the first.
    pub changed: Vec<Difference>,
}

/// All versions of an export, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryView {
    /// The export.
    pub id: domain::ExportId,
    /// Its name.
    pub name: String,
    /// Whether the console delivers it.
    pub is_ours: bool,
    /// Its versions.
    pub versions: Vec<VersionRow>,
}

#[cfg(feature = "ssr")]
mod names {
    //! Names for ids that stand in exports.

    use console::{Actor, Console, ConsoleError};
    use std::collections::HashMap;

    /// Names of subscriptions and targets by id.
    pub(super) async fn names(console: &Console, actor: &Actor) -> Result<HashMap<String, String>, ConsoleError> {
        let places = console.places(actor).await?;
        let targets = console.targets(actor).await?;
        Ok(places
            .into_iter()
            .map(|(place, name)| (place.id.to_string(), name))
            .chain(targets.into_iter().map(|target| (target.id.to_string(), target.name)))
            .collect())
    }
}

/// The draft of the editor's form that shows an export.
#[cfg(feature = "ssr")]
pub(super) fn draft_of(body: &domain::ExportBody) -> String {
    serde_json::to_string(&ExportForm::of(body, &ExportForm::default())).unwrap_or_default()
}

/// All exports over a range.
#[server(prefix = "/fn", endpoint = "exports")]
pub async fn exports(range: String) -> Result<At<Vec<ExportRow>>, UiError> {
    let (console, actor) = super::door::door()?;
    let now = console.now();
    Ok(At { now, value: console.exports(&actor, super::reads::since(&range, now)).await? })
}

/// The editor of an export (`id` empty: a new one), with a draft in the place of what is saved. `scope` names
/// subscriptions a new one begins with.
#[server(prefix = "/fn", endpoint = "editor")]
pub async fn editor(id: String, draft: String, scope: String) -> Result<At<EditorView>, UiError> {
    use crate::editor::differences;
    let (console, actor) = super::door::door()?;
    let now = console.now();
    let (offers, surveys) = console.offers(&actor).await?;
    let all = console.exports(&actor, super::reads::since("24h", now)).await?;
    let covering = |place: &domain::Place| -> Vec<String> {
        let covering = all.iter().filter(|row| row.export.body.scope.covers(place));
        covering.map(|row| row.export.body.name.clone()).collect()
    };
    let subscriptions = console.places(&actor).await?.into_iter().map(|(place, name)| ScopeRow {
        exports: covering(&place),
        tags: place.tags.iter().map(|(name, value)| format!("{name}={value}")).collect(),
        id: place.id.to_string(),
        groups: place.groups,
        name,
    });
    let mut view = EditorView {
        form: ExportForm::fresh(),
        errors: Vec::new(),
        lints: Vec::new(),
        saved: None,
        theirs: Vec::new(),
        subscriptions: subscriptions.collect(),
        targets: console.targets(&actor).await?,
        offers,
        surveys,
        pending: 0,
        drafted: false,
    };
    if !scope.is_empty() {
        "some".clone_into(&mut view.form.scope);
        view.form.subscriptions = scope.split(',').map(str::to_owned).collect();
    }
    let export = if id.is_empty() {
        None
    } else {
        let id: domain::ExportId = id.parse().map_err(|_| super::reads::not_found("export"))?;
        let row = all.into_iter().find(|row| row.export.id == id).ok_or_else(|| super::reads::not_found("export"))?;
        let like = ExportForm { id: id.to_string(), version: row.export.version.to_string(), ..ExportForm::default() };
        view.form = ExportForm::of(&row.export.body, &like);
        view.pending = console.pending_of_export(&actor, &id).await?;
        view.saved = Some(row);
        Some(id)
    };
    if !draft.is_empty()
        && let Some(found) = console.draft(&actor, "export", &draft).await?
        && let Ok(typed) = serde_json::from_str(&found.body)
    {
        view.form = typed;
        view.errors = found.errors;
        view.drafted = true;
    }
    if let (Some(id), Some(saved)) = (&export, &view.saved)
        && let Some(base) = base_of(&view.errors)
    {
        let versions = console.export_versions(&actor, id).await?;
        if let Some((.., before)) = versions.into_iter().find(|(number, ..)| *number == base) {
            let names = names::names(&console, &actor).await?;
            view.theirs = differences(&before, &saved.export.body, |id| names.get(id).cloned());
        }
    }
    let (body, _) = view.form.read();
    view.lints = console.lint(&actor, &body, export.as_ref()).await?;
    Ok(At { now, value: view })
}

/// The version that a form began with, when somebody saved another one meanwhile: it stands in the error.
#[cfg(feature = "ssr")]
fn base_of(errors: &[FieldError]) -> Option<u32> {
    errors.iter().find_map(|error| error.path.strip_prefix("version.")?.parse().ok())
}

/// The state of an export as pages follow it; `None` for a new one, and once it is deleted.
#[server(prefix = "/fn", endpoint = "export_state")]
pub async fn export_state(id: String) -> Result<At<Option<(ExportRow, i64)>>, UiError> {
    let (console, actor) = super::door::door()?;
    let now = console.now();
    let Ok(id) = id.parse() else { return Ok(At { now, value: None }) };
    let rows = console.exports(&actor, super::reads::since("24h", now)).await?;
    let Some(row) = rows.into_iter().find(|row| row.export.id == id) else { return Ok(At { now, value: None }) };
    let pending = console.pending_of_export(&actor, &id).await?;
    Ok(At { now, value: Some((row, pending)) })
}

/// What the form as typed would let through in a range, and what is worth saying about it.
#[server(prefix = "/fn", endpoint = "preview")]
pub async fn preview_export(form: ExportForm, range: String) -> Result<At<Answer>, UiError> {
    use crate::editor::without_blank_rules;
    use domain::{ExportId, TargetKind};
    let (console, actor) = super::door::door()?;
    let now = console.now();
    let (body, errors) = form.read();
    let id: Option<ExportId> = super::door::optional("id", &form.id)?;
    let lints = console.lint(&actor, &body, id.as_ref()).await?;
    let unreadable = errors.into_iter().find(|error| error.path.starts_with("sources["));
    let preview = match unreadable {
        Some(error) => {
            Preview { problem: Some(format!("The rules cannot be read: {}", error.message)), ..Preview::default() }
        }
        None => {
            console
                .preview(&actor, &without_blank_rules(&body), super::reads::exactly_since(&range, now), id.as_ref())
                .await?
        }
    };
    let target = console.targets(&actor).await?.into_iter().find(|target| target.id == body.target);
    let workspace = target.map(|target| target.config.kind() == TargetKind::Workspace);
    Ok(At { now, value: Answer { preview, lints, workspace } })
}

/// Saves the form, or does what the pressed button says and shows the form again as a draft.
#[server(prefix = "/fn", endpoint = "save_export")]
pub async fn save_export(form: ExportForm) -> Result<(), UiError> {
    use crate::{editor::Change, paths};
    use console::ConsoleError;
    use domain::ExportId;
    let (console, actor) = super::door::door()?;
    let mut form = form;
    let id: Option<ExportId> = super::door::optional("id", &form.id)?;
    let expected: Option<u32> = super::door::optional("version", &form.version)?;
    let editor = id.as_ref().map_or_else(|| paths::NEW_EXPORT.to_owned(), paths::export);
    let mut errors = Vec::new();
    if let Some(change) = Change::parse(&form.intent) {
        errors.extend(change.refusal(&form));
        form = change.apply(&form);
    } else if !matches!(form.intent.as_str(), "" | "save" | "preview") {
        return Err(super::door::unknown_intent(&form.intent));
    } else if form.intent != "preview" {
        let (body, mut found) = form.read();
        // What is wrong with the whole is said at once, and each thing only once.
        for error in console.check_export(&body).await? {
            if !found.iter().any(|known| known.path == error.path) {
                found.push(error);
            }
        }
        let result = if found.is_empty() {
            console.save_export(&actor, id.as_ref(), body, expected, form.confirm == "on").await
        } else {
            Err(ConsoleError::Invalid(found))
        };
        match result {
            Ok(saved) => {
                let version = saved.version.to_string();
                leptos_axum::redirect(&paths::with_query(&paths::export(&saved.id), &[("saved", &version)]));
                return Ok(());
            }
            Err(ConsoleError::Invalid(found)) => errors = found,
            Err(ConsoleError::Stale { current }) => {
                let message = format!(
                    "somebody saved version {current} meanwhile. What you typed is still here: look at what they changed, then save again"
                );
                errors = vec![FieldError::new(format!("version.{}", form.version), message)];
                // Saving what stands in the form now is a decision made in sight of theirs.
                form.version = current.to_string();
            }
            Err(other) => return Err(other.into()),
        }
    }
    form.intent.clear();
    let typed = serde_json::to_string(&form).unwrap_or_default();
    let draft = console.save_draft(&actor, "export", typed, errors).await?;
    leptos_axum::redirect(&paths::with_query(&editor, &[("draft", &draft)]));
    Ok(())
}

/// The versions of an export with what each changed.
#[server(prefix = "/fn", endpoint = "history")]
pub async fn history(id: String) -> Result<At<HistoryView>, UiError> {
    use crate::editor::differences;
    let (console, actor) = super::door::door()?;
    let now = console.now();
    let id: domain::ExportId = id.parse().map_err(|_| super::reads::not_found("export"))?;
    let body = console.export(&actor, &id).await?.body;
    let (is_ours, name) = (body.is_ours(), body.name);
    let names = names::names(&console, &actor).await?;
    let all = console.export_versions(&actor, &id).await?;
    let versions = all.iter().enumerate().map(|(place, (version, at, by, body))| VersionRow {
        version: *version,
        at: *at,
        by: by.clone(),
        changed: all
            .get(place + 1)
            .map_or_else(Vec::new, |(.., before)| differences(before, body, |id| names.get(id).cloned())),
    });
    let versions = versions.collect();
    Ok(At { now, value: HistoryView { id, name, is_ours, versions } })
}

/// Opens an earlier version in the editor, as a draft of the next one.
#[server(prefix = "/fn", endpoint = "restore_version")]
pub async fn restore_version(id: String, version: u32) -> Result<(), UiError> {
    use crate::paths;
    let (console, actor) = super::door::door()?;
    let id: domain::ExportId = id.parse().map_err(|_| super::reads::not_found("export"))?;
    let current = console.export(&actor, &id).await?.version;
    let versions = console.export_versions(&actor, &id).await?;
    let (.., body) = versions
        .into_iter()
        .find(|(number, ..)| *number == version)
        .ok_or_else(|| super::reads::not_found("version"))?;
    let like = ExportForm { id: id.to_string(), version: current.to_string(), ..ExportForm::default() };
    let typed = serde_json::to_string(&ExportForm::of(&body, &like)).unwrap_or_default();
    let draft = console.save_draft(&actor, "export", typed, Vec::new()).await?;
    leptos_axum::redirect(&paths::with_query(&paths::export(&id), &[("draft", &draft)]));
    Ok(())
}

/// Pauses, resumes or deletes an export.
#[server(prefix = "/fn", endpoint = "change_export")]
pub async fn change_export(id: String, intent: String) -> Result<(), UiError> {
    use crate::paths;
    use domain::ExportId;
    let (console, actor) = super::door::door()?;
    let id: ExportId = id.parse().map_err(|_| super::reads::not_found("export"))?;
    let back = match intent.as_str() {
        "delete" => {
            console.delete_export(&actor, &id).await?;
            paths::EXPORTS.to_owned()
        }
        "pause" | "resume" => {
            console.pause_export(&actor, &id, intent == "pause").await?;
            paths::export(&id)
        }
        other => return Err(super::door::unknown_intent(other)),
    };
    leptos_axum::redirect(&back);
    Ok(())
}
