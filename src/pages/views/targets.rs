//! Targets: how each does, what keeps it from taking events, and how to mend that.

use super::arrivals::HubUseCard;
use super::target_form::TargetFields;
use crate::{
    api::{self, At, ChangeTarget, PickPlace, TargetView},
    live::use_live,
    parts::{Load, PageTitle, TargetDot, When, condition_tone},
    paths,
};
use domain::{Condition, choices::FoundPlace, time, view::TargetRow};
use jiff::Timestamp;
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::{use_params_map, use_query_map};

/// All targets.
#[component]
pub fn TargetsPage() -> impl IntoView {
    let live = use_live();
    let rows = Resource::new(move || live.tick.get(), |_| api::targets());
    view! {
        <PageTitle text="Targets" />
        <Load of=rows view=list />
    }
}

fn list(At { now, value }: At<Vec<TargetRow>>) -> AnyView {
    let well = value.iter().filter(|target| target.condition == Condition::Ok).count();
    let all = value.len();
    let empty = value.is_empty().then(|| {
        view! {
            <div class="empty">
                <p class="strong">"No target yet"</p>
                <p>"A target is an event hub or a Log Analytics workspace. Exports send to it; several may share one."</p>
            </div>
        }
    });
    let rows: Vec<_> = value.into_iter().map(|target| target_row(target, now)).collect();
    view! {
        <div class="head">
            <div>
                <h1>"Targets"</h1>
                <p>{well}" of "{all}" take events"</p>
            </div>
            <div class="acts">
                <a class="btn" href=paths::with_query(paths::NEW_TARGET, &[("kind", "workspace")])>"New workspace"</a>
                <a class="btn primary" href=paths::NEW_TARGET>"New event hub"</a>
            </div>
        </div>
        <section class="card">
            <table class="table">
                <thead>
                    <tr>
                        <th class="wide">"Target"</th>
                        <th>"State"</th>
                        <th>"Exports"</th>
                        <th class="num">"Delivered, 24 h"</th>
                        <th class="num">"Waiting"</th>
                        <th class="num">"Last success"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            {empty}
        </section>
    }
    .into_any()
}

fn target_row(target: TargetRow, now: Timestamp) -> impl IntoView {
    let names: Vec<String> = target.exports.iter().map(|(_, name)| name.clone()).collect();
    let success = target.last_success.map(|at| view! { <When at now /> });
    view! {
        <tr>
            <td class="wide" data-label="Target">
                <div class="t one"><a class="rowlink" href=paths::target(&target.id)>{target.name.clone()}</a></div>
                <div class="sm one">{target.config.kind().label()}" · "{target.config.address()}</div>
            </td>
            <td data-label="State"><TargetDot target=target.clone() /></td>
            <td data-label="Exports">{if names.is_empty() { "none".to_owned() } else { names.join(", ") }}</td>
            <td class="num" data-label="Delivered, 24 h">{time::count(target.delivered)}</td>
            <td class="num" data-label="Waiting">{time::count(target.waiting)}</td>
            <td class="num" data-label="Last success">{success}</td>
        </tr>
    }
}

/// One target.
#[component]
pub fn TargetPage() -> impl IntoView {
    let live = use_live();
    let (params, query) = (use_params_map(), use_query_map());
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let draft = Memo::new(move |_| query.read().get("draft").unwrap_or_default());
    // The state follows what happens; the form does not, so that nothing typed is overwritten.
    let state = Resource::new(move || (id.get(), live.tick.get()), |(id, _)| api::target_state(id));
    let source = Memo::new(move |_| (id.get(), draft.get(), query.read().get("saved").unwrap_or_default()));
    let notice = move || {
        let query = query.read();
        match (query.get("saved"), query.get("test").as_deref()) {
            (Some(_), _) => Some(("callout good", "Saved. It is attempted at once.")),
            (_, Some("passed")) => Some((
                "callout good",
                "The connection test passed: two test events were accepted. What waits goes now.",
            )),
            (_, Some(_)) => Some(("callout bad", "The connection test failed. What the target said is below.")),
            _ => None,
        }
    };
    view! {
        {move || notice().map(|(class, text)| view! { <div class=class role="status"><p>{text}</p></div> })}
        <Load of=state view=head />
        <div class="split" data-aside="440">
            // Another draft or version is another form: nothing typed into the one before stays, a key least of all.
            <For each=move || [source.get()] key=Clone::clone children=|(id, draft, _)| view! { <TargetForm id kind=String::new() draft /> } />
            <Load of=state view=facts />
        </div>
    }
}

