//! Sessions in the store.

use crate::store::Store;
use async_trait::async_trait;
use tower_sessions::{
    ExpiredDeletion, SessionStore,
    cookie::time::OffsetDateTime,
    session::{Id, Record},
    session_store::{Error, Result},
};

/// Keeps sessions in the ledger's store.
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

fn micros(at: OffsetDateTime) -> i64 {
    at.unix_timestamp().saturating_mul(1_000_000)
}

#[async_trait]
impl SessionStore for StoredSessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        loop {
            let data = serde_json::to_string(&record).map_err(|error| Error::Encode(error.to_string()))?;
            if self
                .0
                .create_session(&record.id.to_string(), &data, micros(record.expiry_date))
                .await
                .map_err(backend)?
            {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let data = serde_json::to_string(&record).map_err(|error| Error::Encode(error.to_string()))?;
        self.0.save_session(&record.id.to_string(), &data, micros(record.expiry_date)).await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let data = self.0.load_session(&id.to_string()).await.map_err(backend)?;
        data.map(|data| serde_json::from_str(&data).map_err(|error| Error::Decode(error.to_string()))).transpose()
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.delete_session(&id.to_string()).await.map_err(backend)
    }
}

#[async_trait]
impl ExpiredDeletion for StoredSessions {
    async fn delete_expired(&self) -> Result<()> {
        self.0.delete_session("").await.map_err(backend)
    }
}
