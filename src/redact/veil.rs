//! The veil: ids become hashes with a key that nobody keeps, names become numbers, secrets go in any case.

use super::{
    known::{Known, Sort},
    patterns::{Shape, Shaped, arm_pieces, is_id, next_shape},
    payload,
    secrets::{SECRET, without_secrets},
};
use aho_corasick::{AhoCorasick, Input, MatchKind};
use domain::share::Document;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

/// What stands in place of what cannot be told in any form.
pub(super) const LEFT_OUT: &str = "[left out]";
/// The times a text is gone over until nothing changes any more.
const MOST_ROUNDS: usize = 8;

/// Decides what may be seen. Without redaction only secrets go.
pub struct Veil {
    on: bool,
    key: [u8; 32],
    known: Known,
    names: Option<AhoCorasick>,
    given: BTreeMap<String, String>,
    issued: BTreeSet<String>,
    counts: BTreeMap<&'static str, usize>,
}

impl std::fmt::Debug for Veil {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.on { "Veil" } else { "Veil(lifted)" })
    }
}

impl Veil {
    /// Hides what is known, and what has the shape of a name or id. The same id gives the same hash with the same key; without
    /// the key, which is to be random and forgotten, no id can be tried against a hash.
    pub fn new(known: Known, key: [u8; 32]) -> Self {
        let mut patterns: Vec<String> = known.told().map(str::to_owned).collect();
        // The search disregards the letter case of ASCII alone.
        let upper: Vec<String> =
            patterns.iter().filter(|name| !name.is_ascii()).map(|name| name.to_uppercase()).collect();
        let titled = patterns.iter().filter(|name| !name.is_ascii()).map(|name| titled(name)).collect::<Vec<_>>();
        patterns.extend(upper.into_iter().chain(titled));
        let names = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .build(&patterns)
            .ok();
        Self { on: true, key, known, names, given: BTreeMap::new(), issued: BTreeSet::new(), counts: BTreeMap::new() }
    }

    /// Hides secrets and nothing else.
    pub fn lifted() -> Self {
        Self {
            on: false,
            key: [0; 32],
            known: Known::default(),
            names: None,
            given: BTreeMap::new(),
            issued: BTreeSet::new(),
            counts: BTreeMap::new(),
        }
    }

    /// Whether ids and names are replaced.
    pub const fn hides(&self) -> bool {
        self.on
    }

    /// Lets the id of a request be seen: it names nobody, and only the service that answered knows what it was about.
    pub fn keep_request(&mut self, id: &str) {
        let lower = id.trim().to_lowercase();
        if self.on && is_id(&lower) && self.known.sort_of(&lower).is_none() {
            self.given.entry(lower).or_insert_with(|| id.trim().to_owned());
        }
    }

    /// A name that stands for itself.
    pub fn name(&mut self, sort: Sort, name: &str) -> String {
        if !self.on || name.trim().is_empty() {
            return without_secrets(name);
        }
        self.replacement(sort, name)
    }

    /// An id that stands for itself.
    pub fn id(&mut self, id: &str) -> String {
        self.name(Sort::Id, id)
    }

    /// A resource id.
    pub fn resource(&mut self, id: &str) -> String {
        if self.on { self.arm(id) } else { without_secrets(id) }
    }

    /// A word of Azure's or of ours, such as a status: kept when it looks like one and gives nothing away.
    pub fn word(&mut self, word: &str) -> String {
        if !self.on || (is_plain(word) && self.text(word) == word) {
            without_secrets(word)
        } else {
            LEFT_OUT.to_owned()
        }
    }

    /// Text of unknown origin, such as the answer of a server or the words of an attacker.
    pub fn foreign(&mut self, text: &str) -> String {
        if self.on && !text.is_empty() { LEFT_OUT.to_owned() } else { without_secrets(text) }
    }

    /// Something that somebody typed: kept as far as all of it is one id, left out otherwise.
    pub fn alone(&mut self, text: &str) -> String {
        let text = text.trim();
        let is_one = next_shape(text, 0).is_some_and(|one| {
            one.start == 0 && one.text.len() == text.len() && matches!(one.shape, Shape::Arm | Shape::One(_))
        });
        if is_one { self.text(text) } else { self.foreign(text) }
    }

    /// JSON, with its member names and what is harmless of its values.
    pub fn json(&mut self, text: &str) -> String {
        payload::json(text, self)
    }

    /// A sentence: known names and everything that looks like a name or an id are replaced in it.
    pub fn text(&mut self, text: &str) -> String {
        let mut now = without_secrets(text);
        if !self.on {
            return now;
        }
        // Without the search for names nothing can be told.
        if self.names.is_none() {
            return LEFT_OUT.to_owned();
        }
        // A replacement can bring to light what stood against it.
        for _ in 0..MOST_ROUNDS {
            let next = self.round(&now);
            if next == now {
                return now;
            }
            now = next;
        }
        LEFT_OUT.to_owned()
    }

