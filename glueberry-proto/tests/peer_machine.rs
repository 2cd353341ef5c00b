//! The peer state machine under random orders of events and a simulated clock.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use glueberry_proto::peer::{
    Action, BackoffPolicy, ConnectionKey, Dialer, DisconnectReason, Interest, Machine, RetryPolicy,
    State,
};
use proptest::prelude::*;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

const TIMEOUT: Duration = Duration::from_secs(30);
const COOLDOWN: Duration = Duration::from_secs(45);
const MOST_ATTEMPTS: u32 = 3;

#[derive(Clone, Copy, Debug)]
enum Input {
    Seeks(Interest),
    DialFails,
    Connects { we_dialed: bool },
    Uses { which: usize },
    Loses { which: usize },
    FallsSilent { which: usize },
    Shakes { which: usize, number_back: u64, works: bool },
    Disconnects,
    Cancels,
    Passes { millis: u64 },
}

impl Input {
    fn random(rng: &mut SmallRng) -> Self {
        match rng.random_range(0..19) {
            0 | 1 => Self::Seeks(interest(rng.random_range(0..3))),
            2 | 3 => Self::DialFails,
            4..=6 => Self::Connects { we_dialed: rng.random() },
            7 | 8 => Self::Loses { which: rng.random_range(0..8) },
            9 => Self::FallsSilent { which: rng.random_range(0..8) },
            10..=13 => Self::Shakes {
                which: rng.random_range(0..8),
                number_back: rng.random_range(0..3),
                works: rng.random_bool(0.8),
            },
            14 => Self::Disconnects,
            15 => Self::Cancels,
            16 => Self::Uses { which: rng.random_range(0..8) },
            _ => Self::Passes { millis: rng.random_range(0..20_000) },
        }
    }
}

fn interest(number: u8) -> Interest {
    [Interest::Once, Interest::Lasting, Interest::Persistent][usize::from(number)]
}

fn inputs() -> impl Strategy<Value = Vec<Input>> {
    let input = prop_oneof![
        (0..3u8).prop_map(|number| Input::Seeks(interest(number))),
        Just(Input::DialFails),
        any::<bool>().prop_map(|we_dialed| Input::Connects { we_dialed }),
        (0..8usize).prop_map(|which| Input::Uses { which }),
        (0..8usize).prop_map(|which| Input::Loses { which }),
        (0..8usize).prop_map(|which| Input::FallsSilent { which }),
        (0..8usize, 0..3u64, prop::bool::weighted(0.8))
            .prop_map(|(which, number_back, works)| Input::Shakes { which, number_back, works }),
        Just(Input::Disconnects),
        Just(Input::Cancels),
        (0..20_000u64).prop_map(|millis| Input::Passes { millis }),
    ];
    prop::collection::vec(input, 0..80)
}

/// The world around a machine: which connections stand, which dial and which handshakes run, what
/// was reported.
struct World {
    peer: Machine,
    now: Instant,
    next_key: u64,
    open: Vec<ConnectionKey>,
    shaking: Vec<(ConnectionKey, u64)>,
    dialing: bool,
    /// Connections that the peer dialed beside a session, and did not use.
    unused: BTreeSet<ConnectionKey>,
    /// The application asked for the peer, and did not take that back.
    wanted: bool,
    persistent: bool,
    attempts: u32,
    begun: BTreeSet<u64>,
    established: BTreeSet<u64>,
    ended: BTreeSet<u64>,
    /// What the application believes, from the reports alone.
    believed: State,
    /// The connection that the session was last reported to stand on, and who dialed it.
    stands_on: Option<ConnectionKey>,
    dialer: Option<Dialer>,
}

impl World {
    fn new(we_are_greater: bool, moves: bool, limited: bool, seed: u64) -> Self {
        let attempts = limited.then_some(MOST_ATTEMPTS);
        let (base, cap) = (Duration::from_secs(1), Duration::from_secs(20));
        let backoff = BackoffPolicy::new(base, cap, attempts).expect("a policy");
        let policy = RetryPolicy { backoff, cooldown: COOLDOWN };
        let peer = Machine::new(we_are_greater, TIMEOUT).retrying(policy, seed);
        Self {
            peer: if moves { peer } else { peer.without_moves() },
            now: Instant::now(),
            next_key: 0,
            open: Vec::new(),
            shaking: Vec::new(),
            dialing: false,
            unused: BTreeSet::new(),
            wanted: false,
            persistent: false,
            attempts: 0,
            begun: BTreeSet::new(),
            established: BTreeSet::new(),
            ended: BTreeSet::new(),
            believed: State::Disconnected,
            stands_on: None,
            dialer: None,
        }
    }

    fn apply(&mut self, input: Input) {
        let before = (self.peer.state(), self.peer.session());
        let (actions, is_stale) = self.feed(input);
        if is_stale {
            assert_eq!(actions, [], "late work of an older session did something");
            assert_eq!(before, (self.peer.state(), self.peer.session()));
        }
        for action in actions {
            self.carry_out(action);
        }
    }

