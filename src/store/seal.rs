//! Secrets at rest: AES-256-GCM, bound to the table, row and column they stand in, so that a copied blob opens nowhere
//! else. A sealed value is key id (4 bytes), nonce (12 bytes), ciphertext with tag.

use super::StoreError;
use aes_gcm::{
    Aes256Gcm, Nonce,
    aead::{Aead, KeyInit, Payload},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use machine::Machine;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::path::Path;

/// The key's file in the data folder, where no key is given.
pub(super) const KEY_FILE: &str = "key";
const KEY: usize = 32;
const KEY_ID: usize = 4;
const NONCE: usize = 12;

/// Seals and opens secrets with one key.
pub(super) struct Sealer {
    id: [u8; KEY_ID],
    cipher: Aes256Gcm,
    machine: Machine,
}

impl Sealer {
    /// Uses the given key (base64 of 32 bytes), or the one in `folder/key`, which is made (mode 0600) when absent. A key that
    /// opens none of the secrets that are there is refused.
    pub(super) fn open(
        folder: Option<&Path>,
        given: Option<&SecretString>,
        sealed: &[Vec<u8>],
        machine: Machine,
    ) -> Result<Self, StoreError> {
        let text = match (given, folder) {
            (Some(key), _) => key.expose_secret().to_owned(),
            (None, Some(folder)) => key_file(&folder.join(KEY_FILE), !sealed.is_empty(), &machine)?,
            (None, None) => new_key(&machine),
        };
        let bytes: [u8; KEY] = STANDARD
            .decode(text.trim())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| StoreError::corrupt("key", "it must be base64 of 32 bytes"))?;
        let mut id = [0; KEY_ID];
        id.copy_from_slice(&Sha256::digest(bytes)[..KEY_ID]);
        if !sealed.is_empty() && !sealed.iter().any(|secret| secret.starts_with(&id)) {
            return Err(StoreError::OtherKey);
        }
        Ok(Self { id, cipher: Aes256Gcm::new(&bytes.into()), machine })
    }

    /// Seals a secret for one place.
    pub(super) fn seal(&self, place: &str, secret: &SecretString) -> Result<Vec<u8>, StoreError> {
        let nonce = Nonce::from(self.machine.bytes::<NONCE>());
        let payload = Payload { msg: secret.expose_secret().as_bytes(), aad: place.as_bytes() };
        let sealed = self.cipher.encrypt(&nonce, payload).map_err(|_| StoreError::Sealed(place.to_owned()))?;
        Ok([&self.id[..], &nonce, &sealed].concat())
    }

    /// Opens what was sealed for that place.
    pub(super) fn open_sealed(&self, place: &str, sealed: &[u8]) -> Result<SecretString, StoreError> {
        let refused = || StoreError::Sealed(place.to_owned());
        let (id, rest) = sealed.split_at_checked(KEY_ID).ok_or_else(refused)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE>().ok_or_else(refused)?;
        if id != self.id {
            return Err(refused());
        }
        let payload = Payload { msg: text, aad: place.as_bytes() };
        let opened = self.cipher.decrypt(&Nonce::from(*nonce), payload).map_err(|_| refused())?;
        String::from_utf8(opened).map(SecretString::from).map_err(|_| refused())
    }
}

fn new_key(machine: &Machine) -> String {
    STANDARD.encode(machine.bytes::<KEY>())
}

fn key_file(path: &Path, has_secrets: bool, machine: &Machine) -> Result<String, StoreError> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let failed = |source: std::io::Error| StoreError::Open { folder: path.to_owned(), source: source.into() };
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && has_secrets => {
            Err(StoreError::NoKey { file: path.to_owned() })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let text = new_key(machine);
            let mut file =
                std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
            file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
            Ok(text)
        }
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_only_in_its_place_and_with_its_key() {
        let open = || Sealer::open(None, None, &[], Machine::default()).unwrap();
        let (one, other) = (open(), open());
        let sealed = one.seal("targets/1/secret", &SecretString::from("send-key")).unwrap();
        assert_eq!(one.open_sealed("targets/1/secret", &sealed).unwrap().expose_secret(), "send-key");
        assert!(one.open_sealed("targets/2/secret", &sealed).is_err());
        assert!(other.open_sealed("targets/1/secret", &sealed).is_err());
        assert!(!sealed.windows(8).any(|window| window == b"send-key"));
    }
}
