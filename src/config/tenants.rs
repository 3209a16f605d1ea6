//! Further tenants, named in the settings file as `[[tenants]]`: each with an identity of its own.

use super::{ConfigError, ServeFlags};
use azure::SignIn;
use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// How the console signs in to one tenant: the settings' own keys for the first one, an entry of `[[tenants]]` for another.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct TenantSettings {
    /// The tenant that is watched
    #[serde(alias = "tenant")]
    pub tenant_id: Option<String>,
    /// What people call it
    pub name: Option<String>,
    /// Which identity is used, as `identity` says it for the first tenant
    pub identity: Option<SignIn>,
    /// The client id of the app registration, or of a user-assigned managed identity
    pub client_id: Option<String>,
    /// The client secret of the app registration
    pub client_secret: Option<SecretString>,
    /// The environment variable that holds the client secret
    pub client_secret_env: Option<String>,
    /// A PEM file with the app registration's certificate and its private key
    pub client_certificate: Option<PathBuf>,
    /// The file with the federated token of a workload identity
    pub token_file: Option<PathBuf>,
    /// A practice Azure that runs elsewhere on this machine; it stands in place of all the others
    pub practice_url: Option<String>,
}

/// The keys that an identity may have beside tenant, name and identity.
const fn keys(of: SignIn) -> &'static [&'static str] {
    match of {
        SignIn::ClientSecret => &["client-id", "client-secret", "client-secret-env"],
        SignIn::ClientCertificate => &["client-id", "client-certificate"],
        SignIn::WorkloadIdentity => &["client-id", "token-file"],
        SignIn::ManagedIdentity => &["client-id"],
        SignIn::AzureCli => &[],
    }
}

impl TenantSettings {
    /// The first tenant's, out of the settings themselves.
    pub fn first(of: &ServeFlags) -> Self {
        Self {
            tenant_id: of.tenant_id.clone(),
            name: None,
            identity: of.identity,
            client_id: of.client_id.clone(),
            client_secret: of.client_secret.clone(),
            client_secret_env: None,
            client_certificate: of.client_certificate.clone(),
            token_file: of.token_file.clone(),
            practice_url: of.practice_url.clone(),
        }
    }

    /// How messages name a key of an entry.
    pub fn place(number: usize, key: &str) -> String {
        format!("[[tenants]] entry {number}, {key}")
    }

    fn given(&self) -> Vec<&'static str> {
        let all = [
            ("client-id", self.client_id.is_some()),
            ("client-secret", self.client_secret.is_some()),
            ("client-secret-env", self.client_secret_env.is_some()),
            ("client-certificate", self.client_certificate.is_some()),
            ("token-file", self.token_file.is_some()),
        ];
        all.into_iter().filter(|(_, given)| *given).map(|(key, _)| key).collect()
    }

    /// Refuses an entry that says too little, or more than its identity has a use for: nothing is tried silently.
    fn check(&self, number: usize, practice: bool) -> Result<(), ConfigError> {
        let refused = |key: &str, why: &str| Err(ConfigError::Refused(format!("{}: {why}", Self::place(number, key))));
        if practice {
            let more = self.tenant_id.is_some() || self.identity.is_some() || !self.given().is_empty();
            return match &self.practice_url {
                Some(_) if !more => Ok(()),
                Some(_) => refused("practice-url", "a practice Azure has its own tenant and identity; name no other"),
                None => refused("practice-url", "beside a practice Azure every tenant is one; name its address"),
            };
        }
        if self.practice_url.is_some() {
            return refused("practice-url", "practice and real tenants never share a store");
        }
        match &self.tenant_id {
            None => return refused("tenant-id", "name the tenant"),
            Some(id) if domain::TenantId::parse(id).is_err() => {
                return refused(
                    "tenant-id",
                    &format!("`{id}` is no tenant id, such as 00000000-0000-0000-0000-000000000000"),
                );
            }
            Some(_) => {}
        }
        let Some(identity) = self.identity else {
            let names: Vec<&str> = SignIn::ALL.iter().map(|one| one.as_str()).collect();
            return refused("identity", &format!("name one of {}", names.join(", ")));
        };
        let keys = keys(identity);
        let given = self.given();
        if let Some(key) = given.iter().find(|key| !keys.contains(key)) {
            return refused(key, &format!("identity {identity} has no use for it"));
        }
        let needs_client = identity != SignIn::ManagedIdentity;
        for key in keys.iter().filter(|key| **key != "client-id" || needs_client) {
            let has = given.contains(key)
                || (key.starts_with("client-secret") && given.iter().any(|other| other.starts_with("client-secret")));
            if !has {
                return refused(key, &format!("identity {identity} needs it"));
            }
        }
        if self.client_secret.is_some() && self.client_secret_env.is_some() {
            return refused("client-secret-env", "client-secret is given too; leave one out");
        }
        Ok(())
    }
}