    /// Hands an input to the machine; true if it concerns nothing that lives.
    fn feed(&mut self, input: Input) -> (Vec<Action>, bool) {
        let now = self.now;
        let actions = match input {
            Input::Seeks(interest) => {
                self.wanted = true;
                self.persistent |= interest == Interest::Persistent;
                self.peer.seek(interest)
            }
            Input::DialFails if self.dialing => {
                self.dialing = false;
                self.peer.dial_failed(now)
            }
            Input::Connects { we_dialed } if self.dialing || !we_dialed => {
                self.dialing &= !we_dialed;
                let on = ConnectionKey(self.next_key);
                self.next_key += 1;
                self.open.push(on);
                let dialer = if we_dialed { Dialer::Us } else { Dialer::Them };
                let actions = self.peer.connected(on, dialer, now);
                let ends = |action| matches!(action, &Action::ReportDisconnected { .. });
                assert!(we_dialed || !actions.iter().any(ends), "it may be meant for another");
                if actions.iter().all(|action| matches!(action, Action::Close(_))) {
                    self.unused.insert(on);
                }
                actions
            }
            Input::Uses { which } if !self.open.is_empty() => {
                self.peer.used(self.open[which % self.open.len()], now)
            }
            Input::Loses { which } if !self.open.is_empty() => {
                let on = self.open.remove(which % self.open.len());
                let actions = self.peer.connection_lost(on, DisconnectReason::ConnectionLost, now);
                let is_nothing = actions == [Action::Close(on)];
                assert!(is_nothing || !self.unused.contains(&on), "{actions:?}");
                actions
            }
            Input::FallsSilent { which } if !self.open.is_empty() => {
                let on = self.open[which % self.open.len()];
                self.peer.connection_lost(on, DisconnectReason::KeepAliveTimeout, now)
            }
            Input::Shakes { which, number_back, works } if !self.shaking.is_empty() => {
                let (on, attempt) = self.shaking[which % self.shaking.len()];
                let attempt = attempt.saturating_sub(number_back);
                let is_stale = number_back > 0 || !self.open.contains(&on);
                let reason = DisconnectReason::HandshakeFailed;
                let actions = if works {
                    self.peer.handshake_done(on, attempt, now)
                } else {
                    self.peer.handshake_failed(on, attempt, reason, now)
                };
                return (actions, is_stale);
            }
            Input::Disconnects => {
                self.forget_wishes();
                self.peer.disconnect(DisconnectReason::Requested, now)
            }
            Input::Cancels => {
                if matches!(self.peer.state(), State::Reconnecting | State::Cooldown) {
                    self.forget_wishes();
                }
                self.peer.cancel_reconnection()
            }
            Input::Passes { millis } => {
                self.now += Duration::from_millis(millis);
                self.peer.tick(self.now)
            }
            _ => Vec::new(),
        };
        (actions, false)
    }

    fn forget_wishes(&mut self) {
        self.wanted = false;
        self.persistent = false;
    }

    fn carry_out(&mut self, action: Action) {
        match action {
            Action::ReportConnecting => self.believed = State::Connecting,
            Action::ReportReconnecting { attempt, .. } => self.will_retry(attempt),
            Action::ReportCooldown { until } => {
                assert_eq!(until, self.now + COOLDOWN);
                self.will_retry(self.attempts + 1);
                self.believed = State::Cooldown;
            }
            Action::Dial => {
                assert!(!self.dialing, "a second dial beside the first");
                assert!(self.wanted, "a stranger is dialed");
                self.dialing = true;
            }
            Action::AbortDial => {
                assert!(self.dialing, "no dial to abort");
                self.dialing = false;
            }
            Action::ReportConnected { epoch, on, dialer } => {
                assert!(!matches!(self.believed, State::Connected | State::Established));
                assert!(self.begun.last().is_none_or(|last| *last < epoch), "numbers grow");
                self.begun.insert(epoch);
                (self.stands_on, self.dialer) = (Some(on), Some(dialer));
                self.believed = State::Connected;
            }
            Action::ReportEstablished { epoch, on } => {
                assert_eq!(self.stands_on, Some(on), "established where it was not reported");
                assert_eq!(self.believed, State::Connected, "established before connected");
                assert_eq!(self.begun.last(), Some(&epoch), "an old epoch is established");
                assert!(self.established.insert(epoch), "epoch {epoch} established twice");
                self.believed = State::Established;
            }
            Action::ReportDisconnected { epoch, reason } => self.reported_end(epoch, reason),
            Action::StartHandshake { attempt, on, .. } => {
                self.unused.remove(&on);
                assert!(self.open.contains(&on), "a handshake on a dead connection");
                self.shaking.push((on, attempt));
            }
            Action::Close(on) | Action::Abandon(on) => self.open.retain(|open| *open != on),
            Action::Move { to, from, epoch } => {
                assert_eq!(self.begun.last(), Some(&epoch), "an old epoch moves");
                assert!(self.open.contains(&to), "moved to a dead connection");
                self.stands_on = Some(to);
                self.open.retain(|open| Some(*open) != from);
            }
            other => panic!("an unknown action: {other:?}"),
        }
    }

