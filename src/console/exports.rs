//! Exports: list, save, pause, delete.

use super::{Actor, Console, ConsoleError};
use domain::{
    AzureDelivery, Condition, DeliveredBy, Export, ExportBody, ExportId, FieldError, Role,
    azure::place_name,
    view::{ExportRow, Tally},
};
use jiff::Timestamp;
use machine::Machine;
use rules::{self, lint::Level};
use store::SaveOutcome;

/// The longest name of an export or a target, in characters.
pub(super) const LONGEST_NAME: usize = 100;

impl Console {
    /// Every export with its outcomes since an hour.
    pub async fn exports(&self, actor: &Actor, since: Timestamp) -> Result<Vec<ExportRow>, ConsoleError> {
        actor.require(Role::Viewer)?;
        let exports = self.store.list_exports().await?;
        let tallies = self.store.tallies(&actor.visible, since).await?;
        let targets = self.store.list_targets().await?;
        let places = self.store.places(&actor.visible).await?;
        let mut saved = self.store.saved().await?;
        let mut rows = Vec::with_capacity(exports.len());
        for export in exports {
            let target = targets.iter().find(|target| target.id == export.body.target);
            let (saved_at, saved_by) = saved.remove(&export.id).unwrap_or_default();
            rows.push(ExportRow {
                target_name: match &export.body.azure {
                    Some(azure) => place_name(&azure.destination),
                    None => target.map(|target| target.name.clone()).unwrap_or_default(),
                },
                condition: match target {
                    Some(target) => target.standing(),
                    None if export.body.is_ours() => Condition::NotFound,
                    None => Condition::Ok,
                },
                outcomes: tallies.get(&export.id).copied().unwrap_or_else(Tally::default),
                covered: places.iter().filter(|(place, _)| export.body.scope.covers(place)).count(),
                saved_at,
                saved_by,
                export,
            });
        }
        Ok(rows)
    }

    /// What every export is called, by name.
    pub async fn export_names(&self, actor: &Actor) -> Result<Vec<(ExportId, String)>, ConsoleError> {
        actor.require(Role::Viewer)?;
        Ok(self.store.list_exports().await?.into_iter().map(|export| (export.id, export.body.name)).collect())
    }

    /// One export.
    pub async fn export(&self, actor: &Actor, id: &ExportId) -> Result<Export, ConsoleError> {
        actor.require(Role::Viewer)?;
        self.store.find_export(id).await?.ok_or(ConsoleError::NotFound("export"))
    }

    /// The saved versions of an export, newest first.
    pub async fn export_versions(
        &self,
        actor: &Actor,
        id: &ExportId,
    ) -> Result<Vec<(u32, Timestamp, String, ExportBody)>, ConsoleError> {
        actor.require(Role::Viewer)?;
        Ok(self.store.export_versions(id).await?)
    }

    /// What is wrong with an export as it is; empty when it could be saved.
    pub async fn check_export(&self, body: &ExportBody) -> Result<Vec<FieldError>, ConsoleError> {
        let mut errors = check_body(body);
        if body.is_ours() && self.store.find_target(&body.target).await?.is_none() {
            errors.push(FieldError::new("target", "choose a target that exists"));
        }
        Ok(errors)
    }

    /// Saves a new export, or the version after `expected`. Answers it as it is now. One whose rules can never match is
    /// refused unless whoever saves it confirms that it is meant.
    pub async fn save_export(
        &self,
        actor: &Actor,
        id: Option<&ExportId>,
        mut body: ExportBody,
        expected: Option<u32>,
        confirmed: bool,
    ) -> Result<Export, ConsoleError> {
        actor.require(Role::Operator)?;
        body.name = body.name.trim().to_owned();
        settle_future(&mut body, self.store.now());
        let errors = self.check_export(&body).await?;
        if !errors.is_empty() {
            return Err(ConsoleError::Invalid(errors));
        }
        self.refuse_shared_automations(&body, id).await?;
        if !confirmed
            && let Some(never) = self.lint(actor, &body, id).await?.into_iter().find(|one| one.level == Level::Error)
        {
            let message = format!("{} Fix it, or confirm that it is meant.", never.message);
            return Err(ConsoleError::invalid("confirm", message));
        }
        let (id, expected) = match id {
            Some(id) => {
                let current = self.export(actor, id).await?;
                if current.body.delivered_by != body.delivered_by {
                    return Err(ConsoleError::invalid(
                        "delivered_by",
                        "who delivers an export stays; make a new one, and remove or pause this one",
                    ));
                }
                (id.clone(), Some(expected.unwrap_or(current.version)))
            }
            None => (new_id(self.store.machine()), None),
        };
        let audit = self.entry(actor, "export.save", ("export", id.as_str()), body.name.clone());
        match self.store.save_export(&id, &body, expected, &audit).await? {
            SaveOutcome::Saved(_) => self.export(actor, &id).await,
            SaveOutcome::Stale(current) => Err(ConsoleError::Stale { current: i64::from(current) }),
            SaveOutcome::NoTarget => Err(ConsoleError::invalid("target", "choose a target that exists")),
            SaveOutcome::NameTaken => {
                Err(ConsoleError::invalid("name", "another export has this name; choose another one"))
            }
        }
    }

