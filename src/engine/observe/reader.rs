//! Reading a row of Azure's: a recommendation whose row lacks its metadata is completed by asking once, then from memory.

use super::{
    Observation,
    shape::{Metadata, RowError, missing_metadata, read_row},
};
use azure::{AzureError, Security};
use domain::Kind;
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Reads rows; clones share what was asked.
#[derive(Clone)]
pub(crate) struct RowReader {
    security: Security,
    metadata: Arc<Mutex<HashMap<String, Value>>>,
}

impl RowReader {
    pub(crate) fn new(security: Security) -> Self {
        Self { security, metadata: Arc::default() }
    }

    /// The outer error: Azure could not be asked. The inner one: this row cannot be read, however often it is tried.
    pub(crate) async fn read(&self, kind: Kind, row: &Value) -> Result<Result<Observation, RowError>, AzureError> {
        let Some(key) = missing_metadata(kind, row) else { return Ok(read_row(kind, row, Metadata::OfRow)) };
        let known = self.metadata.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        let metadata = if let Some(metadata) = known {
            Some(metadata)
        } else {
            // A 404 is asked again next time: the metadata of a new recommendation may come later.
            let asked = self.security.metadata(key).await?;
            if let Some(found) = &asked {
                self.metadata.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), found.clone());
            }
            asked
        };
        Ok(read_row(kind, row, Metadata::Asked(metadata.as_ref())))
    }
}
