//! A deployment template for resource groups. One subscription gets the automation itself; several get one nested
//! deployment each.

use super::{
    notes::notes,
    quote,
    resource::{self, KEYS_API_VERSION, Place},
    tree::{Asked, Syntax, Tree, render},
    wanted::{SignIn, Wanted},
};
use automation::{API_VERSION, TYPE};
use domain::{Code, SubscriptionId};

const SCHEMA: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";
const DEPLOYMENTS_API_VERSION: &str = "2022-09-01";

/// JSON in which what is asked for are parameters.
struct Json {
    /// The expression of the connection string, where it is used.
    connection: String,
}

/// Text of a person as a JSON string that is no expression.
fn literal(text: &str) -> String {
    json(&quote::arm(text))
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl Syntax for Json {
    fn text(&self, text: &str) -> String {
        literal(text)
    }

    fn asked(&self, asked: Asked) -> String {
        json(match asked {
            Asked::Location => "[parameters('location')]",
            Asked::Subscription => "[subscription().id]",
            Asked::Target => "[parameters('targetResourceId')]",
            Asked::ConnectionString => self.connection.as_str(),
        })
    }

    fn member(&self, name: &str) -> String {
        format!("{}: ", json(name))
    }

    fn separator(&self) -> &'static str {
        ","
    }
}

/// Writes the template.
pub(super) fn write(wanted: &Wanted) -> Code {
    let notes = notes(wanted, true);
    let connection = match wanted.sign_in() {
        SignIn::Key(Some(_)) => format!(
            "[listKeys(concat(parameters('targetResourceId'), '/authorizationRules/', parameters('authorizationRule')), '{KEYS_API_VERSION}').primaryConnectionString]"
        ),
        _ => "[parameters('connectionString')]".to_owned(),
    };
    let outer = Json { connection };
    let inner = Json { connection: "[parameters('connectionString')]".to_owned() };
    let subscriptions = wanted.subscriptions();
    let resources: Vec<String> = match subscriptions.as_slice() {
        [] => vec![render(&resource(wanted, Place::Deployed), &outer, 2)],
        [one] => vec![render(&resource(wanted, Place::Named(one)), &outer, 2)],
        many => many.iter().map(|one| nested(wanted, one, &outer, &inner)).collect(),
    };
    let metadata = Tree::object([
        ("continuousExport", resource::metadata(&wanted.body)),
        ("notes", Tree::texts(notes.iter().map(String::as_str))),
    ]);
    let parameters = parameters(wanted, subscriptions.len() > 1);
    let text = format!(
        "{{\n  \"$schema\": {},\n  \"contentVersion\": \"1.0.0.0\",\n  \"metadata\": {},\n  \"parameters\": {{\n{}\n  }},\n  \"resources\": [\n    {}\n  ]\n}}\n",
        json(SCHEMA),
        render(&metadata, &outer, 1),
        parameters.join(",\n"),
        resources.join(",\n    "),
    );
    Code { text, notes }
}

fn resource(wanted: &Wanted, place: Place<'_>) -> Tree {
    Tree::object([
        ("type", Tree::text(TYPE)),
        ("apiVersion", Tree::text(API_VERSION)),
        ("name", Tree::text(wanted.automation_name())),
        ("location", Tree::Asked(Asked::Location)),
        ("properties", resource::properties(wanted, place)),
    ])
}

fn parameter(name: &str, kind: &str, description: &str, default: Option<&str>) -> String {
    let default = default.map(|value| format!("\n      \"defaultValue\": {value},")).unwrap_or_default();
    format!(
        "    {}: {{\n      \"type\": {},{default}\n      \"metadata\": {{ \"description\": {} }}\n    }}",
        json(name),
        json(kind),
        json(description)
    )
}

fn parameters(wanted: &Wanted, several: bool) -> Vec<String> {
    let group = json("[resourceGroup().location]");
    let mut all = vec![parameter("location", "string", "The region the automation is kept in", Some(&group))];
    if several {
        let description = "The resource group of the automation, of this name in every subscription";
        all.push(parameter("resourceGroupName", "string", description, Some(&json("[resourceGroup().name]"))));
    }
    let id = wanted.resource_id().map(|id| literal(id.as_str()));
    let description = "The resource id of the event hub or Log Analytics workspace";
    all.push(parameter("targetResourceId", "string", description, id.as_deref()));
    match wanted.sign_in() {
        SignIn::Key(Some(rule)) => {
            let description = "The authorization rule of the event hub; it needs the Send right";
            all.push(parameter("authorizationRule", "string", description, Some(&literal(rule))));
        }
        SignIn::Key(None) => {
            let description = "The connection string of the event hub, with the Send right";
            all.push(parameter("connectionString", "secureString", description, None));
        }
        SignIn::TrustedService | SignIn::Workspace => {}
    }
    all
}

/// One subscription's automation, deployed from the resource group of another one.
fn nested(wanted: &Wanted, subscription: &SubscriptionId, outer: &Json, inner: &Json) -> String {
    let mut passed = vec![("location", Asked::Location), ("targetResourceId", Asked::Target)];
    if matches!(wanted.sign_in(), SignIn::Key(_)) {
        passed.push(("connectionString", Asked::ConnectionString));
    }
    let values = passed.iter().map(|(name, asked)| (*name, Tree::object([("value", Tree::Asked(*asked))])));
    let values = render(&Tree::object(values), outer, 4);
    let kinds = passed.iter().map(|(name, _)| {
        let kind = if *name == "connectionString" { "secureString" } else { "string" };
        (*name, Tree::object([("type", Tree::text(kind))]))
    });
    let kinds = render(&Tree::object(kinds), inner, 5);
    let resource = render(&resource(wanted, Place::Named(subscription)), inner, 6);
    let lines = [
        "{".to_owned(),
        "      \"type\": \"Microsoft.Resources/deployments\",".to_owned(),
        format!("      \"apiVersion\": \"{DEPLOYMENTS_API_VERSION}\","),
        format!("      \"name\": {},", json(&format!("continuous-export-{subscription}"))),
        format!("      \"subscriptionId\": {},", json(subscription.as_str())),
        "      \"resourceGroup\": \"[parameters('resourceGroupName')]\",".to_owned(),
        "      \"properties\": {".to_owned(),
        "        \"mode\": \"Incremental\",".to_owned(),
        "        \"expressionEvaluationOptions\": { \"scope\": \"inner\" },".to_owned(),
        format!("        \"parameters\": {values},"),
        "        \"template\": {".to_owned(),
        format!("          \"$schema\": {},", json(SCHEMA)),
        "          \"contentVersion\": \"1.0.0.0\",".to_owned(),
        format!("          \"parameters\": {kinds},"),
        "          \"resources\": [".to_owned(),
        format!("            {resource}"),
        "          ]".to_owned(),
        "        }".to_owned(),
        "      }".to_owned(),
        "    }".to_owned(),
    ];
    lines.join("\n")
}
