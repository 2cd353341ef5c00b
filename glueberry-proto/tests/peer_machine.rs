//! The peer state machine under random orders of events and a simulated clock.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use glueberry_proto::peer::{Action, ConnectionKey, Dialer, DisconnectReason, Machine, State};
use proptest::prelude::*;

const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Clone, Debug)]
enum Input {
    Dial,
    DialFails,
    Connects { we_dialed: bool },
    Loses { which: usize },
    Shakes { which: usize, number_back: u64, works: bool },
    Disconnects,
    Passes { millis: u64 },
}

fn inputs() -> impl Strategy<Value = Vec<Input>> {
    let input = prop_oneof![
        Just(Input::Dial),
        Just(Input::DialFails),
        any::<bool>().prop_map(|we_dialed| Input::Connects { we_dialed }),
        (0..8usize).prop_map(|which| Input::Loses { which }),
        (0..8usize, 0..3u64, prop::bool::weighted(0.8))
            .prop_map(|(which, number_back, works)| Input::Shakes { which, number_back, works }),
        Just(Input::Disconnects),
        (0..20_000u64).prop_map(|millis| Input::Passes { millis }),
    ];
    prop::collection::vec(input, 0..80)
}

/// The world around a machine: which connections stand, which handshakes run, what was reported.
struct World {
    peer: Machine,
    now: Instant,
    next_key: u64,
    open: Vec<ConnectionKey>,
    shaking: Vec<(ConnectionKey, u64)>,
    begun: BTreeSet<u64>,
    established: BTreeSet<u64>,
    ended: BTreeSet<u64>,
    /// The connection that the session was last reported to stand on.
    stands_on: Option<ConnectionKey>,
}

impl World {
    fn new(we_are_greater: bool, moves: bool) -> Self {
        let peer = Machine::new(we_are_greater, TIMEOUT);
        Self {
            peer: if moves { peer } else { peer.without_moves() },
            now: Instant::now(),
            next_key: 0,
            open: Vec::new(),
            shaking: Vec::new(),
            begun: BTreeSet::new(),
            established: BTreeSet::new(),
            ended: BTreeSet::new(),
            stands_on: None,
        }
    }

    fn apply(&mut self, input: &Input) {
        let actions = match *input {
            Input::Dial => self.peer.dial_started(),
            Input::DialFails => self.peer.dial_failed(),
            Input::Connects { we_dialed } => {
                let on = ConnectionKey(self.next_key);
                self.next_key += 1;
                self.open.push(on);
                let dialer = if we_dialed { Dialer::Us } else { Dialer::Them };
                self.peer.connected(on, dialer, self.now)
            }
            Input::Loses { which } if !self.open.is_empty() => {
                let on = self.open.remove(which % self.open.len());
                self.peer.disconnected(on)
            }
            Input::Shakes { which, number_back, works } if !self.shaking.is_empty() => {
                let (on, attempt) = self.shaking[which % self.shaking.len()];
                let attempt = attempt.saturating_sub(number_back);
                if works {
                    self.peer.handshake_done(on, attempt)
                } else {
                    self.peer.handshake_failed(on, attempt, DisconnectReason::HandshakeFailed)
                }
            }
            Input::Disconnects => self.peer.disconnect(DisconnectReason::Requested),
            Input::Passes { millis } => {
                self.now += Duration::from_millis(millis);
                self.peer.tick(self.now)
            }
            Input::Loses { .. } | Input::Shakes { .. } => Vec::new(),
        };
        for action in actions {
            self.carry_out(action);
        }
    }

    fn carry_out(&mut self, action: Action) {
        match action {
            Action::ReportConnected { epoch, on } => {
                self.stands_on = Some(on);
                assert!(self.begun.insert(epoch), "epoch {epoch} began twice");
            }
            Action::ReportEstablished { epoch, on } => {
                assert_eq!(self.stands_on, Some(on), "established where it was not reported");
                assert!(self.begun.contains(&epoch), "established before connected");
                assert!(self.established.insert(epoch), "epoch {epoch} established twice");
            }
            Action::ReportDisconnected { epoch: Some(epoch), .. } => {
                assert!(self.begun.contains(&epoch), "ended before it began");
                assert!(self.ended.insert(epoch), "epoch {epoch} ended twice");
            }
            Action::StartHandshake { attempt, on, .. } => {
                assert!(self.open.contains(&on), "a handshake on a dead connection");
                self.shaking.push((on, attempt));
            }
            Action::Close(on) | Action::Abandon(on) => self.open.retain(|open| *open != on),
            Action::Move { to, from, .. } => {
                assert!(self.open.contains(&to), "moved to a dead connection");
                self.stands_on = Some(to);
                self.open.retain(|open| Some(*open) != from);
            }
            _ => {}
        }
    }

    fn check(&self) {
        let live: Vec<u64> = self.begun.difference(&self.ended).copied().collect();
        match self.peer.session() {
            Some((on, epoch)) => {
                assert_eq!(live, [epoch], "exactly the session's epoch lives");
                assert!(self.open.contains(&on), "the session stands on a dead connection");
            }
            None => assert!(live.is_empty(), "a reported session without an end: {live:?}"),
        }
        let is_established = self.peer.state() == State::Established;
        let epoch_is = live.first().is_some_and(|epoch| self.established.contains(epoch));
        assert_eq!(is_established, epoch_is);
        if self.peer.state() == State::Connected {
            assert!(self.peer.next_deadline().is_some(), "a handshake without a deadline");
        }
        assert!(self.open.len() <= 2, "more than a session and its heir: {:?}", self.open);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn every_session_ends_once_and_stands_on_a_live_connection(
        we_are_greater: bool,
        moves: bool,
        inputs in inputs(),
    ) {
        let mut world = World::new(we_are_greater, moves);
        for input in &inputs {
            world.apply(input);
            world.check();
        }
        world.apply(&Input::Disconnects);
        world.check();
        prop_assert!(world.peer.is_idle());
        prop_assert!(world.open.is_empty(), "left open: {:?}", world.open);
    }
}
