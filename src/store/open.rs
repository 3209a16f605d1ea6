//! Opening a store: the lock, the stamp, the schema.

use super::{
    StoreError,
    error::Doing,
    private::{close_files, close_folder},
    seal::{KEY_FILE, Sealer},
};
use domain::TenantId;
use jiff::Timestamp;
use machine::Machine;
use secrecy::SecretString;
use sqlx::{
    Sqlite, Transaction,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    fs::File,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::sync::watch;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// Where a store is and what it must belong to.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    /// The data folder; made when absent.
    pub folder: PathBuf,
    /// The key that seals secrets; without it the folder's own key file is used.
    pub key: Option<SecretString>,
    /// Deletes every secret first: the way out when their key is lost.
    pub forget_secrets: bool,
    /// The clock of all stored times, and where ids and keys come from.
    pub machine: Machine,
}

impl OpenOptions {
    /// A folder with its own key.
    pub fn of(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), ..Self::default() }
    }
}

/// What a store belongs to: practice and real data never share one, nor do two clouds or tenants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// `practice` or the name of the cloud.
    pub cloud: String,
    /// The tenant.
    pub tenant: TenantId,
}

pub(super) enum Db {
    Sqlite { writer: SqlitePool, readers: SqlitePool },
}

/// The store. Clones share one set of connections.
#[derive(Clone)]
pub struct Store {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) db: Db,
    pub(super) sealer: Sealer,
    changes: watch::Sender<u64>,
    folder: PathBuf,
    machine: Machine,
    _lock: File,
}

