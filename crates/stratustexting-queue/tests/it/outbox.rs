//! The outbox, against a sandbox, on each database.

mod decide;
mod events;
mod journal;
mod plan;
mod restarts;
mod send;
mod support;
mod trouble;

/// A test of each database, which gets the journal.
macro_rules! on_each_journal {
    ($($test:ident)+) => {
        mod sqlite { $(
            #[tokio::test]
            async fn $test() {
                let file = crate::support::File::new();
                super::$test(file.open().await).await;
            }
        )+ }
        mod postgres { $(
            #[tokio::test]
            async fn $test() {
                let Some(database) = crate::support::Database::new().await else {
                    return;
                };
                super::$test(database.store().await).await;
            }
        )+ }
    };
}

use on_each_journal;
