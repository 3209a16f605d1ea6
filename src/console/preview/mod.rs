//! What an export would let through, from events that really happened; and what a changed one gains and loses.
//!
//! The values that decide are kept in memory, column by column ([`sample`]), so that an answer while somebody types reads
//! nothing but what is new. The same rules decide here as in the engine.

mod sample;
mod tally;

pub(super) use sample::Samples;

use super::{Actor, Console, ConsoleError};
use domain::{
    Change, ExportBody, ExportId, Kind, Nearness, Preview, PreviewRow, Rehearsal, Role, SubscriptionId, TargetKind,
    WeeklyState, time, view::Subject,
};
use engine::deliver::workspace::{RowOf, row};
use jiff::Timestamp;
use std::{
    collections::{HashMap, HashSet},
    time::Instant,
};
use store::ShownEvent;
use tally::{Judge, Newest, Picked, Tallies, paths_of};

impl Console {
    /// Lets an export's rules decide over the events since a time. The export need not be complete: a target is not
    /// needed, and what keeps rules from being evaluated is said. With the id of a saved export, its current version is
    /// held against it.
    pub async fn preview(
        &self,
        actor: &Actor,
        body: &ExportBody,
        since: Timestamp,
        saved: Option<&ExportId>,
    ) -> Result<Preview, ConsoleError> {
        actor.require(Role::Viewer)?;
        let started = Instant::now();
        let now = self.store.now();
        let places = self.store.places(&actor.visible).await?;
        let covered: HashSet<SubscriptionId> =
            places.iter().filter(|(place, _)| body.scope.covers(place)).map(|(place, _)| place.id.clone()).collect();
        let mut preview = Preview {
            covered: (covered.len(), places.len()),
            seconds: u64::try_from(now.duration_since(since).as_secs()).unwrap_or_default(),
            problem: unreadable(body),
            ..Preview::default()
        };
        if preview.problem.is_some() {
            return Ok(preview);
        }
        let saved = match saved {
            Some(id) => self.store.find_export(id).await?.map(|export| (export.version, export.body)),
            None => None,
        };
        let saved_covered: HashSet<SubscriptionId> = saved
            .iter()
            .flat_map(|(_, saved)| places.iter().filter(|(place, _)| saved.scope.covers(place)))
            .map(|(place, _)| place.id.clone())
            .collect();
        let visible: HashSet<SubscriptionId> = places.into_iter().map(|(place, _)| place.id).collect();
        let mut tallies = Tallies::new(since, now);
        for kind in Kind::ALL.iter().copied() {
            let draft = body.source_for(kind, Change::Created).map(|source| Judge::new(source, &covered));
            let before = saved
                .as_ref()
                .and_then(|(_, saved)| saved.source_for(kind, Change::Created))
                .map(|source| Judge::new(source, &saved_covered));
            if draft.is_none() && before.is_none() {
                continue;
            }
            let judges = [draft, before];
            let mut sample = self.samples.of(kind).lock_owned().await;
            sample.follow(&self.store, kind, paths_of(judges.iter().flatten()), since, started).await?;
            tallies.take(&sample, &judges, &visible);
        }
        for source in body.sources.iter().filter(|source| !source.event_source.is_streaming()) {
            let judge = Judge::new(source, &covered);
            let kind = source.event_source.kind();
            let newest = self.store.newest_of_items(kind).await?;
            let newest: Vec<Newest> =
                newest.into_iter().map(|(seq, subscription, is_kept)| Newest { seq, subscription, is_kept }).collect();
            let mut sample = self.samples.of(kind).lock_owned().await;
            sample.follow(&self.store, kind, paths_of([&judge]), Timestamp::UNIX_EPOCH, started).await?;
            let (items, matched, bytes, unread) = tally::state(&sample, &judge, &newest, &visible);
            preview.weekly.push(WeeklyState { source: source.event_source, items, matched, bytes, unread });
        }
        self.show(actor, &mut preview, tallies, saved.map(|(version, _)| version)).await?;
        self.show_payload(actor, body, &mut preview).await?;
        preview.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or_default();
        Ok(preview)
    }

