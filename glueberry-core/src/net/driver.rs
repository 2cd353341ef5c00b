//! The task that owns the swarm: it feeds every peer's state machine and carries out its actions.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use glueberry_proto::peer::{Action, ConnectionKey, Dialer, DisconnectReason, Machine, State};
use libp2p::core::transport::{ListenerId, TransportError};
use libp2p::core::upgrade::Version;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionId, DialError, ListenError, SwarmEvent};
use libp2p::{Multiaddr, Swarm, identify, swarm};
use tokio::sync::{mpsc, oneshot};
use tracing::{Instrument, debug, info, info_span, trace};

use super::behaviour::{Behaviour, BehaviourEvent, Links};
use super::connection::Connection;
use super::dials::{Dial, Waiter};
use super::faults::{dial_fault, listen_fault, refuse_if_taken};
use super::gate::Gate;
use super::listeners::Listeners;
use super::peers::{PeerView, Peers};
use super::transport;
use crate::config::{Config, HandshakeMode};
use crate::error::{Error, ErrorCode, Result};
use crate::events::EventKind;
use crate::link::MOVE_GRACE;
use crate::session::{Attachment, Session, SessionParts, shake_hands};
use crate::{Address, Identity, PeerId};

/// A wish of the façade.
pub(crate) enum Command {
    /// Answered with all addresses that the listener is bound to.
    Listen { place: Multiaddr, reply: oneshot::Sender<Result<Vec<Address>>> },
    /// Answered when the peer has reached `until`, or cannot.
    Connect { peer: PeerId, place: Option<Multiaddr>, until: State, reply: oneshot::Sender<Result<()>> },
    Disconnect { peer: PeerId, reason: DisconnectReason, reply: oneshot::Sender<()> },
    /// The application has finished its part of the handshake.
    Finalize { peer: PeerId, epoch: u64, reply: oneshot::Sender<Result<()>> },
    /// Ends everything; answered when all connections are closed, or [`SHUTDOWN_BOUND`] is over.
    Shutdown { reply: oneshot::Sender<()> },
}

/// What a task of the driver's reports back.
enum Report {
    HandshakeDone { peer: PeerId, on: ConnectionKey, attempt: u64 },
    HandshakeFailed { peer: PeerId, on: ConnectionKey, attempt: u64, reason: DisconnectReason },
    GraceOver { on: ConnectionKey },
}

/// The swarm's task. Everything it holds is bounded by the connections that stand, the dials that
/// the application asked for and the addresses that it listens at.
pub(crate) struct Driver {
    swarm: Swarm<Behaviour>,
    commands: mpsc::Receiver<Command>,
    reports: mpsc::Receiver<Report>,
    reporter: mpsc::Sender<Report>,
    settings: Settings,
    views: Peers,
    listeners: Listeners,
    peers: HashMap<PeerId, Peer>,
    connections: HashMap<ConnectionId, Arc<Connection>>,
    ids: HashMap<ConnectionKey, ConnectionId>,
    /// When to look at whose machine; entries of machines that went on are harmless.
    deadlines: BTreeSet<(Instant, PeerId)>,
    leaving: Option<Leaving>,
}

/// What does not change while the node lives.
pub(crate) struct Settings {
    pub(crate) identity: Identity,
    pub(crate) config: Config,
    pub(crate) parts: SessionParts,
}

/// One peer that has a connection, or is being dialed.
struct Peer {
    machine: Machine,
    dial: Dial,
    /// The session on the connection that carries it.
    session: Option<Attachment>,
    /// The session on a connection that may carry it next.
    heirs: HashMap<ConnectionKey, Attachment>,
    /// The number of the handshake that the application conducts.
    attempt: u64,
    last_fault: Option<Error>,
}

struct Leaving {
    until: Instant,
    reply: oneshot::Sender<()>,
}

