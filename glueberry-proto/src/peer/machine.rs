//! The state machine of one peer.

use std::time::{Duration, Instant};

use super::action::{Action, ConnectionKey, DisconnectReason, State};
use super::pursuit::{Interest, Next, Phase, Pursuit, RetryPolicy};
use super::rivals::{Dialer, Verdict, judge};

/// One peer's connections, the session on them, and the attempts at another.
///
/// Every session has an epoch, and every handshake a number of its own, counted together from 1. A
/// result that comes back late, for another connection or attempt, changes nothing.
///
/// When both sides dial at once, the connection that both will keep may come second: it is then the
/// *heir*. The session goes on, moves once the heir's handshake is finished, and its end is never
/// reported in between.
///
/// A peer that this node wants ([`Interest`]) is tried again when it is lost; one that only dialed
/// us is not.
///
/// ```
/// use std::time::{Duration, Instant};
/// use glueberry_proto::peer::{Action, ConnectionKey, Dialer, Machine, State};
///
/// let (now, on) = (Instant::now(), ConnectionKey(7));
/// let mut peer = Machine::new(true, Duration::from_secs(30));
/// let actions = peer.connected(on, Dialer::Them, now);
/// assert!(actions.contains(&Action::StartHandshake { attempt: 1, on, dialer: Dialer::Them }));
/// assert_eq!(peer.handshake_done(on, 1, now), vec![Action::ReportEstablished { epoch: 1, on }]);
/// assert_eq!(peer.state(), State::Established);
/// ```
#[derive(Debug)]
pub struct Machine {
    we_are_greater: bool,
    handshake_timeout: Duration,
    moves: bool,
    last_number: u64,
    pursuit: Pursuit,
    session: Option<Session>,
    heir: Option<Attempt>,
}

#[derive(Debug)]
struct Session {
    epoch: u64,
    dialer: Dialer,
    current: Attempt,
    /// The handshake on the current connection is not finished.
    shaking: bool,
    /// The current connection was an heir when the one before it ended: to be reported as a move.
    inherited: bool,
    established: Option<Instant>,
}

/// A handshake on a connection.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    number: u64,
    on: ConnectionKey,
    dialer: Dialer,
    since: Instant,
}

impl Machine {
    /// `we_are_greater`: whether our peer id is above the peer's, which settles simultaneous dials.
    #[must_use]
    pub fn new(we_are_greater: bool, handshake_timeout: Duration) -> Self {
        Self {
            we_are_greater,
            handshake_timeout,
            moves: true,
            last_number: 0,
            pursuit: Pursuit::new(RetryPolicy::default(), 0),
            session: None,
            heir: None,
        }
    }

    /// How a lost peer is tried again. The seed is that of the pauses: peers that share one would
    /// all be tried at the same moments.
    #[must_use]
    pub fn retrying(mut self, policy: RetryPolicy, seed: u64) -> Self {
        self.pursuit = Pursuit::new(policy, seed);
        self
    }

    /// Counts sessions on from here: for a peer that was forgotten and comes again.
    #[must_use]
    pub fn counting_from(mut self, last_number: u64) -> Self {
        self.last_number = last_number;
        self
    }

    /// Sessions never move: where one would, it ends as superseded and another begins. For
    /// handshakes that the application conducts, and has to begin again on a new connection.
    #[must_use]
    pub fn without_moves(mut self) -> Self {
        self.moves = false;
        self
    }

    /// The last number that was given to a session or a handshake.
    #[must_use]
    pub fn last_number(&self) -> u64 {
        self.last_number
    }

    /// The state that the application sees.
    #[must_use]
    pub fn state(&self) -> State {
        match (&self.session, self.pursuit.phase()) {
            (Some(Session { established: Some(_), .. }), _) => State::Established,
            (Some(_), _) => State::Connected,
            (None, Phase::Idle) => State::Disconnected,
            (None, Phase::Dialing) => State::Connecting,
            (None, Phase::Waiting { reached: true, .. }) => State::Cooldown,
            (None, Phase::Waiting { .. } | Phase::Redialing) => State::Reconnecting,
        }
    }

