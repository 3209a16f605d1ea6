//! The editor's form as text: what a browser sends with and without JavaScript, the export it means, and the form that
//! shows an export.
//!
//! A source's filter is kept in one of three ways: *choices* (what the portal offers), *rules* (rows), *text* (JSON as in
//! automations). Turning one into another never loses anything: what choices cannot say stays rules.

use super::azure_form::AzureForm;
use domain::{
    Changes, DeliveredBy, EventSource, ExportBody, FieldError, NO_TARGET, Operator, PropertyType, Rule, RuleSet, Scope,
    Source, SubscriptionId, Tag, TargetId, time,
};
use rules::options::{Choices, Dimension, compile, dimensions, recognise, values};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// More rules than this are edited as text.
pub const MOST_ROWS: usize = 150;
/// An export without the rules that nobody has begun to write: what a preview looks at meanwhile.
pub fn without_blank_rules(body: &ExportBody) -> ExportBody {
    let mut body = body.clone();
    for source in &mut body.sources {
        for set in &mut source.rule_sets {
            if set.rules.len() > 1 {
                set.rules.retain(|rule| !is_blank(rule));
            }
        }
        source.rule_sets.retain(|set| !set.rules.iter().all(is_blank) || set.rules.is_empty());
    }
    body
}

/// A row that was only just added. One with a value and no path is wrong, and no preview may hide it.
fn is_blank(rule: &Rule) -> bool {
    rule.path.trim().is_empty() && rule.expected.trim().is_empty()
}

/// One rule as a row of the form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleForm {
    /// The event source it filters.
    pub source: String,
    /// Its rule set, counted from 0.
    pub set: String,
    /// `propertyJPath`.
    pub path: String,
    /// `propertyType`.
    pub of: String,
    /// `operator`.
    pub operator: String,
    /// `expectedValue`.
    pub expected: String,
}

/// The whole form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExportForm {
    /// The export's id; empty for a new one.
    pub id: String,
    /// The version that is being edited.
    pub version: String,
    /// Its name.
    pub name: String,
    /// `all` or `some`.
    pub scope: String,
    /// The chosen subscriptions.
    pub subscriptions: Vec<String>,
    /// The chosen management groups.
    pub groups: Vec<String>,
    /// Subscriptions left out.
    pub except: Vec<String>,
    /// Tags whose subscriptions are left out: `name` or `name=value`, one a line.
    pub tags: String,
    /// `no` when subscriptions that appear later are left out.
    pub future: String,
    /// Since when, where that is decided.
    pub as_of: String,
    /// The chosen event sources.
    pub sources: Vec<String>,
    /// Alerts: `created` or `all`.
    pub changes: String,
    /// Per event source `choices`, `rules` or `text`.
    pub modes: BTreeMap<String, String>,
    /// What is chosen: `source/dimension/value`.
    pub chosen: Vec<String>,
    /// What is chosen besides, typed one a line, by `source/dimension`.
    pub more: BTreeMap<String, String>,
    /// Rules, as rows.
    pub rules: Vec<RuleForm>,
    /// Rule sets as JSON, by event source.
    pub texts: BTreeMap<String, String>,
    /// `azure` when Azure delivers it.
    pub delivered_by: String,
    /// The target's id.
    pub target: String,
    /// What Azure needs, where it delivers.
    pub azure: AzureForm,
    /// `on` to save although something can never match.
    pub confirm: String,
    /// What the pressed button means; see [`super::change`].
    pub intent: String,
}

/// How a source's filter is edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What the portal offers.
    Choices,
    /// Rows of rules.
    Rules,
    /// JSON.
    Text,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Choices, Self::Rules, Self::Text];

    /// Its word in the form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Choices => "choices",
            Self::Rules => "rules",
            Self::Text => "text",
        }
    }

    /// Its name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Choices => "Choices",
            Self::Rules => "Rules",
            Self::Text => "JSON",
        }
    }

    /// Reads the word; choices where there is none.
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text).unwrap_or(Self::Choices)
    }
}

