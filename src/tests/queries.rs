//! Notes every query that the console sends, and every one that it prints, for Microsoft's Kusto parser (`end2end/queries.mjs`), which
//! `./dev test` asks after the tests.

use async_trait::async_trait;
use azure::{Answer, AzureError, Network, Transport};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Write,
    path::Path,
    sync::{Arc, LazyLock, Mutex},
};

/// What one process noted: what is known, and the file that has it.
static NOTED: LazyLock<Mutex<(BTreeSet<String>, File)>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("queries");
    fs::create_dir_all(&folder).unwrap();
    let file = File::create(folder.join(format!("{}.jsonl", std::process::id()))).unwrap();
    Mutex::new((BTreeSet::new(), file))
});

fn note(of: &str, text: &str) {
    let line = json!({"of": of, "text": text}).to_string();
    let (known, file) = &mut *NOTED.lock().unwrap();
    if known.insert(line.clone()) {
        writeln!(file, "{line}").unwrap();
    }
}

/// Notes the queries among the commands of an answer of the API, at whatever depth.
pub(super) fn note_printed(answer: &Value) {
    match answer {
        Value::Object(members) => match (members.get("tool").and_then(Value::as_str), members.get("text")) {
            (Some(of @ ("kql" | "resource_graph")), Some(Value::String(text))) => note(of, text),
            _ => members.values().for_each(note_printed),
        },
        Value::Array(items) => items.iter().for_each(note_printed),
        _ => {}
    }
}

/// The real transport, with the queries that pass noted.
#[derive(Debug)]
struct Noting(Arc<dyn Transport>);

#[async_trait]
impl Transport for Noting {
    async fn carry(&self, request: reqwest::Request, host: &str) -> Result<Answer, AzureError> {
        let path = request.url().path();
        let of = match path.rsplit('/').next() {
            Some("resources") if path.ends_with("/Microsoft.ResourceGraph/resources") => Some("resource_graph"),
            Some("query") => Some("kql"),
            _ => None,
        };
        if let (Some(of), Some(body)) = (of, request.body().and_then(reqwest::Body::as_bytes)) {
            let body: Value = serde_json::from_slice(body).unwrap();
            note(of, body["query"].as_str().unwrap());
        }
        self.0.carry(request, host).await
    }
}

/// The way to a practice Azure that every console of the tests takes.
pub(super) fn noting() -> Arc<dyn Transport> {
    Arc::new(Noting(Network::to_services(true, None).unwrap()))
}