    /// Whether a dial is under way.
    #[must_use]
    pub fn is_dialing(&self) -> bool {
        self.pursuit.is_dialing()
    }

    /// How much this node wants the peer.
    #[must_use]
    pub fn interest(&self) -> Interest {
        self.pursuit.interest()
    }

    /// Whether nothing is known of the peer any more, so that the machine may be dropped.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.session.is_none() && self.pursuit.phase() == Phase::Idle
    }

    /// Who dialed the session that stands. That does not change while it lasts.
    #[must_use]
    pub fn dialer(&self) -> Option<Dialer> {
        self.session.as_ref().map(|session| session.dialer)
    }

    /// The connection and epoch of the session, if there is one.
    #[must_use]
    pub fn session(&self) -> Option<(ConnectionKey, u64)> {
        self.session.as_ref().map(|session| (session.current.on, session.epoch))
    }

    /// The application wants the peer, at least so much: it is dialed now unless a session stands
    /// or a dial is under way. Later losses are answered according to the interest.
    pub fn seek(&mut self, interest: Interest) -> Vec<Action> {
        self.pursuit.raise(interest);
        if self.session.as_ref().is_some_and(|session| session.established.is_some()) {
            self.pursuit.reached();
        }
        if self.session.is_some() || self.pursuit.is_dialing() {
            return Vec::new();
        }
        let before = self.state();
        self.pursuit.dial_started();
        match before {
            State::Disconnected => vec![Action::ReportConnecting, Action::Dial],
            before => self.redial(before),
        }
    }

    /// The peer is not to be kept for ever any more: from now on the policy's limit holds for it.
    pub fn release(&mut self) {
        self.pursuit.lower();
    }

    /// The dial came to nothing at any address.
    pub fn dial_failed(&mut self, now: Instant) -> Vec<Action> {
        if !self.pursuit.is_dialing() {
            return Vec::new();
        }
        self.pursuit.rest();
        if self.session.is_some() {
            return Vec::new();
        }
        self.try_again_or_report(false, DisconnectReason::DialFailed, now)
    }

    /// A connection stands; its identity is proven.
    pub fn connected(&mut self, on: ConnectionKey, dialer: Dialer, now: Instant) -> Vec<Action> {
        if dialer == Dialer::Us || !self.pursuit.is_dialing() {
            self.pursuit.rest();
        }
        let newer = Attempt { number: self.next_number(), on, dialer, since: now };
        let Some(session) = &self.session else {
            return self.begin(newer);
        };
        let older = (session.current.dialer, session.current.since);
        match judge(older, (dialer, now), self.we_are_greater) {
            Verdict::KeepOlder => vec![Action::Abandon(on)],
            Verdict::MoveToNewer if self.moves => self.await_heir(newer),
            Verdict::MoveToNewer | Verdict::Supersede => {
                let mut actions = self.end(DisconnectReason::Superseded, now);
                actions.extend(self.begin(newer));
                actions
            }
        }
    }

    /// A connection is gone, or is to be given up for `reason`. An heir that was still shaking
    /// hands becomes the session's connection, and the session waits for it.
    pub fn connection_lost(
        &mut self,
        on: ConnectionKey,
        reason: DisconnectReason,
        now: Instant,
    ) -> Vec<Action> {
        if self.heir.take_if(|heir| heir.on == on).is_some() {
            return vec![Action::Close(on)];
        }
        if self.session.as_ref().is_none_or(|session| session.current.on != on) {
            return Vec::new();
        }
        if self.inherit() {
            return vec![Action::Close(on)];
        }
        self.lose(reason, now)
    }

    /// A handshake is finished on our side.
    pub fn handshake_done(&mut self, on: ConnectionKey, attempt: u64, now: Instant) -> Vec<Action> {
        let Some(session) = &mut self.session else { return Vec::new() };
        let epoch = session.epoch;
        let mut actions = Vec::new();
        if let Some(heir) = self.heir.take_if(|heir| heir.is(on, attempt)) {
            let from = Some(session.current.on);
            session.current = heir;
            actions.push(Action::Move { epoch, from, to: on });
        } else if !(session.shaking && session.current.is(on, attempt)) {
            return Vec::new();
        } else if session.inherited {
            actions.push(Action::Move { epoch, from: None, to: on });
        }
        session.shaking = false;
        session.inherited = false;
        if session.established.replace(session.established.unwrap_or(now)).is_none() {
            self.pursuit.reached();
            actions.push(Action::ReportEstablished { epoch, on });
        }
        actions
    }

    /// A handshake failed.
    pub fn handshake_failed(
        &mut self,
        on: ConnectionKey,
        attempt: u64,
        reason: DisconnectReason,
        now: Instant,
    ) -> Vec<Action> {
        if self.heir.take_if(|heir| heir.is(on, attempt)).is_some() {
            return vec![Action::Close(on)];
        }
        match &self.session {
            Some(session) if session.shaking && session.current.is(on, attempt) => {}
            _ => return Vec::new(),
        }
        if reason != DisconnectReason::PeerKeyMismatch && self.inherit() {
            return vec![Action::Close(on)];
        }
        self.lose(reason, now)
    }

    /// Ends whatever there is, and wants the peer no more: a session, its heir, a dial, a pause.
    pub fn disconnect(&mut self, reason: DisconnectReason, now: Instant) -> Vec<Action> {
        let mut actions = self.stop_trying(reason);
        actions.extend(self.end(reason, now));
        self.pursuit.give_up();
        actions
    }

    /// Gives up the attempts to reach the peer again; a session that stands goes on, and its loss
    /// is answered as before.
    pub fn cancel_reconnection(&mut self) -> Vec<Action> {
        if !matches!(self.state(), State::Reconnecting | State::Cooldown) {
            return Vec::new();
        }
        let actions = self.stop_trying(DisconnectReason::Requested);
        self.pursuit.give_up();
        actions
    }

    /// When [`Machine::tick`] has something to do.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let shaking = self.session.as_ref().filter(|s| s.shaking).map(|s| s.current.since);
        let heir = self.heir.as_ref().map(|heir| heir.since);
        let handshake = shaking.into_iter().chain(heir).min().map(|t| t + self.handshake_timeout);
        handshake.into_iter().chain(self.pursuit.next_dial()).min()
    }

    /// Time passed: drops a connection whose handshake took too long, dials when a pause is over.
    pub fn tick(&mut self, now: Instant) -> Vec<Action> {
        let timeout = self.handshake_timeout;
        let late = |attempt: &Attempt| attempt.since + timeout <= now;
        let mut actions = Vec::new();
        if let Some(heir) = self.heir.take_if(|heir| late(heir)) {
            actions.push(Action::Close(heir.on));
        }
        if self.session.as_ref().is_some_and(|s| s.shaking && late(&s.current)) {
            actions.extend(self.lose(DisconnectReason::HandshakeTimeout, now));
        }
        let before = self.state();
        if self.pursuit.is_due(now) {
            actions.extend(self.redial(before));
        }
        actions
    }

    /// A dial after a pause. It was announced before, unless the pause was a cooldown.
    fn redial(&self, before: State) -> Vec<Action> {
        let news = (before == State::Cooldown).then(|| self.report_dial());
        news.into_iter().chain([Action::Dial]).collect()
    }

    fn begin(&mut self, current: Attempt) -> Vec<Action> {
        let Attempt { number: epoch, on, dialer, .. } = current;
        self.session = Some(Session {
            epoch,
            dialer,
            current,
            shaking: true,
            inherited: false,
            established: None,
        });
        vec![Action::ReportConnected { epoch, on, dialer }, current.start()]
    }

    /// The session's connection is of no use any more: an heir, if there is one, takes its place.
    fn inherit(&mut self) -> bool {
        let (Some(session), Some(heir)) = (&mut self.session, self.heir.take()) else {
            return false;
        };
        session.current = heir;
        session.shaking = true;
        session.inherited = true;
        true
    }

    fn await_heir(&mut self, heir: Attempt) -> Vec<Action> {
        let replaced = self.heir.replace(heir).map(|older| Action::Close(older.on));
        replaced.into_iter().chain([heir.start()]).collect()
    }

    /// The session ended against our will: it is reported, and the peer tried again if it is
    /// wanted.
    fn lose(&mut self, reason: DisconnectReason, now: Instant) -> Vec<Action> {
        let mut actions = self.end(reason, now);
        if self.pursuit.is_dialing() {
            actions.push(self.report_dial());
        } else {
            actions.extend(self.try_again(shook_no_hands(reason), now));
        }
        actions
    }

    fn report_dial(&self) -> Action {
        if self.pursuit.phase() == Phase::Dialing {
            return Action::ReportConnecting;
        }
        Action::ReportReconnecting { attempt: self.pursuit.attempts(), delay: Duration::ZERO }
    }

    fn try_again(&mut self, reached: bool, now: Instant) -> Option<Action> {
        match self.pursuit.failed(reached, now) {
            Next::Retry { attempt, delay } => Some(Action::ReportReconnecting { attempt, delay }),
            Next::Cooldown { until } => Some(Action::ReportCooldown { until }),
            Next::GiveUp => None,
        }
    }

    fn try_again_or_report(
        &mut self,
        reached: bool,
        reason: DisconnectReason,
        now: Instant,
    ) -> Vec<Action> {
        let end = Action::ReportDisconnected { epoch: None, reason };
        vec![self.try_again(reached, now).unwrap_or(end)]
    }

    /// Ends a dial or a pause, and reports that if it was what the application saw.
    fn stop_trying(&mut self, reason: DisconnectReason) -> Vec<Action> {
        let mut actions = Vec::new();
        let seen = self.session.is_none() && !self.is_idle();
        if self.pursuit.is_dialing() {
            actions.push(Action::AbortDial);
        }
        self.pursuit.rest();
        if seen {
            actions.push(Action::ReportDisconnected { epoch: None, reason });
        }
        actions
    }

    fn end(&mut self, reason: DisconnectReason, now: Instant) -> Vec<Action> {
        let Some(session) = self.session.take() else { return Vec::new() };
        if session.established.is_some_and(|since| since + LASTING <= now) {
            self.pursuit.forgive();
        }
        let epoch = Some(session.epoch);
        let mut actions =
            vec![Action::ReportDisconnected { epoch, reason }, Action::Close(session.current.on)];
        actions.extend(self.heir.take().map(|heir| Action::Close(heir.on)));
        actions
    }

    fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }
}

