//! What has the shape of a name or an id, known or not.

use super::{known::Sort, secrets::fixed};
use regex::{Captures, Regex};
use std::{net::Ipv6Addr, sync::LazyLock};

/// The shapes that are looked for, the longest-reaching first. Each that can fail to be what it looks like is bounded, so
/// that looking again one letter later costs little.
const SHAPES: &str = r#"
      (?P<done> \[ (?: id-[0-9a-f]{10} | [a-z]+(?:-[a-z]+)*-[0-9]+ | left\ out | secret\ left\ out ) \] )
    | (?P<url> \b[a-z][a-z0-9+.-]*:// [^\s"'<>)\[\]]+ )
    | (?P<arm> /?\b subscriptions/ [^\s"'<>,;]+ | /?\b providers/microsoft\.management/managementgroups/ [^\s"'<>,;]+ )
    | (?P<mail> [\p{L}\p{N}_] [\p{L}\p{N}._%+\#'-]* @ [\p{L}\p{N}-]+ (?:\.[\p{L}\p{N}-]+)* )
    | (?P<id>
          [0-9]{15,}_ [0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}
        | [0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}
        | dcr-[0-9a-f]{8,}
        | [0-9a-f]{32,}
        | [0-9]{15,}
      )
    | (?P<v4> \b[0-9]{1,3} (?:\.[0-9]{1,3}){3} (?:/[0-9]{1,2}\b)? )
    | (?P<mac> \b[0-9a-f]{2} (?:[:-][0-9a-f]{2}){5}\b )
    | (?P<v6> [0-9a-f]{0,4} (?: :[0-9a-f]{0,4}){2,8} (?: \.[0-9]{1,3}){0,3} (?:/[0-9]{1,3}\b)? )
    | (?P<host> \b (?:[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}])?\.)+ (?:
          com|net|org|io|local|localdomain|internal|intranet|lan|corp|home|info|biz|cloud|dev|app|gov|mil|edu|int|
          microsoft|azure|windows|name|pro|xyz|online|site|top|onion|example|test|invalid|[a-z]{2} ) \b )
"#;

static ALL: LazyLock<Regex> =
    LazyLock::new(|| fixed(&format!("(?ix) {SHAPES} | (?P<token> [a-z0-9+/_=-]{{40,400}} )")));
/// Without those of keys.
static NO_KEYS: LazyLock<Regex> = LazyLock::new(|| fixed(&format!("(?ix) {SHAPES}")));

/// How far a shape inside of something longer may reach beyond it.
const BEYOND: usize = 300;

/// Something of a known shape in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shaped<'a> {
    /// Where it begins.
    pub(super) start: usize,
    /// The text of it.
    pub(super) text: &'a str,
    /// What it is.
    pub(super) shape: Shape,
}

/// What something found is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A replacement: it stays.
    Done,
    /// A resource id or a piece of one.
    Arm,
    /// Something that is replaced whole.
    One(Sort),
    /// Letters and digits that may be a key.
    Token,
}

/// Pages of the maker's documentation tell nothing of anybody.
fn is_public_page(url: &str) -> bool {
    ["https://learn.microsoft.com/", "https://aka.ms/"].iter().any(|start| url.starts_with(start)) && !url.contains('?')
}

/// Ids that Microsoft published: the application of Defender's exports ("Windows Azure Security Resource Provider").
fn is_public_id(id: &str) -> bool {
    id.eq_ignore_ascii_case("8edd93e1-2103-40b4-bd70-6e34e586362d")
}

/// Paths of JSON, namespaces of Azure and the like have dots but are no hosts.
fn is_path(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let labels: Vec<&str> = lower.split('.').collect();
    match labels[..] {
        ["properties", .., last] | ["resourcedetails" | "additionaldata" | "metadata" | "status", last] => {
            ["id", "name", "ip"].contains(&last)
        }
        ["microsoft", last] => ["app", "ad", "dev"].contains(&last),
        _ => false,
    }
}

/// A resource id without what ends the sentence around it; brackets in it are in pairs.
fn without_end(piece: &str) -> &str {
    let mut piece = piece;
    let mut beyond = piece.matches(')').count().saturating_sub(piece.matches('(').count());
    loop {
        let mut shorter = piece.trim_end_matches(['.', ':', ',', '!', '?']);
        if let Some(before) = shorter.strip_suffix(')').filter(|_| beyond > 0) {
            beyond -= 1;
            shorter = before;
        }
        if shorter.len() == piece.len() {
            return piece;
        }
        piece = shorter;
    }
}

/// How much of a text is an address: all of it, or less where another group stands behind it.
fn address(text: &str) -> Option<usize> {
    let is_one = |text: &str| text.split('/').next().is_some_and(|bare| bare.parse::<Ipv6Addr>().is_ok());
    let shorter = text.rmatch_indices(':').map(|(at, _)| at);
    std::iter::once(text.len()).chain(shorter).find(|length| text.get(..*length).is_some_and(is_one))
}

/// What a match is, and how much of it; nothing where it only looks like it.
fn judge(found: &Captures<'_>, piece: &str) -> Option<(Shape, usize)> {
    let is = |name: &str| found.name(name).is_some();
    let trimmed = piece.trim_end_matches(['.', ':', ',', '!', '?']);
    if is("done") {
        Some((Shape::Done, piece.len()))
    } else if is("url") {
        (!is_public_page(piece)).then_some((Shape::One(Sort::Url), trimmed.len()))
    } else if is("arm") {
        // What asks of the resource is no part of its id.
        Some((Shape::Arm, without_end(piece.split('?').next().unwrap_or(piece)).len()))
    } else if is("mail") {
        Some((Shape::One(Sort::Person), piece.len()))
    } else if is("id") {
        (!is_public_id(piece)).then_some((Shape::One(Sort::Id), piece.len()))
    } else if is("v4") || is("mac") {
        Some((Shape::One(Sort::Address), piece.len()))
    } else if is("v6") {
        address(trimmed).map(|length| (Shape::One(Sort::Address), length))
    } else if is("host") {
        (!is_path(piece)).then_some((Shape::One(Sort::Host), piece.len()))
    } else {
        None
    }
}

/// Whether letters of both cases and digits are in it, as keys have them.
fn is_mixed(text: &str) -> bool {
    let has = |test: fn(&char) -> bool| text.chars().any(|c| test(&c));
    has(char::is_ascii_digit) && has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase)
}

