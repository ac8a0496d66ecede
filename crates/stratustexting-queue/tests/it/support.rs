//! What the tests share: events, requests, and the stores they run on.

mod callback;

use std::{
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use stratustexting::{
    http::Request,
    webhook::{CallbackResponse, Event, Incoming},
};
use stratustexting_queue::inbox::{
    ClaimRequest, Claimed, Inbox, NewEvent, PostgresStore, SqliteStore, Store,
};
use tempfile::TempDir;
use test_postgres::Server;

pub(crate) use self::callback::subscribed;

/// A SQLite file of one test.
pub(crate) struct File {
    folder: TempDir,
}

impl File {
    pub(crate) fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("inbox.db")
    }

    pub(crate) async fn open(&self) -> SqliteStore {
        SqliteStore::open(self.path()).await.unwrap()
    }
}

/// A schema in a PostgreSQL server that the tests of this process share.
pub(crate) struct Database {
    server: Arc<Server>,
    schema: String,
}

/// A server; `None` on a machine without PostgreSQL, unless `STRATUSTEXTING_REQUIRE_POSTGRES`
/// is set.
pub(crate) fn start() -> Option<Server> {
    Server::start()
        .inspect_err(|error| {
            let required = std::env::var_os("STRATUSTEXTING_REQUIRE_POSTGRES");
            assert!(required.is_none(), "{error:#}");
            println!("not tested: {error:#}");
        })
        .ok()
}

impl Database {
    /// `None` as for [`start`].
    pub(crate) async fn new() -> Option<Self> {
        static SERVER: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        static SCHEMAS: AtomicU32 = AtomicU32::new(0);
        let server = {
            let mut shared = SERVER.lock().unwrap();
            match shared.upgrade() {
                Some(server) => server,
                None => {
                    let server = Arc::new(start()?);
                    *shared = Arc::downgrade(&server);
                    server
                }
            }
        };
        let schema = format!("test_{}", SCHEMAS.fetch_add(1, Ordering::SeqCst));
        let pool = PgPool::connect(&server.url()).await.unwrap();
        let create = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
        sqlx::raw_sql(create).execute(&pool).await.unwrap();
        Some(Self { server, schema })
    }

    pub(crate) async fn store(&self) -> PostgresStore {
        let options: PgConnectOptions = self.server.url().parse().unwrap();
        let options = options.options([("search_path", self.schema.as_str())]);
        let pool = PgPoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(2))
            .connect_with(options)
            .await
            .unwrap();
        PostgresStore::from_pool(pool).await.unwrap()
    }
}

/// A clock that a test moves.
#[derive(Clone)]
pub(crate) struct Clock(Arc<AtomicI64>);

impl Clock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_800_000_000_000)))
    }

    pub(crate) fn forward(&self, by: Duration) {
        self.0.fetch_add(milliseconds(by), Ordering::SeqCst);
    }

    pub(crate) fn back(&self, by: Duration) {
        self.0.fetch_sub(milliseconds(by), Ordering::SeqCst);
    }

    pub(crate) fn read(&self) -> impl Fn() -> SystemTime + Send + Sync + 'static {
        let now = Arc::clone(&self.0);
        move || UNIX_EPOCH + Duration::from_millis(now.load(Ordering::SeqCst).unsigned_abs())
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap()
}

pub(crate) fn new_event(key: &str) -> NewEvent {
    NewEvent {
        key: Some(key.to_owned()),
        conversation: None,
        must_fetch: false,
        body: message_event(key).into_bytes(),
    }
}

pub(crate) fn in_conversation(key: &str, conversation: &str) -> NewEvent {
    NewEvent {
        conversation: Some(conversation.to_owned()),
        ..new_event(key)
    }
}

/// An event as the service posts it.
pub(crate) fn message_event(id: &str) -> String {
    format!(
        r#"{{"uuid":"u-{id}","messageInfo":{{"messageId":"{id}","lastUpdated":1774915200000}}}}"#
    )
}

pub(crate) fn event(id: &str) -> Event {
    Event::from_slice(message_event(id).as_bytes()).unwrap()
}

pub(crate) fn incoming(body: impl Into<String>) -> Incoming {
    Incoming::read(&Request::post("/hook").body(body.into()).unwrap()).unwrap()
}

pub(crate) async fn post<S: Store>(inbox: &Inbox<S>, id: &str) -> CallbackResponse {
    inbox.receive(incoming(message_event(id))).await
}

pub(crate) async fn claim<S: Store>(store: &S, limit: u32) -> Vec<Claimed> {
    let lease = Duration::from_secs(30);
    store.claim(ClaimRequest { limit, lease }).await.unwrap()
}

/// The ids of the messages in claimed events.
pub(crate) fn ids(claimed: &[Claimed]) -> Vec<String> {
    let id = |claimed: &Claimed| {
        let event = Event::from_slice(&claimed.body).unwrap();
        event.message_id().unwrap().to_owned()
    };
    claimed.iter().map(id).collect()
}