/// Whether the peer was there and the handshake is to blame: dialing again at once would only
/// repeat it.
fn shook_no_hands(reason: DisconnectReason) -> bool {
    matches!(
        reason,
        DisconnectReason::HandshakeTimeout
            | DisconnectReason::HandshakeFailed
            | DisconnectReason::PeerKeyMismatch
    )
}

impl Attempt {
    fn is(&self, on: ConnectionKey, attempt: u64) -> bool {
        self.on == on && self.number == attempt
    }

    fn start(&self) -> Action {
        Action::StartHandshake { attempt: self.number, on: self.on, dialer: self.dialer }
    }
}

/// A session of this length was no accident: the peer's failures before it are forgiven. Shorter
/// ones are not, so that a peer that accepts and drops us is not redialed in a tight loop.
const LASTING: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(30);
    const FIRST: ConnectionKey = ConnectionKey(1);
    const SECOND: ConnectionKey = ConnectionKey(2);

    fn established(we_are_greater: bool, dialer: Dialer, now: Instant) -> Machine {
        let mut peer = Machine::new(we_are_greater, TIMEOUT);
        peer.connected(FIRST, dialer, now);
        peer.handshake_done(FIRST, 1, now);
        assert_eq!(peer.state(), State::Established);
        peer
    }

    #[test]
    fn a_peer_that_never_shakes_hands_is_dropped_at_the_deadline_and_not_before() {
        let now = Instant::now();
        let mut peer = Machine::new(true, TIMEOUT);
        peer.connected(FIRST, Dialer::Them, now);
        assert_eq!(peer.next_deadline(), Some(now + TIMEOUT));
        assert_eq!(peer.tick(now + Duration::from_secs(29)), vec![]);
        let reason = DisconnectReason::HandshakeTimeout;
        assert_eq!(
            peer.tick(now + TIMEOUT),
            vec![Action::ReportDisconnected { epoch: Some(1), reason }, Action::Close(FIRST)]
        );
        assert_eq!((peer.state(), peer.next_deadline()), (State::Disconnected, None));
    }

    #[test]
    fn late_work_of_an_older_session_changes_nothing() {
        let now = Instant::now();
        let mut peer = Machine::new(true, TIMEOUT);
        peer.connected(FIRST, Dialer::Them, now);
        peer.connected(SECOND, Dialer::Them, now);
        assert_eq!(peer.session(), Some((SECOND, 2)));
        assert_eq!(peer.handshake_done(FIRST, 1, now), vec![]);
        assert_eq!(peer.handshake_failed(FIRST, 1, DisconnectReason::HandshakeFailed, now), vec![]);
        assert_eq!(lost(&mut peer, FIRST, now), vec![]);
        assert_eq!(peer.session(), Some((SECOND, 2)));
    }

    #[test]
    fn a_restarted_peer_supersedes_its_own_dead_session() {
        let now = Instant::now();
        let mut peer = established(true, Dialer::Them, now);
        let reason = DisconnectReason::Superseded;
        assert_eq!(
            peer.connected(SECOND, Dialer::Them, now),
            vec![
                Action::ReportDisconnected { epoch: Some(1), reason },
                Action::Close(FIRST),
                Action::ReportConnected { epoch: 2, on: SECOND, dialer: Dialer::Them },
                Action::StartHandshake { attempt: 2, on: SECOND, dialer: Dialer::Them },
            ]
        );
    }

    #[test]
    fn an_established_session_moves_to_the_winner_of_a_simultaneous_dial_without_an_end() {
        let now = Instant::now();
        let mut peer = established(true, Dialer::Them, now);
        let start = Action::StartHandshake { attempt: 2, on: SECOND, dialer: Dialer::Us };
        assert_eq!(peer.connected(SECOND, Dialer::Us, now), vec![start]);
        assert_eq!(peer.state(), State::Established);
        let moved = Action::Move { epoch: 1, from: Some(FIRST), to: SECOND };
        assert_eq!(peer.handshake_done(SECOND, 2, now), vec![moved]);
        assert_eq!(lost(&mut peer, FIRST, now), vec![], "the loser's end is no end of the session");
        assert_eq!(peer.session(), Some((SECOND, 1)));
    }

    #[test]
    fn a_session_whose_connection_breaks_waits_for_its_heir() {
        let now = Instant::now();
        let mut peer = established(true, Dialer::Them, now);
        peer.connected(SECOND, Dialer::Us, now);
        assert_eq!(lost(&mut peer, FIRST, now), vec![]);
        assert_eq!(peer.state(), State::Established);
        assert_eq!(peer.next_deadline(), Some(now + TIMEOUT), "it does not wait for ever");
        let moved = Action::Move { epoch: 1, from: None, to: SECOND };
        assert_eq!(peer.handshake_done(SECOND, 2, now), vec![moved]);
        assert_eq!(peer.next_deadline(), None);
    }

    #[test]
    fn a_session_that_inherits_before_it_is_established_moves_first() {
        let now = Instant::now();
        let mut peer = Machine::new(true, TIMEOUT);
        peer.connected(FIRST, Dialer::Them, now);
        peer.connected(SECOND, Dialer::Us, now);
        assert_eq!(lost(&mut peer, FIRST, now), vec![]);
        assert_eq!(
            peer.handshake_done(SECOND, 2, now),
            vec![
                Action::Move { epoch: 1, from: None, to: SECOND },
                Action::ReportEstablished { epoch: 1, on: SECOND },
            ]
        );
    }

    #[test]
    fn an_heir_that_is_ready_first_establishes_the_session() {
        let now = Instant::now();
        let mut peer = Machine::new(true, TIMEOUT);
        peer.connected(FIRST, Dialer::Them, now);
        peer.connected(SECOND, Dialer::Us, now);
        assert_eq!(
            peer.handshake_done(SECOND, 2, now),
            vec![
                Action::Move { epoch: 1, from: Some(FIRST), to: SECOND },
                Action::ReportEstablished { epoch: 1, on: SECOND },
            ]
        );
        assert_eq!(
            peer.handshake_done(FIRST, 1, now),
            vec![],
            "the loser's handshake comes too late"
        );
    }

    #[test]
    fn without_moves_the_winner_of_a_simultaneous_dial_begins_a_session_of_its_own() {
        let now = Instant::now();
        let mut peer = Machine::new(true, TIMEOUT).without_moves();
        peer.connected(FIRST, Dialer::Them, now);
        let reason = DisconnectReason::Superseded;
        let actions = peer.connected(SECOND, Dialer::Us, now);
        assert_eq!(actions[0], Action::ReportDisconnected { epoch: Some(1), reason });
        assert_eq!(peer.session(), Some((SECOND, 2)));
    }

    #[test]
    fn disconnecting_while_dialing_aborts_the_dial_and_says_so_once() {
        let now = Instant::now();
        let mut peer = Machine::new(true, TIMEOUT);
        assert_eq!(peer.seek(Interest::Once), vec![Action::ReportConnecting, Action::Dial]);
        let reason = DisconnectReason::Requested;
        assert_eq!(
            peer.disconnect(reason, now),
            vec![Action::AbortDial, Action::ReportDisconnected { epoch: None, reason }]
        );
        assert_eq!(peer.disconnect(reason, now), vec![]);
        assert!(peer.is_idle());
    }

    /// A peer that this node dialed and lost.
    fn lost_peer(interest: Interest, now: Instant) -> Machine {
        let policy = RetryPolicy { cooldown: Duration::from_mins(1), ..RetryPolicy::default() };
        let mut peer = Machine::new(true, TIMEOUT).retrying(policy, 1);
        peer.seek(interest);
        peer.connected(FIRST, Dialer::Us, now);
        peer.handshake_done(FIRST, 1, now);
        lost(&mut peer, FIRST, now);
        peer
    }

    #[test]
    fn a_lost_peer_that_was_dialed_is_dialed_again_after_a_pause() {
        let now = Instant::now();
        let mut peer = lost_peer(Interest::Once, now);
        assert_eq!(peer.state(), State::Reconnecting);
        let due = peer.next_deadline().expect("it is tried again");
        assert!(due <= now + Duration::from_secs(1));
        assert_eq!(peer.tick(due), vec![Action::Dial]);
        assert_eq!(peer.state(), State::Reconnecting);
        let again = peer.dial_failed(due);
        assert!(matches!(again[..], [Action::ReportReconnecting { attempt: 2, .. }]), "{again:?}");
    }

    #[test]
    fn a_lost_peer_that_dialed_us_is_let_go() {
        let now = Instant::now();
        let mut peer = established(true, Dialer::Them, now);
        let reason = DisconnectReason::ConnectionLost;
        assert_eq!(
            lost(&mut peer, FIRST, now),
            vec![Action::ReportDisconnected { epoch: Some(1), reason }, Action::Close(FIRST)]
        );
        assert!(peer.is_idle());
    }

    #[test]
    fn a_first_dial_that_fails_is_not_repeated_unless_the_peer_is_to_be_kept() {
        let now = Instant::now();
        let reason = DisconnectReason::DialFailed;
        let mut peer = Machine::new(true, TIMEOUT);
        peer.seek(Interest::Once);
        let end = vec![Action::ReportDisconnected { epoch: None, reason }];
        assert_eq!(peer.dial_failed(now), end);
        peer.seek(Interest::Persistent);
        assert!(matches!(peer.dial_failed(now)[..], [Action::ReportReconnecting { .. }]));
    }

    #[test]
    fn a_failed_handshake_is_followed_by_a_cooldown() {
        let now = Instant::now();
        let mut peer = lost_peer(Interest::Lasting, now);
        peer.tick(now + Duration::from_secs(1));
        peer.connected(SECOND, Dialer::Us, now);
        let reason = DisconnectReason::HandshakeFailed;
        let actions = peer.handshake_failed(SECOND, 2, reason, now);
        let until = now + Duration::from_mins(1);
        assert_eq!(actions.last(), Some(&Action::ReportCooldown { until }));
        assert_eq!((peer.state(), peer.next_deadline()), (State::Cooldown, Some(until)));
        let actions = peer.tick(until);
        assert!(
            matches!(actions[..], [Action::ReportReconnecting { .. }, Action::Dial]),
            "{actions:?}"
        );
    }

    #[test]
    fn a_pause_is_cut_short_by_who_wants_the_peer_now() {
        let mut peer = lost_peer(Interest::Lasting, Instant::now());
        assert_eq!(peer.seek(Interest::Once), vec![Action::Dial]);
        assert_eq!(peer.next_deadline(), None);
    }

    #[test]
    fn a_cancelled_reconnection_is_reported_and_not_taken_up_again() {
        let now = Instant::now();
        let mut peer = lost_peer(Interest::Persistent, now);
        let reason = DisconnectReason::Requested;
        let end = Action::ReportDisconnected { epoch: None, reason };
        assert_eq!(peer.cancel_reconnection(), vec![end]);
        assert_eq!((peer.next_deadline(), peer.is_idle()), (None, true));
        assert_eq!(peer.cancel_reconnection(), vec![]);
        // So is one whose dial is under way.
        let mut peer = lost_peer(Interest::Persistent, now);
        peer.seek(Interest::Once);
        assert_eq!(peer.cancel_reconnection(), vec![Action::AbortDial, end]);
    }

    #[test]
    fn a_session_that_lasted_forgives_the_failures_before_it_and_a_short_one_does_not() {
        let mut now = Instant::now();
        let mut peer = lost_peer(Interest::Lasting, now);
        for (number, lasted, attempt) in [(2, LASTING / 2, 2), (3, LASTING, 1)] {
            now += Duration::from_mins(1);
            peer.tick(now);
            let on = ConnectionKey(number);
            peer.connected(on, Dialer::Us, now);
            peer.handshake_done(on, number, now);
            now += lasted;
            let actions = lost(&mut peer, on, now);
            let Some(Action::ReportReconnecting { attempt: next, .. }) = actions.last() else {
                panic!("{actions:?}")
            };
            assert_eq!(*next, attempt);
        }
    }

    #[test]
    fn a_silent_connection_is_closed_and_its_session_ended_at_once() {
        let now = Instant::now();
        let mut peer = established(true, Dialer::Them, now);
        let reason = DisconnectReason::KeepAliveTimeout;
        let actions = peer.connection_lost(FIRST, reason, now);
        let end = Action::ReportDisconnected { epoch: Some(1), reason };
        assert_eq!(actions, vec![end, Action::Close(FIRST)]);
        assert_eq!(lost(&mut peer, FIRST, now), vec![], "its real end changes nothing");
    }

    fn lost(peer: &mut Machine, on: ConnectionKey, now: Instant) -> Vec<Action> {
        let actions = peer.connection_lost(on, DisconnectReason::ConnectionLost, now);
        if actions == vec![Action::Close(on)] { Vec::new() } else { actions }
    }
}
