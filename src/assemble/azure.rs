//! Azure as `serve` finds it: the practice Azure, or a cloud with the identity that the settings name.

use super::Overrides;
use crate::{
    Failure,
    config::{ServeFlags, TenantSettings},
};
use azure::{Arm, Certificate, Cloud, CloudName, Http, HttpOptions, Identity, Profile, SignIn, Tenant, Tenants};
use console::{Starter, Surroundings};
use domain::{
    TenantId,
    tables::{TABLES, Table},
};
use secrecy::SecretString;
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// Events a minute in the practice Azure unless asked otherwise: enough that the log lives within a minute.
const RATE: f64 = 20.0;

/// Azure, real or practice.
pub struct Cloudside {
    /// Every tenant with its identity.
    pub tenants: Tenants,
    /// What Settings shows of it.
    pub surroundings: Surroundings,
    /// What a practice Azure suggests to begin with.
    pub starter: Option<Starter>,
    /// The practice Azure inside this program.
    pub practice: Option<practice::Running>,
}

/// How the settings say that Azure is reached.
struct Outgoing<'a> {
    settings: &'a ServeFlags,
    overrides: &'a Overrides,
    stop: &'a CancellationToken,
}

impl Outgoing<'_> {
    fn http(&self, cloud: Cloud, practice: Option<&str>) -> Result<Http, Failure> {
        let options = HttpOptions {
            practice: practice.map(str::parse).transpose()?,
            // A practice Azure is on this machine.
            proxy: self.settings.proxy.clone().filter(|_| practice.is_none()),
            transport: self.overrides.transport.clone(),
            machine: self.overrides.machine.clone(),
            cancel: self.stop.clone(),
        };
        Ok(Http::new(cloud, options)?)
    }
}

/// Starts the practice Azure or reaches the cloud, and sets the identities up.
pub async fn find_azure(
    settings: &ServeFlags,
    data: &Path,
    overrides: &Overrides,
    stop: &CancellationToken,
) -> Result<Cloudside, Failure> {
    let outgoing = Outgoing { settings, overrides, stop };
    let cloud = cloud(&outgoing).await?;
    if !settings.is_practice() {
        return real(&outgoing, cloud);
    }
    let practice = match &settings.practice_url {
        Some(_) => None,
        None => Some(
            practice::start(practice::Options {
                addr: settings.practice_addr.unwrap_or_else(|| ([127, 0, 0, 1], 0).into()),
                seed: settings.practice_seed.unwrap_or(7),
                rate: settings.practice_rate.unwrap_or(RATE),
                import: settings.practice_import.clone(),
                data: Some(data.join("practice")),
                scale: practice::Scale::Company,
                tables: practice_tables(),
            })
            .await?,
        ),
    };
    let origin = match (&practice, &settings.practice_url) {
        (Some(running), _) => running.origin().to_owned(),
        (None, Some(url)) => url.trim_end_matches('/').to_owned(),
        (None, None) => return Err("--practice or --practice-url is needed here".into()),
    };
    let http = outgoing.http(cloud.clone(), Some(&origin))?;
    let (first, starter) = practised(&http, settings.client_certificate.as_deref()).await?;
    let surroundings = Surroundings {
        azure_writes: settings.azure_writes,
        practice: true,
        cloud: "practice".to_owned(),
        tenant: first.id.clone(),
        tenant_name: starter.tenant_name.clone(),
        practice_origin: Some(origin),
    };
    let mut others = Vec::new();
    for (at, entry) in settings.tenants.iter().enumerate() {
        let url = entry.practice_url.as_deref().unwrap_or_default().trim_end_matches('/');
        let http = outgoing.http(cloud.clone(), Some(url))?;
        let (mut tenant, _) = practised(&http, entry.client_certificate.as_deref()).await?;
        if tenant.id == first.id || others.iter().any(|other: &Tenant| other.id == tenant.id) {
            let place = TenantSettings::place(at + 1, "practice-url");
            return Err(format!("{place}: its tenant is another one's too; start it with another seed").into());
        }
        tenant.name = entry.name.clone().unwrap_or(tenant.name);
        others.push(tenant);
    }
    Ok(Cloudside { tenants: Tenants::new(first, others), surroundings, starter: Some(starter), practice })
}

