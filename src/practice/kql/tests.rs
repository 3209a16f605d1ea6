//! Table tests of the evaluator.

use serde_json::{Map, Value, json};

use super::evaluate::id_floor;
use super::*;
use crate::world::json_at;

struct Fixed(Value);

impl Row for Fixed {
    fn get<'a>(&'a self, path: &[String]) -> Datum<'a> {
        json_at(&self.0, path).map_or(Datum::Null, Datum::of)
    }

    fn whole(&self) -> Map<String, Value> {
        self.0.as_object().cloned().unwrap_or_default()
    }
}

fn rows() -> Vec<Fixed> {
    let row = |id: &str, severity: &str, generated: &str, processed: Value, score: u32| {
        Fixed(json!({
            "id": id, "type": "microsoft.security/locations/alerts",
            "properties": {"Severity": severity, "TimeGeneratedUtc": generated, "ProcessingEndTimeUtc": processed, "score": score, "tags": ["x", {"k": 1}]},
        }))
    };
    vec![
        row("/b", "High", "2026-11-22T09:00:00.0000000Z", json!("2026-11-22T09:00:05Z"), 10),
        row("/a", "low", "2026-11-22T10:00:00Z", Value::Null, 5),
        row("/c", "Medium", "2026-11-22T11:00:00Z", json!("2026-11-22T08:00:00Z"), 7),
    ]
}

