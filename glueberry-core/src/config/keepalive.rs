//! How soon a dead peer is noticed.

use std::time::Duration;

use super::invalid;
use crate::error::Result;

/// How soon a peer whose host or network vanished is noticed.
///
/// A peer that has been silent for `interval` is asked for a sign of life. When nothing at all comes
/// within `timeout` the connection is dead, and its session ends with
/// [`DisconnectReason::KeepAliveTimeout`](crate::DisconnectReason::KeepAliveTimeout): at the latest
/// `interval + timeout` after the last thing that came. Everything that comes is a sign of life, so
/// a busy peer is never asked.
///
/// Both are 100 ms to 1 h, by default 3 s. An idle connection costs about 150 bytes each way in
/// every interval. A timeout below a second calls peers dead that are merely far away or busy; so
/// does the default on a link below half a megabit per second that is kept full.
///
/// ```
/// use std::time::Duration;
/// use glueberry_core::{Identity, KeepAlive, Node};
///
/// let patient = KeepAlive { interval: Duration::from_secs(20), ..KeepAlive::default() };
/// let builder = Node::builder(Identity::generate()).keep_alive(Some(patient));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// After how much silence the peer is asked.
    pub interval: Duration,
    /// How long a peer that was asked may stay silent.
    pub timeout: Duration,
}

impl KeepAlive {
    pub(super) fn check(self) -> Result<()> {
        for (what, time) in
            [("keep_alive.interval", self.interval), ("keep_alive.timeout", self.timeout)]
        {
            if !(SHORTEST..=LONGEST).contains(&time) {
                return Err(invalid(format!("{what} is {time:?}; use 100ms to 1h")));
            }
        }
        Ok(())
    }

    /// How long after its last sign of life a peer is noticed to be gone.
    pub(crate) fn noticed_within(self) -> Duration {
        self.interval + self.timeout
    }
}

impl Default for KeepAlive {
    fn default() -> Self {
        Self { interval: DEFAULT, timeout: DEFAULT }
    }
}

/// With both, a vanished peer is noticed within six seconds: before a user gives up, and long after
/// a Wi-Fi roams or a processor is busy.
const DEFAULT: Duration = Duration::from_secs(3);
/// Below it scheduling alone makes peers late.
pub(crate) const SHORTEST: Duration = Duration::from_millis(100);
/// Above it nobody waits any more.
pub(crate) const LONGEST: Duration = Duration::from_hours(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorCode;

    #[test]
    fn a_time_out_of_bounds_is_refused_by_its_name() {
        let short = KeepAlive { interval: Duration::from_millis(99), ..KeepAlive::default() };
        let refused = short.check().unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidConfig);
        assert!(refused.message().contains("keep_alive.interval"));
        let long = KeepAlive { timeout: Duration::from_secs(3601), ..KeepAlive::default() };
        assert!(long.check().unwrap_err().message().contains("keep_alive.timeout"));
        assert!(KeepAlive::default().check().is_ok());
    }
}
