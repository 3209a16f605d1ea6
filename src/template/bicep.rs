//! Bicep for a resource group: one automation, deployed once in each subscription. Its metadata become those of the
//! template it compiles to, so that reading that back gives the same export.

use super::{
    notes::notes,
    quote,
    resource::{self, KEYS_API_VERSION, Place},
    tree::{Asked, Syntax, Tree, render},
    wanted::{SignIn, Wanted},
};
use automation::{API_VERSION, TYPE};
use domain::Code;

/// The syntax of Bicep values.
pub(super) struct Bicep {
    /// The expression of the connection string, where it is used.
    connection: String,
}

impl Bicep {
    /// Values in which nothing is asked for.
    pub(super) fn plain() -> Self {
        Self { connection: "connectionString".to_owned() }
    }
}

impl Syntax for Bicep {
    fn text(&self, text: &str) -> String {
        quote::bicep(text)
    }

    fn asked(&self, asked: Asked) -> String {
        match asked {
            Asked::Location => "location".to_owned(),
            Asked::Subscription => "subscription().id".to_owned(),
            Asked::Target => "targetResourceId".to_owned(),
            Asked::ConnectionString => self.connection.clone(),
        }
    }

    fn member(&self, name: &str) -> String {
        format!("{name}: ")
    }

    fn separator(&self) -> &'static str {
        ""
    }
}

/// Writes the file.
pub(super) fn write(wanted: &Wanted) -> Code {
    let notes = notes(wanted, true);
    let connection = match wanted.sign_in() {
        SignIn::Key(Some(_)) => format!(
            "listKeys('${{targetResourceId}}/authorizationRules/${{authorizationRule}}', '{KEYS_API_VERSION}').primaryConnectionString"
        ),
        _ => "connectionString".to_owned(),
    };
    let syntax = Bicep { connection };
    let mut text = head(wanted, &notes);
    text.push_str("\ntargetScope = 'resourceGroup'\n\n");
    text.push_str(&format!(
        "metadata continuousExport = {}\n\n",
        render(&resource::metadata(&wanted.body), &syntax, 0)
    ));
    text.push_str(&parameters(wanted));
    let properties = resource::properties(wanted, Place::Deployed);
    let resource = Tree::object([
        ("name", Tree::text(wanted.automation_name())),
        ("location", Tree::Asked(Asked::Location)),
        ("properties", properties),
    ]);
    text.push_str(&format!("resource automation '{TYPE}@{API_VERSION}' = {}\n", render(&resource, &syntax, 0)));
    Code { text, notes }
}

fn head(wanted: &Wanted, notes: &[String]) -> String {
    let title = format!("Continuous export \"{}\" as {TYPE}", wanted.body.name);
    let mut text = quote::comments("//", [title.as_str(), ""]);
    text.push_str(&quote::comments("//", notes.iter().map(String::as_str)));
    let commands: Vec<String> = wanted
        .subscriptions()
        .into_iter()
        .map(|id| {
            format!(
                "az deployment group create --subscription {id} --resource-group GROUP --template-file export.bicep"
            )
        })
        .collect();
    if !commands.is_empty() {
        text.push_str(&quote::comments("//", ["", "Deploy it once in each subscription:"]));
        text.push_str(&quote::comments("//", commands.iter().map(String::as_str)));
    }
    text
}

fn parameters(wanted: &Wanted) -> String {
    let mut text = String::from(
        "@description('The region the automation is kept in')\nparam location string = resourceGroup().location\n\n",
    );
    let id = wanted.resource_id().map(|id| format!(" = {}", quote::bicep(id.as_str()))).unwrap_or_default();
    text.push_str(&format!(
        "@description('The resource id of the event hub or Log Analytics workspace')\nparam targetResourceId string{id}\n\n"
    ));
    match wanted.sign_in() {
        SignIn::Key(Some(rule)) => text.push_str(&format!(
            "@description('The authorization rule of the event hub; it needs the Send right')\nparam authorizationRule string = {}\n\n",
            quote::bicep(rule)
        )),
        SignIn::Key(None) => text.push_str(
            "@description('The connection string of the event hub, with the Send right')\n@secure()\nparam connectionString string\n\n",
        ),
        SignIn::TrustedService | SignIn::Workspace => {}
    }
    text
}
