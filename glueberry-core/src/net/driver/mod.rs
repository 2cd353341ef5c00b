//! The task that owns the swarm: it feeds every peer's state machine and carries out its actions.

mod calls;
mod dialing;
mod sessions;

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use glueberry_proto::peer::{ConnectionKey, DisconnectReason, Machine, RetryPolicy};
use libp2p::core::transport::TransportError;
use libp2p::swarm::{ConnectionId, SwarmEvent};
use libp2p::{Multiaddr, Swarm, identify, swarm};
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, info};

use super::behaviour::{Behaviour, BehaviourEvent, InUse, Links};
use super::boxed::Boxed;
use super::connection::Connection;
use super::dial_slots::DialSlots;
use super::dials::Dial;
use super::faults::{end_reason, listen_fault};
use super::gate::{Denials, Gate, GateRules, Unwelcome};
use super::keepalive::{Pulses, Silent, Vigil};
use super::listeners::Listeners;
use super::peers::Peers;
use super::standing::Standings;
use super::strangers::{Pending, Watch};
use super::transport;
use crate::config::{Config, HandshakeMode};
use crate::error::{Error, ErrorCode, Result};
use crate::events::EventKind;
use crate::peers::Book;
use crate::session::{Attachment, SessionParts};
use crate::{Identity, PeerId};
pub(crate) use calls::Command;

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
    standings: Standings,
    views: Peers,
    listeners: Listeners,
    peers: HashMap<PeerId, Peer>,
    connections: HashMap<ConnectionId, Arc<Connection>>,
    ids: HashMap<ConnectionKey, ConnectionId>,
    /// When to look at whose machine: one entry at most for each peer.
    deadlines: BTreeSet<(Instant, PeerId)>,
    dial_slots: DialSlots,
    /// The highest number of a session with a peer that was forgotten since: numbers are not used
    /// again, so that late work of an older session is known as such.
    last_number: u64,
    leaving: Option<Leaving>,
}

/// What does not change while the node lives.
pub(crate) struct Settings {
    pub(crate) identity: Identity,
    pub(crate) config: Config,
    /// Of the configuration, parsed.
    pub(crate) retry: RetryPolicy,
    pub(crate) parts: SessionParts,
    pub(crate) book: Book,
    pub(crate) rules: GateRules,
}

