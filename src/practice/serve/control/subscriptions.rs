//! `/_practice/subscriptions` and `/_practice/permissions`.

use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::answers::{Refused, json_answer, ok, problem};
use super::{bad, broken};
use crate::journal::Entry;
use crate::replay::apply;
use crate::state::Azure;

/// Most subscriptions that one request adds.
const MOST: usize = 20_000;
/// States a subscription can have.
const STATES: &[&str] = &["Enabled", "Disabled", "PastDue", "Warned"];

/// One subscription by its id, or many at once.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum New {
    One(One),
    Many(Many),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct One {
    id: String,
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Many {
    count: usize,
    /// Whether each gets an automation.
    #[serde(default)]
    automations: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewState {
    id: String,
    state: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rights {
    subscription: String,
    entries: Vec<Permission>,
}

/// A permission entry; what is not given is empty.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct Permission {
    actions: Vec<String>,
    not_actions: Vec<String>,
    data_actions: Vec<String>,
    not_data_actions: Vec<String>,
}

/// Adds empty subscriptions.
pub(super) fn add(azure: &Azure, new: New) -> Result<Response, Refused> {
    match new {
        New::One(one) => add_one(azure, &one),
        New::Many(many) if many.count > MOST => Err(bad(&format!("`count` is at most {MOST}"))),
        New::Many(many) => {
            let make = |at| Entry::Subscriptions { at, count: many.count, automations: many.automations };
            let done = azure.change(make, |world, entry| {
                apply(world, entry);
                world.subscriptions.len()
            });
            let total = done.map_err(|error| broken(&error))?;
            Ok(json_answer(StatusCode::CREATED, &json!({"added": many.count, "subscriptions": total})))
        }
    }
}

fn add_one(azure: &Azure, new: &One) -> Result<Response, Refused> {
    let valid = !new.id.is_empty() && new.id.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    if !valid {
        return Err(bad("`id` must be letters, digits and dashes"));
    }
    if azure.world().subscription(&new.id).is_some() {
        return Err(Refused::from(problem(StatusCode::CONFLICT, "Conflict", "There is a subscription of that id.")));
    }
    let body = json!({"id": new.id, "name": new.name});
    let make = |at| Entry::Subscription { at, id: new.id.clone(), name: new.name.clone() };
    let done = azure.change(make, apply);
    done.map_err(|error| broken(&error))?;
    Ok(json_answer(StatusCode::CREATED, &body))
}

fn known(azure: &Azure, id: &str) -> Result<(), Refused> {
    if azure.world().subscription(id).is_some() { Ok(()) } else { Err(bad("there is no subscription of that id")) }
}

/// Disables a subscription, or gives it another state.
pub(super) fn set_state(azure: &Azure, new: NewState) -> Result<Response, Refused> {
    known(azure, &new.id)?;
    let state = STATES.iter().find(|known| known.eq_ignore_ascii_case(&new.state));
    let state = *state.ok_or_else(|| bad(&format!("`state` is one of {}", STATES.join(", "))))?;
    let body = json!({"id": new.id, "state": state});
    let make = |at| Entry::State { at, id: new.id, state: state.to_owned() };
    let done = azure.change(make, apply);
    done.map_err(|error| broken(&error))?;
    Ok(ok(&body))
}

/// Replaces the application's rights on a subscription; none at all = its role was taken away.
pub(super) fn set_permissions(azure: &Azure, new: Rights) -> Result<Response, Refused> {
    known(azure, &new.subscription)?;
    let entries: Vec<Value> = new.entries.iter().filter_map(|entry| serde_json::to_value(entry).ok()).collect();
    let body = json!({"subscription": new.subscription, "entries": entries});
    let make = |at| Entry::Permissions { at, subscription: new.subscription, entries };
    let done = azure.change(make, apply);
    done.map_err(|error| broken(&error))?;
    Ok(ok(&body))
}
