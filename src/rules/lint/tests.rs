//! Every code is found where it is meant, and its fix takes it away.

use super::*;
use crate::{
    options::{Choices, Dimension, compile},
    survey::Survey,
};
use domain::{
    AzureDelivery, AzureExport, Changes, DeliveredBy, Operator, PropertyType, Rule, RuleSet, Scope, Source,
    SubscriptionId, TargetId,
};
use serde_json::json;

const KEY: &str = "11111111-0000-4000-8000-000000000001";
const OFF: &str = "11111111-0000-4000-8000-000000000002";
const OLD: &str = "11111111-0000-4000-8000-000000000003";

fn rule(path: &str, operator: Operator, expected: &str) -> Rule {
    Rule { path: path.into(), property_type: PropertyType::String, operator, expected: expected.into() }
}

fn source(event_source: EventSource, sets: Vec<Vec<Rule>>) -> Source {
    let rule_sets = sets.into_iter().map(|rules| RuleSet { rules }).collect();
    Source { event_source, changes: Changes::Created, rule_sets }
}

fn body(sources: Vec<Source>) -> ExportBody {
    ExportBody {
        name: "one".into(),
        delivered_by: DeliveredBy::Console,
        scope: Scope::everything(),
        sources,
        target: TargetId::parse("0ab1c2d3-0000-4000-8000-000000000009").unwrap(),
        azure: None,
    }
}

fn place() -> Place {
    Place {
        id: SubscriptionId::parse("0ab1c2d3-0000-4000-8000-000000000001").unwrap(),
        groups: Vec::new(),
        tags: BTreeMap::new(),
        first_listed_at: jiff::Timestamp::UNIX_EPOCH,
    }
}

fn facts(places: &[(Place, String)]) -> Facts<'_> {
    use domain::Kind;
    let mut alerts = Survey::default();
    let mut recommendations = Survey::default();
    for at in 0..20 {
        let mut alert = json!({"Severity": "High", "Status": "New", "AlertType": "A"});
        if at % 3 == 0 {
            alert["ProductComponentName"] = "Servers".into();
        }
        alerts.take(&alert);
        recommendations.take(&json!({"id": "/x", "name": KEY, "type": "Microsoft.Security/assessments",
            "properties": {"status": {"code": "Unhealthy"}, "metadata": {"severity": "High"}}}));
    }
    let known = |name: &str, off, deprecated: Option<&str>| KnownRecommendation {
        name: name.into(),
        severity: "High".into(),
        items: 3,
        off,
        deprecated: deprecated.map(Into::into),
    };
    Facts {
        surveys: Surveys::from([(Kind::Alert, alerts), (Kind::Recommendation, recommendations)]),
        recommendations: BTreeMap::from([
            (KEY.into(), known("Close ports", 0, None)),
            (OFF.into(), known("Encrypt disks", 3, None)),
            (OLD.into(), known("Old check", 0, Some("12/2026"))),
        ]),
        standards: vec!["Azure-CIS-1.1.0".into(), "Azure-CIS-1.1.0-custom".into()],
        places,
        ..Facts::default()
    }
}

/// What is found; whatever carries a fix is mended and must be gone then.
fn codes(export: &ExportBody, facts: &Facts<'_>) -> Vec<Code> {
    let found = lint(export, facts);
    for one in &found {
        if let Some(fix) = &one.fix {
            let mut mended = export.clone();
            mend(&mut mended, &fix.mend);
            let still = lint(&mended, facts).into_iter().any(|after| after.code == one.code && after.path == one.path);
            assert!(!still, "{} leaves {} in place", fix.label, one.code);
        }
    }
    found.into_iter().map(|lint| lint.code).collect()
}

