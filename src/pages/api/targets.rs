//! Targets: the list, one with its form, and what is done to it.

use super::{At, UiError};
use domain::{FieldError, choices::FoundPlace, view::TargetRow};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A target's form, as text. The secret is never sent to a browser.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TargetForm {
    /// Its id; empty for a new one.
    pub id: String,
    /// The version that is being edited.
    pub version: String,
    /// `event_hub` or `workspace`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Host of the namespace.
    pub namespace: String,
    /// The event hub.
    pub hub: String,
    /// ARM id of the hub or workspace.
    pub resource_id: String,
    /// `identity` or `key`.
    pub sign_in: String,
    /// Name of the authorization rule.
    pub key_name: String,
    /// A new key; empty keeps the one that is set.
    pub secret: String,
    /// Host of the ingestion endpoint.
    pub ingestion_host: String,
    /// Immutable id of the data collection rule.
    pub dcr_immutable_id: String,
    /// Stream for alerts.
    pub alert_stream: String,
    /// Stream for recommendations.
    pub recommendation_stream: String,
    /// `save`, `test` to try it before, or `take_key` to ask Azure for the rule's key first.
    pub intent: String,
}

/// One target with its form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetView {
    /// The target; none for a new one.
    pub row: Option<TargetRow>,
    /// The form as it stands.
    pub form: TargetForm,
    /// What is wrong with it.
    pub errors: Vec<FieldError>,
    /// Whether it stands on the practice Azure.
    pub practice_origin: Option<String>,
}

#[cfg(feature = "ssr")]
mod form {
    use super::TargetForm;
    use console::TargetInput;
    use domain::{EventHubConfig, HubSignIn, ResourceId, TargetConfig, WorkspaceConfig, target, view::TargetRow};
    use secrecy::SecretString;

