//! What the filter would have let through: counts, what nearly passed and why, a draft against what is saved, a day's
//! volume, and the payload.

use crate::{
    api::{Answer, At},
    parts::{CodeBlock, SeverityBadge, When},
    paths,
};
use domain::{Nearness, Preview, PreviewBucket, PreviewRow, Rehearsal, time};
use jiff::Timestamp;
use leptos::prelude::*;

/// One throughput unit takes this many bytes, or events, a second.
const UNIT_BYTES: f64 = 1_000_000.0;
const UNIT_EVENTS: f64 = 1_000.0;

fn range_label(range: &str) -> &'static str {
    match range {
        "1h" => "last hour",
        "7d" => "last 7 days",
        "30d" => "last 30 days",
        "90d" => "last 90 days",
        _ => "last 24 h",
    }
}

#[expect(clippy::cast_precision_loss, reason = "averages for people")]
fn per_day(total: u64, seconds: u64) -> f64 {
    total as f64 * 86_400.0 / seconds.max(1) as f64
}

fn counted(number: i64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{} {what}s", time::count(number)) }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded for people, never negative")]
fn rounded(number: f64) -> u64 {
    number.round().max(0.0) as u64
}

pub(super) fn preview_view(At { now, value }: At<Answer>, range: String, price: RwSignal<String>) -> AnyView {
    let Answer { preview, workspace, .. } = value;
    let label = range_label(&range);
    if let Some(problem) = preview.problem.clone() {
        return view! {
            {head(label, "")}
            <div class="pad"><p class="error" role="alert">{problem}</p></div>
            {again()}
        }
        .into_any();
    }
    let took = format!("{}, {label} · {} ms", counted(preview.looked_at, "event"), preview.took_ms);
    let empty = (preview.looked_at == 0 && preview.weekly.is_empty()).then(|| {
        view! {
            <div class="empty">
                <p class="strong">"Nothing to look at"</p>
                <p>"No event of the chosen data and subscriptions happened in the "{label}". Choose more, or a longer range."</p>
            </div>
        }
    });
    let unread = (preview.unread > 0).then(|| {
        view! { <p class="pad sm dim">{time::count(preview.unread)}" older events are still being read; the figures are of the newest. Ask again in a moment."</p> }
    });
    let of = |stands: Nearness| preview.rows.iter().filter(|row| row.stands == stands).cloned().collect::<Vec<_>>();
    let lists = [
        table("Near misses", of(Nearness::Near), now, true),
        table("Matches", of(Nearness::Match), now, true),
        table("No match", of(Nearness::Not), now, preview.near + preview.matched == 0),
    ];
    let payload = preview.payload.clone().map(|json| {
        view! {
            <details class="preview-list">
                <summary>"The newest match as it would be sent"</summary>
                <div class="pad"><CodeBlock json label="the event as it would be sent" /></div>
            </details>
        }
    });
    view! {
        {head("", &took)}
        <div class="stats" aria-live="polite">
            {stat(preview.matched, "state good", "match")}
            {stat(preview.near, "state warn", "near miss")}
            {stat(preview.not_matched, "state none", "no match")}
        </div>
        {again()}
        {preview.rehearsal.as_ref().map(|rehearsal| rehearsed(rehearsal, now))}
        {volume(&preview, workspace, price)}
        {near_by(&preview)}
        {weekly(&preview)}
        {unread}
        {empty}
        {lists}
        {payload}
    }
    .into_any()
}

fn head(label: &str, took: &str) -> AnyView {
    view! { <header><h2>"Preview"</h2><span class="sm dim">{label.to_owned()}{took.to_owned()}</span></header> }
        .into_any()
}

fn stat(count: i64, class: &'static str, word: &'static str) -> AnyView {
    view! { <div class="stat"><b>{time::count(count)}</b><span class=format!("sm {class}")>{word}</span></div> }
        .into_any()
}

/// Without JavaScript a preview is asked for.
fn again() -> AnyView {
    view! {
        <div class="strip row">
            <span class="sm dim">"Decided by the rules as they stand in this form."</span>
            <button class="btn small end" type="submit" name="form[intent]" value="preview">"Preview"</button>
        </div>
    }
    .into_any()
}

fn rehearsed(rehearsal: &Rehearsal, now: Timestamp) -> AnyView {
    let (gained, lost) = (rehearsal.gained, rehearsal.lost);
    let same = (gained + lost == 0).then_some(" lets through the same events");
    view! {
        <div class="strip">
            <div class="row" aria-live="polite">
                <b>"Against version "{rehearsal.version}":"</b>
                {same}
                {(lost > 0).then(|| view! { <span class="state bad">{time::count(lost)}" lost"</span> })}
                {(gained > 0).then(|| view! { <span class="state good">{time::count(gained)}" gained"</span> })}
            </div>
        </div>
        {table("Lost: only the saved version lets these through", rehearsal.lost_rows.clone(), now, false)}
        {table("Gained: only this draft lets these through", rehearsal.gained_rows.clone(), now, false)}
    }
    .into_any()
}