impl Driver {
    /// # Errors
    /// [`ErrorCode::Internal`] when the transports cannot be set up.
    pub(crate) fn new(
        settings: Settings,
        views: Peers,
        commands: mpsc::Receiver<Command>,
    ) -> Result<Self> {
        let own = settings.identity.peer_id();
        let keypair = settings.identity.keypair();
        let config = &settings.config;
        let transport = transport::build(&keypair, config.security, config.dial_timeout)?;
        let identify = identify::Config::new(IDENTIFY_FAMILY.to_owned(), keypair.public())
            .with_agent_version(concat!("glueberry/", env!("CARGO_PKG_VERSION")).to_owned())
            .with_cache_size(0);
        let behaviour = Behaviour {
            gate: Gate::new(own),
            links: Links::default(),
            identify: identify::Behaviour::new(identify),
        };
        let swarm_config = swarm::Config::with_tokio_executor()
            .with_substream_upgrade_protocol_override(Version::V1Lazy);
        let swarm = Swarm::new(transport, behaviour, own.to_libp2p(), swarm_config);
        let (reporter, reports) = mpsc::channel(REPORTS);
        Ok(Self {
            swarm,
            commands,
            reports,
            reporter,
            settings,
            views,
            listeners: Listeners::new(own),
            peers: HashMap::new(),
            connections: HashMap::new(),
            ids: HashMap::new(),
            deadlines: BTreeSet::new(),
            leaving: None,
        })
    }

    /// Runs until the node is shut down, or dropped.
    pub(crate) async fn run(mut self) {
        while !self.has_left() {
            let deadline = self.next_deadline();
            tokio::select! {
                biased;
                command = self.commands.recv() => match command {
                    Some(command) => self.command(command).await,
                    None => break,
                },
                Some(report) = self.reports.recv() => self.report(report).await,
                event = self.swarm.select_next_some() => self.swarm_event(event).await,
                () = std::future::ready(()), if self.listeners.have_news() => self.listeners.settle(),
                () = tokio::time::sleep_until(deadline.into()) => self.tick().await,
            }
        }
        if let Some(leaving) = self.leaving.take() {
            answer(leaving.reply, ());
        }
    }

    fn has_left(&self) -> bool {
        let over = |leaving: &Leaving| self.connections.is_empty() || leaving.until <= Instant::now();
        self.leaving.as_ref().is_some_and(over)
    }

    fn next_deadline(&self) -> Instant {
        let leaving = self.leaving.as_ref().map(|leaving| leaving.until);
        let first = self.deadlines.first().map(|(at, _)| *at);
        leaving.into_iter().chain(first).min().unwrap_or_else(|| Instant::now() + IDLE_TICK)
    }

    async fn tick(&mut self) {
        let now = Instant::now();
        while self.deadlines.first().is_some_and(|(at, _)| *at <= now) {
            let Some((_, id)) = self.deadlines.pop_first() else { return };
            let actions = self.peers.get_mut(&id).map(|peer| peer.machine.tick(now));
            self.carry_out(id, actions.unwrap_or_default()).await;
        }
    }

    async fn command(&mut self, command: Command) {
        match command {
            Command::Listen { place, reply } => match self.listen(place) {
                Ok(id) => self.listeners.wait(id, reply),
                Err(error) => answer(reply, Err(error)),
            },
            Command::Connect { peer, place, until, reply } => {
                self.connect(peer, place, Waiter { until, reply }).await;
            }
            Command::Disconnect { peer, reason, reply } => {
                let actions = self.peers.get_mut(&peer).map(|peer| peer.machine.disconnect(reason));
                self.carry_out(peer, actions.unwrap_or_default()).await;
                answer(reply, ());
            }
            Command::Finalize { peer, epoch, reply } => {
                let outcome = self.finalize(peer, epoch).await;
                answer(reply, outcome);
            }
            Command::Shutdown { reply } => self.leave(reply).await,
        }
    }

    fn listen(&mut self, place: Multiaddr) -> Result<ListenerId> {
        refuse_if_taken(&place)?;
        self.swarm.listen_on(place.clone()).map_err(|fault| listen_fault(&place, fault))
    }

