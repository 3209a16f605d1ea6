//! Signing in, people, drafts, the audit log, and the facts of Settings.

use super::{Actor, Console, ConsoleError};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Cursor, FieldError, Page, Role, view::AuditRow};
use sha2::{Digest, Sha256};
use store::{Draft, Person, Visible};

/// How long a sign-in link is good, in minutes.
pub const LINK_LIVES: i64 = 10;
/// Whoever can read the data folder: the person behind one-time links.
const LOCAL: &str = "local";

/// What Settings shows of the console itself.
#[derive(Debug, Clone)]
pub struct Facts {
    /// People who may sign in: name and role.
    pub people: Vec<(String, Role)>,
    /// The store's id.
    pub store: String,
    /// The data folder.
    pub folder: String,
}

fn digest(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes()))
}

impl Console {
    /// Makes a one-time sign-in token for the local administrator; good for [`LINK_LIVES`] minutes. Called by whoever has
    /// the data folder, which is the proof of who they are.
    pub async fn make_sign_in_token(&self) -> Result<String, ConsoleError> {
        let person = Person { id: LOCAL.to_owned(), name: "Local administrator".to_owned(), role: Role::Administrator };
        self.store.save_person(&person).await?;
        let token = URL_SAFE_NO_PAD.encode(self.store.machine().bytes::<32>());
        self.store.add_sign_in_link(&digest(&token), LOCAL, LINK_LIVES * 60_000_000).await?;
        Ok(token)
    }

    /// Uses a token up; answers who signed in, or `None` when it is not good (any more). `from` is the address, for the audit
    /// log.
    pub async fn sign_in(&self, token: &str, from: &str) -> Result<Option<Actor>, ConsoleError> {
        let Some(person) = self.store.use_sign_in_link(&digest(token)).await? else { return Ok(None) };
        let actor = self.actor(&person).await?;
        if let Some(actor) = &actor {
            let how = format!("with a one-time link, from {from}");
            self.store.audit(&self.entry(actor, "person.sign_in", ("person", &actor.id), how)).await?;
        }
        Ok(actor)
    }

    /// The actor behind a session.
    pub async fn actor(&self, person: &str) -> Result<Option<Actor>, ConsoleError> {
        let person = self.store.find_person(person).await?;
        Ok(person.map(|person| Actor {
            id: person.id,
            name: person.name,
            role: person.role,
            visible: Visible::Everything,
        }))
    }

    /// Keeps a refused form; answers the draft's id.
    pub async fn save_draft(
        &self,
        actor: &Actor,
        form: &str,
        body: String,
        errors: Vec<FieldError>,
    ) -> Result<String, ConsoleError> {
        Ok(self.store.save_draft(&actor.id, form, &Draft { body, errors }).await?)
    }

    /// The actor's own draft of a form.
    pub async fn draft(&self, actor: &Actor, form: &str, id: &str) -> Result<Option<Draft>, ConsoleError> {
        Ok(self.store.find_draft(&actor.id, form, id).await?)
    }

    /// A page of the audit log.
    pub async fn audit_log(
        &self,
        actor: &Actor,
        cursor: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<AuditRow>, ConsoleError> {
        actor.require(Role::Viewer)?;
        Ok(self.store.list_audit(cursor, limit).await?)
    }

    /// What Settings shows of the console itself.
    pub async fn facts(&self, actor: &Actor) -> Result<Facts, ConsoleError> {
        actor.require(Role::Viewer)?;
        let people = self.store.list_people().await?.into_iter().map(|person| (person.name, person.role)).collect();
        Ok(Facts { people, store: self.store.id().await?, folder: self.store.folder().display().to_string() })
    }
}
