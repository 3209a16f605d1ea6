//! Which subscriptions: all, or some by management group and by name; with exceptions; with or without later ones.

use super::{keep::Editing, rules::lints_where};
use crate::{
    api::ScopeRow,
    editor::ExportForm,
    parts::{TextArea, error_of},
};
use domain::FieldError;
use leptos::prelude::*;
use std::collections::BTreeMap;

/// A management group with what is below it.
#[derive(Debug, Default)]
struct Group {
    name: String,
    groups: BTreeMap<String, Group>,
    subscriptions: Vec<usize>,
}

impl Group {
    fn count(&self) -> usize {
        self.subscriptions.len() + self.groups.values().map(Self::count).sum::<usize>()
    }
}

fn tree(rows: &[ScopeRow]) -> Group {
    let mut root = Group::default();
    for (at, row) in rows.iter().enumerate() {
        let mut here = &mut root;
        for group in row.groups.iter().rev() {
            here = here.groups.entry(group.id.clone()).or_default();
            here.name.clone_from(&group.name);
        }
        here.subscriptions.push(at);
    }
    root
}

pub(super) fn scope_card(
    form: &ExportForm,
    rows: &[ScopeRow],
    errors: &[FieldError],
    editing: Editing,
) -> impl IntoView + use<> {
    let all = form.scope != "some";
    let count = rows.len();
    let covered = {
        let rows = StoredValue::new(rows.to_vec());
        move || {
            let form = editing.typed.get();
            let covered = rows.with_value(|rows| rows.iter().filter(|row| covers(&form, row)).count());
            format!("{covered} of {count} subscriptions")
        }
    };
    let message = error_of(errors, "scope");
    let chosen = level(&tree(rows), rows, form);
    let except: Vec<_> = rows
        .iter()
        .map(|row| {
            let (id, checked) = (format!("except-{}", row.id), form.except.contains(&row.id));
            view! { <label class="tick"><input type="checkbox" id=id name="form[except][]" value=row.id.clone() checked=checked />{row.name.clone()}</label> }
        })
        .collect();
    // What is not seen at the moment stays, and can be taken out.
    let unseen = unseen(rows, form);
    let tags: Vec<_> = {
        let mut tags: Vec<String> = rows.iter().flat_map(|row| row.tags.clone()).collect();
        tags.sort();
        tags.dedup();
        tags.into_iter().take(60).collect()
    };
    let future = form.future != "no";
    let has_exceptions = !form.except.is_empty() || !form.tags.is_empty();
    let hint =
        (!tags.is_empty()).then(|| format!("In use: {}", tags.iter().take(8).cloned().collect::<Vec<_>>().join(", ")));
    view! {
        <section class="card">
            <header><h2>"Scope"</h2><span class="sm dim" aria-live="polite">{covered}</span></header>
            <div class="body stack">
                <fieldset class="field">
                    <legend>"Subscriptions"</legend>
                    <span class="seg">
                        <label><input type="radio" id="scope-all" name="form[scope]" value="all" checked=all />"All"</label>
                        <label><input type="radio" id="scope-some" name="form[scope]" value="some" checked=!all />"Only these"</label>
                    </span>
                </fieldset>
                {message.map(|message| view! { <p class="error" id="scope-error">{message}</p> })}
                <div class="when-some tree" role="group" aria-label="Chosen groups and subscriptions">{chosen}</div>
                {unseen}
                {lints_where(editing, |lint| lint.path == "scope")}
                <fieldset class="field">
                    <legend>"Subscriptions that appear later"</legend>
                    <span class="seg">
                        <label><input type="radio" id="future-yes" name="form[future]" value="yes" checked=future />"Covered too"</label>
                        <label><input type="radio" id="future-no" name="form[future]" value="no" checked=!future />"Left out"</label>
                    </span>
                    <p class="hint">"Decides for all of them, and for management groups. What is named is covered anyway."</p>
                </fieldset>
                <input type="hidden" name="form[as_of]" value=form.as_of.clone() />
                <details open=has_exceptions>
                    <summary>"Exceptions"</summary>
                    <div class="stack mt-8">
                        <div class="field">
                            <label for="tags">"Not those with a tag"</label>
                            <TextArea id="tags".to_owned() name="form[tags]".to_owned() rows=2 placeholder="environment=sandbox" text=form.tags.clone() label=None wrong=None />
                            <p class="hint">"One a line: name, or name=value. "{hint}</p>
                        </div>
                        <fieldset class="field"><legend>"Not these"</legend><div class="ticks scroll">{except}</div></fieldset>
                    </div>
                </details>
            </div>
        </section>
    }
}

