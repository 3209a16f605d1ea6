//! What has to be done in Azure so that it delivers an export as it is saved: a comparison, without asking anybody.

use domain::{
    AzureExport, EventSource, Place, ResourceId, Rule, RuleSet, Source, SubscriptionId,
    azure::{Drift, RollOutRow, Step, place_name},
};
use std::collections::BTreeMap;

/// Everything a plan is made from.
pub struct Facts<'a> {
    /// The subscriptions that the asking person sees, with their names, and the automation that is wanted in each.
    pub places: &'a [(&'a Place, &'a str, Option<AzureExport>)],
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
    for (place, name, wanted) in facts.places {
        let found = (facts.found)(&place.id);
        let there = |id: &ResourceId| found.iter().find(|one| one.id.key() == id.key());
        if let Some(wanted) = wanted {
            rows.push(match there(&wanted.id) {
                None => row(place, name, wanted.id.clone(), Step::Create, Vec::new()),
                Some(one) => {
                    let drift = drift(wanted, one);
                    let step = if drift.is_empty() { Step::Keep } else { Step::Change };
                    row(place, name, one.id.clone(), step, drift)
                }
            });
        }
        for (id, _) in facts.made.iter().filter(|(_, of)| *of == place.id) {
            let is_wanted = wanted.as_ref().is_some_and(|wanted| wanted.id.key() == id.key());
            if !is_wanted && there(id).is_some() {
                rows.push(row(place, name, id.clone(), Step::Remove, Vec::new()));
            }
        }
    }
    rows.sort_by_key(|row| row.step == Step::Keep);
    rows
}

