//! From a request to the store: what is acknowledged, and what is not.

use stratustexting::{
    http::Request,
    webhook::{Event, Incoming},
};
use stratustexting_queue::inbox::{Inbox, MemoryStore, SqliteStore};

use crate::support::{File, event, incoming, message_event, post};

#[tokio::test]
async fn an_event_is_on_the_disk_when_it_is_acknowledged() {
    let file = File::new();
    let inbox = Inbox::new(file.open().await);

    assert_eq!(post(&inbox, "m-1").await.status(), 200);
    // A program that is killed closes nothing.
    let second = Inbox::new(file.open().await);

    assert_eq!(second.numbers().await.unwrap().waiting, 1);
}

#[tokio::test]
async fn a_second_delivery_is_acknowledged_and_dropped() {
    let inbox = Inbox::new(MemoryStore::new());

    for _ in 0..3 {
        assert_eq!(post(&inbox, "m-1").await.status(), 200);
    }
    // The message counts, not the event's own id.
    let again = message_event("m-1").replace("u-m-1", "another");
    assert_eq!(inbox.receive(incoming(again)).await.status(), 200);

    assert_eq!(inbox.numbers().await.unwrap().depth(), 1);
}

#[tokio::test]
async fn without_a_message_the_uuid_counts_and_without_both_nothing() {
    let inbox = Inbox::new(MemoryStore::new());
    let add = async |body: &str| {
        let event = Event::from_slice(body.as_bytes()).unwrap();
        inbox.add([event]).await.unwrap()
    };

    assert_eq!(add(r#"{"uuid":"1"}"#).await, 1);
    assert_eq!(add(r#"{"uuid":"1","x":2}"#).await, 0);
    // An event's own id and a message's id are different things.
    assert_eq!(add(r#"{"messageInfo":{"messageId":"1"}}"#).await, 1);
    for body in [r#"{"x":1}"#, r#"{"uuid":"  "}"#, r#"{"messageInfo":{}}"#] {
        assert_eq!(add(body).await, 1);
        assert_eq!(add(body).await, 1);
    }
}

#[tokio::test]
async fn a_handshake_gets_its_token_and_stores_nothing() {
    let inbox = Inbox::new(MemoryStore::new());
    let request = Request::get("/hook")
        .header("validation-token", "t")
        .body("")
        .unwrap();

    let response = inbox.receive(Incoming::read(&request).unwrap()).await;

    assert_eq!(
        (
            response.status().as_u16(),
            &response.headers()["validation-token"]
        ),
        (200, &"t".parse().unwrap())
    );
    assert_eq!(inbox.numbers().await.unwrap().depth(), 0);
}

/// All of a request's events, or none: it is delivered again as a whole.
#[tokio::test]
async fn a_batch_is_stored_whole() {
    let file = File::new();
    let inbox = Inbox::new(file.open().await);
    let body = format!("[{},{}]", message_event("a"), message_event("b"));

    assert_eq!(inbox.receive(incoming(body)).await.status(), 200);

    assert_eq!(inbox.numbers().await.unwrap().waiting, 2);
}

#[tokio::test]
async fn what_cannot_be_stored_is_not_acknowledged() {
    let file = File::new();
    let store = file.open().await;
    let inbox = Inbox::new(store.clone());
    assert_eq!(post(&inbox, "before").await.status(), 200);

    // A full disk, as far as the database can tell.
    sqlx::raw_sql("CREATE TRIGGER full BEFORE INSERT ON stratustexting_inbox BEGIN SELECT raise(FAIL, 'canary'); END")
        .execute(store.pool())
        .await
        .unwrap();
    assert_eq!(post(&inbox, "meanwhile").await.status(), 503);
    let error = inbox.add([event("meanwhile")]).await.unwrap_err();
    assert!(error.is_database() && !error.to_string().contains("canary"));
    // Nor is an event that is there already: the whole request fails.
    sqlx::raw_sql("DROP TRIGGER full")
        .execute(store.pool())
        .await
        .unwrap();

    assert_eq!(post(&inbox, "meanwhile").await.status(), 200);
    assert_eq!(inbox.numbers().await.unwrap().waiting, 2);
}

/// Sets something on each connection of the pool, as a disk does to all of them.
async fn on_each_connection(store: &SqliteStore, pragma: &str) {
    let mut connections = Vec::new();
    for _ in 0..4 {
        let mut connection = store.pool().acquire().await.unwrap();
        let pragma = sqlx::AssertSqlSafe(pragma.to_owned());
        sqlx::raw_sql(pragma)
            .execute(&mut *connection)
            .await
            .unwrap();
        connections.push(connection);
    }
}

#[tokio::test]
async fn a_full_disk_is_a_503_and_nothing_is_lost() {
    let file = File::new();
    let store = file.open().await;
    let inbox = Inbox::new(store.clone());
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count")
        .fetch_one(store.pool())
        .await
        .unwrap();
    on_each_connection(&store, &format!("PRAGMA max_page_count = {}", pages + 2)).await;

    let mut acknowledged = 0;
    let mut refused = Vec::new();
    for n in 0..200 {
        let id = format!("m-{n}");
        match post(&inbox, &id).await.status().as_u16() {
            200 => acknowledged += 1,
            503 => refused.push(id),
            other => panic!("{other}"),
        }
    }
    assert!(!refused.is_empty() && acknowledged > 0, "{acknowledged}");
    assert_eq!(inbox.numbers().await.unwrap().waiting, acknowledged);

    // There is room again.
    on_each_connection(&store, "PRAGMA max_page_count = 1000000").await;
    for id in refused {
        assert_eq!(post(&inbox, &id).await.status(), 200);
    }
    assert_eq!(inbox.numbers().await.unwrap().waiting, 200);
}

#[tokio::test]
async fn a_database_that_is_read_only_for_a_while_is_a_503() {
    let file = File::new();
    let store = file.open().await;
    let inbox = Inbox::new(store.clone());
    assert_eq!(post(&inbox, "before").await.status(), 200);

    on_each_connection(&store, "PRAGMA query_only = ON").await;
    assert_eq!(post(&inbox, "meanwhile").await.status(), 503);
    on_each_connection(&store, "PRAGMA query_only = OFF").await;

    assert_eq!(post(&inbox, "meanwhile").await.status(), 200);
    assert_eq!(inbox.numbers().await.unwrap().waiting, 2);
}

#[tokio::test]
async fn tables_of_another_version_are_left_alone() {
    let file = File::new();
    let store = file.open().await;
    sqlx::raw_sql("UPDATE stratustexting_queue SET version = 99")
        .execute(store.pool())
        .await
        .unwrap();

    let error = SqliteStore::open(file.path()).await.unwrap_err();

    assert!(error.is_other_version(), "{error}");
    assert_eq!(
        error.to_string(),
        "the tables of the inbox have version 99, and this program knows 1"
    );
}

#[tokio::test]
async fn a_file_that_is_no_database_is_an_error() {
    let file = File::new();
    std::fs::write(file.path(), "canary".repeat(1_000)).unwrap();

    let error = SqliteStore::open(file.path()).await.unwrap_err();

    assert!(error.is_database(), "{error}");
    let folder = SqliteStore::open("/nowhere/at/all/inbox.db").await;
    assert!(folder.unwrap_err().is_database());
}
