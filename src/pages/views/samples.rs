//! Sample alerts: the only test event that goes the whole way, from Defender for Cloud to every target.

use super::arrivals::arrival_tone;
use crate::{
    api::{self, At, RaiseSample, SamplesView},
    live::use_live,
    parts::{Load, OutcomeDot, PageTitle, SeverityBadge, When},
    paths,
};
use domain::sample::{Bundle, SampleAlert, SampleView};
use jiff::Timestamp;
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::{use_params_map, use_query_map};

/// Where they are asked for.
#[component]
pub fn SamplesPage() -> impl IntoView {
    let query = use_query_map();
    let of = Memo::new(move |_| {
        let query = query.read();
        (query.get("export").unwrap_or_default(), query.get("target").unwrap_or_default())
    });
    let found = Resource::new(move || of.get(), |(export, target)| api::samples(export, target));
    view! {
        <PageTitle text="Sample alerts" />
        <Load of=found view=page />
    }
}

fn page(At { now, value }: At<SamplesView>) -> AnyView {
    let SamplesView { subscriptions, of, samples } = value;
    let action = ServerAction::<RaiseSample>::new();
    let options: Vec<_> =
        subscriptions.into_iter().map(|(id, name)| view! { <option value=id>{name}</option> }).collect();
    let bundles: Vec<_> =
        Bundle::ALL.iter().map(|one| view! { <option value=one.as_str()>{one.label()}</option> }).collect();
    let about = of.map_or_else(String::new, |of| format!(" Only subscriptions that {of} covers are offered."));
    let rows: Vec<_> = samples
        .into_iter()
        .map(|(sample, name)| {
            view! {
                <tr>
                    <td class="wide" data-label="Sample alerts"><a class="rowlink" href=paths::sample(&sample.id)>{sample.bundle.label()}" in "{name}</a></td>
                    <td class="nw" data-label="Asked by">{sample.asked_by.clone()}</td>
                    <td class="nw" data-label="When"><When at=sample.asked_at now /></td>
                </tr>
            }
        })
        .collect();
    let earlier = (!rows.is_empty()).then(|| {
        view! {
            <section class="card">
                <header><h2>"Asked for earlier"</h2></header>
                <table class="table">
                    <thead><tr><th class="wide">"Sample alerts"</th><th>"Asked by"</th><th>"When"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </section>
        }
    });
    view! {
        <div class="stack">
            <div class="head">
                <div>
                    <h1>"Sample alerts"</h1>
                    <p>"The one test that goes the whole way: Defender for Cloud raises them, and this console follows them until they arrive."{about}</p>
                </div>
            </div>
            <div class="callout warn">
                <h2>"They reach every target"</h2>
                <p>"Sample alerts go wherever alerts of that subscription go: to all of its exports, this console's and Azure's, to Sentinel, to workflow automations and to people who get e-mail. Their names begin with [SAMPLE ALERT]. Tell whoever is on duty first."</p>
            </div>
            <section class="card">
                <header><h2>"Ask for some"</h2></header>
                <div class="body">
                    <ActionForm action=action>
                        <div class="stack">
                            <div class="field"><label for="subscription">"Subscription"</label><select class="input" id="subscription" name="subscription">{options}</select></div>
                            <div class="field"><label for="bundle">"Of"</label><select class="input" id="bundle" name="bundle">{bundles}</select></div>
                            <div class="row"><button class="btn primary" type="submit" disabled=move || action.pending().get()>"Raise sample alerts"</button><span class="dim sm">"needs the role Contributor on the subscription; they appear after some minutes"</span></div>
                            {move || action.value().get().and_then(Result::err).map(|error| view! { <p class="error" role="alert">{error.to_string()}</p> })}
                        </div>
                    </ActionForm>
                </div>
            </section>
            {earlier}
        </div>
    }
    .into_any()
}

/// How far they came, live.
#[component]
pub fn SamplePage() -> impl IntoView {
    let (params, live) = (use_params_map(), use_live());
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let found = Resource::new(move || (id.get(), live.tick.get()), |(id, _)| api::show_sample(id));
    view! {
        <PageTitle text="Sample alerts" />
        <Load of=found view=follow />
    }
}

fn follow(At { now, value }: At<SampleView>) -> AnyView {
    let SampleView { sample, subscription_name, said, alerts } = value;
    let observed = match alerts.len() {
        0 => {
            let said = said.map_or_else(String::new, |said| format!(" Azure says of the request: {said}."));
            format!("Not observed yet. They appear in Defender for Cloud after some minutes.{said}")
        }
        1 => "One was observed".to_owned(),
        n => format!("{n} were observed"),
    };
    let first = alerts.iter().map(|one| one.event.subject.observed_at).min();
    let is_there = !alerts.is_empty();
    let cards: Vec<_> = alerts.into_iter().map(|one| alert(one, now)).collect();
    view! {
        <div class="stack">
            <div class="head">
                <div>
                    <h1>"Sample alerts"</h1>
                    <p>{sample.bundle.label()}" in "<a class="link" href=paths::subscription(&sample.subscription)>{subscription_name}</a></p>
                </div>
                <div class="acts"><a class="btn" href=paths::SAMPLES>"Ask for others"</a></div>
            </div>
            <section class="card">
                <div class="body">
                    <ol class="timeline">
                        <li class="good"><div><b>"Asked for"</b>" by "{sample.asked_by.clone()}</div><When at=sample.asked_at now /></li>
                        <li class=is_there.then_some("good")><div><b>"Raised and observed"</b>" "{observed}</div>{first.map(|at| view! { <When at now /> })}</li>
                        <li class=is_there.then_some("good")><div><b>"Exported"</b>" below, export by export"</div></li>
                    </ol>
                </div>
            </section>
            {cards}
        </div>
    }
    .into_any()
}

fn alert(one: SampleAlert, now: Timestamp) -> AnyView {
    let SampleAlert { event, deliveries, arrivals } = one;
    let none = (deliveries.is_empty() && arrivals.is_empty()).then(|| {
        view! { <tr><td colspan="2" class="dim">"No export covers it: neither one of this console nor, as far as it can be seen, one of Azure's to a workspace."</td></tr> }
    });
    let ours: Vec<_> = deliveries
        .into_iter()
        .map(|row| {
            view! {
                <tr>
                    <td><a class="t rowlink" href=paths::delivery(&row.id)>{row.export_name.clone()}</a><div class="sm">"this console · "{row.target_name.clone()}" · "{row.reason.clone()}</div></td>
                    <td class="nw"><OutcomeDot outcome=row.outcome condition=row.condition /></td>
                </tr>
            }
        })
        .collect();
    let theirs: Vec<_> = arrivals
        .into_iter()
        .map(|row| {
            let name = row.export.as_ref().map_or_else(|| row.automation.name().to_owned(), |(_, name)| name.clone());
            let when = row.arrived_at.map(|at| view! { " · there "<When at now /> });
            view! {
                <tr>
                    <td><a class="t rowlink" href=paths::azure_export(&row.automation)>{name}</a><div class="sm">"Azure"{when}</div></td>
                    <td class="nw"><span class=arrival_tone(row.arrival)>{row.arrival.label()}</span></td>
                </tr>
            }
        })
        .collect();
    let subject = event.subject;
    view! {
        <section class="card">
            <header><h2><SeverityBadge severity=subject.severity />" "<a class="link" href=paths::event(&event.id)>{subject.title.clone()}</a></h2></header>
            <table class="table"><tbody>{ours}{theirs}{none}</tbody></table>
        </section>
    }
    .into_any()
}
