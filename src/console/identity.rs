//! Who the console is for Azure, as Settings shows it.

use super::{Actor, Console, ConsoleError};
use crate::domain::{Role, view::IdentityView};

impl Console {
    /// The identity in use, what its last token said, and the cloud it signs in to.
    pub fn identity(&self, actor: &Actor) -> Result<IdentityView, ConsoleError> {
        actor.require(Role::Viewer)?;
        let credential = &self.senders.credential;
        let token = credential.facts().unwrap_or_default();
        let certificate = credential.certificate().map(|read| match read {
            Ok(certificate) => (certificate.subject.clone(), Some(certificate.not_after)),
            Err(error) => (error.to_string(), None),
        });
        let cloud = &self.senders.arm.http().cloud;
        Ok(IdentityView {
            about: self.surroundings.identity.clone(),
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
        })
    }
}
