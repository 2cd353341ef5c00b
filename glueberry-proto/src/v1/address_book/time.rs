//! Points in time as address books write them: RFC 3339, to the nanosecond.

use std::fmt;
use std::ops::Range;

/// A point in time between the years 0 and 9999: seconds since 1970-01-01T00:00:00Z, which may be
/// negative, and nanoseconds.
///
/// Written in UTC. Read with any offset, by the rules of Go: digits below the nanosecond are cut.
///
/// ```
/// use glueberry_proto::v1::address_book::Timestamp;
///
/// let time = Timestamp::parse("2024-02-29T13:30:00.25+01:00").expect("a time");
/// assert_eq!(time.to_string(), "2024-02-29T12:30:00.25Z");
/// assert_eq!((time.seconds(), time.nanos()), (1_709_209_800, 250_000_000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    seconds: i64,
    nanos: u32,
}

impl Timestamp {
    /// What Go writes for a time that is not set: the beginning of the year 1.
    pub const UNSET: Self = Self { seconds: -62_135_596_800, nanos: 0 };

    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self { seconds: 0, nanos: 0 };

    /// The last nanosecond of the year 9999.
    pub const MAX: Self = Self { seconds: LAST_SECOND, nanos: NANOS - 1 };

    /// `None` when the time has no year of four digits, or `nanos` is a second or more.
    #[must_use]
    pub fn new(seconds: i64, nanos: u32) -> Option<Self> {
        let fits = (FIRST_SECOND..=LAST_SECOND).contains(&seconds) && nanos < NANOS;
        fits.then_some(Self { seconds, nanos })
    }

    /// Reads what is written as in `2024-02-29T13:30:00.25+01:00` or `2024-02-29T12:30:00Z`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (moment, rest) = text.as_bytes().split_at_checked(MOMENT_LEN)?;
        let (nanos, zone) = fraction(rest)?;
        Self::new(local_seconds(moment)? - offset(zone)?, nanos)
    }

    /// Whole seconds since the beginning of 1970, rounded down.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds after [`Timestamp::seconds`].
    #[must_use]
    pub fn nanos(self) -> u32 {
        self.nanos
    }

    /// The next point in time; the last one has none and stays.
    #[must_use]
    pub fn next(self) -> Self {
        let carried = self.nanos + 1 == NANOS;
        let (seconds, nanos) =
            if carried { (self.seconds + 1, 0) } else { (self.seconds, self.nanos + 1) };
        Self::new(seconds, nanos).unwrap_or(self)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.seconds.div_euclid(DAY));
        let second = self.seconds.rem_euclid(DAY);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if self.nanos > 0 {
            let digits = format!("{:09}", self.nanos);
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

/// The seconds of `YYYY-MM-DDThh:mm:ss`, as if it were UTC.
fn local_seconds(moment: &[u8]) -> Option<i64> {
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if separators.iter().any(|(at, separator)| moment[*at] != *separator) {
        return None;
    }
    let [year, month, day] = [0..4, 5..7, 8..10].map(|at| number(moment, at));
    let [hour, minute, second] = [11..13, 14..16, 17..19].map(|at| number(moment, at));
    let (year, month, day) = (year?, month?, day?);
    let (hour, minute, second) = (hour?, minute?, second?);
    let is_date = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
    let is_time = hour < 24 && minute < 60 && second < 60;
    let seconds = days(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
    (is_date && is_time).then_some(seconds)
}

/// The nanoseconds at the start of `rest`, if there are any, and what follows them.
fn fraction(rest: &[u8]) -> Option<(u32, &[u8])> {
    let Some(rest) = rest.strip_prefix(b".") else { return Some((0, rest)) };
    let len = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, zone) = rest.split_at(len);
    if digits.is_empty() {
        return None;
    }
    let padded = digits.iter().chain(std::iter::repeat(&b'0')).take(9);
    let nanos = padded.fold(0, |nanos, digit| nanos * 10 + u32::from(digit - b'0'));
    Some((nanos, zone))
}

/// The seconds by which a zone is ahead of UTC.
fn offset(zone: &[u8]) -> Option<i64> {
    let (sign, [h1, h2, b':', m1, m2]) = (match zone {
        b"Z" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    }) else {
        return None;
    };
    let (hours, minutes) = (number(&[*h1, *h2], 0..2)?, number(&[*m1, *m2], 0..2)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn number(bytes: &[u8], at: Range<usize>) -> Option<i64> {
    bytes[at].iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
    })
}

fn days_in(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date of the Gregorian calendar.
/// Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * DAYS_OF_ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - DAYS_TO_1970
}

/// The date of a day; the inverse of [`days`], from the same source.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + DAYS_TO_1970;
    let (era, of_era) = (days.div_euclid(DAYS_OF_ERA), days.rem_euclid(DAYS_OF_ERA));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12 + 1;
    (year + era * 400 + i64::from(month <= 2), month, day)
}

