//! When a token is renewed: ahead of its end, and not at the same second as everybody's.
//!
//! Three times matter. From `early_at` on, a call uses the old token and has it renewed in
//! the background. From `wait_from` on, a call waits for the renewal, because its request
//! might arrive too late; if the renewal fails, it uses the old token all the same. From its
//! end on, the token isn't used any more. Each process draws the first time at random, so
//! that many with one login, or with logins of the same minute, don't come to the token
//! endpoint all at once.

use std::time::{Duration, SystemTime};

use super::Token;

/// The time before a token's end in which a request might arrive too late.
const LEEWAY: Duration = Duration::from_secs(30);

/// The time before the leeway in which the early renewal falls.
const WINDOW: Duration = Duration::from_secs(5 * 60);

/// The shortest pause after a failed renewal while the token is good. The longest is twice
/// as long.
const PAUSE: Duration = Duration::from_secs(5);

/// When to renew one token. A token whose end isn't known has no times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    early_at: Option<SystemTime>,
    wait_from: Option<SystemTime>,
}

/// Whether to renew a token that is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    InBackground,
    Now,
}

impl Plan {
    pub(super) fn of(token: &Token) -> Self {
        Self::drawn(token, jitter())
    }

    fn drawn(token: &Token, jitter: f64) -> Self {
        // A short lifetime would otherwise be all window.
        let part = |most: Duration, divisor| {
            let lifetime = token.lifetime();
            lifetime.map_or(most, |lifetime| most.min(lifetime / divisor))
        };
        let before = |time: SystemTime, by| time.checked_sub(by);
        let wait_from = token
            .expires_at()
            .and_then(|end| before(end, part(LEEWAY, 10)));
        // A quarter of the window at least, so that the renewal can end before any call
        // must wait.
        let ahead = part(WINDOW, 5).mul_f64(0.25 + 0.75 * jitter);
        Self {
            early_at: wait_from.and_then(|time| before(time, ahead)),
            wait_from,
        }
    }

    pub(super) fn due(&self, now: SystemTime) -> Due {
        let reached = |time: Option<SystemTime>| time.is_some_and(|time| now >= time);
        match (reached(self.wait_from), reached(self.early_at)) {
            (true, _) => Due::Now,
            (false, true) => Due::InBackground,
            (false, false) => Due::Nothing,
        }
    }
}

/// The pause after a failed renewal.
pub(super) fn pause_after_failure() -> Duration {
    PAUSE.mul_f64(1.0 + jitter())
}

/// A random fraction from 0 to 1; not for security.
pub(super) fn jitter() -> f64 {
    fastrand::f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccessToken;

    fn token(lifetime: u64) -> (Token, SystemTime) {
        let now = SystemTime::now();
        let token = Token::new(AccessToken::new("t").unwrap());
        let token = token.obtained(now, Some(Duration::from_secs(lifetime)));
        (token, now)
    }

    fn dues(token: &Token, now: SystemTime, jitter: f64, seconds: &[f64]) -> Vec<Due> {
        let plan = Plan::drawn(token, jitter);
        let at = |second: &f64| plan.due(now + Duration::from_secs_f64(*second));
        seconds.iter().map(at).collect()
    }

    #[test]
    fn an_hour_ends_with_five_minutes_of_renewing_and_half_a_minute_of_waiting() {
        use Due::{InBackground, Nothing, Now};
        let (token, now) = token(3_600);

        let earliest = dues(&token, now, 1.0, &[0.0, 3_269.0, 3_271.0, 3_569.0, 3_571.0]);
        let latest = dues(&token, now, 0.0, &[3_494.0, 3_496.0, 3_569.0, 3_571.0]);

        assert_eq!(
            earliest,
            [Nothing, Nothing, InBackground, InBackground, Now]
        );
        assert_eq!(latest, [Nothing, InBackground, InBackground, Now]);
    }

    #[test]
    fn a_token_with_a_short_life_isnt_renewed_all_the_time() {
        use Due::{InBackground, Nothing, Now};
        let (token, now) = token(10);

        let found = dues(&token, now, 1.0, &[0.0, 6.9, 7.1, 8.9, 9.1]);

        assert_eq!(found, [Nothing, Nothing, InBackground, InBackground, Now]);
    }

    #[test]
    fn a_token_without_an_end_is_never_due() {
        let token = Token::new(AccessToken::new("t").unwrap());

        let plan = Plan::of(&token);

        let far = SystemTime::now() + Duration::from_secs(1_000_000_000);
        assert_eq!(plan.due(far), Due::Nothing);
    }

    #[test]
    fn after_a_failure_there_is_a_pause_of_five_to_ten_seconds() {
        let pauses: Vec<_> = (0..200).map(|_| pause_after_failure()).collect();

        assert!(
            pauses
                .iter()
                .all(|pause| (PAUSE..=2 * PAUSE).contains(pause))
        );
        assert!(pauses.iter().any(|pause| *pause > PAUSE.mul_f64(1.5)));
    }

    #[test]
    fn the_moments_spread() {
        let (token, _) = token(3_600);
        let mut moments: Vec<_> = (0..64).filter_map(|_| Plan::of(&token).early_at).collect();
        moments.sort();

        let spread = moments[63].duration_since(moments[0]).unwrap();

        assert!(spread > Duration::from_secs(100), "{spread:?}");
        moments.dedup();
        assert!(moments.len() > 60, "{}", moments.len());
    }
}
