//! Which data, and for each chosen source its filter: choices, rules or JSON.

use super::{
    keep::Editing,
    rules::{lints_below, rows_view},
};
use crate::{
    editor::{Change, ExportForm, Mode},
    parts::{TextArea, error_of},
};
use domain::{
    EventSource, FieldError, Kind,
    choices::{Offer, Offers},
};
use leptos::prelude::*;
use rules::{
    options::{Dimension, dimensions, values},
    survey::{Survey, Surveys},
    told,
};

/// Chosen values beyond the offers that are shown as ticks; the rest are lines of text.
const MOST_TICKS: usize = 400;

pub(super) fn picker(form: &ExportForm, errors: &[FieldError]) -> impl IntoView + use<> {
    let message = error_of(errors, "sources").filter(|_| form.sources.is_empty());
    let tick = |source: EventSource, label: &'static str| {
        let checked = form.sources.iter().any(|one| one == source.as_str());
        view! { <label class="tick"><input type="checkbox" id=format!("source-{source}") name="form[sources][]" value=source.as_str() checked=checked />{label}</label> }
    };
    let rows: Vec<_> = Kind::ALL
        .iter()
        .map(|kind| {
            let of = |streams: bool| {
                EventSource::ALL.iter().copied().find(|one| one.kind() == *kind && one.is_streaming() == streams)
            };
            let (streams, weekly) = (of(true), of(false));
            let name = streams.map(EventSource::label).unwrap_or_default();
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    <td>{streams.map(|one| tick(one, "as it changes"))}</td>
                    <td>{weekly.map_or_else(|| view! { <span class="dim sm">"has no weekly form"</span> }.into_any(), |one| tick(one, "whole state, weekly").into_any())}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <section class="card">
            <header><h2>"Data"</h2><span class="sm dim">"each kind with its own filter"</span></header>
            <table class="table plain pick">
                <caption class="visually-hidden">"Kinds of data"</caption>
                <tbody>{rows}</tbody>
            </table>
            {message.map(|message| view! { <p class="error pad" id="sources-error">{message}</p> })}
        </section>
    }
}

pub(super) fn cards(
    form: &ExportForm,
    offers: &Offers,
    surveys: &Surveys,
    errors: &[FieldError],
    editing: Editing,
) -> Vec<AnyView> {
    let empty = Survey::default();
    form.event_sources()
        .enumerate()
        .map(|(at, source)| {
            let survey = surveys.get(&source.kind()).unwrap_or(&empty);
            card(at, source, form, offers, survey, errors, editing)
        })
        .collect()
}

fn card(
    at: usize,
    source: EventSource,
    form: &ExportForm,
    offers: &Offers,
    survey: &Survey,
    errors: &[FieldError],
    editing: Editing,
) -> AnyView {
    let mode = form.mode(source);
    let filter = match mode {
        Mode::Choices => choices_view(source, form, offers, editing),
        Mode::Rules => rows_view(at, source, form, survey, errors, editing),
        Mode::Text => text_view(at, source, form, errors),
    };
    let modes: Vec<_> = Mode::ALL
        .iter()
        .map(|one| {
            let intent = Change::Mode(source, *one).to_intent();
            let value = intent.clone();
            view! {
                <button type="submit" id=format!("{source}-{}", one.as_str()) name="form[intent]" value=value aria-pressed=if *one == mode { "true" } else { "false" } on:click=move |event| editing.press(&event, &intent)>
                    {one.label()}
                </button>
            }
        })
        .collect();
    let changes = (source == EventSource::Alerts).then(|| changes_view(form));
    let place = format!("sources[{at}].");
    let refused = move || {
        let refused = editing.refused.get().filter(|refused| refused.path.starts_with(&place))?;
        Some(view! { <p class="error" role="alert">{refused.message}</p> })
    };
    let said = move || editing.typed.with(|form| sentence(source, form));
    let kept = (mode == Mode::Rules && form.mode(source) == Mode::Rules && !can_be_choices(source, form))
        .then_some("These rules say more than choices can; they stay rules.");
    view! {
        <section class="card" aria-label=source.label()>
            <header>
                <h2>{source.label()}</h2>
                <span class="seg sm" role="group" aria-label="Edit the filter as">{modes}</span>
            </header>
            <input type="hidden" name=format!("form[modes][{source}]") value=mode.as_str() />
            <div class="body stack">
                {refused}
                {filter}
                {kept.map(|kept| view! { <p class="hint dim sm">{kept}</p> })}
                {changes}
                {said}
                {lints_below(format!("sources[{at}]"), mode != Mode::Rules, editing)}
            </div>
        </section>
    }
    .into_any()
}

fn can_be_choices(source: EventSource, form: &ExportForm) -> bool {
    let (body, _) = form.read();
    body.sources
        .iter()
        .find(|one| one.event_source == source)
        .is_some_and(|one| rules::options::recognise(one).is_some_and(|choices| !choices.all_by_type))
}

fn changes_view(form: &ExportForm) -> AnyView {
    let every = form.changes == "all";
    view! {
        <fieldset class="field">
            <legend>"Status changes of alerts"</legend>
            <span class="seg">
                <label><input type="radio" id="changes-created" name="form[changes]" value="created" checked=!every />"New alerts only"</label>
                <label><input type="radio" id="changes-all" name="form[changes]" value="all" checked=every />"Status changes too"</label>
            </span>
        </fieldset>
    }
    .into_any()
}

