//! Terraform. `azurerm_security_center_automation` speaks the API of 2019 for the one subscription of its provider; whatever
//! that cannot say is written with `azapi_resource` instead, and why is said at the top.

use super::{
    notes::notes,
    quote,
    resource::{self, Place},
    tree::{Asked, Syntax, Tree, render},
    wanted::{SignIn, Wanted},
};
use automation::{API_VERSION, TYPE};
use domain::{Code, EventSource, Source, SubscriptionId, TargetKind};

/// The syntax of Terraform values.
struct Terraform;

impl Syntax for Terraform {
    fn text(&self, text: &str) -> String {
        quote::terraform(text)
    }

    fn asked(&self, asked: Asked) -> String {
        match asked {
            Asked::Location => "var.location",
            Asked::Subscription => "\"/subscriptions/${each.value}\"",
            Asked::Target => "var.target_resource_id",
            Asked::ConnectionString => "var.connection_string",
        }
        .to_owned()
    }

    fn member(&self, name: &str) -> String {
        format!("{name} = ")
    }

    fn separator(&self) -> &'static str {
        ","
    }
}

/// Sources that azurerm takes.
const fn is_known_to_azurerm(source: EventSource) -> bool {
    !matches!(source, EventSource::AttackPaths | EventSource::AttackPathsSnapshot)
}

/// Why azurerm cannot do it; `None` when it can.
fn why_not_azurerm(wanted: &Wanted) -> Option<&'static str> {
    let sources = &wanted.body.sources;
    if sources.iter().any(|source| !is_known_to_azurerm(source.event_source)) {
        return Some("azurerm knows no attack paths (API 2019-01-01-preview)");
    }
    if wanted.sign_in() == SignIn::TrustedService {
        return Some("azurerm knows no trusted services (API 2019-01-01-preview) and wants a connection string");
    }
    if wanted.subscriptions().len() > 1 {
        return Some("a provider of azurerm is for one subscription, and this export has several");
    }
    if sources.is_empty() || sources.iter().flat_map(|source| &source.rule_sets).any(|set| set.rules.is_empty()) {
        return Some("azurerm takes neither an automation without sources nor a rule set without rules");
    }
    let is_blank = |rule: &domain::Rule| rule.path.is_empty();
    if sources.iter().flat_map(|source| &source.rule_sets).flat_map(|set| &set.rules).any(is_blank) {
        return Some("azurerm takes no rule without a path");
    }
    None
}

/// Writes the file.
pub(super) fn write(wanted: &Wanted) -> Code {
    let mut notes = notes(wanted, false);
    let why_not = why_not_azurerm(wanted);
    let with = why_not.map_or_else(
        || {
            "Written with azurerm_security_center_automation, which can say all of this export that Azure can."
                .to_owned()
        },
        |why| format!("Written with azapi_resource: {why}."),
    );
    notes.insert(0, with);
    if matches!(wanted.sign_in(), SignIn::Key(_)) {
        notes.push(
            "Terraform keeps the connection string in its state: protect that as you protect the key.".to_owned(),
        );
    }
    let title = format!("Continuous export \"{}\" as {TYPE}", wanted.body.name);
    let mut text = quote::comments("#", [title.as_str(), ""]);
    text.push_str(&quote::comments("#", notes.iter().map(String::as_str)));
    text.push('\n');
    text.push_str(&if why_not.is_some() { azapi(wanted) } else { azurerm(wanted) });
    Code { text, notes }
}

fn variable(name: &str, kind: &str, description: &str, more: &[String]) -> String {
    let mut text = format!("variable \"{name}\" {{\n  type        = {kind}\n  description = \"{description}\"\n");
    for line in more {
        text.push_str(&format!("  {line}\n"));
    }
    text + "}\n\n"
}

