//! A journal that is full, read-only, of another version, or whose clock was set.

use std::time::Duration;

use stratustexting_queue::{
    inbox::{Inbox, SqliteStore},
    outbox::{Ended, RowState},
};
use stratustexting_sandbox::{Commit, Fault};

use super::support::{
    JOB, all_rows, assert_texted, job, number, plan, quick, rows, sandbox, send, started, states,
};
use crate::support::{Clock, Database, File};

/// Fails the writes of the outbox's rows, as a full disk does.
const FULL: &str = "CREATE TRIGGER full BEFORE UPDATE ON stratustexting_outbox \
                    BEGIN SELECT raise(FAIL, 'the disk is full'); END";

async fn run(store: &SqliteStore, statement: &'static str) {
    sqlx::raw_sql(statement)
        .execute(store.pool())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_full_disk_sends_nothing_and_is_got_over() {
    let file = File::new();
    let store = file.open().await;
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&store).outage(Duration::from_millis(400)).build();
    started(&outbox, &sandbox, 5).await;
    run(&store, FULL).await;

    let summary = send(&outbox, &client).await;

    assert!(
        matches!(summary.ended, Ended::Failed(_)),
        "{}",
        summary.ended
    );
    assert!(summary.ended.to_string().contains("send the job again"));
    assert!(
        sandbox.sent_messages().is_empty(),
        "a row was sent before it was written down"
    );
    run(&store, "DROP TRIGGER full").await;
    assert!(send(&outbox, &client).await.ended.is_finished());
    assert_texted(&sandbox, 1..=5);
}

#[tokio::test]
async fn a_disk_that_fills_up_during_a_send_loses_no_outcome() {
    let file = File::new();
    let store = file.open().await;
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&store).build();
    started(&outbox, &sandbox, 2).await;
    let late = Fault::respond_late(Duration::from_millis(200), Commit::After);
    sandbox.fail_next("sendSms", late);
    let sending = outbox.send(JOB, &client).await.unwrap();
    while sandbox.sent_messages().is_empty() {
        tokio::task::yield_now().await;
    }

    run(&store, FULL).await;
    // Until the end of the first attempt has failed to be written at least once.
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(
        states(&outbox).await,
        [RowState::Attempting, RowState::Planned]
    );
    run(&store, "DROP TRIGGER full").await;

    let summary = sending.finished().await;
    assert!(summary.ended.is_finished(), "{}", summary.ended);
    assert_eq!(summary.counts.accepted, 2);
    assert_texted(&sandbox, 1..=2);
}

#[tokio::test]
async fn a_journal_that_is_read_only_sends_nothing() {
    let file = File::new();
    let store = file.open().await;
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&store).outage(Duration::from_millis(300)).build();
    started(&outbox, &sandbox, 2).await;
    let mut connections = Vec::new();
    for _ in 0..4 {
        let mut connection = store.pool().acquire().await.unwrap();
        let pragma = sqlx::raw_sql("PRAGMA query_only = ON");
        pragma.execute(&mut *connection).await.unwrap();
        connections.push(connection);
    }
    drop(connections);

    match outbox.send(JOB, &client).await {
        Ok(sending) => {
            let ended = sending.finished().await.ended;
            assert!(matches!(ended, Ended::Failed(_)), "{ended}");
        }
        Err(error) => assert!(error.is_database(), "{error}"),
    }

    assert!(sandbox.sent_messages().is_empty());
}

#[tokio::test]
async fn a_journal_of_another_version_is_left_alone() {
    let file = File::new();
    let store = file.open().await;
    run(
        &store,
        "UPDATE stratustexting_queue SET version = 99 WHERE part = 'outbox'",
    )
    .await;

    let error = SqliteStore::open(file.path()).await.unwrap_err();

    assert!(error.is_other_version(), "{error}");
    assert!(error.to_string().contains("outbox"), "{error}");
}