    /// Goes over every text of a finished document once more.
    pub fn sweep(&mut self, mut document: Document) -> Document {
        document.for_each_text(|text| *text = self.text(text));
        document
    }

    fn round(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        let (mut shaped, mut named) = (self.next_shape(text, 0), self.next_name(text, 0));
        while at < text.len() {
            // What stands farther on is looked for once.
            if shaped.as_ref().is_some_and(|one| one.start < at) {
                shaped = self.next_shape(text, at);
            }
            if named.is_some_and(|(start, _)| start < at) {
                named = self.next_name(text, at);
            }
            let shaped_first = match (&shaped, &named) {
                (Some(one), Some((start, end))) => {
                    one.start < *start
                        || (one.start == *start && (one.text.len() >= end - start || one.shape == Shape::Done))
                }
                (Some(_), None) => true,
                (None, _) => false,
            };
            let (start, end, replaced) = match (&shaped, named) {
                (Some(one), _) if shaped_first => {
                    let replaced = match one.shape {
                        Shape::Done => one.text.to_owned(),
                        Shape::Arm => self.arm(one.text),
                        Shape::One(sort) => self.replacement(sort, one.text),
                        Shape::Token => LEFT_OUT.to_owned(),
                    };
                    (one.start, one.start + one.text.len(), replaced)
                }
                (_, Some((start, end))) => {
                    let name = text.get(start..end).unwrap_or_default().to_owned();
                    (start, end, self.replacement(Sort::Entity, &name))
                }
                _ => break,
            };
            out.push_str(text.get(at..start).unwrap_or_default());
            out.push_str(&replaced);
            at = end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }

    /// The next shape. What only looks like a replacement is none: people put names into brackets too.
    fn next_shape<'a>(&self, text: &'a str, from: usize) -> Option<Shaped<'a>> {
        let mut from = from;
        loop {
            let found = next_shape(text, from)?;
            if found.shape != Shape::Done || self.is_done(found.text) {
                return Some(found);
            }
            from = found.start + 1;
        }
    }

    /// Whether this veil wrote it.
    pub(super) fn is_done(&self, text: &str) -> bool {
        text == LEFT_OUT || text == SECRET || self.issued.contains(text)
    }

    /// The next known name. Short ones made of letters alone count only as whole words.
    fn next_name(&self, text: &str, from: usize) -> Option<(usize, usize)> {
        let names = self.names.as_ref()?;
        let mut from = from;
        loop {
            let found = names.find(Input::new(text).range(from..))?;
            let (before, name, after) =
                (text.get(..found.start())?, text.get(found.range())?, text.get(found.end()..)?);
            let is_part = name.chars().count() >= 8 || name.chars().any(|c| !c.is_alphabetic());
            let is_free = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
            if is_part || (is_free(before.chars().next_back()) && is_free(after.chars().next())) {
                return Some((found.start(), found.end()));
            }
            from = found.start() + name.chars().next().map_or(1, char::len_utf8);
        }
    }

    fn arm(&mut self, id: &str) -> String {
        let mut pieces = Vec::new();
        arm_pieces(id, &mut |sort, piece| pieces.push((sort, piece.to_owned())));
        pieces
            .into_iter()
            .map(|(sort, piece)| sort.map_or(piece.clone(), |sort| self.replacement(sort, &piece)))
            .collect()
    }

    fn replacement(&mut self, sort: Sort, name: &str) -> String {
        let lower = name.trim().to_lowercase();
        if self.is_done(name) || self.known.is_public(&lower) {
            return name.to_owned();
        }
        if let Some(given) = self.given.get(&lower) {
            return given.clone();
        }
        let sort = self.known.sort_of(&lower).unwrap_or(sort);
        let given = if sort == Sort::Id || is_id(&lower) { self.hash(&lower) } else { self.number(sort) };
        self.given.insert(lower, given.clone());
        self.issued.insert(given.clone());
        given
    }

    fn number(&mut self, sort: Sort) -> String {
        let count = self.counts.entry(sort.word()).or_default();
        *count += 1;
        format!("[{}-{count}]", sort.word())
    }

    fn hash(&self, id: &str) -> String {
        let mut out = String::from("[id-");
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) {
            mac.update(id.as_bytes());
            for byte in mac.finalize().into_bytes().iter().take(5) {
                // Writing into a string cannot fail.
                let _ = write!(out, "{byte:02x}");
            }
        }
        out.push(']');
        out
    }
}

/// A few letters and digits, as statuses and kinds have them.
pub(super) fn is_plain(text: &str) -> bool {
    text.len() <= 60 && text.chars().all(|c| c.is_ascii_alphanumeric() || " _-.,/()".contains(c))
}

fn titled(name: &str) -> String {
    let mut start = true;
    name.chars()
        .flat_map(|c| {
            let up = start;
            start = !c.is_alphanumeric();
            if up { c.to_uppercase().collect::<Vec<_>>() } else { vec![c] }
        })
        .collect()
}