    async fn connect(&mut self, id: PeerId, place: Option<Multiaddr>, waiter: Waiter) {
        if self.leaving.is_some() {
            let closed = Error::new(ErrorCode::NodeClosed, "the node is shutting down");
            return answer(waiter.reply, Err(closed));
        }
        let peer = self.peer(id);
        peer.dial.wait(waiter);
        let state = peer.machine.state();
        match (state, place) {
            (State::Connected | State::Established, _) => peer.dial.reached(state),
            (State::Connecting, Some(place)) => peer.dial.try_later(place),
            (State::Connecting, None) => {}
            (_, Some(place)) => {
                peer.last_fault = None;
                let actions = peer.machine.dial_started();
                self.carry_out(id, actions).await;
                self.dial(id, place).await;
            }
            (_, None) => {
                let error = Error::new(ErrorCode::NotConnected, "there is no connection");
                peer.dial.failed(&error.at_peer(id));
                self.forget_if_idle(id);
            }
        }
    }

    /// Port reuse is off: two dials that cross could merge into one TCP connection with two
    /// initiators, and fail.
    async fn dial(&mut self, id: PeerId, place: Multiaddr) {
        let options = DialOpts::peer_id(id.to_libp2p())
            .condition(PeerCondition::Always)
            .addresses(vec![place])
            .allocate_new_port()
            .build();
        let connection = options.connection_id();
        let started = self.swarm.dial(options);
        self.peer(id).dial.under_way = Some(connection);
        if let Err(fault) = started {
            Box::pin(self.dial_failed(id, connection, fault)).await;
        }
    }

