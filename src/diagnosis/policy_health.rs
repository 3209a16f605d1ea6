//! Checks of exports that Azure Policy deploys. Numbers are those of the list of checks that the product keeps to.

use super::commands::{az, graph, literal, powershell, quoted};
use domain::{
    CheckId,
    policy::{BuiltIn, PolicyView},
    time,
    verdict::{Checked, Verdict},
};
use jiff::Timestamp;

/// An automation that somebody deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// The automation, as [`domain::ResourceId::key`] writes it.
    pub automation: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
}

/// What the checks look at.
#[derive(Debug, Clone, Default)]
pub struct PolicyFacts {
    /// The assignments, with compliance, drift and remediations.
    pub all: Vec<PolicyView>,
    /// What could not be read.
    pub troubles: Vec<String>,
    /// Automations that were deleted in the last days, as far as the Activity Log was asked.
    pub deleted: Vec<Deletion>,
}

/// Names that are listed before the rest is counted.
const NAMED: usize = 5;

/// The checks.
pub fn policy_health(facts: &PolicyFacts) -> Vec<Checked> {
    let mut all: Vec<Checked> = facts.troubles.iter().map(|said| unread(said)).collect();
    for view in &facts.all {
        let found = [
            Some(target(view)),
            identity(view),
            remediation(view),
            // Why it does not comply stands before that it does not.
            race(view, facts),
            removed(view, facts),
            Some(compliance(view)),
            drift(view),
            group(view),
        ];
        let name = &view.assignment.name;
        all.extend(
            found.into_iter().flatten().map(|check| check.about(name).seen("assignment", view.assignment.id.as_str())),
        );
    }
    all
}

fn listed(names: &[&str]) -> String {
    let more = names.len().saturating_sub(NAMED);
    let first = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{first} and {more} more") } else { first }
}

fn unread(said: &str) -> Checked {
    Checked::pass(CheckId::PolicyRead, "").but(
        Verdict::CannotTell,
        said,
        "",
        &["To tell, the identity needs Microsoft.Authorization/policyAssignments/read, which Reader has, on the management group."],
    )
}

/// 54
fn target(view: &PolicyView) -> Checked {
    let check = Checked::pass(CheckId::PolicyTarget, "");
    let target = view.assignment.target.as_ref();
    let names_rule = target.is_some_and(|id| id.key().contains("/authorizationrules/"));
    let fix = "Assign the policy again with the other form of the event hub.";
    let check = check.seen("parameter", view.assignment.policy.target());
    let check = match target {
        Some(target) => check.seen("value", target.as_str()),
        None => check,
    };
    match (view.assignment.policy, target.is_some()) {
        (_, false) => check.but(
            Verdict::Fail,
            "The assignment names no target.",
            "Its deployments fail.",
            &["Assign the policy with a target."],
        ),
        (BuiltIn::EventHub, true) if !names_rule => check.but(
            Verdict::Fail,
            "The policy takes an authorization rule, and the assignment names the event hub itself.",
            "Its deployments fail, as no key can be listed.",
            &[fix],
        ),
        (BuiltIn::TrustedService, true) if names_rule => check.but(
            Verdict::Fail,
            "The policy takes the event hub, and the assignment names an authorization rule.",
            "Its deployments fail.",
            &[fix],
        ),
        _ => Checked { said: "It is.".to_owned(), ..check },
    }
}

fn identity(view: &PolicyView) -> Option<Checked> {
    view.assignment.principal.is_none().then(|| {
        Checked::pass(CheckId::PolicyIdentity, "").but(
            Verdict::Fail,
            "It has none.",
            "It finds what is missing and deploys nothing.",
            &["Give the assignment a managed identity with the roles that its definition names."],
        )
    })
}

/// Where a command of an assignment acts: without it, in whichever subscription is the current one.
fn at(view: &PolicyView) -> String {
    let scope = &view.assignment.scope;
    match scope.subscription() {
        Some(id) => format!("--subscription {id}"),
        None => format!("--management-group {}", quoted(scope.name())),
    }
}

