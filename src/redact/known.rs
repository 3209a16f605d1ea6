//! What is known to be a name or an id: gathered before anything is written, so that it is found in every text.

use super::{patterns, payload, reason};
use domain::{
    CheckId, Source,
    diagnosis::BY_RULES_OF_NOW,
    verdict::{Checked, Verdict},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What a name is a name of; replaced names are called after it, such as `[subscription-1]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// A subscription.
    Subscription,
    /// A management group.
    ManagementGroup,
    /// A tenant.
    Tenant,
    /// A resource group.
    ResourceGroup,
    /// A resource of any type.
    Resource,
    /// A target of the console.
    Target,
    /// An event hub or its namespace.
    EventHub,
    /// A workspace, or what writes into it.
    Workspace,
    /// An export, or an automation in Azure.
    Export,
    /// A person.
    Person,
    /// A value of a filter.
    Value,
    /// A tag of a subscription.
    Tag,
    /// Something an alert speaks of: an account, a machine, a file, an address.
    Entity,
    /// A host name.
    Host,
    /// An IP address.
    Address,
    /// The address of a page or service.
    Url,
    /// No name but an id: hashed instead of counted.
    Id,
}

impl Sort {
    /// The word in the replacement.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Subscription => "subscription",
            Self::ManagementGroup => "management-group",
            Self::Tenant => "tenant",
            Self::ResourceGroup => "resource-group",
            Self::Resource => "resource",
            Self::Target => "target",
            Self::EventHub => "event-hub",
            Self::Workspace => "workspace",
            Self::Export => "export",
            Self::Person => "person",
            Self::Value => "value",
            Self::Tag => "tag",
            Self::Entity => "entity",
            Self::Host => "host",
            Self::Address => "address",
            Self::Url => "url",
            Self::Id => "id",
        }
    }
}

/// Words of the product and of Azure that name nobody: a hub called `alerts` is replaced where it stands as a name, but the word
/// stays in sentences.
const COMMON: &[&str] = &[
    "a",
    "account",
    "active",
    "alert",
    "alerts",
    "all",
    "and",
    "arm",
    "assessment",
    "assessments",
    "azure",
    "by",
    "change",
    "changes",
    "console",
    "container",
    "containers",
    "continuous",
    "created",
    "critical",
    "data",
    "default",
    "defender",
    "deleted",
    "deliveries",
    "delivery",
    "dismissed",
    "event",
    "events",
    "export",
    "exports",
    // The names that the portal gives its own exports.
    "exporttoeventhub",
    "exporttoworkspace",
    "false",
    "filter",
    "finding",
    "findings",
    "for",
    "from",
    "group",
    "healthy",
    "high",
    "hub",
    "hubs",
    "id",
    "in",
    "informational",
    "key",
    "linux",
    "log",
    "logs",
    "low",
    "machine",
    "medium",
    "microsoft",
    "name",
    "namespace",
    "new",
    "no",
    "none",
    "not",
    "notapplicable",
    "null",
    "of",
    "off",
    "on",
    "or",
    "out",
    "policy",
    "recommendation",
    "recommendations",
    "resolved",
    "resource",
    "resources",
    "root",
    "rule",
    "rules",
    "sample",
    "score",
    "secure",
    "security",
    "send",
    "server",
    "servers",
    "service",
    "severity",
    "source",
    "sql",
    "state",
    "status",
    "storage",
    "subscription",
    "target",
    "targets",
    "tenant",
    "test",
    "the",
    "to",
    "true",
    "type",
    "unhealthy",
    "user",
    "value",
    "virtual",
    "virtualmachine",
    "vm",
    "windows",
    "with",
    "workspace",
    "yes",
];

/// Everything known to be a name or an id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// In lower case.
    names: BTreeMap<String, Sort>,
    /// As they were written, where letters beyond ASCII have a case: a search that knows only ASCII's finds no other.
    spelled: BTreeSet<String>,
    /// What everybody knows, in lower case: it stays.
    public: BTreeSet<String>,
}

impl Known {
    /// Adds a name or id. What was first called one thing stays that.
    pub fn add(&mut self, sort: Sort, name: &str) {
        let lower = name.trim().to_lowercase();
        if lower.chars().count() < 2 {
            return;
        }
        if !name.is_ascii() && name.trim() != lower {
            self.spelled.insert(name.trim().to_owned());
        }
        self.names.entry(lower).or_insert(sort);
    }

    /// Lets a name stay that says nothing of anybody, such as a host of Azure's own.
    pub fn keep(&mut self, name: &str) {
        self.public.insert(name.trim().to_lowercase());
    }

    pub(super) fn is_public(&self, lower: &str) -> bool {
        self.public.contains(lower)
    }

    /// Adds what checks name: their subjects, and what they saw that is called by a name.
    pub fn learn_checks<'a>(&mut self, all: impl IntoIterator<Item = &'a Checked>) {
        const NAMED: [&str; 8] =
            ["alias", "partner", "rule", "locks", "remediation", "by", "resource group", "authorization rule"];
        for one in all {
            one.subject.iter().for_each(|subject| self.add(Sort::Resource, subject));
            let is_decided = matches!(one.verdict, Verdict::Pass | Verdict::Fail);
            if is_decided && [CheckId::ExportRules, CheckId::AzureRules].contains(&one.check) {
                self.learn_reason(&one.said);
                one.evidence
                    .iter()
                    .filter(|seen| seen.name == BY_RULES_OF_NOW)
                    .for_each(|seen| self.learn_reason(&seen.value));
            }
            for seen in one.evidence.iter().filter(|seen| NAMED.contains(&seen.name.as_str())) {
                self.add(Sort::Resource, &seen.value);
                // Several stand with commas between them, each with a word in brackets behind it.
                for piece in seen.value.split(", ").filter_map(|piece| piece.split(" (").next()) {
                    self.add(Sort::Resource, piece);
                }
            }
        }
    }

    /// Adds what the reason of a decision tells of rules' values and of the event's.
    pub fn learn_reason(&mut self, reason: &str) {
        for piece in reason::untold(reason) {
            self.add(Sort::Value, piece);
        }
    }

    /// Adds the values of rules that are no words of a closed list.
    pub fn learn_rules<'a>(&mut self, sources: impl IntoIterator<Item = &'a Source>) {
        for rule in sources.into_iter().flat_map(|source| &source.rule_sets).flat_map(|set| &set.rules) {
            if (3..=200).contains(&rule.expected.chars().count())
                && !payload::is_harmless(last(&rule.path), &rule.expected)
            {
                self.add(Sort::Value, &rule.expected);
            }
        }
    }

    /// Adds what stands in a host name, also alone: people call a namespace by the first label of its host.
    pub fn add_host(&mut self, sort: Sort, host: &str) {
        self.add(sort, host);
        if let Some((label, _)) = host.split_once('.') {
            self.add(sort, label);
        }
    }

    /// Adds everything in a text that has the shape of a resource id, host name or account.
    pub fn learn(&mut self, text: &str) {
        let mut found = Vec::new();
        patterns::names_in(text, &mut |sort, name| found.push((sort, name.to_owned())));
        for (sort, name) in found {
            // The first label of a public host is a word such as "management".
            let is_public = |host: &String| *host == name || host.split('.').next() == Some(name.as_str());
            if sort != Sort::Host || !self.public.iter().any(is_public) {
                self.add(sort, &name);
            }
        }
    }

    /// The same for every text of a value.
    pub fn learn_value(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.learn(text),
            Value::Array(items) => items.iter().for_each(|item| self.learn_value(item)),
            Value::Object(members) => members.values().for_each(|member| self.learn_value(member)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// The same for whatever can be written as JSON.
    pub fn learn_from(&mut self, thing: &impl serde::Serialize) {
        if let Ok(value) = serde_json::to_value(thing) {
            self.learn_value(&value);
        }
    }

    /// Adds every value of a payload that is not harmless where it stands: what an alert speaks of can be named in any sentence
    /// about it.
    pub fn learn_payload(&mut self, value: &Value) {
        self.learn_value(value);
        payload::telling(value, &mut |text| {
            if (3..=200).contains(&text.chars().count()) {
                self.add(Sort::Entity, text);
            }
        });
    }

    /// What sort of name this is.
    pub(super) fn sort_of(&self, name: &str) -> Option<Sort> {
        self.names.get(name).copied()
    }

    /// Those that are looked for in sentences.
    pub(super) fn told(&self) -> impl Iterator<Item = &str> {
        let names = self.names.keys().map(String::as_str).filter(|name| !is_common(name));
        names.chain(self.spelled.iter().map(String::as_str))
    }
}

/// The member that a path ends at; nothing where it ends with an index or a name in quotes.
pub(super) fn last(path: &str) -> &str {
    path.rsplit('.').next().filter(|last| !last.contains('[')).unwrap_or_default()
}

fn is_common(name: &str) -> bool {
    COMMON.contains(&name)
}
