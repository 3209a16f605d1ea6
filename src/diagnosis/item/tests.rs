//! Every check of an item with every verdict it can give.

use super::*;
use domain::{
    Change, Condition, DeliveredBy, EventSource, ExportBody, ExportId, Operator, Outcome, Place, PropertyType, Rule,
    RuleSet, Scope, Severity, Source, SubscriptionId, arrival::Arrival, diagnosis::Station,
};
use serde_json::json;
use std::collections::BTreeMap;

const EVENT: &str = "00000000000000000000000000000001";
const EXPORT: &str = "0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f6";

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + minutes * 60).unwrap()
}

fn id() -> SubscriptionId {
    SubscriptionId::parse("0ab1c2d3-0000-4000-8000-000000000001").unwrap()
}

fn resource() -> ResourceId {
    ResourceId::new(&format!(
        "/subscriptions/{}/resourceGroups/shop/providers/Microsoft.Compute/virtualMachines/vm",
        id()
    ))
}

fn subscription() -> SubscriptionRow {
    SubscriptionRow {
        id: id(),
        name: "Shop".into(),
        tenant: None,
        state: "Enabled".into(),
        condition: domain::SubscriptionHealth::Ok,
        condition_detail: None,
        condition_since: None,
        plans: Some(vec!["VirtualMachines".into()]),
        watches: Vec::new(),
        exports: Vec::new(),
        place: Place { id: id(), groups: Vec::new(), tags: BTreeMap::new(), first_listed_at: Timestamp::UNIX_EPOCH },
    }
}

fn subject(kind: Kind, change: Change) -> Subject {
    Subject {
        kind,
        change,
        title: "A thing".into(),
        severity: Some(Severity::High),
        status: "Unhealthy".into(),
        resource: resource(),
        subscription: id(),
        subscription_name: "Shop".into(),
        occurred_at: at(0),
        observed_at: at(1),
    }
}

fn alert() -> EventFacts {
    EventFacts {
        subject: subject(Kind::Alert, Change::Created),
        body: Some(json!({"Severity": "High", "AlertType": "VM_Bad"})),
    }
}

fn recommendation(change: Change, status: &Value) -> EventFacts {
    EventFacts { subject: subject(Kind::Recommendation, change), body: Some(json!({"properties": {"status": status}})) }
}

fn facts() -> ItemFacts {
    ItemFacts {
        unseen: false,
        now: at(120),
        event: Some(alert()),
        at_source: Ok(true).into(),
        subscription: Some(subscription()),
        suppressions: Ok(Vec::new()).into(),
        metadata: None,
        changes: Vec::new(),
        reach: None,
    }
}

fn source(event_source: EventSource, severity: Option<&str>) -> Source {
    let rule = |severity: &str| RuleSet {
        rules: vec![Rule {
            path: "Severity".into(),
            property_type: PropertyType::String,
            operator: Operator::Equals,
            expected: severity.into(),
        }],
    };
    Source { event_source, changes: domain::Changes::Created, rule_sets: severity.map(rule).into_iter().collect() }
}

fn delivery(outcome: Outcome) -> DeliveryRow {
    DeliveryRow {
        id: format!("{EVENT}_{EXPORT}").parse().unwrap(),
        seq: 1,
        subject: subject(Kind::Alert, Change::Created),
        export_name: "High".into(),
        export_version: 3,
        target: "0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f7".parse().unwrap(),
        target_name: "siem".into(),
        outcome,
        reason: "Severity is High, wants Low".into(),
        decided_at: at(1),
        settled_at: Some(at(2)),
        attempts: 1,
        last_status: None,
        last_error: Some("401".into()),
        condition: Condition::Ok,
    }
}

fn target(condition: Condition) -> TargetRow {
    let mut row = super::super::health::tests::target(condition);
    row.condition_detail = Some("the key is wrong".into());
    row
}

fn export() -> OurExport {
    OurExport {
        export: Export {
            id: ExportId::parse(EXPORT).unwrap(),
            version: 3,
            paused: false,
            body: ExportBody {
                name: "High".into(),
                delivered_by: DeliveredBy::Console,
                scope: Scope::everything(),
                sources: vec![source(EventSource::Alerts, Some("High"))],
                target: "0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f7".parse().unwrap(),
                azure: None,
            },
        },
        target: Some(target(Condition::Ok)),
        delivery: Some(delivery(Outcome::Delivered)),
    }
}

