//! What no manifest and no lint can keep, looked for in the sources themselves.

use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The code of files below `src` without comments and without the tests at its end.
fn code(of: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    found
        .into_iter()
        .map(|path| (path.strip_prefix(&root).unwrap().display().to_string(), std::fs::read_to_string(&path).unwrap()))
        .filter(|(path, _)| {
            of(path) && !path.starts_with("tests") && !path.starts_with("benches") && !path.ends_with("tests.rs")
        })
        .map(|(path, text)| {
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
            let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            (path, lines.join("\n"))
        })
        .collect()
}

fn nowhere(files: impl Fn(&str) -> bool, words: &[&str]) {
    let files = code(files);
    assert!(!files.is_empty());
    for (path, text) in files {
        for word in words {
            assert!(!text.contains(word), "{path} holds `{word}`");
        }
    }
}

#[test]
fn only_the_clouds_know_host_names() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/azure/cloud/known.rs")).unwrap();
    let hosts: Vec<&str> = text.split('"').skip(1).step_by(2).map(|host| host.trim_start_matches("https://")).collect();
    let hosts: Vec<&str> = hosts.into_iter().filter(|host| host.contains('.') && !host.contains(' ')).collect();
    assert!(hosts.len() > 30, "{hosts:?}");
    for (path, code) in code(|path| !path.starts_with("azure/cloud") && !path.starts_with("practice")) {
        // The name of a JSON schema, the same in every cloud; nothing is asked of it.
        let code = code.replace("schema.management.azure.com", "");
        for host in &hosts {
            assert!(!code.contains(host), "{path} knows `{host}`");
        }
    }
}

#[test]
fn secrets_are_never_serialised_and_texts_never_become_markup() {
    nowhere(|_| true, &["serialize_secret", "SerializableSecret"]);
    // The one part that writes the text of a text area escapes it itself.
    nowhere(|path| path != "pages/parts/form.rs", &["inner_html"]);
}

#[test]
fn titles_go_through_the_part_that_escapes_them() {
    // What each file may name of `leptos_meta`, word for word: a title, a meta element or a style written elsewhere would
    // reach the document as it is.
    let allowed = [
        ("pages/lib.rs", "use leptos_meta::provide_meta_context;"),
        ("pages/shell.rs", "use leptos_meta::MetaTags;"),
        ("pages/parts/title.rs", "use leptos_meta::Title;"),
    ];
    for (path, text) in code(|_| true) {
        let mut rest = text;
        if let Some((_, words)) = allowed.iter().find(|(file, _)| *file == path) {
            assert!(rest.contains(words), "{path} no longer says `{words}`");
            rest = rest.replace(words, "");
        }
        assert!(!rest.contains("leptos_meta"), "{path} names leptos_meta: pages use PageTitle");
    }
}
