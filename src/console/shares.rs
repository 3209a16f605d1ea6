//! Shares: frozen copies for people without an account. Whoever may see a thing may share it redacted; names and ids leave the
//! console only by an operator's decision.

use super::{Actor, Console, ConsoleError, exports::new_id};
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    JobId, Role, SubscriptionId,
    diagnosis::Diagnosis,
    share::{Document, ShareId, ShareOf, ShareRow},
    view::{ExportRow, TargetRow},
};
use jiff::{SignedDuration, Timestamp};
use machine::Machine;
use redact::{Frozen, Known, Sort, SupportFacts, Veil};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::sync::{Arc, LazyLock};
use store::{AuditEntry, DeliveryFilter, EventFilter, NewShare};
use tokio::sync::Semaphore;

/// Wrong passphrases of one share within [`WINDOW`], then it is closed for the rest of it.
pub const MOST_TRIES: i64 = 10;
/// An hour, in microseconds.
const WINDOW: i64 = 3_600_000_000;
/// The shortest passphrase, in characters.
const SHORTEST: usize = 8;
/// The longest, in characters.
const LONGEST: usize = 200;
/// Passphrases that are tried at the same time, each for some 20 MB.
const AT_ONCE: usize = 2;
/// Who looks at a share is nobody the console knows.
const SOMEBODY: &str = "Somebody with the link";

/// What is wanted of a share.
#[derive(Debug)]
pub struct ShareWish {
    /// What to share.
    pub of: ShareOf,
    /// Until when.
    pub expires_at: Timestamp,
    /// Whether ids and names are replaced.
    pub redact: bool,
    /// What the link asks for; none or empty for nothing.
    pub passphrase: Option<SecretString>,
}

/// A share just made.
#[derive(Debug)]
pub struct MadeShare {
    /// The line of its list.
    pub row: ShareRow,
    /// The token of its link, told once.
    pub token: SecretString,
}

/// What a link answers.
#[derive(Debug)]
pub enum Opened {
    /// The document.
    Shown(Box<Document>),
    /// It wants a passphrase first.
    Asks,
    /// The passphrase is another.
    Wrong,
    /// Too many were.
    TooOften,
    /// It is not there, or not any more.
    Unknown,
}

/// Something read for a share, with all that names it.
struct Read {
    title: String,
    subscription: Option<SubscriptionId>,
    thing: Thing,
    known: Known,
}

enum Thing {
    Diagnosis(Box<Diagnosis>, Option<String>),
    Event(Box<domain::view::EventDetail>, Option<String>),
    Delivery(Box<domain::view::DeliveryDetail>, Option<String>),
    Export(Box<ExportRow>, Option<Box<TargetRow>>),
}

static HASHING: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(AT_ONCE)));
/// Whoever guesses links queues here.
static GUESSING: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(1)));
/// What is tried where there is nothing to try, so that both take the same time.
static NOTHING: LazyLock<Option<String>> = LazyLock::new(|| {
    let machine = Machine::default();
    hashed(&machine.bytes::<32>(), machine.bytes())
});

fn digest(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes()))
}

fn hashed(passphrase: &[u8], salt: [u8; 16]) -> Option<String> {
    Argon2::default().hash_password_with_salt(passphrase, &salt).ok().map(|hash| hash.to_string())
}

fn is_right(passphrase: &str, hash: Option<&str>) -> bool {
    hash.is_some_and(|hash| Argon2::default().verify_password(passphrase.as_bytes(), hash).is_ok())
}

/// Runs slow work beside the async threads, a few at a time.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let _turn = HASHING.acquire().await.ok()?;
    tokio::task::spawn_blocking(work).await.ok()
}

/// The type of an alert, which is a word of Defender for Cloud.
fn type_of(body: Option<&str>) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body?).ok()?;
    Some(body.get("AlertType")?.as_str()?.to_owned())
}

impl Console {
    /// What a share of it would show.
    pub async fn preview_share(&self, actor: &Actor, of: &ShareOf, redact: bool) -> Result<Document, ConsoleError> {
        actor.require(Role::Viewer)?;
        let read = self.read_for_share(actor, of).await?;
        Ok(self.frozen(actor, &read, redact))
    }

    /// The same as a file, which is written down: it leaves the console.
    pub async fn share_file(&self, actor: &Actor, of: &ShareOf, redact: bool) -> Result<Document, ConsoleError> {
        actor.require(if redact { Role::Viewer } else { Role::Operator })?;
        let document = self.preview_share(actor, of, redact).await?;
        let detail = format!("{} as a file, {}", of.kind().label(), redacted(redact));
        let id = of.id();
        self.store.audit(&self.entry(actor, "share.file", (of.kind().as_str(), &id), detail)).await?;
        Ok(document)
    }