/// The console's own tables: in the practice Azure somebody has deployed its template for workspaces.
pub fn practice_tables() -> Vec<practice::Table> {
    let of = |table: &Table| practice::Table {
        about: table.kind.as_str(),
        name: table.name(),
        stream: table.stream(),
        columns: table.columns().map(|(name, of)| (name, of.in_stream())).collect(),
    };
    TABLES.iter().map(of).collect()
}

/// The tenant of a practice Azure, with the identity that it gives the console, or its certificate in place of the secret.
async fn practised(http: &Http, certificate: Option<&Path>) -> Result<(Tenant, Starter), Failure> {
    let starter: Starter = http.practice_starter().await?;
    let (tenant, client_id) = (starter.tenant_id.clone(), starter.client_id.clone());
    let identity = match certificate {
        Some(file) => Identity::ClientCertificate { tenant, client_id, file: file.to_owned() },
        None => {
            Identity::ClientSecret { tenant, client_id, secret: SecretString::from(starter.client_secret.as_str()) }
        }
    };
    let about = "the practice Azure's own app registration".to_owned();
    let id = TenantId::parse(&starter.tenant_id)?;
    Ok((Tenant::new(id, starter.tenant_name.clone(), about, &identity, http)?, starter))
}

fn real(outgoing: &Outgoing, cloud: Cloud) -> Result<Cloudside, Failure> {
    let settings = outgoing.settings;
    let needed = |key: &str| format!("--{key} is needed for a real tenant (or start with --practice)");
    let first = TenantSettings::first(settings);
    let identity = identity(&first, needed)?;
    let name = cloud.name.as_str().to_owned();
    // All tenants are in this cloud, and reached the same way.
    let http = outgoing.http(cloud, None)?;
    let first = signed_in(&first, &identity, &http)?;
    let surroundings = Surroundings {
        azure_writes: settings.azure_writes,
        practice: false,
        cloud: name,
        tenant: first.id.clone(),
        tenant_name: first.name.clone(),
        practice_origin: None,
    };
    let mut others = Vec::new();
    for (at, entry) in settings.tenants.iter().enumerate() {
        let needed = |key: &str| format!("{} is needed", TenantSettings::place(at + 1, key));
        others.push(signed_in(entry, &self::identity(entry, needed)?, &http)?);
    }
    Ok(Cloudside { tenants: Tenants::new(first, others), surroundings, starter: None, practice: None })
}

fn signed_in(settings: &TenantSettings, identity: &Identity, http: &Http) -> Result<Tenant, Failure> {
    let id = TenantId::parse(identity.tenant())?;
    let name = settings.name.clone().unwrap_or_else(|| identity.tenant().to_owned());
    Ok(Tenant::new(id, name, identity.describe(), identity, http)?)
}

/// The cloud that is named, with the addresses that a profile or Resource Manager's metadata put in place of its own.
async fn cloud(outgoing: &Outgoing<'_>) -> Result<Cloud, Failure> {
    let settings = outgoing.settings;
    let name = settings.cloud.unwrap_or(CloudName::Public);
    let named = Cloud::named(name);
    if name == CloudName::Germany {
        return Err(format!("--cloud {name}: {}", named.notice).into());
    }
    let mut profile = match &settings.cloud_profile {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| format!("--cloud-profile {}: it cannot be read: {error}", path.display()))?;
            Profile::parse(&text)?
        }
        None => Profile::default(),
    };
    if let Some(host) = &settings.cloud_metadata {
        // Laid over another cloud, it would leave that cloud's hosts allowed, and stamp the store with its name.
        if matches!(name, CloudName::Public | CloudName::UsGovernment | CloudName::China) {
            return Err(format!(
                "--cloud-metadata {host}: the addresses of --cloud {name} are known; choose --cloud custom with it"
            )
            .into());
        }
        let only_arm = Profile { arm_host: Some(host.clone()), ..Profile::default() };
        let asked = outgoing.http(only_arm.over(named.clone())?, None)?;
        // What is typed by hand counts more than what is read.
        profile = profile.or(Arm::metadata(&asked).await?);
    }
    let cloud = profile.over(named)?;
    let missing: Vec<&str> =
        cloud.unknown().into_iter().filter(|what| matches!(*what, "Resource Manager" | "sign-in")).collect();
    if !missing.is_empty() {
        return Err(format!(
            "--cloud {name}: the addresses of {} are not known; give them with --cloud-profile or --cloud-metadata",
            missing.join(" and ")
        )
        .into());
    }
    if !cloud.notice.is_empty() {
        tracing::warn!("{}: {}", cloud.label, cloud.notice);
    }
    Ok(cloud)
}

