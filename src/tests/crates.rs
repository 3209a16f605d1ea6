//! What `src/lib.rs` says of the crates, compared with their manifests and lints.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};
use toml::{Table, Value};

const PURE: [&str; 6] = ["automation", "diagnosis", "domain", "redact", "rules", "template"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn read(path: &str) -> Table {
    let text = std::fs::read_to_string(root().join(path)).unwrap();
    text.parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every crate in a folder below `src`, by name.
fn manifests() -> BTreeMap<String, Table> {
    let members = read("Cargo.toml")["workspace"]["members"].as_array().unwrap().clone();
    members
        .iter()
        .filter_map(|member| member.as_str().unwrap().strip_prefix("src/"))
        .map(|name| (name.to_owned(), read(&format!("src/{name}/Cargo.toml"))))
        .collect()
}

/// The dependencies in these sections of a manifest.
fn dependencies(manifest: &Table, sections: &[&str]) -> BTreeMap<String, Value> {
    sections
        .iter()
        .filter_map(|section| manifest.get(*section)?.as_table())
        .flatten()
        .map(|(name, said)| (name.clone(), said.clone()))
        .collect()
}

/// The words between backticks.
fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn crates_know_what_the_map_says_and_nothing_else() {
    let map = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let rows: BTreeMap<String, BTreeSet<String>> = map
        .lines()
        .filter_map(|line| line.strip_prefix("//! | `"))
        .map(|row| {
            let cells: Vec<&str> = row.trim_end_matches(" |").split(" | ").collect();
            (cells[0].trim_end_matches('`').to_owned(), quoted(cells.get(2).unwrap_or(&"")))
        })
        .collect();
    let manifests = manifests();
    let found: BTreeMap<String, BTreeSet<String>> = manifests
        .iter()
        .map(|(name, manifest)| {
            let knows = dependencies(manifest, &["dependencies"]).into_keys();
            (name.clone(), knows.filter(|other| manifests.contains_key(other)).collect())
        })
        .collect();
    assert_eq!(rows, found, "the map and the manifests differ");
}

#[test]
fn what_only_some_may_do_only_they_can() {
    let only: [(&str, &[&str]); 8] = [
        ("sqlx", &["store"]),
        ("reqwest", &["azure"]),
        ("axum", &["pages", "practice", "server"]),
        ("leptos", &["front", "pages", "server"]),
        ("clap", &[]),
        ("fastrand", &["machine", "practice"]),
        ("getrandom", &["machine"]),
        ("tokio", &["azure", "console", "engine", "practice", "server", "store"]),
    ];
    for (dependency, allowed) in only {
        for (name, manifest) in manifests() {
            let named = dependencies(&manifest, &["dependencies"]).contains_key(dependency);
            assert!(!named || allowed.contains(&name.as_str()), "{name} names {dependency}");
        }
    }
}

#[test]
fn every_manifest_takes_what_the_workspace_says() {
    for (name, manifest) in manifests() {
        assert_eq!(manifest["package"]["name"].as_str().unwrap(), format!("ce-{name}"));
        assert_eq!(manifest["lib"]["path"].as_str(), Some("lib.rs"), "{name}");
        assert_eq!(manifest["lints"]["workspace"].as_bool(), Some(true), "{name}");
        for automatic in ["build", "autobins", "autotests", "autobenches", "autoexamples"] {
            let said = manifest["package"].get(automatic).and_then(Value::as_bool);
            assert_eq!(said, Some(false), "{name}: {automatic} would find files that are none");
        }
        for (dependency, said) in dependencies(&manifest, &["dependencies", "dev-dependencies"]) {
            assert_eq!(said["workspace"].as_bool(), Some(true), "{name}: {dependency} stands in the workspace");
            let ours = manifests().contains_key(&dependency);
            assert!(ours || said.get("features").is_none(), "{name}: features of {dependency} stand in the workspace");
        }
    }
}

/// Whoever tests one crate builds its dependencies with the features that all crates together ask for.
#[test]
fn every_dependency_stands_in_the_manifest_that_all_tests_share() {
    let mut all = dependencies(&read("Cargo.toml"), &["dependencies", "dev-dependencies"]);
    let manifests = manifests();
    for (name, manifest) in manifests.iter().filter(|(name, _)| *name != "front") {
        let own = dependencies(manifest, &["dependencies", "dev-dependencies"]);
        assert!(own.contains_key("features"), "{name} does not name it");
        all.extend(own);
    }
    // The browser's alone.
    let left_out = ["features", "wasm-bindgen", "web-sys"];
    let wanted: BTreeSet<String> =
        all.into_keys().filter(|name| !manifests.contains_key(name) && !left_out.contains(&name.as_str())).collect();
    let found = dependencies(&read(".dev/features/Cargo.toml"), &["dependencies"]).into_keys().collect();
    assert_eq!(wanted, found);
}

/// Clippy reads the nearest `clippy.toml` and no other.
#[test]
fn pure_crates_forbid_what_all_do_and_more() {
    let all = read("clippy.toml");
    for name in PURE {
        let own = read(&format!("src/{name}/clippy.toml"));
        for (key, said) in &all {
            match said {
                Value::Array(entries) => {
                    let here = own[key].as_array().unwrap();
                    let missing: Vec<_> = entries.iter().filter(|entry| !here.contains(entry)).collect();
                    assert!(missing.is_empty() && here.len() > entries.len(), "{name}: {key} lacks {missing:?}");
                }
                said => assert_eq!(own.get(key), Some(said), "{name}: {key}"),
            }
        }
    }
}