    /// Makes a link.
    pub async fn make_share(&self, actor: &Actor, wish: ShareWish) -> Result<MadeShare, ConsoleError> {
        actor.require(if wish.redact { Role::Viewer } else { Role::Operator })?;
        let passphrase = wish.passphrase.filter(|text| !text.expose_secret().is_empty());
        if let Some(text) = &passphrase
            && !(SHORTEST..=LONGEST).contains(&text.expose_secret().chars().count())
        {
            return Err(ConsoleError::invalid(
                "passphrase",
                format!("between {SHORTEST} and {LONGEST} characters, or none"),
            ));
        }
        let read = self.read_for_share(actor, &wish.of).await?;
        let body = self.frozen(actor, &read, wish.redact);
        let passphrase = match passphrase {
            None => None,
            Some(text) => {
                let salt = self.store.machine().bytes();
                let hash = aside(move || hashed(text.expose_secret().as_bytes(), salt)).await.flatten();
                Some(hash.ok_or_else(|| {
                    ConsoleError::Conflict("the passphrase could not be hashed; try again".to_owned())
                })?)
            }
        };
        let token = URL_SAFE_NO_PAD.encode(self.store.machine().bytes::<32>());
        let id: JobId = new_id(self.store.machine());
        let row = ShareRow {
            id: id.as_str().parse().unwrap_or_else(|_| unreachable!("a UUID has the shape of an id")),
            of: wish.of,
            title: read.title,
            made_at: self.now(),
            made_by: actor.name.clone(),
            expires_at: wish.expires_at,
            revoked_at: None,
            redacted: wish.redact,
            has_passphrase: passphrase.is_some(),
            views: 0,
            last_view_at: None,
        };
        let new = NewShare {
            row: &row,
            tenant: &self.surroundings.tenant,
            subscription: read.subscription.as_ref(),
            person: &actor.id,
            hash: &digest(&token),
            passphrase: passphrase.as_deref(),
            body: &body,
        };
        let locked = if row.has_passphrase { ", with a passphrase" } else { "" };
        let until = domain::time::exact(row.expires_at);
        let detail =
            format!("{} {}, {}{locked}, until {until}", row.of.kind().as_str(), row.of.id(), redacted(row.redacted));
        self.store.keep_share(&new, &self.entry(actor, "share.made", ("share", row.id.as_str()), detail)).await?;
        Ok(MadeShare { row, token: SecretString::from(token) })
    }

    /// The shares a person made; an administrator sees everybody's.
    pub async fn shares(&self, actor: &Actor) -> Result<Vec<ShareRow>, ConsoleError> {
        actor.require(Role::Viewer)?;
        Ok(self.store.list_shares(&actor.visible, whose(actor)).await?)
    }

    /// One of them, with what it shows.
    pub async fn share(&self, actor: &Actor, id: &ShareId) -> Result<(ShareRow, Option<Document>), ConsoleError> {
        actor.require(Role::Viewer)?;
        self.store.find_share(&actor.visible, whose(actor), id).await?.ok_or(ConsoleError::NotFound("share"))
    }

    /// The document of a share as a file that leaves: who took it stands in the audit log.
    pub async fn file_of_share(&self, actor: &Actor, id: &ShareId) -> Result<Option<Document>, ConsoleError> {
        let (row, document) = self.share(actor, id).await?;
        if document.is_some() {
            let detail = format!("of the share {id}, {}", redacted(row.redacted));
            self.store.audit(&self.entry(actor, "share.file", (row.of.kind().as_str(), &row.of.id()), detail)).await?;
        }
        Ok(document)
    }

    /// Takes a share back.
    pub async fn revoke_share(&self, actor: &Actor, id: &ShareId) -> Result<(), ConsoleError> {
        let (row, _) = self.share(actor, id).await?;
        let detail = format!("{} {}, views: {}", row.of.kind().as_str(), row.of.id(), row.views);
        self.store.revoke_share(id, &self.entry(actor, "share.revoked", ("share", id.as_str()), detail)).await?;
        Ok(())
    }

