//! The database's clock: the one that all machines share.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use sqlx::PgConnection;

use crate::clock::Clock;

/// Asks the database for its time once in a while, and counts on from there by the machine's
/// monotonic clock, which nobody sets.
#[derive(Debug, Default)]
pub(super) struct DatabaseClock {
    asked: Mutex<Option<(i64, Instant)>>,
    suspected: Mutex<Option<Instant>>,
    instead: Option<Clock>,
}

/// How long a machine counts by itself.
const TRUSTED: Duration = Duration::from_secs(10);

impl DatabaseClock {
    pub(super) fn of(clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self {
            asked: Mutex::default(),
            suspected: Mutex::default(),
            instead: Some(Clock::of(clock)),
        }
    }

    pub(super) async fn now(&self, connection: &mut PgConnection) -> sqlx::Result<i64> {
        if let Some(clock) = &self.instead {
            return Ok(clock.now());
        }
        let asked = *self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((time, at)) = asked
            && at.elapsed() < TRUSTED
        {
            return Ok(time + crate::clock::milliseconds(at.elapsed()));
        }
        let at = Instant::now();
        let time = sqlx::query_scalar(
            "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
        )
        .fetch_one(connection)
        .await?;
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some((time, at));
        Ok(time)
    }

    /// Whether it is time to look for what a clock has set that was set back since. Once in a
    /// while, since a statement at each claim would cost as much as the claim.
    pub(super) fn may_have_been_set(&self) -> bool {
        if self.instead.is_some() {
            return true;
        }
        let mut suspected = self
            .suspected
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_time = suspected.is_none_or(|at| at.elapsed() >= TRUSTED);
        if is_time {
            *suspected = Some(Instant::now());
        }
        is_time
    }
}