/// What a clock that is set back, by a day or by the end of summer time, may not change.
#[tokio::test]
async fn a_clock_that_is_set_back_holds_nothing_up_and_repeats_nothing() {
    let (file, clock) = (File::new(), Clock::new());
    let store = file.open().await.with_clock(clock.read());
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&store).pace(Duration::from_millis(10)).build();
    started(&outbox, &sandbox, 4).await;
    sandbox.fail_next("sendSms", Fault::status(503, Commit::After));
    let ticking = {
        let clock = clock.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(5)).await;
                clock.forward(Duration::from_millis(5));
            }
        })
    };
    let sending = outbox.send(JOB, &client).await.unwrap();
    while sandbox.sent_messages().len() < 2 {
        tokio::task::yield_now().await;
    }

    clock.back(Duration::from_secs(24 * 3_600));
    let summary = sending.finished().await;
    ticking.abort();

    assert!(summary.ended.is_finished(), "{}", summary.ended);
    assert_texted(&sandbox, 1..=4);
    assert!(summary.counts.unknown >= 1);
    assert_eq!(summary.counts.accepted + summary.counts.unknown, 4);
}

/// At a random moment of each of many jobs, a customer opts out.
#[tokio::test]
async fn no_text_begins_after_an_opt_out_was_stored() {
    const ROWS: u64 = 6;
    let file = File::new();
    let store = file.open().await;
    let (sandbox, client) = sandbox().await;
    let inbox = Inbox::new(store.clone());
    let mut random = fastrand::Rng::with_seed(5);
    let (mut before, mut after) = (0, 0);
    for round in 0..200_u64 {
        sandbox.clear_ledger();
        let outbox = quick(&store).concurrency(2).build();
        let name = format!("job {round}");
        let sender = sandbox.number().parse().unwrap();
        let new = stratustexting_queue::outbox::NewJob::new(&name, sender).occasion(&name);
        plan(&outbox, new, rows(ROWS)).await;
        outbox.start(&name).await.unwrap();
        let line = random.u64(1..=ROWS);
        let sending = outbox.send(&name, &client).await.unwrap();

        tokio::time::sleep(Duration::from_micros(random.u64(..25_000))).await;
        inbox.set_opted_out(number(line), true).await.unwrap();
        let stored = std::time::SystemTime::now();
        assert!(sending.finished().await.ended.is_finished());

        let rows = outbox.rows(&name, None, 0, 100).await.unwrap();
        let row = rows.iter().find(|row| row.line == line).unwrap();
        match row.state {
            RowState::Cancelled => after += 1,
            RowState::Accepted => {
                // The journal's clock counts milliseconds.
                assert!(row.begun.unwrap() <= stored, "it began after the opt-out");
                before += 1;
            }
            other => panic!("{other:?}"),
        }
        inbox.set_opted_out(number(line), false).await.unwrap();
    }
    // Both happened, or the moments weren't random.
    assert!(before > 0 && after > 0, "{before} before, {after} after");
}

/// A PostgreSQL server that is away for a while.
#[tokio::test]
async fn a_database_that_is_away_for_a_while_repeats_nothing() {
    let Some(server) = crate::support::start() else {
        return;
    };
    let pool = sqlx::postgres::PgPoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_millis(500))
        .connect(&server.url())
        .await
        .unwrap();
    let store = stratustexting_queue::outbox::PostgresStore::from_pool(pool)
        .await
        .unwrap();
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&store).pace(Duration::from_millis(20)).build();
    started(&outbox, &sandbox, 40).await;
    let sending = outbox.send(JOB, &client).await.unwrap();
    while sandbox.sent_messages().len() < 5 {
        tokio::task::yield_now().await;
    }

    server.stop().unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.start_again().unwrap();
    let summary = sending.finished().await;

    assert!(summary.ended.is_finished(), "{}", summary.ended);
    assert_eq!(summary.counts.accepted, 40, "{:?}", summary.counts);
    assert_texted(&sandbox, 1..=40);
}

#[tokio::test]
async fn a_login_that_ends_half_way_pauses_the_job() {
    let Some(database) = Database::new().await else {
        return;
    };
    let store = database.store().await;
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&store).build();
    plan(&outbox, job(&sandbox), rows(6)).await;
    outbox.start(JOB).await.unwrap();
    sandbox.fail_next("sendSms", Fault::status(401, Commit::Before));

    let summary = send(&outbox, &client).await;

    assert!(
        matches!(summary.ended, Ended::Paused(_)),
        "{}",
        summary.ended
    );
    assert!(all_rows(&outbox).await[0].reason.is_some());
    outbox.start(JOB).await.unwrap();
    assert!(send(&outbox, &client).await.ended.is_finished());
    assert_texted(&sandbox, 1..=6);
}
