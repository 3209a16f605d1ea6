//! The built-in policies that set an automation up in every subscription below a management group, new ones included:
//! an assignment with its identity, its role and a remediation, in Bicep.

use super::{
    bicep::Bicep,
    quote,
    tree::{Tree, render},
    wanted::{SignIn, Wanted},
};
use domain::{
    AzureDelivery, Code, EventSource, Source,
    policy::{BuiltIn, DATA_TYPES},
};
use rules::policy::{severities, severity_path};
use serde_json::{Value, json};

/// Contributor: what the policies' own definitions ask for.
const CONTRIBUTOR: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";

/// What the policy calls the data of a source; findings are a switch, attack paths are not known.
fn data_type(source: EventSource) -> Option<&'static str> {
    DATA_TYPES.iter().find(|(_, known)| *known == source).map(|(name, _)| *name)
}

/// The severities in the policy's words; whatever it cannot say goes into the notes.
fn parameter(sources: &[&Source], what: &str, notes: &mut Vec<String>) -> Vec<&'static str> {
    const ALL: [&str; 3] = ["High", "Medium", "Low"];
    let mut chosen = Vec::new();
    for source in sources {
        let Some(severities) = severities(source) else {
            notes.push(format!("{what}: their rules are more than a choice of severities; the policy cannot say them and lets all three severities through."));
            return ALL.to_vec();
        };
        if severities.is_empty() {
            notes.push(format!(
                "{what}: the export takes all severities; the policy leaves out Informational and Critical."
            ));
            return ALL.to_vec();
        }
        for severity in severities {
            match ALL.into_iter().find(|known| known.eq_ignore_ascii_case(&severity)) {
                Some(known) if !chosen.contains(&known) => chosen.push(known),
                Some(_) => {}
                None => notes.push(format!(
                    "{what}: the policy knows no severity \"{severity}\" (neither Informational nor Critical)."
                )),
            }
        }
    }
    if chosen.is_empty() && !sources.is_empty() {
        notes.push(format!("{what}: none of the chosen severities is one of the policy's; choose from High, Medium and Low before you assign it."));
    }
    chosen
}

/// Writes the file.
pub(super) fn write(wanted: &Wanted) -> Code {
    let policy = policy_of(wanted);
    let mut notes = limits(wanted);
    let parameters = parameters(wanted, policy, &mut notes);
    let title = format!("Continuous export \"{}\" by the built-in policy \"{}\"", wanted.body.name, policy.label());
    let mut text = quote::comments("//", [title.as_str(), ""]);
    text.push_str(&quote::comments("//", notes.iter().map(String::as_str)));
    text.push_str(&quote::comments(
        "//",
        ["", "az deployment mg create --management-group-id GROUP --location REGION --template-file policy.bicep"],
    ));
    text.push_str("\ntargetScope = 'managementGroup'\n\n");
    text.push_str("@description('The region of the automations, of their resource groups and of the policy assignment')\nparam location string\n\n");
    text.push_str("@description('The resource group of the automation, of this name in every subscription')\nparam resourceGroupName string = 'continuous-export'\n\n");
    text.push_str("@description('Make the resource group. Its tags are reset each time; switch this off where it is there already')\nparam createResourceGroup bool = true\n\n");
    text.push_str(&target(wanted, policy));
    let excluded = Tree::texts(wanted.body.scope.except.iter().map(|id| format!("/subscriptions/{id}")));
    let name = quote::bicep(&format!(
        "Continuous export: {}",
        quote::comment(&wanted.body.name).chars().take(100).collect::<String>()
    ));
    text.push_str(&format!(
        "resource assignment 'Microsoft.Authorization/policyAssignments@2022-06-01' = {{\n  name: 'continuous-export'\n  location: location\n  identity: {{\n    type: 'SystemAssigned'\n  }}\n  properties: {{\n    displayName: {name}\n    policyDefinitionId: '/providers/Microsoft.Authorization/policyDefinitions/{}'\n    notScopes: {}\n    parameters: {}\n  }}\n}}\n\n",
        policy.id(),
        render(&excluded, &Bicep::plain(), 2),
        parameters
    ));
    text.push_str(&format!(
        "// The policy deploys as this identity. A target outside of the management group needs a role for it of its own.\nresource contributor 'Microsoft.Authorization/roleAssignments@2022-04-01' = {{\n  name: guid(managementGroup().id, assignment.name, '{CONTRIBUTOR}')\n  properties: {{\n    principalId: assignment.identity.principalId\n    principalType: 'ServicePrincipal'\n    roleDefinitionId: tenantResourceId('Microsoft.Authorization/roleDefinitions', '{CONTRIBUTOR}')\n  }}\n}}\n\n"
    ));
    text.push_str(
        "// Subscriptions that are there already are set up by a remediation only.\nresource remediation 'Microsoft.PolicyInsights/remediations@2021-10-01' = {\n  name: 'continuous-export'\n  properties: {\n    policyAssignmentId: assignment.id\n  }\n  dependsOn: [\n    contributor\n  ]\n}\n",
    );
    Code { text, notes }
}

