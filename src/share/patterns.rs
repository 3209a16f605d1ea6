//! What has the shape of a name or an id, known or not.

use super::{known::Sort, secrets::fixed};
use regex::Regex;
use std::{net::Ipv6Addr, sync::LazyLock};

/// The shapes that are looked for, the longest-reaching first.
static SHAPES: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r#"(?ix)
          (?P<done> \[ (?: id-[0-9a-f]{10} | [a-z]+(?:-[a-z]+)*-[0-9]+ | left\ out | secret\ left\ out ) \] )
        | (?P<url> \b[a-z][a-z0-9+.-]*:// [^\s"'<>)\[\]]+ )
        | (?P<arm> /?\b subscriptions/ [^\s"'<>,;()]+ | /?\b providers/microsoft\.management/managementgroups/ [^\s"'<>,;()]+ )
        | (?P<mail> [a-z0-9._%+\#-]+ @ [a-z0-9-]+ (?:\.[a-z0-9-]+)* )
        | (?P<id>
              [0-9]{15,}_ [0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}
            | [0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}
            | dcr-[0-9a-f]{8,}
            | [0-9a-f]{32,}
            | [0-9]{15,}
          )
        | (?P<v4> \b[0-9]{1,3} (?:\.[0-9]{1,3}){3} (?:/[0-9]{1,2}\b)? )
        | (?P<v6> [0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]* (?:/[0-9]{1,3}\b)? )
        | (?P<host> \b (?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)+ (?:
              com|net|org|io|local|localdomain|internal|intranet|lan|corp|home|info|biz|cloud|dev|app|gov|mil|edu|int|
              microsoft|azure|windows|name|pro|xyz|online|site|top|onion|example|test|invalid|[a-z]{2} ) \b )
        | (?P<token> [a-z0-9+/_=-]{40,} )
        "#,
    )
});

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

/// Paths of JSON, check words and the like have dots but are no hosts.
fn is_path(text: &str) -> bool {
    let head = text.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let tail = text.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    ["properties", "microsoft", "resourcedetails", "additionaldata", "metadata", "status", "e", "i"]
        .contains(&head.as_str())
        && !["com", "net", "org", "io", "example", "local", "internal", "cloud", "dev", "app"].contains(&tail.as_str())
}

/// The first of them at or after a place.
pub(super) fn next_shape(text: &str, from: usize) -> Option<Shaped<'_>> {
    let mut from = from;
    loop {
        let found = SHAPES.captures_at(text, from)?;
        let whole = found.get(0)?;
        let one = |shape: Shape, piece: &'_ str| Some((shape, piece.len()));
        let piece = whole.as_str();
        let is = |name: &str| found.name(name).is_some();
        let trimmed = piece.trim_end_matches(['.', ':', ',', '!', '?']);
        let shape = if is("done") {
            one(Shape::Done, piece)
        } else if is("url") {
            if is_public_page(piece) { None } else { one(Shape::One(Sort::Url), trimmed) }
        } else if is("arm") {
            // What asks of the resource is no part of its id.
            one(Shape::Arm, trimmed.split('?').next().unwrap_or(trimmed))
        } else if is("mail") {
            one(Shape::One(Sort::Person), piece)
        } else if is("id") {
            one(Shape::One(Sort::Id), piece)
        } else if is("v4") {
            one(Shape::One(Sort::Address), piece)
        } else if is("v6") {
            let bare = trimmed.split('/').next().unwrap_or_default();
            if bare.parse::<Ipv6Addr>().is_ok() { one(Shape::One(Sort::Address), trimmed) } else { None }
        } else if is("host") {
            if is_path(piece) { None } else { one(Shape::One(Sort::Host), piece) }
        } else {
            let has = |test: fn(&char) -> bool| piece.chars().any(|c| test(&c));
            let mixed = has(char::is_ascii_digit) && has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase);
            if mixed { one(Shape::Token, piece) } else { None }
        };
        match shape {
            Some((shape, length)) => {
                let text = text.get(whole.start()..whole.start() + length)?;
                return Some(Shaped { start: whole.start(), text, shape });
            }
            // What looked like an address and is none may hide what is one.
            None if is("v6") => from = whole.start() + piece.chars().next().map_or(1, char::len_utf8),
            None => from = whole.end().max(from + 1),
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
            Shape::One(_) | Shape::Done | Shape::Token => {}
        }
    }
}
