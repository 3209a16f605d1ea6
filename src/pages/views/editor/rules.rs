//! Rules as rows: rule sets are alternatives, the rules inside one must all hold.

use super::keep::Editing;
use crate::{
    editor::{Change, ExportForm, change::field_id, form::RuleForm},
    parts::error_of,
};
use domain::{EventSource, FieldError, Operator, PropertyType};
use leptos::prelude::*;
use rules::{
    lint::{Level, Lint},
    survey::Survey,
};

/// Paths with at most this many values offer them.
const FEW: usize = 12;

pub(super) fn rows_view(
    at: usize,
    source: EventSource,
    form: &ExportForm,
    survey: &Survey,
    errors: &[FieldError],
    editing: Editing,
) -> AnyView {
    let first = form.rules.iter().position(|row| row.source == source.as_str()).unwrap_or(form.rules.len());
    let mut index = first;
    let sets: Vec<_> = form
        .rows(source)
        .into_iter()
        .enumerate()
        .map(|(set, rows)| {
            let rules: Vec<_> = rows
                .iter()
                .enumerate()
                .map(|(rule, row)| {
                    let name = index;
                    index += 1;
                    rule_view(Place { at, source, set, rule, name }, row, survey, errors, editing)
                })
                .collect();
            let or = (set > 0).then(|| view! { <div class="or">"or"</div> });
            view! {
                {or}
                <div class="ruleset" role="group" aria-label=format!("Rule set {}", set + 1)>
                    <header>
                        <span>"Rule set "{set + 1}": all of these must hold"</span>
                        {button(Change::RemoveSet(source, set), "Remove set", "btn quiet small", format!("{source}-{set}-remove"), editing)}
                    </header>
                    {rules}
                    <div>{button(Change::AddRule(source, set), "Add rule", "btn small", format!("{source}-{set}-add"), editing)}</div>
                    {lints_at(format!("sources[{at}].rule_sets[{set}]"), editing)}
                </div>
            }
        })
        .collect();
    let none = sets.is_empty().then(|| {
        view! { <p class="dim">"No rule sets: everything of this kind is sent."</p> }
    });
    view! {
        {completion(source, survey)}
        {none}
        {sets}
        <div>{button(Change::AddSet(source), "Add rule set", "btn", format!("{source}-add-set"), editing)}</div>
    }
    .into_any()
}

/// Where a rule stands: in the body, and as a field of the form.
#[derive(Clone, Copy)]
struct Place {
    at: usize,
    source: EventSource,
    set: usize,
    rule: usize,
    name: usize,
}

impl Place {
    fn id(self, member: &str) -> String {
        field_id(self.source, self.set, self.rule, member)
    }

    fn field(self, member: &str) -> String {
        format!("form[rules][{}][{member}]", self.name)
    }

    fn path(self) -> String {
        format!("sources[{}].rule_sets[{}].rules[{}]", self.at, self.set, self.rule)
    }
}

fn rule_view(place: Place, row: &RuleForm, survey: &Survey, errors: &[FieldError], editing: Editing) -> AnyView {
    let values = StoredValue::new(values_of(survey));
    let written = RwSignal::new(row.path.clone());
    let of = RwSignal::new(PropertyType::parse(&row.of).unwrap_or(PropertyType::String));
    let operator = Operator::parse(&row.operator).unwrap_or(Operator::Equals);
    // What is chosen is sent even where it does not fit the type: a browser leaves out what is disabled.
    let chosen = RwSignal::new(operator);
    let on_operator = move |event| chosen.set(Operator::parse(&event_target_value(&event)).unwrap_or(operator));
    let source = place.source;
    let list = move || {
        let path = written.get();
        values
            .with_value(|values| values.iter().position(|(known, ..)| *known == path))
            .map(|at| format!("values-{source}-{at}"))
    };
    // A path that is known brings the type that fits its values.
    let on_path = move |event| {
        let path = event_target_value(&event);
        let fits =
            values.with_value(|values| values.iter().find(|(known, ..)| *known == path).map(|(_, fits, _)| *fits));
        if let Some(fits) = fits {
            of.set(fits);
        }
        written.set(path);
    };
    let types: Vec<_> = PropertyType::ALL
        .iter()
        .map(|one| {
            let one = *one;
            view! { <option value=one.as_str() selected=move || of.get() == one>{one.label()}</option> }
        })
        .collect();
    let operators: Vec<_> = Operator::ALL
        .iter()
        .map(|one| {
            let one = *one;
            view! { <option value=one.as_str() selected=one == operator disabled=move || !one.fits(of.get()) && one != chosen.get()>{one.label()}</option> }
        })
        .collect();
    let message = error_of(errors, &place.path());
    let wrong = message.is_some().then_some("true");
    let here = format!("Rule {} of set {}", place.rule + 1, place.set + 1);
    view! {
        <div class="rule" role="group" aria-label=here>
            <input type="hidden" name=place.field("source") value=place.source.as_str() />
            <input type="hidden" name=place.field("set") value=place.set.to_string() />
            <input class="input mono" id=place.id("path") name=place.field("path") value=row.path.clone() list=format!("paths-{source}") placeholder="Severity" aria-label="Path" autocomplete="off" spellcheck="false" aria-invalid=wrong on:input=on_path />
            <select class="input" id=place.id("of") name=place.field("of") aria-label="Type" on:change=move |event| of.set(PropertyType::parse(&event_target_value(&event)).unwrap_or(PropertyType::String))>{types}</select>
            <select class="input" id=place.id("operator") name=place.field("operator") aria-label="Operator" on:change=on_operator>{operators}</select>
            <input class="input" id=place.id("expected") name=place.field("expected") value=row.expected.clone() list=list placeholder="High" aria-label="Expected value" autocomplete="off" />
            {button(Change::RemoveRule(place.source, place.set, place.rule), "Remove", "btn quiet", place.id("remove"), editing)}
            {message.map(|message| view! { <p class="error">{message}</p> })}
            {lints_at(place.path(), editing)}
        </div>
    }
    .into_any()
}

