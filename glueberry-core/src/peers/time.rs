//! Times of the file, and of this machine.

use std::time::{Duration, SystemTime};

use glueberry_proto::v1::address_book::Timestamp;

/// `None` where this machine's clock cannot show the time.
pub(super) fn to_system(time: Timestamp) -> Option<SystemTime> {
    let whole = Duration::from_secs(time.seconds().unsigned_abs());
    let second = match time.seconds() {
        0.. => SystemTime::UNIX_EPOCH.checked_add(whole),
        _ => SystemTime::UNIX_EPOCH.checked_sub(whole),
    };
    second?.checked_add(Duration::from_nanos(time.nanos().into()))
}

/// The nearest time that the file can show: it has years of four digits.
pub(super) fn from_system(time: SystemTime) -> Timestamp {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs())
            .ok()
            .and_then(|seconds| Timestamp::new(seconds, after.subsec_nanos()))
            .unwrap_or(Timestamp::MAX),
        // Clocks before 1970 are not set; what they say is as good as its beginning.
        Err(_) => Timestamp::EPOCH,
    }
}

/// When a ban ends. One whose end no calendar of ours shows has none.
pub(super) fn end_of_ban(until: Option<SystemTime>) -> Option<Timestamp> {
    until.map(from_system).filter(|end| *end != Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_go_into_the_file_and_come_back() {
        for since in [Duration::ZERO, Duration::new(1_764_012_723, 123_456_789)] {
            let time = SystemTime::UNIX_EPOCH + since;
            assert_eq!(to_system(from_system(time)), Some(time));
        }
        let early = Timestamp::parse("1960-01-01T00:00:00.25Z").unwrap();
        let expected = SystemTime::UNIX_EPOCH - Duration::from_millis(315_619_199_750);
        assert_eq!(to_system(early), Some(expected));
    }

    #[test]
    fn a_ban_that_outlasts_the_calendar_has_no_end() {
        let far = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40);
        assert_eq!(end_of_ban(Some(far)), None);
        assert_eq!(end_of_ban(Some(SystemTime::UNIX_EPOCH)), Some(Timestamp::EPOCH));
    }
}
