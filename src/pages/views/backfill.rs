//! Sending what was there before an export: chosen, counted, priced, started.

use crate::{
    api::{self, At, BackfillView, StartBackfill},
    parts::{Load, PageTitle},
    paths,
};
use domain::{BackfillCount, TargetKind, time};
use jiff::SignedDuration;
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::{use_params_map, use_query_map};

/// Price of a GB of analytics logs unless the person knows better.
const PRICE: &str = "2.30";

/// What can be chosen, and how it is called.
const CHOICES: [(&str, &str); 5] = [
    ("current_state", "Current state"),
    ("24h", "Past 24 hours"),
    ("7d", "Past 7 days"),
    ("30d", "Past 30 days"),
    ("90d", "Past 90 days"),
];

/// The page.
#[component]
pub fn BackfillPage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let asked =
        Memo::new(move |_| (params.read().get("id").unwrap_or_default(), query.read().get("take").unwrap_or_default()));
    let price = Memo::new(move |_| query.read().get("price").filter(|text| !text.is_empty()));
    let count = Resource::new(move || asked.get(), |(id, take)| api::count_backfill(id, take));
    view! {
        <PageTitle text="Backfill" />
        <Load
            of=count
            view={move |answer: At<BackfillView>| page(&answer.value, price.get())}
        />
    }
}

fn page(view: &BackfillView, price: Option<String>) -> AnyView {
    let price_text = price.unwrap_or_else(|| PRICE.to_owned());
    let price = price_text.parse::<f64>().ok().filter(|price| price.is_finite() && *price >= 0.0);
    let paused = view.paused.then(|| {
        view! { <div class="callout warn"><p>"This export is paused: what is queued waits until it is resumed."</p></div> }
    });
    let result = view.count.map(|count| counted(view, count, price));
    view! {
        <div class="head">
            <div>
                <h1>"Backfill"</h1>
                <p>"What was there before, decided by the present version of "<a class="link" href=paths::export(&view.id)>{view.name.clone()}</a></p>
            </div>
            <div class="acts"><a class="btn" href=paths::export(&view.id)>"Back to the export"</a></div>
        </div>
        {paused}
        {choose(view, &price_text, price.is_none())}
        {result}
    }
    .into_any()
}

fn choose(view: &BackfillView, price: &str, wrong: bool) -> AnyView {
    let chosen = if view.take.is_empty() { "current_state" } else { &view.take };
    let choices: Vec<_> = CHOICES
        .iter()
        .map(|(value, label)| {
            let checked = *value == chosen;
            view! { <label><input type="radio" name="take" value=*value checked=checked />{*label}</label> }
        })
        .collect();
    let price = (view.target_kind == TargetKind::Workspace).then(|| {
        let message = wrong.then(|| view! { <p class="error" id="price-error">"A number, such as 2.30."</p> });
        view! {
            <div class="field">
                <label for="price">"Price of a GB"</label>
                <input class="input short" id="price" name="price" inputmode="decimal" value=price.to_owned() aria-invalid=wrong.then_some("true") aria-describedby=if wrong { "price-error" } else { "price-hint" } />
                {message}
                <p class="hint" id="price-hint">"What your workspace pays for a GB of analytics logs, in its own currency."</p>
            </div>
        }
    });
    view! {
        <section class="card">
            <header><h2>"Which events"</h2></header>
            <form method="get" action=paths::backfill(&view.id) class="body stack">
                <fieldset class="field">
                    <legend>"Send"</legend>
                    <span class="seg">{choices}</span>
                    <p class="hint">"Current state is the newest event of every alert and recommendation, the baseline included. A range is every event in it that the export has not decided on."</p>
                </fieldset>
                {price}
                <div><button class="btn" type="submit">"Count"</button></div>
            </form>
        </section>
    }
    .into_any()
}