    fn optional(text: &str) -> Option<String> {
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    pub(super) fn read(form: &TargetForm) -> TargetInput {
        let resource_id = optional(&form.resource_id).map(|id| ResourceId::new(&id));
        let config = if form.kind == "workspace" {
            TargetConfig::Workspace(WorkspaceConfig {
                ingestion_host: form.ingestion_host.trim().to_owned(),
                dcr_immutable_id: form.dcr_immutable_id.trim().to_owned(),
                alert_stream: optional(&form.alert_stream).unwrap_or_else(target::alert_stream),
                recommendation_stream: optional(&form.recommendation_stream)
                    .unwrap_or_else(target::recommendation_stream),
                resource_id,
            })
        } else {
            TargetConfig::EventHub(EventHubConfig {
                namespace: form.namespace.trim().to_owned(),
                hub: form.hub.trim().to_owned(),
                resource_id,
                sign_in: HubSignIn::parse(&form.sign_in).unwrap_or(HubSignIn::Identity),
                key_name: optional(&form.key_name),
            })
        };
        TargetInput { name: form.name.clone(), config, secret: optional(&form.secret).map(SecretString::from) }
    }

    pub(super) fn of(row: &TargetRow) -> TargetForm {
        TargetForm {
            id: row.id.to_string(),
            version: row.version.to_string(),
            name: row.name.clone(),
            ..of_config(&row.config)
        }
    }

    pub(super) fn of_config(config: &TargetConfig) -> TargetForm {
        let mut form = TargetForm { kind: config.kind().as_str().to_owned(), ..TargetForm::default() };
        let id = |id: &Option<ResourceId>| id.as_ref().map(ToString::to_string).unwrap_or_default();
        match config {
            TargetConfig::EventHub(hub) => {
                form.namespace.clone_from(&hub.namespace);
                form.hub.clone_from(&hub.hub);
                form.resource_id = id(&hub.resource_id);
                hub.sign_in.as_str().clone_into(&mut form.sign_in);
                form.key_name = hub.key_name.clone().unwrap_or_default();
            }
            TargetConfig::Workspace(workspace) => {
                form.ingestion_host.clone_from(&workspace.ingestion_host);
                form.dcr_immutable_id.clone_from(&workspace.dcr_immutable_id);
                form.alert_stream.clone_from(&workspace.alert_stream);
                form.recommendation_stream.clone_from(&workspace.recommendation_stream);
                form.resource_id = id(&workspace.resource_id);
            }
        }
        form
    }
}

/// All targets.
#[server(prefix = "/fn", endpoint = "targets")]
pub async fn targets() -> Result<At<Vec<TargetRow>>, UiError> {
    let (console, actor) = super::door::door()?;
    Ok(At { now: console.now(), value: console.targets(&actor).await? })
}

/// One target with its form (`id` empty: a new one of `kind`).
#[server(prefix = "/fn", endpoint = "target")]
pub async fn target(id: String, kind: String, draft: String) -> Result<At<TargetView>, UiError> {
    let (console, actor) = super::door::door()?;
    let kind = if kind == "workspace" { kind } else { "event_hub".to_owned() };
    let mut view = TargetView {
        row: None,
        form: TargetForm { kind, sign_in: "identity".to_owned(), ..TargetForm::default() },
        errors: Vec::new(),
        practice_origin: console.surroundings().practice_origin.clone(),
    };
    if !id.is_empty() {
        let id = id.parse().map_err(|_| super::reads::not_found("target"))?;
        let row = console.target(&actor, &id).await?;
        view.form = form::of(&row);
        view.row = Some(row);
    }
    if !draft.is_empty()
        && let Some(found) = console.draft(&actor, "target", &draft).await?
        && let Ok(typed) = serde_json::from_str(&found.body)
    {
        view.form = typed;
        view.errors = found.errors;
    }
    Ok(At { now: console.now(), value: view })
}

/// Places to send to that the console's identity can see; nothing where they cannot be listed, with the reason.
#[server(prefix = "/fn", endpoint = "places_to_send")]
pub async fn places_to_send(kind: String) -> Result<(Vec<FoundPlace>, Option<String>), UiError> {
    use console::ConsoleError;
    use domain::TargetKind;
    let (console, actor) = super::door::door()?;
    let kind = if kind == "workspace" { TargetKind::Workspace } else { TargetKind::EventHub };
    match console.places_to_send(&actor, kind).await {
        Ok(found) => Ok(found),
        Err(ConsoleError::Conflict(why)) => Ok((Vec::new(), Some(why))),
        Err(ConsoleError::Forbidden(_)) => Ok((Vec::new(), None)),
        Err(other) => Err(other.into()),
    }
}

/// Fills the form of a new target with a place that was picked.
#[server(prefix = "/fn", endpoint = "pick_place")]
pub async fn pick_place(kind: String, place: String) -> Result<(), UiError> {
    use crate::paths;
    let (console, actor) = super::door::door()?;
    let of = match kind.as_str() {
        "workspace" => domain::TargetKind::Workspace,
        "" | "event_hub" => domain::TargetKind::EventHub,
        _ => return Err(super::reads::not_found("kind of target")),
    };
    let (found, _) = console.places_to_send(&actor, of).await?;
    // The list is asked for anew: by its place in it, another one could be taken.
    let found = found.into_iter().find(|one| one.id() == place);
    let place = found.ok_or_else(|| UiError::Conflict("It is no longer listed. Choose again.".to_owned()))?;
    let typed = TargetForm { name: place.name, ..form::of_config(&place.config) };
    let body = serde_json::to_string(&typed).unwrap_or_default();
    let draft = console.save_draft(&actor, "target", body, Vec::new()).await?;
    leptos_axum::redirect(&paths::with_query(paths::NEW_TARGET, &[("draft", &draft), ("kind", &typed.kind)]));
    Ok(())
}

/// The state of a target as pages follow it; `None` once it is deleted.
#[server(prefix = "/fn", endpoint = "target_state")]
pub async fn target_state(id: String) -> Result<At<Option<TargetView>>, UiError> {
    let now = super::door::door()?.0.now();
    super::door::unless_gone(target(id, String::new(), String::new()).await, now)
}

/// Saves the form, or keeps it (without the key) as a draft and shows it again.
#[server(prefix = "/fn", endpoint = "save_target")]
pub async fn save_target(form: TargetForm) -> Result<(), UiError> {
    use crate::paths;
    use console::ConsoleError;
    use domain::TargetId;
    let (console, actor) = super::door::door()?;
    let id: Option<TargetId> = super::door::optional("id", &form.id)?;
    let expected: Option<i64> = super::door::optional("version", &form.version)?;
    if !matches!(form.intent.as_str(), "" | "save" | "test" | "take_key") {
        return Err(super::door::unknown_intent(&form.intent));
    }
    let mut form = form;
    let mut input = form::read(&form);
    if form.intent == "test" {
        // What the test said stands above the form; nothing is saved. The key is not kept: it is typed again to save.
        let said = match console.test_unsaved(&actor, &input).await {
            Ok(result) if result.condition == domain::Condition::Ok => {
                vec![FieldError::new("test.passed", result.detail)]
            }
            Ok(result) => vec![FieldError::new("test.failed", result.detail)],
            Err(ConsoleError::Invalid(errors)) => errors,
            Err(other) => return Err(other.into()),
        };
        let typed = TargetForm { secret: String::new(), ..form };
        let body = serde_json::to_string(&typed).unwrap_or_default();
        let draft = console.save_draft(&actor, "target", body, said).await?;
        leptos_axum::redirect(&paths::with_query(paths::NEW_TARGET, &[("draft", &draft), ("kind", &typed.kind)]));
        return Ok(());
    }
    let taken =
        if form.intent == "take_key" { console.take_key(&actor, &input.config).await.map(Some) } else { Ok(None) };
    let saved = match taken {
        Ok(key) => {
            input.secret = key.or(input.secret);
            console.save_target(&actor, id.as_ref(), input, expected).await
        }
        Err(error) => Err(error),
    };
    let errors = match saved {
        Ok(saved) => {
            let version = console.target(&actor, &saved).await?.version.to_string();
            leptos_axum::redirect(&paths::with_query(&paths::target(&saved), &[("saved", &version)]));
            return Ok(());
        }
        Err(ConsoleError::Invalid(errors)) => errors,
        Err(ConsoleError::Stale { current }) => {
            form.version = current.to_string();
            vec![FieldError::new(
                "version",
                format!("somebody saved version {current} meanwhile; what you typed is still here"),
            )]
        }
        Err(other) => return Err(other.into()),
    };
    let typed = TargetForm { secret: String::new(), ..form };
    let body = serde_json::to_string(&typed).unwrap_or_default();
    let draft = console.save_draft(&actor, "target", body, errors).await?;
    let page = id.as_ref().map_or_else(|| paths::NEW_TARGET.to_owned(), paths::target);
    leptos_axum::redirect(&paths::with_query(&page, &[("draft", &draft), ("kind", &typed.kind)]));
    Ok(())
}

/// Tests, attempts, pauses, resumes or deletes a target.
#[server(prefix = "/fn", endpoint = "change_target")]
pub async fn change_target(id: String, intent: String) -> Result<(), UiError> {
    use crate::paths;
    use domain::TargetId;
    let (console, actor) = super::door::door()?;
    let id: TargetId = id.parse().map_err(|_| super::reads::not_found("target"))?;
    let mut back = paths::target(&id);
    match intent.as_str() {
        "test" => {
            let result = console.test_target(&actor, &id).await?;
            let word = if result.condition == domain::Condition::Ok { "passed" } else { "failed" };
            back = paths::with_query(&back, &[("test", word)]);
        }
        "attempt" => console.attempt_now(&actor, &id).await?,
        "delete" => {
            console.delete_target(&actor, &id).await?;
            paths::TARGETS.clone_into(&mut back);
        }
        "pause" | "resume" => console.pause_target(&actor, &id, intent == "pause").await?,
        other => return Err(super::door::unknown_intent(other)),
    }
    leptos_axum::redirect(&back);
    Ok(())
}
