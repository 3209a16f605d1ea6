//! The world as Resource Graph's tables, row by row and borrowed.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::World;
use super::alert::{Alert, Source, to_graph, uncapitalised};
use super::assessment::{Assessment, Subject, metadata};
use super::company::{MANAGEMENT_GROUPS, TENANT_NAME};
use super::control::AUTOMATIONS;
use super::derived;
use super::recommendation_types::{WITHOUT_ANY_METADATA, WITHOUT_METADATA_IN_GRAPH};
use super::resources::{Resource, Subscription};
use crate::import::{group_of, subscription_of};
use crate::journal::Malformed;
use crate::kql::{Datum, Row};

/// The columns every row has.
const COLUMNS: &[&str] =
    &["id", "name", "type", "tenantId", "kind", "location", "resourceGroup", "subscriptionId", "properties"];

/// A row of any table.
#[derive(Debug)]
pub(crate) enum GraphRow<'w> {
    Alert(&'w World, &'w str, &'w Alert),
    Assessment(&'w World, &'w str, &'w Assessment),
    Resource(&'w World, &'w Resource),
    /// An ARM item as it is.
    Item(&'w World, Box<Value>),
    /// The same, kept elsewhere.
    Held(&'w World, &'w Value),
}

impl GraphRow<'_> {
    fn as_item(&self) -> Option<&Value> {
        match self {
            Self::Item(_, item) => Some(item),
            Self::Held(_, item) => Some(item),
            Self::Alert(..) | Self::Assessment(..) | Self::Resource(..) => None,
        }
    }

    fn world(&self) -> &World {
        match self {
            Self::Alert(world, ..)
            | Self::Assessment(world, ..)
            | Self::Resource(world, ..)
            | Self::Item(world, ..)
            | Self::Held(world, ..) => world,
        }
    }

    /// The ARM id.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Alert(_, id, _) | Self::Assessment(_, id, _) => id,
            Self::Resource(_, resource) => &resource.id,
            Self::Item(..) | Self::Held(..) => {
                self.as_item().and_then(|item| item.get("id")).and_then(Value::as_str).unwrap_or_default()
            }
        }
    }

    fn properties(&self) -> Value {
        match self {
            Self::Alert(world, _, alert) => alert_properties(world, alert),
            Self::Assessment(world, _, assessment) => assessment_properties(world, assessment),
            Self::Resource(_, resource) => resource.body.get("properties").cloned().unwrap_or_default(),
            Self::Item(..) | Self::Held(..) => {
                self.as_item().and_then(|item| item.get("properties")).cloned().unwrap_or_default()
            }
        }
    }

    fn column(&self, name: &str) -> Datum<'_> {
        let id = self.id();
        let member = |name: &str| self.as_item().and_then(|item| item.get(name));
        match name {
            "id" => Datum::text(id),
            "name" => match self {
                Self::Item(..) | Self::Held(..) => member("name").map_or(Datum::Null, Datum::of),
                _ => Datum::text(id.rsplit('/').next().unwrap_or_default()),
            },
            "type" => match self {
                Self::Alert(..) => Datum::text("microsoft.security/locations/alerts"),
                Self::Assessment(..) => Datum::text("microsoft.security/assessments"),
                Self::Resource(_, resource) => Datum::Text(resource.arm_type.to_lowercase().into()),
                Self::Item(..) | Self::Held(..) => {
                    Datum::Text(member("type").and_then(Value::as_str).unwrap_or_default().to_lowercase().into())
                }
            },
            "tenantId" => Datum::text(&self.world().tenant_id),
            "subscriptionId" => Datum::text(subscription_of(id).unwrap_or_default()),
            "resourceGroup" => Datum::Text(group_of(id).unwrap_or_default().to_lowercase().into()),
            "location" => match self {
                Self::Resource(_, resource) => Datum::text(&resource.location),
                Self::Item(..) | Self::Held(..) => member("location").map_or(Datum::text(""), Datum::of),
                Self::Alert(..) => location_of(id).map_or(Datum::text(""), Datum::text),
                Self::Assessment(..) => Datum::text(""),
            },
            "properties" => Datum::Json(std::borrow::Cow::Owned(self.properties())),
            other => match self {
                Self::Resource(_, resource) => resource.body.get(other).map_or(Datum::Null, Datum::of),
                Self::Item(..) | Self::Held(..) => member(other).map_or(Datum::Null, Datum::of),
                Self::Alert(..) | Self::Assessment(..) => Datum::Null,
            },
        }
    }

    /// A property without building all of them, for those that queries filter by.
    fn quick(&self, path: &[String]) -> Option<Datum<'_>> {
        let first = path.get(1)?.as_str();
        match self {
            Self::Alert(_, _, alert) => match (&alert.source, first) {
                (_, "Status") if alert.status.is_some() => Some(Datum::text(alert.status?)),
                (Source::Made(recipe), _) if recipe.malformed.is_some() => None,
                (Source::Made(recipe), "TimeGeneratedUtc") => Some(Datum::Time(recipe.generated)),
                (Source::Made(recipe), "ProcessingEndTimeUtc") => Some(Datum::Time(recipe.processed)),
                (Source::Made(recipe), "Severity") => Some(Datum::text(&recipe.severity)),
                (Source::Made(recipe), "SystemAlertId") => Some(Datum::text(&recipe.name)),
                (Source::Made(recipe), "AlertType") => Some(Datum::Text(recipe.key())),
                (Source::Made(_), "Status") => Some(Datum::text("Active")),
                (Source::Imported(item), _) => {
                    let first = item.get("properties")?.get(uncapitalised(first))?;
                    super::json_at(first, path.get(2..)?).map(Datum::of)
                }
                (Source::Made(_), _) => None,
            },
            Self::Assessment(_, _, assessment) if first == "status" && path.len() == 3 => match path.get(2)?.as_str() {
                "statusChangeDate" => Some(assessment.changed.map_or(Datum::Null, Datum::Time)),
                "code" if matches!(assessment.subject, Subject::Made { .. }) => {
                    Some(Datum::text(assessment.code.as_str()))
                }
                _ => None,
            },
            Self::Resource(_, resource) => Some(super::json_at(&resource.body, path).map_or(Datum::Null, Datum::of)),
            Self::Item(..) | Self::Held(..) => {
                Some(self.as_item().and_then(|item| super::json_at(item, path)).map_or(Datum::Null, Datum::of))
            }
            Self::Assessment(..) => None,
        }
    }
}

