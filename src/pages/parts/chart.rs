//! Charts as SVG, drawn on the server, with a table for whoever does not see them.

use domain::{
    time,
    view::{HourRow, Tally},
};
use jiff::{SignedDuration, Timestamp};
use leptos::prelude::*;

const HEIGHT: f64 = 120.0;
const WIDTH: f64 = 1000.0;

/// Every hour from the first to now, also those without a row.
fn hours(rows: &[HourRow], since: Timestamp, now: Timestamp) -> Vec<HourRow> {
    let mut all = Vec::new();
    let mut hour = time::hour_of(since);
    while hour <= now && all.len() < 24 * 31 {
        let outcomes = rows.iter().find(|row| row.hour == hour).map(|row| row.outcomes).unwrap_or_default();
        all.push(HourRow { hour, outcomes });
        match hour.checked_add(SignedDuration::from_hours(1)) {
            Ok(next) => hour = next,
            Err(_) => break,
        }
    }
    all
}

#[expect(clippy::cast_precision_loss, reason = "counts on a chart")]
fn number(n: i64) -> f64 {
    n.max(0) as f64
}

/// Bars that stand on each other: delivered, pending, parked and cancelled, filtered.
fn bars(rows: &[HourRow]) -> Vec<(&'static str, f64, f64, f64, f64)> {
    let most = rows.iter().map(|row| row.outcomes.sum()).max().unwrap_or(0).max(1);
    let step = WIDTH / number(i64::try_from(rows.len()).unwrap_or(1)).max(1.0);
    let mut shapes = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let x = step * number(i64::try_from(at).unwrap_or_default());
        let mut y = HEIGHT;
        let parts: [(&str, i64); 5] = [
            ("delivered", row.outcomes.delivered),
            ("pending", row.outcomes.pending),
            ("parked", row.outcomes.parked),
            ("cancelled", row.outcomes.cancelled),
            ("filtered", row.outcomes.filtered),
        ];
        for (name, n) in parts {
            if n > 0 {
                let height = number(n) / number(most) * (HEIGHT - 4.0);
                y -= height;
                shapes.push((name, x + step * 0.1, y, step * 0.8, height));
            }
        }
    }
    shapes
}

/// Outcomes an hour.
#[component]
pub fn HourChart(
    /// The hours that have any.
    rows: Vec<HourRow>,
    /// The beginning.
    since: Timestamp,
    /// The server's now.
    now: Timestamp,
) -> impl IntoView {
    let rows = hours(&rows, since, now);
    let shapes: Vec<_> = bars(&rows)
        .into_iter()
        .map(|(name, x, y, width, height)| {
            view! {
                <rect
                    class=name
                    x=format!("{x:.1}")
                    y=format!("{y:.1}")
                    width=format!("{width:.1}")
                    height=format!("{height:.1}")
                ></rect>
            }
        })
        .collect();
    let first = rows.first().map(|row| row.hour.strftime("%d %b %H:%M").to_string());
    let table: Vec<_> = rows
        .iter()
        .filter(|row| row.outcomes.sum() > 0)
        .map(|row| {
            let Tally { delivered, pending, filtered, parked, cancelled } = row.outcomes;
            view! {
                <tr>
                    <td>{time::exact(row.hour)}</td>
                    <td>{delivered}</td>
                    <td>{pending}</td>
                    <td>{filtered}</td>
                    <td>{parked}</td>
                    <td>{cancelled}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <svg class="spark chart" viewBox="0 0 1000 120" preserveAspectRatio="none" role="img" aria-label="Decisions an hour; a table follows">
            {shapes}
        </svg>
        <div class="row sm dim between mt-4">
            <span>{first}</span>
            <span>"now"</span>
        </div>
        <div class="visually-hidden">
        <table>
            <caption>"Decisions an hour"</caption>
            <thead>
                <tr>
                    <th>"Hour"</th>
                    <th>"Delivered"</th>
                    <th>"Pending"</th>
                    <th>"Filtered"</th>
                    <th>"Parked"</th>
                    <th>"Cancelled"</th>
                </tr>
            </thead>
            <tbody>{table}</tbody>
        </table>
        </div>
    }
}

/// A share of a whole as a bar of two colours.
#[component]
pub fn Bar(
    /// The part that is good.
    good: usize,
    /// The whole.
    of: usize,
    /// What it says, for screen readers.
    label: String,
) -> impl IntoView {
    let share = |n: usize| number(i64::try_from(n).unwrap_or_default());
    let width = if of == 0 { 0.0 } else { share(good) / share(of) * 100.0 };
    view! {
        <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label=label>
            <rect class="none" x="0" y="0" width="100" height="8"></rect>
            <rect class="good" x="0" y="0" width=format!("{width:.1}") height="8"></rect>
        </svg>
    }
}