/// What holds for every assignment of these policies.
fn limits(wanted: &Wanted) -> Vec<String> {
    let mut notes = vec![
        "The policy knows neither Informational nor Critical, no attack paths and no rules but the choices of its parameters.".to_owned(),
        "With createResourceGroup it deploys the resource group again and resets its tags.".to_owned(),
        "It counts a subscription as compliant when an enabled automation has the same sources. Target, filters and severities are not looked at: compliant does not mean exported to where you want it.".to_owned(),
        "Its automation has one fixed name: one assignment a resource group name.".to_owned(),
        "Only subscriptions below the management group that you deploy this to are set up, later ones included.".to_owned(),
    ];
    let scope = &wanted.body.scope;
    if !scope.all && !scope.subscriptions.is_empty() {
        let named = match scope.subscriptions.len() {
            1 => "one subscription".to_owned(),
            several => format!("{several} subscriptions"),
        };
        notes.push(format!(
            "The export names {named}; the assignment covers all below its management group. Choose the group accordingly, or leave others out with notScopes."
        ));
    }
    if !scope.management_groups.is_empty() {
        notes.push(format!(
            "The export names management groups: deploy this to each of {}.",
            scope.management_groups.join(", ")
        ));
    }
    if wanted.body.sources.iter().any(|source| source.event_source == EventSource::Alerts) {
        notes.push("Which changes of an alert are sent cannot be chosen.".to_owned());
    }
    notes
}

/// What the policy's parameters can say of an export.
struct Chosen {
    types: Vec<&'static str>,
    findings: bool,
    alert_severities: Option<Vec<&'static str>>,
    recommendation_severities: Option<Vec<&'static str>>,
}

fn chosen(wanted: &Wanted, notes: &mut Vec<String>) -> Chosen {
    let sources = &wanted.body.sources;
    let of = |path: &'static str| {
        sources.iter().filter(|source| severity_path(source.event_source) == Some(path)).collect::<Vec<&Source>>()
    };
    let (alerts, recommendations) = (of("Severity"), of("properties.metadata.severity"));
    let alert_severities = parameter(&alerts, "Alerts", notes);
    let recommendation_severities = parameter(&recommendations, "Recommendations", notes);
    let mut types: Vec<&str> = Vec::new();
    for source in sources {
        match data_type(source.event_source) {
            Some(name) if !types.contains(&name) => types.push(name),
            Some(_) => {}
            None if source.event_source == EventSource::SubAssessments => {}
            None => notes.push(format!("{} are left out: the policy does not know them.", source.event_source.label())),
        }
        let filtered = severity_path(source.event_source).is_none() && !source.rule_sets.is_empty();
        if filtered {
            notes.push(format!(
                "{}: the policy takes all of them, the export's rules are left out.",
                source.event_source.label()
            ));
        }
    }
    let findings = sources.iter().any(|source| source.event_source == EventSource::SubAssessments);
    if findings && recommendations.is_empty() {
        notes.push(
            "Findings are exported by the policy together with recommendations only, and those are not chosen."
                .to_owned(),
        );
    }
    Chosen {
        types,
        findings,
        // Without the data, the default of a severity is as good as any.
        alert_severities: (!alerts.is_empty()).then_some(alert_severities),
        recommendation_severities: (!recommendations.is_empty()).then_some(recommendation_severities),
    }
}