    /// Puts the figures together with the few events that are shown.
    async fn show(
        &self,
        actor: &Actor,
        preview: &mut Preview,
        tallies: Tallies,
        version: Option<u32>,
    ) -> Result<(), ConsoleError> {
        let seqs: Vec<i64> = tallies.shown().map(|picked| picked.seq).collect();
        let events = self.store.shown_events(&actor.visible, &seqs).await?;
        let events: HashMap<i64, ShownEvent> = events.into_iter().map(|event| (event.seq, event)).collect();
        let rows = |picked: &[Picked]| -> Vec<PreviewRow> {
            let mut rows: Vec<PreviewRow> = picked
                .iter()
                .filter_map(|one| {
                    let event = events.get(&one.seq)?;
                    let (event, subject) = (event.id.clone(), event.subject.clone());
                    Some(PreviewRow { event, subject, stands: one.stands, reason: one.reason.to_string() })
                })
                .collect();
            rows.sort_by_key(|row| std::cmp::Reverse(row.subject.occurred_at));
            rows
        };
        preview.rows = [Nearness::Near, Nearness::Match, Nearness::Not]
            .into_iter()
            .flat_map(|stands| rows(tallies.picked(stands)))
            .collect();
        preview.rehearsal = version.map(|version| Rehearsal {
            version,
            gained: tallies.gained,
            lost: tallies.lost,
            gained_rows: rows(&tallies.gained_rows),
            lost_rows: rows(&tallies.lost_rows),
        });
        tallies.write(preview);
        Ok(())
    }

    /// The newest match as the target would get it: a workspace gets a row, everything else the event.
    async fn show_payload(&self, actor: &Actor, body: &ExportBody, preview: &mut Preview) -> Result<(), ConsoleError> {
        let Some(newest) = preview.rows.iter().find(|row| row.stands == Nearness::Match) else { return Ok(()) };
        let (event, subject) = (newest.event.clone(), newest.subject.clone());
        let Some(text) = self.store.find_event(&actor.visible, &event).await?.and_then(|event| event.body) else {
            return Ok(());
        };
        let target = self.store.find_target(&body.target).await?;
        let is_workspace = target.is_some_and(|target| target.config.kind() == TargetKind::Workspace);
        preview.payload = Some(if is_workspace {
            let Subject { kind, change, occurred_at, .. } = subject;
            let of = RowOf { event: &event, kind, change, occurred_at, body: &text };
            serde_json::Value::Object(row(of, self.store.now())).to_string()
        } else {
            text
        });
        Ok(())
    }
}

/// Why the rules cannot be evaluated: a path that does not parse. A value or an operator that does not fit holds for no
/// event, and the lints say so.
fn unreadable(body: &ExportBody) -> Option<String> {
    body.sources.iter().find_map(|source| {
        source.rule_sets.iter().enumerate().find_map(|(s, set)| {
            set.rules.iter().enumerate().find_map(|(r, rule)| {
                let error = rules::Path::parse(&rule.path).err()?;
                Some(format!("{}, rule {} of set {}: {error}", source.event_source.label(), r + 1, s + 1))
            })
        })
    })
}

/// The hours or days of a range, oldest first.
fn buckets(since: Timestamp, now: Timestamp) -> (i64, Vec<Timestamp>) {
    const HOUR: i64 = 3_600_000_000;
    let length = now.as_microsecond() - since.as_microsecond();
    let step = if length <= 49 * HOUR { HOUR } else { 24 * HOUR };
    let first = since.as_microsecond().div_euclid(step);
    let last = now.as_microsecond().div_euclid(step);
    (step, (first..=last).map(|at| time::from_micros(at * step)).collect())
}
