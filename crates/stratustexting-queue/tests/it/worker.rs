//! From the store to the handler.

use std::{
    collections::HashMap,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use stratustexting_queue::inbox::{
    Delivery, Failure, Inbox, InboxBuilder, MemoryStore, SqliteStore, Store,
};
use tokio::sync::{Notify, mpsc};

use crate::support::{File, claim, event, post};

const SOON: Duration = Duration::from_millis(5);

/// An inbox that tries again soon and looks often.
fn quick<S: Store>(store: S) -> InboxBuilder<S> {
    Inbox::builder(store)
        .backoff(SOON, SOON)
        .poll_interval(SOON)
}

fn id<S: Store>(delivery: &Delivery<S>) -> String {
    delivery.event().message_id().unwrap().to_owned()
}

/// Waits until it is so. The test's own time limit ends the wait.
async fn until<S: Store>(
    inbox: &Inbox<S>,
    is_so: impl Fn(stratustexting_queue::inbox::Numbers) -> bool,
) {
    while !is_so(inbox.numbers().await.unwrap()) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_event_is_handled_once_and_told_of_at_once() {
    // Nobody looks for it: the worker is told.
    let inbox = Inbox::builder(MemoryStore::new())
        .poll_interval(Duration::from_secs(3_600))
        .build();
    let (sender, mut handled) = mpsc::unbounded_channel();
    let worker = inbox.run(move |delivery: Delivery<MemoryStore>| {
        let sender = sender.clone();
        async move { sender.send((id(&delivery), delivery.attempt())) }
    });

    for n in 0..3 {
        post(&inbox, &format!("m-{n}")).await;
        post(&inbox, &format!("m-{n}")).await;
        assert_eq!(handled.recv().await, Some((format!("m-{n}"), 1)));
    }
    worker.shutdown().await;

    assert!(handled.try_recv().is_err());
    assert_eq!(inbox.numbers().await.unwrap().handled, 3);
}

#[tokio::test]
async fn a_handler_that_fails_or_panics_is_tried_again() {
    let file = File::new();
    let inbox = quick(file.open().await).build();
    inbox.add([event("m-1")]).await.unwrap();
    let attempts = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&attempts);
    let worker = inbox.run(move |delivery: Delivery<SqliteStore>| {
        seen.fetch_add(1, Ordering::SeqCst);
        async move {
            match delivery.attempt() {
                1 => Err(io::Error::other("canary")),
                2 => panic!("canary"),
                _ => Ok(()),
            }
        }
    });

    until(&inbox, |numbers| numbers.handled == 1).await;
    worker.shutdown().await;

    assert_eq!(attempts.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn an_event_that_fails_too_often_is_a_dead_letter_and_can_be_replayed() {
    let inbox = quick(MemoryStore::new()).max_attempts(3).build();
    inbox.add([event("m-1")]).await.unwrap();
    let fails = Arc::new(AtomicU32::new(3));
    let left = Arc::clone(&fails);
    let worker = inbox.run(move |_: Delivery<MemoryStore>| {
        let left = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
            left.checked_sub(1)
        });
        async move { left.map_or(Ok(()), |_| Err(Failure::from("the disk is full"))) }
    });

    until(&inbox, |numbers| numbers.dead == 1).await;
    let dead = inbox.dead_letters(0, 10).await.unwrap().remove(0);
    assert_eq!(
        (dead.failures, dead.reason.as_str()),
        (3, "the disk is full")
    );
    assert!(inbox.replay(dead.id).await.unwrap());
    until(&inbox, |numbers| numbers.handled == 1).await;
    worker.shutdown().await;
}

#[tokio::test]
async fn a_permanent_failure_is_not_tried_again() {
    let inbox = quick(MemoryStore::new()).build();
    inbox.add([event("m-1")]).await.unwrap();
    let worker = inbox.run(|_: Delivery<MemoryStore>| async {
        Err::<(), _>(Failure::from("not for us").permanent())
    });

    until(&inbox, |numbers| numbers.dead == 1).await;
    worker.shutdown().await;

    assert_eq!(inbox.dead_letters(0, 1).await.unwrap()[0].failures, 1);
}

#[tokio::test]
async fn a_handler_can_say_how_long_to_wait() {
    let inbox = quick(MemoryStore::new()).build();
    inbox.add([event("m-1")]).await.unwrap();
    let worker = inbox.run(|_: Delivery<MemoryStore>| async {
        Err::<(), _>(Failure::from("busy").retry_after(Duration::from_secs(3_600)))
    });

    until(&inbox, |numbers| numbers.retrying == 1).await;
    worker.shutdown().await;

    assert!(claim(inbox.store(), 1).await.is_empty());
}

#[tokio::test]
async fn no_more_than_so_many_are_handled_at_once() {
    let inbox = quick(MemoryStore::new()).concurrency(3).build();
    inbox
        .add((0..50).map(|n| event(&n.to_string())))
        .await
        .unwrap();
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&most);
    let worker = inbox.run(move |_: Delivery<MemoryStore>| {
        let (now, most) = (Arc::clone(&now), Arc::clone(&counted));
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            for _ in 0..5 {
                tokio::task::yield_now().await;
            }
            now.fetch_sub(1, Ordering::SeqCst);
            Ok::<_, io::Error>(())
        }
    });

    until(&inbox, |numbers| numbers.handled == 50).await;
    worker.shutdown().await;

    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_shutdown_finishes_what_has_begun_and_begins_nothing() {
    let inbox = quick(MemoryStore::new()).concurrency(1).build();
    inbox.add([event("a"), event("b")]).await.unwrap();
    let (began, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = (Arc::clone(&began), Arc::clone(&go));
    let worker = inbox.run(move |_: Delivery<MemoryStore>| {
        let (began, go) = handler.clone();
        async move {
            began.notify_one();
            go.notified().await;
            Ok::<_, io::Error>(())
        }
    });
    began.notified().await;

    let shutdown = tokio::spawn(worker.shutdown());
    tokio::task::yield_now().await;
    assert!(!shutdown.is_finished());
    go.notify_one();
    shutdown.await.unwrap();

    let numbers = inbox.numbers().await.unwrap();
    assert_eq!((numbers.handled, numbers.waiting), (1, 1));
}

#[tokio::test]
async fn a_shutdown_that_waits_no_longer_gives_its_events_back() {
    let inbox = quick(MemoryStore::new()).build();
    inbox.add([event("a")]).await.unwrap();
    let began = Arc::new(Notify::new());
    let handler = Arc::clone(&began);
    let worker = inbox.run(move |_: Delivery<MemoryStore>| {
        let began = Arc::clone(&handler);
        async move {
            began.notify_one();
            std::future::pending::<Result<(), io::Error>>().await
        }
    });
    began.notified().await;

    worker.shutdown_within(SOON).await;

    let again = claim(inbox.store(), 1).await;
    assert_eq!((again.len(), again[0].failures), (1, 0));
}

/// A handler's own rows and the mark that the event is handled are one transaction.
#[tokio::test]
async fn what_a_handler_writes_in_the_transaction_is_written_once() {
    let file = File::new();
    let store = file.open().await;
    sqlx::raw_sql("CREATE TABLE effects (id TEXT)")
        .execute(store.pool())
        .await
        .unwrap();
    let inbox = quick(store.clone()).build();
    inbox
        .add((0..20).map(|n| event(&n.to_string())))
        .await
        .unwrap();
    let tries: Arc<Mutex<HashMap<String, u32>>> = Arc::default();
    let worker = inbox.run(move |delivery: Delivery<SqliteStore>| {
        let tries = Arc::clone(&tries);
        async move {
            let id = id(&delivery);
            let again = {
                let mut tries = tries.lock().unwrap();
                let tried = tries.entry(id.clone()).or_default();
                *tried += 1;
                *tried
            };
            let mut transaction = delivery.begin().await?;
            sqlx::query("INSERT INTO effects VALUES (?)")
                .bind(&id)
                .execute(&mut *transaction)
                .await?;
            if again == 1 && id.ends_with('3') {
                return Err(Failure::from("rolled back"));
            }
            delivery.complete(transaction).await?;
            // It is done: this changes nothing.
            Err(Failure::from("too late"))
        }
    });

    until(&inbox, |numbers| numbers.handled == 20).await;
    worker.shutdown().await;

    let effects: i64 = sqlx::query_scalar("SELECT count(*) FROM effects")
        .fetch_one(store.pool())
        .await
        .unwrap();
    let distinct: i64 = sqlx::query_scalar("SELECT count(DISTINCT id) FROM effects")
        .fetch_one(store.pool())
        .await
        .unwrap();
    assert_eq!((effects, distinct), (20, 20));
}

/// Two programs on one file, as when a new version starts before the old one has ended.
#[tokio::test]
async fn two_workers_share_the_events() {
    let file = File::new();
    let (one, two) = (
        quick(file.open().await).build(),
        quick(file.open().await).build(),
    );
    let handled: Arc<Mutex<Vec<String>>> = Arc::default();
    let handler = {
        let handled = Arc::clone(&handled);
        move |delivery: Delivery<SqliteStore>| {
            handled.lock().unwrap().push(id(&delivery));
            async { Ok::<_, io::Error>(()) }
        }
    };
    let workers = [one.run(handler.clone()), two.run(handler)];

    for n in 0..100 {
        let inbox = if n % 2 == 0 { &one } else { &two };
        assert_eq!(post(inbox, &n.to_string()).await.status(), 200);
    }
    until(&one, |numbers| numbers.handled == 100).await;
    for worker in workers {
        worker.shutdown().await;
    }

    let mut handled = handled.lock().unwrap().clone();
    handled.sort();
    let all = handled.len();
    handled.dedup();
    assert_eq!((all, handled.len()), (100, 100));
}

/// An event that kills its worker isn't tried for ever.
#[tokio::test]
async fn an_event_that_kills_its_worker_each_time_is_given_up() {
    let store = MemoryStore::new();
    let inbox = quick(store.clone()).max_attempts(2).build();
    inbox.add([event("a")]).await.unwrap();
    for _ in 0..3 {
        let request = stratustexting_queue::inbox::ClaimRequest {
            limit: 1,
            lease: Duration::ZERO,
        };
        assert_eq!(store.claim(request).await.unwrap().len(), 1);
    }
    let worker = inbox.run(|_: Delivery<MemoryStore>| async { Ok::<_, io::Error>(()) });

    until(&inbox, |numbers| numbers.dead == 1).await;
    worker.shutdown().await;

    let dead = inbox.dead_letters(0, 1).await.unwrap();
    assert!(dead[0].reason.contains("killed"), "{}", dead[0].reason);
}
