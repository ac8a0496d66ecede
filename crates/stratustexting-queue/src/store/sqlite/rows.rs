//! The statements of this database.

use sqlx::{SqliteConnection, SqlitePool, sqlite::SqliteRow};

crate::store::sql::statements! {
    connection: SqliteConnection,
    row: SqliteRow,
    id: "INTEGER PRIMARY KEY AUTOINCREMENT",
    bytes: "BLOB",
    // A transaction that writes has the whole file.
    lock: "",
}

/// Adds the events, and returns how many were new.
pub(super) async fn add(
    connection: &mut SqliteConnection,
    events: Vec<NewEvent>,
    now: i64,
) -> sqlx::Result<u64> {
    let mut new = 0;
    for event in events {
        let added = sqlx::query(
            "INSERT INTO stratustexting_inbox
                 (key, conversation, must_fetch, received, due, body)
             VALUES ($1, $2, $3, $4, $4, $5) ON CONFLICT (key) DO NOTHING",
        )
        .bind(event.key)
        .bind(event.conversation)
        .bind(i64::from(event.must_fetch))
        .bind(now)
        .bind(event.body)
        .execute(&mut *connection)
        .await?;
        new += added.rows_affected();
    }
    Ok(new)
}

/// Whether a claim may find something.
pub(super) async fn any_due(pool: &SqlitePool, now: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar(concat!(
        "SELECT EXISTS (SELECT 1 FROM stratustexting_inbox WHERE state = 0 AND due <= $1)
             OR EXISTS (SELECT 1 FROM stratustexting_inbox WHERE ",
        set_ahead!(),
        ")",
    ))
    .bind(now)
    .bind(TOLERANCE)
    .fetch_one(pool)
    .await
}