/// A new target.
#[component]
pub fn NewTargetPage() -> impl IntoView {
    let query = use_query_map();
    let source = Memo::new(move |_| {
        let query = query.read();
        (query.get("kind").unwrap_or_default(), query.get("draft").unwrap_or_default())
    });
    let places = Resource::new(move || source.get().0, api::places_to_send);
    view! {
        <PageTitle text="New target" />
        <div class="head">
            <div>
                <h1>{move || if source.get().0 == "workspace" { "New workspace" } else { "New event hub" }}</h1>
                <p>"Where events go. Saving sends nothing; a test sends two events and says what is missing."</p>
            </div>
        </div>
        <Load of=places view={move |found| places_view(found, &source.get_untracked().0)} />
        <div class="split" data-aside="440">
            <For each=move || [source.get()] key=Clone::clone children=|(kind, draft)| view! { <TargetForm id=String::new() kind draft /> } />
        </div>
    }
}

/// What the console's identity can see, to be used without typing.
fn places_view((found, why): (Vec<FoundPlace>, Option<String>), kind: &str) -> AnyView {
    let action = ServerAction::<PickPlace>::new();
    let what = if kind == "workspace" { "workspace with a data collection rule" } else { "event hub" };
    let kind = kind.to_owned();
    let empty = (found.is_empty() && why.is_none()).then(|| {
        view! { <p class="dim">"The console's identity sees no "{what}". Type it below; Reader on its resource group makes it show up here."</p> }
    });
    let why = why.map(|why| view! { <p class="dim">{why}". Type it below."</p> });
    let rows: Vec<_> = found
        .into_iter()
        .map(|place| {
            let id = place.id();
            let label = format!("Use {}", place.name);
            view! {
                <tr>
                    <td>{place.name}</td>
                    <td class="dim">{place.about}</td>
                    <td class="num"><button class="btn small" type="submit" name="place" value=id aria-label=label>"Use"</button></td>
                </tr>
            }
        })
        .collect();
    view! {
        <section class="card mb-16">
            <header><h2>"What the identity can see"</h2><span class="sm dim">"fills the form below; nothing is saved"</span></header>
            <ActionForm action=action>
                <input type="hidden" name="kind" value=kind />
                <table class="table plain"><caption class="visually-hidden">"What the identity can see"</caption><tbody>{rows}</tbody></table>
            </ActionForm>
            <div class="pad">{empty}{why}</div>
        </section>
    }
    .into_any()
}

#[component]
fn TargetForm(id: String, kind: String, draft: String) -> impl IntoView {
    let form = Resource::new(
        move || (id.clone(), kind.clone(), draft.clone()),
        |(id, kind, draft)| api::target(id, kind, draft),
    );
    view! { <Load of=form view={|answer: At<TargetView>| view! { <TargetFields view=answer.value /> }.into_any()} /> }
}

/// What a person can do about a condition.
fn remedy(condition: Condition) -> &'static str {
    match condition {
        Condition::Ok | Condition::Paused => "",
        Condition::Throttled => {
            "It asks for a pause and gets it. If this lasts, raise its throughput units, or its limits."
        }
        Condition::Unreachable => "Check its address, and whether it may be reached from here.",
        Condition::Unauthorized => {
            "Check that the key belongs to the rule named, is not expired, and that the rule has the Send right; or sign in with the console's identity."
        }
        Condition::Forbidden => {
            "Give the console's identity its roles: Azure Event Hubs Data Sender on the hub and Reader on its namespace, or Monitoring Metrics Publisher on the data collection rule. New roles take some minutes. A hub without a key also needs its resource ID here."
        }
        Condition::NotFound => {
            "Check the names: the namespace and hub, or the immutable id and stream of the data collection rule."
        }
        Condition::Disabled => "Switch the event hub on again (its status must be Active).",
        Condition::Firewall => {
            "Let this machine's address through the namespace's firewall, or use a private endpoint."
        }
        Condition::Misconfigured => "It refuses what it should accept. Check its settings; what it said is above.",
    }
}

fn act(id: &str, intent: &'static str, label: &'static str, class: &'static str) -> impl IntoView + use<> {
    let action = ServerAction::<ChangeTarget>::new();
    let id = id.to_owned();
    view! {
        <ActionForm action=action>
            <input type="hidden" name="id" value=id />
            <input type="hidden" name="intent" value=intent />
            <button class=class type="submit" disabled=move || action.pending().get()>{label}</button>
        </ActionForm>
    }
}