    fn will_retry(&mut self, attempt: u32) {
        assert!(self.wanted, "a stranger is tried again");
        self.attempts = attempt;
        self.believed = State::Reconnecting;
    }

    fn reported_end(&mut self, epoch: Option<u64>, reason: DisconnectReason) {
        if let Some(epoch) = epoch {
            assert_eq!(self.begun.last(), Some(&epoch), "an old epoch ends");
            assert!(self.ended.insert(epoch), "epoch {epoch} ended twice");
        } else {
            self.attempts_ended(reason);
        }
        self.believed = State::Disconnected;
    }

    fn attempts_ended(&mut self, reason: DisconnectReason) {
        let idle = [State::Connected, State::Established, State::Disconnected];
        assert!(!idle.contains(&self.believed), "no attempt was under way");
        if reason == DisconnectReason::DialFailed {
            assert!(!self.persistent, "a persistent peer was given up");
            self.forget_wishes();
        }
    }

    fn check(&self) {
        assert_eq!(self.peer.state(), self.believed, "the reports tell another story");
        let live: Vec<u64> = self.begun.difference(&self.ended).copied().collect();
        match self.peer.session() {
            Some((on, epoch)) => {
                assert_eq!(live, [epoch], "exactly the session's epoch lives");
                assert!(self.open.contains(&on), "the session stands on a dead connection");
                assert_eq!(self.peer.dialer(), self.dialer, "the direction of a session changed");
            }
            None => assert!(live.is_empty(), "a reported session without an end: {live:?}"),
        }
        let will_act = self.dialing || self.peer.next_deadline().is_some();
        match self.peer.state() {
            State::Established => {}
            State::Disconnected => assert!(!self.dialing && self.peer.is_idle()),
            State::Connected => assert!(self.peer.next_deadline().is_some(), "it never ends"),
            _ => assert!(will_act, "a state without an exit: {:?}", self.peer),
        }
        let claimants = self.open.iter().filter(|on| self.unused.contains(on)).count();
        assert!(claimants <= 3, "more than three claimants: {:?}", self.open);
        let used = self.open.len() - claimants;
        assert!(used <= 2, "more than a session and its heir: {:?}", self.open);
    }

    /// Every dial fails from now on, every connection breaks, and much time passes.
    fn let_everything_fail(&mut self) {
        for _ in 0..20 {
            for input in [
                Input::Loses { which: 0 },
                Input::Loses { which: 0 },
                Input::DialFails,
                Input::Passes { millis: 60_000 },
            ] {
                self.apply(input);
                self.check();
            }
        }
    }

    fn end(mut self) {
        self.apply(Input::Disconnects);
        self.check();
        assert!(self.peer.is_idle());
        assert!(self.open.is_empty() && !self.dialing, "left open: {:?}", self.open);
        let unmatched: Vec<_> = self.established.difference(&self.ended).collect();
        assert!(unmatched.is_empty(), "established and never ended: {unmatched:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_session_ends_once_and_stands_on_a_live_connection(
        we_are_greater: bool,
        moves: bool,
        limited: bool,
        seed: u64,
        inputs in inputs(),
    ) {
        let mut world = World::new(we_are_greater, moves, limited, seed);
        for input in inputs {
            world.apply(input);
            world.check();
        }
        world.end();
    }

    #[test]
    fn in_a_world_where_all_fails_only_persistent_peers_are_tried_for_ever(
        limited: bool,
        seed: u64,
        inputs in inputs(),
    ) {
        let mut world = World::new(true, true, limited, seed);
        for input in inputs {
            world.apply(input);
        }
        world.let_everything_fail();
        let interest = world.peer.interest();
        let goes_on = interest == Interest::Persistent || (!limited && interest == Interest::Lasting);
        prop_assert_eq!(world.peer.state() != State::Disconnected, goes_on);
        prop_assert!(!world.persistent || goes_on);
    }
}

/// Says how to repeat a failure.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the sequence that failed has the seed {}", self.0);
        }
    }
}

#[test]
fn millions_of_random_orders_of_events_break_no_rule() {
    let first: u64 = rand::random();
    println!("the first seed is {first}");
    for number in 0..SEQUENCES {
        let seed = Seed(first.wrapping_add(number));
        let mut rng = SmallRng::seed_from_u64(seed.0);
        let mut world = World::new(rng.random(), rng.random(), rng.random(), rng.random());
        for _ in 0..rng.random_range(1..24) {
            world.apply(Input::random(&mut rng));
            world.check();
        }
        world.end();
    }
}

/// Sequences, of twelve events each on average.
const SEQUENCES: u64 = 2_000_000;
