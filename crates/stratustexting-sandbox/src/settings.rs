//! The settings that can be changed while a sandbox runs: what the gateway accepts, and how
//! events are delivered. The control API shows them as one JSON object and takes changes.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The largest allowed value of `max_url`: the HTTP server can't read more.
pub(crate) const MAX_URL: usize = 60_000;

/// All settings, in the form in which the control API shows them.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(description = "The settings that can be changed while the sandbox runs.")]
pub(crate) struct Settings {
    /// The most characters of a request's path and query; the gateway rejects more.
    pub(crate) max_url: usize,
    /// The status for a token without the operation's scope: 403 or 401.
    pub(crate) missing_scope: u16,
    /// Whether tokens without a user's login may be used for subscriptions.
    pub(crate) allow_machine_subscriptions: bool,
    /// Whether the account has sites; without, their list is empty.
    pub(crate) multisite: bool,
    /// How long the gateway waits for the application; then it responds with 504.
    pub(crate) integration_timeout_milliseconds: u64,
    /// How long a new subscription lives.
    pub(crate) subscription_lifetime_seconds: u64,
    pub(crate) deliveries: DeliverySettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_url: 8_192,
            missing_scope: 403,
            allow_machine_subscriptions: false,
            multisite: false,
            integration_timeout_milliseconds: 29_000,
            subscription_lifetime_seconds: (30 * 365 + 7) * 86_400,
            deliveries: DeliverySettings::new(),
        }
    }
}

impl Settings {
    /// These settings with `changes` applied.
    ///
    /// # Errors
    ///
    /// When the changes are invalid: what is wrong.
    pub(crate) fn changed(&self, mut changes: Value) -> Result<Self, String> {
        // The name before, which programs in other languages may still use.
        if let Some(deliveries) = changes
            .pointer_mut("/deliveries")
            .and_then(Value::as_object_mut)
            && let Some(timeout) = deliveries.remove("patience_milliseconds")
        {
            deliveries.insert("timeout_milliseconds".to_owned(), timeout);
        }
        let mut all = serde_json::to_value(self).map_err(|error| error.to_string())?;
        merge(&mut all, changes);
        let changed: Self = serde_json::from_value(all).map_err(|error| error.to_string())?;
        changed.check()?;
        Ok(changed)
    }

    /// What was changed since `before`, as [`changed`](Self::changed) takes it; null if nothing
    /// was.
    pub(crate) fn difference(&self, before: &Self) -> Value {
        let values = serde_json::to_value(self).ok();
        let values = values.zip(serde_json::to_value(before).ok());
        values
            .and_then(|(new, old)| difference(new, &old))
            .unwrap_or_default()
    }

    pub(crate) fn integration_timeout(&self) -> Duration {
        Duration::from_millis(self.integration_timeout_milliseconds)
    }

    /// # Errors
    ///
    /// When a setting is invalid: what is wrong.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !(1..=MAX_URL).contains(&self.max_url) {
            return Err(format!("the longest URL must be 1 to {MAX_URL}"));
        }
        if !matches!(self.missing_scope, 401 | 403) {
            return Err("the status for a missing scope must be 401 or 403".to_owned());
        }
        if self.integration_timeout_milliseconds == 0 {
            return Err("the gateway's integration timeout must not be 0".to_owned());
        }
        self.deliveries.check()
    }
}

/// The parts of `new` that differ, key by key.
fn difference(new: Value, old: &Value) -> Option<Value> {
    match (new, old) {
        (new, old) if new == *old => None,
        (Value::Object(new), Value::Object(old)) => {
            let changed = new.into_iter().filter_map(|(key, value)| {
                let changed = difference(value, old.get(&key).unwrap_or(&Value::Null));
                changed.map(|changed| (key, changed))
            });
            Some(Value::Object(changed.collect()))
        }
        (new, _) => Some(new),
    }
}

/// Replaces values, key by key.
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

