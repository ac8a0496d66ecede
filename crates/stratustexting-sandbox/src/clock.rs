//! The sandbox's clock: the machine's time, plus as much as was added; or a time that stands
//! still until somebody moves it.

use std::time::Duration;

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug)]
pub(crate) enum Clock {
    Running { ahead: TimeDelta },
    Frozen { at: DateTime<Utc> },
}

impl Default for Clock {
    fn default() -> Self {
        let ahead = TimeDelta::zero();
        Self::Running { ahead }
    }
}

impl Clock {
    pub(crate) fn frozen(at: DateTime<Utc>) -> Self {
        Self::Frozen { at }
    }

    pub(crate) fn is_frozen(&self) -> bool {
        matches!(self, Self::Frozen { .. })
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        match self {
            Self::Running { ahead } => Utc::now() + *ahead,
            Self::Frozen { at } => *at,
        }
    }

    /// How far it is ahead of the machine's; `None` while it stands still.
    pub(crate) fn ahead(&self) -> Option<TimeDelta> {
        match self {
            Self::Running { ahead } => Some(*ahead),
            Self::Frozen { .. } => None,
        }
    }

    /// Moves the clock forward, but not beyond the year 9999.
    pub(crate) fn advance(&mut self, by: Duration) {
        let Ok(by) = TimeDelta::from_std(by) else {
            return;
        };
        let time = self.now().checked_add_signed(by);
        if !time.is_some_and(Self::is_usable) {
            return;
        }
        match self {
            // Exactly: the page shows it.
            Self::Running { ahead } => *ahead += by,
            Self::Frozen { at } => *at += by,
        }
    }

    /// Later times have no common form, and what is added to them may go beyond the calendar.
    pub(crate) fn is_usable(time: DateTime<Utc>) -> bool {
        (1970..=9999).contains(&time.year())
    }

    /// Sets the time, and whether it stands still.
    pub(crate) fn set(&mut self, time: DateTime<Utc>, frozen: bool) {
        *self = if frozen {
            Self::Frozen { at: time }
        } else {
            let ahead = time - Utc::now();
            Self::Running { ahead }
        };
    }

    pub(crate) fn stored(&self) -> StoredClock {
        match self {
            Self::Running { ahead } => StoredClock::Running {
                microseconds: ahead.num_microseconds().unwrap_or(i64::MAX),
            },
            Self::Frozen { at } => StoredClock::Frozen { at: *at },
        }
    }
}

/// The clock in a file: how far it is ahead of the machine's, or where it stands.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "mode")]
pub(crate) enum StoredClock {
    Running { microseconds: i64 },
    Frozen { at: DateTime<Utc> },
}

impl From<StoredClock> for Clock {
    fn from(stored: StoredClock) -> Self {
        match stored {
            StoredClock::Running { microseconds } => {
                let ahead = TimeDelta::microseconds(microseconds);
                // One that goes beyond the calendar isn't there.
                let time = Utc::now().checked_add_signed(ahead);
                match time.is_some_and(Self::is_usable) {
                    true => Self::Running { ahead },
                    false => Self::default(),
                }
            }
            StoredClock::Frozen { at } => Self::Frozen { at },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{DateTime, TimeDelta, Utc};

    use super::Clock;

    #[test]
    fn a_frozen_clock_moves_only_when_it_is_moved() {
        let start = DateTime::from_timestamp(1_767_258_000, 0).unwrap_or_default();
        let mut clock = Clock::frozen(start);
        assert_eq!(clock.now(), start);

        clock.advance(Duration::from_secs(60));
        assert_eq!((clock.now() - start).num_seconds(), 60);
        clock.advance(Duration::MAX);
        assert_eq!((clock.now() - start).num_seconds(), 60);

        let mut running = Clock::default();
        running.advance(Duration::from_secs(86_400));
        assert_eq!(running.ahead(), Some(TimeDelta::days(1)));

        clock.set(start, false);
        assert!(!clock.is_frozen() && clock.now() >= start && clock.now() < Utc::now());
    }
}
