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
/// A connection that the peer dials while a session stands is a *claimant*: it takes the session's
/// place once the peer uses it. One that ends before that changes nothing: the peer dialed this
/// address in search of somebody else.
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
    /// The oldest first, and only beside a session: at most [`MOST_CLAIMANTS`], and one more pushes
    /// out the oldest.
    claimants: Vec<Connection>,
}

#[derive(Debug)]
struct Session {
    epoch: u64,
    dialer: Dialer,
    current: Attempt,
    /// Since when the handshake on the current connection goes on, if it is not finished.
    shaking: Option<Instant>,
    /// The current connection was an heir when the one before it ended: to be reported as a move.
    inherited: bool,
    established: Option<Instant>,
}

/// A connection, which stands since then.
#[derive(Clone, Copy, Debug)]
struct Connection {
    on: ConnectionKey,
    dialer: Dialer,
    since: Instant,
}

/// A handshake on a [`Connection`].
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
            claimants: Vec::new(),
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
        let newer = Connection { on, dialer, since: now };
        let Some(session) = &self.session else { return self.begin(newer, now) };
        let older = (session.current.dialer, session.current.since);
        match judge(older, (dialer, now), self.we_are_greater) {
            Verdict::KeepOlder => vec![Action::Abandon(on)],
            // The heir may be meant, and this one not.
            Verdict::MoveToNewer if self.moves && (dialer == Dialer::Us || self.heir.is_none()) => {
                self.await_heir(newer)
            }
            Verdict::MoveToNewer | Verdict::Supersede => match dialer {
                Dialer::Us => self.supersede(newer, now),
                Dialer::Them => self.await_use(newer),
            },
        }
    }

    /// The peer opened its handshake stream on a connection that it dialed: it means to use it.
    pub fn used(&mut self, on: ConnectionKey, now: Instant) -> Vec<Action> {
        let place = self.claimants.iter().position(|claimant| claimant.on == on);
        place.map_or_else(Vec::new, |place| self.give_way(place, now))
    }

    /// A connection is gone, or is to be given up for `reason`. An heir that was still shaking
    /// hands becomes the session's connection, and the session waits for it; after the end of a
    /// session a claimant is the next one's.
    pub fn connection_lost(
        &mut self,
        on: ConnectionKey,
        reason: DisconnectReason,
        now: Instant,
    ) -> Vec<Action> {
        let dismissed = self.dismiss(|claimant| claimant.on == on);
        if self.heir.take_if(|heir| heir.on == on).is_some() || !dismissed.is_empty() {
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
        } else if session.shaking.is_none() || !session.current.is(on, attempt) {
            return Vec::new();
        } else if session.inherited {
            actions.push(Action::Move { epoch, from: None, to: on });
        }
        session.shaking = None;
        session.inherited = false;
        let decided = session.current.since;
        if session.established.replace(session.established.unwrap_or(now)).is_none() {
            self.pursuit.reached();
            actions.push(Action::ReportEstablished { epoch, on });
        }
        // The peer knew of those when it chose this one.
        actions.extend(self.dismiss(|claimant| claimant.since <= decided));
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
            Some(session) if session.shaking.is_some() && session.current.is(on, attempt) => {}
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
        actions.extend(self.dismiss(|_| true));
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
        let shaking = self.session.as_ref().and_then(|session| session.shaking);
        let heir = self.heir.as_ref().map(|heir| heir.since);
        let handshake = shaking.into_iter().chain(heir).min().map(|t| t + self.handshake_timeout);
        let claim = self.claimants.first().map(|claimant| claimant.since + UNUSED);
        handshake.into_iter().chain(claim).chain(self.pursuit.next_dial()).min()
    }

    /// Time passed: drops a connection whose handshake took too long, dials when a pause is over.
    pub fn tick(&mut self, now: Instant) -> Vec<Action> {
        let timeout = self.handshake_timeout;
        let late = |since: Instant| since + timeout <= now;
        let mut actions = Vec::new();
        let due = self.claimants.iter().rposition(|claimant| claimant.since + UNUSED <= now);
        if let Some(place) = due {
            actions.extend(self.give_way(place, now));
        }
        if let Some(heir) = self.heir.take_if(|heir| late(heir.since)) {
            actions.push(Action::Close(heir.on));
        }
        if self.session.as_ref().is_some_and(|session| session.shaking.is_some_and(late)) {
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

    fn supersede(&mut self, newer: Connection, now: Instant) -> Vec<Action> {
        let mut actions = self.end(DisconnectReason::Superseded, now);
        actions.extend(self.begin(newer, now));
        actions
    }

    /// A claimant takes the place of the session, and of the claimants before it.
    fn give_way(&mut self, place: usize, now: Instant) -> Vec<Action> {
        let mut actions: Vec<_> =
            self.claimants.drain(..place).map(|older| Action::Close(older.on)).collect();
        let claimant = self.claimants.remove(0);
        actions.extend(self.supersede(claimant, now));
        actions
    }

    fn dismiss(&mut self, which: impl Fn(&Connection) -> bool) -> Vec<Action> {
        let dismissed = self.claimants.extract_if(.., |claimant| which(claimant));
        dismissed.map(|claimant| Action::Close(claimant.on)).collect()
    }

    fn begin(&mut self, connection: Connection, now: Instant) -> Vec<Action> {
        let current = self.attempt(connection);
        let Attempt { number: epoch, on, dialer, .. } = current;
        self.session = Some(Session {
            epoch,
            dialer,
            current,
            shaking: Some(now),
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
        session.shaking = Some(heir.since);
        session.inherited = true;
        true
    }

    fn await_use(&mut self, claimant: Connection) -> Vec<Action> {
        let full = self.claimants.len() >= MOST_CLAIMANTS;
        let oldest = full.then(|| Action::Close(self.claimants.remove(0).on));
        self.claimants.push(claimant);
        oldest.into_iter().collect()
    }

    fn await_heir(&mut self, connection: Connection) -> Vec<Action> {
        let heir = self.attempt(connection);
        let replaced = self.heir.replace(heir).map(|older| Action::Close(older.on));
        replaced.into_iter().chain([heir.start()]).collect()
    }

    /// The session ended against our will: it is reported, and the peer tried again if it is
    /// wanted and is not here already.
    fn lose(&mut self, reason: DisconnectReason, now: Instant) -> Vec<Action> {
        let mut actions = self.end(reason, now);
        if !self.claimants.is_empty() {
            let next = self.claimants.remove(0);
            actions.extend(self.begin(next, now));
        } else if self.pursuit.is_dialing() {
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

    fn attempt(&mut self, Connection { on, dialer, since }: Connection) -> Attempt {
        self.last_number += 1;
        Attempt { number: self.last_number, on, dialer, since }
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
/// How long a claimant may be without use: after that its application is slow to shake hands, or waits
/// for ours. Who finds another identity than the one it dialed closes the connection within a round
/// trip.
const UNUSED: Duration = Duration::from_secs(2);
/// One that is meant, and a few that are not: a peer may look for several others at this address.
const MOST_CLAIMANTS: usize = 3;

#[cfg(test)]
mod tests;
