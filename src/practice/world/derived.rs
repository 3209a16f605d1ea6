//! What Defender works out of the assessments: findings, secure score and its controls, regulatory compliance, attack
//! paths. Nothing of it is stored: every row is a function of the assessments as they stand.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::World;
use super::assessment::{Assessment, Code, Subject, key_of};
use super::recommendation_types::{RECOMMENDATIONS, Recommendation};
use super::resources::Resource;
use crate::dice::{azure_time, dice, guid, one_of, text_of};
use crate::import::subscription_of;

/// Recommendations that are told apart in findings end in this.
const WITH_FINDINGS: &str = "-findings";

/// Secure score controls: key, name, points, the categories and slugs they gather.
const CONTROLS: &[(&str, &str, u32, &[&str])] = &[
    (
        "Remediate vulnerabilities",
        "vulnerabilities",
        6,
        &["vulnerability-findings", "sql-findings", "registry-findings", "cluster-image-findings", "missing-updates"],
    ),
    ("Secure management ports", "ports", 8, &["management-ports", "just-in-time", "nsg-all-ports"]),
    ("Enable MFA", "mfa", 10, &["mfa-owners", "guests-owners", "old-accounts"]),
    ("Enable encryption at rest", "encryption", 4, &["disk-encryption", "db-encryption", "db-classified"]),
    (
        "Restrict unauthorized network access",
        "network",
        4,
        &["storage-public", "storage-network", "vault-network", "sql-public", "cosmos-network", "registry-network"],
    ),
    ("Enable endpoint protection", "endpoint", 2, &["endpoint-protection", "endpoint-settings"]),
];

/// Controls of a standard and the recommendations that prove them.
type Controls = &'static [(&'static str, &'static [&'static str])];

/// Standards with their controls and the recommendations that prove them. One name is the beginning of another on purpose:
/// a filter by `Contains` takes both.
const STANDARDS: &[(&str, Controls)] = &[
    (
        "Azure-CIS-1.1.0",
        &[
            ("3.1", &["storage-https"]),
            ("3.6", &["storage-network", "storage-public"]),
            ("7.1", &["disk-encryption"]),
            ("1.1", &["mfa-owners"]),
        ],
    ),
    ("Azure-CIS-1.1.0-custom", &[("9.1", &["web-https", "web-tls"]), ("8.4", &["vault-purge"])]),
    (
        "PCI-DSS-4",
        &[
            ("1.4.2", &["management-ports", "nsg-all-ports"]),
            ("6.3.3", &["missing-updates"]),
            ("8.4.1", &["mfa-owners"]),
        ],
    ),
];

/// A finding's name, severity and what to do; every sentence is our own.
const FINDINGS: &[(&str, &str, &str)] = &[
    ("A library that reads images writes past its buffer", "High", "Update the image library to a fixed release."),
    (
        "A service accepts passwords over a connection that is not encrypted",
        "Medium",
        "Turn off the unencrypted listener.",
    ),
    ("A component of the web server answers requests it should refuse", "High", "Update the web server."),
    (
        "An account has more rights in the database than it used in a month",
        "Low",
        "Take the rights away that are not used.",
    ),
    ("A package is past the end of its support", "Medium", "Move to a release that is supported."),
    ("A certificate is signed with an algorithm that is no longer trusted", "Low", "Issue the certificate anew."),
];

/// The assessments of the seeded world, with what they are about.
fn made(world: &World) -> impl Iterator<Item = (&String, &Assessment, &Resource, &'static Recommendation)> {
    world.assessments.iter().filter_map(|(id, assessment)| match &assessment.subject {
        Subject::Made { resource, recommendation, .. } => {
            Some((id, assessment, world.resources.get(*resource)?, *recommendation))
        }
        Subject::Imported(_) => None,
    })
}

fn item(id: String, arm_type: &str, properties: Value) -> Value {
    let name = id.rsplit('/').next().unwrap_or_default().to_owned();
    json!({"id": id, "name": name, "type": arm_type, "properties": properties})
}

