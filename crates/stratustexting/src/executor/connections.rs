//! Which connection a request uses: a pooled one, or its own.
//!
//! A server may close a connection right after its response, without saying so in the
//! response. Until the client has noticed, the next request is written into a closed
//! connection, and nobody can tell what became of it. Two measures guard against that.
//!
//! Before a connection is chosen, the runtime gets the time that it needs to notice what has
//! arrived (`catch_up`): a program that runs its runtime only during calls has noticed
//! nothing since its last one.
//!
//! A close that is still on its way can't be noticed. So a pooled connection is used at once
//! only if the server has shown that it keeps them: the exchange before found its connection
//! still there. While nothing is known of the server, the second exchange waits until a close
//! that follows a response would have arrived. That happens once, because then it is known
//! what the server does. If it closes, a request that follows at once gets its own connection.
//! The pool of the HTTP client tells connections apart by a URL's scheme and authority, so
//! that a user name makes another pool. HTTP/1 never sends the name, because its request line
//! has no authority and `Host` has no user.

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use http::{HeaderValue, header};
use hyper_util::client::legacy::connect::HttpInfo;
use tokio::time::{Instant as Deadline, sleep};

/// A close that follows a response has arrived after this time.
const GRACE: Duration = Duration::from_millis(100);

/// A connection that is gone after it was idle for less than this was closed after its
/// response; otherwise it was closed because it was idle.
const SHORT: Duration = Duration::from_secs(1);

/// After this time it is checked once more whether a server that closed still does. By then
/// the pool has dropped its old connections, unless the caller's settings keep them longer.
const FORGET_AFTER: Duration = Duration::from_secs(4);

/// How many connections are remembered; beyond that all are forgotten.
const REMEMBERED: usize = 1_024;

/// How often the runtime is yielded to: once to see what has arrived, once for the
/// connections' tasks to act on it.
const YIELDS: usize = 2;

/// Lets the runtime see what has arrived on idle connections, and act on it.
async fn catch_up() {
    for _ in 0..YIELDS {
        tokio::task::yield_now().await;
    }
}

/// Gives a request its own connection, which ends with it: no other request would use it, so
/// it would stay idle.
pub(crate) fn use_own_connection(request: &mut reqwest::Request) {
    let close = HeaderValue::from_static("close");
    request.headers_mut().insert(header::CONNECTION, close);
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    // It can't fail: `http` and `https` URLs have a host.
    let _ = request.url_mut().set_username(&number.to_string());
}

/// What is known of the pooled connections.
#[derive(Default)]
pub(crate) struct Connections(Mutex<State>);

#[derive(Default)]
struct State {
    server: Server,
    /// Connections whose exchange ended well, by their local addresses: the pool has them, if
    /// the server keeps them. Which of them the pool chooses isn't known.
    pool: HashSet<SocketAddr>,
    /// How many exchanges use pooled connections now.
    in_flight: usize,
    /// When the last of them ended.
    idle_since: Option<Instant>,
}

/// What the server does with a connection after a response.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Server {
    #[default]
    Unknown,
    KeepsConnections,
    ClosesConnections,
}

impl Server {
    /// The same, but a server that closed is worth another look.
    fn unless_it_closes(self) -> Self {
        match self {
            Self::KeepsConnections => self,
            _ => Self::Unknown,
        }
    }
}

