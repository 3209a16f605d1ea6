//! How facts become tables.

use domain::{
    EventId,
    article::{Cell, FactTable, Way},
    policy::PolicyView,
    subscriptions::Right,
    time,
    view::{Subject, SubscriptionRow},
};
use jiff::Timestamp;

/// Rows of a table before the rest is only counted.
pub const ROWS: usize = 50;
/// The same number, as stores count.
pub const MOST: i64 = 50;

/// A table with these columns.
pub fn table(title: &str, columns: &[&str], empty: &str, rows: Vec<Vec<Cell>>) -> FactTable {
    let of = (rows.len() > ROWS).then(|| count(rows.len()));
    FactTable {
        title: title.to_owned(),
        columns: columns.iter().map(|one| (*one).to_owned()).collect(),
        rows: rows.into_iter().take(ROWS).collect(),
        empty: empty.to_owned(),
        of,
    }
}

/// What was sent to a target in 30 days, and what a month of that costs.
pub struct Volume {
    /// The target's name and address in the console.
    pub target: Cell,
    /// Whether it is a workspace, which bills by size.
    pub is_workspace: bool,
    /// Events, requests and bytes as sent.
    pub events: i64,
    /// Requests.
    pub requests: i64,
    /// Bytes.
    pub bytes: i64,
}

fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Gigabytes, exact enough for money.
fn gigabytes(bytes: i64) -> f64 {
    f64::from(i32::try_from(bytes / 1000).unwrap_or(i32::MAX)) / 1e6
}

/// Costs: one row a target. `price` is that of a gigabyte.
pub fn volumes(all: Vec<Volume>, price: f64) -> FactTable {
    let rows = all.into_iter().map(|one| {
        let bytes = u64::try_from(one.bytes).unwrap_or_default();
        let cost = if one.is_workspace {
            format!("{:.2}", gigabytes(one.bytes) * price)
        } else {
            // Ingress is billed by the million events of up to 64 KB each.
            match one.events {
                0 => "nothing".to_owned(),
                n => format!("up to {} million events", time::count(n.div_euclid(1_000_000) + 1)),
            }
        };
        vec![
            one.target,
            time::count(one.events).into(),
            time::count(one.requests).into(),
            time::size(bytes).into(),
            cost.into(),
        ]
    });
    table(
        "Sent in the last 30 days",
        &["Target", "Events", "Requests", "Size as sent", "Billed as"],
        "Nothing was sent yet.",
        rows.collect(),
    )
}

/// Assignments of the export policies.
pub fn assignments(all: &[PolicyView]) -> FactTable {
    let rows = all.iter().map(|view| {
        let compliant = view.subscriptions.iter().filter(|one| one.compliant).count();
        let drifted =
            view.subscriptions.iter().filter(|one| one.drift.as_ref().is_some_and(|drift| !drift.is_empty())).count();
        vec![
            Cell::to(view.assignment.name.as_str(), Way::Policies),
            view.assignment.scope.name().into(),
            format!("{compliant} of {}", view.subscriptions.len()).into(),
            drifted.to_string().into(),
        ]
    });
    table(
        "Assigned here",
        &["Assignment", "Holds for", "Compliant", "Differ from it"],
        "None of the three policies is assigned here.",
        rows.collect(),
    )
}

/// Items that no export sent: id of the newest event, and what it is about.
pub fn unsent(title: &str, some: Vec<(EventId, Subject)>, all: i64, now: Timestamp) -> FactTable {
    let rows = some.into_iter().map(|(event, subject)| {
        vec![
            Cell::to(subject.title.as_str(), Way::Event(event)),
            subject.resource_name().into(),
            subject.subscription_name.as_str().into(),
            time::relative(subject.occurred_at, now).into(),
        ]
    });
    let mut table =
        table(title, &["Item", "Resource", "Subscription", "Last change"], "There is none.", rows.collect());
    let shown = count(table.rows.len());
    table.of = (all > shown).then_some(all);
    table
}

/// Plans of subscriptions, and the alerts observed there.
pub fn plans(rows: &[SubscriptionRow], alerts: impl Fn(&SubscriptionRow) -> i64) -> FactTable {
    let mut rows: Vec<&SubscriptionRow> = rows.iter().collect();
    rows.sort_by_key(|row| (row.plans.as_ref().map_or(usize::MAX, Vec::len), row.name.to_lowercase()));
    let rows = rows.into_iter().map(|row| {
        let plans = match &row.plans {
            None => "not read yet".to_owned(),
            Some(plans) if plans.is_empty() => "none: the free tier".to_owned(),
            Some(plans) => plans.join(", "),
        };
        vec![
            Cell::to(row.name.as_str(), Way::Subscription(row.id.clone())),
            plans.into(),
            time::count(alerts(row)).into(),
        ]
    });
    table(
        "Your subscriptions",
        &["Subscription", "Plans that are on", "Alerts in 30 days"],
        "No subscription is visible.",
        rows.collect(),
    )
}

/// What the identity may do, action by action: in how many of the subscriptions that were asked, and where it may not.
pub fn rights(asked: &[(String, Vec<Right>)]) -> FactTable {
    let actions = asked.first().map(|(_, all)| all.as_slice()).unwrap_or_default();
    let rows = actions.iter().map(|action| {
        let lacking: Vec<&str> = asked
            .iter()
            .filter(|(_, all)| all.iter().any(|one| one.action == action.action && one.granted_by.is_none()))
            .map(|(name, _)| name.as_str())
            .collect();
        let held = asked.len() - lacking.len();
        let mut without = lacking.iter().take(5).copied().collect::<Vec<_>>().join(", ");
        if lacking.len() > 5 {
            without.push_str(", …");
        }
        vec![
            action.action.as_str().into(),
            action.needed_for.as_str().into(),
            format!("{held} of {}", asked.len()).into(),
            without.into(),
        ]
    });
    table(
        "What the console's identity may do",
        &["Action", "To", "Held in", "Not in"],
        "It could not be asked.",
        rows.collect(),
    )
}
