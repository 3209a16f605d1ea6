//! Exports that Azure delivers: how they stand in Azure, and bringing Azure to what is saved here. Nothing is written there
//! before somebody has switched it on.

use super::{Actor, Console, ConsoleError, coverage};
use automation::{Automation, Hidden, Wanted};
use azure::{Arm, AzureError};
use domain::text::chain;
use domain::{
    AzureDelivery, Export, ExportId, Place, ResourceId, Role, SubscriptionId,
    azure::{RollOut, RollOutState, Step, Wish},
};
use futures::{StreamExt, stream};
use rules::roll_out::{Facts, drift, plan, rewrites_action};
use secrecy::{ExposeSecret, SecretString};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

/// The switch that allows writing.
const SWITCH: &str = "azure_writes";
/// Automations that are written at the same time.
const AT_ONCE: usize = 4;

/// The exports whose roll-out is under way.
#[derive(Debug, Clone, Default)]
pub(super) struct UnderWay(Arc<Mutex<HashSet<ExportId>>>);

impl UnderWay {
    fn has(&self, id: &ExportId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }

    fn begin(&self, id: &ExportId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone())
    }

    fn end(&self, id: &ExportId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

/// One automation that is to be written or deleted.
type Task = (ResourceId, SubscriptionId, Wish);

impl Console {
    /// Whether the console may change Azure's exports: the settings decide, or else the switch.
    pub async fn azure_writes(&self) -> Result<bool, ConsoleError> {
        match self.surroundings.azure_writes {
            Some(fixed) => Ok(fixed),
            None => Ok(self.store.switch(SWITCH).await?.unwrap_or_default()),
        }
    }

    /// Refuses to write while it is not allowed.
    pub(super) async fn require_writes(&self) -> Result<(), ConsoleError> {
        if self.azure_writes().await? {
            return Ok(());
        }
        Err(ConsoleError::Conflict(
            "The console may not change Azure's exports. An administrator switches that on in Settings (azure_writes)."
                .to_owned(),
        ))
    }

    /// Switches the writing of Azure's exports on or off.
    pub async fn allow_azure_writes(&self, actor: &Actor, on: bool) -> Result<(), ConsoleError> {
        actor.require(Role::Administrator)?;
        if self.surroundings.azure_writes.is_some() {
            return Err(ConsoleError::Conflict(
                "azure_writes is given on the command line, in the environment or in the settings file, which decide"
                    .to_owned(),
            ));
        }
        let detail = if on { "on" } else { "off" }.to_owned();
        let audit = self.entry(actor, "azure-writes.turn", ("switch", SWITCH), detail);
        Ok(self.store.turn(SWITCH, on, &audit).await?)
    }

    /// How an export that Azure delivers stands there, by the automations as they were read last.
    pub async fn roll_out(&self, actor: &Actor, id: &ExportId) -> Result<RollOut, ConsoleError> {
        let export = self.export(actor, id).await?;
        let delivery = delivery_of(&export)?;
        let places = self.places(actor).await?;
        let all = self.automations().await?;
        let entries = self.store.roll_out(id).await?;
        let made: Vec<_> = entries
            .iter()
            .filter(|entry| entry.made)
            .map(|entry| (entry.automation.clone(), entry.subscription.clone()))
            .collect();
        let wanted_in = |place: &Place| {
            let (export, enabled) = (&export.body, !export.paused);
            let wanted = Wanted { export, delivery, enabled, subscription: &place.id };
            export.scope.covers(place).then(|| wanted.as_read()).flatten()
        };
        let places: Vec<_> = places.iter().map(|(place, name)| (place, name.as_str(), wanted_in(place))).collect();
        let mut rows = plan(&Facts { places: &places, found: &|of| coverage::of(&all, of), made: &made });
        for row in &mut rows {
            let key = row.automation.key();
            let entry = entries.iter().find(|entry| entry.automation.key() == key);
            row.made = entry.is_some_and(|entry| entry.made);
            row.last = entry.map(|entry| (entry.wish, entry.state, entry.message.clone(), entry.at));
        }
        Ok(RollOut { rows, under_way: self.under_way.has(id), writes: self.azure_writes().await? })
    }

    /// Begins to bring Azure to what is saved, to ask whether it would take it, or to delete what stands there. Answers
    /// how many automations that concerns; they are worked off in the background.
    pub async fn start_roll_out(
        &self,
        actor: &Actor,
        id: &ExportId,
        wish: Wish,
        connection: Option<SecretString>,
    ) -> Result<usize, ConsoleError> {
        actor.require(Role::Operator)?;
        let export = self.export(actor, id).await?;
        let delivery = delivery_of(&export)?.clone();
        if wish != Wish::Validate {
            self.require_writes().await?;
        }
        if let Some(connection) = &connection {
            check_connection(connection, &delivery)?;
        }
        let typed = connection.is_some() && delivery.needs_connection_string();
        let tasks: Vec<Task> = self
            .roll_out(actor, id)
            .await?
            .rows
            .into_iter()
            .filter_map(|row| {
                let wish = match (wish, row.step) {
                    (Wish::Validate, Step::Remove) => None,
                    // What was typed is for automations that are in place too: a key may have been made anew.
                    (Wish::Apply, Step::Keep) if !typed => None,
                    (Wish::Apply, Step::Remove) => Some(Wish::Remove),
                    // What this export did not make it does not remove.
                    (Wish::Remove, _) if !row.made => None,
                    (wish, _) => Some(wish),
                };
                wish.map(|wish| (row.automation, row.subscription, wish))
            })
            .collect();
        self.begin_work(actor, &export, delivery, tasks, wish, connection).await
    }

    /// Switches the automations that are there on or off, as the export says; none is made or removed by it.
    pub(super) async fn switch_in_azure(&self, actor: &Actor, id: &ExportId) -> Result<usize, ConsoleError> {
        let export = self.export(actor, id).await?;
        let delivery = delivery_of(&export)?.clone();
        let rows = self.roll_out(actor, id).await?.rows;
        let there = rows.into_iter().filter(|row| row.step == Step::Change);
        let tasks = there.map(|row| (row.automation, row.subscription, Wish::Apply)).collect();
        self.begin_work(actor, &export, delivery, tasks, Wish::Apply, None).await
    }

    /// Refuses what would get in the way of a roll-out.
    pub(super) fn require_quiet(&self, id: &ExportId) -> Result<(), ConsoleError> {
        if self.under_way.has(id) {
            return Err(ConsoleError::Conflict("A roll-out of this export is under way: wait for its end.".to_owned()));
        }
        Ok(())
    }

    /// Writes down what is asked of Azure, and has it worked off in the background.
    async fn begin_work(
        &self,
        actor: &Actor,
        export: &Export,
        delivery: AzureDelivery,
        tasks: Vec<Task>,
        wish: Wish,
        connection: Option<SecretString>,
    ) -> Result<usize, ConsoleError> {
        let id = &export.id;
        if tasks.is_empty() {
            return Ok(0);
        }
        if !self.under_way.begin(id) {
            return Err(ConsoleError::Conflict("A roll-out of this export is under way: wait for its end.".to_owned()));
        }
        let detail = format!("{}: {wish} {} automations", export.body.name, tasks.len());
        let audit = self.entry(actor, "export.roll-out", ("export", id.as_str()), detail);
        if let Err(error) = self.store.begin_roll_out(id, &tasks, export.version, &audit).await {
            self.under_way.end(id);
            return Err(error.into());
        }
        let count = tasks.len();
        let (console, export) = (self.clone(), export.clone());
        self.background.spawn(async move { console.work_off(&export, &delivery, tasks, connection).await });
        Ok(count)
    }

    /// Works tasks off, a few at a time; what each led to is written beside it.
    async fn work_off(
        &self,
        export: &Export,
        delivery: &AzureDelivery,
        tasks: Vec<Task>,
        connection: Option<SecretString>,
    ) {
        let connection = connection.as_ref();
        stream::iter(tasks)
            .for_each_concurrent(AT_ONCE, |(automation, subscription, wish)| async move {
                if self.background.is_ending() {
                    return;
                }
                let wanted =
                    Wanted { export: &export.body, delivery, enabled: !export.paused, subscription: &subscription };
                let result = self.carry_out(&automation, wanted, wish, connection).await;
                let (state, message) = match result {
                    Ok(message) => (RollOutState::Done, message),
                    Err(message) => (RollOutState::Failed, message),
                };
                if state == RollOutState::Failed {
                    tracing::warn!(automation = automation.as_str(), "{wish} failed: {message}");
                }
                if let Err(error) = self.store.settle_roll_out(&export.id, &automation, state, &message).await {
                    tracing::error!(automation = automation.as_str(), "{}", chain(&error));
                }
            })
            .await;
        self.under_way.end(&export.id);
        self.store.changed();
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

pub(super) fn delivery_of(export: &Export) -> Result<&AzureDelivery, ConsoleError> {
    export.body.azure.as_ref().ok_or(ConsoleError::NotFound("export that Azure delivers"))
}

/// A connection string of the hub that is meant, or of its namespace.
fn check_connection(connection: &SecretString, delivery: &AzureDelivery) -> Result<(), ConsoleError> {
    let text = connection.expose_secret();
    let part = |name: &str| {
        let of = |part: &str| {
            let (key, value) = part.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        };
        text.split(';').find_map(of)
    };
    let wrong = |message: &str| Err(ConsoleError::invalid("connection_string", message));
    if part("Endpoint").is_none_or(|endpoint| !endpoint.starts_with("sb://")) || part("SharedAccessKey").is_none() {
        return wrong(
            "a connection string looks like Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…;EntityPath=…",
        );
    }
    match part("EntityPath") {
        None => wrong(
            "it names no event hub (EntityPath): take the connection string of a rule of the hub, not of its namespace",
        ),
        Some(hub) if !hub.eq_ignore_ascii_case(delivery.destination.name()) => {
            wrong("it is of another event hub than the one that is sent to")
        }
        Some(_) => Ok(()),
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