impl ExportForm {
    /// What a new export begins with: new alerts of High severity, everywhere.
    pub fn fresh() -> Self {
        Self {
            scope: "all".to_owned(),
            future: "yes".to_owned(),
            changes: "created".to_owned(),
            sources: vec!["Alerts".to_owned()],
            chosen: vec!["Alerts/severity/High".to_owned()],
            delivered_by: "console".to_owned(),
            ..Self::default()
        }
    }

    /// The chosen event sources, in their order.
    pub fn event_sources(&self) -> impl Iterator<Item = EventSource> {
        EventSource::ALL.iter().copied().filter(|source| self.sources.iter().any(|one| one == source.as_str()))
    }

    /// How a source's filter is edited.
    pub fn mode(&self, source: EventSource) -> Mode {
        self.modes.get(source.as_str()).map_or(Mode::Choices, |text| Mode::parse(text))
    }

    /// Whether a value of a dimension is chosen.
    pub fn has(&self, source: EventSource, dimension: Dimension, value: &str) -> bool {
        let prefix = prefix(source, dimension);
        self.chosen.iter().any(|one| one.strip_prefix(&prefix).is_some_and(|one| one.eq_ignore_ascii_case(value)))
    }

    /// The rule sets of a source that is edited as rows.
    pub fn rows(&self, source: EventSource) -> Vec<Vec<RuleForm>> {
        let mut sets: BTreeMap<usize, Vec<RuleForm>> = BTreeMap::new();
        for row in self.rules.iter().filter(|row| row.source == source.as_str()) {
            sets.entry(row.set.parse().unwrap_or_default()).or_default().push(row.clone());
        }
        sets.into_values().collect()
    }

    /// The form that shows an export. `like` is the form before: sources stay in their way of editing where they can.
    pub fn of(body: &ExportBody, like: &Self) -> Self {
        let scope = &body.scope;
        let tags = scope.except_tags.iter().map(|tag| match &tag.value {
            Some(value) => format!("{}={value}", tag.name),
            None => tag.name.clone(),
        });
        let mut form = Self {
            id: like.id.clone(),
            version: like.version.clone(),
            name: body.name.clone(),
            scope: if scope.all { "all" } else { "some" }.to_owned(),
            subscriptions: scope.subscriptions.iter().map(ToString::to_string).collect(),
            groups: scope.management_groups.clone(),
            except: scope.except.iter().map(ToString::to_string).collect(),
            tags: tags.collect::<Vec<_>>().join("\n"),
            future: if scope.future { "yes" } else { "no" }.to_owned(),
            as_of: scope.as_of.map(time::rfc3339).unwrap_or_default(),
            changes: "created".to_owned(),
            delivered_by: body.delivered_by.as_str().to_owned(),
            azure: body.azure.as_ref().map_or_else(AzureForm::default, AzureForm::of),
            target: if body.target.as_str() == NO_TARGET { String::new() } else { body.target.to_string() },
            ..Self::default()
        };
        for source in &body.sources {
            form.show(source, like.mode(source.event_source));
        }
        form
    }

    /// Shows a source's filter in the wanted way, or in the nearest that can.
    pub fn show(&mut self, source: &Source, wanted: Mode) {
        let of = source.event_source;
        let word = of.as_str().to_owned();
        self.forget(of);
        if !self.sources.contains(&word) {
            self.sources.push(word.clone());
        }
        if of == EventSource::Alerts {
            source.changes.as_str().clone_into(&mut self.changes);
        }
        let choices = recognise(source).filter(|choices| !choices.all_by_type);
        let rows = source.rule_sets.iter().map(|set| set.rules.len()).sum::<usize>();
        // A field of one line would drop line breaks.
        let is_one_line = |rule: &Rule| ![&rule.path, &rule.expected].iter().any(|text| text.contains(['\n', '\r']));
        let fits_rows = rows <= MOST_ROWS
            && source.rule_sets.iter().all(|set| !set.rules.is_empty() && set.rules.iter().all(is_one_line));
        let mode = match (wanted, &choices) {
            (Mode::Choices, Some(_)) => Mode::Choices,
            (Mode::Choices | Mode::Rules, _) if fits_rows => Mode::Rules,
            _ => Mode::Text,
        };
        self.modes.insert(word.clone(), mode.as_str().to_owned());
        match (mode, choices) {
            (Mode::Choices, Some(choices)) => self.choose(of, &choices),
            (Mode::Choices | Mode::Text, _) => {
                let text = serde_json::to_string_pretty(&source.rule_sets).unwrap_or_default();
                self.texts.insert(word, text);
            }
            (Mode::Rules, _) => {
                for (set, rules) in source.rule_sets.iter().enumerate() {
                    self.rules.extend(rules.rules.iter().map(|rule| RuleForm {
                        source: word.clone(),
                        set: set.to_string(),
                        path: rule.path.clone(),
                        of: rule.property_type.as_str().to_owned(),
                        operator: rule.operator.as_str().to_owned(),
                        expected: rule.expected.clone(),
                    }));
                }
            }
        }
    }