/// How events are posted to subscribers; for
/// [`Builder::delivery_settings`](crate::Builder::delivery_settings) and
/// [`Sandbox::set_delivery_settings`](crate::Sandbox::set_delivery_settings).
///
/// Nothing of this is known of the real service, so a receiver should handle all of it:
/// events that come out of order, more than once, late, and many at a time.
///
/// ```
/// use std::time::Duration;
/// use stratustexting_sandbox::{DeliverySettings, Order};
///
/// let harsh = DeliverySettings::new()
///     .order(Order::Shuffled)
///     .repeated(0.5)
///     .late(0.1, Duration::from_secs(2));
/// let strict = DeliverySettings::new().attempts(1).suspend_after(5);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(description = "How events are posted to subscribers.")]
#[must_use = "the settings do nothing until they are given to a sandbox"]
pub struct DeliverySettings {
    /// How long a callback may take to respond.
    timeout_milliseconds: u64,
    /// How often an event is posted at most until the callback responds with a success.
    pub(crate) attempts: u32,
    /// How long to wait before an event is posted again for the first time.
    wait_milliseconds: u64,
    /// How many times longer each further wait is than the one before: 1 to 100.
    wait_factor: f64,
    /// The length beyond which waits don't grow.
    most_wait_milliseconds: u64,
    /// How many posts are in flight at a time, over all callbacks.
    pub(crate) at_a_time: usize,
    pub(crate) order: Order,
    /// How many events of a callback are shuffled together.
    pub(crate) shuffled_events: usize,
    /// How long to wait until there are enough.
    shuffled_milliseconds: u64,
    /// The share of events that are posted again after they were delivered: 0 to 1.
    pub(crate) repeated: f64,
    /// The share of events that are held back, so that others overtake them: 0 to 1.
    pub(crate) late: f64,
    /// How long late events are held back.
    late_milliseconds: u64,
    /// How many failed deliveries in a row suspend a subscription.
    pub(crate) suspend_after: Option<u32>,
}

/// The order in which the events of one callback are posted. The real service's is UNKNOWN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Order {
    /// As they happened: the next one after the last was delivered or failed. Callbacks
    /// don't wait for each other.
    InOrder,
    /// In groups, each in a random order that follows from the seed, one event after the
    /// other.
    Shuffled,
    /// Each as soon as it happens, several at a time, so that they overtake each other.
    AtOnce,
}

impl Default for DeliverySettings {
    fn default() -> Self {
        Self::new()
    }
}

impl DeliverySettings {
    /// In order, with up to three attempts per event and a second between them. A callback
    /// times out after three seconds, and eight posts are in flight at a time. Nothing is
    /// repeated or late.
    pub fn new() -> Self {
        Self {
            timeout_milliseconds: 3_000,
            attempts: 3,
            wait_milliseconds: 1_000,
            wait_factor: 1.0,
            most_wait_milliseconds: 60_000,
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

    /// How long a callback may take to respond, also to the handshake. Default: three
    /// seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout_milliseconds = milliseconds(timeout);
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

    /// Makes each wait `factor` times as long as the one before, until it is as long as
    /// `most`: with 2 and a minute, a second is followed by 2, 4, … 60, 60. The factor is 1 to
    /// 100. Default: 1, so that all waits are as long as [`wait`](Self::wait) says. Whether the
    /// real service backs off is UNKNOWN.
    pub fn backoff(mut self, factor: f64, most: Duration) -> Self {
        self.wait_factor = factor;
        self.most_wait_milliseconds = milliseconds(most);
        self
    }

    /// How many posts are in flight at a time, over all callbacks. Default: 8.
    pub fn at_a_time(mut self, posts: usize) -> Self {
        self.at_a_time = posts;
        self
    }

    /// The order in which the events of a callback are posted. Default: as they happened.
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// How many events are shuffled together, and how long to wait for that many; with
    /// [`Order::Shuffled`]. Default: 10, and half a second.
    pub fn shuffled(mut self, events: usize, within: Duration) -> Self {
        self.shuffled_events = events;
        self.shuffled_milliseconds = milliseconds(within);
        self
    }

    /// The share of events, 0 to 1, that are posted again after they were delivered, behind
    /// those that wait by then. The seed decides which ones. Default: 0.
    pub fn repeated(mut self, share: f64) -> Self {
        self.repeated = share;
        self
    }

    /// The share of events, 0 to 1, that are held back for `by`, while others overtake them.
    /// The seed decides which ones. Default: 0.
    pub fn late(mut self, share: f64, by: Duration) -> Self {
        self.late = share;
        self.late_milliseconds = milliseconds(by);
        self
    }

    /// How many failed deliveries in a row suspend a subscription: it is `BLACKLISTED`, no
    /// longer `ACTIVE`, and nothing more is posted for it until it is subscribed again.
    /// Default: none do. Whether the real service does this is UNKNOWN; the one whose
    /// subscriptions it copies does, and the word is that one's.
    pub fn suspend_after(mut self, failures: u32) -> Self {
        self.suspend_after = Some(failures);
        self
    }

    pub(crate) fn callback_timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_milliseconds)
    }