/// 47
fn compliance(view: &PolicyView) -> Checked {
    let open: Vec<&str> = view.subscriptions.iter().filter(|one| !one.compliant).map(|one| one.name.as_str()).collect();
    let check = Checked::pass(CheckId::PolicyCompliance, "");
    if let Some(said) = view.trouble.as_ref().filter(|_| view.subscriptions.is_empty()) {
        return check.but(
            Verdict::CannotTell,
            said,
            "",
            &["To tell, the identity needs Microsoft.PolicyInsights/policyStates/queryResults/read, which Reader has."],
        );
    }
    if view.subscriptions.is_empty() {
        let said = "Azure Policy has not evaluated it yet.";
        return check.but(Verdict::CannotTell, said, "", &["To tell, wait up to half an hour after the assignment."]);
    }
    if open.is_empty() {
        let said = format!("In all {} subscriptions that Azure Policy has evaluated.", view.subscriptions.len());
        return Checked { said, ..check };
    }
    let id = view.assignment.id.as_str();
    check
            .seen("not compliant", listed(&open))
            .but(
                Verdict::Warning,
                format!("Not in {} of {} subscriptions.", open.len(), view.subscriptions.len()),
                "Subscriptions that were there before the assignment are set up by a remediation only.",
                &["Start a remediation: on the page of policies, or with the command."],
            )
            .commands([
                az(format!("az policy remediation create --name export-now --policy-assignment {} {}", quoted(id), at(view))),
                powershell(format!("Start-AzPolicyRemediation -Name export-now -PolicyAssignmentId {} -Scope {}", literal(id), literal(view.assignment.scope.as_str()))),
                graph(format!("policyresources | where type =~ 'microsoft.policyinsights/policystates' | where properties.policyAssignmentId =~ {} | where properties.complianceState =~ 'NonCompliant' | project properties.resourceId", literal(id))),
            ])
}

/// 48
fn remediation(view: &PolicyView) -> Option<Checked> {
    let newest = view.remediations.first()?;
    let check = Checked::pass(CheckId::PolicyRemediation, "")
        .seen("remediation", &newest.name)
        .seen("state", &newest.state)
        .seen("failed", newest.failed.to_string());
    if newest.failed == 0 && !newest.state.eq_ignore_ascii_case("failed") {
        return Some(Checked { said: format!("{} of {} deployments did.", newest.succeeded, newest.total), ..check });
    }
    let said = match &newest.message {
        Some(message) => message.clone(),
        None => format!("{} of {} deployments failed.", newest.failed, newest.total),
    };
    Some(
        check
            .but(
                Verdict::Fail,
                said,
                "The identity of the assignment needs Contributor where it deploys, and on the target if that stands elsewhere.",
                &["Give the identity of the assignment Contributor on its scope and on the target, and remediate again."],
            )
            .commands(view.assignment.principal.iter().flat_map(|principal| {
                let target = view.assignment.destination();
                let scopes = std::iter::once(view.assignment.scope.clone()).chain(target);
                scopes.flat_map(|scope| super::commands::give_role(principal, "Contributor", scope.as_str())).collect::<Vec<_>>()
            })),
    )
}