impl Store {
    /// Locks the folder, opens or makes the database in it and brings its schema up to date. All leases are void from now.
    pub async fn open(options: &OpenOptions) -> Result<Self, StoreError> {
        let folder = options.folder.clone();
        let failed =
            |source: Box<dyn std::error::Error + Send + Sync>| StoreError::Open { folder: folder.clone(), source };
        // Alerts and sessions are nobody else's business: the folder and what is in it belong to this account alone.
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(|error| failed(error.into()))?;
        close_folder(&folder).map_err(|error| failed(error.into()))?;
        let lock = lock(&folder)?;
        let file = folder.join("store.db");
        File::options().create(true).append(true).mode(0o600).open(&file).map_err(|error| failed(error.into()))?;
        close_files(&folder, |name| name.starts_with("store.") || matches!(name, KEY_FILE | "lock"))
            .map_err(|error| failed(error.into()))?;
        let connect = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(30))
            .pragma("temp_store", "memory")
            .pragma("cache_size", "-16000");
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(connect.clone())
            .await
            .map_err(|error| failed(error.into()))?;
        migrate(&writer, &file).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(connect.pragma("query_only", "on"))
            .await
            .map_err(|error| failed(error.into()))?;
        if options.forget_secrets {
            let sql = "update targets set secret = null, secret_set_at = null where secret is not null";
            sqlx::query(sql).execute(&writer).await.doing("forget the secrets")?;
            sqlx::query("delete from roll_out_secrets").execute(&writer).await.doing("forget the secrets")?;
        }
        let secrets: Vec<Vec<u8>> = sqlx::query_scalar(
            "select secret from targets where secret is not null union all select sealed from roll_out_secrets",
        )
        .fetch_all(&writer)
        .await
        .doing("look for secrets")?;
        let sealer = Sealer::open(Some(&folder), options.key.as_ref(), &secrets, options.machine.clone())?;
        let (changes, _) = watch::channel(0);
        let store = Self {
            inner: Arc::new(Inner {
                db: Db::Sqlite { writer, readers },
                sealer,
                changes,
                folder,
                machine: options.machine.clone(),
                _lock: lock,
            }),
        };
        store.take_over().await?;
        Ok(store)
    }

    /// Binds the store to a cloud and tenant, or refuses when it already belongs to another.
    pub async fn stamp(&self, stamp: &Stamp) -> Result<(), StoreError> {
        let wanted = format!("{} {}", stamp.cloud, stamp.tenant);
        let found = self.meta("stamp").await?;
        match found {
            None => self.set_meta("stamp", &wanted).await,
            Some(found) if found == wanted => Ok(()),
            Some(found) => Err(StoreError::OtherStamp { found, wanted }),
        }
    }

    /// A random id made with the store; names its cookie and tells replicas apart from copies.
    pub async fn id(&self) -> Result<String, StoreError> {
        if let Some(id) = self.meta("id").await? {
            return Ok(id);
        }
        let id = self.machine().id().simple().to_string();
        self.set_meta("id", &id).await?;
        Ok(id)
    }

    /// A value of the store itself.
    pub async fn meta(&self, key: &'static str) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar("select value from meta where key = $1")
            .bind(key)
            .fetch_optional(self.readers())
            .await
            .doing("read the store's own values")
    }

    /// Sets a value of the store itself.
    pub async fn set_meta(&self, key: &'static str, value: &str) -> Result<(), StoreError> {
        sqlx::query(
            "insert into meta (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value",
        )
        .bind(key)
        .bind(value)
        .execute(self.writer())
        .await
        .doing("write the store's own values")?;
        Ok(())
    }

    /// The database's clock, the one all stored times come from.
    pub fn now(&self) -> Timestamp {
        self.inner.machine.now()
    }

    /// The clock and randomness that the store was opened with.
    pub fn machine(&self) -> &Machine {
        &self.inner.machine
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.inner.folder
    }

    /// Whether the database answers.
    pub async fn answers(&self) -> Result<(), StoreError> {
        self.meta("id").await.map(drop)
    }

    /// Counts up whenever something was committed that people or the engine may want to see.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// Says that something was committed.
    pub fn changed(&self) {
        self.inner.changes.send_modify(|count| *count += 1);
    }

    pub(super) fn readers(&self) -> &SqlitePool {
        let Db::Sqlite { readers, .. } = &self.inner.db;
        readers
    }

    pub(super) fn writer(&self) -> &SqlitePool {
        let Db::Sqlite { writer, .. } = &self.inner.db;
        writer
    }

    /// A transaction that takes the writer's place at once, so that what it reads stays true until it commits.
    pub(super) async fn write(&self, doing: &'static str) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.writer().begin_with("BEGIN IMMEDIATE").await.doing(doing)
    }

    /// One snapshot to read from.
    pub(super) async fn read(&self, doing: &'static str) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.readers().begin().await.doing(doing)
    }

    /// Whoever holds the lock is alone: leases of before are void, and attempts that were left open are settled as
    /// unknown, so that nothing waits for an answer that nobody can receive any more.
    async fn take_over(&self) -> Result<(), StoreError> {
        const DOING: &str = "take the store over";
        let now = self.now().as_microsecond();
        let mut tx = self.write(DOING).await?;
        sqlx::query("update leases set expires_at = 0").execute(&mut *tx).await.doing(DOING)?;
        sqlx::query("update lanes set expires_at = 0").execute(&mut *tx).await.doing(DOING)?;
        let asked: Vec<i64> = sqlx::query_scalar(
            "select o.seq from attempts a join attempt_events ae on ae.attempt_id = a.id join outcomes o on o.seq = ae.outcome_seq
             where a.settled_at is null and o.state = 'pending' and o.cancel_asked = 1",
        )
        .fetch_all(&mut *tx)
        .await
        .doing(DOING)?;
        super::settle::move_outcomes(&mut tx, &asked, "cancelled", now, Some(super::settle::MAYBE_SENT)).await?;
        sqlx::query("update attempts set settled_at = $1, result = 'unknown', error = $2 where settled_at is null")
            .bind(now)
            .bind(super::settle::STOPPED)
            .execute(&mut *tx)
            .await
            .doing(DOING)?;
        tx.commit().await.doing(DOING)
    }

    /// Closes all connections, writing the log back into the database file.
    pub async fn close(&self) {
        self.readers().close().await;
        self.writer().close().await;
    }
}

fn lock(folder: &Path) -> Result<File, StoreError> {
    let failed = |source: std::io::Error| StoreError::Open { folder: folder.to_owned(), source: source.into() };
    let file = File::options().create(true).truncate(false).write(true).open(folder.join("lock")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::InUse { folder: folder.to_owned() }),
        Err(std::fs::TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Applies missing migrations. A store that already holds data is copied beside itself first.
async fn migrate(writer: &SqlitePool, file: &Path) -> Result<(), StoreError> {
    let applied: Option<i64> =
        sqlx::query_scalar("select max(version) from _sqlx_migrations").fetch_one(writer).await.ok();
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default();
    if let Some(found) = applied {
        if found > known {
            return Err(StoreError::Newer { found, known });
        }
        if found < known {
            let copy = file.with_extension(format!("before-{known}.db"));
            // One left from an earlier try is older than the store is now.
            let _ = std::fs::remove_file(&copy);
            // SQLite fills an empty file, and makes one that others may read where there is none.
            File::options()
                .create_new(true)
                .write(true)
                .mode(0o600)
                .open(&copy)
                .map_err(|error| StoreError::Open { folder: copy.clone(), source: error.into() })?;
            sqlx::query("vacuum into $1")
                .bind(copy.display().to_string())
                .execute(writer)
                .await
                .doing("copy the store before migrating it")?;
        }
    }
    MIGRATIONS.run(writer).await.map_err(StoreError::Migrate)
}
