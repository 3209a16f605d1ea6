//! Query text to tokens.

use jiff::Timestamp;

use super::SyntaxError;

/// A piece of a query.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name or keyword; `['quoted name']` too.
    Name(String),
    Text(String),
    Number(f64),
    /// A `datetime(…)` literal.
    Time(Timestamp),
    /// An operator or bracket.
    Sign(&'static str),
    End,
}

/// A token and its byte offset.
pub(super) type Placed = (Token, usize);

const SIGNS: &[&str] =
    &["==", "=~", "!=", "!~", ">=", "<=", ">", "<", "=", "|", "(", ")", "[", "]", ",", ".", "!", "~", "-", "*"];

/// All tokens, the last is [`Token::End`].
pub(super) fn tokens(query: &str) -> Result<Vec<Placed>, SyntaxError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = query.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = query.get(at..).unwrap_or_default();
        if next.is_whitespace() {
            at += next.len_utf8();
        } else if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if next == '\'' || next == '"' {
            let (text, length) =
                quoted(rest, next).ok_or_else(|| SyntaxError::at(query, at, "this text has no closing quote"))?;
            found.push((Token::Text(text), at));
            at += length;
        } else if next.is_ascii_digit() {
            let length = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let number = rest.get(..length).and_then(|digits| digits.parse().ok());
            let number = number.ok_or_else(|| SyntaxError::at(query, at, "this number is not understood"))?;
            found.push((Token::Number(number), at));
            at += length;
        } else if next.is_alphabetic() || next == '_' || next == '$' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').unwrap_or(rest.len());
            let name = rest.get(..length).unwrap_or_default();
            match time_literal(name, rest) {
                Some((Some(time), length)) => {
                    found.push((Token::Time(time), at));
                    at += length;
                }
                Some((None, _)) => return Err(SyntaxError::at(query, at, "this datetime literal is not understood")),
                None => {
                    found.push((Token::Name(name.to_owned()), at));
                    at += length;
                }
            }
        } else {
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
            let sign = sign.ok_or_else(|| SyntaxError::at(query, at, format!("unexpected `{next}`")))?;
            found.push((Token::Sign(sign), at));
            at += sign.len();
        }
    }
    found.push((Token::End, query.len()));
    Ok(found)
}

/// The text and its length with quotes.
fn quoted(rest: &str, quote: char) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, next)) = chars.next() {
        if next == quote {
            return Some((text, at + 1));
        }
        if next == '\\' {
            match chars.next()?.1 {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                'r' => text.push('\r'),
                other => text.push(other),
            }
        } else {
            text.push(next);
        }
    }
    None
}

/// `datetime(2026-11-22T09:00:00Z)`: its time, if it is one, and its length. `None` when it is no literal at all.
fn time_literal(name: &str, rest: &str) -> Option<(Option<Timestamp>, usize)> {
    if name != "datetime" {
        return None;
    }
    let inner = rest.get(name.len()..)?.trim_start().strip_prefix('(')?;
    let end = inner.find(')')?;
    let literal = inner.get(..end)?.trim().trim_matches(['\'', '"']);
    let length = rest.len() - inner.len() + end + 1;
    let whole_day = || format!("{literal}T00:00:00Z").parse().ok();
    let without_zone = || format!("{literal}Z").parse().ok();
    let time = literal.parse().ok().or_else(without_zone).or_else(whole_day);
    Some((time, length))
}
