use super::*;
use domain::{
    EventSource, ResourceId, SubscriptionId,
    azure::Drift,
    policy::{Assignment, Compliance, Remediation},
};

const HUB: &str = "/subscriptions/x/resourceGroups/rg/providers/Microsoft.EventHub/namespaces/n/eventhubs/h";

fn view() -> PolicyView {
    PolicyView {
        assignment: Assignment {
            id: ResourceId::new(
                "/providers/Microsoft.Management/managementGroups/g/providers/Microsoft.Authorization/policyAssignments/a",
            ),
            name: "export".into(),
            scope: ResourceId::new("/providers/Microsoft.Management/managementGroups/g"),
            policy: BuiltIn::EventHub,
            target: Some(ResourceId::new(&format!("{HUB}/authorizationRules/send"))),
            resource_group: "exports".into(),
            makes_group: false,
            sources: vec![EventSource::Alerts],
            alert_severities: Vec::new(),
            recommendation_severities: Vec::new(),
            principal: Some("0000".into()),
        },
        subscriptions: vec![of("one", true, Some(Vec::new()))],
        remediations: vec![task("Succeeded", 0)],
        trouble: None,
    }
}

fn of(name: &str, compliant: bool, drift: Option<Vec<Drift>>) -> Compliance {
    let subscription = SubscriptionId::parse("0ab1c2d3-0000-4000-8000-000000000001").unwrap();
    Compliance { subscription, name: name.into(), compliant, drift }
}

fn task(state: &str, failed: i64) -> Remediation {
    Remediation {
        name: "r".into(),
        state: state.into(),
        total: 1,
        succeeded: 1 - failed,
        failed,
        at: None,
        message: None,
    }
}

fn worst(change: impl FnOnce(&mut PolicyFacts)) -> Vec<(String, Verdict)> {
    let mut facts = PolicyFacts { all: vec![view()], ..PolicyFacts::default() };
    change(&mut facts);
    let found = policy_health(&facts).into_iter().filter(|one| one.verdict != Verdict::Pass);
    found.map(|one| (one.check.to_string(), one.verdict)).collect()
}

#[test]
fn every_verdict_has_its_facts() {
    use Verdict::{CannotTell, Fail, Warning};
    assert_eq!(worst(|_| {}), []);
    let of_first = |change: fn(&mut PolicyView)| worst(|facts| facts.all.iter_mut().for_each(change));
    let one = |check: &str, verdict| vec![(check.to_owned(), verdict)];
    assert_eq!(worst(|facts| facts.troubles.push("403".into())), one("policy.read", CannotTell));
    assert_eq!(of_first(|view| view.assignment.target = None), one("policy.target", Fail));
    assert_eq!(of_first(|view| view.assignment.target = Some(ResourceId::new(HUB))), one("policy.target", Fail));
    assert_eq!(of_first(|view| view.assignment.policy = BuiltIn::TrustedService), one("policy.target", Fail));
    assert_eq!(of_first(|view| view.assignment.principal = None), one("policy.identity", Fail));
    let never_remediated = |view: &mut PolicyView| {
        view.remediations.clear();
        view.subscriptions.push(of("two", false, None));
    };
    assert_eq!(of_first(never_remediated), one("policy.compliance", Warning));
    let unread = |view: &mut PolicyView| {
        view.subscriptions.clear();
        view.trouble = Some("403".into());
    };
    assert_eq!(of_first(unread), one("policy.compliance", CannotTell));
    assert_eq!(of_first(|view| view.remediations = vec![task("Failed", 1)]), one("policy.remediation", Fail));
    assert_eq!(of_first(|view| view.assignment.makes_group = true), one("policy.group", Warning));
    let drift = Drift { what: "Target".into(), azure: "a".into(), wanted: "b".into() };
    assert_eq!(worst(|facts| facts.all[0].subscriptions[0].drift = Some(vec![drift])), one("policy.drift", Warning));
    // Remediated with success and still not compliant: evaluated too early, unless somebody deleted it since.
    let still = worst(|facts| facts.all[0].subscriptions.push(of("two", false, None)));
    assert_eq!(still, [("policy.race".to_owned(), Warning), ("policy.compliance".to_owned(), Warning)]);
    let gone = worst(|facts| {
        facts.all[0].subscriptions = vec![of("two", false, None)];
        let automation = facts.all[0].assignment.automation_in(&facts.all[0].subscriptions[0].subscription).key();
        facts.deleted.push(Deletion { automation, at: Timestamp::UNIX_EPOCH, by: "alice".into() });
    });
    assert_eq!(gone, [("policy.returns".to_owned(), Warning), ("policy.compliance".to_owned(), Warning)]);
}
