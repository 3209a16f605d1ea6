//! JSON as compressed blobs.

use super::StoreError;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde_json::Value;
use std::io::{Read, Write};

/// Packs a JSON value; also answers its length as text in bytes.
pub(super) fn pack(value: &Value) -> (Vec<u8>, usize) {
    let text = value.to_string();
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 3), Compression::fast());
    // Writing into memory cannot fail; a shortened blob would be found when it is read.
    let packed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).unwrap_or_default();
    (packed, text.len())
}

/// The text of a packed value.
pub(super) fn unpack_text(blob: &[u8]) -> Result<String, StoreError> {
    let mut text = String::with_capacity(blob.len() * 4);
    GzDecoder::new(blob).read_to_string(&mut text).map_err(|error| StoreError::corrupt("payload", error))?;
    Ok(text)
}

/// The value of a packed value.
pub(super) fn unpack(blob: &[u8]) -> Result<Value, StoreError> {
    serde_json::from_str(&unpack_text(blob)?).map_err(|error| StoreError::corrupt("payload", error))
}
