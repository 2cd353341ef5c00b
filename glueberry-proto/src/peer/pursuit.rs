//! Whether a peer is sought, and when it is tried next.

use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::rngs::SmallRng;

use super::backoff::{Backoff, BackoffPolicy};

/// How much this node wants the peer. Strangers, who dialed us, are never redialed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interest {
    /// Not at all: it may come and go.
    #[default]
    None,
    /// One dial was asked for; it becomes [`Interest::Lasting`] when the peer is established.
    Once,
    /// A link that comes back by itself, as often as the policy allows.
    Lasting,
    /// A link that comes back for ever.
    Persistent,
}

/// How patient to be with lost peers, for all of a node's peers the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The pauses after a lost connection and between dials.
    pub backoff: BackoffPolicy,
    /// The pause after a peer was reached but its handshake failed. It counts as an attempt too.
    pub cooldown: Duration,
}

/// Whether a peer is sought, and when it is tried next.
#[derive(Debug)]
pub(super) struct Pursuit {
    interest: Interest,
    phase: Phase,
    backoff: Backoff,
    policy: RetryPolicy,
    rng: SmallRng,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing is under way.
    Idle,
    /// The dial that the application asked for.
    Dialing,
    /// A pause until `until`; `reached`: the peer was reached last time, but no session came of it.
    Waiting { until: Instant, reached: bool },
    /// A dial that the pause before it announced.
    Redialing,
}

/// What comes next for a peer that was lost or not reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It is tried again.
    Retry { attempt: u32, delay: Duration },
    /// It is left alone, and tried again after it.
    Cooldown { until: Instant },
    /// Nothing more is tried.
    GiveUp,
}

impl Pursuit {
    pub(super) fn new(policy: RetryPolicy, seed: u64) -> Self {
        Self {
            interest: Interest::None,
            phase: Phase::Idle,
            backoff: Backoff::new(policy.backoff.clone()),
            policy,
            rng: SmallRng::seed_from_u64(seed),
        }
    }

    pub(super) fn interest(&self) -> Interest {
        self.interest
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    pub(super) fn attempts(&self) -> u32 {
        self.backoff.attempts()
    }

    pub(super) fn is_dialing(&self) -> bool {
        matches!(self.phase, Phase::Dialing | Phase::Redialing)
    }

    pub(super) fn next_dial(&self) -> Option<Instant> {
        match self.phase {
            Phase::Waiting { until, .. } => Some(until),
            _ => None,
        }
    }

    /// Wants the peer at least so much.
    pub(super) fn raise(&mut self, interest: Interest) {
        self.interest = self.interest.max(interest);
        if self.interest == Interest::Persistent {
            self.backoff.never_give_up();
        }
    }

    /// What was to be kept for ever is to be kept as long as the policy says.
    pub(super) fn lower(&mut self) {
        if self.interest == Interest::Persistent {
            self.interest = Interest::Lasting;
            self.backoff = Backoff::new(self.policy.backoff.clone());
        }
    }

    /// The peer is established: what was wanted once is wanted again.
    pub(super) fn reached(&mut self) {
        if self.interest == Interest::Once {
            self.interest = Interest::Lasting;
        }
    }

    /// A session has lasted: its peer's failures are forgiven.
    pub(super) fn forgive(&mut self) {
        self.backoff.reset();
    }

    pub(super) fn dial_started(&mut self) {
        self.phase = match self.phase {
            Phase::Idle | Phase::Dialing => Phase::Dialing,
            Phase::Waiting { .. } | Phase::Redialing => Phase::Redialing,
        };
    }

    /// A dial ended, or a pause is not needed any more.
    pub(super) fn rest(&mut self) {
        self.phase = Phase::Idle;
    }

    /// The pause is over: true if the peer is to be dialed now.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let due = self.next_dial().is_some_and(|until| until <= now);
        if due {
            self.phase = Phase::Redialing;
        }
        due
    }

    /// The peer was lost, or not reached. `reached`: it was, but no session came of it.
    pub(super) fn failed(&mut self, reached: bool, now: Instant) -> Next {
        if self.interest < Interest::Lasting {
            return self.give_up();
        }
        let delay = if reached {
            self.backoff.count().map(|_| self.policy.cooldown)
        } else {
            self.backoff.next_delay(&mut self.rng)
        };
        let Some(delay) = delay else { return self.give_up() };
        let until = now + delay;
        self.phase = Phase::Waiting { until, reached };
        if reached {
            Next::Cooldown { until }
        } else {
            Next::Retry { attempt: self.attempts(), delay }
        }
    }

    /// Nothing more is tried, until somebody asks again.
    pub(super) fn give_up(&mut self) -> Next {
        self.interest = Interest::None;
        self.phase = Phase::Idle;
        self.backoff = Backoff::new(self.policy.backoff.clone());
        Next::GiveUp
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(attempts: Option<u32>) -> RetryPolicy {
        let (base, cap) = (Duration::from_secs(1), Duration::from_mins(1));
        let backoff = BackoffPolicy::new(base, cap, attempts).unwrap();
        RetryPolicy { backoff, cooldown: Duration::from_secs(30) }
    }

    #[test]
    fn strangers_are_never_redialed() {
        let mut pursuit = Pursuit::new(policy(None), 1);
        assert_eq!(pursuit.failed(false, Instant::now()), Next::GiveUp);
        assert_eq!(pursuit.failed(true, Instant::now()), Next::GiveUp);
    }

    #[test]
    fn zero_attempts_left_means_giving_up_and_no_limit_means_never() {
        let now = Instant::now();
        let mut limited = Pursuit::new(policy(Some(3)), 1);
        limited.raise(Interest::Lasting);
        for attempt in 1..=3 {
            assert!(
                matches!(limited.failed(false, now), Next::Retry { attempt: n, .. } if n == attempt)
            );
        }
        assert_eq!(limited.failed(false, now), Next::GiveUp);
        let mut unlimited = Pursuit::new(policy(None), 1);
        unlimited.raise(Interest::Lasting);
        for _ in 0..100_000 {
            assert!(matches!(unlimited.failed(false, now), Next::Retry { .. }));
        }
    }

    #[test]
    fn a_peer_that_is_not_persistent_any_more_is_given_up_at_the_limit() {
        let now = Instant::now();
        let mut pursuit = Pursuit::new(policy(Some(1)), 1);
        pursuit.raise(Interest::Persistent);
        assert!((0..9).all(|_| pursuit.failed(false, now) != Next::GiveUp));
        pursuit.lower();
        assert!(matches!(pursuit.failed(false, now), Next::Retry { attempt: 1, .. }));
        assert_eq!(pursuit.failed(false, now), Next::GiveUp);
    }

    #[test]
    fn a_persistent_peer_outlasts_every_limit_of_the_policy() {
        let now = Instant::now();
        let mut pursuit = Pursuit::new(policy(Some(1)), 1);
        pursuit.raise(Interest::Persistent);
        assert!((0..1000).all(|_| pursuit.failed(false, now) != Next::GiveUp));
        assert_eq!(
            pursuit.failed(true, now),
            Next::Cooldown { until: now + Duration::from_secs(30) }
        );
    }
}