/// What is in a long word: a key as far as nothing else begins in it, or the first that does.
fn in_word(text: &str, start: usize, end: usize) -> Option<Shaped<'_>> {
    let reach = text.get(..text.ceil_char_boundary((end + BEYOND).min(text.len())))?;
    let mut from = start;
    let inner = loop {
        let Some(found) = NO_KEYS.captures_at(reach, from) else { break None };
        let whole = found.get(0)?;
        if whole.start() >= end {
            break None;
        }
        match judge(&found, whole.as_str()) {
            Some((shape, length)) if length > 0 => {
                let text = text.get(whole.start()..whole.start() + length)?;
                break Some(Shaped { start: whole.start(), text, shape });
            }
            _ => from = after(&found, from),
        }
    };
    let head = text.get(start..inner.map_or(end, |one| one.start))?;
    if head.len() < 40 || !is_mixed(head) {
        return inner;
    }
    // A key is longer than what was looked at: all of it goes.
    let rest = text.get(end..).filter(|_| inner.is_none()).unwrap_or_default();
    let more = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "+/_=-".contains(*c)).count();
    Some(Shaped { start, text: text.get(start..start + head.len() + more)?, shape: Shape::Token })
}

/// Where to go on behind what only looked like something.
fn after(found: &Captures<'_>, from: usize) -> usize {
    let Some(whole) = found.get(0) else { return from + 1 };
    // What looked like an address and is none may hide what is one.
    let is_v6 = found.name("v6").is_some();
    let first = whole.as_str().chars().next().map_or(1, char::len_utf8);
    if is_v6 { whole.start() + first } else { whole.end().max(from + 1) }
}

