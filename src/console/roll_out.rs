//! Exports that Azure delivers: how they stand in Azure, and bringing Azure to what is saved here. Nothing is written there
//! before somebody has switched it on.

mod work;

use super::{Actor, Console, ConsoleError, coverage};
use automation::Wanted;
use domain::{
    AzureDelivery, Export, ExportId, Place, ResourceId, Role, SubscriptionId,
    azure::{RollOut, RollOutState, Step, Wish},
};
use rules::roll_out::{Facts, plan};
use secrecy::{ExposeSecret, SecretString};

/// The switch that allows writing.
const SWITCH: &str = "azure_writes";
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
        Ok(RollOut {
            rows,
            under_way: entries.iter().any(|entry| entry.state == RollOutState::Waiting),
            writes: self.azure_writes().await?,
        })
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
        self.begin_work(actor, &export, tasks, wish, connection).await
    }

    /// Switches the automations that are there on or off, as the export says; none is made or removed by it.
    pub(super) async fn switch_in_azure(&self, actor: &Actor, id: &ExportId) -> Result<usize, ConsoleError> {
        let export = self.export(actor, id).await?;
        let rows = self.roll_out(actor, id).await?.rows;
        let there = rows.into_iter().filter(|row| row.step == Step::Change);
        let tasks = there.map(|row| (row.automation, row.subscription, Wish::Apply)).collect();
        self.begin_work(actor, &export, tasks, Wish::Apply, None).await
    }

    /// Refuses what would get in the way of a roll-out.
    pub(super) async fn require_quiet(&self, id: &ExportId) -> Result<(), ConsoleError> {
        if self.store.is_rolling_out(id).await? { Err(under_way()) } else { Ok(()) }
    }

    /// Writes down what is asked of Azure; it is worked off in the background, after a restart too.
    async fn begin_work(
        &self,
        actor: &Actor,
        export: &Export,
        tasks: Vec<Task>,
        wish: Wish,
        connection: Option<SecretString>,
    ) -> Result<usize, ConsoleError> {
        if tasks.is_empty() {
            return Ok(0);
        }
        let detail = format!("{}: {wish} {} automations", export.body.name, tasks.len());
        let audit = self.entry(actor, "export.roll-out", ("export", export.id.as_str()), detail);
        let begun = self.store.begin_roll_out(&export.id, &tasks, export.version, connection.as_ref(), &audit).await?;
        if begun { Ok(tasks.len()) } else { Err(under_way()) }
    }
}

fn under_way() -> ConsoleError {
    ConsoleError::Conflict("A roll-out of this export is under way: wait for its end.".to_owned())
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
