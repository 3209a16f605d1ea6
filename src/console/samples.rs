//! Sample alerts: asked of Defender for Cloud, and followed until they arrive.

use super::{Actor, Console, ConsoleError, exports::new_id};
use domain::{
    Kind, Role, SubscriptionId,
    sample::{Bundle, SAMPLE_PREFIX, Sample, SampleAlert, SampleId, SampleView},
};
use jiff::SignedDuration;
use std::time::Duration;
use store::EventFilter;

/// The alerts of one request that are followed.
const MOST: usize = 20;
/// A page waits no longer for what Azure says.
const PATIENCE: Duration = Duration::from_secs(3);

impl Console {
    /// Asks Defender for Cloud for sample alerts. They reach every target of the subscription: all exports, Azure's own,
    /// Sentinel, e-mail.
    pub async fn raise_sample(
        &self,
        actor: &Actor,
        subscription: &SubscriptionId,
        bundle: Bundle,
    ) -> Result<SampleId, ConsoleError> {
        actor.require(Role::Operator)?;
        let places = self.places(actor).await?;
        if !places.iter().any(|(place, _)| place.id == *subscription) {
            return Err(ConsoleError::invalid("subscription", "choose a subscription"));
        }
        let id: domain::JobId = new_id(self.store.machine());
        let id: SampleId = id.as_str().parse().unwrap_or_else(|_| unreachable!("a UUID has the shape of an id"));
        let sample = Sample {
            id: id.clone(),
            subscription: subscription.clone(),
            bundle,
            asked_at: self.now(),
            asked_by: actor.name.clone(),
            status_url: None,
        };
        let audit = self.entry(actor, "sample.raise", ("subscription", subscription.as_str()), bundle.to_string());
        self.store.add_sample(&sample, &audit).await?;
        match self.tenant_of(subscription).await?.arm().simulate(subscription, bundle).await {
            Ok(status) => {
                self.store.settle_sample(&id, Some(status.as_deref().unwrap_or_default())).await?;
                Ok(id)
            }
            Err(error) => {
                self.store.settle_sample(&id, None).await?;
                let role = match error.fault().map(|fault| fault.status) {
                    Some(403) => " Sample alerts need the role Contributor on the subscription.",
                    _ => "",
                };
                Err(ConsoleError::Conflict(format!("Azure raised no sample alert: {}.{role}", error.told())))
            }
        }
    }

    /// The newest requests for sample alerts, with their subscriptions' names.
    pub async fn samples(&self, actor: &Actor) -> Result<Vec<(Sample, String)>, ConsoleError> {
        actor.require(Role::Viewer)?;
        let places = self.places(actor).await?;
        let name = |id: &SubscriptionId| places.iter().find(|(place, _)| place.id == *id).map(|(_, name)| name.clone());
        let all = self.store.list_samples().await?;
        Ok(all
            .into_iter()
            .filter_map(|sample| Some((name(&sample.subscription)?, sample)))
            .map(|(name, sample)| (sample, name))
            .collect())
    }

    /// How far sample alerts came.
    pub async fn sample(&self, actor: &Actor, id: &SampleId) -> Result<SampleView, ConsoleError> {
        actor.require(Role::Viewer)?;
        let sample = self.store.find_sample(id).await?.ok_or(ConsoleError::NotFound("sample alert"))?;
        let places = self.places(actor).await?;
        let subscription_name =
            places.into_iter().find(|(place, _)| place.id == sample.subscription).map(|(_, name)| name);
        let subscription_name = subscription_name.ok_or(ConsoleError::NotFound("sample alert"))?;
        let since = sample.asked_at.saturating_sub(SignedDuration::from_mins(5)).unwrap_or(sample.asked_at);
        let filter = EventFilter {
            kind: Some(Kind::Alert),
            subscription: Some(sample.subscription.clone()),
            since: Some(since),
            ..EventFilter::default()
        };
        let found = self.store.list_events(&actor.visible, &filter, None, 500).await?.items;
        let is_of_it = |subject: &domain::view::Subject| {
            subject.title.starts_with(SAMPLE_PREFIX) && subject.observed_at >= sample.asked_at
        };
        let mut alerts = Vec::new();
        for event in found.into_iter().filter(|event| is_of_it(&event.subject)).take(MOST) {
            let deliveries = self.event(actor, &event.id).await?.deliveries;
            let arrivals = self.arrivals_of(actor, &event.id).await?;
            alerts.push(SampleAlert { event, deliveries, arrivals });
        }
        let status = sample.status_url.clone().filter(|url| !url.is_empty() && alerts.is_empty());
        let said = match status {
            None => None,
            Some(url) => {
                let arm = self.tenant_of(&sample.subscription).await?.arm();
                match tokio::time::timeout(PATIENCE, arm.simulation(&url)).await {
                    Ok(Ok(said)) => Some(said),
                    Ok(Err(error)) => Some(error.told()),
                    Err(_) => None,
                }
            }
        };
        Ok(SampleView { sample, subscription_name, said, alerts })
    }
}