    /// What a link shows to whoever has it. No actor: the token is all it takes, and all it grants.
    pub async fn open_share(
        &self,
        token: &str,
        passphrase: Option<SecretString>,
        from: &str,
    ) -> Result<Opened, ConsoleError> {
        let share = self.store.open_share(&digest(token)).await?;
        let hash = share.as_ref().and_then(|share| share.passphrase.clone());
        match (&share, passphrase) {
            (Some(share), Some(text)) if hash.is_some() => {
                if !self.store.take_share_try(&share.id, MOST_TRIES, WINDOW).await? {
                    let detail = format!("from {from}, too many passphrases");
                    self.store.audit_once(&self.viewer("share.refused", &share.id, detail)).await?;
                    return Ok(Opened::TooOften);
                }
                if aside(move || is_right(text.expose_secret(), hash.as_deref())).await != Some(true) {
                    let detail = format!("wrong passphrase, from {from}");
                    self.store.audit(&self.viewer("share.refused", &share.id, detail)).await?;
                    return Ok(Opened::Wrong);
                }
                self.store.give_share_try_back(&share.id).await?;
            }
            (Some(_), None) if hash.is_some() => return Ok(Opened::Asks),
            (None, Some(text)) => {
                // The same work as for one that exists, but nobody who has a link waits for it.
                if let Ok(_turn) = GUESSING.acquire().await {
                    let work = move || is_right(text.expose_secret(), NOTHING.as_deref());
                    let _ = tokio::task::spawn_blocking(work).await;
                }
            }
            _ => {}
        }
        let Some(share) = share else { return Ok(Opened::Unknown) };
        let entry = self.viewer("share.viewed", &share.id, format!("from {from}"));
        let shown = self.store.view_share(&share.id, &entry).await?;
        Ok(shown.map_or(Opened::Unknown, |document| Opened::Shown(Box::new(document))))
    }

    /// How the console does, for whoever helps.
    pub async fn support_bundle(&self, actor: &Actor, redact: bool) -> Result<Document, ConsoleError> {
        actor.require(if redact { Role::Viewer } else { Role::Operator })?;
        let now = self.now();
        let day = now.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(now);
        let mut errors = Vec::new();
        for outcome in [domain::Outcome::Parked, domain::Outcome::Pending] {
            let filter = DeliveryFilter { outcomes: vec![outcome], ..DeliveryFilter::default() };
            let rows = self.store.list_deliveries(&actor.visible, &filter, None, 50).await?.items;
            errors.extend(rows.into_iter().filter(|row| row.last_error.is_some()));
        }
        let facts = SupportFacts {
            cloud: self.surroundings.cloud.clone(),
            store: self.store.id().await?,
            azure_writes: self.azure_writes().await?,
            identities: self.identities(actor)?,
            problems: self.problems(),
            targets: self.targets(actor).await?,
            exports: self.exports(actor, day).await?,
            subscriptions: self.subscriptions(actor).await?,
            outcomes: self.tally(actor, day).await?,
            errors,
            checks: self.recent_health(actor).await?,
        };
        let mut known = self.known_names(actor).await?;
        known.learn_from(&(&facts.targets, &facts.exports, &facts.subscriptions, &facts.errors, &facts.checks));
        known.learn_checks(&facts.checks);
        for row in &facts.errors {
            known.add(Sort::Entity, &row.subject.title);
            known.add(Sort::Resource, row.subject.resource_name());
        }
        let mut veil = veil(redact, known, self.store.machine());
        let document = redact::support(&facts, Frozen { at: now, by: &actor.name }, &mut veil);
        let entry =
            self.entry(actor, "share.file", ("support", "bundle"), format!("support bundle, {}", redacted(redact)));
        self.store.audit(&entry).await?;
        Ok(document)
    }

    fn frozen(&self, actor: &Actor, read: &Read, redact: bool) -> Document {
        let mut veil = veil(redact, read.known.clone(), self.store.machine());
        let frozen = Frozen { at: self.now(), by: &actor.name };
        match &read.thing {
            Thing::Diagnosis(one, kind) => redact::diagnosis(one, kind.as_deref(), frozen, &mut veil),
            Thing::Event(one, kind) => redact::event(one, kind.as_deref(), frozen, &mut veil),
            Thing::Delivery(one, kind) => redact::delivery(one, kind.as_deref(), frozen, &mut veil),
            Thing::Export(one, target) => redact::export(one, target.as_deref(), frozen, &mut veil),
        }
    }

