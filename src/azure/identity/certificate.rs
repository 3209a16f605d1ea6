//! Signing in with a certificate: a PEM file with the certificate and its RSA key, and the signed assertion that Entra takes
//! in place of a secret (Microsoft identity platform, "application authentication certificate credentials").

use super::super::Http;
use async_trait::async_trait;
use azure_core::{error::ErrorKind, http::ClientMethodOptions};
use azure_identity::ClientAssertion;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use machine::Machine;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use x509_parser::{parse_x509_certificate, pem::Pem};

/// An assertion is good for this long; it is made anew for every token.
const LIVES: i64 = 600;

/// A certificate with its private key.
#[derive(Debug, Clone)]
pub struct Certificate {
    file: PathBuf,
    pem: SecretString,
    /// SHA-256 of the certificate, as Entra names it (`x5t#S256`).
    thumbprint: String,
    /// Whom it is for.
    pub subject: String,
    /// From when it is good.
    pub not_before: Timestamp,
    /// Until when it is good.
    pub not_after: Timestamp,
}

/// A certificate that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The file cannot be read.
    #[error("cannot read the certificate in {file}")]
    Read {
        /// The file.
        file: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("{file} is no PEM file with a certificate and its RSA key: {detail}")]
    Shape {
        /// The file.
        file: PathBuf,
        /// What is missing.
        detail: String,
    },
}

impl Certificate {
    /// Reads certificate and key from a PEM file.
    pub fn read(file: &Path) -> Result<Self, CertificateError> {
        let text =
            std::fs::read_to_string(file).map_err(|source| CertificateError::Read { file: file.to_owned(), source })?;
        let shape = |detail: String| CertificateError::Shape { file: file.to_owned(), detail };
        let blocks: Vec<Pem> = Pem::iter_from_buffer(text.as_bytes()).filter_map(Result::ok).collect();
        let block = blocks.iter().find(|block| block.label == "CERTIFICATE");
        let block = block.ok_or_else(|| shape("it has no certificate".into()))?;
        let (_, parsed) = parse_x509_certificate(&block.contents).map_err(|error| shape(error.to_string()))?;
        let time = |seconds: i64| Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
        let (not_before, not_after) =
            (time(parsed.validity().not_before.timestamp()), time(parsed.validity().not_after.timestamp()));
        let certificate = Self {
            file: file.to_owned(),
            thumbprint: URL_SAFE_NO_PAD.encode(Sha256::digest(&block.contents)),
            subject: parsed.subject().to_string(),
            not_before,
            not_after,
            pem: key_block(&text).ok_or_else(|| shape("it has no private key".into()))?,
        };
        certificate.key().map_err(|error| shape(format!("its key cannot be used ({error})")))?;
        Ok(certificate)
    }

    fn key(&self) -> Result<EncodingKey, jsonwebtoken::errors::Error> {
        EncodingKey::from_rsa_pem(self.pem.expose_secret().as_bytes())
    }

    /// What makes assertions for an app of a tenant.
    pub(super) fn assertion(&self, http: &Http, tenant: &str, client_id: &str) -> Assertion {
        let login_host = &http.cloud.login_host;
        Assertion {
            file: self.file.clone(),
            audience: format!("https://{login_host}/{tenant}/oauth2/v2.0/token"),
            client_id: client_id.to_owned(),
            machine: http.machine.clone(),
        }
    }

    fn sign(
        &self,
        audience: &str,
        client_id: &str,
        now: Timestamp,
        id: String,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let header = Header { x5t_s256: Some(self.thumbprint.clone()), ..Header::new(Algorithm::PS256) };
        let now = now.as_second();
        let claims = Claims {
            aud: audience,
            iss: client_id,
            sub: client_id,
            jti: id,
            nbf: now - 60,
            iat: now,
            exp: now + LIVES,
        };
        jsonwebtoken::encode(&header, &claims, &self.key()?)
    }
}

/// The private key of a PEM file.
fn key_block(text: &str) -> Option<SecretString> {
    let start = text.lines().position(|line| line.starts_with("-----BEGIN") && line.contains("PRIVATE KEY"))?;
    let length = text.lines().skip(start).position(|line| line.starts_with("-----END"))?;
    let lines: Vec<&str> = text.lines().skip(start).take(length + 1).collect();
    Some(SecretString::from(lines.join("\n") + "\n"))
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    jti: String,
    nbf: i64,
    iat: i64,
    exp: i64,
}

/// Makes a signed assertion for every token that is asked for.
#[derive(Debug)]
pub(super) struct Assertion {
    file: PathBuf,
    audience: String,
    client_id: String,
    machine: Machine,
}

#[async_trait]
impl ClientAssertion for Assertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let failed =
            |error: Box<dyn std::error::Error + Send + Sync>| azure_core::Error::new(ErrorKind::Credential, error);
        // Read anew: whoever renews the certificate replaces the file.
        let certificate = Certificate::read(&self.file).map_err(|error| failed(error.into()))?;
        let (now, id) = (self.machine.now(), self.machine.id().to_string());
        certificate.sign(&self.audience, &self.client_id, now, id).map_err(|error| failed(error.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{DecodingKey, Validation};

    /// A certificate made for the test, with its public key.
    fn made(folder: &Path) -> (PathBuf, String) {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        let mut wanted = rcgen::CertificateParams::new(vec!["console.example".to_owned()]).unwrap();
        wanted.not_after = rcgen::date_time_ymd(2031, 5, 1);
        let certificate = wanted.self_signed(&key).unwrap();
        let file = folder.join("console.pem");
        std::fs::write(&file, format!("{}{}", key.serialize_pem(), certificate.pem())).unwrap();
        (file, key.public_key_pem())
    }

    #[test]
    fn an_assertion_is_signed_names_its_certificate_and_ends_soon() {
        let folder = tempfile::tempdir().unwrap();
        let (file, public) = made(folder.path());
        let certificate = Certificate::read(&file).unwrap();
        assert_eq!(certificate.not_after.to_string(), "2031-05-01T00:00:00Z");
        let audience = "https://login.example/t/oauth2/v2.0/token";
        let token = certificate.sign(audience, "app", Machine::default().now(), "1".into()).unwrap();
        let header = jsonwebtoken::decode_header(&token).unwrap();
        assert_eq!((header.alg, header.x5t_s256.as_deref()), (Algorithm::PS256, Some(certificate.thumbprint.as_str())));
        let mut wanted = Validation::new(Algorithm::PS256);
        wanted.set_audience(&[audience]);
        let key = DecodingKey::from_rsa_pem(public.as_bytes()).unwrap();
        let claims = jsonwebtoken::decode::<serde_json::Value>(&token, &key, &wanted).unwrap().claims;
        assert_eq!((claims["iss"].as_str(), claims["sub"].as_str()), (Some("app"), Some("app")));
        assert!(!format!("{certificate:?}").contains("PRIVATE"), "the key is never shown");
    }

    #[test]
    fn a_file_that_is_not_one_says_what_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let (file, _) = made(folder.path());
        let whole = std::fs::read_to_string(&file).unwrap();
        let at = whole.find("-----BEGIN CERTIFICATE").unwrap();
        for (text, missing) in
            [("", "no certificate"), (&whole[..at], "no certificate"), (&whole[at..], "no private key")]
        {
            std::fs::write(&file, text).unwrap();
            assert!(Certificate::read(&file).unwrap_err().to_string().contains(missing), "{missing}");
        }
        assert!(matches!(Certificate::read(Path::new("/nowhere.pem")), Err(CertificateError::Read { .. })));
    }
}