impl Connections {
    /// Chooses a connection for a request that must be sent before `end`.
    pub(super) async fn choose(
        &self,
        request: &mut reqwest::Request,
        end: Deadline,
    ) -> Connection<'_> {
        let mut connection = self.enter(Instant::now());
        if let Some(wait) = connection.0.as_ref().and_then(|pooled| pooled.wait) {
            if Deadline::now() + wait < end {
                sleep(wait).await;
            } else {
                connection.0 = None;
            }
        }
        catch_up().await;
        match &mut connection.0 {
            Some(pooled) => pooled.begun = true,
            None => use_own_connection(request),
        }
        connection
    }

    fn enter(&self, now: Instant) -> Connection<'_> {
        let mut state = self.lock();
        let alone = state.in_flight == 0;
        let idle = state
            .idle_since
            .map_or(FORGET_AFTER, |since| now.saturating_duration_since(since));
        let wait = match state.server {
            Server::KeepsConnections => Duration::ZERO,
            _ if !alone => return Connection(None),
            Server::Unknown => GRACE.saturating_sub(idle),
            Server::ClosesConnections if idle < FORGET_AFTER => return Connection(None),
            Server::ClosesConnections => Duration::ZERO,
        };
        state.in_flight += 1;
        Connection(Some(Pooled {
            connections: self,
            alone,
            wait: Some(wait).filter(|wait| !wait.is_zero()),
            entered: now,
            begun: false,
            address: None,
            end: End::Dropped,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while it is locked can at worst leave the server unknown.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The connection that was chosen: a pooled one if there is one, or else the request's own.
pub(super) struct Connection<'a>(Option<Pooled<'a>>);

/// The use of a pooled connection.
struct Pooled<'a> {
    connections: &'a Connections,
    /// Whether no other request could have taken the pool's connections.
    alone: bool,
    /// How long to wait before it is used.
    wait: Option<Duration>,
    entered: Instant,
    /// Whether the request was given to the HTTP client.
    begun: bool,
    address: Option<SocketAddr>,
    end: End,
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    /// The caller gave it up. That says nothing about the server.
    Dropped,
    /// Its connection broke, or its time ran out.
    Failed,
    /// The response arrived whole.
    Whole,
}

impl Connection<'_> {
    /// Notes on which connection a response arrived.
    pub(super) fn responded(&mut self, response: &reqwest::Response) {
        if let Some(pooled) = &mut self.0 {
            let info = response.extensions().get::<HttpInfo>();
            pooled.address = info.map(HttpInfo::local_addr);
        }
    }

    /// The response arrived whole.
    pub(super) fn end(self) {
        self.end_as(End::Whole);
    }

    /// No whole response arrived.
    pub(super) fn fail(self) {
        self.end_as(End::Failed);
    }

    fn end_as(mut self, end: End) {
        if let Some(pooled) = &mut self.0 {
            pooled.end = end;
        }
    }
}

impl Drop for Pooled<'_> {
    fn drop(&mut self) {
        self.leave(Instant::now());
    }
}