fn automation() -> TheirExport {
    TheirExport {
        automation: AzureExport {
            id: ResourceId::new(&format!(
                "/subscriptions/{}/resourceGroups/rg/providers/Microsoft.Security/automations/a",
                id()
            )),
            subscription: id(),
            name: "ExportToWorkspace".into(),
            location: "westeurope".into(),
            enabled: true,
            only_group: None,
            sources: vec![source(EventSource::Alerts, Some("High")), source(EventSource::Assessments, None)],
            targets: vec![ResourceId::new(
                "/subscriptions/x/resourceGroups/r/providers/Microsoft.OperationalInsights/workspaces/w",
            )],
            trusted_service: false,
            key_rule: None,
            logic_apps: 0,
            created: None,
            beyond: None,
            changed: Some((at(-600), "someone".into())),
        },
        places: Vec::new(),
        arrival: Some(arrival(Arrival::Arrived)),
        rules: RuleFacts { name: "ExportToWorkspace".into(), lints: Vec::new() },
    }
}

fn arrival(found: Arrival) -> ArrivalRow {
    ArrivalRow {
        seq: 1,
        event: EVENT.parse().unwrap(),
        subject: subject(Kind::Alert, Change::Created),
        automation: ResourceId::new("/a"),
        export: None,
        arrival: found,
        arrived_at: Some(at(4)),
        checked_at: Some(at(5)),
        trouble: None,
    }
}

/// The worst check of the item after a change.
fn worst_of_item(change: impl FnOnce(&mut ItemFacts)) -> (String, Verdict) {
    let mut facts = facts();
    change(&mut facts);
    let worst = item(&facts).into_iter().min_by_key(|one| one.verdict).unwrap();
    if worst.verdict != Verdict::Pass {
        assert!(!worst.said.is_empty() && !worst.fix.is_empty(), "{worst:?}");
    }
    (worst.check.to_string(), worst.verdict)
}

#[test]
fn the_item_itself_is_looked_at_first() {
    use Verdict::{CannotTell, Fail, Pass, Warning};
    assert_eq!(worst_of_item(|_| {}).1, Pass);
    let gone = |facts: &mut ItemFacts| {
        facts.event = None;
        facts.at_source = Ok(false).into();
    };
    let unseen = |facts: &mut ItemFacts| facts.event = None;
    let cases: Vec<((String, Verdict), &str, Verdict)> = vec![
        (worst_of_item(gone), "item.source", Fail),
        (worst_of_item(|facts| facts.at_source = Ok(false).into()), "item.source", Warning),
        (worst_of_item(|facts| facts.at_source = Err("503".to_owned()).into()), "item.source", CannotTell),
        (worst_of_item(unseen), "item.observed", Warning),
        (
            worst_of_item(|facts| {
                unseen(facts);
                facts.subscription = None;
            }),
            "item.observed",
            CannotTell,
        ),
        (
            worst_of_item(|facts| {
                unseen(facts);
                facts.subscription =
                    Some(SubscriptionRow { condition: domain::SubscriptionHealth::Forbidden, ..subscription() });
            }),
            "item.observed",
            Fail,
        ),
        (
            worst_of_item(|facts| facts.suppressions = Ok(vec![("quiet".into(), "vm_bad".into())]).into()),
            "item.suppression",
            Warning,
        ),
        (worst_of_item(|facts| facts.suppressions = Err("403".to_owned()).into()), "item.suppression", CannotTell),
        (
            worst_of_item(|facts| {
                facts.event =
                    Some(recommendation(Change::Changed, &json!({"code": "NotApplicable", "cause": "OffByPolicy"})));
            }),
            "item.status",
            Warning,
        ),
        (
            worst_of_item(|facts| {
                facts.event =
                    Some(recommendation(Change::Changed, &json!({"code": "NotApplicable", "cause": "Exempt"})));
            }),
            "item.status",
            Warning,
        ),
    ];
    for (found, check, verdict) in cases {
        assert_eq!((found.0.as_str(), found.1), (check, verdict));
    }
    let typed = |found: Result<Option<Metadata>, String>| {
        worst_of_item(|facts| {
            facts.event = Some(recommendation(Change::Changed, &json!({"code": "Unhealthy"})));
            facts.metadata = Some(found.into());
        })
    };
    let known = |kind: &str, deprecated: Option<&str>| {
        Ok(Some(Metadata { kind: kind.into(), name: "A thing".into(), deprecated: deprecated.map(Into::into) }))
    };
    let of = |check: &str, verdict| (check.to_owned(), verdict);
    assert_eq!(typed(known("BuiltIn", None)).1, Pass);
    assert_eq!(typed(Ok(None)), of("item.type", Warning));
    assert_eq!(typed(known("BuiltIn", Some("03/2027"))), of("item.type", Warning));
    assert_eq!(typed(Err("403".into())), of("item.type", CannotTell));
    // A custom recommendation is evaluated once a day: two hours after a change a later one is not seen.
    assert_eq!(typed(known("CustomPolicy", None)), of("item.interval", Warning));
    assert_eq!(worst_of_item(|facts| facts.reach = Some((0, 0))), of("item.reached", Fail));
    assert_eq!(worst_of_item(|facts| facts.reach = Some((0, 1))).1, Pass);
    let mut none = facts();
    gone(&mut none);
    none.subscription = Some(SubscriptionRow { plans: Some(Vec::new()), ..subscription() });
    assert!(item(&none).iter().any(|one| one.check == domain::CheckId::ItemPlans && one.verdict == Warning));
}

