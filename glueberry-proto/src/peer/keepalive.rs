//! When to ask a silent peer for a sign of life, and when to call its connection dead.

use std::time::{Duration, Instant};

/// Watches one connection.
///
/// A peer that has been silent for `interval` is asked, and its connection is dead when nothing at
/// all has come `timeout` later: `interval + timeout` after the last sign of life. Anything that
/// comes is a sign of life, not the answer alone. Whoever refuses to be asked, or sends other things
/// but never answers, is not called dead: there the transport decides alone.
///
/// ```
/// use std::time::{Duration, Instant};
/// use glueberry_proto::peer::{Outbound, Step, Watch};
///
/// let (start, second) = (Instant::now(), Duration::from_secs(1));
/// let mut watch = Watch::new(3 * second, 3 * second, start);
/// assert_eq!(watch.check(start, start, Outbound::Flows), Step::Wait(start + 3 * second));
/// assert_eq!(watch.check(start + 3 * second, start, Outbound::Flows), Step::Ask);
/// assert_eq!(watch.check(start + 6 * second, start, Outbound::Flows), Step::Dead);
/// ```
#[derive(Clone, Debug)]
pub struct Watch {
    interval: Duration,
    timeout: Duration,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// No question is open. Silence counts from `since` at the earliest.
    Listening { since: Instant },
    /// A question is open.
    Asked { at: Instant, reprieved: bool },
    /// The peer lives, and left the open question unanswered: it is not asked again until it
    /// answers that one.
    Unanswering,
    /// Nothing more to decide: the peer refused, or its connection was called dead.
    Over,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing until then, which is later than now.
    Wait(Instant),
    /// Ask the peer, and check again. A question that is still open is given up for the new one.
    Ask,
    /// Nothing came: the connection is dead. Said once.
    Dead,
    /// Nothing, until the peer answers: the transport decides alone.
    Rest,
}

/// Whether what is sent leaves this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outbound {
    /// It leaves, so that a question reaches a peer that lives.
    Flows,
    /// The transport takes nothing now, so that no answer can be expected, and watches by itself
    /// whether the peer lives.
    Blocked,
}

impl Watch {
    /// Both times are above zero.
    #[must_use]
    pub fn new(interval: Duration, timeout: Duration, now: Instant) -> Self {
        Self { interval, timeout, phase: Phase::Listening { since: now } }
    }

    /// Decides what to do now. `heard` is when the last sign of life came.
    pub fn check(&mut self, now: Instant, heard: Instant, outbound: Outbound) -> Step {
        match self.phase {
            Phase::Listening { since } => self.ask_after(now, heard.max(since)),
            Phase::Asked { at, .. } if heard > at && heard >= at + self.timeout => {
                self.phase = Phase::Unanswering;
                Step::Rest
            }
            Phase::Asked { at, .. } if heard > at => self.ask_after(now, heard),
            Phase::Asked { at, reprieved } => self.await_life(now, at, reprieved, outbound),
            Phase::Unanswering | Phase::Over => Step::Rest,
        }
    }

    /// The peer answered.
    pub fn answered(&mut self, now: Instant) {
        self.listen(now);
    }

    /// The question cannot be answered any more, because its stream ended. The peer did not refuse
    /// it, so it is asked again after another interval.
    pub fn withdrawn(&mut self, now: Instant) {
        self.listen(now);
    }

    /// The peer does not speak the protocol: it is never asked again.
    pub fn refused(&mut self) {
        self.phase = Phase::Over;
    }

    fn listen(&mut self, since: Instant) {
        if self.phase != Phase::Over {
            self.phase = Phase::Listening { since };
        }
    }

    fn ask_after(&mut self, now: Instant, silent_since: Instant) -> Step {
        let due = silent_since + self.interval;
        if now < due {
            return Step::Wait(due);
        }
        self.phase = Phase::Asked { at: now, reprieved: false };
        Step::Ask
    }

