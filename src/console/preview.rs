//! What an export would let through, from events that really happened.

use super::{Actor, Console, ConsoleError};
use crate::{
    domain::{
        ExportBody, Kind, Role,
        view::{Preview, PreviewRow},
    },
    rules,
};
use jiff::Timestamp;

/// Rows shown of each sort.
const SHOWN: usize = 20;
/// Events read at a time, so that memory stays bounded.
const CHUNK: usize = 1000;

impl Console {
    /// Lets an export's rules decide over the events since a time. The export need not be complete: a target is not
    /// needed, and what keeps rules from being evaluated is said.
    pub async fn preview(&self, actor: &Actor, body: &ExportBody, since: Timestamp) -> Result<Preview, ConsoleError> {
        actor.require(Role::Viewer)?;
        let started = self.store.now();
        let mut preview = Preview::default();
        let errors: Vec<_> = body
            .sources
            .iter()
            .enumerate()
            .flat_map(|(at, source)| rules::validate(source, &format!("sources[{at}]")))
            .collect();
        if let Some(error) = errors.first() {
            preview.problem = Some(format!("{}: {}", error.path, error.message));
            return Ok(preview);
        }
        let kinds: Vec<Kind> = body
            .sources
            .iter()
            .filter(|source| source.event_source.is_streaming())
            .map(|source| source.event_source.kind())
            .collect();
        let mut before = None;
        loop {
            let events = self.store.preview_events(&actor.visible, &kinds, since, before, CHUNK).await?;
            let Some(last) = events.last() else { break };
            before = Some((last.subject.occurred_at, last.seq));
            for event in events {
                let Some(source) = body.streaming_source(event.subject.kind) else { continue };
                if !body.scope.covers(&event.subject.subscription) {
                    continue;
                }
                let decision = rules::decide(source, event.subject.change, &event.body);
                preview.looked_at += 1;
                let shown = if decision.matches {
                    preview.matched += 1;
                    preview.matched_bytes += u64::try_from(event.bytes).unwrap_or_default();
                    &mut preview.matches
                } else {
                    preview.not_matched += 1;
                    &mut preview.rest
                };
                if shown.len() < SHOWN {
                    shown.push(PreviewRow { event: event.id, subject: event.subject, reason: decision.reason });
                }
            }
        }
        let took = self.store.now().duration_since(started).as_millis();
        preview.took_ms = u64::try_from(took).unwrap_or_default();
        Ok(preview)
    }
}
