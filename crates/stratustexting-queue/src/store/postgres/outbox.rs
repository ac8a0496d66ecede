//! The statements about the outbox of this database.

use sqlx::{PgConnection, postgres::PgRow};

crate::store::sql_outbox::outbox_statements! {
    connection: PgConnection,
    row: PgRow,
    id: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    bytes: "BYTEA",
    lock: "FOR UPDATE",
    pairs: "json_each_text($1::json)",
    // An array always leads to the primary key. For a subquery, a server that has no statistics
    // yet reads the whole table.
    among: "= ANY (ARRAY(SELECT CAST(key AS BIGINT) FROM json_each_text($1::json)))",
}