    fn choose(&mut self, of: EventSource, choices: &Choices) {
        for (dimension, chosen) in &choices.chosen {
            let known = values(of, *dimension);
            // What is ticked by name is short; long lists are lines of text.
            let lines = known.is_empty() && chosen.len() > MOST_ROWS;
            if lines {
                self.more.insert(format!("{}/{}", of.as_str(), dimension.as_str()), chosen.join("\n"));
            } else {
                self.chosen.extend(chosen.iter().map(|value| format!("{}{value}", prefix(of, *dimension))));
            }
        }
    }

    /// Takes a source's filter out of the form.
    pub fn forget(&mut self, of: EventSource) {
        let word = of.as_str();
        let prefix = format!("{word}/");
        self.chosen.retain(|one| !one.starts_with(&prefix));
        self.more.retain(|key, _| !key.starts_with(&prefix));
        self.rules.retain(|row| row.source != word);
        self.texts.remove(word);
    }

    /// The export that the form means. It can be previewed even when errors are found.
    pub fn read(&self) -> (ExportBody, Vec<FieldError>) {
        let mut errors = Vec::new();
        let all = self.scope != "some";
        let mut ids = |texts: &[String]| -> Vec<SubscriptionId> {
            texts
                .iter()
                .filter(|text| !text.is_empty())
                .filter_map(|text| {
                    SubscriptionId::parse(text)
                        .map_err(|error| errors.push(FieldError::new("scope", error.to_string())))
                        .ok()
                })
                .collect()
        };
        let scope = Scope {
            all,
            subscriptions: if all { Vec::new() } else { ids(&self.subscriptions) },
            management_groups: if all { Vec::new() } else { self.groups.clone() },
            except: ids(&self.except),
            except_tags: tags(&self.tags),
            future: self.future != "no" && (all || !self.groups.is_empty()),
            as_of: if self.future == "no" { time::parse(&self.as_of) } else { None },
        };
        let mut sources = Vec::new();
        for (at, of) in self.event_sources().enumerate() {
            sources.push(self.source(of, at, &mut errors));
        }
        let by = DeliveredBy::parse(&self.delivered_by).unwrap_or(DeliveredBy::Console);
        let wanted = (by == DeliveredBy::Azure).then(|| self.azure.read());
        let azure = wanted.and_then(|read| read.map_err(|wrong| errors.extend(wrong)).ok());
        let chosen = if by == DeliveredBy::Azure { NO_TARGET } else { &self.target };
        let target = TargetId::parse(chosen).or_else(|_| {
            errors.push(FieldError::new("target", "choose where the events go"));
            TargetId::parse(NO_TARGET)
        });
        let body = ExportBody {
            name: self.name.clone(),
            delivered_by: by,
            scope,
            sources,
            target: target.unwrap_or_else(|_| unreachable!("{NO_TARGET} has the shape of an id")),
            azure,
        };
        (body, errors)
    }

