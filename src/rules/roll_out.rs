//! What has to be done in Azure so that it delivers an export as it is saved: a comparison, without asking anybody.

use domain::{
    AzureDelivery, AzureExport, EventSource, ExportBody, Place, ResourceGroupName, ResourceId, Rule, RuleSet, Source,
    SubscriptionId,
    azure::{Drift, RollOutRow, Step, place_name},
};
use std::collections::BTreeMap;

/// Everything a plan is made from.
pub struct Facts<'a> {
    /// The export as it is saved.
    pub export: &'a ExportBody,
    /// What Azure needs of it.
    pub delivery: &'a AzureDelivery,
    /// Whether it is to be switched on.
    pub enabled: bool,
    /// The subscriptions that the asking person sees, with their names.
    pub places: &'a [(Place, String)],
    /// Azure's automations in one of them.
    pub found: &'a dyn Fn(&SubscriptionId) -> &'a [AzureExport],
    /// The automations that were made for this export.
    pub made: &'a [(ResourceId, SubscriptionId)],
}

/// One row for each automation that is wanted or left over, those with something to do first.
pub fn plan(facts: &Facts<'_>) -> Vec<RollOutRow> {
    let row = |place: &Place, name: &str, automation, step, drift| RollOutRow {
        subscription: place.id.clone(),
        name: name.to_owned(),
        automation,
        step,
        drift,
        made: false,
        last: None,
    };
    let mut rows = Vec::new();
    for (place, name) in facts.places {
        let found = (facts.found)(&place.id);
        let there = |id: &ResourceId| found.iter().find(|one| one.id.key() == id.key());
        let wanted = facts.export.scope.covers(place).then(|| facts.delivery.automation_in(&place.id));
        if let Some(id) = &wanted {
            rows.push(match there(id) {
                None => row(place, name, id.clone(), Step::Create, Vec::new()),
                Some(one) => {
                    let drift = drift(facts.export, facts.delivery, facts.enabled, one);
                    let step = if drift.is_empty() { Step::Keep } else { Step::Change };
                    row(place, name, one.id.clone(), step, drift)
                }
            });
        }
        for (id, _) in facts.made.iter().filter(|(_, of)| *of == place.id) {
            let is_wanted = wanted.as_ref().is_some_and(|wanted| wanted.key() == id.key());
            if !is_wanted && there(id).is_some() {
                rows.push(row(place, name, id.clone(), Step::Remove, Vec::new()));
            }
        }
    }
    rows.sort_by_key(|row| row.step == Step::Keep);
    rows
}

/// In what an automation is not what is wanted; nothing when it is.
pub fn drift(export: &ExportBody, delivery: &AzureDelivery, enabled: bool, found: &AzureExport) -> Vec<Drift> {
    let mut all = Vec::new();
    let mut differs = |what: &str, azure: String, wanted: String| {
        all.push(Drift { what: what.to_owned(), azure, wanted });
    };
    let switched = |on: bool| if on { "on" } else { "switched off" }.to_owned();
    if found.enabled != enabled {
        differs("State", switched(found.enabled), switched(enabled));
    }
    let limit = |group: Option<&str>| {
        group.map_or("the whole subscription".to_owned(), |group| format!("resource group {group}"))
    };
    let (is, wanted) = (found.only_group.as_deref(), delivery.only_group.as_ref().map(ResourceGroupName::as_str));
    if is.map(str::to_lowercase) != wanted.map(str::to_lowercase) {
        differs("Scope", limit(is), limit(wanted));
    }
    let targets: Vec<String> = found.targets.iter().map(ResourceId::key).collect();
    if targets != [delivery.destination.key()] || found.logic_apps > 0 {
        let mut names: Vec<String> = found.targets.iter().map(place_name).collect();
        names.extend((found.logic_apps > 0).then(|| "logic app".to_owned()));
        let azure = if names.is_empty() { "nowhere".to_owned() } else { names.join(", ") };
        differs("Target", azure, place_name(&delivery.destination));
    } else if delivery.is_event_hub() && found.trusted_service != delivery.trusted_service {
        differs("Sign-in", sign_in(found.trusted_service), sign_in(delivery.trusted_service));
    }
    if let Some((azure, wanted)) = other_rule(delivery, found) {
        differs("Authorization rule", azure, wanted);
    }
    for source in EventSource::ALL.iter().copied() {
        let of =
            |sources: &[Source]| sources.iter().find(|one| one.event_source == source).map(|one| said(&one.rule_sets));
        let (azure, wanted) = (of(&found.sources), of(&export.sources));
        if azure.as_ref().map(|(same, _)| same) != wanted.as_ref().map(|(same, _)| same) {
            let text =
                |said: Option<(Vec<Vec<String>>, String)>| said.map_or("not exported".to_owned(), |(_, text)| text);
            differs(source.label(), text(azure), text(wanted));
        }
    }
    all
}