fn counted(view: &BackfillView, count: BackfillCount, price: Option<f64>) -> AnyView {
    let state = view.take == "current_state";
    let events = match count.count {
        1 => "1 event matches".to_owned(),
        n => format!("{} events match", time::count(n)),
    };
    let reads = (state && count.no_payload > 0).then(|| {
        let text = format!(
            "{} more have no payload here, such as healthy recommendations: they are read again from Azure, and sent if they match.",
            time::count(count.no_payload)
        );
        view! { <p class="measure">{text}</p> }
    });
    let left: Vec<_> = [
        (count.already, "were decided on by this export before"),
        (count.not_matching, "do not match"),
        (if state { 0 } else { count.no_payload }, "have no payload here; the current state reads them again"),
        (count.unreadable, "cannot be read"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, why)| view! { <li>{time::count(n)}" "{why}</li> })
    .collect();
    let left = (!left.is_empty()).then(|| view! { <h3 class="strong">"Left alone"</h3><ul>{left}</ul> });
    let nothing = count.count == 0 && reads.is_none();
    let act = if nothing {
        view! { <p class="dim">"There is nothing to send. Take a longer range, or change the export's rules."</p> }
            .into_any()
    } else {
        start(view, if count.count == 0 { "Start".to_owned() } else { format!("Send {}", events_of(count.count)) })
    };
    view! {
        <section class="card">
            <header><h2>{events}", "{time::size(count.bytes)}</h2></header>
            <div class="body stack">
                <p class="measure">{cost(view.target_kind, count, price)}</p>
                <p class="measure">"They go to "<b>{view.target.clone()}</b>" after live events, with the property replay where the target keeps properties. Their order is not promised."</p>
                {reads}
                {left}
                {act}
            </div>
        </section>
    }
    .into_any()
}

fn events_of(n: i64) -> String {
    if n == 1 { "1 event".to_owned() } else { format!("{} events", time::count(n)) }
}

/// What sending it costs: money for a workspace, time of a throughput unit for an event hub.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn cost(kind: TargetKind, count: BackfillCount, price: Option<f64>) -> String {
    match (kind, price) {
        (TargetKind::Workspace, Some(price)) => {
            let cost = count.bytes as f64 / 1e9 * price;
            let cost = if cost > 0.0 && cost < 0.01 { "less than 0.01".to_owned() } else { format!("about {cost:.2}") };
            format!("Ingesting it costs {cost} at {price:.2} a GB.")
        }
        (TargetKind::Workspace, None) => "What it costs is shown once the price is a number.".to_owned(),
        (TargetKind::EventHub, _) => {
            // A throughput unit takes 1 MB or 1,000 events a second, whichever comes first.
            let millis = (count.bytes / 1000).max(u64::try_from(count.count).unwrap_or_default());
            let length = SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX));
            format!(
                "An event hub has no price per GB. It takes {} of one throughput unit (1 MB or 1,000 events a second).",
                time::length(length)
            )
        }
    }
}

fn start(view: &BackfillView, label: String) -> AnyView {
    let action = ServerAction::<StartBackfill>::new();
    let (id, take) = (view.id.to_string(), view.take.clone());
    view! {
        <ActionForm action=action>
            <input type="hidden" name="id" value=id />
            <input type="hidden" name="take" value=take />
            <button class="btn primary" type="submit" disabled=move || action.pending().get()>{label}</button>
            {move || action.value().get().and_then(Result::err).map(|error| view! { <p class="error" role="alert">{error.to_string()}</p> })}
        </ActionForm>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_money_for_workspaces_and_time_for_event_hubs() {
        let count = |count, bytes| BackfillCount { count, bytes, ..BackfillCount::default() };
        let workspace = |bytes| cost(TargetKind::Workspace, count(1, bytes), Some(2.3));
        assert_eq!(workspace(2_000_000_000), "Ingesting it costs about 4.60 at 2.30 a GB.");
        assert_eq!(workspace(1_000), "Ingesting it costs less than 0.01 at 2.30 a GB.");
        assert!(cost(TargetKind::EventHub, count(5000, 1_000), None).contains("takes 5 s of"));
        assert!(cost(TargetKind::EventHub, count(5, 120_000_000), None).contains("takes 2 min of"));
    }
}
