//! One page of rows as one transaction.

use super::{
    Observation,
    plan::{Known, SnapshotRun, plan},
    vanished::{deletion, ends},
};
use domain::{Kind, TenantId};
use jiff::Timestamp;
use std::collections::BTreeSet;
use store::{MissedItem, Store, StoreError, Sweep};

/// Who writes, and what the page belongs to.
pub struct PageOf<'a> {
    /// The tenant.
    pub tenant: &'a TenantId,
    /// The kind of data.
    pub kind: Kind,
    /// The lease on watching and its fence.
    pub lease: (&'a str, i64),
    /// When the request began.
    pub read_at: Timestamp,
    /// The sweep this page is of, and the id of its last row.
    pub sweep: Option<(&'a Sweep, &'a str)>,
}

/// Compares and writes a page; answers how many events are new. When another writer changed an item in between, the page
/// is compared again.
pub async fn commit_page(store: &Store, of: &PageOf<'_>, rows: Vec<Observation>) -> Result<usize, StoreError> {
    loop {
        let mut page = store.begin_page(of.tenant, of.kind, of.lease.0, of.lease.1).await?;
        let keys: Vec<_> = rows.iter().map(|row| &row.key).collect();
        let places: BTreeSet<_> = rows.iter().map(|row| &row.subscription).collect();
        let (seen, watches) = (page.last_seen(&keys).await?, page.watches(&places).await?);
        let exports = page.exports().await?;
        let known = Known {
            tenant: of.tenant,
            kind: of.kind,
            seen: &seen,
            watches: &watches,
            exports: &exports,
            read_at: of.read_at,
            snapshots: of.sweep.map(|(sweep, _)| SnapshotRun {
                id: sweep.id.as_str(),
                of: &sweep.snapshots,
                started_at: sweep.started_at,
            }),
        };
        let plan = plan(rows.clone(), &known);
        if !page.write_seen(&plan.seen).await? {
            continue;
        }
        let new = page.write_events(&plan.events).await?;
        for (subscription, (moved, rewritten)) in &plan.uncounted {
            if *moved > 0 || *rewritten > 0 {
                page.count_unobservable(subscription, *moved, *rewritten).await?;
            }
        }
        if let Some((sweep, cursor)) = of.sweep {
            if ends(of.kind) {
                page.mark_met(&keys, sweep.started_at).await?;
            }
            page.move_cursor(&sweep.id, cursor).await?;
        }
        page.commit().await?;
        return Ok(new);
    }
}

/// Writes that an item is gone; answers how many events are new: one, or none when it was seen again meanwhile.
pub(super) async fn commit_deletion(store: &Store, of: &PageOf<'_>, item: &MissedItem) -> Result<usize, StoreError> {
    loop {
        let mut page = store.begin_page(of.tenant, of.kind, of.lease.0, of.lease.1).await?;
        let seen = page.last_seen(&[&item.key]).await?;
        let Some(before) = seen.get(&item.key) else { return Ok(0) };
        let Some(last) = page.last_event(&before.event).await? else { return Ok(0) };
        let (watches, exports) = (page.watches(&BTreeSet::from([&item.subscription])).await?, page.exports().await?);
        let known = Known {
            tenant: of.tenant,
            kind: of.kind,
            seen: &seen,
            watches: &watches,
            exports: &exports,
            read_at: of.read_at,
            snapshots: None,
        };
        let Some(plan) = deletion(item, before, last, &known) else { return Ok(0) };
        if !page.write_seen(&plan.seen).await? {
            continue;
        }
        let new = page.write_events(&plan.events).await?;
        page.commit().await?;
        return Ok(new);
    }
}