    async fn read_for_share(&self, actor: &Actor, of: &ShareOf) -> Result<Read, ConsoleError> {
        let mut known = self.known_names(actor).await?;
        let (title, subscription, thing) = match of {
            ShareOf::Diagnosis(id) => {
                let one = self.diagnosis(actor, id).await?;
                known.learn_from(&one);
                known.learn_checks(one.all());
                known.add(Sort::Person, &one.made_by);
                // The texts of checks can say what only the payload shows to be a name.
                let filter =
                    EventFilter { search: Some(super::search::whole_id(&one.asked)), ..EventFilter::default() };
                let mut kind = None;
                for row in self.store.list_events(&actor.visible, &filter, None, 3).await?.items {
                    if let Some(event) = self.store.find_event(&actor.visible, &row.id).await? {
                        learn_payload(&mut known, event.body.as_deref());
                        kind = kind.or(type_of(event.body.as_deref()));
                    }
                }
                let title = one.subject.as_ref().map_or_else(|| one.asked.clone(), |subject| subject.title.clone());
                if let Some(subject) = &one.subject {
                    learn_subject(&mut known, subject);
                }
                (title, one.subscription.clone(), Thing::Diagnosis(Box::new(one), kind))
            }
            ShareOf::Event(id) => {
                let one = self.event(actor, id).await?;
                known.learn_from(&one);
                one.deliveries.iter().for_each(|row| known.learn_reason(&row.reason));
                learn_subject(&mut known, &one.row.subject);
                learn_payload(&mut known, one.body.as_deref());
                let kind = type_of(one.body.as_deref());
                (
                    one.row.subject.title.clone(),
                    Some(one.row.subject.subscription.clone()),
                    Thing::Event(Box::new(one), kind),
                )
            }
            ShareOf::Delivery(id) => {
                let one = self.delivery(actor, id).await?;
                known.learn_from(&one);
                known.learn_reason(&one.row.reason);
                learn_subject(&mut known, &one.row.subject);
                learn_payload(&mut known, one.body.as_deref());
                let (kind, subject) = (type_of(one.body.as_deref()), one.row.subject.clone());
                (subject.title, Some(subject.subscription), Thing::Delivery(Box::new(one), kind))
            }
            ShareOf::Export(id) => {
                let now = self.now();
                let day = now.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(now);
                let rows = self.exports(actor, day).await?;
                let one = rows.into_iter().find(|row| row.export.id == *id).ok_or(ConsoleError::NotFound("export"))?;
                known.add(Sort::Person, &one.saved_by);
                let target = self.targets(actor).await?.into_iter().find(|target| target.id == one.export.body.target);
                (one.export.body.name.clone(), None, Thing::Export(Box::new(one), target.map(Box::new)))
            }
        };
        Ok(Read { title, subscription, thing, known })
    }

    fn viewer<'a>(&'a self, action: &'static str, id: &'a ShareId, detail: String) -> AuditEntry<'a> {
        tracing::info!(action, share = id.as_str(), "{SOMEBODY} {action}: {detail}");
        AuditEntry {
            tenant: &self.surroundings.tenant,
            actor: SOMEBODY,
            action,
            subject: "share",
            subject_id: id.as_str(),
            detail,
        }
    }
}

fn whose(actor: &Actor) -> Option<&str> {
    (actor.role < Role::Administrator).then_some(actor.id.as_str())
}

fn redacted(on: bool) -> &'static str {
    if on { "redacted" } else { "not redacted" }
}

/// The key is random and goes with the veil: no hash can be tried against ids that are guessed.
fn veil(redact: bool, known: Known, machine: &Machine) -> Veil {
    if redact { Veil::new(known, machine.bytes()) } else { Veil::lifted() }
}

fn learn_subject(known: &mut Known, subject: &domain::view::Subject) {
    known.add(Sort::Resource, subject.resource_name());
    known.add(Sort::Subscription, &subject.subscription_name);
    known.add(Sort::Entity, &subject.title);
}

fn learn_payload(known: &mut Known, body: Option<&str>) {
    if let Some(value) = body.and_then(|body| serde_json::from_str(body).ok()) {
        known.learn_payload(&value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by the reference implementation, with what earlier releases used.
    const KEPT: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$SPN3MQ1z5+5tSrYp+2sfEQ$p9ueSfUC40dzol2h3psaulPYTWrWNt4Rg81sSjL/GPk";

    #[test]
    fn passphrases_that_are_kept_stay_right() {
        assert!(is_right("correct horse", Some(KEPT)) && !is_right("wrong horse", Some(KEPT)));
        let made = hashed(b"correct horse", [7; 16]).unwrap();
        assert!(made.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{made}");
        assert!(is_right("correct horse", Some(&made)) && !is_right("correct horse", None));
    }
}
