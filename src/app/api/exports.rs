//! Exports: the list, the editor's form, its preview, and what is done to one.

use super::{At, UiError};
use crate::domain::{
    FieldError,
    view::{ExportRow, Preview},
};
use jiff::Timestamp;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The editor's form, as text: what a browser sends with and without JavaScript.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExportForm {
    /// The export's id; empty for a new one.
    pub id: String,
    /// The version that is being edited.
    pub version: String,
    /// Its name.
    pub name: String,
    /// `all` or `some`.
    pub scope: String,
    /// The chosen subscriptions.
    pub subscriptions: Vec<String>,
    /// Subscriptions left out of `all`.
    pub except: Vec<String>,
    /// `on` when alerts are exported.
    pub alerts: String,
    /// `created` or `all`.
    pub changes: String,
    /// Chosen severities of alerts; none means any.
    pub alert_severities: Vec<String>,
    /// Rule sets of alerts that choices cannot express, as JSON.
    pub alert_rules: String,
    /// `on` when recommendations are exported.
    pub recommendations: String,
    /// Chosen severities of recommendations; none means any.
    pub recommendation_severities: Vec<String>,
    /// `on` for Unhealthy ones only.
    pub unhealthy: String,
    /// Rule sets of recommendations that choices cannot express, as JSON.
    pub recommendation_rules: String,
    /// The target's id.
    pub target: String,
    /// `save`, or `preview` to look first.
    pub intent: String,
}

/// What the editor shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditorView {
    /// The form as it stands.
    pub form: ExportForm,
    /// What is wrong with it.
    pub errors: Vec<FieldError>,
    /// The saved export; none for a new one.
    pub saved: Option<ExportRow>,
    /// Versions, newest first: number, time, by whom.
    pub versions: Vec<(u32, Timestamp, String)>,
    /// Subscriptions: id and name.
    pub subscriptions: Vec<(String, String)>,
    /// Targets: id, name, address, kind, and what is wrong with it.
    pub targets: Vec<(String, String, String, String, Option<String>)>,
    /// Events that wait for it.
    pub pending: i64,
    /// Whether the form stands as a draft that is not saved.
    pub drafted: bool,
}

#[cfg(feature = "ssr")]
mod form {
    //! The form as an export body, and back.

    use super::ExportForm;
    use crate::{
        domain::{
            Changes, DeliveredBy, EventSource, Export, ExportBody, FieldError, RuleSet, Scope, Severity, Source,
            SubscriptionId, TargetId,
        },
        rules::options::{Choices, compile, recognise},
    };

    fn ids(texts: &[String], path: &str, errors: &mut Vec<FieldError>) -> Vec<SubscriptionId> {
        texts
            .iter()
            .filter(|text| !text.is_empty())
            .filter_map(|text| {
                SubscriptionId::parse(text).map_err(|error| errors.push(FieldError::new(path, error.to_string()))).ok()
            })
            .collect()
    }

    fn source(
        event_source: EventSource,
        changes: Changes,
        choices: &Choices,
        rules: &str,
        errors: &mut Vec<FieldError>,
    ) -> Source {
        if rules.trim().is_empty() {
            return compile(event_source, changes, choices);
        }
        let rule_sets: Vec<RuleSet> = serde_json::from_str(rules).unwrap_or_else(|error| {
            errors.push(FieldError::new("rules", error.to_string()));
            Vec::new()
        });
        Source { event_source, changes, rule_sets }
    }

    fn severities(texts: &[String]) -> Vec<Severity> {
        texts.iter().filter_map(|text| Severity::parse(text)).collect()
    }