/// 49: what was remediated with success and is still not compliant was evaluated before it was there.
fn race(view: &PolicyView, facts: &PolicyFacts) -> Option<Checked> {
    let newest = view
        .remediations
        .first()
        .filter(|newest| newest.failed == 0 && newest.state.eq_ignore_ascii_case("succeeded"))?;
    let gone = |one: &&domain::policy::Compliance| deletion(view, one, facts).is_some();
    let open: Vec<&str> =
        view.subscriptions.iter().filter(|one| !one.compliant && !gone(one)).map(|one| one.name.as_str()).collect();
    let check = Checked::pass(CheckId::PolicyRace, "");
    if open.is_empty() {
        return Some(Checked { said: "It has.".to_owned(), ..check });
    }
    let check = match newest.at {
        Some(at) => check.seen("remediated", time::rfc3339(at)),
        None => check,
    };
    Some(
        check
            .seen("not compliant", listed(&open))
            .but(
                Verdict::Warning,
                "The last remediation succeeded, and subscriptions are still not compliant.",
                "The policy was evaluated before the target or the role was there, or has not been evaluated since.",
                &["Let Azure Policy evaluate again, and remediate once more."],
            )
            .commands([az(format!(
                "az policy state trigger-scan --subscription {}",
                quoted(
                    view.subscriptions
                        .iter()
                        .find(|one| !one.compliant)
                        .map_or("SUBSCRIPTION", |one| one.subscription.as_str())
                )
            ))]),
    )
}

fn deletion<'a>(view: &PolicyView, of: &domain::policy::Compliance, facts: &'a PolicyFacts) -> Option<&'a Deletion> {
    let key = view.assignment.automation_in(&of.subscription).key();
    facts.deleted.iter().find(|one| one.automation == key).filter(|_| of.drift.is_none())
}

/// 53
fn removed(view: &PolicyView, facts: &PolicyFacts) -> Option<Checked> {
    let gone = view.subscriptions.iter().find_map(|of| Some((of, deletion(view, of, facts)?)));
    let (of, deletion) = gone?;
    Some(
        Checked::pass(CheckId::PolicyReturns, "")
            .seen("deleted", time::rfc3339(deletion.at))
            .seen("by", &deletion.by)
            .seen("subscription", &of.name)
            .but(
                Verdict::Warning,
                format!("The export in {} was deleted, and the policy will deploy it again.", of.name),
                "The built-in policies have no effect parameter: they deploy what is missing for as long as they are assigned.",
                &["Exempt the subscription from the assignment, or take it out of its scope; or remediate, if the deletion was not meant."],
            )
            .commands([az(format!("az policy exemption create --name no-export --policy-assignment {} --exemption-category Waiver --scope /subscriptions/{}", quoted(view.assignment.id.as_str()), of.subscription))]),
    )
}

/// 50
fn drift(view: &PolicyView) -> Option<Checked> {
    let drifted: Vec<&domain::policy::Compliance> =
        view.subscriptions.iter().filter(|one| one.drift.as_ref().is_some_and(|drift| !drift.is_empty())).collect();
    let check = Checked::pass(CheckId::PolicyDrift, "");
    let Some(first) = drifted.first().and_then(|one| one.drift.as_ref()?.first()) else {
        return (!view.subscriptions.is_empty())
            .then(|| Checked { said: "They are, target and filters included.".to_owned(), ..check });
    };
    let names: Vec<&str> = drifted.iter().map(|one| one.name.as_str()).collect();
    Some(
        check
            .seen("subscriptions", listed(&names))
            .seen(&first.what, format!("{} instead of {}", first.azure, first.wanted))
            .but(
                Verdict::Warning,
                format!("In {} subscriptions they are not, and Azure Policy calls them compliant.", names.len()),
                "The policy looks at the kinds of data only; a changed target or filter stays.",
                &["Delete the export there and remediate, or change it to what the assignment says."],
            ),
    )
}

/// 51
fn group(view: &PolicyView) -> Option<Checked> {
    view.assignment.makes_group.then(|| {
        Checked::pass(CheckId::PolicyGroup, "")
            .seen("resource group", &view.assignment.resource_group)
            .but(
                Verdict::Warning,
                "createResourceGroup is on: the group is deployed again each time.",
                "Its tags are reset, and policies that ask for tags refuse the deployment.",
                &["Make the resource group once, with its tags, and assign the policy with createResourceGroup off."],
            )
            .commands([az(format!(
                "az policy assignment show --name {} --scope {}",
                quoted(view.assignment.id.name()),
                quoted(view.assignment.scope.as_str())
            ))])
    })
}

#[cfg(test)]
mod tests;