    async fn dial_failed(&mut self, id: PeerId, connection: ConnectionId, fault: DialError) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        if peer.dial.under_way != Some(connection) {
            return;
        }
        peer.dial.under_way = None;
        let error = dial_fault(id, fault);
        debug!(peer = %id, %error, "dial failed");
        peer.last_fault = Some(error);
        if let Some(place) = peer.dial.next_address() {
            return self.dial(id, place).await;
        }
        let actions = peer.machine.dial_failed();
        self.carry_out(id, actions).await;
    }

    async fn finalize(&mut self, id: PeerId, epoch: u64) -> Result<()> {
        let wrong = |message: &str| Error::new(ErrorCode::WrongState, message).at_peer(id);
        let peer = self.peers.get_mut(&id).ok_or_else(|| wrong("the peer is not connected"))?;
        let (on, current) =
            peer.machine.session().ok_or_else(|| wrong("the peer is not connected"))?;
        if peer.machine.state() == State::Established || current != epoch {
            return Err(wrong("the handshake is over"));
        }
        let actions = peer.machine.handshake_done(on, peer.attempt);
        self.carry_out(id, actions).await;
        Ok(())
    }

    async fn leave(&mut self, reply: oneshot::Sender<()>) {
        self.leaving = Some(Leaving { until: Instant::now() + SHUTDOWN_BOUND, reply });
        for id in self.peers.keys().copied().collect::<Vec<_>>() {
            let reason = DisconnectReason::Shutdown;
            let actions = self.peers.get_mut(&id).map(|peer| peer.machine.disconnect(reason));
            self.carry_out(id, actions.unwrap_or_default()).await;
        }
        // Those too that no session uses any more.
        for on in self.ids.keys().copied().collect::<Vec<_>>() {
            self.close(on);
        }
    }

    async fn report(&mut self, report: Report) {
        match report {
            Report::HandshakeDone { peer: id, on, attempt } => {
                let Some(peer) = self.peers.get_mut(&id) else { return };
                let actions = peer.machine.handshake_done(on, attempt);
                self.carry_out(id, actions).await;
            }
            Report::HandshakeFailed { peer: id, on, attempt, reason } => {
                let Some(peer) = self.peers.get_mut(&id) else { return };
                let actions = peer.machine.handshake_failed(on, attempt, reason);
                self.carry_out(id, actions).await;
            }
            Report::GraceOver { on } => self.close(on),
        }
    }

    async fn swarm_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::ConnectionEstablished { connection_id, .. } => {
                self.connected(connection_id).await;
            }
            SwarmEvent::ConnectionClosed { connection_id, cause, .. } => {
                let cause = cause.map(tracing::field::display);
                debug!(%connection_id, cause, "connection closed");
                self.disconnected(connection_id).await;
            }
            SwarmEvent::OutgoingConnectionError { connection_id, peer_id: Some(id), error } => {
                if let Ok(id) = PeerId::from_libp2p(&id) {
                    self.dial_failed(id, connection_id, error).await;
                }
            }
            SwarmEvent::IncomingConnectionError { error, send_back_addr, .. } => {
                self.refused_inbound(&error, &send_back_addr);
            }
            SwarmEvent::NewListenAddr { listener_id, address } => {
                if let Some(address) = self.listeners.bound(listener_id, &address) {
                    self.emit(EventKind::ListenAddress { address });
                }
            }
            SwarmEvent::ListenerClosed { listener_id, reason: Err(fault), .. } => {
                let error = listen_fault(&"its address", TransportError::Other(fault));
                self.warn(error.code(), error.to_string());
                self.listeners.failed(listener_id, error);
            }
            SwarmEvent::ListenerError { error, .. } => {
                self.warn(ErrorCode::ListenFailed, error.to_string());
            }
            _ => {}
        }
    }

    async fn connected(&mut self, swarm_id: ConnectionId) {
        let Some(connection) = self.swarm.behaviour_mut().links.take(swarm_id) else { return };
        let (id, key, dialer) = (connection.peer, connection.key, connection.dialer);
        self.connections.insert(swarm_id, connection);
        self.ids.insert(key, swarm_id);
        if self.leaving.is_some() {
            return self.close(key);
        }
        let peer = self.peer(id);
        if dialer == Dialer::Us && peer.dial.under_way.take_if(|dial| *dial == swarm_id).is_none() {
            // The application gave this dial up while it succeeded.
            self.close(key);
            return self.forget_if_idle(id);
        }
        let actions = peer.machine.connected(key, dialer, Instant::now());
        self.carry_out(id, actions).await;
    }

    async fn disconnected(&mut self, swarm_id: ConnectionId) {
        let Some(connection) = self.connections.remove(&swarm_id) else { return };
        self.ids.remove(&connection.key);
        connection.ended.cancel();
        let Some(peer) = self.peers.get_mut(&connection.peer) else { return };
        peer.heirs.remove(&connection.key);
        let actions = peer.machine.disconnected(connection.key);
        self.carry_out(connection.peer, actions).await;
    }

    async fn carry_out(&mut self, id: PeerId, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::ReportConnecting => {
                    self.publish(id, State::Connecting);
                    self.emit(EventKind::PeerConnecting { peer: id });
                }
                Action::ReportConnected { epoch, on } => self.begin(id, epoch, on),
                Action::StartHandshake { attempt, on, .. } => self.start_handshake(id, attempt, on),
                Action::ReportEstablished { epoch, .. } => self.established(id, epoch),
                Action::Move { from, to, .. } => self.move_session(id, from, to),
                Action::ReportDisconnected { epoch, reason } => self.ended(id, epoch, reason).await,
                Action::Close(on) => self.close(on),
                Action::Abandon(on) => self.close_later(on),
                Action::AbortDial => {
                    self.peer(id).dial.under_way = None;
                    // Fails when libp2p has nothing to abort: then there is nothing left to do.
                    self.swarm.disconnect_peer_id(id.to_libp2p()).unwrap_or_default();
                }
                other => debug!(?other, "an action without a meaning here"),
            }
        }
        self.forget_if_idle(id);
    }

    fn begin(&mut self, id: PeerId, epoch: u64, on: ConnectionKey) {
        let Some(connection) = self.connection(on) else { return };
        let settings = &self.settings;
        let session = match Session::new(&settings.identity, id, epoch, settings.parts.clone()) {
            Ok(session) => session,
            Err(error) => {
                self.warn(error.code(), error.to_string());
                return self.close(on);
            }
        };
        let attachment = Attachment::new(session, connection.clone());
        if self.settings.config.handshake == HandshakeMode::App {
            // The lane table of a new session is empty: there is room for the handshake.
            if let Err(error) = attachment.carry_handshake() {
                self.warn(error.code(), error.to_string());
            }
        }
        self.peer(id).session = Some(attachment);
        self.publish(id, State::Connected);
        self.emit(EventKind::PeerConnected {
            peer: id,
            session: epoch,
            inbound: connection.dialer == Dialer::Them,
            address: connection.address.clone(),
        });
        self.peer(id).dial.reached(State::Connected);
    }

    fn start_handshake(&mut self, id: PeerId, attempt: u64, on: ConnectionKey) {
        self.deadlines.insert((Instant::now() + self.settings.config.handshake_timeout, id));
        let Some(connection) = self.connection(on) else { return };
        let peer = self.peer(id);
        peer.attempt = attempt;
        let Some(current) = peer.session.clone() else { return };
        let attachment = if current.connection.key == on {
            current
        } else {
            let heir = Attachment::new(current.session, connection);
            peer.heirs.insert(on, heir.clone());
            heir
        };
        if self.settings.config.handshake == HandshakeMode::Automatic {
            self.shake_hands(attachment, attempt);
        }
    }

    fn shake_hands(&self, attachment: Attachment, attempt: u64) {
        let (peer, on) = (attachment.connection.peer, attachment.connection.key);
        let (own, events) = (self.settings.identity.peer_id(), self.settings.parts.events.clone());
        let (reporter, ended) = (self.reporter.clone(), attachment.connection.ended.clone());
        let span = info_span!("handshake", %peer, connection = on.0, attempt);
        let shaking = async move {
            let report = match shake_hands(&attachment, own, &events).await {
                Ok(()) => Report::HandshakeDone { peer, on, attempt },
                Err(reason) => Report::HandshakeFailed { peer, on, attempt, reason },
            };
            // The driver is gone only when the node is.
            drop(reporter.send(report).await);
        };
        let tasks = &self.settings.parts.tasks;
        tasks.spawn(async move { ended.run_until_cancelled(shaking).await }.instrument(span));
    }

    fn established(&mut self, id: PeerId, epoch: u64) {
        if let Some(attachment) = &self.peer(id).session {
            attachment.activate();
        }
        self.publish(id, State::Established);
        self.emit(EventKind::PeerEstablished { peer: id, session: epoch });
        self.peer(id).dial.reached(State::Established);
    }

    fn move_session(&mut self, id: PeerId, from: Option<ConnectionKey>, to: ConnectionKey) {
        let peer = self.peer(id);
        let Some(heir) = peer.heirs.remove(&to) else { return };
        let Some(loser) = peer.session.replace(heir.clone()) else { return };
        loser.retire();
        heir.activate();
        let state = peer.machine.state();
        info!(peer = %id, from = loser.connection.key.0, to = to.0, "the session moved");
        self.publish(id, state);
        if let Some(from) = from {
            self.close_later(from);
        }
    }

    fn close_later(&self, on: ConnectionKey) {
        let Some(connection) = self.connection(on) else { return };
        let reporter = self.reporter.clone();
        self.settings.parts.tasks.spawn(async move {
            let grace = tokio::time::sleep(MOVE_GRACE);
            if connection.ended.run_until_cancelled(grace).await.is_some() {
                // The driver is gone only when the node is.
                drop(reporter.send(Report::GraceOver { on }).await);
            }
        });
    }

    async fn ended(&mut self, id: PeerId, epoch: Option<u64>, reason: DisconnectReason) {
        let peer = self.peer(id);
        peer.heirs.clear();
        let ended = peer.session.take();
        self.publish(id, State::Disconnected);
        let unwritten = match ended {
            Some(attachment) => {
                attachment.connection.ended.cancel();
                attachment.session.close().await
            }
            None => Vec::new(),
        };
        self.emit(EventKind::PeerDisconnected { peer: id, session: epoch, reason, unwritten });
        if reason != DisconnectReason::Superseded {
            let peer = self.peer(id);
            let error = peer.last_fault.take().unwrap_or_else(|| end_fault(reason).at_peer(id));
            peer.dial.failed(&error);
        }
    }

    fn close(&mut self, on: ConnectionKey) {
        if let Some(swarm_id) = self.ids.get(&on) {
            if let Some(connection) = self.connections.get(swarm_id) {
                connection.ended.cancel();
            }
            self.swarm.close_connection(*swarm_id);
        }
    }

    fn refused_inbound(&self, error: &ListenError, from: &Multiaddr) {
        let ListenError::Denied { cause } = error else {
            debug!(%error, %from, "an inbound connection came to nothing");
            return;
        };
        if let Some(refusal) = cause.downcast_ref::<Error>() {
            self.warn(refusal.code(), format!("refused {from}: {refusal}"));
        }
    }

    fn publish(&self, id: PeerId, state: State) {
        let attachment = self.peers.get(&id).and_then(|peer| peer.session.clone());
        self.views.set(id, PeerView { state, attachment });
    }

    fn peer(&mut self, id: PeerId) -> &mut Peer {
        let settings = &self.settings;
        self.peers.entry(id).or_insert_with(|| {
            let we_are_greater = settings.identity.peer_id() > id;
            let machine = Machine::new(we_are_greater, settings.config.handshake_timeout);
            Peer {
                machine: match settings.config.handshake {
                    HandshakeMode::Automatic => machine,
                    HandshakeMode::App => machine.without_moves(),
                },
                dial: Dial::default(),
                session: None,
                heirs: HashMap::new(),
                attempt: 0,
                last_fault: None,
            }
        })
    }

    fn connection(&self, on: ConnectionKey) -> Option<Arc<Connection>> {
        self.ids.get(&on).and_then(|id| self.connections.get(id)).cloned()
    }

    fn forget_if_idle(&mut self, id: PeerId) {
        if self.peers.get(&id).is_some_and(|peer| peer.machine.is_idle() && peer.dial.is_idle()) {
            self.peers.remove(&id);
        }
    }

    fn emit(&self, event: EventKind) {
        self.settings.parts.events.emit(event);
    }

    fn warn(&self, code: ErrorCode, detail: String) {
        self.emit(EventKind::Warning { code, peer: None, stream: None, detail });
    }
}