    /// How long to wait after this many failed attempts.
    pub(crate) fn retry_wait(&self, failed: u32) -> Duration {
        let first = Duration::from_millis(self.wait_milliseconds);
        let most = Duration::from_millis(self.most_wait_milliseconds).max(first);
        // Far beyond the longest wait, and still a number.
        let exponent = i32::try_from(failed.saturating_sub(1)).map_or(100, |it| it.min(100));
        let wait = first.as_secs_f64() * self.wait_factor.powi(exponent);
        Duration::try_from_secs_f64(wait).map_or(most, |wait| wait.min(most))
    }

    pub(crate) fn shuffle_wait(&self) -> Duration {
        Duration::from_millis(self.shuffled_milliseconds)
    }

    pub(crate) fn late_delay(&self) -> Duration {
        Duration::from_millis(self.late_milliseconds)
    }

    fn check(&self) -> Result<(), String> {
        let is_share = |share: f64| (0.0..=1.0).contains(&share);
        let wrong = if self.timeout_milliseconds == 0 {
            "the timeout of a callback must not be 0"
        } else if self.attempts == 0 {
            "an event must be posted at least once"
        } else if !(1.0..=100.0).contains(&self.wait_factor) {
            "the factor by which waits grow must be 1 to 100"
        } else if !(1..=MAX_AT_A_TIME).contains(&self.at_a_time) {
            "the number of posts at a time must be 1 to 1000"
        } else if self.shuffled_events == 0 {
            "the number of events to shuffle must be at least 1"
        } else if !is_share(self.repeated) || !is_share(self.late) {
            "a share of events must be between 0 and 1"
        } else if self.suspend_after == Some(0) {
            "the number of failures that suspend a subscription must be at least 1"
        } else {
            return Ok(());
        };
        Err(wrong.to_owned())
    }
}

const MAX_AT_A_TIME: usize = 1_000;

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_by_the_factor_up_to_the_longest() {
        let second = Duration::from_secs(1);
        let waits = |settings: &DeliverySettings| -> Vec<u64> {
            let wait = |failed| settings.retry_wait(failed).as_secs();
            [1, 2, 3, 4, 5, u32::MAX].map(wait).to_vec()
        };

        let fixed = DeliverySettings::new().wait(second);
        assert_eq!(waits(&fixed), [1; 6]);
        let growing = fixed.clone().backoff(3.0, 10 * second);
        assert_eq!(waits(&growing), [1, 3, 9, 10, 10, 10]);
        let never_shorter = growing.wait(20 * second);
        assert_eq!(waits(&never_shorter), [20; 6]);
        let none = fixed.wait(Duration::ZERO).backoff(2.0, second);
        assert_eq!(waits(&none), [0; 6]);
    }
}
