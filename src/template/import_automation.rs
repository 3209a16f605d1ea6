//! One automation as an export: whatever does not fit is a note that names its place and shows what stood there.

use super::import::{ImportError, Names, Text, wrong};
use automation::{Action, Automation, Destination, Properties, Rest, Rule, Source, below};
use domain::{
    Changes, DeliveredBy, EventSource, FoundExport, ResourceId, RuleSet, Scope, SubscriptionId, TargetHint,
    azure::is_hidden,
};
use serde_json::{Map, Value};
use std::rc::Rc;

/// How notes end where a person has to.
pub(super) const CHOOSE: &str = "choose the subscriptions.";

/// What templates say of a resource, and an export does not need to know.
const OF_TEMPLATES: [&str; 7] = ["type", "apiVersion", "kind", "dependsOn", "systemData", "comments", "metadata"];

/// An automation that is being read.
struct Reader {
    /// The path to it; empty for the whole text.
    path: String,
    /// What expressions stand for, inside of templates.
    names: Option<Rc<Names>>,
    notes: Vec<String>,
}

/// Reads one automation at a path of the text; `names` are what expressions stand for, inside of templates.
pub(super) fn automation(
    path: &str,
    map: &Map<String, Value>,
    names: Option<Rc<Names>>,
) -> Result<FoundExport, ImportError> {
    let found = Automation::read(Value::Object(map.clone()))
        .map_err(|error| wrong(&below(path, &error.path), error.message))?;
    let mut reader = Reader { path: path.to_owned(), names, notes: Vec::new() };
    reader.unknown(&found.rest, &OF_TEMPLATES, "");
    if let Some(tags) = found.tags.clone().filter(|tags| !tags.is_empty()) {
        let tags_path = reader.at("tags");
        reader.note(format!("{tags_path} are left out: an export has none ({}).", json(&Value::Object(tags))));
    }
    reader.unknown(&found.properties.rest, &["metadata"], "properties");
    let name = reader.name(&found);
    let enabled = found.properties.is_enabled.unwrap_or(true);
    if !enabled {
        reader.note(
            "It is switched off in Azure. The export here sends as soon as it is saved; pause it if it should not.",
        );
    }
    let scope = reader.scope(&found);
    let sources = reader.sources(&found.properties)?;
    let actions = reader.actions(&found.properties.actions);
    if enabled && !actions.is_empty() {
        reader.note("Azure goes on sending what this automation says: once the export is saved here too, each event arrives twice until one of them is switched off.");
    }
    Ok(FoundExport {
        place: if path.is_empty() { "the whole text".to_owned() } else { path.to_owned() },
        automation: name.clone(),
        enabled,
        name,
        delivered_by: DeliveredBy::Console,
        scope,
        sources,
        target: None,
        azure: None,
        actions,
        notes: reader.notes,
    })
}

impl Reader {
    fn at(&self, path: &str) -> String {
        below(&self.path, path)
    }

    fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Reads a text of this automation.
    fn text(&self, raw: &str) -> Text {
        Names::read(self.names.as_deref(), raw)
    }

    /// The same; an expression is kept as it is written, and that is said.
    fn text_or_note(&mut self, raw: &str, path: &str) -> String {
        match self.text(raw) {
            Text::Known(text) => text,
            Text::Expression(text) => {
                let path = self.at(path);
                self.note(format!(
                    "{path} is only known on deployment: {}. It is kept as it is written.",
                    shown(&text)
                ));
                text
            }
        }
    }

