//! Sessions in the store.

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use store::Store;
use tower_sessions::{
    ExpiredDeletion, SessionStore,
    cookie::time::OffsetDateTime,
    session::{Id, Record},
    session_store::{Error, Result},
};

/// Keeps sessions in the ledger's store, under the digest of their ids: whoever reads the store cannot become somebody.
#[derive(Clone)]
pub struct StoredSessions(pub Store);

impl std::fmt::Debug for StoredSessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoredSessions")
    }
}

fn backend(error: impl std::fmt::Display) -> Error {
    Error::Backend(error.to_string())
}

fn digest(id: &Id) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(id.to_string().as_bytes()))
}

/// The record as it is kept: without its id.
fn packed(record: &Record) -> Result<String> {
    let mut kept = record.clone();
    kept.id = Id::default();
    serde_json::to_string(&kept).map_err(|error| Error::Encode(error.to_string()))
}

fn micros(at: OffsetDateTime) -> i64 {
    at.unix_timestamp().saturating_mul(1_000_000)
}

#[async_trait]
impl SessionStore for StoredSessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        loop {
            let data = packed(record)?;
            if self.0.create_session(&digest(&record.id), &data, micros(record.expiry_date)).await.map_err(backend)? {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let data = packed(record)?;
        self.0.save_session(&digest(&record.id), &data, micros(record.expiry_date)).await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let data = self.0.load_session(&digest(id)).await.map_err(backend)?;
        let Some(data) = data else { return Ok(None) };
        let kept: Record = serde_json::from_str(&data).map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, ..kept }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.delete_session(&digest(id)).await.map_err(backend)
    }
}

#[async_trait]
impl ExpiredDeletion for StoredSessions {
    async fn delete_expired(&self) -> Result<()> {
        self.0.delete_session("").await.map_err(backend)
    }
}
