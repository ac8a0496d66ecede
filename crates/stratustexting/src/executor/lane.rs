//! On which connection a request goes out: a kept one, or one of its own.
//!
//! A server may close a connection as soon as it has answered, and say nothing of it. Until
//! the client has noticed, the next request is written into a closed connection, and nobody
//! can tell what became of it. Two things are done about that.
//!
//! Before a connection is chosen, the runtime gets the turn that it needs to notice what has
//! arrived (`catch_up`): a program that runs its runtime only during calls has noticed
//! nothing since its last one.
//!
//! What is still under way can't be noticed. So a kept connection is used at once only where
//! the server has shown that it keeps them: the exchange before found its connection still
//! there. Of a server that hasn't shown anything yet, the second exchange waits until a close
//! that follows an answer would have arrived. That happens once, because by then it is known
//! what the server does. With one that closes, whatever follows at once goes by a connection
//! of its own. The pool of the HTTP client tells connections apart by a URL's scheme and
//! authority, so that a user name makes another pool; none is ever sent by HTTP/1, where the
//! request line has no authority and `Host` has no user.

use std::{
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

/// A close that follows an answer has arrived after this time.
const GRACE: Duration = Duration::from_millis(100);

/// A connection that is gone after a rest no longer than this was closed after an answer;
/// after a longer one it was merely idle.
const SHORT: Duration = Duration::from_secs(1);

/// After this time, what a server that closes does is looked at once more. By then the pool
/// has no connection of the time before, unless the caller's settings say so.
const FORGOTTEN: Duration = Duration::from_secs(4);

/// How many turns the runtime gets: one to see what has arrived, one for the connections'
/// tasks to act on it.
const TURNS: usize = 2;

/// Lets the runtime see what has arrived on idle connections, and act on it.
async fn catch_up() {
    for _ in 0..TURNS {
        tokio::task::yield_now().await;
    }
}

/// Gives a request a connection of its own, which ends with it: nobody else would use it, so
/// that many at once would leave as many idle ones behind.
pub(crate) fn set_apart(request: &mut reqwest::Request) {
    let close = HeaderValue::from_static("close");
    request.headers_mut().insert(header::CONNECTION, close);
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    // It can't fail: `http` and `https` URLs have a host.
    let _ = request.url_mut().set_username(&number.to_string());
}

/// What is known of the connections that are kept.
#[derive(Default)]
pub(crate) struct Lanes(Mutex<State>);

#[derive(Default)]
struct State {
    habit: Habit,
    /// The connection of the last exchange, by the address on this side.
    last: Option<SocketAddr>,
    /// How many exchanges use kept connections now.
    under_way: usize,
    /// When the last of them ended.
    rests_since: Option<Instant>,
}

/// What the server does with a connection after an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Habit {
    #[default]
    Unknown,
    Keeps,
    Closes,
}

impl Lanes {
    /// Chooses for a request, which has to be sent before an end.
    pub(super) async fn choose(&self, request: &mut reqwest::Request, end: Deadline) -> Lane<'_> {
        let mut lane = self.enter(Instant::now());
        if let Some(wait) = lane.0.as_ref().and_then(|shared| shared.wait) {
            if Deadline::now() + wait < end {
                sleep(wait).await;
            } else {
                lane.0 = None;
            }
        }
        catch_up().await;
        match &mut lane.0 {
            Some(shared) => shared.begun = true,
            None => set_apart(request),
        }
        lane
    }

    fn enter(&self, now: Instant) -> Lane<'_> {
        let mut state = self.lock();
        let alone = state.under_way == 0;
        let rest = state
            .rests_since
            .map_or(FORGOTTEN, |since| now.saturating_duration_since(since));
        let wait = match state.habit {
            Habit::Keeps => Duration::ZERO,
            _ if !alone => return Lane(None),
            Habit::Unknown => GRACE.saturating_sub(rest),
            Habit::Closes if rest < FORGOTTEN => return Lane(None),
            Habit::Closes => Duration::ZERO,
        };
        state.under_way += 1;
        Lane(Some(Shared {
            lanes: self,
            alone,
            wait: Some(wait).filter(|wait| !wait.is_zero()),
            entered: now,
            begun: false,
            address: None,
            ended: false,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whatever panics while it is locked, a doubt is all that can come of it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a request was given: a kept connection if there is one, or one of its own.
pub(super) struct Lane<'a>(Option<Shared<'a>>);

/// The use of a kept connection, if there was one.
struct Shared<'a> {
    lanes: &'a Lanes,
    /// Whether no other request could have taken the connection of the last exchange.
    alone: bool,
    /// How long to wait before.
    wait: Option<Duration>,
    entered: Instant,
    /// Whether the request went on its way.
    begun: bool,
    address: Option<SocketAddr>,
    ended: bool,
}

impl Lane<'_> {
    /// Notes by which connection an answer came.
    pub(super) fn answered(&mut self, response: &reqwest::Response) {
        if let Some(shared) = &mut self.0 {
            let info = response.extensions().get::<HttpInfo>();
            shared.address = info.map(HttpInfo::local_addr);
        }
    }

    /// The answer came whole.
    pub(super) fn end(mut self) {
        if let Some(shared) = &mut self.0 {
            shared.ended = true;
        }
    }
}

impl Drop for Shared<'_> {
    fn drop(&mut self) {
        self.leave(Instant::now());
    }
}