impl Row for GraphRow<'_> {
    fn get<'a>(&'a self, path: &[String]) -> Datum<'a> {
        let Some((first, rest)) = path.split_first() else {
            return Datum::Null;
        };
        if rest.is_empty() {
            return self.column(first);
        }
        if first == "properties"
            && let Some(datum) = self.quick(path)
        {
            return datum;
        }
        let whole = self.column(first).into_json();
        super::json_at(&whole, rest).map_or(Datum::Null, |value| Datum::of(value).into_owned())
    }

    fn whole(&self) -> Map<String, Value> {
        COLUMNS.iter().map(|name| ((*name).to_owned(), self.column(name).into_json())).collect()
    }
}

fn location_of(id: &str) -> Option<&str> {
    id.split('/').skip_while(|part| !part.eq_ignore_ascii_case("locations")).nth(1)
}

/// An alert's `properties` as ARM answers them.
pub(crate) fn arm_alert_properties(world: &World, alert: &Alert) -> Value {
    match &alert.source {
        Source::Made(recipe) => world.resources.get(recipe.resource).map_or(Value::Null, |resource| {
            let workspace = world.workspaces.first();
            recipe.properties(world.seed, &world.tenant_id, resource, workspace, alert.status.unwrap_or("Active"))
        }),
        Source::Imported(item) => {
            let mut properties = item.get("properties").cloned().unwrap_or_default();
            if let (Some(status), Some(known)) = (alert.status, properties.get_mut("status")) {
                *known = status.into();
            }
            properties
        }
    }
}

