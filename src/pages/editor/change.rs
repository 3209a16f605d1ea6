//! What the editor's buttons do to the form: the same in the browser and, without JavaScript, on the server.

use super::form::{ExportForm, Mode, RuleForm};
use domain::{EventSource, FieldError};
use rules::lint::{Mend, mend};

/// A button's meaning, written into its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Edit a source's filter in another way.
    Mode(EventSource, Mode),
    /// A new rule at the end of a set.
    AddRule(EventSource, usize),
    /// A new set with one rule.
    AddSet(EventSource),
    /// A rule goes, and with the last one its set.
    RemoveRule(EventSource, usize, usize),
    /// A set goes.
    RemoveSet(EventSource, usize),
    /// What a lint offers.
    Mend(Box<Mend>),
}

impl Change {
    /// The value of the button.
    pub fn to_intent(&self) -> String {
        match self {
            Self::Mode(source, mode) => format!("mode:{source}:{}", mode.as_str()),
            Self::AddRule(source, set) => format!("add-rule:{source}:{set}"),
            Self::AddSet(source) => format!("add-set:{source}"),
            Self::RemoveRule(source, set, rule) => format!("remove-rule:{source}:{set}:{rule}"),
            Self::RemoveSet(source, set) => format!("remove-set:{source}:{set}"),
            Self::Mend(mend) => format!("mend:{}", serde_json::to_string(mend).unwrap_or_default()),
        }
    }

    /// Reads the value of a button; `None` for saving, previewing, and what is no button of ours.
    pub fn parse(intent: &str) -> Option<Self> {
        if let Some(text) = intent.strip_prefix("mend:") {
            return serde_json::from_str(text).ok().map(|mend| Self::Mend(Box::new(mend)));
        }
        let mut parts = intent.split(':');
        let verb = parts.next()?;
        let source = EventSource::parse(parts.next()?)?;
        let mut number = || parts.next().and_then(|part| part.parse().ok());
        Some(match verb {
            "add-rule" => Self::AddRule(source, number()?),
            "add-set" => Self::AddSet(source),
            "remove-rule" => Self::RemoveRule(source, number()?, number()?),
            "remove-set" => Self::RemoveSet(source, number()?),
            "mode" => Self::Mode(source, Mode::parse(intent.rsplit(':').next()?)),
            _ => return None,
        })
    }

    /// The form afterwards. What cannot be done leaves it as it was.
    #[must_use]
    pub fn apply(&self, form: &ExportForm) -> ExportForm {
        let mut after = form.clone();
        after.intent.clear();
        match self {
            Self::Mode(source, mode) => {
                let (body, _) = form.read();
                if self.refusal(form).is_none()
                    && let Some(source) = body.sources.iter().find(|one| one.event_source == *source)
                {
                    after.show(source, *mode);
                }
            }
            Self::AddRule(source, set) => {
                after.rules = replace(
                    &form.rules,
                    *source,
                    |sets| {
                        let blank = blank();
                        match sets.get_mut(*set) {
                            Some(rows) => rows.push(blank),
                            None => sets.push(vec![blank]),
                        }
                    },
                    form,
                );
                after.modes.insert(source.as_str().to_owned(), Mode::Rules.as_str().to_owned());
            }
            Self::AddSet(source) => {
                after.rules = replace(&form.rules, *source, |sets| sets.push(vec![blank()]), form);
                after.modes.insert(source.as_str().to_owned(), Mode::Rules.as_str().to_owned());
            }
            Self::RemoveRule(source, set, rule) => {
                after.rules = replace(
                    &form.rules,
                    *source,
                    |sets| {
                        if let Some(rows) = sets.get_mut(*set).filter(|rows| *rule < rows.len()) {
                            rows.remove(*rule);
                        }
                        sets.retain(|rows| !rows.is_empty());
                    },
                    form,
                );
            }
            Self::RemoveSet(source, set) => {
                after.rules = replace(
                    &form.rules,
                    *source,
                    |sets| {
                        if *set < sets.len() {
                            sets.remove(*set);
                        }
                    },
                    form,
                );
            }
            Self::Mend(change) => {
                let (mut body, _) = form.read();
                mend(&mut body, change);
                after = ExportForm { confirm: String::new(), ..ExportForm::of(&body, form) };
            }
        }
        after
    }

    /// Why it cannot be done, at the place that is wrong: a filter that cannot be read is shown in no other way, for that
    /// would lose what is typed.
    pub fn refusal(&self, form: &ExportForm) -> Option<FieldError> {
        let Self::Mode(source, mode) = self else { return None };
        if form.mode(*source) == *mode {
            return None;
        }
        let at = form.event_sources().position(|one| one == *source)?;
        let prefix = format!("sources[{at}].");
        let (_, errors) = form.read();
        let wrong = errors.into_iter().find(|error| error.path.starts_with(&prefix))?;
        let part = if form.mode(*source) == Mode::Text { "JSON" } else { "filter" };
        let message = format!(
            "Can't switch to {} because the {part} is invalid: {}. Correct the {part}, then switch again.",
            mode.label(),
            wrong.message
        );
        Some(FieldError::new(wrong.path, message))
    }

