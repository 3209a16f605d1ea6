//! A diagnosis: the item's way through each export with the first broken place marked, then every check with its evidence.

use super::troubleshoot::tone;
use crate::{
    api::{self, AskView, At, Diagnose, UiError},
    live::use_live,
    parts::{Commands, DocsLink, Load, PageTitle, SeverityBadge, When},
    paths,
};
use domain::{
    DeliveredBy,
    diagnosis::{Diagnosis, ExportDiagnosis, Stop},
    share::ShareKind,
    time,
    verdict::{Checked, Verdict},
};
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::{use_params_map, use_query_map};

/// The box that asks.
#[component]
pub fn AskWhy() -> impl IntoView {
    let offered = Resource::new(|| (), |()| api::ask_why());
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let query = query.read();
        (query.get("item").unwrap_or_default(), query.get("export").unwrap_or_default())
    });
    view! { <Load of=offered view=move |answer| ask(answer, asked) /> }
}

fn ask(At { now, value }: At<AskView>, asked: Memo<(String, String)>) -> AnyView {
    let action = ServerAction::<Diagnose>::new();
    let refused = move || action.value().get().and_then(Result::err);
    let wrong = move || matches!(refused(), Some(UiError::Invalid(_)));
    let options: Vec<_> = value
        .exports
        .into_iter()
        .map(|(id, name)| {
            let id = id.to_string();
            let value = id.clone();
            view! { <option value=value selected=move || asked.with(|(_, export)| *export == id)>{name}</option> }
        })
        .collect();
    let earlier: Vec<_> = value
        .earlier
        .into_iter()
        .take(5)
        .map(|one| {
            let title = one.subject.as_ref().map_or_else(|| short(&one.asked), |subject| subject.title.clone());
            view! {
                <tr>
                    <td class="wide" data-label="Item"><div class="one"><a class="rowlink" href=paths::diagnosis(&one.id)>{title}</a></div></td>
                    <td class="nw" data-label="Asked by">{one.made_by.clone()}</td>
                    <td class="nw" data-label="When"><When at=one.made_at now /></td>
                </tr>
            }
        })
        .collect();
    let earlier = (!earlier.is_empty()).then(|| view! { <table class="table"><thead><tr><th class="wide">"Asked earlier"</th><th>"By"</th><th>"When"</th></tr></thead><tbody>{earlier}</tbody></table> });
    view! {
        <section class="card">
            <header><h2>"Why was this not exported?"</h2></header>
            <div class="body">
                <ActionForm action=action>
                    <div class="stack">
                        <div class="field">
                            <label for="item">"Alert id, resource id, recommendation id, or the link of the portal's page"</label>
                            <input class="input" id="item" name="item" value=move || asked.get().0 autocomplete="off" spellcheck="false" required maxlength="4000" aria-invalid=move || wrong().then_some("true") aria-describedby=move || wrong().then_some("item-error") />
                            {move || refused().map(|error| view! { <p class="error" id="item-error" role="alert">{error.said()}</p> })}
                        </div>
                        <div class="row">
                            <label for="of-export">"Export"</label>
                            <select class="input narrow" id="of-export" name="export"><option value="">"All exports"</option>{options}</select>
                            <button class="btn primary" type="submit" disabled=move || action.pending().get()>{move || if action.pending().get() { "Finding out …" } else { "Find out" }}</button>
                        </div>
                    </div>
                </ActionForm>
            </div>
            {earlier}
        </section>
    }
    .into_any()
}

/// The button beside an event: one diagnosis over all exports.
#[component]
pub fn Why(
    /// The event's id, or what somebody searched for.
    item: String,
    /// What the button says.
    #[prop(default = "Why?")]
    label: &'static str,
) -> impl IntoView {
    let action = ServerAction::<Diagnose>::new();
    view! {
        <ActionForm action=action>
            <input type="hidden" name="item" value=item />
            <input type="hidden" name="export" value="" />
            <button class="btn small" type="submit" disabled=move || action.pending().get()>{label}</button>
            {move || action.value().get().and_then(Result::err).map(|error| view! { <p class="error" role="alert">{error.said()}</p> })}
        </ActionForm>
    }
}

/// One diagnosis.
#[component]
pub fn DiagnosisPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let live = use_live();
    // While Azure is being asked, the page grows with what is committed; then it stays as it is.
    let complete = RwSignal::new(false);
    let found = Resource::new(
        move || (id.get(), if complete.get() { 0 } else { live.tick.get() }),
        |(id, _)| api::show_diagnosis(id),
    );
    Effect::new(move || {
        if let Some(Ok(At { value, .. })) = found.get() {
            complete.set(value.complete);
        }
    });
    view! {
        <PageTitle text="Diagnosis" />
        <Load of=found view=page />
    }
}

