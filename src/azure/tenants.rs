//! The tenants of one console, all in the same cloud. Each has an identity of its own, and with it a budget and a quota of
//! its own: what one tenant uses up or suffers from is no business of another's.

use super::{
    Arm, Asker, AzureError, Credential, EventHubs, Graph, Http, HubIdentity, Identity, Ingestion, Security,
    hub_identity::Confirmed,
};
use domain::TenantId;
use std::sync::Arc;

/// One tenant and the identity that is used in it.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its name, or its id where no name is known.
    pub name: String,
    /// The identity, in a line for people.
    pub about: String,
    /// Gives the identity's tokens.
    pub credential: Credential,
    /// Security data, and the ways to it: Resource Graph with its quota, Resource Manager with its budget.
    pub security: Security,
    /// Hosts of event hubs that the identity's tokens may be sent to.
    confirmed: Confirmed,
}

impl Tenant {
    /// Sets the identity up; nothing is asked yet.
    pub fn new(
        id: TenantId,
        name: String,
        about: String,
        identity: &Identity,
        http: &Http,
    ) -> Result<Self, AzureError> {
        let credential = Credential::new(identity, http)?;
        let arm = Arm::new(Asker::new(http.clone(), credential.clone()));
        let security = Security { graph: Graph::new(http.clone(), credential.clone()), arm };
        Ok(Self { id, name, about, credential, security, confirmed: Confirmed::default() })
    }

    /// Resource Manager.
    pub fn arm(&self) -> &Arm {
        &self.security.arm
    }

    /// The way out.
    pub fn http(&self) -> &Http {
        self.arm().http()
    }

    /// Resource Graph for a question of a person: watching's pauses do not hold it up.
    pub fn graph(&self) -> Graph {
        Graph::new(self.http().clone(), self.credential.clone())
    }

    /// Event hubs.
    pub fn hubs(&self) -> EventHubs {
        EventHubs { http: self.http().clone(), identity: self.hub_identity() }
    }

    /// Tokens for event hubs.
    pub fn hub_identity(&self) -> HubIdentity {
        let (arm, credential) = (self.arm().clone(), self.credential.clone());
        HubIdentity { arm, credential, confirmed: self.confirmed.clone() }
    }

    /// Workspaces.
    pub fn ingestion(&self) -> Ingestion {
        Ingestion { http: self.http().clone(), credential: self.credential.clone() }
    }
}

/// All tenants of the console; there is at least one.
#[derive(Debug, Clone)]
pub struct Tenants {
    first: Arc<Tenant>,
    others: Arc<[Tenant]>,
}

impl Tenants {
    /// The first one counts where nothing says which one is meant. Names that several share get the id beside them.
    pub fn new(mut first: Tenant, mut others: Vec<Tenant>) -> Self {
        let names: Vec<String> = std::iter::once(&first).chain(&others).map(|one| one.name.clone()).collect();
        for one in std::iter::once(&mut first).chain(&mut others) {
            if names.iter().filter(|name| **name == one.name).count() > 1 {
                one.name = format!("{} ({})", one.name, one.id);
            }
        }
        Self { first: Arc::new(first), others: others.into() }
    }

    /// The first one.
    pub fn first(&self) -> &Tenant {
        &self.first
    }

    /// All of them, the first one first.
    pub fn iter(&self) -> impl Iterator<Item = &Tenant> {
        std::iter::once(self.first()).chain(self.others.iter())
    }

    /// Whether there is more than one.
    pub fn are_several(&self) -> bool {
        !self.others.is_empty()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        1 + self.others.len()
    }

    /// The one with this id, where it is one of these.
    pub fn find(&self, id: &TenantId) -> Option<&Tenant> {
        self.iter().find(|one| one.id == *id)
    }

    /// The one with this id; the first where that is none of these, or not known.
    pub fn of(&self, id: Option<&TenantId>) -> &Tenant {
        id.and_then(|id| self.find(id)).unwrap_or_else(|| self.first())
    }
}
