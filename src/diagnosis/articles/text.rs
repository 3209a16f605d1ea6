//! The answers, in words. What is said of Azure stands on the pages that are linked.

use domain::article::Slug;

/// An answer.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    /// Paragraph by paragraph.
    pub answer: &'static [&'static str],
    /// Microsoft's pages: title and address.
    pub links: &'static [(&'static str, &'static str)],
}

const EXPORT: (&str, &str) =
    ("Continuous export", "https://learn.microsoft.com/azure/defender-for-cloud/continuous-export");
const PERMISSIONS: (&str, &str) =
    ("Roles and permissions", "https://learn.microsoft.com/azure/defender-for-cloud/permissions");
const POLICY: (&str, &str) =
    ("Export by Azure Policy", "https://learn.microsoft.com/azure/defender-for-cloud/continuous-export-azure-policy");

/// The answer to a question.
pub const fn text(slug: Slug) -> Text {
    match slug {
        Slug::Costs => Text {
            answer: &[
                "Exporting costs nothing, neither by Azure nor by this console. What is paid is the target: an Event Hubs namespace by throughput units and ingress, a Log Analytics workspace by the gigabyte that is taken in and kept.",
                "Below is what this console sent in the last 30 days. Compressed requests are counted as they were sent; a workspace bills the rows as they are kept, which is more.",
            ],
            links: &[
                ("Event Hubs pricing", "https://azure.microsoft.com/pricing/details/event-hubs/"),
                ("Azure Monitor pricing", "https://azure.microsoft.com/pricing/details/monitor/"),
            ],
        },
        Slug::ManagementGroups => Text {
            answer: &[
                "Azure's own exports stand in one subscription each; there is none of a management group. Its three built-in policies deploy one into every subscription below a group, and a remediation is needed for the subscriptions that were there before.",
                "An export of this console takes a management group as its scope, later subscriptions included, and deploys nothing.",
            ],
            links: &[POLICY, EXPORT],
        },
        Slug::RecommendationsMissing => Text {
            answer: &[
                "A recommendation is sent when its evaluation changes: a resource turns unhealthy, or healthy again. One that was unhealthy before the export was made, and has not changed since, stays in the portal and is never sent.",
                "These are unhealthy now, and no export of this console has sent them, or is about to; what Azure's own exports sent nobody keeps. A backfill sends what matches an export's rules, counted and priced before it starts.",
            ],
            links: &[EXPORT],
        },
        Slug::CurrentState => Text {
            answer: &[
                "No. Continuous export is a stream of changes: alerts from before the export was made are not sent, and recommendations that do not change are not either. The weekly snapshot of Azure repeats recommendations, findings, scores and compliance, never alerts.",
                "This console knows the current state from its full scans. It can backfill it once to any target, or send it each week.",
            ],
            links: &[EXPORT],
        },
        Slug::Intervals => Text {
            answer: &[
                "Recommendations are evaluated at their own pace: many within minutes to hours of a change, custom ones and guest configuration about once a day, vulnerability assessment up to every few days. A change of the resource is exported when the next evaluation sees it.",
                "These are the recommendations that changed lately here, and how old their last change is.",
            ],
            links: &[
                (
                    "How recommendations are refreshed",
                    "https://learn.microsoft.com/azure/defender-for-cloud/review-security-recommendations",
                ),
                EXPORT,
            ],
        },
        Slug::FreeTier => Text {
            answer: &[
                "Yes. A subscription without plans has recommendations and the secure score, and both are exported. Most alerts belong to a plan: while it is off they are not raised, in the portal as little as here.",
                "These are the plans of your subscriptions, and the alerts that were observed there.",
            ],
            links: &[(
                "Plans of Defender for Cloud",
                "https://learn.microsoft.com/azure/defender-for-cloud/defender-for-cloud-introduction",
            )],
        },
        Slug::BusinessContinuity => Text {
            answer: &[
                "An export names a namespace, not the alias of a geo pairing. After a failover consumers that follow the alias read the other namespace, and exports go on to the old one until they are saved again. Metadata alone is paired: events that were not read stay behind.",
                "While a target does not take events this console keeps them, for seven days before they park, and sends them by itself once it does. Azure's own exports keep nothing that anybody could see.",
            ],
            links: &[(
                "Geo-disaster recovery of Event Hubs",
                "https://learn.microsoft.com/azure/event-hubs/event-hubs-geo-dr",
            )],
        },
        Slug::CannotChange => Text {
            answer: &[
                "To change or remove one of Azure's exports takes Microsoft.Security/automations/write and delete on its resource group, which Security Admin, Contributor and Owner have. Locks refuse it all the same, and what a policy deployed comes back.",
                "These checks say which of it holds here.",
            ],
            links: &[
                PERMISSIONS,
                ("Locks", "https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources"),
            ],
        },
        Slug::Permissions => Text {
            answer: &[
                "To see exports takes Security Reader. To set one up takes Security Admin, Contributor or Owner of the resource group and writing rights on the target. By policy it also takes the right to assign policies. Saved once, an export goes on without the person who saved it.",
                "This is what the console's identity may do.",
            ],
            links: &[PERMISSIONS, EXPORT],
        },
        Slug::Clouds => Text {
            answer: &[
                "Continuous export exists in the public cloud and in Azure Government. In Azure operated by 21Vianet Defender for Cloud ended in August 2026. Plans differ: what a cloud does not have raises no alerts there.",
                "This console speaks to one cloud, with that cloud's own addresses; others are described by a profile.",
            ],
            links: &[(
                "Support in national clouds",
                "https://learn.microsoft.com/azure/defender-for-cloud/support-matrix-cloud-environment",
            )],
        },
        Slug::DataMissing => Text {
            answer: &[
                "Paste its id and see where it stopped. By hand: is it in the portal at all? Was it raised at least 30 minutes after the export was first saved? Do the rules let it through, severity included? Does the target take events, and is the identity still allowed to send?",
                "What fails at this moment, for whatever item, stands below.",
            ],
            links: &[EXPORT, PERMISSIONS],
        },
        Slug::Schemas => Text {
            answer: &[
                "An event hub gets one JSON object for each event, without anything around it. Alerts have member names in capitals, as the alerts schema says; recommendations look like the assessments API. A workspace gets rows of tables.",
                "Each kind of data in its shapes, with the newest event of this tenant. Paste what your consumer got, and see what is missing in it.",
            ],
            links: &[
                ("Alerts schema", "https://learn.microsoft.com/azure/defender-for-cloud/alerts-schemas"),
                ("Alerts API", "https://learn.microsoft.com/rest/api/defenderforcloud/alerts"),
                ("Assessments API", "https://learn.microsoft.com/rest/api/defenderforcloud/assessments"),
            ],
        },
    }
}
