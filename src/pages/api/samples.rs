//! Sample alerts.

use super::{At, UiError};
use domain::sample::{Sample, SampleView};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the page of sample alerts shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SamplesView {
    /// Subscriptions to choose from: id and name.
    pub subscriptions: Vec<(String, String)>,
    /// What the page was opened for: an export or a target.
    pub of: Option<String>,
    /// The newest requests.
    pub samples: Vec<(Sample, String)>,
}

/// The page where sample alerts are asked for: with an export, of the subscriptions it covers; with a target, of those that
/// the exports cover which send to it.
#[server(prefix = "/fn", endpoint = "samples")]
pub async fn samples(export: String, target: String) -> Result<At<SamplesView>, UiError> {
    let (console, actor) = super::door::door()?;
    let now = console.now();
    let exports = console.exports(&actor, now).await?;
    let meant: Vec<_> = exports
        .into_iter()
        .filter(|row| {
            row.export.id.as_str() == export || (!target.is_empty() && row.export.body.target.as_str() == target)
        })
        .collect();
    let places = console.places(&actor).await?;
    let covers =
        |place: &domain::Place| meant.is_empty() || meant.iter().any(|row| row.export.body.scope.covers(place));
    let subscriptions = places.into_iter().filter(|(place, _)| covers(place));
    let names: Vec<String> = meant.iter().map(|row| row.export.body.name.clone()).collect();
    let value = SamplesView {
        subscriptions: subscriptions.map(|(place, name)| (place.id.to_string(), name)).collect(),
        of: (!names.is_empty()).then(|| names.join(", ")),
        samples: console.samples(&actor).await?,
    };
    Ok(At { now, value })
}

/// Asks for sample alerts and follows them.
#[server(prefix = "/fn", endpoint = "raise_sample")]
pub async fn raise_sample(subscription: String, bundle: String) -> Result<(), UiError> {
    let (console, actor) = super::door::door()?;
    let subscription = subscription.parse().map_err(|_| super::reads::not_found("subscription"))?;
    let bundle = bundle.parse().map_err(|_| super::reads::not_found("group of sample alerts"))?;
    let id = console.raise_sample(&actor, &subscription, bundle).await?;
    leptos_axum::redirect(&crate::paths::sample(&id));
    Ok(())
}

/// How far sample alerts came.
#[server(prefix = "/fn", endpoint = "show_sample")]
pub async fn show_sample(id: String) -> Result<At<SampleView>, UiError> {
    let (console, actor) = super::door::door()?;
    let id = id.parse().map_err(|_| super::reads::not_found("sample alert"))?;
    Ok(At { now: console.now(), value: console.sample(&actor, &id).await? })
}
