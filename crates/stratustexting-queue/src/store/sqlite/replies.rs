//! The statements about replies of this database.

use sqlx::SqliteConnection;

crate::store::sql_replies::reply_statements! {
    connection: SqliteConnection,
}
