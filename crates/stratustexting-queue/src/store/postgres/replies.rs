//! The statements about replies of this database.

use sqlx::PgConnection;

crate::store::sql_replies::reply_statements! {
    connection: PgConnection,
}