    /// Members that nobody knows, with what they hold.
    fn unknown(&mut self, rest: &Rest, known: &[&str], path: &str) {
        for (name, value) in rest {
            if !known.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                let lower = name.to_lowercase();
                let words = ["secret", "key", "password", "token", "connection", "uri"];
                let secret = words.iter().any(|word| lower.contains(word));
                let value = if secret { "(not shown: it may be a secret)".to_owned() } else { json(value) };
                let path = below(&self.at(path), &shown(name));
                self.note(format!("{path} is not known here and is left out: {value}"));
            }
        }
    }

    fn name(&mut self, found: &Automation) -> String {
        let name = match (&found.name, found.known_name()) {
            (Some(raw), _) => self.text_or_note(raw, "name"),
            (None, Some(of_id)) => of_id,
            (None, None) => {
                let path = self.at("name");
                self.note(format!("{path} is missing: give the export one."));
                return String::new();
            }
        };
        if is_hidden(&name) {
            self.note(format!(
                "Azure's portal does not show this automation: it knows ExportToEventHub and ExportToWorkspace only, not {}.",
                shown(&name)
            ));
        }
        name
    }

    fn scope(&mut self, found: &Automation) -> Scope {
        let mut subscriptions: Vec<SubscriptionId> = Vec::new();
        for (at, scope) in found.properties.scopes.iter().enumerate() {
            let place = format!("properties.scopes[{at}]");
            self.unknown(&scope.rest, &[], &place);
            let path = below(&self.at(&place), "scopePath");
            let text = match self.text(&scope.scope_path) {
                Text::Known(text) => text,
                Text::Expression(text) => {
                    self.note(format!("{path} is only known on deployment ({}): {CHOOSE}", shown(&text)));
                    continue;
                }
            };
            let id = ResourceId::new(&text);
            let Some(subscription) = id.subscription() else {
                self.note(format!("{path} is no subscription and is left out: {}", shown(&text)));
                continue;
            };
            if let Some(group) = id.after("resourceGroups") {
                self.note(format!(
                    "{path} is the resource group {} only; an export covers whole subscriptions. The rest of {subscription} would be exported as well.",
                    shown(group)
                ));
            }
            if !subscriptions.contains(&subscription) {
                subscriptions.push(subscription);
            }
        }
        if found.properties.scopes.is_empty() {
            // Azure takes the subscription the automation stands in.
            let path = self.at("properties.scopes");
            match found.id.as_deref().and_then(|id| ResourceId::new(id).subscription()) {
                Some(own) => {
                    self.note(format!("{path} is empty: its own subscription {own} is taken."));
                    subscriptions.push(own);
                }
                None => self.note(format!("{path} is empty: {CHOOSE}")),
            }
        }
        Scope { subscriptions, ..Scope::default() }
    }

    /// A source nobody knows is left out and said; a rule that cannot be read is an error, because an export without it would
    /// send something else.
    fn sources(&mut self, properties: &Properties) -> Result<Vec<domain::Source>, ImportError> {
        let mut sources = Vec::new();
        for (at, source) in properties.sources.iter().enumerate() {
            let path = format!("properties.sources[{at}]");
            self.unknown(&source.rest, &[], &path);
            let name = self.text_or_note(&source.event_source, &below(&path, "eventSource"));
            let Some(event_source) = EventSource::parse(&name) else {
                let path = below(&self.at(&path), "eventSource");
                self.note(format!("{path} is not known here and is left out: {}", shown(&name)));
                continue;
            };
            let rule_sets = self.rule_sets(source, &path)?;
            sources.push(domain::Source { event_source, changes: Changes::Created, rule_sets });
        }
        if sources.is_empty() {
            self.note("It names no source: choose what to export.");
        }
        Ok(sources)
    }

    fn rule_sets(&mut self, source: &Source, path: &str) -> Result<Vec<RuleSet>, ImportError> {
        let mut sets = Vec::new();
        for (at, set) in source.rule_sets.iter().enumerate() {
            let path = format!("{path}.ruleSets[{at}]");
            self.unknown(&set.rest, &[], &path);
            let mut rules = Vec::new();
            for (at, rule) in set.rules.iter().enumerate() {
                rules.push(self.rule(rule, &format!("{path}.rules[{at}]"))?);
            }
            sets.push(RuleSet { rules });
        }
        Ok(sets)
    }

    fn rule(&mut self, rule: &Rule, path: &str) -> Result<domain::Rule, ImportError> {
        self.unknown(&rule.rest, &[], path);
        let property_type = rule.property_type.as_ref();
        let told = Rule {
            property_type: property_type.map(|raw| self.text_or_note(raw, &below(path, "propertyType"))),
            operator: self.text_or_note(&rule.operator, &below(path, "operator")),
            property_j_path: self.text_or_note(&rule.property_j_path, &below(path, "propertyJPath")),
            expected_value: self.text_or_note(&rule.expected_value, &below(path, "expectedValue")),
            rest: Rest::new(),
        };
        told.meaning().map_err(|(member, message)| wrong(&below(&self.at(path), member), message))
    }

    fn actions(&mut self, actions: &[Action]) -> Vec<TargetHint> {
        let mut hints = Vec::new();
        for (at, action) in actions.iter().enumerate() {
            let place = format!("properties.actions[{at}]");
            match &action.to {
                Destination::EventHub { .. } => hints.extend(self.event_hub(action, &place)),
                Destination::Workspace { workspace_resource_id } => {
                    self.unknown(&action.rest, &[], &place);
                    let resource_id =
                        self.resource_id(workspace_resource_id.as_deref(), &below(&place, "workspaceResourceId"));
                    self.note(format!(
                        "The workspace {} has to be a target of this console, with the console's own tables: Azure's tables take no rows from others.",
                        shown(resource_id.name())
                    ));
                    hints.push(TargetHint::Workspace { resource_id });
                }
                Destination::LogicApp { logic_app_resource_id, .. } => {
                    let path = self.at(&place);
                    let app = shown(logic_app_resource_id.as_deref().unwrap_or("not named"));
                    self.note(format!("{path} starts a logic app ({app}); an export cannot, it is left out."));
                }
                Destination::Other { action_type } => {
                    let kind = self.text_or_note(action_type, &below(&place, "actionType"));
                    let path = self.at(&place);
                    self.note(format!("{path} is of a kind that is not known here and is left out: {}", shown(&kind)));
                }
            }
        }
        match hints.len() {
            0 => self.note("It sends to no event hub and no workspace: choose a target."),
            1 => {}
            n => self.note(format!("It sends to {n} places; an export has one target. Open it once for each.")),
        }
        hints
    }

    fn event_hub(&mut self, action: &Action, place: &str) -> Option<TargetHint> {
        let Destination::EventHub {
            event_hub_resource_id,
            connection_string,
            sas_policy_name,
            is_trusted_service_enabled,
        } = &action.to
        else {
            return None;
        };
        self.unknown(&action.rest, &[], place);
        let resource_id = self.resource_id(event_hub_resource_id.as_deref(), &below(place, "eventHubResourceId"));
        let trusted_service = is_trusted_service_enabled.unwrap_or_default();
        let hub = shown(resource_id.name());
        let connection = connection_string.as_ref().map(|raw| self.text(&raw.0));
        self.note(match connection {
            _ if trusted_service => format!(
                "The event hub {hub} has to be a target of this console. Azure signs in there as a trusted service; the console signs in with its own identity or a key."
            ),
            Some(Text::Known(text)) if !text.is_empty() => format!(
                "A connection string stands in the text; it is not taken over and not kept. The event hub {hub} has to be a target of this console, with its own sign-in."
            ),
            _ => format!(
                "The connection string of the event hub {hub} is not part of the text: Azure never answers it. The hub has to be a target of this console, which asks for the key; nothing of the automation is lost."
            ),
        });
        Some(TargetHint::EventHub { resource_id, trusted_service, key_name: sas_policy_name.clone() })
    }

    fn resource_id(&mut self, raw: Option<&str>, path: &str) -> ResourceId {
        let path = self.at(path);
        match raw.map(|raw| self.text(raw)) {
            Some(Text::Known(text)) => ResourceId::new(&text),
            Some(Text::Expression(text)) => {
                self.note(format!("{path} is only known on deployment: {}", shown(&text)));
                ResourceId::new("")
            }
            None => {
                self.note(format!("{path} is missing."));
                ResourceId::new("")
            }
        }
    }
}

fn json(value: &Value) -> String {
    shown(&value.to_string())
}

/// Text of the import inside a sentence: short, and on one line.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 200;
    let line: String = super::quote::comment(text).chars().take(MOST).collect();
    if text.chars().count() > MOST { format!("{line}…") } else { line }
}
