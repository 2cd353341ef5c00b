//! When to ask a silent peer for a sign of life, and when to call its connection dead.

use std::time::{Duration, Instant};

/// Watches one connection.
///
/// A peer that has been silent for `interval` is asked, and its connection is dead when nothing at
/// all has come `timeout` and an eighth of it later: `interval + timeout * 9 / 8` after the last sign
/// of life. The eighth is a last look, because what came in time may not be read yet. Anything that
/// comes is a sign of life, not the answer alone. Whoever refuses to be asked, or sends other things
/// but never answers, is not called dead: there the transport decides alone.
///
/// ```
/// use std::time::{Duration, Instant};
/// use glueberry_proto::peer::{Outbound, Step, Watch};
///
/// let (start, second) = (Instant::now(), Duration::from_secs(1));
/// let mut watch = Watch::new(3 * second, 8 * second, start);
/// assert_eq!(watch.check(start, start, Outbound::Flows), Step::Wait(start + 3 * second));
/// assert_eq!(watch.check(start + 3 * second, start, Outbound::Flows), Step::Ask);
/// let last_look = Step::Wait(start + 12 * second);
/// assert_eq!(watch.check(start + 11 * second, start, Outbound::Flows), last_look);
/// assert_eq!(watch.check(start + 12 * second, start, Outbound::Flows), Step::Dead);
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
    Asked { at: Instant, reprieved: bool, last_look: bool },
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

    /// How long an answer may take, the last look included.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.timeout + self.timeout / LAST_LOOK
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
            Phase::Asked { .. } if outbound == Outbound::Blocked => self.await_flow(now),
            Phase::Asked { .. } => self.await_life(now),
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

    /// The question could not be put in time. That is no sign of life: silence counts on. A peer that
    /// sent other things meanwhile is asked again after another interval.
    pub fn expired(&mut self, now: Instant) {
        if self.phase == Phase::Unanswering {
            self.listen(now);
        }
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
        self.phase = Phase::Asked { at: now, reprieved: false, last_look: false };
        Step::Ask
    }

    /// Nothing can be sent now, which is not the peer's silence.
    fn await_flow(&mut self, now: Instant) -> Step {
        let Phase::Asked { at, .. } = self.phase else { return Step::Rest };
        if now < at + self.timeout {
            return self.wait_until(at + self.timeout, now);
        }
        Step::Wait(now + self.timeout / BLOCKED_CHECKS)
    }

    fn await_life(&mut self, now: Instant) -> Step {
        let Phase::Asked { at, reprieved, last_look } = &mut self.phase else { return Step::Rest };
        let deadline = *at + self.timeout;
        if now < deadline {
            return self.wait_until(deadline, now);
        }
        if !*reprieved && now >= deadline + self.timeout / LATE {
            (*at, *reprieved, *last_look) = (now, true, false);
            return Step::Wait(now + self.timeout);
        }
        if !std::mem::replace(last_look, true) {
            return Step::Wait(now + self.timeout / LAST_LOOK);
        }
        self.phase = Phase::Over;
        Step::Dead
    }

    /// Silence counts anew from what may come meanwhile, an interval from now at the earliest.
    fn wait_until(&self, deadline: Instant, now: Instant) -> Step {
        Step::Wait(deadline.min(now + self.interval))
    }
}

/// A check that comes later than its deadline by this part of the timeout shows that this process
/// stood still. What its peer sent meanwhile is not read yet: it gets one more timeout.
const LATE: u32 = 4;
/// Nobody is called dead before a wait of this part of the timeout is over: the process may have
/// stood still for a little less than would be noticed, and what came meanwhile is read only now.
const LAST_LOOK: u32 = 8;
/// How many times within a timeout to look whether the transport takes something again.
const BLOCKED_CHECKS: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    /// With a timeout of three seconds.
    const LOOK: Duration = Duration::from_millis(375);

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
        let last = at + 3 * SECOND + LOOK;
        assert_eq!(watch.check(at + 3 * SECOND, heard, Outbound::Flows), Step::Wait(last));
        assert_eq!(watch.check(last, heard, Outbound::Flows), Step::Dead);
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
        let last = again + 3 * SECOND + LOOK;
        assert_eq!(watch.check(again + 3 * SECOND, heard, Outbound::Flows), Step::Wait(last));
        assert_eq!(watch.check(last, heard, Outbound::Flows), Step::Dead);
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
        assert_eq!(watch.check(later, heard, Outbound::Flows), Step::Wait(later + LOOK));
        assert_eq!(watch.check(later + LOOK, heard, Outbound::Flows), Step::Dead);
    }

    #[test]
    fn an_answer_that_is_read_only_after_the_deadline_saves_the_connection() {
        let (mut watch, at) = asked();
        let heard = at.checked_sub(3 * SECOND).unwrap();
        // Less late than shows that this process stood still.
        let late = at + 3 * SECOND + LOOK;
        assert_eq!(watch.check(late, heard, Outbound::Flows), Step::Wait(late + LOOK));
        watch.answered(late);
        assert_eq!(watch.check(late, late, Outbound::Flows), Step::Wait(late + 3 * SECOND));
    }

    #[test]
    fn a_question_that_could_not_be_put_in_time_is_no_sign_of_life() {
        let (mut watch, at) = asked();
        let heard = at.checked_sub(3 * SECOND).unwrap();
        let deadline = at + 3 * SECOND;
        assert!(matches!(watch.check(deadline, heard, Outbound::Flows), Step::Wait(_)));
        watch.expired(deadline);
        assert_eq!(watch.check(deadline + LOOK, heard, Outbound::Flows), Step::Dead);
    }

    #[test]
    fn a_peer_that_talks_while_it_cannot_be_asked_is_asked_again() {
        let (mut watch, at) = asked();
        let heard = at + 3 * SECOND;
        assert_eq!(watch.check(heard, heard, Outbound::Flows), Step::Rest);
        watch.expired(heard + SECOND);
        let again = heard + 4 * SECOND;
        assert_eq!(watch.check(heard + SECOND, heard, Outbound::Flows), Step::Wait(again));
        assert_eq!(watch.check(again, heard, Outbound::Flows), Step::Ask);
    }
}