fn parameters(wanted: &Wanted, policy: BuiltIn, notes: &mut Vec<String>) -> String {
    let chosen = chosen(wanted, notes);
    let mut lines = vec![
        ("resourceGroupName", "resourceGroupName".to_owned()),
        ("resourceGroupLocation", "location".to_owned()),
        ("createResourceGroup", "createResourceGroup".to_owned()),
        ("exportedDataTypes", list(&chosen.types)),
        ("isSecurityFindingsEnabled", chosen.findings.to_string()),
    ];
    lines.extend(chosen.alert_severities.as_ref().map(|all| ("alertSeverities", list(all))));
    lines.extend(chosen.recommendation_severities.as_ref().map(|all| ("recommendationSeverities", list(all))));
    lines.push((policy.target(), "target".to_owned()));
    let lines: Vec<String> =
        lines.into_iter().map(|(name, value)| format!("      {name}: {{\n        value: {value}\n      }}")).collect();
    format!("{{\n{}\n    }}", lines.join("\n"))
}

/// The policy that an export is rolled out by.
fn policy_of(wanted: &Wanted) -> BuiltIn {
    match wanted.sign_in() {
        SignIn::TrustedService => BuiltIn::TrustedService,
        SignIn::Key(_) => BuiltIn::EventHub,
        SignIn::Workspace => BuiltIn::Workspace,
    }
}

/// The properties of an assignment of the policy for an export that Azure delivers, and what it cannot say of it. Fails where
/// the policy needs an authorization rule that is not named.
pub fn assignment(wanted: &Wanted, azure: &AzureDelivery) -> Result<(Value, Vec<String>), &'static str> {
    let policy = policy_of(wanted);
    let mut notes = limits(wanted);
    let chosen = chosen(wanted, &mut notes);
    let target = match (policy, &azure.key_rule) {
        (BuiltIn::EventHub, Some(rule)) => format!("{}/authorizationRules/{rule}", azure.destination),
        (BuiltIn::EventHub, None) => {
            return Err(
                "the policy needs the hub's authorization rule: name it on the tab Configure, or let Azure sign in as a trusted service",
            );
        }
        _ => azure.destination.to_string(),
    };
    let mut parameters = json!({
        "resourceGroupName": { "value": azure.resource_group.as_str() },
        "resourceGroupLocation": { "value": azure.location.as_str() },
        "createResourceGroup": { "value": true },
        "exportedDataTypes": { "value": chosen.types },
        "isSecurityFindingsEnabled": { "value": chosen.findings },
    });
    parameters[policy.target()] = json!({ "value": target });
    if let Some(all) = &chosen.alert_severities {
        parameters["alertSeverities"] = json!({ "value": all });
    }
    if let Some(all) = &chosen.recommendation_severities {
        parameters["recommendationSeverities"] = json!({ "value": all });
    }
    let out: Vec<String> = wanted.body.scope.except.iter().map(|id| format!("/subscriptions/{id}")).collect();
    let properties = json!({
        "displayName": format!("Continuous export: {}", wanted.body.name).chars().take(120).collect::<String>(),
        "policyDefinitionId": format!("/providers/Microsoft.Authorization/policyDefinitions/{}", policy.id()),
        "notScopes": out,
        "parameters": parameters,
    });
    Ok((properties, notes))
}

fn list(texts: &[&str]) -> String {
    render(&Tree::texts(texts.iter().copied()), &Bicep::plain(), 4)
}

/// The parameter with what the policy is told of the target.
fn target(wanted: &Wanted, policy: BuiltIn) -> String {
    let (what, default) = match (wanted.sign_in(), wanted.resource_id()) {
        (SignIn::Key(rule), id) => (
            "The resource id of the event hub's authorization rule, with the Send right",
            id.zip(rule).map(|(id, rule)| format!("{id}/authorizationRules/{rule}")),
        ),
        (SignIn::TrustedService, id) => ("The resource id of the event hub", id.map(ToString::to_string)),
        (SignIn::Workspace, id) => ("The resource id of the Log Analytics workspace", id.map(ToString::to_string)),
    };
    let default = default.map(|id| format!(" = {}", quote::bicep(&id))).unwrap_or_default();
    let description = quote::bicep(&format!("{what} ({} of the policy)", policy.target()));
    format!("@description({description})\nparam target string{default}\n\n")
}
