//! What can be changed while a sandbox runs: what the gateway lets pass, and how events
//! are delivered. The control API shows it as one JSON object and takes changes to it.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest URL that may be allowed: what the HTTP server below can read.
pub(crate) const LONGEST_URL: usize = 60_000;

/// All of it, in the form in which the control API shows it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(description = "What can be changed while the sandbox runs.")]
pub(crate) struct Settings {
    /// The most characters of a request's path and query; the gateway refuses more.
    pub(crate) max_url: usize,
    /// What a token without the operation's scope is answered with: 403 or 401.
    pub(crate) missing_scope: u16,
    /// Whether tokens that no user logged in for may be used on subscriptions.
    pub(crate) allow_machine_subscriptions: bool,
    pub(crate) deliveries: Deliveries,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_url: 8_192,
            missing_scope: 403,
            allow_machine_subscriptions: false,
            deliveries: Deliveries::new(),
        }
    }
}

impl Settings {
    /// These settings, but for what `changes` has.
    ///
    /// # Errors
    ///
    /// What of the changes can't be.
    pub(crate) fn changed(&self, changes: Value) -> Result<Self, String> {
        let mut all = serde_json::to_value(self).map_err(|error| error.to_string())?;
        merge(&mut all, changes);
        let changed: Self = serde_json::from_value(all).map_err(|error| error.to_string())?;
        changed.check()?;
        Ok(changed)
    }

    /// # Errors
    ///
    /// What of them can't be.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !(1..=LONGEST_URL).contains(&self.max_url) {
            return Err(format!("the longest URL has to be 1 to {LONGEST_URL}"));
        }
        if !matches!(self.missing_scope, 401 | 403) {
            return Err("a missing scope is answered with 401 or 403".to_owned());
        }
        self.deliveries.check()
    }
}

/// Puts values in the place of those that are there, key by key.
fn merge(all: &mut Value, changes: Value) {
    match (all, changes) {
        (Value::Object(all), Value::Object(changes)) => {
            for (key, change) in changes {
                merge(all.entry(key).or_insert(Value::Null), change);
            }
        }
        (value, change) => *value = change,
    }
}

/// How events are posted to those who subscribed; for
/// [`Builder::deliveries`](crate::Builder::deliveries) and
/// [`Sandbox::set_deliveries`](crate::Sandbox::set_deliveries).
///
/// Nothing of this is known of the real service, so a receiver should get along with all
/// of it: events that come out of order, more than once, late, and many at a time.
///
/// ```
/// use std::time::Duration;
/// use stratustexting_sandbox::{Deliveries, Order};
///
/// let unkind = Deliveries::new()
///     .order(Order::Shuffled)
///     .repeated(0.5)
///     .late(0.1, Duration::from_secs(2));
/// let strict = Deliveries::new().attempts(1).suspend_after(5);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(description = "How events are posted to those who subscribed.")]
#[must_use = "it does nothing until it is given to a sandbox"]
pub struct Deliveries {
    /// How long a callback may take to answer.
    patience_milliseconds: u64,
    /// How often an event is posted at most until it is answered by a success.
    pub(crate) attempts: u32,
    /// How long to wait before an event is posted again.
    wait_milliseconds: u64,
    /// How many posts are under way at a time, over all callbacks.
    pub(crate) at_a_time: usize,
    pub(crate) order: Order,
    /// How many events of a callback are shuffled together.
    pub(crate) shuffled_events: usize,
    /// How long to wait for so many.
    shuffled_milliseconds: u64,
    /// The share of events that are posted once more after they were delivered: 0 to 1.
    pub(crate) repeated: f64,
    /// The share of events that are held back, and overtaken by others: 0 to 1.
    pub(crate) late: f64,
    /// How long those are held back.
    late_milliseconds: u64,
    /// After how many deliveries that failed in a row a subscription is suspended.
    pub(crate) suspend_after: Option<u32>,
}