fn alert_properties(world: &World, alert: &Alert) -> Value {
    if matches!(&alert.source, Source::Made(recipe) if recipe.malformed == Some(Malformed::Shape)) {
        return json!("this row has lost its shape");
    }
    to_graph(arm_alert_properties(world, alert))
}

fn assessment_properties(world: &World, assessment: &Assessment) -> Value {
    let mut properties = assessment.properties(&world.resources);
    let known = match &assessment.subject {
        Subject::Made { recommendation, .. } => {
            let without = [WITHOUT_METADATA_IN_GRAPH, WITHOUT_ANY_METADATA].contains(&recommendation.slug);
            (!without).then(|| metadata(recommendation))
        }
        Subject::Imported(_) => world.metadata_item(assessment.key()).and_then(|item| item.get("properties").cloned()),
    };
    if let (Some(metadata), Some(properties)) = (known, properties.as_object_mut()) {
        properties.entry("metadata").or_insert(metadata);
    }
    properties
}

/// An alert as an ARM item.
pub(crate) fn alert_item(world: &World, id: &str, alert: &Alert) -> Value {
    match &alert.source {
        Source::Imported(item) if alert.status.is_none() => item.as_ref().clone(),
        _ => json!({
            "id": id, "name": id.rsplit('/').next().unwrap_or_default(), "type": "Microsoft.Security/Locations/alerts",
            "properties": arm_alert_properties(world, alert),
        }),
    }
}

/// An assessment as an ARM item, as lists have it or with its metadata.
pub(crate) fn assessment_item(world: &World, id: &str, assessment: &Assessment, expand: bool) -> Value {
    let mut properties = assessment.properties(&world.resources);
    if expand
        && let Some(metadata) = world.metadata_item(assessment.key())
        && let Some(properties) = properties.as_object_mut()
    {
        properties.insert("metadata".to_owned(), metadata.get("properties").cloned().unwrap_or_default());
    }
    json!({"id": id, "name": assessment.key(), "type": "Microsoft.Security/assessments", "properties": properties})
}

