//! The overview.

use super::{Actor, Console, ConsoleError, coverage::of};
use domain::{
    Outcome, Role,
    view::{Overview, Tally},
};
use jiff::Timestamp;
use rules::coverage::is_covered;

impl Console {
    /// What became of the decisions since then.
    pub async fn tally(&self, actor: &Actor, since: Timestamp) -> Result<Tally, ConsoleError> {
        actor.require(Role::Viewer)?;
        let mut all = Tally::default();
        for one in self.store.tallies(&actor.visible, since).await?.into_values() {
            for outcome in Outcome::ALL.iter().copied() {
                *all.of_mut(outcome) += one.of(outcome);
            }
        }
        Ok(all)
    }

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