/// Checks the entries, and takes their secrets out of the environment where they name a variable. `read` reads one.
pub(super) fn resolve(settings: &mut ServeFlags, read: impl Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
    let practice = settings.is_practice();
    let mut known: Vec<String> = settings.tenant_id.iter().map(|id| id.to_ascii_lowercase()).collect();
    for (at, entry) in settings.tenants.iter_mut().enumerate() {
        let number = at + 1;
        entry.check(number, practice)?;
        if let Some(id) = entry.tenant_id.as_ref().map(|id| id.to_ascii_lowercase()) {
            if known.contains(&id) {
                return Err(ConfigError::Refused(format!(
                    "{}: {id} is named before; every tenant has one identity",
                    TenantSettings::place(number, "tenant-id")
                )));
            }
            known.push(id);
        }
        if let Some(name) = &entry.client_secret_env {
            let secret = read(name).filter(|secret| !secret.trim().is_empty()).ok_or_else(|| {
                let place = TenantSettings::place(number, "client-secret-env");
                ConfigError::Refused(format!("{place}: the environment variable {name} is not set"))
            })?;
            entry.client_secret = Some(SecretString::from(secret));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    const FIRST: &str = "tenant-id = \"0AB1C2D3-0000-4000-8000-000000000001\"\n";

    fn read(text: &str) -> Result<ServeFlags, String> {
        let mut settings: ServeFlags = toml::from_str(text).map_err(|error| error.to_string())?;
        let variable = |name: &str| (name == "FABRIKAM").then(|| "hush".to_owned());
        resolve(&mut settings, variable).map_err(|error| error.to_string())?;
        Ok(settings)
    }

    fn entry(lines: &str) -> Result<ServeFlags, String> {
        read(&format!("{FIRST}[[tenants]]\n{lines}"))
    }

    #[test]
    fn every_tenant_names_its_identity_with_what_that_needs() {
        let settings = entry(
            "tenant = '0ab1c2d3-0000-4000-8000-000000000002'\nname = 'Fabrikam'\nidentity = 'client-secret'\nclient-id = 'a'\nclient-secret-env = 'FABRIKAM'\n\
             [[tenants]]\ntenant-id = '0ab1c2d3-0000-4000-8000-000000000003'\nidentity = 'managed-identity'\n",
        )
        .unwrap();
        assert_eq!(settings.tenants.len(), 2);
        assert_eq!(settings.tenants[0].client_secret.as_ref().unwrap().expose_secret(), "hush");
        assert!(!format!("{settings:?}").contains("hush"), "secrets are in no log");
        assert!(settings.tenants[1].client_id.is_none());
        assert!(
            read("practice-url = 'http://127.0.0.1:1'\n[[tenants]]\npractice-url = 'http://127.0.0.1:2'\n").is_ok()
        );
    }

    #[test]
    fn a_bad_entry_is_refused_with_its_place() {
        let other = "tenant-id = '0ab1c2d3-0000-4000-8000-000000000002'\n";
        let wrong = [
            ("identity = 'azure-cli'", "tenant-id"),
            ("tenant-id = 'contoso.example'\nidentity = 'azure-cli'", "tenant-id"),
            ("tenant-id = '0ab1c2d3-0000-4000-8000-000000000001'\nidentity = 'azure-cli'", "tenant-id"),
            (other, "identity"),
            (&format!("{other}identity = 'client-secret'\nclient-secret = 'x'"), "client-id"),
            (&format!("{other}identity = 'client-secret'\nclient-id = 'x'"), "client-secret"),
            (
                &format!("{other}identity = 'client-secret'\nclient-id = 'x'\nclient-secret-env = 'NOBODY'"),
                "client-secret-env",
            ),
            (
                &format!(
                    "{other}identity = 'client-secret'\nclient-id = 'x'\nclient-secret = 'x'\nclient-secret-env = 'FABRIKAM'"
                ),
                "client-secret-env",
            ),
            (&format!("{other}identity = 'client-certificate'\nclient-id = 'x'"), "client-certificate"),
            (&format!("{other}identity = 'workload-identity'\nclient-id = 'x'"), "token-file"),
            (&format!("{other}identity = 'azure-cli'\nclient-id = 'x'"), "client-id"),
            (&format!("{other}identity = 'azure-cli'\npractice-url = 'x'"), "practice-url"),
        ];
        for (lines, key) in wrong {
            let said = entry(lines).unwrap_err();
            assert!(said.contains(&format!("entry 1, {key}: ")), "{lines}: {said}");
            assert!(!said.contains("hush") && !said.contains('\n'), "{said}");
        }
        let said = read("practice = true\n[[tenants]]\nidentity = 'azure-cli'\n").unwrap_err();
        assert!(said.contains("entry 1, practice-url"), "{said}");
        for (line, word) in [("identiti = 'azure-cli'", "identiti"), ("identity = 'password'", "managed-identity")] {
            let said = entry(line).unwrap_err();
            assert!(said.contains(word) && said.contains("line 3"), "{said}");
        }
    }
}
