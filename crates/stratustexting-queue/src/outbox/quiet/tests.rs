//! The hours on every day of a year, against a clock that is read minute by minute.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, UNIX_EPOCH},
};

use jiff::civil;

use super::*;

/// Steps of the grid on which all clocks of the Americas open: each zone's offset, and each
/// change of it, is a multiple of half an hour.
const STEP: i64 = 30 * 60;

/// The zones that the database has for the United States.
const UNITED_STATES: &str = "America/New_York America/Detroit America/Kentucky/Louisville \
    America/Kentucky/Monticello America/Indiana/Indianapolis America/Indiana/Vincennes \
    America/Indiana/Winamac America/Indiana/Marengo America/Indiana/Petersburg \
    America/Indiana/Vevay America/Chicago America/Indiana/Tell_City America/Indiana/Knox \
    America/Menominee America/North_Dakota/Center America/North_Dakota/New_Salem \
    America/North_Dakota/Beulah America/Denver America/Boise America/Phoenix \
    America/Los_Angeles America/Anchorage America/Juneau America/Sitka America/Metlakatla \
    America/Yakutat America/Nome America/Adak Pacific/Honolulu America/Puerto_Rico \
    America/St_Thomas Pacific/Guam Pacific/Saipan Pacific/Pago_Pago";

fn number(digits: &str) -> PhoneNumber {
    PhoneNumber::new(format!("+{digits}")).unwrap()
}

/// The moment of a date and time in a zone, such as `2026-03-08T08:00[America/New_York]`.
fn at(zoned: &str) -> SystemTime {
    let zoned: jiff::ZonedDateTime = zoned.parse().unwrap();
    zoned.timestamp().try_into().unwrap()
}

fn unix(second: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(second.try_into().unwrap())
}

/// Whether a zone's clock is within 8:00 to 21:00 at each step of a year and a week.
fn clock(zone: &str, start: i64) -> Vec<bool> {
    let zone = TimeZone::get(zone).unwrap();
    let steps = 0..(365 + 8) * SECONDS_PER_DAY / STEP;
    let moments = steps.map(|step| Timestamp::from_second(start + step * STEP).unwrap());
    let hours = moments.map(|moment| zone.to_datetime(moment).hour());
    hours.map(|hour| (8..21).contains(&hour)).collect()
}

#[test]
fn in_a_year_nobody_in_north_america_is_texted_at_a_forbidden_minute() {
    let start = civil::date(2027, 1, 1).at(0, 0, 0, 0);
    let start = start
        .to_zoned_datetime(TimeZone::UTC)
        .unwrap()
        .timestamp()
        .as_second();
    let all: BTreeSet<&str> = zones::NUMBERING_PLAN.split_ascii_whitespace().collect();
    let clocks: BTreeMap<&str, Vec<bool>> =
        all.iter().map(|&zone| (zone, clock(zone, start))).collect();
    let hours = QuietHours::default();

    // Zones as given with a row: each hour. What numbers tell, and the other countries: each
    // seventh, which in a week is each hour of the day.
    let alone = all.iter().map(|&zone| {
        let every = if UNITED_STATES.contains(zone) { 1 } else { 7 };
        ("2025550123", Some(zone), zone, every)
    });
    let together = zones::AREA_CODES
        .iter()
        .map(|&(codes, zones)| (codes, None, zones, 7));
    let toll_free = [("800", None, zones::NUMBERING_PLAN, 7)];
    let mut asked = 0;
    for (codes, zone, zones, every) in alone.chain(together).chain(toll_free) {
        let number = number(&format!("1{}5550123", &codes[..3]));
        let clocks: Vec<_> = zones
            .split_ascii_whitespace()
            .map(|zone| &clocks[zone])
            .collect();
        let is_open = |step: usize| clocks.iter().all(|clock| clock[step]);
        // From each step, the first one that is open: known from the end to the beginning.
        let steps = clocks[0].len();
        let mut first_open = vec![usize::MAX; steps + 1];
        for step in (0..steps).rev() {
            first_open[step] = if is_open(step) {
                step
            } else {
                first_open[step + 1]
            };
        }

        for hour in (0..365 * 24).step_by(every) {
            // On the hour, and the minutes before and after.
            let minutes = [0, 1, -1][hour % 3];
            let moment = start + hour as i64 * 3_600 + minutes * 60;
            if moment < start {
                continue;
            }
            let step = usize::try_from((moment - start) / STEP).unwrap();
            let expected = if is_open(step) {
                Allowed::Now
            } else {
                let opening = i64::try_from(first_open[step]).unwrap();
                Allowed::NotBefore(unix(start + opening * STEP))
            };
            let allowed = hours.may_send_at(unix(moment), &number, zone);
            assert_eq!(allowed, expected, "{zones} at {moment}");
            asked += 1;
        }
    }
    assert!(asked > 34 * 365 * 24, "{asked}");
}

