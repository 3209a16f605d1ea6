//! Working roll-outs off: what was asked of Azure is in the store until it is settled, so that a stop or a crash in the middle leaves
//! nothing open. Whatever is asked twice is asked of what Azure says at that moment.

use super::Console;
use crate::ConsoleError;
use automation::{Automation, Hidden, Wanted};
use azure::{Arm, AzureError};
use domain::{
    AzureDelivery, Export, ResourceId, SubscriptionId,
    azure::{RollOutState, Wish},
    text::chain,
};
use engine::task::{Driver, Failure, Next, Schedule, Task};
use futures::{FutureExt, StreamExt, stream::FuturesUnordered};
use rules::roll_out::{drift, rewrites_action};
use secrecy::{ExposeSecret, SecretString};
use std::{collections::HashSet, panic::AssertUnwindSafe, time::Duration};
use store::{StoreError, WaitingRollOut};
use tokio_util::sync::CancellationToken;

/// Automations that are written at the same time.
const AT_ONCE: usize = 4;
/// How long a stop waits for requests that are under way.
const DRAIN: Duration = Duration::from_secs(20);
/// Without a nudge the task looks again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(20);

/// Works roll-outs off.
struct RollOuts(Console);

impl Task for RollOuts {
    async fn activate(&mut self) -> Result<Next, Failure> {
        let (console, cancel) = (&self.0, self.0.driver.cancel());
        let (mut running, mut under_way) = (FuturesUnordered::new(), HashSet::new());
        let mut failed = None;
        loop {
            if failed.is_none() && !cancel.is_cancelled() {
                // What is under way waits too until it is settled.
                let waiting = console.store.waiting_roll_outs(2 * AT_ONCE).await?;
                for one in waiting {
                    if under_way.len() < AT_ONCE && under_way.insert(one.automation.key()) {
                        running.push(async move { (one.automation.key(), console.work_off(&one).await) });
                    }
                }
            }
            let ended = tokio::select! {
                ended = running.next() => ended,
                // What Azure does not answer in time stays as it is, to be asked again.
                () = stopped_long_ago(cancel) => return Ok(Next::Later),
            };
            match ended {
                None => return failed.map_or(Ok(Next::Later), |error: ConsoleError| Err(error.into())),
                Some((key, result)) => {
                    under_way.remove(&key);
                    failed = failed.or(result.err());
                }
            }
        }
    }
}

async fn stopped_long_ago(cancel: &CancellationToken) {
    cancel.cancelled().await;
    tokio::time::sleep(DRAIN).await;
}

impl Console {
    /// Has the driver work roll-outs off from now on.
    pub fn start_roll_outs(&self, driver: &Driver) {
        let nudge = Some((self.store.changes(), Duration::from_millis(50)));
        let console = self.clone();
        // As long as there is something to do: thousands of automations, at the pace of Azure's quota.
        let limit = Duration::from_hours(6);
        let schedule = Schedule { nudge, limit, ..Schedule::every("roll-outs", LOOK_AGAIN) };
        driver.start(schedule, move || RollOuts(console.clone()));
    }

    /// Works one automation off, and writes down what it led to. What a stop interrupts stays as it is, to be gone on with.
    async fn work_off(&self, one: &WaitingRollOut) -> Result<(), ConsoleError> {
        // One that cannot be worked off is settled all the same: it must not hold up the others for good.
        let result = match AssertUnwindSafe(self.attempt(one)).catch_unwind().await {
            Ok(Err(ConsoleError::Store(error @ (StoreError::Corrupt { .. } | StoreError::Sealed(_))))) => {
                Err(chain(&error))
            }
            Ok(result) => result?,
            Err(_) => Err("the console failed at it; its log says where".to_owned()),
        };
        if result.is_err() && self.driver.cancel().is_cancelled() {
            return Ok(());
        }
        let (state, message) = match result {
            Ok(message) => (RollOutState::Done, message),
            Err(message) => (RollOutState::Failed, message),
        };
        if state == RollOutState::Failed {
            tracing::warn!(automation = one.automation.as_str(), "{} failed: {message}", one.wish);
        }
        Ok(self.store.settle_roll_out(&one.export, &one.automation, state, &message).await?)
    }