/// The identity that is named for a tenant, with all that it needs; `missing` says where a key would have to stand.
fn identity(settings: &TenantSettings, missing: impl Fn(&str) -> String) -> Result<Identity, Failure> {
    let tenant = settings.tenant_id.clone().ok_or_else(|| missing("tenant-id"))?;
    let client_id = || settings.client_id.clone().ok_or_else(|| missing("client-id"));
    Ok(match settings.identity.unwrap_or(SignIn::ClientSecret) {
        SignIn::ClientSecret => Identity::ClientSecret {
            tenant,
            client_id: client_id()?,
            secret: settings.client_secret.clone().ok_or_else(|| missing("client-secret"))?,
        },
        SignIn::ClientCertificate => {
            let file = settings.client_certificate.clone().ok_or_else(|| missing("client-certificate"))?;
            // Said now, not when the first token is asked for.
            Certificate::read(&file)?;
            Identity::ClientCertificate { tenant, client_id: client_id()?, file }
        }
        SignIn::WorkloadIdentity => Identity::Workload {
            tenant,
            client_id: client_id()?,
            token_file: settings.token_file.clone().ok_or_else(|| missing("token-file"))?,
        },
        SignIn::ManagedIdentity => Identity::Managed { tenant, client_id: settings.client_id.clone() },
        SignIn::AzureCli => Identity::AzureCli { tenant },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn clouds_and_identities_that_cannot_be_used_say_what_is_missing() {
        let with = |cloud| ServeFlags { cloud: Some(cloud), ..ServeFlags::default() };
        let (overrides, stop) = (Overrides::default(), CancellationToken::new());
        let cloud = async |settings: &ServeFlags| {
            super::cloud(&Outgoing { settings, overrides: &overrides, stop: &stop }).await
        };
        assert_eq!(cloud(&ServeFlags::default()).await.unwrap(), Cloud::public());
        assert_eq!(cloud(&with(CloudName::UsGovernment)).await.unwrap().login_host, "login.microsoftonline.us");
        for (name, said) in [(CloudName::Germany, "closed"), (CloudName::Custom, "--cloud-profile")] {
            let error = cloud(&with(name)).await.unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        let metadata = ServeFlags { cloud_metadata: Some("management.example.com".into()), ..ServeFlags::default() };
        assert!(cloud(&metadata).await.unwrap_err().to_string().contains("--cloud custom"));
        let flags = |identity| TenantSettings {
            identity: Some(identity),
            tenant_id: Some("0ab1c2d3-0000-4000-8000-000000000001".to_owned()),
            ..TenantSettings::default()
        };
        let identity = |settings: &TenantSettings| super::identity(settings, |key| format!("--{key} is needed"));
        for (name, said) in [
            (SignIn::ClientSecret, "--client-id"),
            (SignIn::ClientCertificate, "--client-certificate"),
            (SignIn::WorkloadIdentity, "--client-id"),
        ] {
            let error = identity(&flags(name)).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        assert!(identity(&flags(SignIn::ManagedIdentity)).unwrap().describe().contains("system-assigned"));
        assert!(identity(&flags(SignIn::AzureCli)).is_ok());
    }
}
