//! The state machine of one peer.

use std::time::{Duration, Instant};

use super::rivals::{Dialer, Verdict, judge};

/// The states that an application sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// No connection and no attempt at one.
    #[default]
    Disconnected,
    /// A dial is under way.
    Connecting,
    /// A connection stands; its handshake is not finished.
    Connected,
    /// The handshake is finished and messages flow.
    Established,
    /// The peer was lost, and is tried again after a pause, or at this moment.
    Reconnecting,
    /// The peer was reached but no session came of it; it is left alone for a while.
    Cooldown,
}

/// Names one connection. Never reused while the node lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionKey(pub u64);

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// This node's application asked for it.
    Requested,
    /// This node is shutting down.
    Shutdown,
    /// The connection ended: the peer left, or the network broke it.
    ConnectionLost,
    /// A newer connection of the same peer took its place.
    Superseded,
    /// The handshake was not finished in time.
    HandshakeTimeout,
    /// The peer broke the rules of the handshake, or closed it before its end.
    HandshakeFailed,
    /// The peer sent a key that is not the one in its peer id.
    PeerKeyMismatch,
    /// No address of the peer could be reached.
    DialFailed,
    /// The peer gave no sign of life within the keep-alive's time.
    KeepAliveTimeout,
    /// This node bans the peer, or its address.
    Banned,
}

/// What the machine wants done. The caller carries actions out in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Tell the application: a dial began.
    ReportConnecting,
    /// Tell the application: a connection stands, and session `epoch` began on it.
    ReportConnected {
        /// The session.
        epoch: u64,
        /// Its connection.
        on: ConnectionKey,
    },
    /// Tell the application: session `epoch` is established.
    ReportEstablished {
        /// The session.
        epoch: u64,
        /// Its connection.
        on: ConnectionKey,
    },
    /// Tell the application: the session ended (`epoch`), or the dial came to nothing (`None`).
    ReportDisconnected {
        /// The session, if one had begun.
        epoch: Option<u64>,
        /// Why.
        reason: DisconnectReason,
    },
    /// Begin a handshake on a connection, for the session that stands.
    StartHandshake {
        /// The attempt's own number, to be given back with its result.
        attempt: u64,
        /// The connection to shake hands on.
        on: ConnectionKey,
        /// Who dialed it: the dialer speaks first.
        dialer: Dialer,
    },
    /// The session `epoch` goes on over another connection, whose handshake is finished.
    Move {
        /// The session.
        epoch: u64,
        /// The connection that lost a simultaneous dial: it is read to its end and then closed.
        /// `None` if it has ended already.
        from: Option<ConnectionKey>,
        /// The one that stays.
        to: ConnectionKey,
    },
    /// Close a connection.
    Close(ConnectionKey),
    /// A connection lost a simultaneous dial: use it for nothing, and close it a while later. The
    /// peer, which may not know the winner yet, would take an immediate end for a failure.
    Abandon(ConnectionKey),
    /// Give up the dial that is under way.
    AbortDial,
}

/// One peer's connections, and the session on them.
///
/// Every session has an epoch, and every handshake a number of its own, counted together from 1. A
/// result that comes back late, for another connection or attempt, changes nothing.
///
/// When both sides dial at once, the connection that both will keep may come second: it is then the
/// *heir*. The session goes on, moves once the heir's handshake is finished, and its end is never
/// reported in between.
///
/// ```
/// use std::time::{Duration, Instant};
/// use glueberry_proto::peer::{Action, ConnectionKey, Dialer, Machine, State};
///
/// let (now, on) = (Instant::now(), ConnectionKey(7));
/// let mut peer = Machine::new(true, Duration::from_secs(30));
/// let actions = peer.connected(on, Dialer::Them, now);
/// assert!(actions.contains(&Action::StartHandshake { attempt: 1, on, dialer: Dialer::Them }));
/// assert_eq!(peer.handshake_done(on, 1), vec![Action::ReportEstablished { epoch: 1, on }]);
/// assert_eq!(peer.state(), State::Established);
/// ```
#[derive(Debug)]
pub struct Machine {
    we_are_greater: bool,
    handshake_timeout: Duration,
    moves: bool,
    dialing: bool,
    last_number: u64,
    session: Option<Session>,
    heir: Option<Attempt>,
}