/// Whether the connection string has to be known to bring an automation to what is wanted: Azure takes a new target or
/// sign-in only together with it. Everything else can be changed beside it.
pub fn rewrites_action(delivery: &AzureDelivery, found: &AzureExport) -> bool {
    let same = found.logic_apps == 0
        && matches!(found.targets.as_slice(), [one] if one.key() == delivery.destination.key())
        && (!delivery.is_event_hub() || found.trusted_service == delivery.trusted_service);
    !same || other_rule(delivery, found).is_some()
}

/// The authorization rules, where both are known and are not the same.
fn other_rule(delivery: &AzureDelivery, found: &AzureExport) -> Option<(String, String)> {
    let (azure, wanted) = (found.key_rule.as_ref()?, delivery.key_rule.as_ref()?);
    let differs = delivery.needs_connection_string() && !azure.eq_ignore_ascii_case(wanted.as_str());
    differs.then(|| (azure.clone(), wanted.to_string()))
}

fn sign_in(trusted: bool) -> String {
    if trusted { "as a trusted service" } else { "with a connection string" }.to_owned()
}

/// Rule sets in a form that is equal when they mean the same to Azure, and in words.
fn said(sets: &[RuleSet]) -> (Vec<Vec<String>>, String) {
    const MOST: usize = 6;
    let one = |rule: &Rule| {
        format!("{} {} {} {}", rule.path.trim_start_matches("$."), rule.property_type, rule.operator, rule.expected)
            .to_lowercase()
    };
    let mut same: Vec<Vec<String>> = sets
        .iter()
        .map(|set| {
            let mut rules: Vec<String> = set.rules.iter().map(one).collect();
            rules.sort();
            rules.dedup();
            rules
        })
        .collect();
    same.sort();
    same.dedup();
    let mut words: BTreeMap<String, usize> = BTreeMap::new();
    for (at, set) in sets.iter().enumerate() {
        let rules: Vec<String> =
            set.rules.iter().map(|rule| format!("{} {} {}", rule.path, rule.operator, rule.expected)).collect();
        words.entry(rules.join(" and ")).or_insert(at);
    }
    let mut texts: Vec<(usize, String)> = words.into_iter().map(|(text, at)| (at, text)).collect();
    texts.sort();
    let more = texts.len().saturating_sub(MOST);
    let mut text = texts.into_iter().take(MOST).map(|(_, text)| text).collect::<Vec<_>>().join("; or ");
    if more > 0 {
        text = format!("{text}; or {more} more");
    }
    (same, if sets.is_empty() { "everything".to_owned() } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Changes, DeliveredBy, NO_TARGET, Operator, PropertyType, Scope};

    const HUB: &str = "/subscriptions/0ab1c2d3-0000-4000-8000-000000000009/resourceGroups/siem/providers/Microsoft.EventHub/namespaces/n/eventhubs/alerts";

    fn place(number: u8) -> (Place, String) {
        let id = SubscriptionId::parse(&format!("0ab1c2d3-0000-4000-8000-0000000000{number:02}")).unwrap();
        let first_listed_at = jiff::Timestamp::UNIX_EPOCH;
        (Place { id, groups: Vec::new(), tags: BTreeMap::new(), first_listed_at }, format!("sub {number}"))
    }

    fn source(severities: &[&str]) -> Source {
        let set = |severity: &&str| RuleSet {
            rules: vec![Rule {
                path: "Severity".into(),
                property_type: PropertyType::String,
                operator: Operator::Equals,
                expected: (*severity).into(),
            }],
        };
        let rule_sets = severities.iter().map(set).collect();
        Source { event_source: EventSource::Alerts, changes: Changes::Created, rule_sets }
    }

    fn delivery() -> AzureDelivery {
        AzureDelivery {
            destination: ResourceId::new(HUB),
            trusted_service: true,
            key_rule: None,
            resource_group: "rg-export".parse().unwrap(),
            location: "westeurope".parse().unwrap(),
            automation: "ExportToEventHub".parse().unwrap(),
            only_group: None,
        }
    }

    fn export(scope: Scope) -> ExportBody {
        ExportBody {
            name: "High".into(),
            delivered_by: DeliveredBy::Azure,
            scope,
            sources: vec![source(&["High", "Medium"])],
            target: NO_TARGET.parse().unwrap(),
            azure: Some(delivery()),
        }
    }

    fn found(number: u8) -> AzureExport {
        let subscription = place(number).0.id;
        AzureExport {
            id: ResourceId::new(&delivery().automation_in(&subscription).as_str().to_uppercase()),
            subscription,
            name: "EXPORTTOEVENTHUB".into(),
            location: "westeurope".into(),
            enabled: true,
            only_group: None,
            sources: vec![source(&["medium", "high"])],
            targets: vec![ResourceId::new(&HUB.to_lowercase()[1..])],
            trusted_service: true,
            key_rule: None,
            logic_apps: 0,
            created: None,
            beyond: None,
            changed: None,
        }
    }

    #[test]
    fn letter_case_and_order_are_no_drift_and_everything_else_is_named() {
        let (export, delivery) = (export(Scope::everything()), delivery());
        let whats = |one: &AzureExport| -> Vec<String> {
            drift(&export, &delivery, true, one).into_iter().map(|drift| drift.what).collect()
        };
        assert_eq!(whats(&found(1)), Vec::<String>::new());
        assert_eq!(whats(&AzureExport { enabled: false, ..found(1) }), ["State"]);
        assert_eq!(whats(&AzureExport { only_group: Some("x".into()), ..found(1) }), ["Scope"]);
        assert_eq!(whats(&AzureExport { trusted_service: false, ..found(1) }), ["Sign-in"]);
        assert_eq!(whats(&AzureExport { targets: vec![ResourceId::new("/other")], ..found(1) }), ["Target"]);
        assert_eq!(whats(&AzureExport { logic_apps: 1, ..found(1) }), ["Target"]);
        let narrower = AzureExport { sources: vec![source(&["high"])], ..found(1) };
        let all = drift(&export, &delivery, true, &narrower);
        assert_eq!((all[0].azure.as_str(), all.len()), ("Severity Equals high", 1));
        assert_eq!(all[0].wanted, "Severity Equals High; or Severity Equals Medium");
        let nothing = drift(&export, &delivery, true, &AzureExport { sources: Vec::new(), ..found(1) });
        assert_eq!(nothing[0].azure, "not exported");
    }

    #[test]
    fn only_a_new_target_or_sign_in_needs_the_connection_string_again() {
        let delivery = AzureDelivery { trusted_service: false, ..delivery() };
        let keyed = AzureExport { trusted_service: false, ..found(1) };
        assert!(!rewrites_action(&delivery, &AzureExport { enabled: false, sources: Vec::new(), ..keyed.clone() }));
        assert!(rewrites_action(&delivery, &found(1)));
        assert!(rewrites_action(&delivery, &AzureExport { targets: Vec::new(), ..keyed.clone() }));
        assert!(rewrites_action(&delivery, &AzureExport { logic_apps: 1, ..keyed }));
    }

    #[test]
    fn a_plan_creates_changes_keeps_and_removes_only_what_was_made_here() {
        let places: Vec<_> = (1..=5).map(place).collect();
        let scope = Scope {
            subscriptions: places[..3].iter().map(|(place, _)| place.id.clone()).collect(),
            ..Scope::default()
        };
        let export = export(scope);
        let (kept, changed) = ([found(1)], [AzureExport { enabled: false, ..found(2) }]);
        let (left, foreign) = ([found(4)], [found(5)]);
        let of = |id: &SubscriptionId| -> &[AzureExport] {
            [&kept, &changed, &left, &foreign]
                .into_iter()
                .find(|list| list[0].subscription == *id)
                .map_or(&[], |list| list)
        };
        let made = vec![(left[0].id.clone(), left[0].subscription.clone())];
        let delivery = delivery();
        let rows = plan(&Facts {
            export: &export,
            delivery: &delivery,
            enabled: true,
            places: &places,
            found: &of,
            made: &made,
        });
        let steps: Vec<(Step, &str)> = rows.iter().map(|row| (row.step, row.name.as_str())).collect();
        assert_eq!(
            steps,
            [(Step::Change, "sub 2"), (Step::Create, "sub 3"), (Step::Remove, "sub 4"), (Step::Keep, "sub 1")]
        );
    }
}