    /// Two exports with automations of the same name in the same places would overwrite each other.
    async fn refuse_shared_automations(&self, body: &ExportBody, id: Option<&ExportId>) -> Result<(), ConsoleError> {
        let Some(azure) = &body.azure else { return Ok(()) };
        let places = self.store.places(&store::Visible::Everything).await?;
        for other in self.store.list_exports().await?.into_iter().filter(|other| Some(&other.id) != id) {
            let same = other.body.azure.as_ref().is_some_and(|of| {
                of.automation.as_str().eq_ignore_ascii_case(azure.automation.as_str())
                    && of.resource_group.as_str().eq_ignore_ascii_case(azure.resource_group.as_str())
            });
            let meet = places.iter().any(|(place, _)| body.scope.covers(place) && other.body.scope.covers(place));
            if same && meet {
                return Err(ConsoleError::invalid(
                    "azure.automation",
                    format!(
                        "the export “{}” has automations of this name in the same resource group; choose another name or resource group",
                        other.body.name
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Pauses or resumes an export. Paused, it still decides; what matches waits.
    pub async fn pause_export(&self, actor: &Actor, id: &ExportId, paused: bool) -> Result<(), ConsoleError> {
        actor.require(Role::Operator)?;
        let export = self.export(actor, id).await?;
        let action = if paused { "export.pause" } else { "export.resume" };
        if !export.body.is_ours() {
            self.require_writes().await?;
            self.require_quiet(id).await?;
        }
        let is_ours = export.body.is_ours();
        let audit = self.entry(actor, action, ("export", id.as_str()), export.body.name);
        self.store.pause_export(id, paused, &audit).await?;
        if !is_ours {
            // Here it is only a wish: Azure's automations have to be switched.
            self.switch_in_azure(actor, id).await?;
        }
        Ok(())
    }

    /// How many events wait for an export: what deleting it would cancel.
    pub async fn pending_of_export(&self, actor: &Actor, id: &ExportId) -> Result<i64, ConsoleError> {
        actor.require(Role::Viewer)?;
        Ok(self.store.pending_of(id).await?)
    }

    /// Deletes an export; what waits for it is cancelled. Answers how many events that were.
    pub async fn delete_export(&self, actor: &Actor, id: &ExportId) -> Result<u64, ConsoleError> {
        actor.require(Role::Operator)?;
        let export = self.export(actor, id).await?;
        self.require_quiet(id).await?;
        let audit = self.entry(actor, "export.delete", ("export", id.as_str()), export.body.name);
        Ok(self.store.delete_export(id, &audit).await?)
    }
}

/// What is wrong with an export by itself, whatever targets there are.
pub fn check_body(body: &ExportBody) -> Vec<FieldError> {
    let mut errors = Vec::new();
    check_name(&body.name, &mut errors);
    match (&body.azure, body.delivered_by) {
        (Some(azure), DeliveredBy::Azure) => check_delivery(azure, body, &mut errors),
        (None, DeliveredBy::Azure) => errors.push(FieldError::new("azure", "say where Azure is to send")),
        (Some(_), DeliveredBy::Console) => {
            errors.push(FieldError::new("azure", "is for exports that Azure delivers; leave it out"));
        }
        (None, DeliveredBy::Console) => {}
    }
    let scope = &body.scope;
    if !scope.is_open() && scope.subscriptions.is_empty() {
        errors.push(FieldError::new("scope", "choose a subscription or a management group, or all of them"));
    }
    if scope.except_tags.iter().any(|tag| tag.name.trim().is_empty()) {
        errors.push(FieldError::new("scope.except_tags", "a tag needs a name: name, or name=value"));
    }
    if body.sources.is_empty() {
        errors.push(FieldError::new("sources", "choose at least one kind of data"));
    }
    for (at, source) in body.sources.iter().enumerate() {
        let path = format!("sources[{at}]");
        if body.sources[..at].iter().any(|other| other.event_source == source.event_source) {
            errors.push(FieldError::new(
                format!("{path}.event_source"),
                "this source is there twice; put its rule sets together",
            ));
        }
        errors.extend(rules::validate(source, &path));
    }
    errors
}

/// Azure sends to event hubs and workspaces, and decides itself about changes of alerts.
fn check_delivery(azure: &AzureDelivery, body: &ExportBody, errors: &mut Vec<FieldError>) {
    let to = &azure.destination;
    if to.event_hub().is_none() && to.workspace().is_none() {
        errors.push(FieldError::new(
            "azure.destination",
            "the resource id of an event hub or of a Log Analytics workspace",
        ));
    }
    if body.sources.iter().any(|source| source.changes == domain::Changes::All) {
        errors.push(FieldError::new(
            "sources",
            "Azure alone decides which changes of an alert it sends; choose new alerts",
        ));
    }
}

/// A scope without later subscriptions remembers since when; one with them, or that names all it covers, does not.
fn settle_future(body: &mut ExportBody, now: Timestamp) {
    let scope = &mut body.scope;
    if scope.is_open() && !scope.future {
        scope.as_of.get_or_insert(now);
    } else {
        scope.as_of = None;
        scope.future = scope.is_open();
    }
}

/// A name must be there, short, and without control characters.
pub(super) fn check_name(name: &str, errors: &mut Vec<FieldError>) {
    let name = name.trim();
    if name.is_empty() {
        errors.push(FieldError::new("name", "give it a name"));
    } else if name.chars().count() > LONGEST_NAME {
        errors.push(FieldError::new("name", format!("at most {LONGEST_NAME} characters")));
    } else if name.chars().any(char::is_control) {
        errors.push(FieldError::new("name", "no control characters"));
    }
}

/// A new id, in the order of time.
pub(super) fn new_id<T: std::str::FromStr<Err = domain::ids::BadId>>(machine: &Machine) -> T {
    let text = machine.id().to_string();
    text.parse().unwrap_or_else(|_| unreachable!("a UUID has the shape of an id"))
}