fn head(At { now, value }: At<Option<TargetView>>) -> AnyView {
    let Some(row) = value.and_then(|view| view.row) else { return ().into_any() };
    let id = row.id.to_string();
    let paused = row.condition == Condition::Paused;
    let since =
        row.condition_since.filter(|_| row.condition != Condition::Ok).map(|at| view! { " since "<When at now /> });
    let callout = (row.condition != Condition::Ok && !paused).then(|| {
        let waits = match row.waiting {
            0 => "nothing waits".to_owned(),
            1 => "one event waits".to_owned(),
            n => format!("{} events wait", time::count(n)),
        };
        let next = row.next_attempt.map(|at| match time::relative(at, now).as_str() {
            soon if at > now && soon != "now" => format!(" It is tried again {soon}."),
            _ => " It is tried again in a moment.".to_owned(),
        });
        view! {
            <div class=format!("callout {}", condition_tone(row.condition))>
                <h2>{row.condition.label()}": "{waits}</h2>
                <p>"It said: "<code>{row.condition_detail.clone().unwrap_or_default()}</code></p>
                <p class="dim">{remedy(row.condition)}" Nothing is lost: what waits goes by itself once it is accepted."{next}</p>
            </div>
        }
    });
    let attempt = (row.waiting > 0 && !paused).then(|| act(&id, "attempt", "Attempt now", "btn"));
    view! {
        <PageTitle text=row.name.clone() />
        <div class="head">
            <div>
                <h1>{row.name.clone()}</h1>
                <p>{row.config.kind().label()}" · "<TargetDot target=row.clone() />{since}</p>
            </div>
            <div class="acts">
                {act(&id, "test", "Test connection", "btn")}
                <a class="btn" href=paths::with_query(paths::SAMPLES, &[("target", id.as_str())])>"Sample alert"</a>
                {attempt}
                {if paused { act(&id, "resume", "Resume", "btn").into_any() } else { act(&id, "pause", "Pause", "btn").into_any() }}
            </div>
        </div>
        {callout}
    }
    .into_any()
}

fn facts(At { now, value }: At<Option<TargetView>>) -> AnyView {
    let Some(row) = value.and_then(|view| view.row) else { return ().into_any() };
    let success = match row.last_success {
        Some(at) => view! { <When at now /> }.into_any(),
        None => "none yet".into_any(),
    };
    let oldest = row.waiting_since.map(|at| view! { ", the oldest "<When at now /> });
    let order = match row.order_promised {
        Some(true) => "kept per alert or recommendation",
        Some(false) => "not promised: this hub takes batches at its whole address only",
        None => "not learnt yet: the first batch of two or more tells",
    };
    let tenant = row.tenant.clone().map(|tenant| view! { <dt>"Tenant"</dt><dd>{tenant}</dd> });
    let partitions = row.partitions.map(|count| view! { <dt>"Partitions"</dt><dd>{count}</dd> });
    let exports: Vec<_> = row
        .exports
        .iter()
        .map(|(id, name)| view! { <li><a class="link" href=paths::export(id)>{name.clone()}</a></li> })
        .collect();
    let is_hub = matches!(row.config, domain::TargetConfig::EventHub(_));
    let metrics = row.config.resource_id().filter(|_| is_hub).map(|hub| view! { <HubUseCard hub=hub.to_string() /> });
    let no_exports = exports.is_empty();
    let names: Vec<String> = row.exports.iter().map(|(_, name)| name.clone()).collect();
    let delete = if no_exports {
        let id = row.id.to_string();
        view! {
            <details class="menu">
                <summary class="btn danger">"Delete target"</summary>
                <div class="pad stack">
                    <p>{format!("{} waiting events are cancelled. Its log stays.", row.waiting)}</p>
                    {act(&id, "delete", "Delete it", "btn danger primary")}
                </div>
            </details>
        }
        .into_any()
    } else {
        view! { <p class="why">{format!("It cannot be deleted: {} sends to it. Give that another target first.", names.join(", "))}</p> }.into_any()
    };
    view! {
        <div class="stack">
            <section class="card">
                <header><h2>"How it does"</h2></header>
                <div class="body">
                    <dl class="kv">
                        <dt>"Last success"</dt>
                        <dd>{success}</dd>
                        <dt>"Waiting"</dt>
                        <dd>{time::count(row.waiting)}{oldest}</dd>
                        <dt>"Delivered in 24 h"</dt>
                        <dd>{time::count(row.delivered)}</dd>
                        <dt>"In the last minute"</dt>
                        <dd>{time::size(row.bytes_last_minute)}</dd>
                        <dt>"Largest request"</dt>
                        <dd>{time::size(row.max_bytes)}</dd>
                        {tenant}
                        {partitions}
                        <dt>"Order"</dt>
                        <dd>{order}</dd>
                    </dl>
                </div>
            </section>
            {metrics}
            <section class="card">
                <header><h2>"Exports that send to it"</h2></header>
                <div class="body stack">
                    <ul>{exports}</ul>
                    {no_exports.then(|| view! { <p class="dim">"None. Choose it in an export's editor."</p> })}
                    <p><a class="link" href=paths::with_query(paths::LOG, &[("target", row.id.as_str())])>"Its delivery log"</a></p>
                </div>
            </section>
            {delete}
        </div>
    }
    .into_any()
}
