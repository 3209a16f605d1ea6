//! The overview.

use super::{Actor, Console, ConsoleError, coverage::of};
use crate::{
    domain::{Role, view::Overview},
    rules::coverage::is_covered,
};
use jiff::Timestamp;

impl Console {
    /// Everything the overview shows, from one snapshot.
    pub async fn overview(
        &self,
        actor: &Actor,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<Overview, ConsoleError> {
        actor.require(Role::Viewer)?;
        let (ours, theirs) = (self.exports_with_places().await?, self.automations().await?);
        Ok(self
            .store
            .overview(&actor.visible, since, until, |row| is_covered(&row.place, &ours, of(&theirs, &row.id)))
            .await?)
    }
}
