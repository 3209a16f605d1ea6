//! Coverage worked out of exports: who sends what of a subscription, and what falls short.

use super::{decide, lint::overlap};
use domain::{
    AzureExport, Change, Condition, DeliveredBy, EventSource, Export, Kind, Place, ResourceId, Severity, Source,
    azure::{is_hidden, place_name},
    coverage::{CoverageRow, Exporter, Gap, KindCoverage},
};
use serde_json::json;

/// An export of the console's with the place it sends to.
#[derive(Debug, Clone)]
pub struct ConsoleExport {
    /// The export.
    pub export: Export,
    /// What people call its target.
    pub target: String,
    /// What keeps the target from taking events.
    pub stuck: Option<Condition>,
    /// The target's resource, where it is known.
    pub resource: Option<ResourceId>,
}

/// One way that a kind of data leaves a subscription.
struct Way<'a> {
    exporter: Exporter,
    source: &'a Source,
    /// What tells places apart.
    place: String,
}

/// What leaves one subscription. `azure` are the automations that stand in it; others do not count.
pub fn coverage(place: &Place, name: &str, console: &[ConsoleExport], azure: &[AzureExport]) -> CoverageRow {
    let kinds = Kind::ALL.iter().copied().map(|kind| {
        let ways = ways(place, kind, console, azure);
        let gaps = Gap::ALL.iter().copied().filter(|gap| falls_short(*gap, kind, &ways)).collect();
        KindCoverage { kind, exporters: ways.into_iter().map(|way| way.exporter).collect(), gaps }
    });
    CoverageRow { subscription: place.id.clone(), name: name.to_owned(), kinds: kinds.collect() }
}

/// Whether all High and all Medium alerts leave the subscription.
pub fn is_covered(place: &Place, console: &[ConsoleExport], azure: &[AzureExport]) -> bool {
    !falls_short(Gap::Short, Kind::Alert, &ways(place, Kind::Alert, console, azure))
}

fn ways<'a>(place: &Place, kind: Kind, console: &'a [ConsoleExport], azure: &'a [AzureExport]) -> Vec<Way<'a>> {
    let mut ways = Vec::new();
    for one in console.iter().filter(|one| one.export.body.scope.covers(place)) {
        for source in one.export.body.sources.iter().filter(|source| source.event_source.kind() == kind) {
            ways.push(Way {
                exporter: Exporter {
                    name: one.export.body.name.clone(),
                    by: DeliveredBy::Console,
                    export: Some(one.export.id.clone()),
                    automation: None,
                    target: one.target.clone(),
                    on: !one.export.paused,
                    stuck: one.stuck,
                    filtered: !source.rule_sets.is_empty(),
                    weekly: !source.event_source.is_streaming(),
                    only_group: None,
                },
                source,
                place: one.resource.as_ref().map_or_else(|| one.export.body.target.to_string(), ResourceId::key),
            });
        }
    }
    for one in azure.iter().filter(|one| one.subscription == place.id) {
        for source in one.sources.iter().filter(|source| source.event_source.kind() == kind) {
            for target in &one.targets {
                ways.push(Way {
                    exporter: Exporter {
                        name: one.name.clone(),
                        by: DeliveredBy::Azure,
                        export: None,
                        automation: Some(one.id.clone()),
                        target: place_name(target),
                        on: one.enabled,
                        stuck: None,
                        filtered: !source.rule_sets.is_empty(),
                        weekly: !source.event_source.is_streaming(),
                        only_group: one.only_group.clone(),
                    },
                    source,
                    place: target.key(),
                });
            }
        }
    }
    ways
}

