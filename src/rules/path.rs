//! Property paths in the manner of `propertyJPath`: dotted members, an optional `$` root, `['x']`, `[n]`, `[*]`.
//!
//! This is not RFC 9535: real automations write `Severity` or `properties.metadata.severity`, sometimes with `$.` before
//! it, and member names are found whatever their letter case.

use serde_json::Value;

/// A parsed path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Member(String),
    Index(usize),
    Every,
}

/// Text that is not a path, and where it stops being one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at position {position}")]
pub struct PathError {
    /// Characters before the fault.
    pub position: usize,
    /// What is wrong there.
    pub message: &'static str,
}

impl Path {
    /// Parses a path.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let chars: Vec<char> = text.trim().chars().collect();
        let mut at = usize::from(chars.first() == Some(&'$'));
        let mut steps = Vec::new();
        while at < chars.len() {
            match chars[at] {
                '[' => at = bracket(&chars, at, &mut steps)?,
                '.' if at + 1 < chars.len() && (at > 0) => at = member(&chars, at + 1, &mut steps)?,
                '.' => return Err(PathError { position: at, message: "a member name is missing" }),
                _ if steps.is_empty() && at == 0 => at = member(&chars, at, &mut steps)?,
                _ => return Err(PathError { position: at, message: "expected `.` or `[`" }),
            }
        }
        if steps.is_empty() {
            return Err(PathError { position: at, message: "the path is empty" });
        }
        Ok(Self(steps))
    }

    /// Every value the path leads to; none when it leads nowhere or to null.
    pub fn values<'a>(&self, root: &'a Value) -> Vec<&'a Value> {
        let mut found = Self::follow(&self.0, root);
        found.retain(|value| !value.is_null());
        found
    }

    /// Paths with the same key lead to the same values in every event: members in lower case, positions as they are.
    pub fn key(&self) -> String {
        let mut key = String::new();
        for step in &self.0 {
            match step {
                Step::Member(name) => key.push_str(&format!("/{}:{}", name.len(), name.to_ascii_lowercase())),
                Step::Index(index) => key.push_str(&format!("[{index}]")),
                Step::Every => key.push_str("[*]"),
            }
        }
        key
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.0
    }

    pub(super) fn follow<'a>(steps: &[Step], root: &'a Value) -> Vec<&'a Value> {
        let mut found = vec![root];
        for step in steps {
            found = found.into_iter().flat_map(|value| step.of(value)).collect();
        }
        found
    }
}

impl Step {
    fn of<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        match (self, value) {
            (Self::Member(name), Value::Object(members)) => members
                .get(name)
                .or_else(|| members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
                .into_iter()
                .collect(),
            (Self::Index(index), Value::Array(items)) => items.get(*index).into_iter().collect(),
            (Self::Every, Value::Array(items)) => items.iter().collect(),
            (Self::Every, Value::Object(members)) => members.values().collect(),
            _ => Vec::new(),
        }
    }
}

fn member(chars: &[char], from: usize, steps: &mut Vec<Step>) -> Result<usize, PathError> {
    let end = (from..chars.len()).find(|&at| matches!(chars[at], '.' | '[')).unwrap_or(chars.len());
    if end == from {
        return Err(PathError { position: from, message: "a member name is missing" });
    }
    if let Some(bad) = (from..end).find(|&at| matches!(chars[at], ']' | '\'' | '"')) {
        return Err(PathError { position: bad, message: "quotes and `]` belong into `['…']`" });
    }
    let name: String = chars[from..end].iter().collect();
    steps.push(if name == "*" { Step::Every } else { Step::Member(name) });
    Ok(end)
}

fn bracket(chars: &[char], open: usize, steps: &mut Vec<Step>) -> Result<usize, PathError> {
    let inside = open + 1;
    let unclosed = PathError { position: open, message: "`[` is not closed" };
    if let Some(quote) = chars.get(inside).filter(|c| matches!(c, '\'' | '"')) {
        let end = (inside + 1..chars.len()).find(|&at| chars[at] == *quote).ok_or_else(|| unclosed.clone())?;
        if chars.get(end + 1) != Some(&']') {
            return Err(unclosed);
        }
        steps.push(Step::Member(chars[inside + 1..end].iter().collect()));
        return Ok(end + 2);
    }
    let close = (inside..chars.len()).find(|&at| chars[at] == ']').ok_or(unclosed)?;
    let text: String = chars[inside..close].iter().collect();
    steps.push(match text.trim() {
        "*" => Step::Every,
        number => Step::Index(
            number
                .parse()
                .map_err(|_| PathError { position: inside, message: "expected a number, `*` or a quoted name" })?,
        ),
    });
    Ok(close + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn texts(path: &str, root: &Value) -> Vec<String> {
        Path::parse(path).unwrap().values(root).into_iter().map(ToString::to_string).collect()
    }

    #[test]
    fn members_are_found_in_any_letter_case_with_and_without_the_root() {
        let root = json!({"properties": {"Metadata": {"severity": "High"}}, "list": [{"a": 1}, {"a": 2}], "a.b": true});
        assert_eq!(texts("Properties.metadata.Severity", &root), ["\"High\""]);
        assert_eq!(texts("$.properties['Metadata'].severity", &root), ["\"High\""]);
        assert_eq!(texts("list[1].a", &root), ["2"]);
        assert_eq!(texts("list[*].a", &root), ["1", "2"]);
        assert_eq!(texts("['a.b']", &root), ["true"]);
        assert!(texts("properties.nothing.here", &root).is_empty());
    }

    #[test]
    fn keys_tell_apart_what_leads_elsewhere() {
        let key = |text: &str| Path::parse(text).unwrap().key();
        assert_eq!(key("$.Severity"), key("severity"));
        assert_eq!(key("a['b'].c"), key("A.b.C"));
        for (one, other) in [("a[0]", "a[1]"), ("a[0]", "a[*]"), ("['a.b']", "a.b"), ("a[*]", "a")] {
            assert_ne!(key(one), key(other), "{one} {other}");
        }
    }

    #[test]
    fn faults_name_their_position() {
        for (text, position) in
            [("", 0), ("$", 1), ("a..b", 2), ("a[", 1), ("a[x]", 2), ("a['b", 1), (".a", 0), ("a.", 1)]
        {
            assert_eq!(Path::parse(text).unwrap_err().position, position, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_fall_over(text in "\\PC{0,40}") {
            let _ = Path::parse(&text);
        }

        #[test]
        fn a_quoted_member_is_found_whatever_it_is_called(name in "[^'\"\\]\\[]{1,12}") {
            let root = json!({ name.clone(): 7 });
            let path = Path::parse(&format!("['{name}']")).unwrap();
            let seven = json!(7);
            prop_assert_eq!(path.values(&root), vec![&seven]);
        }
    }
}
