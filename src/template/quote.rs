//! People's text inside other languages: it stays one literal, whatever it holds.

use domain::text::{is_hidden, plain};
use std::fmt::Write;

/// One word of a POSIX shell.
pub(super) fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A Bicep string.
pub(super) fn bicep(text: &str) -> String {
    let mut out = String::from("'");
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\'' => out.push_str(r"\'"),
            '\\' => out.push_str(r"\\"),
            '\n' => out.push_str(r"\n"),
            '\r' => out.push_str(r"\r"),
            '\t' => out.push_str(r"\t"),
            '$' if rest.peek() == Some(&'{') => out.push_str(r"\$"),
            c if is_hidden(c) => push(&mut out, format_args!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

/// A Terraform string.
pub(super) fn terraform(text: &str) -> String {
    let mut out = String::from("\"");
    let mut rest = text.chars().peekable();
    let mut before = None;
    while let Some(c) = rest.next() {
        let opens = matches!(c, '$' | '%') && rest.peek() == Some(&'{');
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str(r"\\"),
            '\n' => out.push_str(r"\n"),
            '\r' => out.push_str(r"\r"),
            '\t' => out.push_str(r"\t"),
            // Doubled it is itself; after another one, doubling would be read from the wrong place.
            c if opens && before == Some(c) => push(&mut out, format_args!("\\u{:04x}", u32::from(c))),
            c if opens => out.extend([c, c]),
            c if is_hidden(c) && c > '\u{ffff}' => push(&mut out, format_args!("\\U{:08x}", u32::from(c))),
            c if is_hidden(c) => push(&mut out, format_args!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
        before = Some(c);
    }
    out.push('"');
    out
}

/// A string of a deployment template: what stands in square brackets would be an expression.
pub(super) fn arm(text: &str) -> String {
    if text.starts_with('[') && text.ends_with(']') { format!("[{text}") } else { text.to_owned() }
}

/// Text in a comment that ends with its line.
pub(super) fn comment(text: &str) -> String {
    plain(text)
}

/// A comment of several lines, each begun with `mark`.
pub(super) fn comments<'a>(mark: &str, lines: impl IntoIterator<Item = &'a str>) -> String {
    lines.into_iter().map(|line| format!("{mark} {}", comment(line)).trim_end().to_owned() + "\n").collect()
}

fn push(out: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing into memory cannot fail.
    let _ = out.write_fmt(what);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hostile_tests::PIECES;
    use proptest::prelude::*;

    /// Reads one shell word back; `None` when it is more or less than one.
    fn unshell(word: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = word.chars();
        let mut quoted = false;
        while let Some(c) = rest.next() {
            match (quoted, c) {
                (_, '\'') => quoted = !quoted,
                (true, c) => out.push(c),
                (false, '\\') => out.push(rest.next()?),
                (false, _) => return None,
            }
        }
        (!quoted).then_some(out)
    }

    /// Reads `\n`, `\u{…}` or `\uXXXX` and the like after the backslash.
    fn escape(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
        Some(match rest.next()? {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' if rest.peek() == Some(&'{') => {
                rest.next();
                let digits: String = rest.by_ref().take_while(|c| *c != '}').collect();
                char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
            }
            'U' => {
                let digits: String = rest.by_ref().take(8).collect();
                char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
            }
            'u' => {
                let digits: String = rest.by_ref().take(4).collect();
                char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
            }
            c @ ('\'' | '"' | '\\' | '$') => c,
            _ => return None,
        })
    }

    fn unbicep(literal: &str) -> Option<String> {
        let inner = literal.strip_prefix('\'')?.strip_suffix('\'')?;
        let mut out = String::new();
        let mut rest = inner.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '\'' | '\n' | '\r' => return None,
                '$' if rest.peek() == Some(&'{') => return None,
                '\\' => out.push(escape(&mut rest)?),
                c => out.push(c),
            }
        }
        Some(out)
    }

    fn unterraform(literal: &str) -> Option<String> {
        let inner = literal.strip_prefix('"')?.strip_suffix('"')?;
        let mut out = String::new();
        let mut rest = inner.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '"' | '\n' | '\r' => return None,
                '$' | '%' if rest.peek() == Some(&'{') => return None,
                '$' | '%' if rest.peek() == Some(&c) && rest.clone().nth(1) == Some('{') => {
                    out.extend([c, '{']);
                    rest.next();
                    rest.next();
                }
                '\\' => out.push(escape(&mut rest)?),
                c => out.push(c),
            }
        }
        Some(out)
    }

    fn hostile() -> impl Strategy<Value = String> {
        let pieces = prop::sample::select([PIECES, &["\0"]].concat());
        let pieces = prop::collection::vec(pieces, 0..12);
        prop_oneof![pieces.prop_map(|pieces| pieces.concat()), any::<String>()]
    }

    proptest! {
        #[test]
        fn hostile_text_is_one_shell_word(text in hostile()) {
            prop_assert_eq!(unshell(&shell(&text)), Some(text));
        }

        #[test]
        fn hostile_text_is_one_bicep_string(text in hostile()) {
            prop_assert_eq!(unbicep(&bicep(&text)), Some(text));
        }

        #[test]
        fn hostile_text_is_one_terraform_string(text in hostile()) {
            prop_assert_eq!(unterraform(&terraform(&text)), Some(text));
        }

        #[test]
        fn hostile_text_stays_in_its_comment(text in hostile()) {
            let breaks = comment(&text).contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
            prop_assert!(!breaks);
            prop_assert_eq!(comments("//", [text.as_str()]).lines().count(), 1);
        }
    }

    #[test]
    fn expressions_of_templates_are_told_apart_from_text() {
        assert_eq!(arm("[concat('a')]"), "[[concat('a')]");
        assert_eq!(arm("[[x]"), "[[[x]");
        assert_eq!(arm("[a] b"), "[a] b");
        assert_eq!(arm("plain"), "plain");
    }
}