fn variables(wanted: &Wanted) -> String {
    let mut text = variable("resource_group_name", "string", "The resource group of the automation", &[]);
    text.push_str(&variable("location", "string", "The region the automation is kept in", &[]));
    let default = wanted.resource_id().map(|id| format!("default     = {}", quote::terraform(id.as_str())));
    let default: Vec<String> = default.into_iter().collect();
    let description = "The resource id of the event hub or Log Analytics workspace";
    text.push_str(&variable("target_resource_id", "string", description, &default));
    if matches!(wanted.sign_in(), SignIn::Key(_)) {
        let description = "The connection string of the event hub, with the Send right";
        text.push_str(&variable("connection_string", "string", description, &["sensitive   = true".to_owned()]));
    }
    text
}

fn azapi(wanted: &Wanted) -> String {
    let ids = Tree::texts(wanted.subscriptions().into_iter().map(SubscriptionId::as_str));
    let default = match &ids {
        Tree::List(items) if items.is_empty() => Vec::new(),
        list => vec![format!("default     = {}", render(list, &Terraform, 1))],
    };
    let properties = Tree::object([("properties", resource::properties(wanted, Place::Deployed))]);
    let mut text = String::from(
        "terraform {\n  required_providers {\n    azapi = {\n      source  = \"azure/azapi\"\n      version = \">= 2.0\"\n    }\n  }\n}\n\n",
    );
    text.push_str(&variables(wanted));
    text.push_str(&variable("subscriptions", "set(string)", "The subscriptions that get the automation", &default));
    text.push_str(&format!(
        "resource \"azapi_resource\" \"automation\" {{\n  for_each  = var.subscriptions\n  type      = \"{TYPE}@{API_VERSION}\"\n  name      = {}\n  parent_id = \"/subscriptions/${{each.value}}/resourceGroups/${{var.resource_group_name}}\"\n  location  = var.location\n  body      = {}\n}}\n",
        quote::terraform(wanted.automation_name()),
        render(&properties, &Terraform, 1)
    ));
    text
}

fn azurerm(wanted: &Wanted) -> String {
    let default: Vec<String> = wanted
        .subscriptions()
        .first()
        .map(|id| format!("default     = {}", quote::terraform(id.as_str())))
        .into_iter()
        .collect();
    let mut text = String::from(
        "terraform {\n  required_providers {\n    azurerm = {\n      source  = \"hashicorp/azurerm\"\n      version = \">= 4.0\"\n    }\n  }\n}\n\nprovider \"azurerm\" {\n  features {}\n  subscription_id = var.subscription_id\n}\n\n",
    );
    text.push_str(&variables(wanted));
    text.push_str(&variable("subscription_id", "string", "The subscription that gets the automation", &default));
    text.push_str(&format!(
        "resource \"azurerm_security_center_automation\" \"automation\" {{\n  name                = {}\n  resource_group_name = var.resource_group_name\n  location            = var.location\n  description         = {}\n  enabled             = {}\n  scopes              = [\"/subscriptions/${{var.subscription_id}}\"]\n\n",
        quote::terraform(wanted.automation_name()),
        quote::terraform(&wanted.body.description()),
        wanted.enabled
    ));
    text.push_str(match wanted.kind() {
        TargetKind::EventHub => {
            "  action {\n    type              = \"eventhub\"\n    resource_id       = var.target_resource_id\n    connection_string = var.connection_string\n  }\n"
        }
        TargetKind::Workspace => {
            "  action {\n    type        = \"loganalytics\"\n    resource_id = var.target_resource_id\n  }\n"
        }
    });
    for source in &wanted.body.sources {
        text.push_str(&azurerm_source(source));
    }
    text + "}\n"
}

fn azurerm_source(source: &Source) -> String {
    let mut text = format!("\n  source {{\n    event_source = \"{}\"\n", source.event_source);
    for set in &source.rule_sets {
        text.push_str("\n    rule_set {\n");
        for rule in &set.rules {
            text.push_str(&format!(
                "      rule {{\n        property_path  = {}\n        operator       = \"{}\"\n        expected_value = {}\n        property_type  = \"{}\"\n      }}\n",
                quote::terraform(&rule.path),
                rule.operator,
                quote::terraform(&rule.expected),
                rule.property_type
            ));
        }
        text.push_str("    }\n");
    }
    text + "  }\n"
}
