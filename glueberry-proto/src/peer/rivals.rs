//! Which of two connections to one peer stays.

use std::time::{Duration, Instant};

/// Who dialed a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialer {
    /// This node.
    Us,
    /// The peer.
    Them,
}

/// Two connections dialed by different sides within this time are one simultaneous dial: 10 s is
/// longer than any dial that a user still waits for, and shorter than most restarts.
pub const SIMULTANEOUS_DIAL_WINDOW: Duration = Duration::from_secs(10);

/// What becomes of a second connection to a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Both sides dialed at once, and both keep the older connection.
    KeepOlder,
    /// Both sides dialed at once, and both keep the newer connection: the session moves.
    MoveToNewer,
    /// The peer came again (it restarted, or lost the older one): the newer connection replaces it.
    Supersede,
}

/// Judges a newer connection against an older one; both ends reach the same verdict.
///
/// `we_are_greater` is whether our peer id is above the peer's: of two connections dialed at once
/// the one dialed by the greater id stays.
pub(super) fn judge(
    older: (Dialer, Instant),
    newer: (Dialer, Instant),
    we_are_greater: bool,
) -> Verdict {
    let simultaneous =
        older.0 != newer.0 && newer.1.saturating_duration_since(older.1) < SIMULTANEOUS_DIAL_WINDOW;
    if !simultaneous {
        return Verdict::Supersede;
    }
    let winner = if we_are_greater { Dialer::Us } else { Dialer::Them };
    if older.0 == winner { Verdict::KeepOlder } else { Verdict::MoveToNewer }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_simultaneous_dial_keep_the_same_connection() {
        let (first, second) = (Instant::now(), Instant::now() + Duration::from_millis(5));
        for dialed_by_greater_came_first in [true, false] {
            let (older_at_greater, newer_at_greater) = if dialed_by_greater_came_first {
                (Dialer::Us, Dialer::Them)
            } else {
                (Dialer::Them, Dialer::Us)
            };
            let at_greater = judge((older_at_greater, first), (newer_at_greater, second), true);
            let mirrored = |d| if d == Dialer::Us { Dialer::Them } else { Dialer::Us };
            let at_lesser = judge(
                (mirrored(older_at_greater), first),
                (mirrored(newer_at_greater), second),
                false,
            );
            assert_eq!(at_greater, at_lesser);
        }
    }

    #[test]
    fn a_peer_that_dials_again_replaces_its_own_older_connection() {
        let now = Instant::now();
        let verdict = judge((Dialer::Them, now), (Dialer::Them, now), true);
        assert_eq!(verdict, Verdict::Supersede);
    }

    #[test]
    fn after_the_window_the_newer_connection_wins_whoever_dialed() {
        let (then, now) = (Instant::now(), Instant::now() + SIMULTANEOUS_DIAL_WINDOW);
        assert_eq!(judge((Dialer::Us, then), (Dialer::Them, now), true), Verdict::Supersede);
    }
}