impl Pooled<'_> {
    fn leave(&self, now: Instant) {
        let mut state = self.connections.lock();
        state.in_flight -= 1;
        if !self.begun {
            return;
        }
        match self.address.filter(|_| self.end == End::Whole) {
            Some(address) => {
                if self.alone {
                    state.server = self.server(&state, address);
                }
                if state.pool.len() >= REMEMBERED {
                    state.pool.clear();
                }
                state.pool.insert(address);
            }
            None => {
                // Its connection is gone, and which it was isn't known.
                state.pool.clear();
                // A dropped exchange says nothing about the server. Otherwise a program that
                // gives up some of many calls would have no trust, and each of the others
                // would need a connection of its own.
                if self.end == End::Failed {
                    state.server = Server::Unknown;
                }
            }
        }
        state.idle_since = Some(now);
    }

    /// What the server does, after an exchange that was alone used this connection.
    fn server(&self, state: &State, found: SocketAddr) -> Server {
        if state.pool.contains(&found) {
            Server::KeepsConnections
        } else if state.pool.is_empty() {
            // There was none to reuse.
            state.server.unless_it_closes()
        } else if self.idle(state) < SHORT {
            Server::ClosesConnections
        } else {
            Server::Unknown
        }
    }

    /// How long the connection of the last exchange was idle before this one, without the
    /// wait.
    fn idle(&self, state: &State) -> Duration {
        let since = state.idle_since.unwrap_or(self.entered);
        self.entered.saturating_duration_since(since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The connection that an exchange used: a pooled one, at once or after a wait, or its own.
    #[derive(Debug, PartialEq)]
    enum Used {
        AtOnce,
        After(Duration),
        Own,
    }
    use Used::{After, AtOnce, Own};

    /// One exchange. `port` tells the connection of its response, if there was one.
    fn exchange(connections: &Connections, now: Instant, port: Option<u16>) -> Used {
        finish(connections.enter(now), now, port)
    }

    fn finish(connection: Connection<'_>, now: Instant, port: Option<u16>) -> Used {
        let Some(mut pooled) = connection.0 else {
            return Own;
        };
        pooled.begun = true;
        pooled.address = port.map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        pooled.end = port.map_or(End::Failed, |_| End::Whole);
        let wait = pooled.wait;
        // The clock is the test's.
        pooled.leave(now + wait.unwrap_or_default());
        std::mem::forget(pooled);
        wait.map_or(AtOnce, After)
    }

    #[test]
    fn the_second_exchange_waits_and_then_it_is_known() {
        let (connections, now) = (Connections::default(), Instant::now());
        assert_eq!(exchange(&connections, now, Some(1)), AtOnce);
        assert_eq!(exchange(&connections, now, Some(1)), After(GRACE));
        for _ in 0..3 {
            assert_eq!(exchange(&connections, now + GRACE, Some(1)), AtOnce);
        }

        let connections = Connections::default();
        exchange(&connections, now, Some(1));
        let wait = exchange(&connections, now + GRACE / 4, Some(2));
        assert_eq!(wait, After(GRACE - GRACE / 4), "what is left of it");
        for _ in 0..3 {
            assert_eq!(exchange(&connections, now + SHORT, Some(3)), Own);
        }
        let later = now + GRACE + FORGET_AFTER;
        assert_eq!(exchange(&connections, later, Some(4)), AtOnce);
        assert_eq!(exchange(&connections, later, Some(4)), After(GRACE));
        assert_eq!(
            exchange(&connections, later, Some(4)),
            AtOnce,
            "the server keeps them now"
        );
    }

    #[test]
    fn after_an_idle_time_no_exchange_waits() {
        let (connections, start) = (Connections::default(), Instant::now());
        // The second connection is new after such a long idle time, which says nothing.
        for (idle, port) in [(0, 1), (10, 2), (11, 2), (11, 2)] {
            let now = start + GRACE * idle;
            assert_eq!(exchange(&connections, now, Some(port)), AtOnce, "{idle}");
        }
    }

    #[test]
    fn trust_ends_when_a_connection_is_gone_or_breaks() {
        let idle = [Duration::ZERO, SHORT, Duration::ZERO];
        let then = [Own, After(GRACE), After(GRACE)];
        for ((port, idle), then) in [Some(2), Some(2), None].into_iter().zip(idle).zip(then) {
            let (connections, start) = (Connections::default(), Instant::now());
            exchange(&connections, start, Some(1));
            exchange(&connections, start + GRACE, Some(1));
            let now = start + GRACE + idle;
            assert_eq!(exchange(&connections, now, port), AtOnce);

            assert_eq!(
                exchange(&connections, now, Some(3)),
                then,
                "{port:?} {idle:?}"
            );
        }
    }

    #[test]
    fn without_trust_one_exchange_at_a_time_uses_the_pool_and_with_it_many() {
        let (connections, start) = (Connections::default(), Instant::now());
        let first = connections.enter(start);
        assert_eq!(exchange(&connections, start, Some(2)), Own);
        finish(first, start, Some(1));
        let now = start + GRACE;
        exchange(&connections, now, Some(1));

        let (one, other) = (connections.enter(now), connections.enter(now));
        // Of two exchanges at a time, one may well have another connection.
        assert_eq!(finish(one, now, Some(1)), AtOnce);
        assert_eq!(finish(other, now, Some(2)), AtOnce);
        // The pool has both, and may choose either.
        for port in [1, 2, 1, 1, 2] {
            assert_eq!(exchange(&connections, now, Some(port)), AtOnce);
        }
        assert_eq!(exchange(&connections, now, Some(3)), AtOnce);
        assert_eq!(exchange(&connections, now, Some(4)), Own);
    }

    #[test]
    fn an_exchange_that_is_dropped_does_not_end_trust() {
        for begun in [false, true] {
            let (connections, start) = (Connections::default(), Instant::now());
            exchange(&connections, start, Some(1));
            exchange(&connections, start + GRACE, Some(1));

            let mut connection = connections.enter(start + GRACE);
            connection.0.as_mut().unwrap().begun = begun;
            drop(connection);

            assert_eq!(connections.lock().in_flight, 0);
            // Its connection may be gone, so the next exchange has another one.
            for port in if begun { [2, 2, 2] } else { [1, 1, 1] } {
                assert_eq!(exchange(&connections, start + GRACE, Some(port)), AtOnce);
            }
        }
    }

    #[test]
    fn an_exchange_that_is_dropped_says_nothing_of_an_unknown_server() {
        let (connections, start) = (Connections::default(), Instant::now());
        let mut connection = connections.enter(start);
        connection.0.as_mut().unwrap().begun = true;
        drop(connection);

        // The clock of a drop is the real one.
        let now = start + GRACE * 10;
        assert_eq!(exchange(&connections, now, Some(1)), AtOnce);
        assert_eq!(exchange(&connections, now, Some(2)), After(GRACE));
        assert_eq!(exchange(&connections, now, Some(3)), Own);
    }

    /// Only the pool knows the user name; it isn't sent.
    #[test]
    fn no_two_requests_with_their_own_connection_share_a_pool() {
        let request = || {
            let url = "https://api.example.com/a?b=c".parse().unwrap();
            let mut request = reqwest::Request::new(http::Method::GET, url);
            use_own_connection(&mut request);
            request.url().clone()
        };

        let (one, other) = (request(), request());

        assert_ne!(one.authority(), other.authority());
        assert_eq!(one.host_str(), Some("api.example.com"));
        assert_eq!((one.path(), one.query()), ("/a", Some("b=c")));
    }
}
