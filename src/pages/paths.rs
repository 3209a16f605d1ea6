//! Addresses of pages, built in one place.

use domain::{
    DeliveryId, EventId, ExportId, ResourceId, SubscriptionId, TargetId,
    article::{Slug, Way},
    diagnosis::DiagnosisId,
    sample::SampleId,
    share::{ShareKind, ShareOf},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The overview.
pub const OVERVIEW: &str = "/";
/// All subscriptions.
pub const SUBSCRIPTIONS: &str = "/subscriptions";
/// Who exports what of each subscription.
pub const COVERAGE: &str = "/coverage";
/// All exports.
pub const EXPORTS: &str = "/exports";
/// A new export.
pub const NEW_EXPORT: &str = "/exports/new";
/// Exports read from code.
pub const IMPORT_EXPORT: &str = "/exports/import";
/// Exports that Azure Policy deploys.
pub const POLICIES: &str = "/exports/policy";
/// The delivery log.
pub const LOG: &str = "/log";
/// The replays and backfills.
pub const JOBS: &str = "/log?tab=jobs";
/// What Azure's own exports let through, and whether it arrived.
pub const ARRIVALS: &str = "/log?tab=arrivals";
/// All deliveries of a filter sent again.
pub const REPLAY: &str = "/log/replay";
/// All targets.
pub const TARGETS: &str = "/targets";
/// A new target.
pub const NEW_TARGET: &str = "/targets/new";
/// Health checks.
pub const TROUBLESHOOT: &str = "/troubleshoot";
/// Sample alerts.
pub const SAMPLES: &str = "/samples";
/// Shares that were made.
pub const SHARES: &str = "/shares";
/// Where the form of a new share goes.
pub const SHARE_MADE: &str = "/shares/made";
/// Where a share is asked for as a file.
pub const SHARE_FILE: &str = "/shares/file";
/// Settings.
pub const SETTINGS: &str = "/settings";

/// The answer to a question.
pub fn article(slug: Slug) -> String {
    format!("/troubleshoot/{slug}")
}

/// Where something in an article leads.
pub fn way(to: &Way) -> String {
    match to {
        Way::Target(id) => target(id),
        Way::Subscription(id) => subscription(id),
        Way::Subscriptions => SUBSCRIPTIONS.to_owned(),
        Way::Event(id) => event(id),
        Way::Backfill(id) => with_query(&backfill(id), &[("take", "current_state")]),
        Way::NewExport => NEW_EXPORT.to_owned(),
        Way::Policies => POLICIES.to_owned(),
    }
}

/// One subscription.
pub fn subscription(id: &SubscriptionId) -> String {
    format!("/subscriptions/{id}")
}

/// One export.
pub fn export(id: &ExportId) -> String {
    format!("/exports/{id}")
}

/// An export as code.
pub fn export_code(id: &ExportId) -> String {
    format!("/exports/{id}/code")
}

/// How an export that Azure delivers stands there.
pub fn roll_out(id: &ExportId) -> String {
    format!("/exports/{id}/azure")
}

/// One of Azure's own exports.
pub fn azure_export(id: &ResourceId) -> String {
    with_query("/exports/azure", &[("id", id.as_str())])
}

/// The versions of an export.
pub fn export_history(id: &ExportId) -> String {
    format!("/exports/{id}/history")
}

/// Sending what is already there to one export's target.
pub fn backfill(id: &ExportId) -> String {
    format!("/exports/{id}/backfill")
}

/// Sample alerts that are followed.
pub fn sample(id: &SampleId) -> String {
    format!("/samples/{id}")
}

/// A diagnosis.
pub fn diagnosis(id: &DiagnosisId) -> String {
    format!("/diagnoses/{id}")
}

/// What a share of something would show.
pub fn new_share(kind: ShareKind, id: &str) -> String {
    with_query("/shares/new", &[(kind.as_str(), id)])
}

/// The page of what was shared.
pub fn shared(of: &ShareOf) -> String {
    match of {
        ShareOf::Diagnosis(id) => diagnosis(id),
        ShareOf::Event(id) => event(id),
        ShareOf::Delivery(id) => delivery(id),
        ShareOf::Export(id) => export(id),
    }
}

/// One target.
pub fn target(id: &TargetId) -> String {
    format!("/targets/{id}")
}

/// One delivery, in the panel beside the log.
pub fn delivery(id: &DeliveryId) -> String {
    format!("/log/deliveries/{id}")
}

/// One event, in the panel beside the list of events.
pub fn event(id: &EventId) -> String {
    format!("/log/events/{id}")
}

/// What an event is looked for by.
pub fn search(text: &str) -> String {
    with_query(LOG, &[("q", text)])
}

/// The box that finds out why an item was not exported, filled in.
pub fn why(item: &str) -> String {
    with_query(TROUBLESHOOT, &[("item", item)])
}

/// A path with the pairs that are not empty as its query.
pub fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut out = path.to_owned();
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        out.push(if out.contains('?') { '&' } else { '?' });
        out.push_str(name);
        out.push('=');
        out.extend(utf8_percent_encode(value, ESCAPED));
    }
    out
}

/// What may stand in a query unescaped.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b',');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_escaped_and_leave_out_what_is_empty() {
        assert_eq!(
            with_query("/log", &[("q", "a b/ü"), ("range", ""), ("tab", "events")]),
            "/log?q=a%20b%2F%C3%BC&tab=events"
        );
        assert_eq!(with_query("/log?x=1", &[("y", "2")]), "/log?x=1&y=2");
    }
}