/// The first of them at or after a place.
pub(super) fn next_shape(text: &str, from: usize) -> Option<Shaped<'_>> {
    let mut from = from;
    loop {
        let found = ALL.captures_at(text, from)?;
        let whole = found.get(0)?;
        if found.name("token").is_some() {
            match in_word(text, whole.start(), whole.end()) {
                Some(one) => return Some(one),
                None => from = whole.end(),
            }
            continue;
        }
        match judge(&found, whole.as_str()) {
            Some((shape, length)) if length > 0 => {
                let text = text.get(whole.start()..whole.start() + length)?;
                return Some(Shaped { start: whole.start(), text, shape });
            }
            _ => from = after(&found, from),
        }
    }
}

/// A resource id taken apart: pieces that stay, and names with their sort.
pub(super) fn arm_pieces<'a>(id: &'a str, each: &mut impl FnMut(Option<Sort>, &'a str)) {
    let mut parts = id.split('/').peekable();
    if id.starts_with('/') {
        parts.next();
        each(None, "/");
    }
    let mut first = true;
    while let Some(kind) = parts.next() {
        if !first {
            each(None, "/");
        }
        first = false;
        // A name can stand where a type should: what has not the shape of a type is none.
        let is_word = kind.chars().all(|c| c.is_ascii_alphabetic() || c == '.') && kind.len() <= 60;
        each(if is_word || kind.is_empty() { None } else { Some(Sort::Resource) }, kind);
        let Some(name) = parts.peek() else { break };
        let is_namespace = kind.eq_ignore_ascii_case("providers")
            && name.contains('.')
            && name.chars().all(|c| c.is_ascii_alphabetic() || c == '.');
        each(None, "/");
        let name = parts.next().unwrap_or_default();
        each(if is_namespace || name.is_empty() { None } else { Some(sort_of(kind)) }, name);
    }
}

fn sort_of(kind: &str) -> Sort {
    match kind.to_ascii_lowercase().as_str() {
        "subscriptions" => Sort::Subscription,
        "resourcegroups" => Sort::ResourceGroup,
        "managementgroups" => Sort::ManagementGroup,
        "namespaces" | "eventhubs" => Sort::EventHub,
        "workspaces" => Sort::Workspace,
        "automations" => Sort::Export,
        _ => Sort::Resource,
    }
}

/// Whether a name is an id by its shape.
pub(super) fn is_id(name: &str) -> bool {
    next_shape(name, 0)
        .is_some_and(|one| one.start == 0 && one.text.len() == name.len() && one.shape == Shape::One(Sort::Id))
}

/// Every name that a text gives away by its shape.
pub(super) fn names_in(text: &str, each: &mut impl FnMut(Sort, &str)) {
    let mut at = 0;
    while let Some(one) = next_shape(text, at) {
        at = one.start + one.text.len().max(1);
        match one.shape {
            // Nothing is replaced yet: somebody's name stands in brackets.
            Shape::Done => at = one.start + 1,
            Shape::Arm => arm_pieces(one.text, &mut |sort, name| {
                if let Some(sort) = sort {
                    each(if is_id(name) { Sort::Id } else { sort }, name);
                }
            }),
            Shape::One(Sort::Person) => {
                each(Sort::Person, one.text);
                if let Some((person, _)) = one.text.split_once('@') {
                    each(Sort::Person, person);
                }
            }
            Shape::One(Sort::Host) => {
                each(Sort::Host, one.text);
                // People write a host without its domain; a label of one letter or two names nothing.
                if let Some((label, _)) = one.text.split_once('.').filter(|(label, _)| label.len() > 3) {
                    each(Sort::Host, label);
                }
            }
            Shape::One(Sort::Url) => {
                let rest = one.text.split_once("://").map_or("", |(_, rest)| rest);
                let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
                if host.contains('.') {
                    each(Sort::Host, host);
                    if let Some((label, _)) = host.split_once('.').filter(|(label, _)| label.len() > 3) {
                        each(Sort::Host, label);
                    }
                }
            }
            Shape::One(_) | Shape::Token => {}
        }
    }
}