    /// The id of the field to go to next.
    pub fn focus(&self, after: &ExportForm) -> Option<String> {
        let (source, set) = match self {
            Self::AddRule(source, set) => (source, *set),
            Self::AddSet(source) => (source, after.rows(*source).len().checked_sub(1)?),
            // What had the focus is gone: it goes to what is nearest.
            Self::RemoveRule(source, set, rule) if after.rows(*source).len() > *set => {
                return Some(field_id(*source, *set, rule.saturating_sub(1), "remove"));
            }
            Self::RemoveRule(source, ..) | Self::RemoveSet(source, _) => return Some(format!("{source}-add-set")),
            Self::Mend(mend) => return mended(mend, after),
            Self::Mode(..) => return None,
        };
        let rule = after.rows(*source).get(set)?.len().checked_sub(1)?;
        Some(field_id(*source, set, rule, "path"))
    }
}

/// The field that a fix changed, or the way of editing of its source.
fn mended(mend: &Mend, after: &ExportForm) -> Option<String> {
    let (at, field) = match mend {
        Mend::SetPath(at, set, rule, _) => (at, Some((set, rule, "path"))),
        Mend::SetOperator(at, set, rule, _) => (at, Some((set, rule, "operator"))),
        Mend::SetValue(at, set, rule, _) => (at, Some((set, rule, "expected"))),
        Mend::RemoveRule(at, ..) | Mend::RemoveSet(at, _) | Mend::AddValue(at, ..) => (at, None),
        Mend::AddSource(source) => return Some(format!("source-{source}")),
        Mend::RemoveSource(_) => return Some("name".to_owned()),
    };
    let source = after.event_sources().nth(*at)?;
    let mode = after.mode(source);
    Some(match field.filter(|_| mode == Mode::Rules) {
        Some((set, rule, member)) => field_id(source, *set, *rule, member),
        None => format!("{source}-{}", mode.as_str()),
    })
}

/// The id of a rule's field in the page.
pub fn field_id(source: EventSource, set: usize, rule: usize, member: &str) -> String {
    format!("{source}-{set}-{rule}-{member}")
}

fn blank() -> RuleForm {
    RuleForm { of: "String".to_owned(), operator: "Equals".to_owned(), ..RuleForm::default() }
}

/// The rows with one source's sets changed, numbered anew.
fn replace(
    rules: &[RuleForm],
    source: EventSource,
    change: impl FnOnce(&mut Vec<Vec<RuleForm>>),
    form: &ExportForm,
) -> Vec<RuleForm> {
    let mut sets = form.rows(source);
    change(&mut sets);
    let others = rules.iter().filter(|row| row.source != source.as_str()).cloned();
    let mine = sets.into_iter().enumerate().flat_map(|(set, rows)| {
        rows.into_iter().map(move |row| RuleForm { source: source.as_str().to_owned(), set: set.to_string(), ..row })
    });
    others.chain(mine).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buttons_survive_their_value_and_rows_are_numbered_anew() {
        let source = EventSource::Alerts;
        let form = Change::Mode(source, Mode::Rules).apply(&ExportForm::fresh());
        let form = Change::AddRule(source, 0).apply(&form);
        let form = Change::AddSet(source).apply(&form);
        assert_eq!(form.rows(source).iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(Change::AddSet(source).focus(&form).as_deref(), Some("Alerts-1-0-path"));
        let form = Change::RemoveSet(source, 0).apply(&form);
        assert_eq!(form.rows(source).len(), 1);
        assert_eq!(form.rules[0].set, "0");
        for change in [
            Change::Mode(source, Mode::Text),
            Change::AddRule(source, 2),
            Change::AddSet(source),
            Change::RemoveRule(source, 1, 2),
            Change::RemoveSet(source, 3),
            Change::Mend(Box::new(Mend::SetPath(0, 1, 2, "a:b".into()))),
        ] {
            assert_eq!(Change::parse(&change.to_intent()), Some(change));
        }
        assert_eq!(Change::parse("save"), None);
    }

    #[test]
    fn text_that_cannot_be_read_stays_text() {
        let mut form = Change::Mode(EventSource::Alerts, Mode::Text).apply(&ExportForm::fresh());
        form.texts.insert("Alerts".into(), "[{".into());
        assert_eq!(Change::Mode(EventSource::Alerts, Mode::Rules).apply(&form).texts["Alerts"], "[{");
        let refused = Change::Mode(EventSource::Alerts, Mode::Rules).refusal(&form).unwrap();
        assert_eq!(refused.path, "sources[0].rule_sets");
        assert!(refused.message.starts_with("Can't switch to Rules because the JSON is invalid: "), "{refused:?}");
        assert_eq!(Change::Mode(EventSource::Alerts, Mode::Text).refusal(&form), None);
        form.texts.insert("Alerts".into(), "[]".into());
        assert_eq!(Change::Mode(EventSource::Alerts, Mode::Rules).refusal(&form), None);
        assert_eq!(
            Change::Mode(EventSource::Alerts, Mode::Choices).apply(&form).mode(EventSource::Alerts),
            Mode::Choices
        );
    }
}
