//! Shares: frozen documents under the digest of their link's token.

use super::{
    AuditEntry, Store, StoreError, Visible,
    audit::{record, record_once},
    error::Doing,
    watch::parse,
};
use domain::{
    SubscriptionId, TenantId,
    share::{Document, ShareId, ShareKind, ShareOf, ShareRow},
    time,
};
use sqlx::{QueryBuilder, Row, Sqlite, sqlite::SqliteRow};

/// Shares are forgotten this long after they expired, in microseconds; who made them stays in the audit log.
const FORGOTTEN_AFTER: i64 = 30 * 86_400_000_000;
/// Rows forgotten at once.
const MOST_FORGOTTEN: i64 = 200;
/// Rows of the list.
const MOST_LISTED: i64 = 500;
const COLUMNS: &str = "id, of_kind, of_id, title, made_at, made_by, expires_at, revoked_at, redacted, passphrase is not null, views, last_view_at";

/// A share to be kept.
#[derive(Debug, Clone)]
pub struct NewShare<'a> {
    /// The line of its list.
    pub row: &'a ShareRow,
    /// The tenant of the store.
    pub tenant: &'a TenantId,
    /// The subscription of what is shared, where it is in one.
    pub subscription: Option<&'a SubscriptionId>,
    /// The id of the person who makes it.
    pub person: &'a str,
    /// The digest of the link's token.
    pub hash: &'a str,
    /// The passphrase, hashed.
    pub passphrase: Option<&'a str>,
    /// What it shows.
    pub body: &'a Document,
}

/// A share whose link is good now.
#[derive(Debug, Clone)]
pub struct OpenShare {
    /// Its id.
    pub id: ShareId,
    /// The passphrase, hashed.
    pub passphrase: Option<String>,
}

fn row(row: &SqliteRow) -> Result<ShareRow, StoreError> {
    let kind: ShareKind = parse("kind of a share", &row.get::<String, _>(1))?;
    let of =
        ShareOf::parse(kind, &row.get::<String, _>(2)).ok_or_else(|| StoreError::corrupt("share", "no such id"))?;
    Ok(ShareRow {
        id: parse("share", &row.get::<String, _>(0))?,
        of,
        title: row.get(3),
        made_at: time::from_micros(row.get(4)),
        made_by: row.get(5),
        expires_at: time::from_micros(row.get(6)),
        revoked_at: row.get::<Option<i64>, _>(7).map(time::from_micros),
        redacted: row.get::<i64, _>(8) != 0,
        has_passphrase: row.get::<i64, _>(9) != 0,
        views: row.get(10),
        last_view_at: row.get::<Option<i64>, _>(11).map(time::from_micros),
    })
}

/// Whose shares: everybody's, or those of one person.
fn of_person(visible: &Visible, person: Option<&str>, columns: &str) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::<Sqlite>::new("select ");
    query.push(columns).push(" from shares where 1 = 1");
    visible.restrict(&mut query, "subscription_id");
    if let Some(person) = person {
        query.push(" and person = ").push_bind(person.to_owned());
    }
    query
}