#[test]
fn paths_and_values_that_never_match_are_errors() {
    use EventSource::{Alerts, Assessments};
    use Operator::Equals;
    let places = [(place(), "Prod".to_owned())];
    let facts = facts(&places);
    for (source_kind, path, value, code) in [
        (Alerts, "properties.metadata.severity", "High", Code::OtherKindPath),
        (Assessments, "Severity", "High", Code::OtherKindPath),
        (Alerts, "$.Entity.AssessmentType", "x", Code::LegacyPath),
        (Alerts, "Severty", "High", Code::UnknownPath),
        (Alerts, "Severity", "Critical", Code::UnknownValue),
        (Assessments, "properties.status.code", "Unhealty", Code::UnknownValue),
    ] {
        let export = body(vec![source(source_kind, vec![vec![rule(path, Equals, value)]])]);
        let found = lint(&export, &facts);
        assert_eq!((found[0].code, found[0].level), (code, Level::Error), "{path} {value}: {found:?}");
        codes(&export, &facts);
    }
    let both = vec![rule("Severity", Equals, "High"), rule("Severity", Equals, "Low")];
    assert_eq!(codes(&body(vec![source(Alerts, vec![both])]), &facts), [Code::Contradiction]);
    let mut number = rule("Severity", Operator::Contains, "x");
    number.property_type = PropertyType::Integer;
    let found = codes(&body(vec![source(Alerts, vec![vec![number]])]), &facts);
    assert!(found.contains(&Code::OperatorType) && found.contains(&Code::ValueType), "{found:?}");
}

#[test]
fn filters_that_drop_or_take_more_than_meant_are_warnings() {
    use EventSource::{Alerts, Assessments, RegulatoryComplianceAssessment};
    use Operator::{Contains, Equals};
    let places = [(place(), "Prod".to_owned())];
    let facts = facts(&places);
    let one = |of, set| codes(&body(vec![source(of, vec![set])]), &facts);
    assert_eq!(one(Alerts, vec![rule("ProductComponentName", Equals, "Servers")]), [Code::RarePath]);
    assert_eq!(
        one(RegulatoryComplianceAssessment, vec![rule("id", Contains, "Azure-CIS-1.1.0")]),
        [Code::WideContains]
    );
    assert_eq!(one(RegulatoryComplianceAssessment, vec![rule("id", Contains, "Azure-CIS-1.1.0-custom")]), []);
    assert_eq!(one(Alerts, vec![]), [Code::EmptyRuleSet]);
    assert_eq!(one(Assessments, vec![rule("name", Contains, OFF)]), [Code::OffByPolicy]);
    assert_eq!(one(Assessments, vec![rule("name", Contains, OLD)]), [Code::DeprecatedRecommendation]);
    let unknown = "22222222-0000-4000-8000-000000000001";
    assert_eq!(one(Assessments, vec![rule("name", Contains, unknown)]), [Code::UnknownRecommendation]);
    let high = vec![rule("Severity", Equals, "High")];
    assert_eq!(codes(&body(vec![source(Alerts, vec![high.clone(), high])]), &facts), [Code::DuplicateRuleSet]);
    let three = Choices::of(Dimension::Severity, ["High", "Medium", "Low"]);
    let of = |event_source| codes(&body(vec![compile(event_source, Changes::Created, &three)]), &facts);
    assert_eq!(of(Alerts), [Code::LeavesOutInformational]);
    assert_eq!(of(Assessments), [Code::LeavesOutCritical]);
}

#[test]
fn a_value_is_added_to_every_family_of_rule_sets() {
    let choices = Choices::of(Dimension::Recommendation, [KEY, OFF]).and(Dimension::Severity, ["High", "Medium"]);
    let mut export = body(vec![compile(EventSource::Assessments, Changes::Created, &choices)]);
    mend(&mut export, &Mend::AddValue(0, "properties.metadata.severity".into(), "Critical".into()));
    let wanted =
        Choices::of(Dimension::Recommendation, [KEY, OFF]).and(Dimension::Severity, ["High", "Medium", "Critical"]);
    assert_eq!(export.sources[0], compile(EventSource::Assessments, Changes::Created, &wanted));
}

