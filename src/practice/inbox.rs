//! What was sent here: events per hub, rows per workspace table, in the order of arrival.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{File, OpenOptions, create_dir_all, read_dir, read_to_string};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::PracticeError;

/// How many of each hub or table stay in memory; older ones remain in the file.
const KEPT: usize = 200_000;

/// An event as a hub received it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Message {
    /// From 1, per hub.
    pub sequence: u64,
    pub partition: u32,
    pub body: String,
    pub properties: Map<String, Value>,
    pub received_at: String,
}

/// A row as a table received it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct TableRow {
    /// From 1, per table.
    pub sequence: u64,
    /// The columns that the stream declares.
    pub row: Map<String, Value>,
    /// How many unknown columns were dropped.
    pub dropped_columns: usize,
    pub received_at: String,
}

/// Things with ascending sequence numbers, the last [`KEPT`] of them.
#[derive(Debug)]
pub(super) struct Log<T> {
    items: VecDeque<T>,
    last: u64,
    file: Option<File>,
    /// Round-robin position for whole-hub sends.
    pub turn: u32,
}

impl<T: Serialize> Log<T> {
    /// The number of the next item.
    pub(super) fn next(&self) -> u64 {
        self.last + 1
    }

    /// How many there ever were.
    pub(super) fn count(&self) -> u64 {
        self.last
    }

    /// Everything that is still in memory, oldest first.
    pub(super) fn items(&self) -> impl Iterator<Item = &T> {
        self.items.iter()
    }

    /// Appends items whose numbers continue [`Self::next`].
    pub(super) fn append(&mut self, items: Vec<T>) -> Result<(), std::io::Error> {
        if let Some(file) = &mut self.file {
            let mut lines = Vec::new();
            for item in &items {
                serde_json::to_writer(&mut lines, item)?;
                lines.push(b'\n');
            }
            file.write_all(&lines)?;
        }
        self.last += items.len() as u64;
        self.items.extend(items);
        if self.items.len() > KEPT {
            self.items.drain(..self.items.len() - KEPT);
        }
        Ok(())
    }

    /// Up to `limit` items after that number, and whether more follow.
    pub(super) fn after(&self, sequence: u64, limit: usize) -> (Vec<&T>, bool) {
        let oldest = self.last - self.items.len() as u64;
        let skip = usize::try_from(sequence.saturating_sub(oldest)).unwrap_or(usize::MAX);
        let found: Vec<&T> = self.items.iter().skip(skip).take(limit).collect();
        let more = skip.saturating_add(found.len()) < self.items.len();
        (found, more)
    }
}

/// All received things.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    data: Option<PathBuf>,
    hubs: BTreeMap<String, Log<Message>>,
    tables: BTreeMap<String, Log<TableRow>>,
}

impl Inbox {
    /// Reads what earlier runs received.
    pub(super) fn open(data: Option<&Path>) -> Result<Self, PracticeError> {
        let mut inbox = Self { data: data.map(|folder| folder.join("received")), ..Self::default() };
        let Some(folder) = inbox.data.clone() else {
            return Ok(inbox);
        };
        let failed = |source| PracticeError::Data { path: folder.clone(), source };
        create_dir_all(&folder).map_err(failed)?;
        for entry in read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().replace('+', "/");
            if let Some(hub) = name.strip_prefix("hub/") {
                let log = read_log(&path, |message: &Message| message.sequence)?;
                inbox.hubs.insert(hub.to_owned(), log);
            } else if let Some(table) = name.strip_prefix("table/") {
                let log = read_log(&path, |row: &TableRow| row.sequence)?;
                inbox.tables.insert(table.to_owned(), log);
            }
        }
        Ok(inbox)
    }

    /// The events of a hub.
    pub(super) fn hub(&mut self, namespace: &str, hub: &str) -> Result<&mut Log<Message>, std::io::Error> {
        let key = format!("{namespace}/{hub}").to_lowercase();
        open_log(&mut self.hubs, self.data.as_deref(), "hub", key)
    }

    /// The rows of a table.
    pub(super) fn table(&mut self, workspace: &str, table: &str) -> Result<&mut Log<TableRow>, std::io::Error> {
        open_log(&mut self.tables, self.data.as_deref(), "table", format!("{workspace}/{table}").to_lowercase())
    }

    /// How many events and rows there ever were.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.hubs.values().map(Log::count).sum(), self.tables.values().map(Log::count).sum())
    }
}

fn open_log<'a, T: Serialize>(
    logs: &'a mut BTreeMap<String, Log<T>>,
    data: Option<&Path>,
    kind: &str,
    key: String,
) -> Result<&'a mut Log<T>, std::io::Error> {
    use std::collections::btree_map::Entry;
    match logs.entry(key) {
        Entry::Occupied(known) => Ok(known.into_mut()),
        Entry::Vacant(place) => {
            let path = data.map(|folder| folder.join(format!("{kind}+{}.ndjson", place.key().replace('/', "+"))));
            let file = path.map(|path| OpenOptions::new().create(true).append(true).open(path)).transpose()?;
            Ok(place.insert(Log { items: VecDeque::new(), last: 0, file, turn: 0 }))
        }
    }
}

fn read_log<T: for<'de> Deserialize<'de>>(path: &Path, number: impl Fn(&T) -> u64) -> Result<Log<T>, PracticeError> {
    let failed = |source| PracticeError::Data { path: path.to_owned(), source };
    let text = read_to_string(path).map_err(failed)?;
    let mut items = VecDeque::new();
    let (mut last, mut kept) = (0, 0);
    for (line, content) in text.split_inclusive('\n').enumerate() {
        match serde_json::from_str::<T>(content) {
            Ok(item) => {
                last = number(&item);
                items.push_back(item);
                if items.len() > KEPT {
                    items.pop_front();
                }
            }
            // a crash may leave half a line at the very end
            Err(_) if !content.ends_with('\n') => break,
            Err(source) => return Err(PracticeError::Damaged { path: path.to_owned(), line: line + 1, source }),
        }
        kept += content.len();
    }
    let file = OpenOptions::new().append(true).open(path).map_err(failed)?;
    if kept < text.len() {
        file.set_len(kept as u64).map_err(failed)?;
    }
    Ok(Log { items, last, file: Some(file), turn: 0 })
}