    /// Reads the form. The body is usable for a preview even when errors are found.
    pub(super) fn read(form: &ExportForm) -> (Option<ExportBody>, Vec<FieldError>) {
        let mut errors = Vec::new();
        let all = form.scope != "some";
        let scope = Scope {
            all,
            subscriptions: if all { Vec::new() } else { ids(&form.subscriptions, "scope", &mut errors) },
            except: if all { ids(&form.except, "scope", &mut errors) } else { Vec::new() },
            future: all,
            ..Scope::default()
        };
        let mut sources = Vec::new();
        if form.alerts == "on" {
            let choices = Choices { severities: severities(&form.alert_severities), unhealthy_only: false };
            let changes = Changes::parse(&form.changes).unwrap_or(Changes::Created);
            sources.push(source(EventSource::Alerts, changes, &choices, &form.alert_rules, &mut errors));
        }
        if form.recommendations == "on" {
            let choices = Choices {
                severities: severities(&form.recommendation_severities),
                unhealthy_only: form.unhealthy == "on",
            };
            sources.push(source(
                EventSource::Assessments,
                Changes::Created,
                &choices,
                &form.recommendation_rules,
                &mut errors,
            ));
        }
        let target = TargetId::parse(&form.target).ok();
        if target.is_none() {
            errors.push(FieldError::new("target", "choose where the events go"));
        }
        // A preview needs no target; the id of none is never saved.
        let target = target.or_else(|| TargetId::parse("00000000-0000-0000-0000-000000000000").ok());
        let body = target.map(|target| ExportBody {
            name: form.name.clone(),
            delivered_by: DeliveredBy::Console,
            scope,
            sources,
            target,
        });
        (body, errors)
    }

    /// The form of a saved export.
    pub(super) fn of(export: &Export) -> ExportForm {
        let body = &export.body;
        let mut form = ExportForm {
            id: export.id.to_string(),
            version: export.version.to_string(),
            name: body.name.clone(),
            scope: if body.scope.all { "all" } else { "some" }.to_owned(),
            subscriptions: body.scope.subscriptions.iter().map(ToString::to_string).collect(),
            except: body.scope.except.iter().map(ToString::to_string).collect(),
            target: body.target.to_string(),
            changes: "created".to_owned(),
            ..ExportForm::default()
        };
        for source in &body.sources {
            let choices = recognise(source);
            let rules = if choices.is_some() {
                String::new()
            } else {
                serde_json::to_string(&source.rule_sets).unwrap_or_default()
            };
            let choices = choices.unwrap_or_default();
            let severities = choices.severities.iter().map(|severity| severity.as_str().to_owned()).collect();
            if source.event_source == EventSource::Alerts {
                "on".clone_into(&mut form.alerts);
                source.changes.as_str().clone_into(&mut form.changes);
                form.alert_severities = severities;
                form.alert_rules = rules;
            } else {
                "on".clone_into(&mut form.recommendations);
                form.recommendation_severities = severities;
                if choices.unhealthy_only { "on" } else { "" }.clone_into(&mut form.unhealthy);
                form.recommendation_rules = rules;
            }
        }
        form
    }

    /// What a new export begins with.
    pub(super) fn fresh() -> ExportForm {
        ExportForm {
            scope: "all".to_owned(),
            alerts: "on".to_owned(),
            changes: "created".to_owned(),
            alert_severities: vec!["high".to_owned()],
            ..ExportForm::default()
        }
    }
}

/// All exports over a range.
#[server(prefix = "/fn", endpoint = "exports")]
pub async fn exports(range: String) -> Result<At<Vec<ExportRow>>, UiError> {
    let (console, actor) = super::door::door()?;
    let now = console.now();
    Ok(At { now, value: console.exports(&actor, super::reads::since(&range, now)).await? })
}

/// The editor of an export (`id` empty: a new one), with a draft in the place of what is saved.
#[server(prefix = "/fn", endpoint = "editor")]
pub async fn editor(id: String, draft: String) -> Result<At<EditorView>, UiError> {
    let (console, actor) = super::door::door()?;
    let now = console.now();
    let mut view = EditorView {
        form: form::fresh(),
        errors: Vec::new(),
        saved: None,
        versions: Vec::new(),
        subscriptions: console
            .subscriptions(&actor)
            .await?
            .into_iter()
            .map(|row| (row.id.to_string(), row.name))
            .collect(),
        targets: Vec::new(),
        pending: 0,
        drafted: false,
    };
    for target in console.targets(&actor).await? {
        let wrong = (target.condition != crate::domain::Condition::Ok).then(|| target.condition.label().to_owned());
        let kind = target.config.kind().label().to_owned();
        view.targets.push((target.id.to_string(), target.name, target.config.address(), kind, wrong));
    }
    if !id.is_empty() {
        let id = id.parse().map_err(|_| super::reads::not_found("export"))?;
        let rows = console.exports(&actor, super::reads::since("24h", now)).await?;
        let row = rows.into_iter().find(|row| row.export.id == id).ok_or_else(|| super::reads::not_found("export"))?;
        view.form = form::of(&row.export);
        view.pending = console.pending_of_export(&actor, &id).await?;
        view.versions =
            console.export_versions(&actor, &id).await?.into_iter().map(|(n, at, by, _)| (n, at, by)).collect();
        view.saved = Some(row);
    }
    if !draft.is_empty()
        && let Some(found) = console.draft(&actor, "export", &draft).await?
        && let Ok(typed) = serde_json::from_str(&found.body)
    {
        view.form = typed;
        view.errors = found.errors;
        view.drafted = true;
    }
    Ok(At { now, value: view })
}

