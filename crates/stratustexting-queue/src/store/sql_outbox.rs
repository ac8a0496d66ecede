//! The statements of the outbox, which both databases understand.
//!
//! As those of the inbox they are written once, in macros. Each file has a part of them, which
//! may use what the others define: all parts are in one module in the end.

pub(crate) mod beginning;
pub(crate) mod ending;
pub(crate) mod jobs;
pub(crate) mod planning;
pub(crate) mod seeing;
pub(crate) mod settling;
pub(crate) mod steps;
pub(crate) mod tables;

/// Raised with every change of a table that an older program can't work with.
pub(crate) const OUTBOX_VERSION: i64 = 1;

/// Makes the functions for a database: of its connection and its row, with its types for an id
/// and for bytes, with what a `SELECT` needs so that nobody changes its rows meanwhile. A
/// statement's first parameter may be an object of JSON: then `pairs` is a table of its keys and
/// values, and `among` says that a number is one of its keys.
macro_rules! outbox_statements {
    (
        connection: $connection:ty,
        row: $row:ty,
        id: $id:literal,
        bytes: $bytes:literal,
        lock: $lock:literal,
        pairs: $pairs:literal,
        among: $among:literal $(,)?
    ) => {
        $crate::store::sql_outbox::tables::tables!(connection: $connection, id: $id, bytes: $bytes);
        $crate::store::sql_outbox::jobs::jobs!(connection: $connection, row: $row, lock: $lock);
        $crate::store::sql_outbox::planning::planning!(connection: $connection);
        $crate::store::sql_outbox::beginning::beginning!(connection: $connection, row: $row, lock: $lock);
        $crate::store::sql_outbox::ending::ending!(connection: $connection);
        $crate::store::sql_outbox::steps::steps!(
            connection: $connection, lock: $lock, pairs: $pairs, among: $among
        );
        $crate::store::sql_outbox::seeing::seeing!(connection: $connection, row: $row);
        $crate::store::sql_outbox::settling::settling!(connection: $connection, row: $row);
    };
}

pub(crate) use outbox_statements;