fn page(At { now, value }: At<Diagnosis>) -> AnyView {
    let again = ServerAction::<Diagnose>::new();
    // What was cut short by a stop of the console never becomes complete.
    let age = now.duration_since(value.made_at);
    let growing = (!value.complete).then(|| {
        let said = if age.as_secs() < 30 {
            "Azure is being asked: more follows by itself."
        } else {
            "Azure's part is missing: the console stopped meanwhile. Run it again."
        };
        view! { <p class="dim" role="status">{said}</p> }
    });
    let title = value.headline();
    let name = value.subject.as_ref().map_or_else(|| short(&value.asked), |subject| subject.title.clone());
    let about = value.subject.as_ref().map(|subject| {
        let (kind, resource) = (subject.kind.label(), subject.resource_name().to_owned());
        view! { " · "{kind}" · "{resource}" · "{subject.subscription_name.clone()} }
    });
    let severity = value.subject.as_ref().and_then(|subject| subject.severity);
    // Without an export in its subscription the item alone is looked into.
    let alone = value.exports.is_empty().then(|| view! { <div class="split" data-aside="400">{checks("The item itself", &value.checks)}<div class="stack above">{fix(value.checks.iter().min_by_key(|one| one.verdict))}</div></div> });
    let exports: Vec<_> =
        value.exports.iter().enumerate().map(|(at, one)| export(one, &value.checks, at == 0)).collect();
    view! {
        <div class="stack">
            <div class="head">
                <div>
                    <h1>{title}</h1>
                    <p class="any"><SeverityBadge severity />" "{name}{about}</p>
                    <p class="sm">"as it was at "{time::exact(value.made_at)}", "<When at=value.made_at now />", asked by "{value.made_by.clone()}{value.only.is_some().then_some(", about one export alone")}</p>
                </div>
                <div class="acts">
                    <a class="btn" href=paths::new_share(ShareKind::Diagnosis, value.id.as_str())>"Share"</a>
                    <ActionForm action=again>
                        <input type="hidden" name="item" value=value.asked.clone() />
                        <input type="hidden" name="export" value=value.only.as_ref().map(ToString::to_string).unwrap_or_default() />
                        <button class="btn" type="submit" disabled=move || again.pending().get()>"Run again"</button>
                    </ActionForm>
                </div>
            </div>
            {growing}
            {alone}
            {exports}
        </div>
    }
    .into_any()
}

/// What was pasted, as far as it fits into some lines.
fn short(asked: &str) -> String {
    const MOST: usize = 200;
    match asked.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}… ({} characters)", &asked[..end], asked.chars().count()),
        None => asked.to_owned(),
    }
}

/// One export's part: the way as a line, what was checked, and the one thing to do.
fn export(one: &ExportDiagnosis, item: &[Checked], open: bool) -> AnyView {
    let verdict = one.verdict();
    let label = match verdict {
        _ if one.arrived() => "Went the whole way",
        _ if one.leaves_out() => "Is not about it",
        _ if one.filters() => "Filtered",
        _ if one.not_there().is_some() => "Nothing to decide on",
        Verdict::Fail => "Did not go on",
        Verdict::Warning => "Look at it",
        Verdict::Pass | Verdict::CannotTell => "Cannot tell",
    };
    let mark = match verdict {
        // Rules that leave something out do what they are for.
        _ if one.arrived() => tone(Verdict::Pass),
        _ if one.leaves_out() || one.filters() || one.not_there().is_some() => "off",
        Verdict::Pass => tone(Verdict::CannotTell),
        _ => tone(verdict),
    };
    let to = match (&one.export, &one.automation) {
        (Some(id), _) => paths::export(id),
        (None, Some(id)) => paths::azure_export(id),
        (None, None) => paths::EXPORTS.to_owned(),
    };
    let stops: Vec<_> = one.way.iter().map(stop).collect();
    let all: Vec<Checked> = item.iter().chain(&one.checks).cloned().collect();
    view! {
        <details class="stack export" open=open>
            <summary>
                <b>{one.name.clone()}</b>" "
                <span class="dim">"sent by "{if one.by == DeliveredBy::Azure { "Azure" } else { "this console" }}</span>" "
                <span class=format!("state {}", mark)>{label}</span>
            </summary>
            <div class="stack mt-8">
            <section class="card" aria-label="The way of the item">
                <div class="body"><ol class="route">{stops}</ol></div>
            </section>
            <div class="split" data-aside="400">
                {checks("What was checked", &all)}
                <div class="stack above">
                    {if one.broken().is_none() && !one.arrived() { not_far(one, item) } else { fix(one.broken()) }}
                    <p class="row wrap">
                        <a class="link" href=to>"Open the export"</a>
                        {one.target.as_ref().map(|id| view! { <a class="link" href=paths::target(id)>"Open the target"</a> })}
                    </p>
                </div>
            </div>
        </div>
        </details>
    }
    .into_any()
}

