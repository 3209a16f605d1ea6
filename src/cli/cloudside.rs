//! Azure as `serve` finds it: the practice Azure, or a cloud with the identity that the settings name.

use super::Failure;
use crate::{
    azure::{Arm, Certificate, Cloud, Http, Identity, Profile},
    console::{Starter, Surroundings},
    domain::TenantId,
    practice,
    server::config::ServeFlags,
};
use secrecy::SecretString;
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// Events a minute in the practice Azure unless asked otherwise: enough that the log lives within a minute.
const RATE: f64 = 20.0;

/// Azure, real or practised.
pub(super) struct Cloudside {
    pub(super) http: Http,
    pub(super) identity: Identity,
    pub(super) surroundings: Surroundings,
    pub(super) starter: Option<Starter>,
    pub(super) practice: Option<practice::Running>,
}

pub(super) async fn find_azure(
    settings: &ServeFlags,
    data: &Path,
    stop: &CancellationToken,
) -> Result<Cloudside, Failure> {
    if !settings.is_practice() {
        return real(settings, stop).await;
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
            })
            .await?,
        ),
    };
    let origin = match (&practice, &settings.practice_url) {
        (Some(running), _) => running.origin().to_owned(),
        (None, Some(url)) => url.trim_end_matches('/').to_owned(),
        (None, None) => return Err("--practice or --practice-url is needed here".into()),
    };
    let http = Http::new(Cloud::public(), Some(origin.parse()?), None)?.until(stop.clone());
    let starter: Starter = http.practice_starter().await?;
    let surroundings = Surroundings {
        azure_writes: settings.azure_writes,
        practice: true,
        cloud: "practice".to_owned(),
        tenant: TenantId::parse(&starter.tenant_id)?,
        tenant_name: starter.tenant_name.clone(),
        identity: "the practice Azure's own app registration".to_owned(),
        practice_origin: Some(origin),
    };
    let identity = Identity::ClientSecret {
        tenant: starter.tenant_id.clone(),
        client_id: starter.client_id.clone(),
        secret: SecretString::from(starter.client_secret.as_str()),
    };
    Ok(Cloudside { http, identity, surroundings, starter: Some(starter), practice })
}

async fn real(settings: &ServeFlags, stop: &CancellationToken) -> Result<Cloudside, Failure> {
    let cloud = cloud(settings).await?;
    let identity = identity(settings)?;
    let tenant = identity.tenant().to_owned();
    let surroundings = Surroundings {
        azure_writes: settings.azure_writes,
        practice: false,
        cloud: cloud.name.clone(),
        tenant: TenantId::parse(&tenant)?,
        tenant_name: tenant,
        identity: identity.describe(),
        practice_origin: None,
    };
    let http = Http::new(cloud, None, settings.proxy.as_deref())?.until(stop.clone());
    Ok(Cloudside { http, identity, surroundings, starter: None, practice: None })
}

/// The cloud that is named, with the addresses that a profile or Resource Manager's metadata put in place of its own.
async fn cloud(settings: &ServeFlags) -> Result<Cloud, Failure> {
    let name = settings.cloud.as_deref().unwrap_or("public");
    let named = Cloud::named(name)
        .ok_or_else(|| format!("--cloud {name}: this release knows {}", Cloud::names().join(", ")))?;
    if named.name == "germany" {
        return Err(format!("--cloud germany: {}", named.notice).into());
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
        if matches!(named.name.as_str(), "public" | "us-government" | "china") {
            return Err(format!(
                "--cloud-metadata {host}: the addresses of --cloud {} are known; choose --cloud custom with it",
                named.name
            )
            .into());
        }
        let only_arm = Profile { arm_host: Some(host.clone()), ..Profile::default() };
        let asked = Http::new(only_arm.over(named.clone())?, None, settings.proxy.as_deref())?;
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

/// The identity that is named, with all that it needs.
fn identity(settings: &ServeFlags) -> Result<Identity, Failure> {
    let missing = |flag: &str| format!("--{flag} is needed for a real tenant (or start with --practice)");
    let tenant = settings.tenant_id.clone().ok_or_else(|| missing("tenant-id"))?;
    let client_id = || settings.client_id.clone().ok_or_else(|| missing("client-id"));
    Ok(match settings.identity.as_deref().unwrap_or("client-secret") {
        "client-secret" => Identity::ClientSecret {
            tenant,
            client_id: client_id()?,
            secret: settings.client_secret.clone().ok_or_else(|| missing("client-secret"))?,
        },
        "client-certificate" => {
            let file = settings.client_certificate.clone().ok_or_else(|| missing("client-certificate"))?;
            // Said now, not when the first token is asked for.
            Certificate::read(&file)?;
            Identity::ClientCertificate { tenant, client_id: client_id()?, file }
        }
        "workload-identity" => Identity::Workload {
            tenant,
            client_id: client_id()?,
            token_file: settings.token_file.clone().ok_or_else(|| missing("token-file"))?,
        },
        "managed-identity" => Identity::Managed { tenant, client_id: settings.client_id.clone() },
        "azure-cli" => Identity::AzureCli { tenant },
        other => return Err(format!("--identity {other}: choose one of {}", Identity::NAMES.join(", ")).into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn clouds_and_identities_that_cannot_be_used_say_what_is_missing() {
        let with = |cloud: &str| ServeFlags { cloud: Some(cloud.to_owned()), ..ServeFlags::default() };
        assert_eq!(cloud(&ServeFlags::default()).await.unwrap(), Cloud::public());
        assert_eq!(cloud(&with("US-Government")).await.unwrap().login_host, "login.microsoftonline.us");
        for (name, said) in [("germany", "closed"), ("mars", "us-government"), ("custom", "--cloud-profile")] {
            let error = cloud(&with(name)).await.unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        let metadata = ServeFlags { cloud_metadata: Some("management.example.com".into()), ..ServeFlags::default() };
        assert!(cloud(&metadata).await.unwrap_err().to_string().contains("--cloud custom"));
        let flags = |identity: &str| ServeFlags {
            identity: Some(identity.to_owned()),
            tenant_id: Some("0ab1c2d3-0000-4000-8000-000000000001".to_owned()),
            ..ServeFlags::default()
        };
        for (name, said) in [
            ("client-secret", "--client-id"),
            ("client-certificate", "--client-certificate"),
            ("workload-identity", "--client-id"),
            ("anything", "managed-identity"),
        ] {
            let error = identity(&flags(name)).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        assert!(identity(&flags("managed-identity")).unwrap().describe().contains("system-assigned"));
        assert!(identity(&flags("azure-cli")).is_ok());
    }
}
