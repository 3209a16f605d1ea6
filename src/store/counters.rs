//! The counters: how many outcomes of each export and subscription had which state in which hour. Every statement that changes an outcome's
//! state shifts them in the same transaction, with the SQL made here.

/// Adds the rows of a `select`, or of values that are pushed behind, to the counters: export, subscription, tenant, hour, state, n.
pub(super) const INSERT: &str = "insert into counters (export_id, subscription_id, tenant_id, hour, state, n) ";
/// Ends such a statement.
pub(super) const ADD: &str =
    " on conflict (export_id, subscription_id, hour, state) do update set n = counters.n + excluded.n";

/// Counts outcomes under a state, times a sign. `state` and `sign` are SQL, `which` is a condition on `outcomes`.
pub(super) fn shift(state: &str, sign: &str, which: &str) -> String {
    format!(
        "{INSERT}select export_id, subscription_id, tenant_id, hour, {state}, {sign} * count(*) from outcomes
         where {which} group by 1, 2, 3, 4, 5{ADD}"
    )
}