#[derive(Debug)]
struct Session {
    epoch: u64,
    current: Attempt,
    /// The handshake on the current connection is not finished.
    shaking: bool,
    /// The current connection was an heir when the one before it ended: to be reported as a move.
    inherited: bool,
    established: bool,
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
            dialing: false,
            last_number: 0,
            session: None,
            heir: None,
        }
    }

    /// Counts sessions on from here: for a peer that was forgotten and comes again.
    #[must_use]
    pub fn counting_from(mut self, last_number: u64) -> Self {
        self.last_number = last_number;
        self
    }

    /// The last number that was given to a session or a handshake.
    #[must_use]
    pub fn last_number(&self) -> u64 {
        self.last_number
    }

    /// Sessions never move: where one would, it ends as superseded and another begins. For
    /// handshakes that the application conducts, and has to begin again on a new connection.
    #[must_use]
    pub fn without_moves(mut self) -> Self {
        self.moves = false;
        self
    }

    /// The state that the application sees.
    #[must_use]
    pub fn state(&self) -> State {
        match &self.session {
            Some(session) if session.established => State::Established,
            Some(_) => State::Connected,
            None if self.dialing => State::Connecting,
            None => State::Disconnected,
        }
    }

    /// Whether nothing is known of the peer any more, so that the machine may be dropped.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.session.is_none() && !self.dialing
    }

    /// The connection and epoch of the session, if there is one.
    #[must_use]
    pub fn session(&self) -> Option<(ConnectionKey, u64)> {
        self.session.as_ref().map(|session| (session.current.on, session.epoch))
    }

    /// A dial began.
    pub fn dial_started(&mut self) -> Vec<Action> {
        let news = self.is_idle();
        self.dialing = true;
        if news { vec![Action::ReportConnecting] } else { Vec::new() }
    }

    /// The dial came to nothing at any address.
    pub fn dial_failed(&mut self) -> Vec<Action> {
        let was_connecting = self.state() == State::Connecting;
        self.dialing = false;
        if !was_connecting {
            return Vec::new();
        }
        let reason = DisconnectReason::DialFailed;
        vec![Action::ReportDisconnected { epoch: None, reason }]
    }

    /// A connection stands; its identity is proven.
    pub fn connected(&mut self, on: ConnectionKey, dialer: Dialer, now: Instant) -> Vec<Action> {
        if dialer == Dialer::Us {
            self.dialing = false;
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
                let mut actions = self.end(DisconnectReason::Superseded);
                actions.extend(self.begin(newer));
                actions
            }
        }
    }

    /// A connection is gone. An heir that was still shaking hands becomes the session's connection,
    /// and the session waits for it.
    pub fn disconnected(&mut self, on: ConnectionKey) -> Vec<Action> {
        self.connection_lost(on, DisconnectReason::ConnectionLost)
    }

    /// A connection is gone, or of no use any more: for any reason but
    /// [`DisconnectReason::ConnectionLost`] it still stands, and is to be closed.
    pub fn connection_lost(&mut self, on: ConnectionKey, reason: DisconnectReason) -> Vec<Action> {
        let stands = reason != DisconnectReason::ConnectionLost;
        let close = || if stands { vec![Action::Close(on)] } else { Vec::new() };
        if self.heir.take_if(|heir| heir.on == on).is_some() {
            return close();
        }
        if self.session.as_ref().is_none_or(|session| session.current.on != on) {
            return Vec::new();
        }
        if self.inherit() {
            return close();
        }
        let mut actions = self.end(reason);
        actions.retain(|action| stands || *action != Action::Close(on));
        actions
    }

    /// A handshake is finished on our side.
    pub fn handshake_done(&mut self, on: ConnectionKey, attempt: u64) -> Vec<Action> {
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
        if !std::mem::replace(&mut session.established, true) {
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
        self.end(reason)
    }

    /// Ends whatever there is: a session, its heir, a dial.
    pub fn disconnect(&mut self, reason: DisconnectReason) -> Vec<Action> {
        let mut actions = Vec::new();
        let was_connecting = self.state() == State::Connecting;
        if std::mem::take(&mut self.dialing) {
            actions.push(Action::AbortDial);
        }
        if was_connecting {
            actions.push(Action::ReportDisconnected { epoch: None, reason });
        }
        actions.extend(self.end(reason));
        actions
    }

    /// When [`Machine::tick`] has something to do.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let session = self.session.as_ref().filter(|s| s.shaking).map(|s| s.current.since);
        let heir = self.heir.as_ref().map(|heir| heir.since);
        session.into_iter().chain(heir).min().map(|since| since + self.handshake_timeout)
    }

    /// Time passed: drops a connection whose handshake took too long.
    pub fn tick(&mut self, now: Instant) -> Vec<Action> {
        let timeout = self.handshake_timeout;
        let late = |attempt: &Attempt| attempt.since + timeout <= now;
        let mut actions = Vec::new();
        if let Some(heir) = self.heir.take_if(|heir| late(heir)) {
            actions.push(Action::Close(heir.on));
        }
        if self.session.as_ref().is_some_and(|s| s.shaking && late(&s.current)) {
            actions.extend(self.end(DisconnectReason::HandshakeTimeout));
        }
        actions
    }

    fn begin(&mut self, current: Attempt) -> Vec<Action> {
        let Attempt { number: epoch, on, .. } = current;
        self.session =
            Some(Session { epoch, current, shaking: true, inherited: false, established: false });
        vec![Action::ReportConnected { epoch, on }, current.start()]
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

    fn end(&mut self, reason: DisconnectReason) -> Vec<Action> {
        let Some(session) = self.session.take() else { return Vec::new() };
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

impl Attempt {
    fn is(&self, on: ConnectionKey, attempt: u64) -> bool {
        self.on == on && self.number == attempt
    }

    fn start(&self) -> Action {
        Action::StartHandshake { attempt: self.number, on: self.on, dialer: self.dialer }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(30);
    const FIRST: ConnectionKey = ConnectionKey(1);
    const SECOND: ConnectionKey = ConnectionKey(2);

    fn established(we_are_greater: bool, dialer: Dialer, now: Instant) -> Machine {
        let mut peer = Machine::new(we_are_greater, TIMEOUT);
        peer.connected(FIRST, dialer, now);
        peer.handshake_done(FIRST, 1);
        assert_eq!(peer.state(), State::Established);
        peer
    }

    #[test]
    fn a_connection_that_is_called_dead_ends_its_session_with_the_reason_and_is_closed() {
        let mut peer = established(true, Dialer::Us, Instant::now());
        let reason = DisconnectReason::KeepAliveTimeout;
        let ended = Action::ReportDisconnected { epoch: Some(1), reason };
        assert_eq!(peer.connection_lost(FIRST, reason), [ended, Action::Close(FIRST)]);
        assert_eq!(peer.disconnected(FIRST), [], "its end is reported once");
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
        assert_eq!(peer.handshake_done(FIRST, 1), vec![]);
        assert_eq!(peer.handshake_failed(FIRST, 1, DisconnectReason::HandshakeFailed), vec![]);
        assert_eq!(peer.disconnected(FIRST), vec![]);
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
                Action::ReportConnected { epoch: 2, on: SECOND },
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
        assert_eq!(peer.handshake_done(SECOND, 2), vec![moved]);
        assert_eq!(peer.disconnected(FIRST), vec![], "the loser's end is no end of the session");
        assert_eq!(peer.session(), Some((SECOND, 1)));
    }

    #[test]
    fn a_session_whose_connection_breaks_waits_for_its_heir() {
        let now = Instant::now();
        let mut peer = established(true, Dialer::Them, now);
        peer.connected(SECOND, Dialer::Us, now);
        assert_eq!(peer.disconnected(FIRST), vec![]);
        assert_eq!(peer.state(), State::Established);
        assert_eq!(peer.next_deadline(), Some(now + TIMEOUT), "it does not wait for ever");
        let moved = Action::Move { epoch: 1, from: None, to: SECOND };
        assert_eq!(peer.handshake_done(SECOND, 2), vec![moved]);
        assert_eq!(peer.next_deadline(), None);
    }

    #[test]
    fn a_session_that_inherits_before_it_is_established_moves_first() {
        let now = Instant::now();
        let mut peer = Machine::new(true, TIMEOUT);
        peer.connected(FIRST, Dialer::Them, now);
        peer.connected(SECOND, Dialer::Us, now);
        assert_eq!(peer.disconnected(FIRST), vec![]);
        assert_eq!(
            peer.handshake_done(SECOND, 2),
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
            peer.handshake_done(SECOND, 2),
            vec![
                Action::Move { epoch: 1, from: Some(FIRST), to: SECOND },
                Action::ReportEstablished { epoch: 1, on: SECOND },
            ]
        );
        assert_eq!(peer.handshake_done(FIRST, 1), vec![], "the loser's handshake comes too late");
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
        let mut peer = Machine::new(true, TIMEOUT);
        assert_eq!(peer.dial_started(), vec![Action::ReportConnecting]);
        let reason = DisconnectReason::Requested;
        assert_eq!(
            peer.disconnect(reason),
            vec![Action::AbortDial, Action::ReportDisconnected { epoch: None, reason }]
        );
        assert_eq!(peer.disconnect(reason), vec![]);
        assert!(peer.is_idle());
    }
}
