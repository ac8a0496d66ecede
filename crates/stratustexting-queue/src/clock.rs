//! The wall clock, in milliseconds: what a store that outlives the process can compare.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A clock that a test can set back.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

/// How far a due time may lie ahead of what was set before the clock must have been set back.
pub(crate) const TOLERANCE: i64 = 5_000;

impl Clock {
    pub(crate) fn system() -> Self {
        Self(Arc::new(SystemTime::now))
    }

    pub(crate) fn of(read: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    pub(crate) fn now(&self) -> i64 {
        let now = (self.0)().duration_since(UNIX_EPOCH);
        now.map_or(0, milliseconds)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

pub(crate) fn time(milliseconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0))
}

pub(crate) fn since(earlier: i64, now: i64) -> Duration {
    Duration::from_millis(u64::try_from(now - earlier).unwrap_or(0))
}
