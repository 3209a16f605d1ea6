//! The pages of Microsoft's documentation that checks rest on.

use domain::{CheckId, verdict::Checked};

const EXPORT: &str = "https://learn.microsoft.com/azure/defender-for-cloud/continuous-export";

/// The page a check rests on; empty where it rests on none: the ledger and the store.
const fn page(of: CheckId) -> &'static str {
    match of {
        CheckId::IdentityToken | CheckId::IdentityCertificate => {
            "https://learn.microsoft.com/entra/identity-platform/reference-error-codes"
        }
        CheckId::CloudAddresses => {
            "https://learn.microsoft.com/azure/defender-for-cloud/support-matrix-cloud-environment"
        }
        CheckId::Clock => "https://learn.microsoft.com/rest/api/eventhub/generate-sas-token",
        CheckId::SourcesReachable | CheckId::SourcesWatched => {
            "https://learn.microsoft.com/azure/governance/resource-graph/overview"
        }
        CheckId::SubscriptionState => {
            "https://learn.microsoft.com/azure/cost-management-billing/manage/subscription-states"
        }
        CheckId::PermissionsRead | CheckId::PermissionsChange => {
            "https://learn.microsoft.com/azure/defender-for-cloud/permissions"
        }
        CheckId::ProviderSecurity => {
            "https://learn.microsoft.com/azure/azure-resource-manager/management/resource-providers-and-types"
        }
        CheckId::TargetCondition | CheckId::StoreBooks | CheckId::Retired => "",
        CheckId::TargetRole => "https://learn.microsoft.com/azure/event-hubs/authorize-access-azure-active-directory",
        CheckId::TargetNetwork => "https://learn.microsoft.com/azure/event-hubs/network-security",
        CheckId::CoverageCis => "https://learn.microsoft.com/azure/defender-for-cloud/regulatory-compliance-dashboard",
        CheckId::ItemSource
        | CheckId::ItemObserved
        | CheckId::ItemStatus
        | CheckId::ItemReached
        | CheckId::ItemType
        | CheckId::ItemInterval => {
            "https://learn.microsoft.com/azure/defender-for-cloud/review-security-recommendations"
        }
        CheckId::ItemSuppression => "https://learn.microsoft.com/azure/defender-for-cloud/alerts-suppression-rules",
        CheckId::ItemPlans => "https://learn.microsoft.com/azure/defender-for-cloud/defender-for-cloud-introduction",
        CheckId::ExportScope
        | CheckId::ExportSource
        | CheckId::ExportSeen
        | CheckId::ExportRules
        | CheckId::ExportDelivery
        | CheckId::AzureEnabled
        | CheckId::AzureScope
        | CheckId::AzureSource
        | CheckId::AzureRules
        | CheckId::AzureTime
        | CheckId::AzureTarget
        | CheckId::AzureSignIn
        | CheckId::AzureSolution
        | CheckId::AzureArrival
        | CheckId::AzureTenant
        | CheckId::AzureKeys
        | CheckId::AzureSize
        | CheckId::AzureTable
        | CheckId::ExportFindings
        | CheckId::ExportName
        | CheckId::ExportDoubles
        | CheckId::ExportSnapshots
        | CheckId::ExportSize
        | CheckId::ExportCovers => EXPORT,
        CheckId::AzureNetwork => {
            "https://learn.microsoft.com/azure/defender-for-cloud/continuous-export-event-hub-firewall"
        }
        CheckId::AzureLocked => "https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources",
        CheckId::HubThroughput => "https://learn.microsoft.com/azure/event-hubs/event-hubs-auto-inflate",
        CheckId::HubSize => "https://learn.microsoft.com/azure/event-hubs/event-hubs-quotas",
        CheckId::HubConsumers => "https://learn.microsoft.com/azure/event-hubs/compare-tiers",
        CheckId::HubRead => "https://learn.microsoft.com/azure/event-hubs/monitor-event-hubs-reference",
        CheckId::HubFailover => "https://learn.microsoft.com/azure/event-hubs/event-hubs-geo-dr",
        CheckId::WorkspaceRetention => "https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure",
        CheckId::WorkspaceTransformation => {
            "https://learn.microsoft.com/azure/azure-monitor/data-collection/data-collection-transformations"
        }
        CheckId::WorkspaceSize => "https://learn.microsoft.com/azure/azure-monitor/service-limits",
        CheckId::WorkspaceRepeats => "https://learn.microsoft.com/azure/azure-monitor/reference/tables/securityalert",
        CheckId::RulesPath
        | CheckId::RulesType
        | CheckId::RulesWide
        | CheckId::RulesEmpty
        | CheckId::RulesRecommendations
        | CheckId::RulesCritical => {
            "https://learn.microsoft.com/rest/api/defenderforcloud/automations/create-or-update"
        }
        CheckId::PolicyRead
        | CheckId::PolicyTarget
        | CheckId::PolicyIdentity
        | CheckId::PolicyCompliance
        | CheckId::PolicyRace
        | CheckId::PolicyReturns
        | CheckId::PolicyDrift
        | CheckId::PolicyGroup => "https://learn.microsoft.com/azure/defender-for-cloud/continuous-export-azure-policy",
        CheckId::PolicyRemediation => "https://learn.microsoft.com/azure/governance/policy/how-to/remediate-resources",
    }
}

/// Names the page a check rests on.
pub(super) fn fill(check: &mut Checked) {
    page(check.check).clone_into(&mut check.docs);
}