/// Chosen and left out ids that no subscription or group here has.
fn unseen(rows: &[ScopeRow], form: &ExportForm) -> Option<AnyView> {
    let is_seen = |id: &String| rows.iter().any(|row| row.id == *id);
    let has_group =
        |id: &String| rows.iter().any(|row| row.groups.iter().any(|group| group.id.eq_ignore_ascii_case(id)));
    let tick = |name: &'static str, word: &'static str, id: &String| {
        let field = format!("{word}-{id}").replace(' ', "-");
        view! { <label class="tick"><input type="checkbox" id=field name=name value=id.clone() checked=true /><span class="mono">{id.clone()}</span><span class="dim sm">{word}</span></label> }
            .into_any()
    };
    let subscriptions =
        form.subscriptions.iter().filter(|id| !is_seen(id)).map(|id| tick("form[subscriptions][]", "covered", id));
    let groups =
        form.groups.iter().filter(|id| !has_group(id)).map(|id| tick("form[groups][]", "management group", id));
    let except = form.except.iter().filter(|id| !is_seen(id)).map(|id| tick("form[except][]", "left out", id));
    let found: Vec<AnyView> = subscriptions.chain(groups).chain(except).collect();
    (!found.is_empty()).then(|| {
        view! {
            <fieldset class="field">
                <legend>"Not seen at the moment: kept as long as they are ticked"</legend>
                <div class="ticks">{found}</div>
            </fieldset>
        }
        .into_any()
    })
}

/// What the form as typed covers; the server decides with the same rules.
fn covers(form: &ExportForm, row: &ScopeRow) -> bool {
    let (body, _) = form.read();
    let place = domain::Place {
        id: match domain::SubscriptionId::parse(&row.id) {
            Ok(id) => id,
            Err(_) => return false,
        },
        groups: row.groups.clone(),
        tags: row
            .tags
            .iter()
            .filter_map(|tag| tag.split_once('='))
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .collect(),
        first_listed_at: jiff::Timestamp::UNIX_EPOCH,
    };
    body.scope.covers(&place)
}

fn level(group: &Group, rows: &[ScopeRow], form: &ExportForm) -> AnyView {
    let groups: Vec<_> = group
        .groups
        .iter()
        .map(|(id, below)| {
            let checked = form.groups.iter().any(|one| one.eq_ignore_ascii_case(id));
            let (field, count) = (format!("group-{id}"), below.count());
            let inside = level(below, rows, form);
            view! {
                <li>
                    <label class="tick">
                        <input type="checkbox" id=field name="form[groups][]" value=id.clone() checked=checked />
                        <span>{below.name.clone()}" "<span class="dim sm">"management group, "{count}</span></span>
                    </label>
                    {inside}
                </li>
            }
        })
        .collect();
    let subscriptions: Vec<_> = group
        .subscriptions
        .iter()
        .filter_map(|at| rows.get(*at))
        .map(|row| {
            let checked = form.subscriptions.contains(&row.id);
            let field = format!("subscription-{}", row.id);
            let there = match row.exports.as_slice() {
                [] => None,
                [one] => Some(one.clone()),
                [one, rest @ ..] => Some(format!("{one} and {} more", rest.len())),
            };
            let there = there.map(|there| view! { <span class="dim sm">" · exported by "{there}</span> });
            view! {
                <li>
                    <label class="tick">
                        <input type="checkbox" id=field name="form[subscriptions][]" value=row.id.clone() checked=checked />
                        <span>{row.name.clone()}{there}</span>
                    </label>
                </li>
            }
        })
        .collect();
    view! { <ul>{groups}{subscriptions}</ul> }.into_any()
}