fn falls_short(gap: Gap, kind: Kind, ways: &[Way<'_>]) -> bool {
    match gap {
        Gap::Short => {
            kind == Kind::Alert
                && [Severity::High, Severity::Medium].iter().any(|one| !ways.iter().any(|way| lets(way, *one)))
        }
        Gap::Doubled => ways.iter().enumerate().any(|(at, one)| {
            ways[at + 1..].iter().any(|other| {
                one.exporter.on
                    && other.exporter.on
                    && one.place == other.place
                    && one.source.event_source == other.source.event_source
                    && overlap(&one.source.rule_sets, &other.source.rule_sets)
            })
        }),
        Gap::Hidden => ways.iter().any(|way| way.exporter.by == DeliveredBy::Azure && is_hidden(&way.exporter.name)),
        Gap::Disabled => ways.iter().any(|way| !way.exporter.on),
        Gap::Stuck => ways.iter().any(|way| way.exporter.on && way.exporter.stuck.is_some()),
    }
}

/// Whether every new alert of a severity leaves the whole subscription this way.
fn lets(way: &Way<'_>, severity: Severity) -> bool {
    way.exporter.on
        && way.exporter.only_group.is_none()
        && way.source.event_source == EventSource::Alerts
        && decide(way.source, Change::Created, &json!({"Severity": severity.label()})).matches
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Changes, ExportBody, Operator, PropertyType, Rule, RuleSet, Scope, SubscriptionId};
    use std::collections::BTreeMap;

    fn place(number: u8) -> Place {
        Place {
            id: SubscriptionId::parse(&format!("0ab1c2d3-0000-4000-8000-0000000000{number:02}")).unwrap(),
            groups: Vec::new(),
            tags: BTreeMap::new(),
            first_listed_at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    fn alerts(severities: &[&str], path: &str) -> Source {
        let set = |severity: &&str| RuleSet {
            rules: vec![Rule {
                path: path.to_owned(),
                property_type: PropertyType::String,
                operator: Operator::Equals,
                expected: (*severity).to_owned(),
            }],
        };
        Source {
            event_source: EventSource::Alerts,
            changes: Changes::Created,
            rule_sets: severities.iter().map(set).collect(),
        }
    }

    fn azure(name: &str, source: Source) -> AzureExport {
        let id = "/subscriptions/0ab1c2d3-0000-4000-8000-000000000001/resourceGroups/r/providers/Microsoft.EventHub/namespaces/siem/eventhubs/all";
        AzureExport {
            id: ResourceId::new(&format!("/subscriptions/{}/x/{name}", place(1).id)),
            subscription: place(1).id,
            name: name.to_owned(),
            enabled: true,
            only_group: None,
            sources: vec![source],
            location: "westeurope".to_owned(),
            targets: vec![ResourceId::new(id)],
            trusted_service: true,
            key_rule: None,
            logic_apps: 0,
            created: None,
            beyond: None,
            changed: None,
        }
    }

    fn gaps(azure: &[AzureExport]) -> Vec<Gap> {
        coverage(&place(1), "one", &[], azure).gaps()
    }

    #[test]
    fn high_and_medium_alerts_have_to_leave_by_something_that_is_on_and_takes_all() {
        assert_eq!(gaps(&[]), [Gap::Short]);
        let both = azure("ExportToEventHub", alerts(&["high", "medium"], "Severity"));
        assert_eq!(gaps(std::slice::from_ref(&both)), []);
        assert_eq!(coverage(&place(2), "two", &[], std::slice::from_ref(&both)).gaps(), [Gap::Short]);
        let halves = [
            azure("ExportToEventHub", alerts(&["High"], "Severity")),
            azure("ExportToWorkspace", alerts(&["Medium"], "Severity")),
        ];
        assert_eq!(gaps(&halves), [], "two exports may share the work, and do not double each other");
        for wrong in [
            AzureExport { only_group: Some("r".into()), ..both.clone() },
            azure("ExportToEventHub", alerts(&["high", "medium"], "properties.metadata.severity")),
            azure("ExportToEventHub", alerts(&["high"], "Severity")),
        ] {
            assert_eq!(gaps(&[wrong]), [Gap::Short]);
        }
        assert_eq!(gaps(&[AzureExport { enabled: false, ..both.clone() }]), [Gap::Short, Gap::Disabled]);
        assert_eq!(gaps(&[AzureExport { name: "mine".into(), ..both }]), [Gap::Hidden]);
    }

    #[test]
    fn the_same_events_at_the_same_place_are_doubled_whoever_sends_them() {
        let theirs = azure("ExportToEventHub", alerts(&["high", "medium"], "Severity"));
        let ours = |place: &str| ConsoleExport {
            export: Export {
                id: "0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f6".parse().unwrap(),
                version: 1,
                paused: false,
                body: ExportBody {
                    name: "High".into(),
                    delivered_by: DeliveredBy::Console,
                    scope: Scope::everything(),
                    sources: vec![alerts(&["High"], "Severity")],
                    target: "0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f7".parse().unwrap(),
                    azure: None,
                },
            },
            target: "siem".into(),
            stuck: None,
            resource: Some(ResourceId::new(place)),
        };
        let same = theirs.targets[0].as_str().to_uppercase();
        let row = coverage(&place(1), "one", &[ours(&same)], std::slice::from_ref(&theirs));
        assert_eq!(row.gaps(), [Gap::Doubled]);
        assert_eq!(row.kinds[0].exporters.len(), 2);
        assert_eq!(coverage(&place(1), "one", &[ours("/elsewhere")], std::slice::from_ref(&theirs)).gaps(), []);
        let stuck = ConsoleExport { stuck: Some(Condition::Firewall), ..ours("/elsewhere") };
        assert_eq!(coverage(&place(1), "one", &[stuck], &[theirs]).gaps(), [Gap::Stuck]);
    }
}
