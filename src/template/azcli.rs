//! A shell script that puts one automation in each subscription with `az rest`: the helper commands of
//! `az security automation` only print JSON, and know neither attack paths nor trusted services.

use super::{
    notes::notes,
    quote,
    resource::{self, Place},
    tree::{Asked, Tree},
    wanted::{SignIn, Wanted},
};
use automation::{API_VERSION, TYPE};
use domain::Code;

/// Writes the script.
pub(super) fn write(wanted: &Wanted) -> Code {
    let notes = notes(wanted, true);
    let title = format!("Continuous export \"{}\" as {TYPE}", wanted.body.name);
    let mut text = String::from("#!/bin/sh\n");
    text.push_str(&quote::comments("#", [title.as_str(), ""]));
    text.push_str(&quote::comments("#", notes.iter().map(String::as_str)));
    text.push_str("set -eu\n\n");
    text.push_str(
        ": \"${RESOURCE_GROUP:?the resource group of the automation, of this name in every subscription}\"\n",
    );
    text.push_str(": \"${LOCATION:?the region the automation is kept in, such as westeurope}\"\n");
    text.push_str(&target(wanted));
    let subscriptions = wanted.subscriptions();
    if subscriptions.is_empty() {
        text.push_str(": \"${SUBSCRIPTION:=$(az account show --query id --output tsv)}\"\n");
        text.push_str(&put(wanted, "\"$SUBSCRIPTION\"", Place::Deployed));
    }
    for id in subscriptions {
        text.push_str(&put(wanted, &quote::shell(id.as_str()), Place::Named(id)));
    }
    Code { text, notes }
}

/// Lines that set what the bodies ask for.
fn target(wanted: &Wanted) -> String {
    let mut text = match wanted.resource_id() {
        Some(id) => format!("TARGET={}\n", quote::shell(id.as_str())),
        None => ": \"${TARGET:?the resource id of the event hub or Log Analytics workspace}\"\n".to_owned(),
    };
    match wanted.sign_in() {
        SignIn::Key(Some(rule)) => text.push_str(&format!(
            "CONNECTION_STRING=$(az eventhubs eventhub authorization-rule keys list \\\n  --ids \"$TARGET\"/authorizationRules/{} --query primaryConnectionString --output tsv)\n",
            quote::shell(rule)
        )),
        SignIn::Key(None) => text.push_str(
            ": \"${CONNECTION_STRING:?the connection string of the event hub, with the Send right}\"\n",
        ),
        SignIn::TrustedService | SignIn::Workspace => {}
    }
    text
}

/// One request. `subscription` is a word of the shell.
fn put(wanted: &Wanted, subscription: &str, place: Place<'_>) -> String {
    let name = quote::shell(wanted.automation_name());
    let body =
        Tree::object([("location", Tree::Asked(Asked::Location)), ("properties", resource::properties(wanted, place))]);
    format!(
        "\naz rest --method put \\\n  --uri /subscriptions/{subscription}/resourceGroups/\"$RESOURCE_GROUP\"/providers/{TYPE}/{name}'?api-version={API_VERSION}' \\\n  --headers Content-Type=application/json \\\n  --body {}\n",
        word(&body)
    )
}

/// A tree as one word of the shell: JSON in quotes, with variables where something is asked for.
pub(super) fn word(tree: &Tree) -> String {
    let mut pieces = Pieces::default();
    pieces.write(tree);
    pieces.done()
}

#[derive(Default)]
struct Pieces {
    /// What is already a part of the word.
    word: String,
    /// JSON that is not quoted yet.
    json: String,
}

impl Pieces {
    fn write(&mut self, tree: &Tree) {
        match tree {
            Tree::Text(text) => self.json.push_str(&json(text)),
            Tree::Flag(flag) => self.json.push_str(&flag.to_string()),
            Tree::Asked(asked) => self.variable(*asked),
            Tree::List(items) => {
                self.json.push('[');
                for (at, item) in items.iter().enumerate() {
                    self.json.push_str(if at == 0 { "" } else { "," });
                    self.write(item);
                }
                self.json.push(']');
            }
            Tree::Object(members) => {
                self.json.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    self.json.push_str(if at == 0 { "" } else { "," });
                    self.json.push_str(&json(name));
                    self.json.push(':');
                    self.write(value);
                }
                self.json.push('}');
            }
        }
    }

    /// A JSON string that is a variable of the shell; none of them holds quotes or backslashes.
    fn variable(&mut self, asked: Asked) {
        let (before, name) = match asked {
            Asked::Location => ("", "LOCATION"),
            Asked::Subscription => ("/subscriptions/", "SUBSCRIPTION"),
            Asked::Target => ("", "TARGET"),
            Asked::ConnectionString => ("", "CONNECTION_STRING"),
        };
        self.json.push_str(&format!("\"{before}"));
        self.quote();
        self.word.push_str(&format!("\"${name}\""));
        self.json.push('"');
    }

    fn quote(&mut self) {
        let json = std::mem::take(&mut self.json);
        if !json.is_empty() {
            self.word.push_str(&quote::shell(&json));
        }
    }

    fn done(mut self) -> String {
        self.quote();
        self.word
    }
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
