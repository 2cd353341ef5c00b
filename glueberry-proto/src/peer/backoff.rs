//! When to try a lost peer again.
//!
//! Exponential backoff with full jitter: the delay before attempt *n* is uniform between zero and
//! `min(cap, base * 2^n)`, so that a restarted peer is not greeted by all its peers at once.
//! Source: M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.

use std::time::Duration;

use rand::{Rng, RngExt};

/// The delays between attempts to reach one peer.
///
/// Holds neither clock nor randomness: the caller hands the randomness in and does the waiting.
///
/// ```
/// use glueberry_proto::peer::{Backoff, BackoffPolicy};
/// use rand::{SeedableRng, rngs::SmallRng};
///
/// let mut backoff = Backoff::new(BackoffPolicy::default());
/// let delay = backoff.next_delay(&mut SmallRng::seed_from_u64(7));
/// assert!(delay.is_some_and(|delay| delay <= BackoffPolicy::default().base()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backoff {
    policy: BackoffPolicy,
    attempts: u32,
}

impl Backoff {
    /// Starts with no attempts behind it.
    #[must_use]
    pub fn new(policy: BackoffPolicy) -> Self {
        Self { policy, attempts: 0 }
    }

    /// The delay before the next attempt, or `None` once the policy's attempts are used up.
    pub fn next_delay(&mut self, rng: &mut impl Rng) -> Option<Duration> {
        self.count()?;
        Some(self.policy.ceiling(self.attempts - 1).mul_f64(rng.random::<f64>()))
    }

    /// Counts an attempt whose delay is decided elsewhere, or says `None` once the policy's
    /// attempts are used up.
    pub fn count(&mut self) -> Option<u32> {
        if self.policy.attempts.is_some_and(|most| self.attempts >= most) {
            return None;
        }
        self.attempts = self.attempts.saturating_add(1);
        Some(self.attempts)
    }

    /// Attempts since the beginning, or the last reset.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Starts over. Call it when a session has proven to last, not when a socket connects: a peer
    /// that accepts connections but fails every handshake must still back off.
    pub fn reset(&mut self) {
        self.attempts = 0;
    }

    /// From now on it never gives up.
    pub fn never_give_up(&mut self) {
        self.policy.attempts = None;
    }
}

/// How patient to be with a lost peer. Parsed once; an existing policy is a valid one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackoffPolicy {
    base: Duration,
    cap: Duration,
    attempts: Option<u32>,
}

impl BackoffPolicy {
    /// `base` is the ceiling of the first delay, `cap` of every delay; `attempts: None` never
    /// gives up.
    ///
    /// # Errors
    /// [`PolicyError`] when `base` is zero (a busy loop) or above `cap`.
    pub fn new(base: Duration, cap: Duration, attempts: Option<u32>) -> Result<Self, PolicyError> {
        if base.is_zero() {
            return Err(PolicyError::ZeroBase);
        }
        if base > cap {
            return Err(PolicyError::BaseAboveCap { base, cap });
        }
        Ok(Self { base, cap, attempts })
    }

    /// The ceiling of the first delay.
    #[must_use]
    pub fn base(&self) -> Duration {
        self.base
    }

    /// The ceiling of every delay.
    #[must_use]
    pub fn cap(&self) -> Duration {
        self.cap
    }

    fn ceiling(&self, failures: u32) -> Duration {
        let factor = 1u32.checked_shl(failures).unwrap_or(u32::MAX);
        self.base.saturating_mul(factor).min(self.cap)
    }
}

impl Default for BackoffPolicy {
    fn default() -> Self {
        Self { base: DEFAULT_BASE, cap: DEFAULT_CAP, attempts: None }
    }
}

/// A policy that cannot be kept. The caller's mistake; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// Retrying without a pause would burn a core.
    #[error("the first delay must be above zero; try 1s")]
    ZeroBase,
    /// The first ceiling must not exceed the last.
    #[error(
        "the first delay {base:?} is above the longest {cap:?}; raise the longest or lower the first"
    )]
    BaseAboveCap {
        /// As given.
        base: Duration,
        /// As given.
        cap: Duration,
    },
}

/// One second: a restarted process usually listens again within two.
const DEFAULT_BASE: Duration = Duration::from_secs(1);
/// Five minutes: a peer that is away for days costs under 600 dials a day.
const DEFAULT_CAP: Duration = Duration::from_mins(5);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{SeedableRng, rngs::SmallRng};

    use super::*;

    #[test]
    fn a_policy_that_would_spin_is_refused() {
        let spinning = BackoffPolicy::new(Duration::ZERO, DEFAULT_CAP, None);
        assert_eq!(spinning, Err(PolicyError::ZeroBase));
        let upside_down = BackoffPolicy::new(DEFAULT_CAP, DEFAULT_BASE, None);
        assert!(matches!(upside_down, Err(PolicyError::BaseAboveCap { .. })));
    }

    #[test]
    fn after_its_last_attempt_it_gives_up_until_reset() {
        let once = BackoffPolicy::new(DEFAULT_BASE, DEFAULT_CAP, Some(1)).unwrap();
        let (mut backoff, mut rng) = (Backoff::new(once), SmallRng::seed_from_u64(1));
        assert!(backoff.next_delay(&mut rng).is_some());
        assert_eq!(backoff.next_delay(&mut rng), None);
        assert_eq!(backoff.count(), None);
        backoff.reset();
        assert!(backoff.next_delay(&mut rng).is_some());
    }

    proptest! {
        #[test]
        fn no_delay_exceeds_its_ceiling_however_long_the_peer_is_away(
            attempts in 0..10_000u32,
            seed: u64,
        ) {
            let mut backoff = Backoff { policy: BackoffPolicy::default(), attempts };
            let delay = backoff.next_delay(&mut SmallRng::seed_from_u64(seed)).unwrap();
            prop_assert!(delay <= backoff.policy.ceiling(attempts));
            prop_assert!(delay <= DEFAULT_CAP);
        }
    }
}