impl Store {
    /// Keeps a share and forgets some that expired long ago.
    pub async fn keep_share(&self, new: &NewShare<'_>, audit: &AuditEntry<'_>) -> Result<(), StoreError> {
        const DOING: &str = "keep a share";
        let now = self.now().as_microsecond();
        let body = serde_json::to_string(new.body).map_err(|error| StoreError::corrupt("share", error))?;
        let mut tx = self.write(DOING).await?;
        sqlx::query(
            "insert into shares (id, tenant_id, subscription_id, of_kind, of_id, title, made_at, person, made_by, expires_at, redacted, hash, passphrase, body)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .bind(new.row.id.as_str())
        .bind(new.tenant.as_str())
        .bind(new.subscription.map(SubscriptionId::as_str))
        .bind(new.row.of.kind().as_str())
        .bind(new.row.of.id())
        .bind(&new.row.title)
        .bind(new.row.made_at.as_microsecond())
        .bind(new.person)
        .bind(&new.row.made_by)
        .bind(new.row.expires_at.as_microsecond())
        .bind(i64::from(new.row.redacted))
        .bind(new.hash)
        .bind(new.passphrase)
        .bind(body)
        .execute(&mut *tx)
        .await
        .doing(DOING)?;
        sqlx::query("delete from shares where id in (select id from shares where expires_at < $1 limit $2)")
            .bind(now - FORGOTTEN_AFTER)
            .bind(MOST_FORGOTTEN)
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        record(&mut tx, audit, now).await?;
        tx.commit().await.doing(DOING)
    }

    /// The newest shares of a person, or of everybody.
    pub async fn list_shares(&self, visible: &Visible, person: Option<&str>) -> Result<Vec<ShareRow>, StoreError> {
        let mut query = of_person(visible, person, COLUMNS);
        query.push(" order by made_at desc, id desc limit ").push_bind(MOST_LISTED);
        let rows = query.build().fetch_all(self.readers()).await.doing("list shares")?;
        rows.iter().map(row).collect()
    }

    /// One share, and what it shows unless it was revoked.
    pub async fn find_share(
        &self,
        visible: &Visible,
        person: Option<&str>,
        id: &ShareId,
    ) -> Result<Option<(ShareRow, Option<Document>)>, StoreError> {
        let mut query = of_person(visible, person, &format!("{COLUMNS}, body"));
        query.push(" and id = ").push_bind(id.as_str().to_owned());
        let found = query.build().fetch_optional(self.readers()).await.doing("read a share")?;
        found
            .map(|found| {
                let body: Option<String> = found.get(12);
                Ok((row(&found)?, body.as_deref().map(document).transpose()?))
            })
            .transpose()
    }

    /// Takes a share back: its link is dead and what it showed is gone. False when it was so already.
    pub async fn revoke_share(&self, id: &ShareId, audit: &AuditEntry<'_>) -> Result<bool, StoreError> {
        const DOING: &str = "revoke a share";
        let now = self.now().as_microsecond();
        let mut tx = self.write(DOING).await?;
        let done = sqlx::query(
            "update shares set revoked_at = $2, body = null, passphrase = null where id = $1 and revoked_at is null",
        )
        .bind(id.as_str())
        .bind(now)
        .execute(&mut *tx)
        .await
        .doing(DOING)?;
        if done.rows_affected() == 1 {
            record(&mut tx, audit, now).await?;
        }
        tx.commit().await.doing(DOING)?;
        Ok(done.rows_affected() == 1)
    }

    /// The share of a link, if it is good now. Unknown, expired and revoked ones are looked for alike.
    pub async fn open_share(&self, hash: &str) -> Result<Option<OpenShare>, StoreError> {
        let found = sqlx::query(
            "select id, passphrase from shares where hash = $1 and expires_at > $2 and revoked_at is null and body is not null",
        )
        .bind(hash)
        .bind(self.now().as_microsecond())
        .fetch_optional(self.readers())
        .await
        .doing("open a share")?;
        found
            .map(|found| Ok(OpenShare { id: parse("share", &found.get::<String, _>(0))?, passphrase: found.get(1) }))
            .transpose()
    }

    /// Counts one try of a passphrase; false when there were `most` within the window already.
    pub async fn take_share_try(&self, id: &ShareId, most: i64, window_micros: i64) -> Result<bool, StoreError> {
        let now = self.now().as_microsecond();
        // What is not counted in this statement cannot be counted twice by two that come at once.
        let done = sqlx::query(
            "update shares set
                tries = case when tries_since > $2 - $4 then tries + 1 else 1 end,
                tries_since = case when tries_since > $2 - $4 then tries_since else $2 end
             where id = $1 and (tries < $3 or tries_since <= $2 - $4)",
        )
        .bind(id.as_str())
        .bind(now)
        .bind(most)
        .bind(window_micros)
        .execute(self.writer())
        .await
        .doing("count a try")?;
        Ok(done.rows_affected() == 1)
    }

    /// A try that was right does not count.
    pub async fn give_share_try_back(&self, id: &ShareId) -> Result<(), StoreError> {
        sqlx::query("update shares set tries = max(tries - 1, 0) where id = $1")
            .bind(id.as_str())
            .execute(self.writer())
            .await
            .doing("count a try")?;
        Ok(())
    }

    /// Writes down that somebody looked at a share, and answers what it shows; nothing when it has ended meanwhile.
    pub async fn view_share(&self, id: &ShareId, audit: &AuditEntry<'_>) -> Result<Option<Document>, StoreError> {
        const DOING: &str = "show a share";
        let now = self.now().as_microsecond();
        let mut tx = self.write(DOING).await?;
        let body: Option<String> = sqlx::query_scalar(
            "update shares set views = views + 1, last_view_at = $2
             where id = $1 and expires_at > $2 and revoked_at is null and body is not null returning body",
        )
        .bind(id.as_str())
        .bind(now)
        .fetch_optional(&mut *tx)
        .await
        .doing(DOING)?;
        let Some(body) = body else { return Ok(None) };
        record_once(&mut tx, audit, now).await?;
        tx.commit().await.doing(DOING)?;
        Ok(Some(document(&body)?))
    }
}

fn document(text: &str) -> Result<Document, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::corrupt("share", error))
}