/// In which order the events of one callback are posted. The real service's is UNKNOWN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Order {
    /// As they happened: the next one when the last was delivered or given up. Callbacks
    /// don't wait for each other.
    InOrder,
    /// By lots of events, each in an order drawn from the seed, one event after the other.
    Shuffled,
    /// Each as soon as it happens, several at a time, so that they overtake each other.
    AtOnce,
}

impl Default for Deliveries {
    fn default() -> Self {
        Self::new()
    }
}

impl Deliveries {
    /// In order, each event up to three times, with a second between; a callback has three
    /// seconds, and eight posts are under way at a time. Nothing is repeated or late.
    pub fn new() -> Self {
        Self {
            patience_milliseconds: 3_000,
            attempts: 3,
            wait_milliseconds: 1_000,
            at_a_time: 8,
            order: Order::InOrder,
            shuffled_events: 10,
            shuffled_milliseconds: 500,
            repeated: 0.0,
            late: 0.0,
            late_milliseconds: 2_000,
            suspend_after: None,
        }
    }

    /// How long a callback may take, in the handshake, too. Default: three seconds.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience_milliseconds = milliseconds(patience);
        self
    }

    /// How often an event is posted at most. Default: 3.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// How long to wait before an event is posted again. Default: a second.
    pub fn wait(mut self, wait: Duration) -> Self {
        self.wait_milliseconds = milliseconds(wait);
        self
    }

    /// How many posts are under way at a time, over all callbacks. Default: 8.
    pub fn at_a_time(mut self, posts: usize) -> Self {
        self.at_a_time = posts;
        self
    }

    /// In which order the events of a callback are posted. Default: as they happened.
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// How many events are shuffled together, and how long is waited for so many; with
    /// [`Order::Shuffled`]. Default: 10, and half a second.
    pub fn shuffled(mut self, events: usize, within: Duration) -> Self {
        self.shuffled_events = events;
        self.shuffled_milliseconds = milliseconds(within);
        self
    }

    /// The share of events, 0 to 1, that are posted once more after they were delivered,
    /// behind those that wait by then. Which ones is drawn from the seed. Default: 0.
    pub fn repeated(mut self, share: f64) -> Self {
        self.repeated = share;
        self
    }

    /// The share of events, 0 to 1, that are held back for so long, while others overtake
    /// them. Which ones is drawn from the seed. Default: 0.
    pub fn late(mut self, share: f64, by: Duration) -> Self {
        self.late = share;
        self.late_milliseconds = milliseconds(by);
        self
    }

    /// After how many deliveries that failed in a row a subscription is no longer
    /// `ACTIVE`, so that nothing more is posted for it. Default: never.
    pub fn suspend_after(mut self, failures: u32) -> Self {
        self.suspend_after = Some(failures);
        self
    }

    pub(crate) fn patience_is(&self) -> Duration {
        Duration::from_millis(self.patience_milliseconds)
    }

    pub(crate) fn wait_is(&self) -> Duration {
        Duration::from_millis(self.wait_milliseconds)
    }

    pub(crate) fn shuffled_within(&self) -> Duration {
        Duration::from_millis(self.shuffled_milliseconds)
    }

    pub(crate) fn late_by(&self) -> Duration {
        Duration::from_millis(self.late_milliseconds)
    }

    fn check(&self) -> Result<(), String> {
        let is_share = |share: f64| (0.0..=1.0).contains(&share);
        let wrong = if self.patience_milliseconds == 0 {
            "a callback has to have some time to answer"
        } else if self.attempts == 0 {
            "an event has to be posted once at least"
        } else if !(1..=MOST_AT_A_TIME).contains(&self.at_a_time) {
            "1 to 1000 posts can be under way at a time"
        } else if self.shuffled_events == 0 {
            "one event at least has to be waited for before it is shuffled"
        } else if !is_share(self.repeated) || !is_share(self.late) {
            "a share of events is between 0 and 1"
        } else if self.suspend_after == Some(0) {
            "one delivery at least has to fail before a subscription is suspended"
        } else {
            return Ok(());
        };
        Err(wrong.to_owned())
    }
}

const MOST_AT_A_TIME: usize = 1_000;

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
