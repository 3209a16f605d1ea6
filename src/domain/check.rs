//! The checks there are. `docs/checks.md` has a section on each; a test compares the two.

use super::words;
use std::collections::BTreeSet;

words! {
    /// A check: the id that programs and links name, and its question.
    pub enum CheckId {
        /// A token for Resource Manager is asked for.
        IdentityToken = "identity.token", "Does the console's identity get tokens?";
        /// The certificate's end, from the file.
        IdentityCertificate = "identity.certificate", "Is the certificate good for a while?";
        /// The cloud's addresses and whether the service exists there (`docs/clouds`).
        CloudAddresses = "cloud.addresses", "Does this cloud have the service, and are its addresses known?";
        /// The `Date` of Azure's answers against this machine's clock; two minutes are allowed.
        Clock = "clock", "Does this machine's clock agree with Azure's?";
        /// Resource Manager and Resource Graph answered last.
        SourcesReachable = "sources.reachable", "Do Resource Manager and Resource Graph answer?";
        /// The state that Azure gives the subscription.
        SubscriptionState = "subscription.state", "Is the subscription enabled?";
        /// `Microsoft.Authorization/permissions` in the first 100 subscriptions, evaluated entry by entry.
        PermissionsRead = "permissions.read", "May the identity read what is exported?";
        /// Registration of `Microsoft.Security`.
        ProviderSecurity = "provider.security", "Is Microsoft.Security registered?";
        /// The condition of each subscription as the watcher left it.
        SourcesWatched = "sources.watched", "Is every subscription watched completely?";
        /// The condition of each target as the last attempt left it.
        TargetCondition = "target.condition", "Does the target take events?";
        /// Event hub by identity: the data action `Microsoft.EventHub/namespaces/messages/send/action` there.
        TargetRole = "target.role", "May the console send to the target?";
        /// The namespace's network rules, and the way that requests from here take: proxy, Private Link, public, or a name that cannot be found.
        TargetNetwork = "target.network", "Does the network let the console's requests through?";
        /// High and Medium alerts leave every subscription (CIS Azure Foundations 8.1.5.2), by the console's exports and Azure's.
        CoverageCis = "coverage.cis", "Do High and Medium alerts leave every subscription (CIS Azure 8.1.5.2)?";
        /// Decisions against a recount of outcomes.
        StoreBooks = "store.books", "Do the books balance?";
        /// Resource Graph is asked for the item, in the subscription that its id names or else in all; in one that the console does not see nobody can tell.
        ItemSource = "item.source", "Does Defender for Cloud have it?";
        /// The ledger has an event of the item.
        ItemObserved = "item.observed", "Has the console observed it?";
        /// A recommendation's status and cause: switched off by policy, exempted, not applicable.
        ItemStatus = "item.status", "Is the recommendation evaluated?";
        /// Suppression rules of the subscription that are on and of the alert's type: they dismiss it as it is raised.
        ItemSuppression = "item.suppression", "Does a suppression rule dismiss it?";
        /// For an alert that is nowhere: the plans that are on.
        ItemPlans = "item.plans", "Are Defender's plans on in its subscription?";
        /// The export's scope, its exceptions and tags, against the subscription.
        ExportScope = "export.scope", "Does the export cover its subscription?";
        /// The kinds of data of the export, streaming or weekly.
        ExportSource = "export.source", "Does the export take this kind of data?";
        /// The ledger has a decision of this export.
        ExportSeen = "export.seen", "Did the export see the event?";
        /// The decision as it was made, with the rule that decided, and what the rules of now would say.
        ExportRules = "export.rules", "Do the export's rules let it through?";
        /// The delivery: delivered with its receipt, pending and for what, dead-lettered with its reason, canceled by whom.
        ExportDelivery = "export.delivery", "Did the target take it?";
        /// `isEnabled` of the automation.
        AzureEnabled = "azure.enabled", "Is the automation switched on?";
        /// A scope that is a resource group, against the resource group of the item.
        AzureScope = "azure.scope", "Does the automation cover the resource?";
        /// The event sources of the automation, against the kind of data.
        AzureSource = "azure.source", "Does the automation take this kind of data?";
        /// The rule sets, evaluated here on the event as Azure sends it.
        AzureRules = "azure.rules", "Do the automation's rules let it through?";
        /// The time of the item against when the automation was made and last changed (`properties.metadata`, which real answers have and no specification names): before it was made it fails, between the two and in the first half hour it warns.
        AzureTime = "azure.time", "Did it happen while the automation was there?";
        /// The event hub's and namespace's status, or the workspace's state, daily cap and public ingestion.
        AzureTarget = "azure.target", "Is the target there, and does it take events?";
        /// By connection string: `disableLocalAuth`, the authorization rule and its right Send.
        AzureSignIn = "azure.sign_in", "May Azure send to the event hub?";
        /// A firewall that denies lets Azure's exports in only as a trusted service, and only with `trustedServiceAccessEnabled`.
        AzureNetwork = "azure.network", "Does the network let Azure's exports through?";
        /// `SecurityCenterFree` or `Security` on the workspace.
        AzureSolution = "azure.solution", "Does the workspace have Defender's tables?";
        /// The event looked for in the workspace (docs/azure-exports.md).
        AzureArrival = "azure.arrival", "Is it where Azure sends it?";
        /// Exports of this console whose scope covers the item's subscription, and enabled automations there.
        ItemReached = "item.reached", "Does some export reach its subscription?";
        /// `Microsoft.Security/assessmentMetadata` for the recommendation's key.
        ItemType = "item.type", "Is its type of recommendation still there?";
        /// The recommendation's last change against how often its kind is evaluated: 12 hours for most, a day for custom ones, guest configuration, updates and endpoint protection, up to a week for vulnerability assessment.
        ItemInterval = "item.interval", "Was it evaluated lately, for its kind?";
        /// `Microsoft.Security/automations/write` and `…/delete`, and `Microsoft.OperationsManagement/solutions/read`, where the setting `azure_writes` is on.
        PermissionsChange = "permissions.change", "May the identity change Azure's own exports?";
        /// Locks on the resource groups of Azure's exports.
        AzureLocked = "azure.locked", "Can the resource group of Azure's exports be changed?";
        /// Whether automation and target are in the same tenant.
        AzureTenant = "azure.tenant", "Is the target in the automation's tenant?";
        /// The Activity Log of the namespace for `regenerateKeys` that succeeded, against when the automation was saved.
        AzureKeys = "azure.keys", "Are the keys still the ones that Azure was given?";
        /// The item's size against the target's limit: 32 KB a record in a workspace, 256 KB an event in the tier Basic, else 1 MB.
        AzureSize = "azure.size", "Is it small enough for the target?";
        /// Names the table that the kind of data goes to, with the query that finds the item.
        AzureTable = "azure.table", "In which table is it?";
        /// `ThrottledRequests` and `QuotaExceededErrors` of the last 24 hours.
        HubThroughput = "hub.throughput", "Does the event hub take all that is sent, without throttling?";
        /// The largest event seen lately against the 256 KB of the tier Basic.
        HubSize = "hub.size", "Do the largest events fit?";
        /// Tier and retention.
        HubConsumers = "hub.consumers", "Can consumers read side by side, and be away for a day?";
        /// `IncomingMessages` against `OutgoingMessages` of the last 24 hours.
        HubRead = "hub.read", "Does somebody read what arrives?";
        /// The role of the namespace in its geo pairing.
        HubFailover = "hub.failover", "Does the export still send to the side that is in use?";
        /// Days that rows are kept; warns below 30.
        WorkspaceRetention = "workspace.retention", "Are rows kept for a while?";
        /// The workspace's default data collection rule.
        WorkspaceTransformation = "workspace.transformation", "Are rows kept as they come in?";
        /// The largest event seen lately against the 32 KB of a record.
        WorkspaceSize = "workspace.size", "Do the largest records fit?";
        /// Rows for each `SystemAlertId` of a day.
        WorkspaceRepeats = "workspace.repeats", "Is each alert written by one export only?";
        /// Rules on paths that no event of that kind has, from the newest events observed; the editor calls them unknown-path, other-kind-path and legacy-path (`docs/lint.md`).
        RulesPath = "rules.path", "Do all rules look at something that events have?";
        /// Rules that can never match: operator or value do not fit the type, values that do not exist, rules that contradict each other.
        RulesType = "rules.type", "Can every rule match?";
        /// `Contains` with a text that other values contain as well.
        RulesWide = "rules.wide", "Do rules catch what they say, and no more?";
        /// A rule set without rules, which lets everything through, or one that repeats another.
        RulesEmpty = "rules.empty", "Is every rule set a rule?";
        /// Recommendations named in rules that are unknown, go away, or are switched off by policy.
        RulesRecommendations = "rules.recommendations", "Are the recommendations that it names still there?";
        /// Severities listed without Critical.
        RulesCritical = "rules.critical", "Does it leave out no recommendation for being critical?";
        /// Findings without the recommendations that they belong to: Azure sends none of those.
        ExportFindings = "export.findings", "Do findings come with their recommendations?";
        /// An automation that is not called `ExportToWorkspace` or `ExportToEventHub` works, and the portal's page does not show it.
        ExportName = "export.name", "Does the portal show it?";
        /// Another export of this console or of Azure with overlapping scope, data and rules, to the same place.
        ExportDoubles = "export.doubles", "Does nobody else send the same to the same place?";
        /// Changes and weekly state of the same data to the same place.
        ExportSnapshots = "export.snapshots", "Does it send changes or the weekly state, not both?";
        /// Events that may be larger than the target takes.
        ExportSize = "export.size", "Do its events fit the target?";
        /// A scope without a subscription.
        ExportCovers = "export.covers", "Does it cover some subscription?";
        /// Assignments of the built-in export policies at management groups and subscriptions, as far as they can be read.
        PolicyRead = "policy.read", "Can assignments of the export policies be read?";
        /// The parameter that names the target: an authorization rule for the policy with a connection string, the hub itself for the trusted service.
        PolicyTarget = "policy.target", "Is the policy's target what the policy takes?";
        /// The assignment's managed identity.
        PolicyIdentity = "policy.identity", "Has the assignment an identity to deploy with?";
        /// Azure Policy's states.
        PolicyCompliance = "policy.compliance", "Is the export deployed everywhere under the assignment?";
        /// The newest remediation.
        PolicyRemediation = "policy.remediation", "Did the last remediation succeed?";
        /// Subscriptions that are still not compliant after a remediation that succeeded: evaluated before the target or the role was there.
        PolicyRace = "policy.race", "Has Azure Policy seen what was deployed?";
        /// The Activity Log of the last 14 days for automations that were deleted and that an assignment will deploy again.
        PolicyReturns = "policy.returns", "Does what was deleted stay deleted?";
        /// Deployed automations against the assignment's parameters, target and filters included, which Azure Policy does not compare.
        PolicyDrift = "policy.drift", "Are the deployed exports as the assignment says?";
        /// `createResourceGroup`.
        PolicyGroup = "policy.group", "Does the policy leave the resource group as it is?";
        /// A check of another release, in a diagnosis that was kept.
        Retired = "retired", "A check of another release";
    }
}

impl CheckId {
    /// Reads a kept id: a check that is no more is [`CheckId::Retired`].
    pub fn read<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        Ok(Self::parse(&text).unwrap_or(Self::Retired))
    }

    /// Reads kept ids; checks that are no more are left out.
    pub fn read_all<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<Self>, D::Error> {
        let all = <Vec<String> as serde::Deserialize>::deserialize(deserializer)?;
        Ok(all.iter().filter_map(|text| Self::parse(text)).collect())
    }
}
