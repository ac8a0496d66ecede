//! The statements about the outbox of this database.

use sqlx::{SqliteConnection, sqlite::SqliteRow};

crate::store::sql_outbox::outbox_statements! {
    connection: SqliteConnection,
    row: SqliteRow,
    id: "INTEGER PRIMARY KEY AUTOINCREMENT",
    bytes: "BLOB",
    // A transaction that writes has the whole file.
    lock: "",
    pairs: "json_each($1)",
    among: "IN (SELECT CAST(key AS BIGINT) FROM json_each($1))",
}