    /// What was asked, as it was saved then; answers what was done, or why not.
    async fn attempt(&self, one: &WaitingRollOut) -> Result<Result<String, String>, ConsoleError> {
        let Some(export) = self.export_at(one).await? else {
            return Ok(Err("the export was deleted meanwhile".to_owned()));
        };
        let Some(delivery) = &export.body.azure else {
            return Ok(Err("the export is no longer one that Azure delivers".to_owned()));
        };
        if one.wish != Wish::Validate && !self.azure_writes().await? {
            return Ok(Err(
                "changing Azure's exports was switched off meanwhile; switch it on and apply again".to_owned()
            ));
        }
        let connection = if one.wish != Wish::Remove && delivery.needs_connection_string() {
            match self.store.roll_out_connection(&one.export).await {
                Err(StoreError::Sealed(_)) => {
                    return Ok(Err(
                        "the key that sealed the connection string is lost: type it again and apply".to_owned()
                    ));
                }
                connection => connection?,
            }
        } else {
            None
        };
        let wanted =
            Wanted { export: &export.body, delivery, enabled: !export.paused, subscription: &one.subscription };
        Ok(self.carry_out(&one.automation, wanted, one.wish, connection.as_ref()).await)
    }

    /// The export in the version that the roll-out was asked for.
    async fn export_at(&self, one: &WaitingRollOut) -> Result<Option<Export>, ConsoleError> {
        let Some(export) = self.store.find_export(&one.export).await? else { return Ok(None) };
        if export.version == one.version {
            return Ok(Some(export));
        }
        let versions = self.store.export_versions(&one.export).await?;
        let of_then = versions.into_iter().find(|(version, ..)| *version == one.version);
        Ok(of_then.map(|(version, _, _, body)| Export { version, body, ..export }))
    }

    /// Brings one automation to what is wanted; answers what was done, or why not.
    async fn carry_out(
        &self,
        id: &ResourceId,
        wanted: Wanted<'_>,
        wish: Wish,
        typed: Option<&SecretString>,
    ) -> Result<String, String> {
        let arm = self.tenant_of(wanted.subscription).await.map_err(|error| chain(&error))?.arm();
        let now = arm.automation(id).await.map_err(|error| said(&error))?;
        let etag = now.as_ref().and_then(|now| now.etag.as_deref());
        if wish == Wish::Remove {
            let was_there = now.is_some();
            arm.delete_automation(id, etag).await.map_err(|error| said(&error))?;
            self.keep(id, wanted.subscription, None).await?;
            return Ok(if was_there { "deleted" } else { "was gone already" }.to_owned());
        }
        let found = match &now {
            None => None,
            Some(now) => Some(
                automation::read_export(wanted.subscription.clone(), now)
                    .ok_or("what stands there cannot be read; it was left as it is")?,
            ),
        };
        // What was read is newer than the list: pages show it.
        self.keep(id, wanted.subscription, now.as_ref()).await?;
        if let Some(beyond) = found.as_ref().and_then(|found| found.beyond.clone()) {
            return Err(format!("{beyond} It was left as it is."));
        }
        // A string that was typed is meant to take the place of the one that Azure has.
        let renews = typed.is_some() && wanted.delivery.needs_connection_string();
        let meant = wanted.as_read().ok_or("what is saved cannot be said to Azure")?;
        let rewrites = renews || found.as_ref().is_none_or(|found| rewrites_action(&meant, found));
        if wish == Wish::Validate {
            let connection = self.connection(wanted.delivery, typed).await?;
            return validate(arm, id, &wanted.whole(connection)).await;
        }
        let (answer, done) = match &found {
            Some(found) if !renews && drift(&meant, found).is_empty() => {
                return Ok("was in place already".to_owned());
            }
            // Beside its actions everything can be changed, and the connection string stays what it is.
            Some(_) if !rewrites => (
                arm.patch_automation(id, &wanted.changes(), etag).await,
                "changed; its target and sign-in stay as they were",
            ),
            _ => {
                let connection = self.connection(wanted.delivery, typed).await?;
                let (group, location) = (&wanted.delivery.resource_group, &wanted.delivery.location);
                let made = match &found {
                    None => arm
                        .need_resource_group(wanted.subscription, group.as_str(), location.as_str())
                        .await
                        .map_err(|error| said(&error))?,
                    Some(_) => false,
                };
                let whole = wanted.whole(connection);
                validate(arm, id, &whole).await?;
                let done = match (&found, made) {
                    (None, true) => "made, with its resource group",
                    (None, false) => "made",
                    (Some(_), _) => "written anew",
                };
                (arm.put_automation(id, whole, now.as_ref()).await, done)
            }
        };
        let answer = answer.map_err(|error| said(&error))?;
        self.keep(id, wanted.subscription, Some(&answer)).await?;
        Ok(done.to_owned())
    }

