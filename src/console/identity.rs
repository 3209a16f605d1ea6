//! Who the console is for Azure, as Settings shows it.

use super::{Actor, Console, ConsoleError};
use azure::Tenant;
use domain::{Role, view::IdentityView};

impl Console {
    /// The identity in use in each tenant, what its last token said, and the cloud it signs in to; the first tenant's first.
    pub fn identities(&self, actor: &Actor) -> Result<Vec<IdentityView>, ConsoleError> {
        actor.require(Role::Viewer)?;
        Ok(self.tenants().iter().map(identity_view).collect())
    }
}

pub(super) fn identity_view(tenant: &Tenant) -> IdentityView {
    let token = tenant.credential.facts().unwrap_or_default();
    let certificate = tenant.credential.certificate().map(|read| match read {
        Ok(certificate) => (certificate.subject.clone(), Some(certificate.not_after)),
        Err(error) => (error.to_string(), None),
    });
    let cloud = &tenant.http().cloud;
    IdentityView {
        about: tenant.about.clone(),
        of: tenant.id.to_string(),
        of_name: tenant.name.clone(),
        tenant: token.tenant,
        object_id: token.object_id,
        client_id: token.client_id,
        person: token.person,
        token_until: token.expires_at,
        certificate: certificate.as_ref().map(|(subject, _)| subject.clone()),
        certificate_until: certificate.and_then(|(_, until)| until),
        cloud: cloud.label.clone(),
        cloud_notice: cloud.notice.clone(),
        unknown_addresses: cloud.unknown().into_iter().map(str::to_owned).collect(),
    }
}