/// Events and bytes a day, the share of the target's limit, the cost, and the run of it.
fn volume(preview: &Preview, workspace: Option<bool>, price: RwSignal<String>) -> AnyView {
    let events = per_day(u64::try_from(preview.matched).unwrap_or_default(), preview.seconds);
    let bytes = per_day(preview.matched_bytes, preview.seconds);
    let (busiest, length) = busiest(&preview.buckets);
    #[expect(clippy::cast_precision_loss, reason = "shares for people")]
    let share = match workspace {
        // 2 GB a minute for a data collection rule.
        Some(true) => busiest.1 as f64 / length / (2e9 / 60.0),
        _ => (busiest.1 as f64 / length / UNIT_BYTES).max(busiest.0 as f64 / length / UNIT_EVENTS),
    };
    let limit = match workspace {
        Some(true) => "of what a data collection rule takes",
        _ => "of one throughput unit",
    };
    let percent = share * 100.0;
    let share = if percent < 1.0 { "less than 1 %".to_owned() } else { format!("{} %", rounded(percent)) };
    let line = format!(
        "{}, {} a day · at its busiest {share} {limit}",
        counted(i64::try_from(rounded(events)).unwrap_or(i64::MAX), "event"),
        time::size(rounded(bytes)),
    );
    let cost = (workspace == Some(true)).then(|| cost(bytes, price));
    view! {
        <div class="strip">
            <p class="sm">{line}</p>
            {cost}
            {chart(&preview.buckets)}
        </div>
    }
    .into_any()
}

/// A month's ingestion at a price that people edit; about what Log Analytics asks in dollars stands there at first.
fn cost(bytes_a_day: f64, price: RwSignal<String>) -> AnyView {
    let month = move || {
        let number: Option<f64> = price.get().trim().replace(',', ".").parse().ok();
        match number.filter(|price| price.is_finite() && *price >= 0.0) {
            Some(price) => format!("{:.2} a month", bytes_a_day * 30.0 / 1e9 * price),
            None => "type a price such as 2.30".to_owned(),
        }
    };
    let typed = price.get_untracked();
    view! {
        <p class="sm row">
            <label for="price">"Ingestion at"</label>
            <input class="input short" id="price" inputmode="decimal" value=typed on:input=move |event| {
                event.stop_propagation();
                price.set(event_target_value(&event));
            } />
            <span>"a GB: "<b>{month}</b>", in the currency of the price; rows are a little larger than events"</span>
        </p>
    }
    .into_any()
}

/// The events and bytes of the busiest bucket, and the length of a bucket in seconds.
fn busiest(buckets: &[PreviewBucket]) -> ((i64, u64), f64) {
    let most = (
        buckets.iter().map(|bucket| bucket.events).max().unwrap_or_default(),
        buckets.iter().map(|bucket| bucket.bytes).max().unwrap_or_default(),
    );
    let length = match buckets {
        [first, second, ..] => second.from.duration_since(first.from).as_secs_f64(),
        _ => 3_600.0,
    };
    (most, length)
}

/// Matches per hour or day.
fn chart(buckets: &[PreviewBucket]) -> Option<AnyView> {
    const WIDTH: f64 = 400.0;
    const HEIGHT: f64 = 36.0;
    let ((most, _), length) = busiest(buckets);
    if buckets.len() < 2 || most == 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts on a chart")]
    let bars: Vec<_> = buckets
        .iter()
        .enumerate()
        .map(|(at, bucket)| {
            let step = WIDTH / buckets.len() as f64;
            let height = (bucket.events as f64 / most as f64 * HEIGHT).max(if bucket.events > 0 { 1.0 } else { 0.0 });
            view! {
                <rect x=format!("{:.1}", step * at as f64 + step * 0.1) y=format!("{:.1}", HEIGHT - height) width=format!("{:.1}", step * 0.8) height=format!("{height:.1}")></rect>
            }
        })
        .collect();
    let unit = if length > 4_000.0 { "day" } else { "hour" };
    let label = format!("Matches per {unit}, at most {}", time::count(most));
    Some(
        view! {
            <svg class="bars mini" viewBox="0 0 400 36" preserveAspectRatio="none" role="img" aria-label=label>{bars}</svg>
        }
        .into_any(),
    )
}

fn near_by(preview: &Preview) -> Option<AnyView> {
    if preview.near_by.is_empty() {
        return None;
    }
    let parts: Vec<String> =
        preview.near_by.iter().take(4).map(|(what, count)| format!("{} by {what}", time::count(*count))).collect();
    Some(view! { <div class="strip"><p class="sm">"Near misses: "{parts.join(" · ")}</p></div> }.into_any())
}

fn weekly(preview: &Preview) -> Option<AnyView> {
    if preview.weekly.is_empty() {
        return None;
    }
    let lines: Vec<_> = preview
        .weekly
        .iter()
        .map(|one| {
            let unread = (one.unread > 0).then(|| format!("; of {} more no payload is kept, Azure is asked for them then", time::count(one.unread)));
            view! {
                <p class="sm">
                    <b>{one.source.label()}</b>": now "{time::count(one.matched)}" of "{time::count(one.items)}" match, "{time::size(one.bytes)}" each week"{unread}
                </p>
            }
        })
        .collect();
    Some(view! { <div class="strip">{lines}</div> }.into_any())
}

fn table(caption: &'static str, rows: Vec<PreviewRow>, now: Timestamp, open: bool) -> Option<AnyView> {
    if rows.is_empty() {
        return None;
    }
    let rows: Vec<_> = rows
        .into_iter()
        .map(|row| {
            let class = match row.stands {
                Nearness::Match => "state good",
                Nearness::Near => "state warn",
                Nearness::Not => "state none",
            };
            view! {
                <tr>
                    <td class="wide">
                        <a class="t" href=paths::event(&row.event) target="_blank">
                            <SeverityBadge severity=row.subject.severity />
                            {row.subject.title.clone()}
                        </a>
                        <div class="sm">{row.reason}</div>
                    </td>
                    <td class="nw"><span class=class>{row.stands.label()}</span></td>
                    <td class="num dim nw"><When at=row.subject.occurred_at now /></td>
                </tr>
            }
        })
        .collect();
    Some(
        view! {
            <details class="preview-list" open=open>
                <summary>{caption}</summary>
                <table class="table">
                    <caption class="visually-hidden">{caption}</caption>
                    <tbody>{rows}</tbody>
                </table>
            </details>
        }
        .into_any(),
    )
}
