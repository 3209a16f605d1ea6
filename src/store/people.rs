//! People, one-time links, sessions and drafts.

use super::{Store, StoreError, error::Doing, watch::parse};
use domain::{FieldError, Role};
use sqlx::Row;

/// Somebody who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub id: String,
    /// The name shown.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// A form that was refused: what was typed, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What was typed, as JSON of the form.
    pub body: String,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

const DAY: i64 = 86_400_000_000;

impl Store {
    /// Adds somebody, or changes their name and role.
    pub async fn save_person(&self, person: &Person) -> Result<(), StoreError> {
        sqlx::query(
            "insert into people (id, name, role, created_at) values ($1, $2, $3, $4)
             on conflict (id) do update set name = excluded.name, role = excluded.role",
        )
        .bind(&person.id)
        .bind(&person.name)
        .bind(person.role.as_str())
        .bind(self.now().as_microsecond())
        .execute(self.writer())
        .await
        .doing("save a person")?;
        Ok(())
    }

    /// Somebody by id.
    pub async fn find_person(&self, id: &str) -> Result<Option<Person>, StoreError> {
        let row = sqlx::query("select id, name, role from people where id = $1")
            .bind(id)
            .fetch_optional(self.readers())
            .await
            .doing("read a person")?;
        row.map(|row| Ok(Person { id: row.get(0), name: row.get(1), role: parse("role", &row.get::<String, _>(2))? }))
            .transpose()
    }

    /// Everybody.
    pub async fn list_people(&self) -> Result<Vec<Person>, StoreError> {
        let rows = sqlx::query("select id, name, role from people order by name")
            .fetch_all(self.readers())
            .await
            .doing("list people")?;
        rows.into_iter()
            .map(|row| Ok(Person { id: row.get(0), name: row.get(1), role: parse("role", &row.get::<String, _>(2))? }))
            .collect()
    }

    /// Keeps a one-time sign-in link by the digest of its token; old ones go.
    pub async fn add_sign_in_link(&self, digest: &str, person: &str, lives_micros: i64) -> Result<(), StoreError> {
        const DOING: &str = "keep a sign-in link";
        let now = self.now().as_microsecond();
        sqlx::query("delete from sign_in_links where expires_at < $1")
            .bind(now)
            .execute(self.writer())
            .await
            .doing(DOING)?;
        sqlx::query("insert into sign_in_links (hash, person, expires_at) values ($1, $2, $3)")
            .bind(digest)
            .bind(person)
            .bind(now + lives_micros)
            .execute(self.writer())
            .await
            .doing(DOING)?;
        Ok(())
    }

    /// Uses a sign-in link up; answers whose it was.
    pub async fn use_sign_in_link(&self, digest: &str) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar("delete from sign_in_links where hash = $1 and expires_at > $2 returning person")
            .bind(digest)
            .bind(self.now().as_microsecond())
            .fetch_optional(self.writer())
            .await
            .doing("use a sign-in link")
    }

    /// Inserts a session; false when the id is taken.
    pub async fn create_session(&self, id: &str, data: &str, expires_at: i64) -> Result<bool, StoreError> {
        let done =
            sqlx::query("insert into sessions (id, data, expires_at) values ($1, $2, $3) on conflict (id) do nothing")
                .bind(id)
                .bind(data)
                .bind(expires_at)
                .execute(self.writer())
                .await
                .doing("create a session")?;
        Ok(done.rows_affected() == 1)
    }

    /// Writes a session.
    pub async fn save_session(&self, id: &str, data: &str, expires_at: i64) -> Result<(), StoreError> {
        sqlx::query(
            "insert into sessions (id, data, expires_at) values ($1, $2, $3)
             on conflict (id) do update set data = excluded.data, expires_at = excluded.expires_at",
        )
        .bind(id)
        .bind(data)
        .bind(expires_at)
        .execute(self.writer())
        .await
        .doing("save a session")?;
        Ok(())
    }

    /// Reads a session that has not expired.
    pub async fn load_session(&self, id: &str) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar("select data from sessions where id = $1 and expires_at > $2")
            .bind(id)
            .bind(self.now().as_microsecond())
            .fetch_optional(self.readers())
            .await
            .doing("read a session")
    }

    /// Ends a session, and all that have expired.
    pub async fn delete_session(&self, id: &str) -> Result<(), StoreError> {
        sqlx::query("delete from sessions where id = $1 or expires_at <= $2")
            .bind(id)
            .bind(self.now().as_microsecond())
            .execute(self.writer())
            .await
            .doing("end a session")?;
        Ok(())
    }

    /// Keeps what somebody typed for a day; answers the draft's id.
    pub async fn save_draft(&self, person: &str, form: &str, draft: &Draft) -> Result<String, StoreError> {
        const DOING: &str = "keep a draft";
        let (id, now) = (self.machine().id().to_string(), self.now().as_microsecond());
        let errors = serde_json::to_string(&draft.errors).map_err(|error| StoreError::corrupt("draft", error))?;
        sqlx::query("delete from drafts where expires_at < $1").bind(now).execute(self.writer()).await.doing(DOING)?;
        sqlx::query("insert into drafts (id, person, form, body, errors, expires_at) values ($1, $2, $3, $4, $5, $6)")
            .bind(&id)
            .bind(person)
            .bind(form)
            .bind(&draft.body)
            .bind(errors)
            .bind(now + DAY)
            .execute(self.writer())
            .await
            .doing(DOING)?;
        Ok(id)
    }

    /// Somebody's own draft of a form.
    pub async fn find_draft(&self, person: &str, form: &str, id: &str) -> Result<Option<Draft>, StoreError> {
        let row: Option<(String, String)> = sqlx::query_as(
            "select body, errors from drafts where id = $1 and person = $2 and form = $3 and expires_at > $4",
        )
        .bind(id)
        .bind(person)
        .bind(form)
        .bind(self.now().as_microsecond())
        .fetch_optional(self.readers())
        .await
        .doing("read a draft")?;
        row.map(|(body, errors)| {
            let errors = serde_json::from_str(&errors).map_err(|error| StoreError::corrupt("draft", error))?;
            Ok(Draft { body, errors })
        })
        .transpose()
    }
}
