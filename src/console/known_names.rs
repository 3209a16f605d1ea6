//! Every name and id the console knows, for what is to be taken out of shares. Not narrowed to what the actor sees: a name that
//! they may not see is the last that should get out.

use super::{Actor, Console, ConsoleError};
use azure::Cloud;
use domain::{HubRuleName, Place, ResourceGroupName, TargetConfig};
use redact::{Known, Sort};
use store::Visible;

impl Console {
    /// The names of subscriptions, groups, tenants, targets, exports and people, with what they point to.
    pub(super) async fn known_names(&self, actor: &Actor) -> Result<Known, ConsoleError> {
        let mut known = Known::default();
        for host in Cloud::published_hosts() {
            known.keep(&host);
        }
        known.add(Sort::Person, &actor.name);
        for person in self.store.list_people().await? {
            known.add(Sort::Person, &person.name);
        }
        for tenant in self.tenants().iter() {
            known.add(Sort::Id, tenant.id.as_str());
            known.add(Sort::Tenant, &tenant.name);
            if let Some(name) = super::identity::identity_view(tenant).person {
                known.add(Sort::Person, &name);
            }
        }
        known.add(Sort::Tenant, &self.surroundings.tenant_name);
        let everybody = Actor { visible: Visible::Everything, ..actor.clone() };
        for (place, name) in self.places(&everybody).await? {
            learn_place(&mut known, &place, &name);
        }
        for target in self.targets(&everybody).await? {
            known.add(Sort::Target, &target.name);
            learn_target(&mut known, &target.config);
        }
        let now = self.now();
        for row in self.exports(&everybody, now).await? {
            let body = &row.export.body;
            known.add(Sort::Id, row.export.id.as_str());
            known.add(Sort::Export, &body.name);
            known.add(Sort::Person, &row.saved_by);
            known.learn_rules(&body.sources);
            body.scope.management_groups.iter().for_each(|id| known.add(Sort::ManagementGroup, id));
            for tag in &body.scope.except_tags {
                tag.value.iter().for_each(|value| known.add(Sort::Tag, value));
            }
            if let Some(azure) = &body.azure {
                known.learn(azure.destination.as_str());
                known.add(Sort::ResourceGroup, azure.resource_group.as_str());
                let group = azure.only_group.iter().map(ResourceGroupName::as_str);
                let names = group.chain(azure.key_rule.iter().map(HubRuleName::as_str));
                names.for_each(|name| known.add(Sort::ResourceGroup, name));
            }
        }
        for (automation, _) in self.azure_exports(&everybody).await? {
            known.add(Sort::Export, &automation.name);
            known.learn(automation.id.as_str());
            known.learn_rules(&automation.sources);
            automation.targets.iter().for_each(|target| known.learn(target.as_str()));
            automation.only_group.iter().for_each(|name| known.add(Sort::ResourceGroup, name));
            automation.key_rule.iter().for_each(|name| known.add(Sort::Resource, name));
        }
        Ok(known)
    }
}

fn learn_place(known: &mut Known, place: &Place, name: &str) {
    known.add(Sort::Id, place.id.as_str());
    known.add(Sort::Subscription, name);
    for group in &place.groups {
        known.add(Sort::ManagementGroup, &group.id);
        known.add(Sort::ManagementGroup, &group.name);
    }
    place.tags.values().for_each(|value| known.add(Sort::Tag, value));
}

fn learn_target(known: &mut Known, config: &TargetConfig) {
    match config {
        TargetConfig::EventHub(hub) => {
            known.add_host(Sort::EventHub, &hub.namespace);
            known.add(Sort::EventHub, &hub.hub);
            hub.key_name.iter().for_each(|name| known.add(Sort::Resource, name));
        }
        TargetConfig::Workspace(workspace) => {
            known.add_host(Sort::Workspace, &workspace.ingestion_host);
            known.add(Sort::Id, &workspace.dcr_immutable_id);
        }
    }
    if let Some(id) = config.resource_id() {
        known.learn(id.as_str());
    }
}