/// One peer that has a connection, or is being dialed.
struct Peer {
    machine: Machine,
    dial: Dial,
    /// Where it is known to be, the most promising first; at most [`MOST_ADDRESSES`].
    ///
    /// [`MOST_ADDRESSES`]: super::dials::MOST_ADDRESSES
    addresses: Vec<Multiaddr>,
    /// When its machine has something to do: its entry in [`Driver::deadlines`].
    deadline: Option<Instant>,
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
        let (standings, pulses) = (Standings::default(), Pulses::default());
        let denials = Denials::new(settings.parts.events.clone());
        let watch = Watch {
            rules: settings.rules.clone(),
            denials: denials.clone(),
            pending: Pending::new(config.limits.pending),
            dial_timeout: config.dial_timeout,
        };
        let transport = transport::build(&keypair, config, &standings, &pulses, &watch)?;
        let identify = identify::Config::new(IDENTIFY_FAMILY.to_owned(), keypair.public())
            .with_agent_version(concat!("glueberry/", env!("CARGO_PKG_VERSION")).to_owned())
            .with_cache_size(0);
        let behaviour = Behaviour {
            gate: Gate::new(own, config.limits, settings.rules.clone(), denials),
            links: Links::new(standings.clone()),
            keepalive: Vigil::new(config.keep_alive, pulses),
            identify: Boxed::new(identify::Behaviour::new(identify)),
        };
        // Streams are negotiated with `V1`, not `V1Lazy`: a round trip for each stream, not for a
        // message, buys that a refusal is seen before anything is written, and that reader and
        // writer of an unconfirmed stream cannot take each other's wake-ups (they share one slot
        // in multistream-select 0.14 and yamux 0.14).
        let swarm_config = swarm::Config::with_tokio_executor();
        let swarm = Swarm::new(transport, behaviour, own.to_libp2p(), swarm_config);
        let (reporter, reports) = mpsc::channel(REPORTS);
        Ok(Self {
            swarm,
            commands,
            reports,
            reporter,
            settings,
            standings,
            views,
            listeners: Listeners::new(own),
            peers: HashMap::new(),
            connections: HashMap::new(),
            ids: HashMap::new(),
            deadlines: BTreeSet::new(),
            dial_slots: DialSlots::default(),
            last_number: 0,
            leaving: None,
        })
    }

    /// Runs until the node is shut down, or dropped. What is returned ends the iterations of the
    /// node's users also when it is dropped before it has begun to run.
    pub(crate) fn run(self) -> impl Future<Output = ()> + Send {
        let at_the_end = EndOfNode(self.settings.parts.clone());
        async move {
            let _at_the_end = at_the_end;
            self.run_to_the_end().await;
        }
    }

    async fn run_to_the_end(mut self) {
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
            self.dial_queued().await;
        }
        self.swarm.behaviour().gate.report_rest();
        match self.leaving.take() {
            Some(leaving) => calls::answer(leaving.reply, ()),
            // The node was dropped: its sessions end all the same.
            None => self.end_all().await,
        }
    }

    fn has_left(&self) -> bool {
        let over =
            |leaving: &Leaving| self.connections.is_empty() || leaving.until <= Instant::now();
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
            let Some(peer) = self.peers.get_mut(&id) else { continue };
            peer.deadline = None;
            let actions = peer.machine.tick(now);
            self.carry_out(id, actions).await;
        }
    }

    async fn report(&mut self, report: Report) {
        match report {
            Report::HandshakeDone { peer: id, on, attempt } => {
                let Some(peer) = self.peers.get_mut(&id) else { return };
                let actions = peer.machine.handshake_done(on, attempt, Instant::now());
                self.carry_out(id, actions).await;
            }
            Report::HandshakeFailed { peer: id, on, attempt, reason } => {
                let Some(peer) = self.peers.get_mut(&id) else { return };
                let actions = peer.machine.handshake_failed(on, attempt, reason, Instant::now());
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
                let reason = end_reason(cause.as_ref());
                let cause = cause.map(tracing::field::display);
                debug!(%connection_id, cause, "connection closed");
                self.disconnected(connection_id, reason).await;
            }
            SwarmEvent::Behaviour(BehaviourEvent::Keepalive(Silent { connection })) => {
                self.fell_silent(connection).await;
            }
            SwarmEvent::Behaviour(BehaviourEvent::Links(InUse { connection })) => {
                self.used(connection).await;
            }
            SwarmEvent::OutgoingConnectionError { connection_id, peer_id: Some(id), error } => {
                if let Ok(id) = PeerId::from_libp2p(&id) {
                    self.dial_failed(id, connection_id, error).await;
                }
            }
            SwarmEvent::IncomingConnectionError { error, send_back_addr: from, .. } => {
                debug!(%error, %from, "an inbound connection came to nothing");
            }
            SwarmEvent::Behaviour(BehaviourEvent::Gate(unwelcome)) => self.expel(unwelcome).await,
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

    fn close(&mut self, on: ConnectionKey) {
        if let Some(swarm_id) = self.ids.get(&on) {
            if let Some(connection) = self.connections.get(swarm_id) {
                connection.ended.cancel();
            }
            self.swarm.close_connection(*swarm_id);
        }
    }

    /// The rules have changed, and do not admit this peer any more.
    async fn expel(&mut self, unwelcome: Unwelcome) {
        let Unwelcome { connection, peer: id, denial } = unwelcome;
        info!(peer = %id, ?denial, "the rules do not admit the peer any more");
        self.disconnect(id, DisconnectReason::Banned).await;
        // One that no session uses any more, too.
        self.swarm.close_connection(connection);
    }

    fn peer(&mut self, id: PeerId) -> &mut Peer {
        let settings = &self.settings;
        self.peers.entry(id).or_insert_with(|| {
            let we_are_greater = settings.identity.peer_id() > id;
            let machine = Machine::new(we_are_greater, settings.config.handshake_timeout)
                .retrying(settings.retry.clone(), rand::random())
                .counting_from(self.last_number);
            Peer {
                machine: match settings.config.handshake {
                    HandshakeMode::Automatic => machine,
                    HandshakeMode::App => machine.without_moves(),
                },
                dial: Dial::default(),
                addresses: Vec::new(),
                deadline: None,
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
        if let Entry::Occupied(peer) = self.peers.entry(id)
            && peer.get().machine.is_idle()
            && peer.get().dial.is_idle()
        {
            let peer = peer.remove();
            self.last_number = self.last_number.max(peer.machine.last_number());
            peer.deadline.map(|at| self.deadlines.remove(&(at, id)));
        }
    }

    fn emit(&self, event: EventKind) {
        self.settings.parts.events.emit(event);
    }

    fn warn(&self, code: ErrorCode, detail: String) {
        self.emit(EventKind::Warning { code, peer: None, stream: None, detail });
    }
}

/// Whatever ends the driver, a panic too, ends the iterations of the node's users.
struct EndOfNode(SessionParts);

impl Drop for EndOfNode {
    fn drop(&mut self) {
        self.0.inbox.close();
        self.0.events.close();
    }
}

/// What identify calls this family of protocols.
const IDENTIFY_FAMILY: &str = "/glueberry/1";
/// Results of handshakes that wait for the driver; their tasks wait when it is full.
const REPORTS: usize = 256;
/// How long a shutdown waits for connections to close, a little over the muxer's own bound.
pub(crate) const SHUTDOWN_BOUND: Duration = Duration::from_secs(3);
/// How often an idle driver looks up.
const IDLE_TICK: Duration = Duration::from_hours(1);