#[test]
fn the_last_second_is_allowed_and_the_next_is_not() {
    let hours = QuietHours::default();
    let number = number("12125550123");
    let opening = at("2027-03-02T08:00[America/New_York]");

    for (time, allowed) in [
        ("07:59:59.999999999", Allowed::NotBefore(opening)),
        ("08:00", Allowed::Now),
        ("20:59:59.999999999", Allowed::Now),
    ] {
        let moment = at(&format!("2027-03-02T{time}[America/New_York]"));
        assert_eq!(hours.may_send_at(moment, &number, None), allowed, "{time}");
    }
    let closing = at("2027-03-02T21:00[America/New_York]");
    let next = at("2027-03-03T08:00[America/New_York]");
    assert_eq!(
        hours.may_send_at(closing, &number, None),
        Allowed::NotBefore(next)
    );
}

#[test]
fn hours_that_begin_when_a_clock_is_changed_are_right() {
    let hours = QuietHours::new((2, 30), (4, 0)).unwrap();
    let early = QuietHours::new((1, 30), (1, 45)).unwrap();
    let number = number("12125550123");

    // 2:00 is followed by 3:00, so that is the first moment within the hours.
    let night = at("2027-03-14T00:00[America/New_York]");
    let opening = at("2027-03-14T03:00[America/New_York]");
    assert_eq!(
        hours.may_send_at(night, &number, None),
        Allowed::NotBefore(opening)
    );
    // 2:00 is followed by 1:00: the quarter of an hour comes twice.
    for (moment, allowed) in [
        ("00:00-04:00", Some("01:30-04:00")),
        ("01:40-04:00", None),
        ("01:50-04:00", Some("01:30-05:00")),
        ("01:10-05:00", Some("01:30-05:00")),
        ("01:40-05:00", None),
    ] {
        let on_that_day = |time: &str| at(&format!("2027-11-07T{time}[America/New_York]"));
        let allowed = match allowed {
            Some(opening) => Allowed::NotBefore(on_that_day(opening)),
            None => Allowed::Now,
        };
        let moment = on_that_day(moment);
        assert_eq!(
            early.may_send_at(moment, &number, None),
            allowed,
            "{moment:?}"
        );
    }
}

#[test]
fn a_number_of_several_zones_waits_for_the_last_and_ends_with_the_first() {
    let hours = QuietHours::default();
    for (digits, from, to) in [
        (
            "19065550123",
            "08:00[America/Chicago]",
            "21:00[America/New_York]",
        ),
        // Laid over an area code of two zones, or of another zone than was believed.
        (
            "13645550123",
            "08:00[America/Chicago]",
            "21:00[America/New_York]",
        ),
        (
            "14485550123",
            "08:00[America/Chicago]",
            "21:00[America/New_York]",
        ),
        (
            "16895550123",
            "08:00[America/New_York]",
            "21:00[America/New_York]",
        ),
        (
            "79161234567",
            "08:00[Europe/Kaliningrad]",
            "21:00[Asia/Kamchatka]",
        ),
        (
            "34612345678",
            "08:00[Atlantic/Canary]",
            "21:00[Europe/Madrid]",
        ),
        (
            "213551234567",
            "08:00[Africa/Algiers]",
            "21:00[Africa/Algiers]",
        ),
    ] {
        let number = number(digits);
        let from = at(&format!("2027-07-01T{from}"));
        let to = at(&format!("2027-07-01T{to}"));
        let second = Duration::from_secs(1);

        let allowed = |moment| hours.may_send_at(moment, &number, None);
        assert_eq!(allowed(from - second), Allowed::NotBefore(from), "{digits}");
        assert_eq!(allowed(from), Allowed::Now, "{digits}");
        assert_eq!(allowed(to - second), Allowed::Now, "{digits}");
        let tomorrow = from + Duration::from_secs(24 * 60 * 60);
        assert_eq!(allowed(to), Allowed::NotBefore(tomorrow), "{digits}");
    }
}