/// In what an automation is not what is wanted, which is the automation as Azure would answer it; nothing when it is.
pub fn drift(wanted: &AzureExport, found: &AzureExport) -> Vec<Drift> {
    let mut all = Vec::new();
    let mut differs = |what: &str, azure: String, wanted: String| {
        all.push(Drift { what: what.to_owned(), azure, wanted });
    };
    let switched = |on: bool| if on { "on" } else { "switched off" }.to_owned();
    if found.enabled != wanted.enabled {
        differs("State", switched(found.enabled), switched(wanted.enabled));
    }
    let limit = |group: &Option<String>| {
        group.as_ref().map_or("the whole subscription".to_owned(), |group| format!("resource group {group}"))
    };
    let group = |of: &AzureExport| of.only_group.as_deref().map(str::to_lowercase);
    if group(found) != group(wanted) {
        differs("Scope", limit(&found.only_group), limit(&wanted.only_group));
    }
    if !same_targets(wanted, found) {
        differs("Target", places(found), places(wanted));
    } else if found.trusted_service != wanted.trusted_service {
        differs("Sign-in", sign_in(found.trusted_service), sign_in(wanted.trusted_service));
    }
    if let Some((azure, wanted)) = other_rule(wanted, found) {
        differs("Authorization rule", azure, wanted);
    }
    for source in EventSource::ALL.iter().copied() {
        let of =
            |sources: &[Source]| sources.iter().find(|one| one.event_source == source).map(|one| said(&one.rule_sets));
        let (azure, wanted) = (of(&found.sources), of(&wanted.sources));
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
pub fn rewrites_action(wanted: &AzureExport, found: &AzureExport) -> bool {
    !same_targets(wanted, found)
        || found.trusted_service != wanted.trusted_service
        || other_rule(wanted, found).is_some()
}

fn same_targets(wanted: &AzureExport, found: &AzureExport) -> bool {
    let keys = |of: &AzureExport| of.targets.iter().map(ResourceId::key).collect::<Vec<_>>();
    keys(wanted) == keys(found) && wanted.logic_apps == found.logic_apps
}

/// Where an automation sends, in words.
fn places(of: &AzureExport) -> String {
    let mut names: Vec<String> = of.targets.iter().map(place_name).collect();
    names.extend((of.logic_apps > 0).then(|| "logic app".to_owned()));
    if names.is_empty() { "nowhere".to_owned() } else { names.join(", ") }
}

/// The authorization rules, where both are known and are not the same. Whoever signs in as a trusted service uses none.
fn other_rule(wanted: &AzureExport, found: &AzureExport) -> Option<(String, String)> {
    let (is, ought) = (found.key_rule.as_ref()?, wanted.key_rule.as_ref()?);
    let differs = !wanted.trusted_service && !is.eq_ignore_ascii_case(ought);
    differs.then(|| (is.clone(), ought.clone()))
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
    use domain::{Changes, Operator, PropertyType};

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

    fn id_in(subscription: &SubscriptionId) -> String {
        format!(
            "/subscriptions/{subscription}/resourceGroups/rg-export/providers/Microsoft.Security/automations/ExportToEventHub"
        )
    }

    fn wanted(number: u8) -> AzureExport {
        let subscription = place(number).0.id;
        AzureExport {
            id: ResourceId::new(&id_in(&subscription)),
            name: "ExportToEventHub".into(),
            sources: vec![source(&["High", "Medium"])],
            targets: vec![ResourceId::new(HUB)],
            ..found(number)
        }
    }

    fn found(number: u8) -> AzureExport {
        let subscription = place(number).0.id;
        AzureExport {
            id: ResourceId::new(&id_in(&subscription).to_uppercase()),
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
        let wanted = wanted(1);
        let whats =
            |one: &AzureExport| -> Vec<String> { drift(&wanted, one).into_iter().map(|drift| drift.what).collect() };
        assert_eq!(whats(&found(1)), Vec::<String>::new());
        assert_eq!(whats(&AzureExport { enabled: false, ..found(1) }), ["State"]);
        assert_eq!(whats(&AzureExport { only_group: Some("x".into()), ..found(1) }), ["Scope"]);
        assert_eq!(whats(&AzureExport { trusted_service: false, ..found(1) }), ["Sign-in"]);
        assert_eq!(whats(&AzureExport { targets: vec![ResourceId::new("/other")], ..found(1) }), ["Target"]);
        assert_eq!(whats(&AzureExport { logic_apps: 1, ..found(1) }), ["Target"]);
        let narrower = AzureExport { sources: vec![source(&["high"])], ..found(1) };
        let all = drift(&wanted, &narrower);
        assert_eq!((all[0].azure.as_str(), all.len()), ("Severity Equals high", 1));
        assert_eq!(all[0].wanted, "Severity Equals High; or Severity Equals Medium");
        let nothing = drift(&wanted, &AzureExport { sources: Vec::new(), ..found(1) });
        assert_eq!(nothing[0].azure, "not exported");
    }

    #[test]
    fn only_a_new_target_or_sign_in_needs_the_connection_string_again() {
        let wanted = AzureExport { trusted_service: false, ..wanted(1) };
        let keyed = AzureExport { trusted_service: false, ..found(1) };
        assert!(!rewrites_action(&wanted, &AzureExport { enabled: false, sources: Vec::new(), ..keyed.clone() }));
        assert!(rewrites_action(&wanted, &found(1)));
        assert!(rewrites_action(&wanted, &AzureExport { targets: Vec::new(), ..keyed.clone() }));
        assert!(rewrites_action(&wanted, &AzureExport { logic_apps: 1, ..keyed.clone() }));
        let rule = |of: &AzureExport, name: &str| AzureExport { key_rule: Some(name.into()), ..of.clone() };
        assert!(!rewrites_action(&rule(&wanted, "Send"), &rule(&keyed, "send")));
        assert!(rewrites_action(&rule(&wanted, "send"), &rule(&keyed, "manage")));
    }

    #[test]
    fn a_plan_creates_changes_keeps_and_removes_only_what_was_made_here() {
        let all: Vec<_> = (1..=5).map(place).collect();
        let places: Vec<_> = (1..=5)
            .zip(&all)
            .map(|(number, (place, name))| (place, name.as_str(), (number <= 3).then(|| wanted(number))))
            .collect();
        let (kept, changed) = ([found(1)], [AzureExport { enabled: false, ..found(2) }]);
        let (left, foreign) = ([found(4)], [found(5)]);
        let of = |id: &SubscriptionId| -> &[AzureExport] {
            [&kept, &changed, &left, &foreign]
                .into_iter()
                .find(|list| list[0].subscription == *id)
                .map_or(&[], |list| list)
        };
        let made = vec![(left[0].id.clone(), left[0].subscription.clone())];
        let rows = plan(&Facts { places: &places, found: &of, made: &made });
        let steps: Vec<(Step, &str)> = rows.iter().map(|row| (row.step, row.name.as_str())).collect();
        assert_eq!(
            steps,
            [(Step::Change, "sub 2"), (Step::Create, "sub 3"), (Step::Remove, "sub 4"), (Step::Keep, "sub 1")]
        );
    }
}