/// One to four findings for each assessment that gathers some; they are healthy when it is.
pub(super) fn findings(world: &World) -> Vec<Value> {
    let gathering = made(world).filter(|(_, assessment, _, recommendation)| {
        recommendation.slug.ends_with(WITH_FINDINGS) && assessment.code != Code::NotApplicable
    });
    let of_one = gathering.flat_map(|(id, assessment, resource, _)| {
        let mut rng = dice(world.seed, id, 7);
        let count = rng.u64(1..=4);
        let at = assessment.changed.or(assessment.first).unwrap_or(world.first_start);
        (0..count).filter_map(move |number| {
            let (title, severity, remediation) = one_of(&mut dice(world.seed, id, 100 + number), FINDINGS)?;
            let properties = json!({
                "id": format!("{}", 1000 + number), "displayName": title,
                "status": {"code": assessment.code.as_str(), "cause": "", "severity": severity, "description": ""},
                "resourceDetails": {"source": "Azure", "id": resource.id},
                "remediation": remediation, "impact": "", "category": "Vulnerability", "description": title,
                "timeGenerated": azure_time(at),
                "additionalData": {"assessedResourceType": "ServerVulnerability", "patchable": true},
            });
            let id = format!("{id}/subassessments/{}", guid(world.seed, id, 200 + number));
            Some(item(id, "microsoft.security/assessments/subassessments", properties))
        })
    });
    of_one.collect()
}