/// What the choices mean, as the rules they compile to.
fn sentence(source: EventSource, form: &ExportForm) -> Option<AnyView> {
    const SHOWN: usize = 4;
    if form.mode(source) != Mode::Choices {
        return None;
    }
    let (body, _) = form.read();
    let sets = &body.sources.iter().find(|one| one.event_source == source)?.rule_sets;
    if sets.is_empty() {
        return Some(view! { <p class="dim sm">"No filter: everything of this kind is sent."</p> }.into_any());
    }
    let lines: Vec<_> = sets
        .iter()
        .take(SHOWN)
        .map(|set| {
            let rules: Vec<String> = set.rules.iter().map(|rule| told(source.kind(), rule)).collect();
            format!("{}\n", rules.join(" and "))
        })
        .collect();
    let more = sets.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| format!("or {more} more"));
    Some(
        view! { <div class="code sm" aria-label="The rules these choices mean">{lines.join("or ")}{more}</div> }
            .into_any(),
    )
}

fn choices_view(source: EventSource, form: &ExportForm, offers: &Offers, editing: Editing) -> AnyView {
    let fields: Vec<AnyView> =
        dimensions(source).map(|dimension| dimension_view(source, dimension, form, offers, editing)).collect();
    if fields.is_empty() {
        return view! { <p class="dim">"The portal offers no filter for this kind. Rules can filter it all the same."</p> }.into_any();
    }
    fields.into_any()
}

fn dimension_view(
    source: EventSource,
    dimension: Dimension,
    form: &ExportForm,
    offers: &Offers,
    editing: Editing,
) -> AnyView {
    let chosen = form.choices(source).get(dimension).to_vec();
    let known = values(source, dimension);
    let name = |value: &str| format!("{source}/{}/{value}", dimension.as_str());
    let field = |value: &str| format!("{source}-{}-{value}", dimension.as_str());
    let other = |offered: &[String]| -> Vec<String> {
        chosen.iter().filter(|one| !offered.iter().any(|known| known.eq_ignore_ascii_case(one))).cloned().collect()
    };
    // A value that is written in another letter case stays as it is written.
    let written = |value: &str| chosen.iter().find(|one| one.eq_ignore_ascii_case(value)).cloned();
    if !known.is_empty() {
        let offered: Vec<String> = known.iter().map(|value| (*value).to_owned()).collect();
        let ticks: Vec<_> = offered
            .iter()
            .cloned()
            .chain(other(&offered))
            .map(|value| {
                let mine = written(&value);
                let checked = mine.is_some();
                view! { <label><input type="checkbox" id=field(&value) name="form[chosen][]" value=name(mine.as_deref().unwrap_or(&value)) checked=checked />{value}</label> }
            })
            .collect();
        return view! {
            <fieldset class="field">
                <legend>{dimension.label()}</legend>
                <span class="seg">{ticks}</span>
                <p class="hint">"None chosen: any."</p>
            </fieldset>
        }
        .into_any();
    }
    let list: &[Offer] = match dimension {
        Dimension::Recommendation => &offers.recommendations,
        Dimension::Control => &offers.controls,
        Dimension::Standard => &offers.standards,
        Dimension::Plan => &offers.plans,
        Dimension::Severity | Dimension::Status => &[],
    };
    let offered: Vec<String> = list.iter().map(|one| one.value.clone()).collect();
    let ticks: Vec<_> = list
        .iter()
        .take(MOST_TICKS)
        .map(|one| {
            let mine = written(&one.value);
            let checked = mine.is_some();
            let about = (!one.about.is_empty()).then(|| view! { <span class="dim sm">" "{one.about.clone()}</span> });
            view! { <label class="tick"><input type="checkbox" id=field(&one.value) name="form[chosen][]" value=name(mine.as_deref().unwrap_or(&one.value)) checked=checked /><span>{one.name.clone()}{about}</span></label> }
        })
        .collect();
    let more = other(&offered);
    let (key, more_count) = (format!("form[more][{source}/{}]", dimension.as_str()), more.len());
    let lines = more.join("\n");
    let id = format!("{source}-{}-more", dimension.as_str());
    let label = format!("{}s by their key, one a line", dimension.label());
    let known = list.len();
    let about = move || match editing.typed.with(|form| form.choices(source).get(dimension).len()) {
        0 => "none chosen: any".to_owned(),
        n => format!("{n} chosen, {known} known"),
    };
    view! {
        <details class="field fold" open=!chosen.is_empty() && chosen.len() <= MOST_TICKS>
            <summary>{dimension.label()}" "<span class="dim sm">{about}</span></summary>
            <fieldset class="mt-8"><legend class="visually-hidden">{dimension.label()}</legend><div class="ticks scroll">{ticks}</div></fieldset>
            <details class="mt-8" open=more_count != 0 && more_count <= MOST_TICKS>
                <summary class="sm">"Others by their key"</summary>
                <TextArea id name=key rows=3 text=lines label=Some(label) wrong=None />
            </details>
        </details>
    }
    .into_any()
}

fn text_view(at: usize, source: EventSource, form: &ExportForm, errors: &[FieldError]) -> AnyView {
    let text = form.texts.get(source.as_str()).cloned().unwrap_or_default();
    let message = error_of(errors, &format!("sources[{at}].rule_sets"));
    let wrong = message.is_some();
    let (id, error) = (format!("{source}-json"), format!("{source}-json-error"));
    let (label, described) = (id.clone(), error.clone());
    view! {
        <div class="field">
            <label for=label>"Rule sets as an automation writes them"</label>
            <TextArea id name=format!("form[texts][{source}]") rows=14 text label=None wrong=wrong.then_some(described) />
            {message.map(|message| view! { <p class="error" id=error>{message}</p> })}
            <p class="hint">"Rule sets are alternatives; the rules inside one must all hold. Nothing here: everything is sent."</p>
        </div>
    }
    .into_any()
}