const NANOS: u32 = 1_000_000_000;
/// Seconds of a day: leap seconds do not exist in Unix time.
const DAY: i64 = 86_400;
/// 400 years, after which the calendar repeats.
const DAYS_OF_ERA: i64 = 146_097;
/// From 0000-03-01, where eras begin.
const DAYS_TO_1970: i64 = 719_468;
/// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z: Go can neither read nor write others.
const FIRST_SECOND: i64 = -62_167_219_200;
const LAST_SECOND: i64 = 253_402_300_799;
/// `YYYY-MM-DDThh:mm:ss`.
const MOMENT_LEN: usize = 19;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_times_are_read() {
        for (text, seconds, nanos) in [
            ("1970-01-01T00:00:00Z", 0, 0),
            ("0001-01-01T00:00:00Z", Timestamp::UNSET.seconds, 0),
            ("0000-01-01T00:00:00Z", FIRST_SECOND, 0),
            ("9999-12-31T23:59:59.999999999Z", LAST_SECOND, 999_999_999),
            ("2000-02-29T23:59:59-00:01", 951_868_859, 0),
            ("2025-11-25T01:02:03.5+05:30", 1_764_012_723, 500_000_000),
            ("1969-12-31T23:59:59.9999999999Z", -1, 999_999_999),
        ] {
            assert_eq!(Timestamp::parse(text), Timestamp::new(seconds, nanos), "{text}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for text in [
            "",
            "2025-11-25",
            "2025-11-25 01:02:03Z",
            "2025-11-25t01:02:03z",
            "2025-11-25T01:02:03",
            "2025-11-25T01:02:03.Z",
            "2025-11-25T01:02:03,5Z",
            "2025-11-25T24:00:00Z",
            "2025-11-25T23:59:60Z",
            "2025-02-29T00:00:00Z",
            "2025-13-01T00:00:00Z",
            "2025-00-01T00:00:00Z",
            "2025-01-00T00:00:00Z",
            "2025-11-25T01:02:03+24:00",
            "2025-11-25T01:02:03+01:60",
            "2025-11-25T01:02:03+0100",
            "0000-01-01T00:00:00+00:01",
            "+025-11-25T01:02:03Z",
            "2025-11-25T01:02:03Zé",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_next_time_is_later_until_the_last() {
        let last_of_second = Timestamp::new(5, NANOS - 1).unwrap();
        assert_eq!(last_of_second.next(), Timestamp::new(6, 0).unwrap());
        let last = Timestamp::new(LAST_SECOND, NANOS - 1).unwrap();
        assert_eq!(last.next(), last);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(seconds in FIRST_SECOND..=LAST_SECOND, nanos in 0..NANOS) {
            let time = Timestamp::new(seconds, nanos).unwrap();
            prop_assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
        }

        #[test]
        fn order_in_text_is_order_in_time(a in FIRST_SECOND..=LAST_SECOND, b in FIRST_SECOND..=LAST_SECOND) {
            let (earlier, later) = (Timestamp::new(a, 0).unwrap(), Timestamp::new(b, 0).unwrap());
            prop_assert_eq!(earlier.cmp(&later), earlier.to_string().cmp(&later.to_string()));
        }
    }
}
