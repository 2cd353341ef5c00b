//! How often a failed stream is opened again, and when.

use std::time::{Duration, Instant};

/// The pause before the first new stream after a failure; it doubles with each further one.
pub const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// No pause is longer.
pub const LONGEST_PAUSE: Duration = Duration::from_millis(1_600);

/// How many failures in a row are answered by a new stream: 1.55 s of patience in all, for peers
/// that say Complete up to a second before they prepare.
pub const MAX_RETRIES: u32 = 5;

/// A failure so long after the last one begins a new row: above what six attempts take that all
/// time out in negotiation (10 s each), far below the life of a stream that is worth keeping.
pub const ROW: Duration = Duration::from_secs(30);

/// Why a stream is not opened again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The peer never took it: it refused the name, or ended every stream unread.
    Refused,
    /// It carried messages, or was to, and broke.
    Broken,
}

/// The failures of one stream name on one connection, in a row.
#[derive(Clone, Debug, Default)]
pub(super) struct Retries {
    failures: u32,
    /// Not all of them were refusals.
    broke: bool,
    last: Option<Instant>,
    /// The last stream failed, and no other stands since.
    due: bool,
    not_before: Option<Instant>,
}

impl Retries {
    /// A stream failed, or could not be opened, and no other stands.
    pub(super) fn failed(&mut self, failure: Failure, now: Instant) {
        if self.last.is_some_and(|last| now.saturating_duration_since(last) >= ROW) {
            *self = Self::default();
        }
        self.not_before = Some(now + pause_after(self.failures));
        self.failures = self.failures.saturating_add(1);
        self.broke |= failure == Failure::Broken;
        self.last = Some(now);
        self.due = true;
    }

    /// A stream that stood since `opened` was closed with nothing left to say. That is no failure,
    /// but a peer that does so again and again must not make us spin.
    pub(super) fn closed(&mut self, opened: Instant, now: Instant) {
        self.not_before = Some(now.max(opened + FIRST_PAUSE));
        self.due = false;
    }

    /// A stream stands.
    pub(super) fn stands(&mut self) {
        self.due = false;
    }

    /// The peer uses the stream: what it refused before does not count any more.
    pub(super) fn taken(&mut self) {
        if !self.broke {
            self.failures = 0;
        }
    }

    /// Which attempt to open a failed stream again comes next, from 1.
    pub(super) fn attempt(&self) -> Option<u32> {
        (self.due && self.given_up().is_none()).then_some(self.failures)
    }

    /// Why no further attempt is made.
    pub(super) fn given_up(&self) -> Option<Failure> {
        let failure = if self.broke { Failure::Broken } else { Failure::Refused };
        (self.due && self.failures > MAX_RETRIES).then_some(failure)
    }

    /// When the next stream may be opened at the earliest.
    pub(super) fn not_before(&self) -> Option<Instant> {
        self.not_before
    }
}

fn pause_after(failures: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << failures.min(MAX_RETRIES)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pauses_double_and_end() {
        let pauses: Vec<u128> = (0..8).map(|failures| pause_after(failures).as_millis()).collect();
        assert_eq!(pauses, [50, 100, 200, 400, 800, 1600, 1600, 1600]);
    }

    #[test]
    fn a_stream_that_breaks_once_a_minute_is_opened_again_for_ever() {
        let (mut retries, mut now) = (Retries::default(), Instant::now());
        for _ in 0..1000 {
            retries.failed(Failure::Broken, now);
            assert_eq!(retries.attempt(), Some(1));
            retries.stands();
            now += Duration::from_mins(1);
        }
    }

    #[derive(Clone, Copy, Debug)]
    enum Input {
        Fail(Failure),
        Close,
        Stand,
        Take,
        Pass(u64),
    }

    fn inputs() -> impl Strategy<Value = Vec<Input>> {
        let input = prop_oneof![
            3 => Just(Input::Fail(Failure::Broken)),
            3 => Just(Input::Fail(Failure::Refused)),
            1 => Just(Input::Close),
            3 => Just(Input::Stand),
            1 => Just(Input::Take),
            4 => (0..2_000u64).prop_map(Input::Pass),
            1 => (20_000..60_000u64).prop_map(Input::Pass),
        ];
        prop::collection::vec(input, 0..200)
    }

    /// A caller, with what it may expect.
    struct World {
        retries: Retries,
        now: Instant,
        last: Instant,
        /// Since the last pause of [`ROW`], or since the peer took a stream that it had refused.
        attempts: u32,
        broke: bool,
    }

    impl World {
        fn take(&mut self, input: Input) {
            match input {
                Input::Fail(failure) => self.fail(failure),
                Input::Close => self.retries.closed(self.now, self.now),
                Input::Stand => {
                    self.retries.stands();
                    assert_eq!((self.retries.attempt(), self.retries.given_up()), (None, None));
                }
                Input::Take => {
                    self.retries.taken();
                    self.attempts = if self.broke { self.attempts } else { 0 };
                }
                Input::Pass(millis) => self.now += Duration::from_millis(millis),
            }
        }

        fn fail(&mut self, failure: Failure) {
            if self.now - self.last >= ROW {
                (self.attempts, self.broke) = (0, false);
            }
            self.last = self.now;
            self.broke |= failure == Failure::Broken;
            self.retries.failed(failure, self.now);
            let pause = self.retries.not_before().unwrap() - self.now;
            assert!((FIRST_PAUSE..=LONGEST_PAUSE).contains(&pause), "{pause:?}");
            if let Some(attempt) = self.retries.attempt() {
                self.attempts += 1;
                assert_eq!(attempt, self.attempts);
                assert!(attempt <= MAX_RETRIES);
            } else {
                let why = if self.broke { Failure::Broken } else { Failure::Refused };
                assert_eq!(self.retries.given_up(), Some(why));
                assert_eq!(self.attempts, MAX_RETRIES);
            }
        }
    }

    proptest! {
        #[test]
        fn a_row_of_failures_is_answered_five_times_and_never_at_once(inputs in inputs()) {
            let (retries, now) = (Retries::default(), Instant::now());
            let mut world = World { retries, now, last: now, attempts: 0, broke: false };
            for input in inputs {
                world.take(input);
            }
        }
    }
}