#[test]
fn a_resource_s_name_is_never_a_part_of_a_command() {
    let mut facts = facts();
    let mut event = recommendation(Change::Changed, &json!({"code": "Unhealthy"}));
    event.subject.resource = ResourceId::new(&format!("{}/x$(id)\"`id`'", resource()));
    facts.event = Some(event);
    facts.at_source = Ok(false).into();
    let all = item(&facts);
    let commands: Vec<_> = all.iter().flat_map(|one| &one.commands).filter(|one| one.text.contains("$(id)")).collect();
    assert!(!commands.is_empty());
    for command in commands {
        // A quote behind a backslash ends no word.
        let outside: String = command.text.replace("\\'", "").split('\'').step_by(2).collect();
        assert!(!outside.contains("$(") && !outside.contains('`'), "{}", command.text);
    }
}

type Found = (String, Verdict, Option<Station>);

fn broken_of_ours(change: impl FnOnce(&mut ItemFacts, &mut OurExport)) -> Found {
    let (mut facts, mut one) = (facts(), export());
    change(&mut facts, &mut one);
    let found = ours(&facts, &one);
    let stop = found.way.iter().find(|stop| stop.verdict == Some(Verdict::Fail)).map(|stop| stop.station);
    let (check, verdict) =
        found.broken().map_or((String::new(), Verdict::Pass), |one| (one.check.to_string(), one.verdict));
    (check, verdict, stop)
}

#[test]
fn the_ledger_answers_for_exports_of_the_console() {
    use Verdict::{CannotTell, Fail, Pass, Warning};
    assert_eq!(broken_of_ours(|_, _| {}), (String::new(), Pass, None));
    let whole = ours(&facts(), &export());
    assert!(whole.way.iter().all(|stop| stop.verdict == Some(Pass)), "{:?}", whole.way);
    let outcome =
        |outcome: Outcome| move |_: &mut ItemFacts, one: &mut OurExport| one.delivery = Some(delivery(outcome));
    let cases: Vec<(Found, &str, Verdict, Option<Station>)> = vec![
        // What was decided stands, whatever is configured since.
        (broken_of_ours(|_, one| one.export.body.scope = Scope::default()), "", Pass, None),
        (broken_of_ours(|_, one| one.export.body.sources.clear()), "", Pass, None),
        (
            broken_of_ours(|_, one| {
                one.delivery = None;
                one.export.body.scope = Scope::default();
            }),
            "export.scope",
            Fail,
            Some(Station::Covered),
        ),
        (
            broken_of_ours(|facts, one| {
                facts.subscription = None;
                facts.event = None;
                one.delivery = None;
            }),
            "export.scope",
            CannotTell,
            Some(Station::Observed),
        ),
        (
            broken_of_ours(|_, one| {
                one.delivery = None;
                one.export.body.sources.clear();
            }),
            "export.source",
            Fail,
            Some(Station::Covered),
        ),
        (broken_of_ours(|_, one| one.delivery = None), "export.seen", Fail, Some(Station::Covered)),
        (broken_of_ours(outcome(Outcome::Filtered)), "export.rules", Fail, Some(Station::Rules)),
        (broken_of_ours(outcome(Outcome::Pending)), "export.delivery", Warning, None),
        (broken_of_ours(outcome(Outcome::Parked)), "export.delivery", Fail, Some(Station::Sent)),
        (broken_of_ours(outcome(Outcome::Cancelled)), "export.delivery", Fail, Some(Station::Sent)),
        (
            broken_of_ours(|_, one| {
                one.delivery = Some(delivery(Outcome::Pending));
                one.target = Some(target(Condition::Unauthorized));
            }),
            "export.delivery",
            Fail,
            Some(Station::Sent),
        ),
        (
            broken_of_ours(|_, one| {
                one.delivery = Some(delivery(Outcome::Pending));
                one.export.paused = true;
            }),
            "export.delivery",
            Fail,
            Some(Station::Sent),
        ),
    ];
    for ((check, verdict, stop), wanted, said, at) in cases {
        assert_eq!((check.as_str(), verdict, stop), (wanted, said, at));
    }
    let mut baseline = facts();
    baseline.event = Some(EventFacts { subject: subject(Kind::Alert, Change::Baseline), ..alert() });
    let found = ours(&baseline, &OurExport { delivery: None, ..export() });
    assert!(found.broken().unwrap().said.contains("before its subscription was first read"), "{found:?}");
}

