//! The statements about the outbox of this database.

use sqlx::{PgConnection, postgres::PgRow};

crate::store::sql_outbox::outbox_statements! {
    connection: PgConnection,
    row: PgRow,
    id: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    bytes: "BYTEA",
    lock: "FOR UPDATE",
    pairs: "json_each_text($1::json)",
}
