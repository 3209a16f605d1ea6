//! The support bundle: how the console does, for whoever helps.

use super::{Frozen, checks, document, fact, section};
use crate::{Sort, Veil};
use domain::{
    share::{Document, Part, ShareKind},
    time,
    verdict::{Checked, Verdict},
    view::{DeliveryRow, ExportRow, IdentityView, SubscriptionRow, Tally, TargetRow},
};

/// What is known of the console.
#[derive(Debug, Clone)]
pub struct SupportFacts {
    /// The cloud's word, or `practice`.
    pub cloud: String,
    /// The store's id.
    pub store: String,
    /// Whether Azure's exports may be changed.
    pub azure_writes: bool,
    /// Who the console is for Azure.
    pub identities: Vec<IdentityView>,
    /// What watching suffers from.
    pub problems: Vec<String>,
    /// All targets.
    pub targets: Vec<TargetRow>,
    /// All exports.
    pub exports: Vec<ExportRow>,
    /// All subscriptions.
    pub subscriptions: Vec<SubscriptionRow>,
    /// Outcomes of the last 24 hours.
    pub outcomes: Tally,
    /// The newest deliveries that an error keeps.
    pub errors: Vec<DeliveryRow>,
    /// The health checks.
    pub checks: Vec<Checked>,
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "–".to_owned())
}

fn table(head: &[&str], rows: Vec<Vec<String>>, empty: &str) -> Part {
    if rows.is_empty() {
        return Part::Text { text: empty.to_owned() };
    }
    Part::Table { head: head.iter().map(|name| (*name).to_owned()).collect(), rows }
}

/// The support bundle.
pub fn support(of: &SupportFacts, frozen: Frozen<'_>, veil: &mut Veil) -> Document {
    let fails = of.checks.iter().filter(|one| one.verdict == Verdict::Fail).count();
    let lead = format!(
        "{fails} health checks fail, {} targets, {} exports, {} subscriptions",
        of.targets.len(),
        of.exports.len(),
        of.subscriptions.len()
    );
    let mut made = document(ShareKind::Support, "Support bundle".to_owned(), lead, frozen, veil);
    let mut facts = vec![
        fact("Release", env!("CARGO_PKG_VERSION")),
        fact("System", format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
        fact("Cloud", of.cloud.clone()),
        fact("Store", veil.id(&of.store)),
        fact("Changing Azure's exports", if of.azure_writes { "on" } else { "off" }),
    ];
    for identity in &of.identities {
        facts.push(fact("Signs in as", identity.about.clone()));
        facts.push(fact("Tenant", veil.id(&identity.of)));
        facts.push(fact("Token ends", or_dash(identity.token_until.map(time::exact))));
        facts.extend(identity.certificate_until.map(|at| fact("Certificate ends", time::exact(at))));
    }
    let mut parts = vec![Part::Facts { facts }];
    if !of.problems.is_empty() {
        parts.push(Part::Steps { steps: of.problems.clone() });
    }
    made.sections.push(section("The console", parts));
    let sums = of.outcomes;
    let sums = [
        ("Delivered", sums.delivered),
        ("Pending", sums.pending),
        ("Filtered", sums.filtered),
        ("Parked", sums.parked),
        ("Cancelled", sums.cancelled),
    ];
    let facts = sums.into_iter().map(|(name, n)| fact(name, time::count(n))).collect();
    made.sections.push(section("Outcomes of the last 24 hours", vec![Part::Facts { facts }]));
    made.sections.push(section("Health checks", vec![checks(&of.checks, veil)]));

    let rows = of.targets.iter().map(|one| {
        vec![
            veil.name(Sort::Target, &one.name),
            one.config.kind().label().to_owned(),
            one.condition.label().to_owned(),
            or_dash(one.condition_status.map(|status| status.to_string())),
            or_dash(one.condition_detail.clone()),
            time::count(one.waiting),
            or_dash(one.last_success.map(time::exact)),
            or_dash(one.next_attempt.map(time::exact)),
        ]
    });
    let head = ["Target", "Kind", "Condition", "Status", "What it said", "Waiting", "Last success", "Next attempt"];
    made.sections.push(section("Targets", vec![table(&head, rows.collect(), "There are none.")]));

    let rows = of.exports.iter().map(|one| {
        let sources: Vec<&str> = one.export.body.sources.iter().map(|source| source.event_source.as_str()).collect();
        vec![
            veil.name(Sort::Export, &one.export.body.name),
            one.export.body.delivered_by.as_str().to_owned(),
            if one.export.paused { "paused" } else { "active" }.to_owned(),
            format!("{}", one.export.version),
            sources.join(", "),
            one.covered.to_string(),
        ]
    });
    let head = ["Export", "Delivered by", "State", "Version", "Sources", "Subscriptions"];
    made.sections.push(section("Exports", vec![table(&head, rows.collect(), "There are none.")]));

    let rows = of.subscriptions.iter().map(|one| {
        vec![
            veil.name(Sort::Subscription, &one.name),
            veil.word(&one.state),
            one.condition.label().to_owned(),
            or_dash(one.condition_detail.clone()),
            or_dash(one.complete_to().map(time::exact)),
        ]
    });
    let head = ["Subscription", "State", "Condition", "What it said", "Watched to"];
    made.sections.push(section("Subscriptions", vec![table(&head, rows.collect(), "None is visible.")]));

    let rows = of.errors.iter().map(|one| {
        vec![
            time::exact(one.settled_at.unwrap_or(one.decided_at)),
            veil.name(Sort::Export, &one.export_name),
            veil.name(Sort::Target, &one.target_name),
            one.outcome.label().to_owned(),
            or_dash(one.last_status.map(|status| status.to_string())),
            or_dash(one.last_error.clone()),
        ]
    });
    let head = ["When", "Export", "Target", "Outcome", "Status", "Error"];
    made.sections.push(section("Last errors", vec![table(&head, rows.collect(), "No delivery has one.")]));
    veil.sweep(made)
}