#[test]
fn the_given_zone_wins_and_an_unknown_one_is_not_guessed() {
    let hours = QuietHours::default();
    let new_york = number("12125550123");
    let morning = at("2027-07-01T09:00[America/New_York]");

    assert_eq!(hours.may_send_at(morning, &new_york, None), Allowed::Now);
    let zone = Some("America/Los_Angeles");
    let opening = at("2027-07-01T08:00[America/Los_Angeles]");
    assert_eq!(
        hours.may_send_at(morning, &new_york, zone),
        Allowed::NotBefore(opening)
    );
    for zone in [
        "",
        "New York",
        "America/Los Angeles",
        "EDT",
        "Etc/Unknown",
        "../UTC",
        "UTC+5",
    ] {
        let allowed = hours.may_send_at(morning, &new_york, Some(zone));
        assert_eq!(allowed, Allowed::UnknownZone, "{zone}");
    }
    // Of no country, of no calling code, and too short for the country.
    for digits in [
        "80012345678",
        "88213000000",
        "2101234567",
        "9991234567",
        "121255501",
    ] {
        let allowed = hours.may_send_at(morning, &number(digits), None);
        assert_eq!(allowed, Allowed::UnknownZone, "{digits}");
        // Its zone can be given.
        let allowed = hours.may_send_at(morning, &number(digits), Some("America/New_York"));
        assert_eq!(allowed, Allowed::Now, "{digits}");
    }
}

#[test]
fn each_country_has_a_time_and_short_hours_may_have_none() {
    let hours = QuietHours::default();
    let short = QuietHours::new((9, 0), (17, 0)).unwrap();
    for day in ["2027-01-15", "2027-07-15"] {
        let noon = at(&format!("{day}T12:00[UTC]"));
        for (code, _) in zones::CALLING_CODES {
            let number = number(&format!("{code}12345678"));
            let soon = match hours.may_send_at(noon, &number, None) {
                Allowed::Now => noon,
                Allowed::NotBefore(opening) => opening,
                other => panic!("+{code}: {other:?}"),
            };
            assert!(soon - Duration::from_secs(24 * 60 * 60) < noon, "+{code}");
        }
        let russia = number("79161234567");
        assert_eq!(short.may_send_at(noon, &russia, None), Allowed::Never);
    }
    let end = UNIX_EPOCH + Duration::from_secs(1 << 40);
    assert_eq!(
        hours.may_send_at(end, &number("12125550123"), None),
        Allowed::Never
    );
}

#[test]
fn the_tables_are_in_order() {
    let mut area_codes = BTreeSet::new();
    for (codes, zones) in zones::AREA_CODES {
        for code in codes.split_ascii_whitespace() {
            assert!(code.len() == 3 && code.bytes().all(|digit| digit.is_ascii_digit()));
            assert!(area_codes.insert(code), "{code} is there twice");
        }
        for zone in zones.split_ascii_whitespace() {
            assert!(zones::NUMBERING_PLAN.contains(zone), "{zone}");
        }
    }
    for (code, zones) in zones::CALLING_CODES {
        assert!(!zones.is_empty());
        let mut same = zones::CALLING_CODES
            .iter()
            .filter(|(other, _)| other.starts_with(code));
        assert!(same.next().is_some() && same.next().is_none(), "{code}");
    }
    let rows = zones::AREA_CODES.iter().chain(zones::CALLING_CODES);
    for zone in rows.flat_map(|(_, zones)| zones.split_ascii_whitespace()) {
        assert!(time_zone(zone).is_some(), "{zone}");
    }
    assert!(area_codes.len() > 400);
}

#[test]
fn hours_that_can_not_be_are_refused() {
    for (from, to, named) in [
        ((24, 0), (24, 0), "`from`"),
        ((8, 60), (21, 0), "`from`"),
        ((8, 0), (24, 1), "`to`"),
        ((8, 0), (25, 0), "`to`"),
        ((8, 0), (21, 60), "`to`"),
        ((8, 0), (8, 0), "later than `from`"),
        ((21, 0), (8, 0), "later than `from`"),
    ] {
        let error = QuietHours::new(from, to).unwrap_err();
        assert!(error.to_string().contains(named), "{error}");
    }
    for text in [
        "",
        "8-21",
        "8:00",
        "8:00-",
        "8:0-21:00",
        "+8:00-21:00",
        "8:00–21:00",
        "8:00-21:00-22:00",
    ] {
        let error = text.parse::<QuietHours>().unwrap_err();
        assert!(
            error.to_string().contains("such as 8:00-21:00"),
            "{text}: {error}"
        );
    }
    for (text, shown) in [
        ("8:00-21:00", "8:00-21:00"),
        ("08:05 - 24:00", "8:05-24:00"),
        ("0:00-0:01", "0:00-0:01"),
    ] {
        assert_eq!(text.parse::<QuietHours>().unwrap().to_string(), shown);
    }
    assert_eq!(QuietHours::default().to_string(), "8:00-21:00");
}
