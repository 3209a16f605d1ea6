//! Files of ARM list answers, and what their items are.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::error::PracticeError;

/// What an imported item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Alert,
    Assessment,
    Metadata,
    Pricing,
    /// Known as an ARM item, not as one of the above; kept aside.
    Other,
}

/// The kind of an item by its `type`; `None` when it has none or no id.
pub(super) fn kind(item: &Value) -> Option<Kind> {
    let named = item.get("type")?.as_str()?.to_lowercase();
    item.get("id")?.as_str()?;
    Some(match named.as_str() {
        "microsoft.security/locations/alerts" | "microsoft.security/alerts" => Kind::Alert,
        "microsoft.security/assessments" => Kind::Assessment,
        "microsoft.security/assessmentmetadata" => Kind::Metadata,
        "microsoft.security/pricings" => Kind::Pricing,
        _ => Kind::Other,
    })
}

/// The list answers of a folder's `*.json` files, in the order of their names.
pub(super) fn read_folder(folder: &Path) -> Result<Vec<Value>, PracticeError> {
    let failed = |source| PracticeError::ReadImport { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
            files.push(path);
        }
    }
    files.sort();
    files.iter().map(|path| read_file(path)).collect()
}

fn read_file(path: &Path) -> Result<Value, PracticeError> {
    let text =
        fs::read_to_string(path).map_err(|source| PracticeError::ReadImport { path: path.to_owned(), source })?;
    let text = text.trim_start_matches('\u{feff}');
    let answer: Value = serde_json::from_str(text).map_err(|source| PracticeError::ParseImport {
        path: path.to_owned(),
        line: source.line(),
        column: source.column(),
        source,
    })?;
    check(&answer).map_err(|reason| PracticeError::ShapeImport { path: path.to_owned(), reason })?;
    Ok(answer)
}

/// Whether the value is a list answer `{"value":[{…},…]}`, or an item alone (any other object).
pub(super) fn check(answer: &Value) -> Result<(), String> {
    const WANTED: &str = "expected a list answer `{\"value\":[…]}`";
    let items = match answer.get("value") {
        None if answer.is_object() => return Ok(()),
        value => value.and_then(Value::as_array).ok_or_else(|| WANTED.to_owned())?,
    };
    match items.iter().position(|item| !item.is_object()) {
        Some(at) => Err(format!("expected objects in `value`; item {at} is none")),
        None => Ok(()),
    }
}

/// The items of list answers; an item that stands alone is one too.
pub(super) fn items(answers: &[Value]) -> impl Iterator<Item = &Value> {
    answers.iter().flat_map(|answer| match answer.get("value") {
        Some(Value::Array(items)) => items.as_slice(),
        _ => std::slice::from_ref(answer),
    })
}

/// The subscription named in a resource id.
pub(super) fn subscription_of(id: &str) -> Option<&str> {
    let mut parts = id.trim_start_matches('/').split('/');
    if !parts.next()?.eq_ignore_ascii_case("subscriptions") {
        return None;
    }
    parts.next().filter(|id| !id.is_empty())
}

/// The resource group named in a resource id.
pub(super) fn group_of(id: &str) -> Option<&str> {
    let mut parts = id.split('/').skip_while(|part| !part.eq_ignore_ascii_case("resourcegroups"));
    parts.nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_file_is_named_with_its_position() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.json"), "{\"value\":[]}").unwrap();
        fs::write(folder.path().join("b.json"), "{\"value\":[\n  {\"id\": oops}]}").unwrap();
        let error = read_folder(folder.path()).unwrap_err().to_string();
        assert!(error.contains("b.json") && error.contains("line 2") && error.contains("column"), "{error}");
        fs::write(folder.path().join("b.json"), "[1]").unwrap();
        let error = read_folder(folder.path()).unwrap_err().to_string();
        assert!(error.contains("b.json") && error.contains("line 1"), "{error}");
    }

    #[test]
    fn ids_are_taken_apart() {
        let id = "/Subscriptions/s1/resourceGroups/rg1/providers/x/y/z";
        assert_eq!((subscription_of(id), group_of(id)), (Some("s1"), Some("rg1")));
        assert_eq!(subscription_of("/providers/x"), None);
    }
}
