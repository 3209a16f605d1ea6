//! Who the console is for Azure, and tokens for it. Tokens are asked for through the same request function as all else;
//! they are cached, and refreshed five minutes before they end, inside of `azure_identity`.

mod certificate;
mod facts;
mod transport;

pub use certificate::{Certificate, CertificateError};
pub use facts::TokenFacts;

use super::{AzureError, Cloud, Http};
use azure_core::{
    cloud::{CloudConfiguration, CustomConfiguration},
    credentials::{Secret, TokenCredential},
    http::{ClientOptions, Transport},
};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, ClientAssertionCredential, ClientAssertionCredentialOptions,
    ClientSecretCredential, ClientSecretCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use domain::TenantId;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};
use transport::TokenTransport;

domain::words! {
    /// How the console signs in to a tenant, as the settings name it.
    pub enum SignIn {
        /// An app registration with a client secret.
        ClientSecret = "client-secret", "Client secret";
        /// An app registration with a certificate.
        ClientCertificate = "client-certificate", "Client certificate";
        /// An app registration that trusts the tokens of another issuer.
        WorkloadIdentity = "workload-identity", "Workload identity";
        /// The identity of the machine.
        ManagedIdentity = "managed-identity", "Managed identity";
        /// Whoever is signed in to the Azure CLI.
        AzureCli = "azure-cli", "Azure CLI";
    }
}

/// Which identity is used; named in the settings, nothing is tried silently.
#[derive(Debug, Clone)]
pub enum Identity {
    /// An app registration with a client secret.
    ClientSecret {
        /// The tenant.
        tenant: String,
        /// The app's client id.
        client_id: String,
        /// Its secret.
        secret: SecretString,
    },
    /// An app registration with a certificate.
    ClientCertificate {
        /// The tenant.
        tenant: String,
        /// The app's client id.
        client_id: String,
        /// A PEM file with the certificate and its private key. It is read anew for every token, so that a renewed one is
        /// used at once.
        file: PathBuf,
    },
    /// A workload that another issuer vouches for (Kubernetes, GitHub, …).
    Workload {
        /// The tenant.
        tenant: String,
        /// The client id of the app or of the user-assigned identity.
        client_id: String,
        /// The file with the issuer's token.
        token_file: PathBuf,
    },
    /// The identity of the machine the console runs on.
    Managed {
        /// The tenant; a managed identity knows its own.
        tenant: String,
        /// The client id of a user-assigned one; none means the system-assigned one.
        client_id: Option<String>,
    },
    /// Whoever is signed in to the Azure CLI.
    AzureCli {
        /// The tenant.
        tenant: String,
    },
}

impl Identity {
    /// One line for people: which identity this is.
    pub fn describe(&self) -> String {
        match self {
            Self::ClientSecret { client_id, .. } => format!("app registration {client_id} with a client secret"),
            Self::ClientCertificate { client_id, .. } => {
                format!("app registration {client_id} with a client certificate")
            }
            Self::Workload { client_id, .. } => format!("workload identity {client_id} with a federated token"),
            Self::Managed { client_id: Some(client_id), .. } => format!("user-assigned managed identity {client_id}"),
            Self::Managed { client_id: None, .. } => "the system-assigned managed identity of this machine".to_owned(),
            Self::AzureCli { .. } => "the account signed in to the Azure CLI".to_owned(),
        }
    }

    /// The tenant it signs in to.
    pub fn tenant(&self) -> &str {
        match self {
            Self::ClientSecret { tenant, .. }
            | Self::ClientCertificate { tenant, .. }
            | Self::Workload { tenant, .. }
            | Self::Managed { tenant, .. }
            | Self::AzureCli { tenant } => tenant,
        }
    }
}

/// Gives tokens.
#[derive(Debug, Clone)]
pub struct Credential {
    source: Arc<dyn TokenCredential>,
    identity: Arc<Identity>,
    last: Arc<Mutex<Option<TokenFacts>>>,
}