    /// The connection string of an event hub, where one is part of the automation: as typed, or by the hub's rule.
    async fn connection(
        &self,
        delivery: &AzureDelivery,
        typed: Option<&SecretString>,
    ) -> Result<Option<Hidden<String>>, String> {
        let hidden = |text: &SecretString| Hidden(text.expose_secret().to_owned());
        if !delivery.needs_connection_string() {
            return Ok(None);
        }
        if let Some(typed) = typed {
            return Ok(Some(hidden(typed)));
        }
        let Some(rule) = &delivery.key_rule else {
            return Err("Azure never answers the connection string that it was given, so it has to be typed again here; or name the hub's authorization rule, or let Azure sign in as a trusted service".to_owned());
        };
        let arm = self.tenant_of_resource(&delivery.destination).await.map_err(|error| chain(&error))?.arm();
        match arm.hub_connection(&delivery.destination, rule.as_str()).await {
            Ok(connection) => Ok(Some(hidden(&connection))),
            Err(error) => {
                let advice = match error.fault().map(|fault| fault.status) {
                    Some(404) => "The hub has no such rule: name another, or type the string here",
                    _ => {
                        "The identity needs Microsoft.EventHub/namespaces/eventhubs/authorizationRules/listKeys/action there; or type the string here"
                    }
                };
                Err(format!("the connection string of rule {rule} could not be read: {}. {advice}", error.told()))
            }
        }
    }

    async fn keep(&self, id: &ResourceId, of: &SubscriptionId, now: Option<&Automation>) -> Result<(), String> {
        let body = now.map(serde_json::to_string).transpose().map_err(|error| chain(&error))?;
        self.store.record_automation(id, of, body.as_deref()).await.map_err(|error| chain(&error))
    }
}

async fn validate(arm: &Arm, id: &ResourceId, wanted: &Automation) -> Result<String, String> {
    let answer = arm.validate_automation(id, wanted).await.map_err(|error| said(&error))?;
    let message = answer.message.filter(|message| !message.is_empty());
    if answer.is_valid {
        Ok("Azure would take it".to_owned())
    } else {
        Err(format!("Azure would not take it: {}", message.as_deref().unwrap_or("it does not say why")))
    }
}

/// What Azure said, and what to do where that is known.
fn said(error: &AzureError) -> String {
    let told = error.told();
    let code = error.fault().and_then(|fault| fault.code.as_deref()).unwrap_or_default();
    if code.eq_ignore_ascii_case("MissingSubscriptionRegistration") {
        return format!(
            "Defender for Cloud is not registered in this subscription: az provider register --namespace Microsoft.Security --subscription ID, wait until it is registered, and apply again. {told}"
        );
    }
    match error.fault().map(|fault| fault.status) {
        Some(412) => {
            format!("Somebody changed it in Azure meanwhile; look at what it says now, and apply again. {told}")
        }
        Some(409) => {
            format!("Azure is at work on it, or something of that name is in the way; apply again in a while. {told}")
        }
        Some(403) => format!(
            "The identity may not do this: it needs Microsoft.Security/automations/write there (role Security Admin), and for new resource groups Microsoft.Resources/subscriptions/resourceGroups/write. {told}"
        ),
        Some(404) => format!(
            "The subscription or resource group is not there any more; it may have moved to another tenant. {told}"
        ),
        _ => told,
    }
}
