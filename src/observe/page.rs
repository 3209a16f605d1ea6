//! One page of rows as one transaction.

use super::{
    Observation,
    plan::{Known, SnapshotRun, plan},
};
use crate::{
    domain::{Kind, TenantId},
    store::{Store, StoreError},
};
use jiff::Timestamp;

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
    pub sweep: Option<(&'a str, &'a str)>,
    /// The run that writes whole states as snapshot events.
    pub snapshots: Option<SnapshotRun<'a>>,
}

/// Compares and writes a page; answers how many events are new. When another writer changed an item in between, the page
/// is compared again.
pub async fn commit_page(store: &Store, of: &PageOf<'_>, rows: Vec<Observation>) -> Result<usize, StoreError> {
    loop {
        let mut page = store.begin_page(of.tenant, of.kind, of.lease.0, of.lease.1).await?;
        let keys: Vec<_> = rows.iter().map(|row| &row.key).collect();
        let (seen, watches, exports) = (page.last_seen(&keys).await?, page.watches().await?, page.exports().await?);
        let known = Known {
            tenant: of.tenant,
            kind: of.kind,
            seen: &seen,
            watches: &watches,
            exports: &exports,
            read_at: of.read_at,
            snapshots: of.snapshots,
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
            page.move_cursor(sweep, cursor).await?;
        }
        page.commit().await?;
        return Ok(new);
    }
}