/// The state of an export as pages follow it; `None` for a new one, and once it is deleted.
#[server(prefix = "/fn", endpoint = "export_state")]
pub async fn export_state(id: String) -> Result<At<Option<EditorView>>, UiError> {
    let now = super::door::door()?.0.now();
    super::door::unless_gone(editor(id, String::new()).await, now)
}

/// What the form as typed would let through in the last 24 hours.
#[server(prefix = "/fn", endpoint = "preview")]
pub async fn preview_export(form: ExportForm) -> Result<At<Preview>, UiError> {
    let (console, actor) = super::door::door()?;
    let now = console.now();
    let since = now.saturating_sub(jiff::SignedDuration::from_hours(24)).unwrap_or(now);
    let (body, errors) = form::read(&form);
    let unreadable = errors.into_iter().find(|error| error.path == "rules");
    let value = match (body, unreadable) {
        (_, Some(error)) => {
            Preview { problem: Some(format!("The rules cannot be read: {}", error.message)), ..Preview::default() }
        }
        (None, None) => Preview::default(),
        (Some(body), None) => console.preview(&actor, &body, since).await?,
    };
    Ok(At { now, value })
}

/// Saves the form, or keeps it as a draft and shows it again: because fields are wrong, or because a preview was asked for.
#[server(prefix = "/fn", endpoint = "save_export")]
pub async fn save_export(form: ExportForm) -> Result<(), UiError> {
    use crate::{app::paths, console::ConsoleError, domain::ExportId};
    let (console, actor) = super::door::door()?;
    let mut form = form;
    let (body, mut errors) = form::read(&form);
    let id = ExportId::parse(&form.id).ok();
    let editor = id.as_ref().map_or_else(|| paths::NEW_EXPORT.to_owned(), paths::export);
    if form.intent == "preview" {
        errors.clear();
    } else {
        let expected = form.version.parse().ok();
        let result = match body {
            Some(body) if errors.is_empty() => console.save_export(&actor, id.as_ref(), body, expected).await,
            Some(body) => {
                errors.extend(console.check_export(&body).await?);
                errors.retain(|error| error.message != "choose a target that exists");
                Err(ConsoleError::Invalid(std::mem::take(&mut errors)))
            }
            None => Err(ConsoleError::Invalid(std::mem::take(&mut errors))),
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
                    "somebody saved version {current} meanwhile. What you typed is still here: look at their version, then save again"
                );
                errors = vec![FieldError::new("version", message)];
                // Saving what stands in the form now is a decision made in sight of theirs.
                form.version = current.to_string();
            }
            Err(other) => return Err(other.into()),
        }
    }
    let typed = serde_json::to_string(&form).unwrap_or_default();
    let draft = console.save_draft(&actor, "export", typed, errors).await?;
    leptos_axum::redirect(&paths::with_query(&editor, &[("draft", &draft)]));
    Ok(())
}

/// Pauses, resumes or deletes an export.
#[server(prefix = "/fn", endpoint = "change_export")]
pub async fn change_export(id: String, intent: String) -> Result<(), UiError> {
    use crate::{app::paths, domain::ExportId};
    let (console, actor) = super::door::door()?;
    let id: ExportId = id.parse().map_err(|_| super::reads::not_found("export"))?;
    let back = match intent.as_str() {
        "delete" => {
            console.delete_export(&actor, &id).await?;
            paths::EXPORTS.to_owned()
        }
        intent => {
            console.pause_export(&actor, &id, intent == "pause").await?;
            paths::export(&id)
        }
    };
    leptos_axum::redirect(&back);
    Ok(())
}
