//! How long the service asks to wait before the next attempt.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, header};

/// How long to wait by `Retry-After`; the longest wait, if it has several values. Unreadable
/// values are ignored.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let now = || date(headers.get(header::DATE)?.to_str().ok()?);
    let until = |time: SystemTime| {
        let now = now().unwrap_or_else(SystemTime::now);
        time.duration_since(now).unwrap_or_default()
    };
    let values = headers.get_all(header::RETRY_AFTER).iter();
    let texts = values.filter_map(|value: &HeaderValue| value.to_str().ok());
    texts
        .flat_map(|text| match date(text) {
            // A date contains a comma, too.
            Some(time) => vec![Some(until(time))],
            None => text.split(',').map(seconds).collect(),
        })
        .flatten()
        .max()
}

fn date(text: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text.trim()).ok()
}

/// A number of seconds. A fraction is rounded up, and a number that is too large becomes the
/// largest.
fn seconds(text: &str) -> Option<Duration> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let more = u64::from(fraction.bytes().any(|digit| digit != b'0'));
    let whole: u64 = whole.parse().unwrap_or(u64::MAX);
    Some(Duration::from_secs(whole.saturating_add(more)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[(&'static str, String)]) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        retry_after(&headers)
    }

    #[test]
    fn seconds_are_read_and_never_undercut() {
        for (text, seconds) in [
            ("0", Some(0)),
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("1.5", Some(2)),
            ("2.0", Some(2)),
            ("3, 9, 4", Some(9)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("-1", None),
            ("", None),
            ("soon", None),
            ("1e3", None),
            ("12 seconds", None),
        ] {
            let wait = read(&[("retry-after", text.to_owned())]);

            assert_eq!(wait, seconds.map(Duration::from_secs), "{text}");
        }
        let twice = [
            ("retry-after", "5".to_owned()),
            ("retry-after", "2".to_owned()),
        ];
        assert_eq!(read(&twice), Some(Duration::from_secs(5)));
        assert_eq!(read(&[]), None);
    }

    #[test]
    fn a_date_is_compared_with_the_services_own_clock() {
        let at = |seconds: i64| {
            let now = SystemTime::now();
            let by = Duration::from_secs(seconds.unsigned_abs());
            httpdate::fmt_http_date(if seconds < 0 { now - by } else { now + by })
        };
        for skew in [-3_600, 0, 3_600] {
            let headers = [("date", at(skew)), ("retry-after", at(skew + 20))];
            let wait = read(&headers).unwrap();
            assert!((19..=21).contains(&wait.as_secs()), "{skew}: {wait:?}");
        }
        let wait = read(&[("retry-after", at(20))]).unwrap();
        assert!((18..=20).contains(&wait.as_secs()), "{wait:?}");
        let past = [("date", at(0)), ("retry-after", at(-20))];
        assert_eq!(read(&past), Some(Duration::ZERO));
    }
}
