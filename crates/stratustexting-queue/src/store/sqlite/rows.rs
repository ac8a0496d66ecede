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

/// Whether a claim may find something.
pub(super) async fn any_due(pool: &SqlitePool, now: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM stratustexting_inbox WHERE state = 0 AND due <= $1)
             OR EXISTS (SELECT 1 FROM stratustexting_inbox
                        WHERE state = 0 AND due > $1 + $2 AND due > $1 + wait + $2)",
    )
    .bind(now)
    .bind(TOLERANCE)
    .fetch_one(pool)
    .await
}
