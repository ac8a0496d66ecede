//! This machine's clock against the service's, by the `Date` of responses.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};

use super::{CheckProblem, CheckStep, CheckSubject, CheckVerdict};

/// How far the clocks may differ. Less does no harm, and a response can be on its way that long.
const ALLOWED: Duration = Duration::from_secs(60);

/// What the last response with a `Date` said.
#[derive(Debug, Default)]
pub(super) struct Clock {
    difference: Option<Duration>,
}

impl Clock {
    /// Reads the `Date` of a response to a request that was sent and received at these times.
    pub(super) fn read(&mut self, headers: &HeaderMap, sent: SystemTime, received: SystemTime) {
        let text = |name| headers.get(name)?.to_str().ok();
        let date = text(header::DATE).and_then(|date| httpdate::parse_http_date(date.trim()).ok());
        let Some(date) = date else { return };
        // A cache's response is older by its age.
        let age = text(header::AGE).and_then(|age| age.trim().parse().ok());
        let Some(shown) = date.checked_add(Duration::from_secs(age.unwrap_or(0))) else {
            return;
        };
        // It was made at some time in between, and its second had begun before.
        let behind = shown.duration_since(received);
        let ahead = sent.duration_since(shown + Duration::from_secs(1));
        let difference = behind.or(ahead).unwrap_or_default();
        self.difference = Some(difference);
    }

    pub(super) fn step(&self) -> CheckStep {
        let subject = CheckSubject::Clock;
        match self.difference {
            None => CheckStep::skipped(subject, "not checked: no response had a date"),
            Some(difference) if difference <= ALLOWED => {
                CheckStep::ok(subject, "this machine's clock agrees with the service's")
            }
            Some(_) => CheckStep::of(subject, CheckVerdict::Problem, CheckProblem::ClockSkew),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// The problem where the local clock differs from the `Date` by so many seconds.
    fn problem(seconds: i64, age: Option<&'static str>) -> Option<CheckProblem> {
        let date = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let by = Duration::from_secs(seconds.unsigned_abs());
        let local = if seconds < 0 { date - by } else { date + by };
        let mut headers = HeaderMap::new();
        let value = httpdate::fmt_http_date(date);
        headers.insert(header::DATE, HeaderValue::from_str(&value).unwrap());
        if let Some(age) = age {
            headers.insert(header::AGE, HeaderValue::from_static(age));
        }
        let mut clock = Clock::default();
        clock.read(&headers, local, local + Duration::from_millis(900));
        clock.step().problem
    }

    #[test]
    fn a_minute_is_allowed_in_both_directions() {
        for seconds in [0, 1, -1, 60, -60] {
            assert_eq!(problem(seconds, None), None, "{seconds}");
        }
        for seconds in [63, -63, 3_600, -86_400, 1_000_000_000, -1_799_999_999] {
            let found = problem(seconds, None);
            assert_eq!(found, Some(CheckProblem::ClockSkew), "{seconds}");
        }
        // Out of a cache, and made five minutes ago.
        assert_eq!(problem(300, Some("300")), None);
        assert_eq!(
            problem(0, Some("99999999999999999999")),
            None,
            "an age that can't be read is none"
        );
    }

    #[test]
    fn without_a_date_nothing_is_known() {
        let mut clock = Clock::default();
        let mut headers = HeaderMap::new();
        headers.insert(header::DATE, HeaderValue::from_static("yesterday"));
        let now = SystemTime::now();
        clock.read(&headers, now, now);

        assert_eq!(clock.step().verdict, CheckVerdict::Skipped);
    }
}
