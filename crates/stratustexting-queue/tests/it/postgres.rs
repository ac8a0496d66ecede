//! What only several machines have, and a server that goes away.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use stratustexting_queue::inbox::{
    ClaimRequest, Delivery, Inbox, PostgresStore, Settlement, Store,
};

use crate::support::{Database, claim, ids, new_event, post, start};

const SOON: Duration = Duration::from_millis(20);

fn quick(store: PostgresStore) -> Inbox<PostgresStore> {
    Inbox::builder(store)
        .backoff(SOON, SOON)
        .poll_interval(SOON)
        .build()
}

#[tokio::test]
async fn no_event_is_with_two_workers() {
    let Some(database) = Database::new().await else {
        return;
    };
    let inboxes = [
        quick(database.store().await),
        quick(database.store().await),
        quick(database.store().await),
    ];
    let handled: Arc<Mutex<Vec<String>>> = Arc::default();
    let workers = inboxes.each_ref().map(|inbox| {
        let handled = Arc::clone(&handled);
        inbox.run(move |delivery: Delivery<PostgresStore>| {
            let id = delivery.event().message_id().unwrap().to_owned();
            handled.lock().unwrap().push(id);
            async { Ok::<_, io::Error>(()) }
        })
    });

    for n in 0..150 {
        let inbox = &inboxes[n % inboxes.len()];
        assert_eq!(post(inbox, &n.to_string()).await.status(), 200);
    }
    while inboxes[0].numbers().await.unwrap().handled < 150 {
        tokio::time::sleep(SOON).await;
    }
    for worker in workers {
        worker.shutdown().await;
    }

    let mut handled = handled.lock().unwrap().clone();
    let all = handled.len();
    handled.sort();
    handled.dedup();
    assert_eq!((all, handled.len()), (150, 150));
}

/// Its neighbours are in the same statement.
#[tokio::test]
async fn an_event_that_cant_be_stored_fails_alone() {
    let Some(database) = Database::new().await else {
        return;
    };
    let store = database.store().await;
    let add = |key: &str| store.add(vec![new_event(key)]);

    // PostgreSQL has no texts with a NUL.
    let (before, bad, after) = tokio::join!(add("a"), add("b\0"), add("c"));

    assert!(bad.unwrap_err().is_database());
    assert_eq!((before.unwrap(), after.unwrap()), (1, 1));
    assert_eq!(ids(&claim(&store, 9).await), ["a", "c"]);
}

/// Each would otherwise wait for the other's rows, until the server ends one.
#[tokio::test]
async fn two_machines_may_receive_the_same_in_another_order() {
    let Some(database) = Database::new().await else {
        return;
    };
    let stores = [database.store().await, database.store().await];
    let mut new = 0;
    for round in 0..20 {
        let events: Vec<_> = (0..200)
            .map(|n| new_event(&format!("{round}-{n:03}")))
            .collect();
        let mut reversed = events.clone();
        reversed.reverse();

        let (one, two) = tokio::join!(stores[0].add(events), stores[1].add(reversed));

        new += one.unwrap() + two.unwrap();
    }
    assert_eq!(new, 20 * 200);
}

/// A worker that was killed says nothing any more.
#[tokio::test]
async fn what_a_killed_worker_had_is_taken_over_after_its_lease() {
    let Some(database) = Database::new().await else {
        return;
    };
    let killed = database.store().await;
    let inbox = quick(database.store().await);
    for n in 0..5 {
        post(&inbox, &n.to_string()).await;
    }
    let lease = Duration::from_millis(300);
    let had = killed
        .claim(ClaimRequest { limit: 5, lease })
        .await
        .unwrap();
    assert_eq!(had.len(), 5);

    let worker = inbox.run(|_: Delivery<PostgresStore>| async { Ok::<_, io::Error>(()) });
    while inbox.numbers().await.unwrap().handled < 5 {
        tokio::time::sleep(SOON).await;
    }
    worker.shutdown().await;

    // It comes back, and can change nothing.
    for event in had {
        let settled = killed.settle(event.claim, Settlement::Handled).await;
        assert!(!settled.unwrap());
    }
}

/// What was not stored is not acknowledged, and the worker goes on by itself.
#[tokio::test]
async fn a_server_that_is_away_is_a_503_and_comes_back() {
    // A server of its own, because others need theirs.
    let Some(server) = start() else {
        return;
    };
    let pool = sqlx::postgres::PgPoolOptions::new()
        .acquire_timeout(Duration::from_millis(200))
        .connect(&server.url())
        .await
        .unwrap();
    let inbox = quick(PostgresStore::from_pool(pool).await.unwrap());
    let (sender, mut handled) = tokio::sync::mpsc::unbounded_channel();
    let worker = inbox.run(move |delivery: Delivery<PostgresStore>| {
        let id = delivery.event().message_id().unwrap().to_owned();
        let sender = sender.clone();
        async move { sender.send(id) }
    });
    assert_eq!(post(&inbox, "before").await.status(), 200);
    assert_eq!(handled.recv().await.as_deref(), Some("before"));

    server.stop().unwrap();
    assert_eq!(post(&inbox, "meanwhile").await.status(), 503);
    server.start_again().unwrap();

    while post(&inbox, "after").await.status() != 200 {}
    assert_eq!(handled.recv().await.as_deref(), Some("after"));
    worker.shutdown().await;
}