    fn source(&self, of: EventSource, at: usize, errors: &mut Vec<FieldError>) -> Source {
        let changes = match Changes::parse(&self.changes) {
            Some(changes) if of == EventSource::Alerts => changes,
            _ => Changes::Created,
        };
        let word = of.as_str();
        match self.mode(of) {
            Mode::Choices => compile(of, changes, &self.choices(of)),
            Mode::Rules => {
                let mut rule_sets = Vec::new();
                for (s, rows) in self.rows(of).iter().enumerate() {
                    let mut rules = Vec::new();
                    for (r, row) in rows.iter().enumerate() {
                        let field = |member: &str| format!("sources[{at}].rule_sets[{s}].rules[{r}].{member}");
                        let of = PropertyType::parse(&row.of).unwrap_or_else(|| {
                            errors.push(FieldError::new(field("propertyType"), format!("`{}` is no type", row.of)));
                            PropertyType::String
                        });
                        let operator = Operator::parse(&row.operator).unwrap_or_else(|| {
                            errors
                                .push(FieldError::new(field("operator"), format!("`{}` is no operator", row.operator)));
                            Operator::Equals
                        });
                        rules.push(Rule {
                            path: row.path.clone(),
                            property_type: of,
                            operator,
                            expected: row.expected.clone(),
                        });
                    }
                    rule_sets.push(RuleSet { rules });
                }
                Source { event_source: of, changes, rule_sets }
            }
            Mode::Text => {
                let text = self.texts.get(word).map(String::as_str).unwrap_or_default();
                let rule_sets = read_text(text, of).unwrap_or_else(|message| {
                    errors.push(FieldError::new(format!("sources[{at}].rule_sets"), message));
                    Vec::new()
                });
                Source { event_source: of, changes, rule_sets }
            }
        }
    }

    /// What is chosen for a source, in the order of its dimensions.
    pub fn choices(&self, of: EventSource) -> Choices {
        let mut choices = Choices::default();
        for dimension in dimensions(of) {
            let prefix = prefix(of, dimension);
            let lines = self.more.get(&format!("{}/{}", of.as_str(), dimension.as_str()));
            let mut found: Vec<String> = Vec::new();
            let typed =
                lines.into_iter().flat_map(|lines| lines.lines()).map(str::trim).filter(|line| !line.is_empty());
            for value in self.chosen.iter().filter_map(|one| one.strip_prefix(&prefix)).chain(typed) {
                if !value.is_empty() && !found.iter().any(|known| known == value) {
                    found.push(value.to_owned());
                }
            }
            choices = choices.and(dimension, found);
        }
        choices
    }
}

fn prefix(of: EventSource, dimension: Dimension) -> String {
    format!("{}/{}/", of.as_str(), dimension.as_str())
}

fn tags(text: &str) -> Vec<Tag> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| match line.split_once('=') {
            Some((name, value)) => Tag { name: name.trim().to_owned(), value: Some(value.trim().to_owned()) },
            None => Tag { name: line.to_owned(), value: None },
        })
        .collect()
}

/// Reads rule sets as JSON: `[{"rules":[…]}]`, a source of an automation, or nothing for "everything". An object that is no
/// source is refused: taken for "everything" it would send more than its author means.
pub fn read_text(text: &str, of: EventSource) -> Result<Vec<RuleSet>, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Written {
        #[serde(rename = "eventSource", alias = "event_source")]
        event_source: Option<EventSource>,
        #[serde(rename = "changes")]
        _changes: Option<Changes>,
        #[serde(rename = "ruleSets", alias = "rule_sets")]
        rule_sets: Option<Vec<RuleSet>>,
    }
    const SHAPE: &str = "rule sets look like [{\"rules\": […]}]";
    let text = text.trim();
    if text.is_empty() || text == "null" {
        return Ok(Vec::new());
    }
    if text.starts_with('[') {
        return serde_json::from_str(text).map_err(|error| error.to_string());
    }
    let written: Written = serde_json::from_str(text).map_err(|error| format!("{error}; {SHAPE}"))?;
    match written.event_source {
        None if written.rule_sets.is_none() => Err(format!("it names no ruleSets; {SHAPE}")),
        Some(other) if other != of => Err(format!("it is the source {other}, and this is {of}")),
        _ => Ok(written.rule_sets.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests;
