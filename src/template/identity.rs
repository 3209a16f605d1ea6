//! The roles that the console's identity needs, as a script: reading what is exported, sending to where it goes.

use super::quote;
use domain::{Code, HubSignIn, SubscriptionId, TargetConfig};

/// What the identity has to reach.
#[derive(Debug, Clone, Default)]
pub struct IdentityNeeds {
    /// Subscriptions to read; empty when nobody knows yet.
    pub subscriptions: Vec<SubscriptionId>,
    /// Targets to send to: name and place; empty when there are none yet.
    pub targets: Vec<(String, TargetConfig)>,
}

/// A built-in role: its id, and its name for people.
struct Role(&'static str, &'static str);

const SECURITY_READER: Role = Role("39bc4728-0917-49c7-9d2c-d95423bc2eb4", "Security Reader");
const READER: Role = Role("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader");
const DATA_SENDER: Role = Role("2b629674-e913-4c01-ae53-ef4638d8f975", "Azure Event Hubs Data Sender");
const METRICS_PUBLISHER: Role = Role("3913510d-42f4-4e42-8a64-420c390055eb", "Monitoring Metrics Publisher");
const LOG_READER: Role = Role("73c42c96-874c-492b-b04d-ab87d138a893", "Log Analytics Reader");

/// Writes the script.
pub fn identity(needs: &IdentityNeeds) -> Code {
    let mut notes = vec![
        "Run it as somebody who may assign roles (Owner, User Access Administrator or Role Based Access Control Administrator) on every scope below.".to_owned(),
        "Security Reader is enough to see alerts, recommendations and plans. Reader shows more: the names of resources. On the namespace of an event hub without a key Reader is needed: no token is sent before Resource Manager has confirmed the namespace.".to_owned(),
        "A role assignment may take some minutes to work; on data collection rules up to half an hour.".to_owned(),
    ];
    let mut body = String::new();
    read(needs, &mut body);
    if needs.targets.is_empty() {
        body.push_str("\n# Targets: give their resource ids, with blanks between them, or leave them empty\n");
        body.push_str(&each("EVENT_HUBS", &DATA_SENDER));
        body.push_str(&each("EVENT_HUB_NAMESPACES", &READER));
        body.push_str(&each("DATA_COLLECTION_RULES", &METRICS_PUBLISHER));
        body.push_str(&each("WORKSPACES", &LOG_READER));
    }
    for (name, config) in &needs.targets {
        body.push('\n');
        body.push_str(&quote::comments("#", [format!("Target \"{name}\"").as_str()]));
        target(name, config, &mut body, &mut notes);
    }
    let mut text = String::from("#!/bin/sh\n# The roles that the console's identity needs\n#\n");
    text.push_str(&quote::comments("#", notes.iter().map(String::as_str)));
    text.push_str("set -eu\n\n");
    text.push_str(": \"${PRINCIPAL:?the object id of the console's service principal or managed identity}\"\n");
    text.push_str(
        "assign() {\n  az role assignment create --assignee-object-id \"$PRINCIPAL\" --assignee-principal-type ServicePrincipal \\\n    --role \"$1\" --scope \"$2\" --output none\n}\n",
    );
    text.push_str(&body);
    Code { text, notes }
}

fn read(needs: &IdentityNeeds, body: &mut String) {
    body.push_str("\n# Reading. A management group covers what is below it, later subscriptions included:\n");
    body.push_str(&format!(
        "#   assign {} /providers/Microsoft.Management/managementGroups/NAME   # {}\n",
        SECURITY_READER.0, SECURITY_READER.1
    ));
    body.push_str(&format!("# With {} in its place names of resources are shown: {}\n", READER.1, READER.0));
    if needs.subscriptions.is_empty() {
        body.push_str(": \"${SUBSCRIPTIONS:=$(az account show --query id --output tsv)}\"\n");
        body.push_str(&format!(
            "for id in $SUBSCRIPTIONS; do assign {} \"/subscriptions/$id\"; done   # {}\n",
            SECURITY_READER.0, SECURITY_READER.1
        ));
    }
    for id in &needs.subscriptions {
        body.push_str(&assign(&SECURITY_READER, &quote::shell(&format!("/subscriptions/{id}"))));
    }
}

/// One assignment. `scope` is a word of the shell.
fn assign(role: &Role, scope: &str) -> String {
    format!("assign {} {scope}   # {}\n", role.0, role.1)
}

fn each(variable: &str, role: &Role) -> String {
    format!("for id in ${{{variable}:-}}; do assign {} \"$id\"; done   # {}\n", role.0, role.1)
}

fn target(name: &str, config: &TargetConfig, body: &mut String, notes: &mut Vec<String>) {
    match config {
        TargetConfig::EventHub(hub) if hub.sign_in == HubSignIn::Key => {
            body.push_str("# It signs in with a key: no role is needed\n");
        }
        TargetConfig::EventHub(hub) => {
            if let Some(id) = &hub.resource_id {
                body.push_str(&assign(&DATA_SENDER, &quote::shell(id.as_str())));
                body.push_str(&assign(&READER, &quote::shell(id.before("eventhubs"))));
            } else {
                let message = format!(
                    "{name}: its resource ID is not known; add it to the target, and assign the roles by hand."
                );
                body.push_str(&quote::comments("#", [message.as_str()]));
                body.push_str(&format!("#   assign {} EVENT_HUB_RESOURCE_ID   # {}\n", DATA_SENDER.0, DATA_SENDER.1));
                body.push_str(&format!("#   assign {} NAMESPACE_RESOURCE_ID   # {}\n", READER.0, READER.1));
                notes.push(message);
            }
        }
        TargetConfig::Workspace(workspace) => {
            // The console knows the rule by its immutable id; roles are given on its resource id.
            body.push_str(&format!(
                "rule=$(az monitor data-collection rule list --query {} --output tsv)\n: \"${{rule:?this subscription has no such data collection rule; choose its own with az account set}}\"\n",
                quote::shell(&format!("[?immutableId=='{}'].id | [0]", plain(&workspace.dcr_immutable_id)))
            ));
            body.push_str(&assign(&METRICS_PUBLISHER, "\"$rule\""));
            if let Some(id) = &workspace.resource_id {
                body.push_str(&assign(&LOG_READER, &quote::shell(id.as_str())));
            }
        }
    }
}

/// What an immutable id consists of; anything else would mean something in the query.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
}
