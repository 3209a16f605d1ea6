//! What a line of the journal does to the world, now or after a restart.

use super::journal::Entry;
use super::world::World;
use super::world::control::is_a;
use super::world::policy::REMEDIATIONS;

/// Lets time pass up to the entry, then does what it says.
pub(super) fn apply(world: &mut World, entry: &Entry) {
    match entry {
        Entry::Start { .. } => {}
        Entry::Rate { at, rate } => {
            world.advance(*at);
            world.set_rate(*at, *rate);
        }
        Entry::Alerts { at, order } => {
            world.advance(*at);
            world.order_alerts(*at, order);
        }
        Entry::Recommendations { at, count, change } => {
            world.advance(*at);
            world.flip(*at, *count, *change);
        }
        Entry::Assessments { at, ids, deleted } => {
            world.advance(*at);
            if *deleted {
                world.delete_assessments(ids);
            } else {
                world.restore_assessments(*at, ids);
            }
        }
        Entry::Subscription { at, id, name } => {
            world.advance(*at);
            world.add_subscription(id, name);
        }
        Entry::Import { at, stamp, answers } => {
            world.advance(*at);
            world.import(*at, *stamp, answers);
        }
        Entry::Subscriptions { at, count, automations } => {
            world.advance(*at);
            world.add_subscriptions(*at, *count, *automations);
        }
        Entry::State { at, id, state } => {
            world.advance(*at);
            world.set_state(id, state);
        }
        Entry::Permissions { at, subscription, entries } => {
            world.advance(*at);
            world.control.set_permissions(subscription, entries.clone());
        }
        Entry::Register { at, subscription, namespace } => {
            world.advance(*at);
            world.control.register(*at, subscription, namespace);
        }
        Entry::Put { at, item, caller } => {
            world.advance(*at);
            world.control.put(*at, item.clone(), caller);
            if is_a(item, REMEDIATIONS)
                && let Some(id) = item.get("id").and_then(serde_json::Value::as_str)
            {
                world.begin_remediation(*at, id);
            }
        }
        Entry::Delete { at, id, caller } => {
            world.advance(*at);
            world.control.delete(*at, id, caller);
        }
        Entry::Regenerate { at, rule, second, caller } => {
            world.advance(*at);
            world.regenerate(*at, rule, *second, caller);
        }
        Entry::Simulate { at, subscription, bundles, caller } => {
            world.advance(*at);
            world.simulate(*at, subscription, bundles, caller);
        }
        Entry::Status { at, id, status } => {
            world.advance(*at);
            world.set_alert_status(id, status);
        }
    }
}