    fn await_life(
        &mut self,
        now: Instant,
        at: Instant,
        reprieved: bool,
        outbound: Outbound,
    ) -> Step {
        let deadline = at + self.timeout;
        if now < deadline {
            // Silence counts anew from what may come meanwhile, an interval from now at the earliest.
            return Step::Wait(deadline.min(now + self.interval));
        }
        if outbound == Outbound::Blocked {
            return Step::Wait(now + self.timeout / BLOCKED_CHECKS);
        }
        if !reprieved && now >= deadline + self.timeout / LATE {
            self.phase = Phase::Asked { at: now, reprieved: true };
            return Step::Wait(now + self.timeout);
        }
        self.phase = Phase::Over;
        Step::Dead
    }
}

/// A check that comes later than its deadline by this part of the timeout shows that this process
/// stood still. What its peer sent meanwhile is not read yet: it gets one more timeout.
const LATE: u32 = 4;
/// How many times within a timeout to look whether the transport takes something again.
const BLOCKED_CHECKS: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A watch that has just asked, and when.
    fn asked() -> (Watch, Instant) {
        let start = Instant::now();
        let mut watch = Watch::new(3 * SECOND, 3 * SECOND, start);
        let now = start + 3 * SECOND;
        assert_eq!(watch.check(now, start, Outbound::Flows), Step::Ask);
        (watch, now)
    }

    #[test]
    fn a_dead_connection_is_reported_once() {
        let (mut watch, at) = asked();
        let heard = at.checked_sub(3 * SECOND).unwrap();
        assert_eq!(watch.check(at + 3 * SECOND, heard, Outbound::Flows), Step::Dead);
        assert_eq!(watch.check(at + 9 * SECOND, heard, Outbound::Flows), Step::Rest);
    }

    #[test]
    fn a_peer_that_refuses_is_never_called_dead() {
        let (mut watch, at) = asked();
        watch.refused();
        watch.withdrawn(at);
        assert_eq!(watch.check(at + 60 * SECOND, at, Outbound::Flows), Step::Rest);
    }

    #[test]
    fn other_data_is_as_good_as_an_answer() {
        let (mut watch, at) = asked();
        let heard = at + SECOND;
        let again = heard + 3 * SECOND;
        assert_eq!(watch.check(at + 3 * SECOND, heard, Outbound::Flows), Step::Wait(again));
        assert_eq!(watch.check(again, heard, Outbound::Flows), Step::Ask);
        assert_eq!(watch.check(again + 3 * SECOND, heard, Outbound::Flows), Step::Dead);
    }

    #[test]
    fn a_peer_that_talks_and_never_answers_is_left_to_the_transport_until_it_answers() {
        let (mut watch, at) = asked();
        let heard = at + 3 * SECOND;
        assert_eq!(watch.check(heard, heard, Outbound::Flows), Step::Rest);
        assert_eq!(watch.check(heard + 60 * SECOND, heard, Outbound::Flows), Step::Rest);
        let late = heard + 60 * SECOND;
        watch.answered(late);
        assert_eq!(watch.check(late, late, Outbound::Flows), Step::Wait(late + 3 * SECOND));
    }

    #[test]
    fn while_nothing_can_be_sent_no_silence_is_counted_against_the_peer() {
        let (mut watch, at) = asked();
        let heard = at.checked_sub(3 * SECOND).unwrap();
        let later = at + 30 * SECOND;
        assert!(matches!(watch.check(later, heard, Outbound::Blocked), Step::Wait(_)));
        let taken = later + SECOND;
        assert_eq!(watch.check(taken, taken, Outbound::Flows), Step::Rest);
    }

    #[test]
    fn a_process_that_stood_still_listens_once_more_before_it_judges() {
        let (mut watch, at) = asked();
        let heard = at.checked_sub(3 * SECOND).unwrap();
        let late = at + 60 * SECOND;
        assert_eq!(watch.check(late, heard, Outbound::Flows), Step::Wait(late + 3 * SECOND));
        let later = late + 60 * SECOND;
        assert_eq!(watch.check(later, heard, Outbound::Flows), Step::Dead);
    }
}