impl Shared<'_> {
    fn leave(&self, now: Instant) {
        let mut state = self.lanes.lock();
        state.under_way -= 1;
        if !self.begun {
            return;
        }
        let before = state.last;
        // One that didn't end well took its connection along.
        state.last = self.address.filter(|_| self.ended);
        state.habit = match (before, state.last) {
            (_, None) => Habit::Unknown,
            _ if !self.alone => state.habit,
            (None, Some(_)) => Habit::Unknown,
            (Some(before), Some(found)) if before == found => Habit::Keeps,
            _ if self.rest(&state) < SHORT => Habit::Closes,
            _ => Habit::Unknown,
        };
        state.rests_since = Some(now);
    }

    /// How long the connection of the last exchange had rested, less what was waited.
    fn rest(&self, state: &State) -> Duration {
        let since = state.rests_since.unwrap_or(self.entered);
        self.entered.saturating_duration_since(since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An exchange as a test sees it.
    #[derive(Debug, PartialEq)]
    enum Went {
        AtOnce,
        After(Duration),
        Apart,
    }
    use Went::{After, Apart, AtOnce};

    /// One exchange: the connection by which its answer came, if it came.
    fn exchange(lanes: &Lanes, now: Instant, port: Option<u16>) -> Went {
        finish(lanes.enter(now), now, port)
    }

    fn finish(lane: Lane<'_>, now: Instant, port: Option<u16>) -> Went {
        let Some(mut shared) = lane.0 else {
            return Apart;
        };
        shared.begun = true;
        shared.address = port.map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        shared.ended = port.is_some();
        let wait = shared.wait;
        // The clock is the test's.
        shared.leave(now + wait.unwrap_or_default());
        std::mem::forget(shared);
        wait.map_or(AtOnce, After)
    }

    #[test]
    fn the_second_exchange_waits_and_then_it_is_known() {
        let (lanes, now) = (Lanes::default(), Instant::now());
        assert_eq!(exchange(&lanes, now, Some(1)), AtOnce);
        assert_eq!(exchange(&lanes, now, Some(1)), After(GRACE));
        for _ in 0..3 {
            assert_eq!(exchange(&lanes, now + GRACE, Some(1)), AtOnce);
        }

        let lanes = Lanes::default();
        exchange(&lanes, now, Some(1));
        let wait = exchange(&lanes, now + GRACE / 4, Some(2));
        assert_eq!(wait, After(GRACE - GRACE / 4), "what is left of it");
        for _ in 0..3 {
            assert_eq!(exchange(&lanes, now + SHORT, Some(3)), Apart);
        }
        let later = now + GRACE + FORGOTTEN;
        assert_eq!(exchange(&lanes, later, Some(4)), AtOnce);
        assert_eq!(exchange(&lanes, later, Some(4)), After(GRACE));
        assert_eq!(
            exchange(&lanes, later, Some(4)),
            AtOnce,
            "it keeps them now"
        );
    }

    #[test]
    fn after_a_rest_nobody_waits() {
        let (lanes, start) = (Lanes::default(), Instant::now());
        // The second connection is new after so long a rest, which says nothing.
        for (rest, port) in [(0, 1), (10, 2), (11, 2), (11, 2)] {
            let now = start + GRACE * rest;
            assert_eq!(exchange(&lanes, now, Some(port)), AtOnce, "{rest}");
        }
    }

    #[test]
    fn trust_ends_with_a_connection_that_is_gone_or_breaks() {
        let rests = [Duration::ZERO, SHORT, Duration::ZERO];
        let then = [Apart, After(GRACE), After(GRACE)];
        for ((port, rest), then) in [Some(2), Some(2), None].into_iter().zip(rests).zip(then) {
            let (lanes, start) = (Lanes::default(), Instant::now());
            exchange(&lanes, start, Some(1));
            exchange(&lanes, start + GRACE, Some(1));
            let now = start + GRACE + rest;
            assert_eq!(exchange(&lanes, now, port), AtOnce);

            assert_eq!(exchange(&lanes, now, Some(3)), then, "{port:?} {rest:?}");
        }
    }

    #[test]
    fn without_trust_one_tries_at_a_time_and_with_it_many_use_them() {
        let (lanes, start) = (Lanes::default(), Instant::now());
        let first = lanes.enter(start);
        assert_eq!(exchange(&lanes, start, Some(2)), Apart);
        finish(first, start, Some(1));
        let now = start + GRACE;
        exchange(&lanes, now, Some(1));

        let (one, other) = (lanes.enter(now), lanes.enter(now));
        // Whoever isn't alone may well have another connection.
        assert_eq!(finish(one, now, Some(1)), AtOnce);
        assert_eq!(finish(other, now, Some(2)), AtOnce);
        assert_eq!(exchange(&lanes, now, Some(2)), AtOnce);
    }

    #[test]
    fn an_exchange_that_is_given_up_leaves_nothing_to_be_trusted() {
        for begun in [false, true] {
            let (lanes, start) = (Lanes::default(), Instant::now());
            exchange(&lanes, start, Some(1));
            exchange(&lanes, start + GRACE, Some(1));

            let mut lane = lanes.enter(start + GRACE);
            lane.0.as_mut().unwrap().begun = begun;
            drop(lane);

            let trusts = lanes.lock().habit == Habit::Keeps;
            assert_eq!(trusts, !begun, "what never began changes nothing");
            assert_eq!(lanes.lock().under_way, 0);
        }
    }

    /// The name is the pool's only; what is sent doesn't have it.
    #[test]
    fn no_two_requests_that_are_set_apart_share_a_pool() {
        let request = || {
            let url = "https://api.example.com/a?b=c".parse().unwrap();
            let mut request = reqwest::Request::new(http::Method::GET, url);
            set_apart(&mut request);
            request.url().clone()
        };

        let (one, other) = (request(), request());

        assert_ne!(one.authority(), other.authority());
        assert_eq!(one.host_str(), Some("api.example.com"));
        assert_eq!((one.path(), one.query()), ("/a", Some("b=c")));
    }
}