impl Credential {
    /// Sets the identity up; nothing is asked yet.
    pub fn new(identity: &Identity, http: &Http) -> Result<Self, AzureError> {
        let refused =
            |error: azure_core::Error| AzureError::Token { scope: "this identity".into(), detail: error.to_string() };
        let options = || client_options(http, matches!(identity, Identity::Managed { .. }));
        let source: Arc<dyn TokenCredential> = match identity {
            Identity::ClientSecret { tenant, client_id, secret } => {
                let secret = Secret::new(secret.expose_secret().to_owned());
                let options = ClientSecretCredentialOptions { client_options: options() };
                ClientSecretCredential::new(tenant, client_id.clone(), secret, Some(options)).map_err(refused)?
            }
            Identity::ClientCertificate { tenant, client_id, file } => {
                let assertion = Certificate::read(file).map_err(|error| AzureError::Token {
                    scope: "this identity".into(),
                    detail: domain::text::chain(&error),
                })?;
                let assertion = assertion.assertion(http, tenant, client_id);
                let options = ClientAssertionCredentialOptions { client_options: options() };
                ClientAssertionCredential::new(tenant.clone(), client_id.clone(), assertion, Some(options))
                    .map_err(refused)?
            }
            Identity::Workload { tenant, client_id, token_file } => {
                WorkloadIdentityCredential::new(Some(WorkloadIdentityCredentialOptions {
                    credential_options: ClientAssertionCredentialOptions { client_options: options() },
                    client_id: Some(client_id.clone()),
                    tenant_id: Some(tenant.clone()),
                    token_file_path: Some(token_file.clone()),
                }))
                .map_err(refused)?
            }
            Identity::Managed { client_id, .. } => {
                ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
                    user_assigned_id: client_id.clone().map(UserAssignedId::ClientId),
                    client_options: options(),
                }))
                .map_err(refused)?
            }
            Identity::AzureCli { tenant } => {
                let options = AzureCliCredentialOptions { tenant_id: Some(tenant.clone()), ..Default::default() };
                AzureCliCredential::new(Some(options)).map_err(refused)?
            }
        };
        Ok(Self { source, identity: Arc::new(identity.clone()), last: Arc::default() })
    }

    /// The value of an `Authorization` header for this scope.
    pub async fn bearer(&self, scope: &str) -> Result<reqwest::header::HeaderValue, AzureError> {
        let refused = |detail: String| AzureError::Token { scope: scope.to_owned(), detail };
        if scope.is_empty() {
            return Err(refused("this cloud's address for it is not known; name it in a cloud profile".into()));
        }
        let token = self.source.get_token(&[scope], None).await.map_err(|error| refused(said(&error)))?;
        let expires = Timestamp::from_second(token.expires_on.unix_timestamp()).ok();
        let facts = TokenFacts::of(token.token.secret(), expires);
        // A managed identity gives tokens of its own tenant, whatever the settings say: what it reads is of that one.
        if let (Some(got), Ok(wanted)) = (&facts.tenant, TenantId::parse(self.identity.tenant()))
            && TenantId::parse(got).is_ok_and(|got| got != wanted)
        {
            return Err(refused(format!("the token is of the tenant {got}, and the settings name {wanted}")));
        }
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(facts);
        let mut value = reqwest::header::HeaderValue::from_str(&format!("Bearer {}", token.token.secret()))
            .map_err(|_| refused("the token is not a header value".into()))?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// What the last token said of whom it was given to.
    pub fn facts(&self) -> Option<TokenFacts> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// When the certificate ends, where there is one.
    pub fn certificate(&self) -> Option<Result<Certificate, CertificateError>> {
        match self.identity.as_ref() {
            Identity::ClientCertificate { file, .. } => Some(Certificate::read(file)),
            _ => None,
        }
    }
}

/// What `azure_identity` says, with its causes: the reason stands in the innermost.
fn said(error: &azure_core::Error) -> String {
    super::answer::cut(&domain::text::chain(error), 600)
}

fn client_options(http: &Http, local: bool) -> ClientOptions {
    ClientOptions {
        transport: Some(Transport::new(Arc::new(TokenTransport { http: http.clone(), local }))),
        cloud: Some(Arc::new(authority(&http.cloud))),
        ..ClientOptions::default()
    }
}

fn authority(cloud: &Cloud) -> CloudConfiguration {
    let mut custom = CustomConfiguration::default();
    custom.authority_host = format!("https://{}", cloud.login_host);
    custom.into()
}