fn stop(one: &Stop) -> impl IntoView + use<> {
    let (class, word) = match one.verdict {
        Some(Verdict::Pass) => ("", one.said.clone()),
        Some(Verdict::Fail) => ("broken", one.said.clone()),
        Some(Verdict::Warning) => ("warn", one.said.clone()),
        Some(Verdict::CannotTell) => ("off", one.said.clone()),
        None => ("off", "–".to_owned()),
    };
    view! { <li class=class><b>{one.station.label()}</b>{word}</li> }
}

fn checks(title: &'static str, all: &[Checked]) -> AnyView {
    let count = |verdict: Verdict| all.iter().filter(|one| one.verdict == verdict).count();
    let sums: Vec<String> = [
        (Verdict::Pass, "pass"),
        (Verdict::Fail, "fail"),
        (Verdict::Warning, "warn"),
        (Verdict::CannotTell, "cannot tell"),
    ]
    .into_iter()
    .filter(|(verdict, _)| count(*verdict) > 0)
    .map(|(verdict, word)| format!("{} {word}", count(verdict)))
    .collect();
    let rows: Vec<_> = all.iter().map(check).collect();
    view! {
        <section class="card">
            <header><h2>{title}</h2><span class="sm dim">{sums.join(" · ")}</span></header>
            {rows}
        </section>
    }
    .into_any()
}

fn check(one: &Checked) -> impl IntoView + use<> {
    let (class, sign) = match one.verdict {
        Verdict::Pass => ("check pass", "✓"),
        Verdict::Fail => ("check fail", "✕"),
        Verdict::Warning => ("check warn", "!"),
        Verdict::CannotTell => ("check", "?"),
    };
    let evidence: Vec<String> = one
        .evidence
        .iter()
        .filter(|one| !one.value.is_empty())
        .map(|one| format!("{}: {}", one.name, one.value))
        .collect();
    let origins = one.evidence.iter().filter_map(|one| one.origin.as_ref());
    let mut origins: Vec<String> = origins.map(|origin| format!("Answered by {origin}")).collect();
    origins.dedup();
    let subject = one.subject.clone().map(|subject| view! { <span class="dim">" · "{subject}</span> });
    view! {
        <div class=class>
            <span class="ico" aria-hidden="true">{sign}</span>
            <span class="q">{one.title.clone()}{subject}</span>
            <span class="sm dim">{one.verdict.label()}</span>
            <div class="detail">{one.said.clone()}{(!evidence.is_empty()).then(|| view! { <div class="sm dim any">{evidence.join(" · ")}</div> })}{(!origins.is_empty()).then(|| view! { <div class="sm dim any">{origins.join(" · ")}</div> })}</div>
        </div>
    }
}

/// Nothing is wrong with the export, and still the item did not come through it: the item itself says why.
fn not_far(one: &ExportDiagnosis, item: &[Checked]) -> AnyView {
    match item.iter().filter(|one| one.verdict != Verdict::Pass).min_by_key(|one| one.verdict) {
        Some(reason) if one.not_there().is_some() => fix(Some(reason)),
        _ => view! {
            <div class="callout info">
                <h2>"It came as far as can be seen from here"</h2>
                <p>"Nothing is known that would keep it; whether it arrived is not known either."</p>
            </div>
        }
        .into_any(),
    }
}

/// The one thing to do about the first broken place.
fn fix(broken: Option<&Checked>) -> AnyView {
    let Some(one) = broken.filter(|one| one.verdict != Verdict::Pass) else {
        return view! {
            <div class="callout good">
                <h2>"Nothing to do"</h2>
                <p>"It went the whole way that can be seen from here."</p>
            </div>
        }
        .into_any();
    };
    let steps: Vec<_> = one.fix.iter().map(|step| view! { <li>{step.clone()}</li> }).collect();
    view! {
        <div class=format!("callout {}", if one.verdict == Verdict::Fail { "bad" } else { "warn" })>
            <h2>{one.said.clone()}</h2>
            <p>{one.why.clone()}</p>
        </div>
        <section class="card">
            <header><h2>"What to do"</h2></header>
            <div class="body stack"><ol>{steps}</ol><Commands all=one.commands.clone() /><DocsLink to=one.docs.clone() /></div>
        </section>
    }
    .into_any()
}