/// Healthy, unhealthy and not applicable resources by subscription and recommendation.
fn tallies(world: &World) -> BTreeMap<(String, &'static str), [u32; 3]> {
    let mut tallies: BTreeMap<(String, &'static str), [u32; 3]> = BTreeMap::new();
    for (_, assessment, resource, recommendation) in made(world) {
        let tally = tallies.entry((resource.subscription.clone(), recommendation.slug)).or_default();
        let at = match assessment.code {
            Code::Healthy => 0,
            Code::Unhealthy => 1,
            Code::NotApplicable => 2,
        };
        tally[at] += 1;
    }
    tallies
}

fn sum(tallies: &BTreeMap<(String, &'static str), [u32; 3]>, subscription: &str, slugs: &[&'static str]) -> [u32; 3] {
    slugs
        .iter()
        .filter_map(|slug| tallies.get(&(subscription.to_owned(), *slug)))
        .fold([0; 3], |sum, one| [sum[0] + one[0], sum[1] + one[1], sum[2] + one[2]])
}

/// The controls of each subscription that has something to score, and its score: rows of both types.
pub(super) fn scores(world: &World) -> (Vec<Value>, Vec<Value>) {
    let tallies = tallies(world);
    let (mut scores, mut controls) = (Vec::new(), Vec::new());
    for subscription in &world.subscriptions {
        let base = format!("/subscriptions/{}/providers/Microsoft.Security/secureScores/ascScore", subscription.id);
        let (mut current, mut max, mut weight) = (0.0, 0, 0);
        for (name, label, points, slugs) in CONTROLS {
            let [healthy, unhealthy, not_applicable] = sum(&tallies, &subscription.id, slugs);
            let counted = healthy + unhealthy;
            if counted == 0 {
                continue;
            }
            let share = f64::from(healthy) / f64::from(counted);
            let of_control = hundredths(share * f64::from(*points));
            current += of_control;
            max += points;
            weight += counted;
            let key = guid(0x00A1_DE11, label, 5);
            let properties = json!({
                "displayName": name, "healthyResourceCount": healthy, "unhealthyResourceCount": unhealthy,
                "notApplicableResourceCount": not_applicable, "weight": counted,
                "score": {"max": points, "current": of_control, "percentage": hundredths(share)},
                "definition": definition(name, &key, *points, slugs),
            });
            let id = format!("{base}/secureScoreControls/{key}");
            controls.push(item(id, "microsoft.security/securescores/securescorecontrols", properties));
        }
        if max > 0 {
            let percentage = hundredths(current / f64::from(max));
            let properties = json!({
                "displayName": "ASC score", "weight": weight,
                "score": {"max": max, "current": hundredths(current), "percentage": percentage},
            });
            scores.push(item(base, "microsoft.security/securescores", properties));
        }
    }
    (scores, controls)
}

/// What a control is made of.
fn definition(name: &str, key: &str, points: u32, slugs: &[&'static str]) -> Value {
    let gathered = RECOMMENDATIONS.iter().filter(|known| slugs.contains(&known.slug)).map(key_of);
    let of_one = |key: String| json!({"id": format!("/providers/Microsoft.Security/assessmentMetadata/{key}")});
    json!({
        "id": format!("/providers/Microsoft.Security/secureScoreControlDefinitions/{key}"), "name": key,
        "type": "Microsoft.Security/secureScoreControlDefinitions",
        "properties": {
            "source": {"sourceType": "BuiltIn"}, "displayName": name, "maxScore": points,
            "assessmentDefinitions": gathered.map(of_one).collect::<Vec<_>>(),
        },
    })
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// The state of each standard's controls in each subscription.
pub(super) fn compliance(world: &World) -> Vec<Value> {
    let tallies = tallies(world);
    let mut rows = Vec::new();
    for subscription in &world.subscriptions {
        for (standard, controls) in STANDARDS {
            for (control, slugs) in *controls {
                let [passed, failed, skipped] = sum(&tallies, &subscription.id, slugs);
                if passed + failed + skipped == 0 {
                    continue;
                }
                let state = match (passed, failed) {
                    (_, 1..) => "Failed",
                    (1.., 0) => "Passed",
                    (0, 0) => "Skipped",
                };
                let id = format!(
                    "/subscriptions/{}/providers/Microsoft.Security/regulatoryComplianceStandards/{standard}/regulatoryComplianceControls/{control}/regulatoryComplianceAssessments/{}",
                    subscription.id,
                    guid(0x00A1_DE11, standard, control.len() as u64)
                );
                let properties = json!({
                    "description": format!("What control {control} asks for is in place"), "assessmentType": "Assessment",
                    "assessmentDetailsLink": "", "state": state, "scope": "Subscription", "passedResources": passed,
                    "failedResources": failed, "skippedResources": skipped, "unsupportedResources": 0,
                });
                rows.push(item(id, "microsoft.security/regulatorycompliancestandards/regulatorycompliancecontrols/regulatorycomplianceassessments", properties));
            }
        }
    }
    rows
}

/// A machine that faces the internet and is weak besides is a way in.
pub(super) fn attack_paths(world: &World) -> Vec<Value> {
    let unhealthy: BTreeSet<(&str, &str)> = made(world)
        .filter(|(_, assessment, ..)| assessment.code == Code::Unhealthy)
        .map(|(_, _, resource, recommendation)| (resource.id.as_str(), recommendation.slug))
        .collect();
    let open = unhealthy.iter().filter(|(_, slug)| *slug == "management-ports").map(|(id, _)| *id);
    let weak = open.filter(|id| {
        ["endpoint-protection", "missing-updates", "vulnerability-findings"]
            .iter()
            .any(|slug| unhealthy.contains(&(id, slug)))
    });
    weak.filter_map(|id| {
        let subscription = subscription_of(id)?;
        let machine = id.rsplit('/').next().unwrap_or_default();
        let risk = text_of(&mut dice(world.seed, id, 11), &["High", "High", "Medium", "Critical"]);
        let properties = json!({
            "displayName": format!("{machine} faces the internet and can be taken over"),
            "description": "Its management ports answer every address, and a weakness on it lets whoever gets in stay.",
            "attackPathType": "InternetExposedVM", "riskLevel": risk, "riskCategories": ["Compute abuse", "Credential exposure"],
            "potentialImpact": "Code of the attacker runs on the machine", "entryPointEntityInternalID": id, "targetEntityInternalID": id,
        });
        let id = format!("/subscriptions/{subscription}/providers/Microsoft.Security/attackPaths/{}", guid(world.seed, id, 12));
        Some(item(id, "microsoft.security/attackpaths", properties))
    })
    .collect()
}

impl World {
    /// The items of a type that is worked out (lower case), ids ascending.
    pub(crate) fn derived_items(&self, of_type: &str) -> Vec<Value> {
        let mut items = match of_type {
            "microsoft.security/assessments/subassessments" => findings(self),
            "microsoft.security/securescores" => scores(self).0,
            "microsoft.security/securescores/securescorecontrols" => scores(self).1,
            "microsoft.security/regulatorycompliancestandards/regulatorycompliancecontrols/regulatorycomplianceassessments" => {
                compliance(self)
            }
            _ => Vec::new(),
        };
        items.sort_by(|a, b| a["id"].as_str().cmp(&b["id"].as_str()));
        items
    }
}
