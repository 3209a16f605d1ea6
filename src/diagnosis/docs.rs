//! The pages of Microsoft's documentation that checks rest on.

use domain::verdict::Checked;

const EXPORT: &str = "https://learn.microsoft.com/azure/defender-for-cloud/continuous-export";

/// A check's word, or how several begin, and its page; the first that fits counts.
const PAGES: &[(&str, &str)] = &[
    ("identity.", "https://learn.microsoft.com/entra/identity-platform/reference-error-codes"),
    ("clock", "https://learn.microsoft.com/rest/api/eventhub/generate-sas-token"),
    ("cloud.", "https://learn.microsoft.com/azure/defender-for-cloud/support-matrix-cloud-environment"),
    ("sources.", "https://learn.microsoft.com/azure/governance/resource-graph/overview"),
    ("subscription.state", "https://learn.microsoft.com/azure/cost-management-billing/manage/subscription-states"),
    ("permissions.", "https://learn.microsoft.com/azure/defender-for-cloud/permissions"),
    ("provider.", "https://learn.microsoft.com/azure/azure-resource-manager/management/resource-providers-and-types"),
    ("target.role", "https://learn.microsoft.com/azure/event-hubs/authorize-access-azure-active-directory"),
    ("target.network", "https://learn.microsoft.com/azure/event-hubs/network-security"),
    ("hub.throughput", "https://learn.microsoft.com/azure/event-hubs/event-hubs-auto-inflate"),
    ("hub.size", "https://learn.microsoft.com/azure/event-hubs/event-hubs-quotas"),
    ("hub.consumers", "https://learn.microsoft.com/azure/event-hubs/compare-tiers"),
    ("hub.read", "https://learn.microsoft.com/azure/event-hubs/monitor-event-hubs-reference"),
    ("hub.failover", "https://learn.microsoft.com/azure/event-hubs/event-hubs-geo-dr"),
    ("workspace.size", "https://learn.microsoft.com/azure/azure-monitor/service-limits"),
    ("workspace.retention", "https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure"),
    (
        "workspace.transformation",
        "https://learn.microsoft.com/azure/azure-monitor/data-collection/data-collection-transformations",
    ),
    ("workspace.", "https://learn.microsoft.com/azure/azure-monitor/reference/tables/securityalert"),
    ("azure.network", "https://learn.microsoft.com/azure/defender-for-cloud/continuous-export-event-hub-firewall"),
    ("azure.locked", "https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources"),
    ("azure.", EXPORT),
    ("policy.remediation", "https://learn.microsoft.com/azure/governance/policy/how-to/remediate-resources"),
    ("policy.", "https://learn.microsoft.com/azure/defender-for-cloud/continuous-export-azure-policy"),
    ("rules.", "https://learn.microsoft.com/rest/api/defenderforcloud/automations/create-or-update"),
    ("item.suppression", "https://learn.microsoft.com/azure/defender-for-cloud/alerts-suppression-rules"),
    ("item.plans", "https://learn.microsoft.com/azure/defender-for-cloud/defender-for-cloud-introduction"),
    ("item.", "https://learn.microsoft.com/azure/defender-for-cloud/review-security-recommendations"),
    ("coverage.", "https://learn.microsoft.com/azure/defender-for-cloud/regulatory-compliance-dashboard"),
    ("export.", EXPORT),
];

/// Names the page a check rests on, where it rests on one: the ledger and the store rest on none.
pub(super) fn fill(check: &mut Checked) {
    let page = PAGES.iter().find(|(word, _)| check.check.starts_with(word)).map(|(_, page)| *page);
    page.unwrap_or_default().clone_into(&mut check.docs);
}