impl World {
    /// The rows of a table for the given subscriptions (`None` = all), ids ascending within each type; `None` = no such table.
    /// Rows up to and including `floor` may be left out, and so may rows of other types than `wanted`.
    pub(crate) fn table<'w>(
        &'w self,
        table: &str,
        wanted: Option<&str>,
        floor: Option<&str>,
        subscriptions: Option<&[String]>,
    ) -> Option<Vec<GraphRow<'w>>> {
        use std::ops::Bound;
        let from = floor.map_or(Bound::Unbounded, Bound::Excluded);
        let range = (from, Bound::Unbounded::<&str>);
        let may = |name: &str| wanted.is_none_or(|wanted| wanted == name);
        let among: Option<HashSet<String>> =
            subscriptions.map(|wanted| wanted.iter().map(|id| id.to_lowercase()).collect());
        let asked = |id: &str| among.as_ref().is_none_or(|wanted| wanted.contains(&id.to_lowercase()));
        let mut rows = Vec::new();
        match table {
            "securityresources" => {
                if may("microsoft.security/locations/alerts") {
                    rows.extend(self.alerts.range::<str, _>(range).map(|(id, alert)| GraphRow::Alert(self, id, alert)));
                }
                if may("microsoft.security/assessments") {
                    let found = self.assessments.range::<str, _>(range);
                    rows.extend(found.map(|(id, assessment)| GraphRow::Assessment(self, id, assessment)));
                }
                if may("microsoft.security/pricings") {
                    let seen = self.subscriptions.iter().filter(|found| asked(&found.id));
                    let mut items: Vec<Value> = seen.flat_map(|found| self.pricings(found)).collect();
                    items.sort_by(|a, b| a["id"].as_str().cmp(&b["id"].as_str()));
                    rows.extend(items.into_iter().map(|item| GraphRow::Item(self, Box::new(item))));
                }
                rows.extend(self.derived(may));
                rows.extend(self.others_of(true, may));
            }
            "resources" => {
                let mut found: Vec<&Resource> =
                    self.resources.iter().filter(|resource| !resource.group.is_empty()).collect();
                found.sort_by(|a, b| a.id.cmp(&b.id));
                rows.extend(found.into_iter().map(|resource| GraphRow::Resource(self, resource)));
                if may(AUTOMATIONS) {
                    rows.extend(self.control.of_type(AUTOMATIONS, "").map(|item| GraphRow::Held(self, item)));
                }
                rows.extend(self.others_of(false, may));
            }
            "resourcecontainers" => {
                rows.extend(self.subscriptions.iter().map(|found| {
                    GraphRow::Item(self, Box::new(json!({
                        "id": format!("/subscriptions/{}", found.id), "name": found.name, "type": "microsoft.resources/subscriptions",
                        "tags": found.tags(),
                        "properties": {"state": found.state, "managementGroupAncestorsChain": self.ancestors(found)},
                    })))
                }));
            }
            _ => return None,
        }
        if let Some(hidden) = self.control.hidden() {
            rows.retain(|row| !subscription_of(row.id()).is_some_and(|of| hidden.contains(&of.to_lowercase())));
        }
        if let Some(wanted) = among {
            // neighbours are of the same subscription: one look in the set for each run of rows
            let mut last = (String::new(), false);
            rows.retain(|row| {
                let subscription = subscription_of(row.id()).unwrap_or_default();
                if last.0 != subscription {
                    last = (subscription.to_owned(), wanted.contains(&subscription.to_lowercase()));
                }
                last.1
            });
        }
        Some(rows)
    }

    /// Rows that follow from the assessments, ids ascending within each type.
    fn derived(&self, may: impl Fn(&str) -> bool) -> Vec<GraphRow<'_>> {
        let mut items = Vec::new();
        if may("microsoft.security/assessments/subassessments") {
            items.push(derived::findings(self));
        }
        if may("microsoft.security/securescores") || may("microsoft.security/securescores/securescorecontrols") {
            let (scores, controls) = derived::scores(self);
            items.extend([scores, controls]);
        }
        if may(
            "microsoft.security/regulatorycompliancestandards/regulatorycompliancecontrols/regulatorycomplianceassessments",
        ) {
            items.push(derived::compliance(self));
        }
        if may("microsoft.security/attackpaths") {
            items.push(derived::attack_paths(self));
        }
        for of_type in &mut items {
            of_type.sort_by(|a, b| a["id"].as_str().cmp(&b["id"].as_str()));
        }
        items.into_iter().flatten().map(|item| GraphRow::Item(self, Box::new(item))).collect()
    }

    /// The management groups above a subscription, nearest first, as Resource Graph writes them.
    fn ancestors(&self, of: &Subscription) -> Value {
        let group = of.group.and_then(|id| MANAGEMENT_GROUPS.iter().find(|(known, _)| *known == id));
        let mut chain: Vec<Value> = group.iter().map(|(id, name)| json!({"name": id, "displayName": name})).collect();
        chain.push(json!({"name": self.tenant_id, "displayName": TENANT_NAME}));
        Value::Array(chain)
    }

    /// Imported items of other types: those of Defender or all others.
    fn others_of(&self, security: bool, may: impl Fn(&str) -> bool) -> impl Iterator<Item = GraphRow<'_>> {
        let fits = move |item: &&Value| {
            let named = item.get("type").and_then(Value::as_str).unwrap_or_default().to_lowercase();
            named.starts_with("microsoft.security/") == security && may(&named)
        };
        self.others.iter().filter(fits).map(|item| GraphRow::Item(self, Box::new(item.clone())))
    }
}