#[test]
fn the_whole_is_held_against_its_parts_other_exports_target_and_scope() {
    use EventSource::{Alerts, Assessments, AssessmentsSnapshot, SubAssessments};
    let places = [(place(), "Prod".to_owned())];
    let mut facts = facts(&places);
    let plain = |of| source(of, vec![]);
    assert_eq!(codes(&body(vec![plain(SubAssessments)]), &facts), [Code::FindingsWithoutParent]);
    let of_key = |of, key: &str| compile(of, Changes::Created, &Choices::of(Dimension::Recommendation, [key]));
    let apart = body(vec![of_key(SubAssessments, KEY), of_key(Assessments, OLD)]);
    assert!(codes(&apart, &facts).contains(&Code::FindingsOfOtherParent));
    assert_eq!(
        codes(&body(vec![plain(Assessments), plain(AssessmentsSnapshot)]), &facts),
        [Code::StreamingAndSnapshot]
    );

    let other = ExportBody { name: "two".into(), ..body(vec![plain(Alerts)]) };
    facts.others = vec![&other];
    assert_eq!(codes(&body(vec![plain(Alerts), plain(Assessments)]), &facts), [Code::DoublesExport]);
    let high = source(Alerts, vec![vec![rule("Severity", Operator::Equals, "High")]]);
    let low = source(Alerts, vec![vec![rule("severity", Operator::Equals, "Low")]]);
    let other = ExportBody { name: "two".into(), ..body(vec![low]) };
    facts.others = vec![&other];
    assert_eq!(codes(&body(vec![high.clone()]), &facts), [], "different severities do not meet");
    facts.others = Vec::new();

    let hub = ResourceId::new("/subscriptions/x/hub");
    let theirs = AzureExport {
        name: "ExportToEventHub".into(),
        id: ResourceId::new("/subscriptions/X/automations/ExportToEventHub"),
        subscription: place().id,
        enabled: true,
        only_group: None,
        sources: vec![plain(Alerts)],
        location: "westeurope".parse().unwrap(),
        targets: vec![ResourceId::new("subscriptions/X/HUB")],
        trusted_service: true,
        key_rule: None,
        logic_apps: 0,
        created: None,
        beyond: None,
        changed: None,
    };
    facts.azure = vec![&theirs];
    facts.target = Some(TargetFacts { kind: TargetKind::EventHub, resource: Some(hub), max_bytes: 256_000 });
    let said = lint(&body(vec![high.clone()]), &facts).swap_remove(0).message;
    assert!(said.contains("“ExportToEventHub” of the subscription “Prod” sends alerts"), "{said}");
    facts.largest = 300_000;
    assert_eq!(codes(&body(vec![high.clone()]), &facts), [Code::DoublesExport, Code::SmallTarget]);
    facts.azure = Vec::new();
    facts.target = Some(TargetFacts { kind: TargetKind::Workspace, resource: None, max_bytes: 1_000_000 });
    assert_eq!(codes(&body(vec![high.clone()]), &facts), [Code::SentinelTables]);
    facts.target = None;

    let nowhere = ExportBody { scope: Scope::default(), ..body(vec![high.clone()]) };
    assert_eq!(codes(&nowhere, &facts), [Code::EmptyScope]);
    let delivery = AzureDelivery {
        destination: ResourceId::new("/subscriptions/x/hub"),
        trusted_service: true,
        key_rule: None,
        resource_group: "rg".parse().unwrap(),
        location: "westeurope".parse().unwrap(),
        automation: "mine".parse().unwrap(),
        only_group: None,
    };
    let azure = ExportBody { delivered_by: DeliveredBy::Azure, azure: Some(delivery), ..body(vec![high]) };
    assert_eq!(codes(&azure, &facts), [Code::HiddenName]);
}

#[test]
fn every_code_has_its_page_in_the_docs() {
    let docs = include_str!("../../../docs/lint.md");
    for code in Code::ALL {
        assert!(docs.contains(&format!("## {code}\n")), "docs/lint.md has no page on {code}");
    }
}
