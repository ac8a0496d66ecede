//! A server that ends connections as soon as it has answered, and says nothing of it: no
//! send becomes unknown by that, whatever runtime the program has and whenever it runs.

use std::{
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use stratustexting::{
    AccessToken, Backoff, Client, ClientBuilder, Outcome, SendOutcome, auth::Credentials,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    runtime::{Builder, Runtime},
};

use crate::support::TEXT;

const FROM: &str = "+12025550100";
const TO: &str = "+13035550123";
const SENDS: usize = 60;

/// What becomes of a connection after an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    /// It is closed.
    Fin,
    /// It is reset.
    Reset,
    /// It stays open.
    None,
}

/// A server with a thread and a runtime of its own.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    /// How many connections it has ended.
    ended: Arc<AtomicUsize>,
}

impl Server {
    fn start(end: End) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            connections: Arc::default(),
            ended: Arc::default(),
        };
        let (connections, ended) = (server.connections.clone(), server.ended.clone());
        thread::spawn(move || {
            listener.set_nonblocking(true).unwrap();
            driven().block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                while let Ok((connection, _)) = listener.accept().await {
                    connections.fetch_add(1, SeqCst);
                    tokio::spawn(answer(connection, end, ended.clone()));
                }
            });
        });
        server
    }

    /// A client that makes one attempt.
    fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    fn builder(&self) -> ClientBuilder {
        Client::builder()
            .api_base(format!("http://{}", self.address))
            .credentials(Credentials::static_token(AccessToken::new("t").unwrap()))
            .api_key("key")
            .retry(Backoff::never())
    }

    /// Waits, without running anything, until so many connections were ended.
    fn has_ended(&self, count: usize) {
        while self.ended.load(SeqCst) < count {
            thread::yield_now();
        }
    }
}

async fn answer(mut connection: tokio::net::TcpStream, end: End, ended: Arc<AtomicUsize>) {
    let mut request = Vec::new();
    while connection.read_buf(&mut request).await.is_ok_and(|n| n > 0) {
        if !request.ends_with(b"\r\n\r\n") {
            continue;
        }
        request.clear();
        let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
            content-length: 24\r\n\r\n{\"id\":\"m\",\"result\":\"ok\"}";
        connection.write_all(answer).await.unwrap();
        if end != End::None {
            if end == End::Reset {
                connection.set_zero_linger().unwrap();
            }
            drop(connection);
            ended.fetch_add(1, SeqCst);
            return;
        }
    }
}

/// Blocks for longer than the SDK waits for a close that follows an answer.
fn rest() {
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(300) {
        thread::yield_now();
    }
}

/// A program's runtime, which runs only while something is waited for.
fn driven() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn threads() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap()
}

async fn send(client: &Client) -> SendOutcome {
    let messages = client.messages();
    messages.from(FROM).send_sms(TO, TEXT).await.outcome()
}

/// One message, or one read.
async fn works(client: &Client, read: bool) -> bool {
    if read {
        client.messages().get("m").await.is_ok()
    } else {
        send(client).await == SendOutcome::Accepted
    }
}

/// All ways in which connections end and calls are made.
fn each(mut check: impl FnMut(End, bool)) {
    for end in [End::Fin, End::Reset] {
        for read in [false, true] {
            check(end, read);
        }
    }
}

#[test]
fn a_program_that_runs_only_during_calls_loses_nothing() {
    for waits in [true, false] {
        each(|end, read| {
            let (server, runtime) = (Server::start(end), driven());
            let client = server.client();
            for call in 1..=SENDS {
                let works = runtime.block_on(works(&client, read));
                assert!(works, "{call} {end:?} {read} {waits}");
                if waits {
                    server.has_ended(call);
                }
            }
            assert_eq!(server.connections.load(SeqCst), SENDS);
        });
    }
}

/// After a rest the kept connection is asked for, so that its end has to be seen first.
#[test]
fn what_ended_during_a_rest_is_noticed_before_the_next_call() {
    each(|end, read| {
        let server = Server::start(end);
        let (client, runtime) = (server.client(), driven());
        for call in 1..=3 {
            let works = runtime.block_on(works(&client, read));
            assert!(works, "{call} {end:?} {read}");
            server.has_ended(call);
            rest();
        }
    });
}

#[test]
fn a_program_that_blocks_between_two_calls_loses_nothing() {
    for waits in [true, false] {
        each(|end, read| {
            let server = Server::start(end);
            let client = server.client();
            driven().block_on(async {
                for call in 1..=SENDS {
                    assert!(works(&client, read).await, "{call} {end:?} {read} {waits}");
                    if waits {
                        server.has_ended(call);
                    }
                }
            });
        });
    }
}

#[test]
fn a_program_with_threads_loses_nothing() {
    each(|end, read| {
        let server = Server::start(end);
        let client = server.client();
        threads().block_on(async {
            for call in 1..=SENDS {
                assert!(works(&client, read).await, "{call} {end:?} {read}");
            }
        });
    });
}

#[test]
fn a_connection_that_the_server_keeps_is_used_again_and_again() {
    for (runtime, most) in [(driven(), 1), (threads(), SENDS / 2)] {
        let server = Server::start(End::None);
        let client = server.client();
        runtime.block_on(async {
            for _ in 0..SENDS {
                assert_eq!(send(&client).await, SendOutcome::Accepted);
            }
        });
        // With threads a connection may come back to the pool a moment late.
        let connections = server.connections.load(SeqCst);
        assert!(connections <= most, "{connections}");
    }
}

/// A client per login, all with the connections of one.
fn logins(server: &Server) -> Vec<Client> {
    let first = server.client();
    let others = (1..SENDS).map(|_| {
        let builder = server.builder().connections_of(&first);
        builder.build().unwrap()
    });
    let others: Vec<_> = others.collect();
    // It isn't needed any more.
    drop(first);
    others
}

#[test]
fn many_logins_with_shared_connections_need_one() {
    let server = Server::start(End::None);
    driven().block_on(async {
        for client in logins(&server) {
            assert_eq!(send(&client).await, SendOutcome::Accepted);
        }
    });
    assert_eq!(server.connections.load(SeqCst), 1);
}

/// What one login has seen of the server is known to the next.
#[test]
fn many_logins_with_shared_connections_lose_nothing() {
    each(|end, read| {
        let server = Server::start(end);
        let logins = logins(&server);
        driven().block_on(async {
            for (call, client) in logins.iter().enumerate() {
                assert!(works(client, read).await, "{call} {end:?} {read}");
            }
        });
    });
}
