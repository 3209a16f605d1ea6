//! The overview.

use super::{Actor, Console, ConsoleError};
use crate::{
    domain::{Change, EventSource, Export, Place, Role, Severity, view::Overview},
    rules,
};
use jiff::Timestamp;
use serde_json::json;

impl Console {
    /// Everything the overview shows, from one snapshot.
    pub async fn overview(
        &self,
        actor: &Actor,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<Overview, ConsoleError> {
        actor.require(Role::Viewer)?;
        let exports = self.store.list_exports().await?;
        Ok(self
            .store
            .overview(&actor.visible, since, until, |row| exports_high_and_medium(&exports, &row.place))
            .await?)
    }
}

/// Whether alerts of High and of Medium severity leave a subscription (CIS Azure 8.1.5.2), each by some export that is
/// not paused.
fn exports_high_and_medium(exports: &[Export], place: &Place) -> bool {
    let passes = |export: &Export, severity: Severity| {
        let alert = json!({"Severity": severity.label()});
        let source = export.body.sources.iter().find(|source| source.event_source == EventSource::Alerts);
        !export.paused
            && export.body.scope.covers(place)
            && source.is_some_and(|source| rules::decide(source, Change::Created, &alert).matches)
    };
    [Severity::High, Severity::Medium].into_iter().all(|severity| exports.iter().any(|export| passes(export, severity)))
}
