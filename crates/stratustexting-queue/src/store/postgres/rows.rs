//! The statements of this database.

use sqlx::{PgConnection, postgres::PgRow};

crate::store::sql::statements! {
    connection: PgConnection,
    row: PgRow,
    id: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    bytes: "BYTEA",
    lock: "FOR UPDATE SKIP LOCKED",
}