/// Answers a call; one that was cancelled needs no answer.
fn answer<T>(reply: oneshot::Sender<T>, outcome: T) {
    if reply.send(outcome).is_err() {
        trace!("the caller stopped waiting");
    }
}

/// What a call that waited for the peer is told when the session ends.
fn end_fault(reason: DisconnectReason) -> Error {
    let (code, message) = match reason {
        DisconnectReason::Requested => (ErrorCode::Cancelled, "the peer was disconnected"),
        DisconnectReason::Shutdown => (ErrorCode::NodeClosed, "the node was shut down"),
        DisconnectReason::HandshakeTimeout => {
            (ErrorCode::HandshakeTimeout, "the handshake was not finished in time")
        }
        DisconnectReason::HandshakeFailed => (ErrorCode::HandshakeFailed, "the handshake failed"),
        DisconnectReason::PeerKeyMismatch => {
            (ErrorCode::PeerKeyMismatch, "the peer showed another key than its identity's")
        }
        DisconnectReason::DialFailed => (ErrorCode::Unreachable, "the peer cannot be reached"),
        _ => (ErrorCode::ConnectionLost, "the connection ended before the handshake did"),
    };
    Error::new(code, message)
}

/// What identify calls this family of protocols.
const IDENTIFY_FAMILY: &str = "/glueberry/1";
/// Results of handshakes that wait for the driver; their tasks wait when it is full.
const REPORTS: usize = 256;
/// How long a shutdown waits for connections to close, a little over the muxer's own bound.
pub(crate) const SHUTDOWN_BOUND: Duration = Duration::from_secs(3);
/// How often an idle driver looks up.
const IDLE_TICK: Duration = Duration::from_secs(3600);
