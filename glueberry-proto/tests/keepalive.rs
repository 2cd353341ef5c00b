//! The keep-alive's decisions, with peers of every kind and a simulated clock.

use std::time::{Duration, Instant};

use glueberry_proto::peer::{Outbound, Step, Watch};
use proptest::prelude::*;

/// A peer, as it behaves until the end of the simulation.
#[derive(Clone, Debug)]
struct Peer {
    /// After it nothing comes from the peer.
    vanishes: Option<Duration>,
    /// How long an answer takes; `None` for a peer that never answers.
    answers_after: Option<Duration>,
    /// When other things come from it, in ascending order.
    talks: Vec<Duration>,
}

impl Peer {
    fn lives(&self, at: Duration) -> bool {
        self.vanishes.is_none_or(|end| at < end)
    }

    /// The last time up to `now` that something else than an answer came.
    fn last_talk(&self, now: Duration) -> Duration {
        let past = self.talks.iter().copied().filter(|at| *at <= now && self.lives(*at));
        past.max().unwrap_or_default()
    }
}

/// What came of watching a peer.
#[derive(Debug, Default)]
struct Outcome {
    dead_at: Option<Duration>,
    heard: Duration,
    asked: u32,
    steps: u32,
}

/// Watches the peer, with each check `late` after its time.
fn watch(peer: &Peer, (interval, timeout): (Duration, Duration), late: Duration) -> Outcome {
    let start = Instant::now();
    let mut watch = Watch::new(interval, timeout, start);
    let mut outcome = Outcome::default();
    let mut now = Duration::ZERO;
    let mut answer: Option<Duration> = None;
    while now < END {
        if let Some(at) = answer.take_if(|at| *at <= now) {
            outcome.heard = outcome.heard.max(at);
            watch.answered(start + at);
        }
        outcome.heard = outcome.heard.max(peer.last_talk(now));
        outcome.steps += 1;
        let wake = match watch.check(start + now, start + outcome.heard, Outbound::Flows) {
            Step::Dead => {
                outcome.dead_at = Some(now);
                return outcome;
            }
            Step::Ask => {
                outcome.asked += 1;
                answer = peer.answers_after.map(|delay| now + delay).filter(|at| peer.lives(*at));
                continue;
            }
            Step::Wait(until) => {
                assert!(until > start + now, "a wait that is over already");
                until - start + late
            }
            Step::Rest => END,
        };
        now = answer.map_or(wake, |at| wake.min(at.max(now)));
    }
    outcome
}

/// Long against every interval and timeout below.
const END: Duration = Duration::from_mins(2);

fn millis(range: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_millis)
}

fn talks() -> impl Strategy<Value = Vec<Duration>> {
    prop::collection::vec(millis(0..100_000), 0..40).prop_map(|mut talks| {
        talks.sort();
        talks
    })
}

fn times() -> impl Strategy<Value = (Duration, Duration)> {
    (millis(100..5_000), millis(100..5_000))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_peer_that_answers_is_never_called_dead(
        times in times(),
        talks in talks(),
        part in 0.0..0.99f64,
        late in 0.0..10.0f64,
    ) {
        let answers_after = Some(times.1.mul_f64(part));
        let peer = Peer { vanishes: None, answers_after, talks };
        let outcome = watch(&peer, times, times.1.mul_f64(late));
        prop_assert_eq!(outcome.dead_at, None);
    }

    #[test]
    fn a_peer_that_vanishes_is_called_dead_within_interval_timeout_and_a_last_look(
        times in times(),
        talks in talks(),
        delay in 0.0..0.99f64,
        vanishes in millis(0..60_000),
    ) {
        let answers_after = Some(times.1.mul_f64(delay));
        let peer = Peer { vanishes: Some(vanishes), answers_after, talks };
        let outcome = watch(&peer, times, Duration::ZERO);
        let silent = outcome.dead_at.expect("it is noticed").saturating_sub(outcome.heard);
        prop_assert!(silent <= times.0 + times.1 * 9 / 8, "{silent:?} with {times:?}");
        prop_assert!(silent >= times.1, "too early: {silent:?} with {times:?}");
    }

    #[test]
    fn a_peer_that_talks_often_enough_is_never_called_dead_though_it_never_answers(
        times in times(),
        pause in 0.1..0.99f64,
    ) {
        let pause = times.1.mul_f64(pause);
        let talks = std::iter::successors(Some(pause), |last| Some(*last + pause));
        let talks = talks.take_while(|at| *at < END).collect();
        let peer = Peer { vanishes: None, answers_after: None, talks };
        prop_assert_eq!(watch(&peer, times, Duration::ZERO).dead_at, None);
    }

    #[test]
    fn nobody_is_asked_more_often_than_once_an_interval(
        times in times(),
        talks in talks(),
        delay in prop::option::of(0.0..2.0f64),
    ) {
        let answers_after = delay.map(|delay| times.1.mul_f64(delay));
        let peer = Peer { vanishes: None, answers_after, talks };
        let outcome = watch(&peer, times, Duration::ZERO);
        let most = END.as_millis() / times.0.as_millis() + 1;
        prop_assert!(u128::from(outcome.asked) <= most, "{outcome:?}");
        prop_assert!(outcome.steps < 10_000, "a busy loop: {outcome:?}");
    }
}