fn broken_of_theirs(change: impl FnOnce(&mut ItemFacts, &mut TheirExport)) -> (String, Verdict) {
    let (mut facts, mut one) = (facts(), automation());
    change(&mut facts, &mut one);
    let found = theirs(&facts, &one, None);
    found.broken().map_or((String::new(), Verdict::Pass), |one| (one.check.to_string(), one.verdict))
}

#[test]
fn checks_answer_for_exports_of_azure_and_say_what_they_cannot_see() {
    use Verdict::{CannotTell, Fail, Pass, Warning};
    assert_eq!(broken_of_theirs(|_, _| {}), (String::new(), Pass));
    let changed = |minutes: i64| {
        move |_: &mut ItemFacts, one: &mut TheirExport| one.automation.changed = Some((at(minutes), String::new()))
    };
    let cases: Vec<((String, Verdict), &str, Verdict)> = vec![
        (broken_of_theirs(|_, one| one.automation.enabled = false), "azure.enabled", Fail),
        (broken_of_theirs(|_, one| one.automation.only_group = Some("other".into())), "azure.scope", Fail),
        (broken_of_theirs(|_, one| one.automation.only_group = Some("SHOP".into())), "", Pass),
        (broken_of_theirs(|_, one| one.automation.sources.remove(0).rule_sets.clear()), "azure.source", Fail),
        (
            broken_of_theirs(|_, one| one.automation.sources[0] = source(EventSource::Alerts, Some("Low"))),
            "azure.rules",
            Fail,
        ),
        (
            broken_of_theirs(|facts, _| facts.event = Some(EventFacts { body: None, ..alert() })),
            "azure.rules",
            CannotTell,
        ),
        (broken_of_theirs(changed(10)), "azure.time", Warning),
        (broken_of_theirs(changed(-10)), "azure.time", Warning),
        (broken_of_theirs(|_, one| one.automation.changed = None), "azure.time", CannotTell),
        (broken_of_theirs(|facts, _| facts.now = at(2)), "azure.time", Warning),
        (
            broken_of_theirs(|facts, one| {
                facts.event = Some(recommendation(Change::Baseline, &json!({"code": "Unhealthy"})));
                changed(10)(facts, one);
            }),
            "azure.time",
            Warning,
        ),
        (
            broken_of_theirs(|facts, one| {
                facts.event = Some(recommendation(Change::Baseline, &json!({"code": "Unhealthy"})));
                changed(10)(facts, one);
                one.automation.created = one.automation.changed.as_ref().map(|(at, _)| *at);
            }),
            "azure.time",
            Fail,
        ),
        (broken_of_theirs(|_, one| one.arrival = Some(arrival(Arrival::Missing))), "azure.arrival", Fail),
        (broken_of_theirs(|_, one| one.arrival = Some(arrival(Arrival::Waiting))), "azure.arrival", Warning),
        (
            broken_of_theirs(|_, one| {
                one.arrival = Some(ArrivalRow { trouble: Some("403".into()), ..arrival(Arrival::Waiting) });
            }),
            "azure.arrival",
            CannotTell,
        ),
        (broken_of_theirs(|_, one| one.arrival = None), "azure.arrival", CannotTell),
    ];
    for ((check, verdict), wanted, said) in cases {
        assert_eq!((check.as_str(), verdict), (wanted, said));
    }
}

#[test]
fn behind_the_first_broken_place_nothing_is_said() {
    let found = ours(&facts(), &OurExport { delivery: Some(delivery(Outcome::Filtered)), ..export() });
    let verdicts: Vec<Option<Verdict>> = found.way.iter().map(|stop| stop.verdict).collect();
    let pass = Some(Verdict::Pass);
    assert_eq!(verdicts, [pass, pass, pass, Some(Verdict::Fail), None, None]);
}