fn ids(query: &str) -> Vec<String> {
    let query = parse(query, crate::state::clock()).unwrap();
    let rows = rows();
    let outcome = run(&query, rows.iter().map(|row| row as &dyn Row), false, 0, 100);
    outcome.page.iter().map(|row| row["id"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn filters_keep_what_they_say() {
    let table: &[(&str, &[&str])] = &[
        ("type =~ 'Microsoft.Security/Locations/Alerts'", &["/b", "/a", "/c"]),
        ("type == 'Microsoft.Security/Locations/Alerts'", &[]),
        ("properties.Severity == \"High\"", &["/b"]),
        ("properties.severity == 'High'", &[]),
        ("properties.Severity =~ 'LOW'", &["/a"]),
        ("properties.Severity in~ ('high', 'MEDIUM')", &["/b", "/c"]),
        ("properties.Severity !in~ ('high', 'MEDIUM')", &["/a"]),
        ("properties.Severity in ('High')", &["/b"]),
        ("properties.Severity != 'High'", &["/a", "/c"]),
        ("not(properties.Severity == 'High')", &["/a", "/c"]),
        ("properties.score > 5 and properties.score <= 10", &["/b", "/c"]),
        ("properties.score < 6 or properties.score == 10", &["/b", "/a"]),
        ("properties.score >= 7 and (properties.Severity =~ 'medium' or id == '/a')", &["/c"]),
        ("isnull(properties.ProcessingEndTimeUtc)", &["/a"]),
        ("isnotnull(properties.ProcessingEndTimeUtc)", &["/b", "/c"]),
        ("isempty(properties.nothing.at.all)", &["/b", "/a", "/c"]),
        ("todatetime(properties.TimeGeneratedUtc) >= datetime(2026-11-22T10:00:00.000000Z)", &["/a", "/c"]),
        ("todatetime(properties.TimeGeneratedUtc) < datetime(2026-11-22)", &[]),
        ("todatetime(properties.TimeGeneratedUtc) > datetime('2026-11-22 10:30:00Z')", &["/c"]),
        (
            "max_of(todatetime(properties.TimeGeneratedUtc), todatetime(properties.ProcessingEndTimeUtc)) == datetime(2026-11-22T09:00:05Z)",
            &["/b"],
        ),
        ("strcmp(id, '/a') > 0", &["/b", "/c"]),
        ("strcmp(id, '/b') == -1", &["/a"]),
        ("tolower(tostring(properties.Severity)) == 'high'", &["/b"]),
        ("coalesce(properties.ProcessingEndTimeUtc, properties.TimeGeneratedUtc) startswith '2026-11-22T10'", &["/a"]),
        ("iff(properties.score == 10, 'x', 'y') == 'x'", &["/b"]),
        ("properties.tags[1].k == 1", &["/b", "/a", "/c"]),
        ("properties['Severity'] contains 'ED'", &["/c"]),
    ];
    for (filter, wanted) in table {
        assert_eq!(ids(&format!("securityresources | where {filter}")), *wanted, "{filter}");
    }
}

#[test]
fn the_consoles_query_for_alerts_is_understood() {
    let query = "securityresources
| where type =~ 'microsoft.security/locations/alerts'
| extend generated = todatetime(properties.TimeGeneratedUtc), processed = todatetime(properties.ProcessingEndTimeUtc)
| extend sourceDate = iff(isnull(processed) or generated > processed, generated, processed)
| where sourceDate >= datetime(2026-11-22T09:00:05.000000Z)
| where strcmp(id, '/a') > 0
| order by id asc
| project id, name, type, tenantId, subscriptionId, resourceGroup, location, properties";
    assert_eq!(ids(query), ["/b", "/c"]);
    let parsed = parse(query, crate::state::clock()).unwrap();
    assert_eq!(id_floor(&parsed), Some("/a"));
    assert_eq!(wanted_type(&parsed).as_deref(), Some("microsoft.security/locations/alerts"));
    let mut repeating = parse(query, crate::state::clock()).unwrap();
    repeating.forget_id_floor();
    assert_eq!(id_floor(&repeating), None);
}

#[test]
fn rows_are_sorted_taken_counted_and_grouped() {
    assert_eq!(ids("t | order by id asc"), ["/a", "/b", "/c"]);
    assert_eq!(ids("t | order by id"), ["/c", "/b", "/a"]);
    assert_eq!(ids("t | sort by properties.score asc | take 2"), ["/a", "/c"]);
    let answer = |query: &str| {
        let rows = rows();
        let query = parse(query, crate::state::clock()).unwrap();
        run(&query, rows.iter().map(|row| row as &dyn Row), false, 0, 100).page
    };
    assert_eq!(answer("t | count"), [json!({"Count": 3})]);
    let grouped = answer("t | summarize n = count() by long = properties.score > 6 | order by n desc");
    assert_eq!(grouped, [json!({"long": true, "n": 2}), json!({"long": false, "n": 1})]);
    let projected = answer("t | where id == '/b' | project id, sev = tolower(properties.Severity), properties.score");
    assert_eq!(projected, [json!({"id": "/b", "sev": "high", "properties_score": 10})]);
}

#[test]
fn pages_are_cut_from_the_whole_result() {
    let query = parse("t | order by id asc | project id", crate::state::clock()).unwrap();
    let rows = rows();
    let outcome = run(&query, rows.iter().map(|row| row as &dyn Row), false, 1, 1);
    assert_eq!((outcome.total, outcome.page), (3, vec![json!({"id": "/b"})]));
}

#[test]
fn errors_say_where() {
    for (query, line, column, part) in [
        ("", 1, 1, "table name"),
        ("t | were x", 1, 5, "`were`"),
        ("t\n| where a ==", 2, 13, "value"),
        ("t | where 'open", 1, 11, "closing quote"),
        ("t | where foo(a)", 1, 11, "`foo`"),
        ("t | where strcmp(a)", 1, 11, "1 arguments"),
        ("t | where (a == 1", 1, 18, "`)`"),
        ("t | where a == datetime(never)", 1, 16, "datetime"),
        ("t | take x", 1, 10, "whole number"),
        ("t | where a # b", 1, 13, "unexpected"),
        ("t where", 1, 3, "`|`"),
    ] {
        let error = parse(query, crate::state::clock()).unwrap_err();
        assert_eq!((error.line, error.column), (line, column), "{query}: {error}");
        assert!(error.reason.contains(part), "{query}: {error}");
    }
    assert!(parse(&format!("t | where {}1", "(".repeat(5000)), crate::state::clock()).is_err());
}
