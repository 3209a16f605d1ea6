//! The published examples of the services' specifications, parsed as answers, where they are at hand.

use super::{
    arm::{Hub, Keys, List, Namespace, SubscriptionAnswer},
    graph::AnswerBody,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn specifications() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/specs");
    folder.is_dir().then_some(folder)
}

/// The bodies of the 200 answers of the examples whose file names begin so.
fn examples(folder: &Path, of: &[&str]) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(examples(&path, of));
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if of.iter().any(|start| name.starts_with(start)) {
            let text = std::fs::read_to_string(&path).unwrap();
            let example: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
            let body = &example["responses"]["200"]["body"];
            if !body.is_null() {
                found.push((name, body.clone()));
            }
        }
    }
    found
}

fn all_parse<T: DeserializeOwned>(of: &[&str], least: usize, check: impl Fn(T)) {
    let Some(folder) = specifications() else { return };
    let found = examples(&folder, of);
    assert!(found.len() >= least, "{of:?}: {} examples", found.len());
    for (name, body) in found {
        check(serde_json::from_value(body).unwrap_or_else(|error| panic!("{name}: {error}")));
    }
}

#[test]
fn examples_of_resource_manager_are_parsed() {
    all_parse(&["GetSubscriptions.json"], 1, |list: List<SubscriptionAnswer>| assert!(!list.value.is_empty()));
    all_parse(&["EHEventHubGet.json"], 1, |hub: Hub| assert!(hub.properties.partition_count > 0));
    all_parse(&["EHNameSpaceGet.json", "EHNameSpaceUpdate.json"], 1, |_: Namespace| {});
    all_parse(
        &["EHEventHubAuthorizationRuleListKey.json", "EHNameSpaceAuthorizationRuleListKey.json"],
        2,
        |_: Keys| {},
    );
}

#[test]
fn examples_of_resource_graph_are_parsed() {
    let rows = [
        "ResourcesBasicQuery",
        "ResourcesComplexQuery",
        "ResourcesFilterQuery",
        "ResourcesPropertiesQuery",
        "ResourcesTenantBasicQuery",
    ];
    all_parse(&rows, 5, |answer: AnswerBody| assert!(!answer.data.is_empty()));
}
