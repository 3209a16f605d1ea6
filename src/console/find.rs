//! Going to something by its name.

use super::{Actor, Console, ConsoleError};
use domain::{
    Role,
    named::{Named, Thing, closest},
};

impl Console {
    /// Exports, targets and subscriptions whose names, or whose ids in the case of subscriptions, answer a text: at most
    /// `most`, the closest first.
    pub async fn find_named(&self, actor: &Actor, typed: &str, most: usize) -> Result<Vec<Named>, ConsoleError> {
        actor.require(Role::Viewer)?;
        let exports = self.export_names(actor).await?.into_iter();
        let exports = exports.map(|(id, name)| Named { thing: Thing::Export(id), name });
        let targets = self.store.list_targets().await?.into_iter();
        let targets = targets.map(|target| Named { thing: Thing::Target(target.id), name: target.name });
        let places = self.store.places(&actor.visible).await?;
        let is_id = |id: &str| typed.trim().eq_ignore_ascii_case(id);
        let by_id = places.iter().filter(|(place, _)| is_id(place.id.as_str()));
        let by_id =
            by_id.map(|(place, name)| Named { thing: Thing::Subscription(place.id.clone()), name: name.clone() });
        let by_id: Vec<Named> = by_id.collect();
        let named = places.into_iter().map(|(place, name)| Named { thing: Thing::Subscription(place.id), name });
        let mut found = closest(exports.chain(targets).chain(named), |one| &one.name, typed, most);
        found.splice(0..0, by_id);
        Ok(found)
    }
}