type Values = Vec<(String, PropertyType, Vec<String>)>;

fn values_of(survey: &Survey) -> Values {
    let few = survey.paths.iter().map(|(path, fact)| (path.clone(), fact.fits, fact.examples.clone()));
    few.collect()
}

/// Paths of real events of this kind, and the values of those that have few.
fn completion(source: EventSource, survey: &Survey) -> AnyView {
    let paths: Vec<_> = survey
        .paths
        .iter()
        .map(|(path, fact)| {
            let label = format!("in {} of {}", fact.events, survey.events);
            view! { <option value=path.clone()>{label}</option> }
        })
        .collect();
    let values: Vec<_> = survey
        .paths
        .values()
        .enumerate()
        .filter(|(_, fact)| !fact.examples.is_empty() && fact.examples.len() < FEW)
        .map(|(at, fact)| {
            let options: Vec<_> =
                fact.examples.iter().map(|value| view! { <option value=value.clone()></option> }).collect();
            view! { <datalist id=format!("values-{source}-{at}")>{options}</datalist> }
        })
        .collect();
    view! { <datalist id=format!("paths-{source}")>{paths}</datalist>{values} }.into_any()
}

/// A button that changes the form: here at once, or without JavaScript on the server.
pub(super) fn button(
    change: Change,
    label: impl Into<String>,
    class: &'static str,
    id: String,
    editing: Editing,
) -> AnyView {
    let intent = change.to_intent();
    let (value, label): (String, String) = (intent.clone(), label.into());
    view! { <button type="submit" class=class id=id name="form[intent]" value=value on:click=move |event| editing.press(&event, &intent)>{label}</button> }
        .into_any()
}

/// What is worth saying at exactly this place of the body, or at a member of it that is no place of its own.
fn lints_at(path: String, editing: Editing) -> AnyView {
    lints_where(editing, move |lint| {
        lint.path
            .strip_prefix(&path)
            .is_some_and(|rest| rest.is_empty() || (rest.starts_with('.') && !rest.contains("rules[")))
    })
}

/// What is worth saying at a source; `deep` takes in what stands at its rules, where these are not shown.
pub(super) fn lints_below(path: String, deep: bool, editing: Editing) -> AnyView {
    lints_where(editing, move |lint| {
        lint.path.strip_prefix(&path).is_some_and(|rest| rest.is_empty() || (deep && rest.starts_with('.')))
    })
}

/// What is worth saying at the places that `fits` names, with the buttons that mend it.
pub(super) fn lints_where(editing: Editing, fits: impl Fn(&Lint) -> bool + Send + Sync + 'static) -> AnyView {
    let found = move || {
        let found: Vec<Lint> = editing.lints.with(|lints| lints.iter().filter(|lint| fits(lint)).cloned().collect());
        found.into_iter().map(|lint| lint_view(lint, editing)).collect::<Vec<_>>()
    };
    found.into_any()
}

fn lint_view(lint: Lint, editing: Editing) -> AnyView {
    let tone = match lint.level {
        Level::Error => "callout bad",
        Level::Warning => "callout warn",
        Level::Note => "callout info",
    };
    // What stands between backticks is code.
    let message: Vec<_> = lint
        .message
        .split('`')
        .enumerate()
        .map(|(at, part)| {
            let part = part.to_owned();
            if at % 2 == 1 { view! { <code>{part}</code> }.into_any() } else { part.into_any() }
        })
        .collect();
    let fix = lint.fix.map(|fix| {
        let change = Change::Mend(Box::new(fix.mend));
        let id = format!("fix-{}-{}", lint.code, lint.path);
        view! { <div class="row">{button(change, fix.label, "btn small", id, editing)}</div> }
    });
    view! {
        <div class=tone data-lint=lint.code.as_str()>
            <h3>{lint.code.label()}" "<span class="dim sm mono">{lint.code.as_str()}</span></h3>
            <p>{message}</p>
            {fix}
        </div>
    }
    .into_any()
}
