//! What becomes of connections: each peer's machine decides, this carries it out.

use std::time::{Instant, SystemTime};

use futures::FutureExt;
use glueberry_proto::peer::{Action, ConnectionKey, Dialer, DisconnectReason, Interest, State};
use libp2p::swarm::ConnectionId;
use tracing::{Instrument, debug, info, info_span};

use super::super::peers::PeerView;
use super::{Driver, Report};
use crate::config::HandshakeMode;
use crate::error::{Error, ErrorCode};
use crate::events::EventKind;
use crate::link::MOVE_GRACE;
use crate::peers::Change;
use crate::session::{Attachment, Session, shake_hands};
use crate::{Address, PeerId};

impl Driver {
    pub(super) async fn connected(&mut self, swarm_id: ConnectionId) {
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
        if dialer == Dialer::Us {
            peer.note_success();
            self.dial_over(id);
        }
        let now = Instant::now();
        let peer = self.peer(id);
        let actions = peer.machine.connected(key, dialer, now);
        if dialer == Dialer::Them && self.dial_slots.is_waiting(&id) {
            // It came before its turn to be dialed: a dial later would supersede what stands now.
            self.dial_slots.leave(&id);
            let nothing = self.peer(id).machine.dial_failed(now);
            debug_assert!(nothing.is_empty(), "a session stands: {nothing:?}");
        }
        self.carry_out(id, actions).await;
    }

    pub(super) async fn used(&mut self, swarm_id: ConnectionId) {
        let Some(connection) = self.connections.get(&swarm_id).cloned() else { return };
        let Some(peer) = self.peers.get_mut(&connection.peer) else { return };
        let actions = peer.machine.used(connection.key, Instant::now());
        self.carry_out(connection.peer, actions).await;
    }

    /// The keep-alive calls a connection dead. Its session ends at once, not when libp2p has closed
    /// the connection.
    pub(super) async fn fell_silent(&mut self, swarm_id: ConnectionId) {
        let Some(connection) = self.connections.get(&swarm_id).cloned() else { return };
        info!(peer = %connection.peer, connection = connection.key.0, "no sign of life");
        let reason = DisconnectReason::KeepAliveTimeout;
        if let Some(peer) = self.peers.get_mut(&connection.peer) {
            peer.heirs.remove(&connection.key);
            let actions = peer.machine.connection_lost(connection.key, reason, Instant::now());
            self.carry_out(connection.peer, actions).await;
        }
        // Also one that no session uses any more.
        self.close(connection.key);
    }

    pub(super) async fn disconnected(&mut self, swarm_id: ConnectionId, reason: DisconnectReason) {
        let Some(connection) = self.connections.remove(&swarm_id) else { return };
        self.ids.remove(&connection.key);
        connection.ended.cancel();
        let Some(peer) = self.peers.get_mut(&connection.peer) else { return };
        peer.heirs.remove(&connection.key);
        let actions = peer.machine.connection_lost(connection.key, reason, Instant::now());
        self.carry_out(connection.peer, actions).await;
    }

    pub(super) async fn carry_out(&mut self, id: PeerId, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::ReportConnecting => {
                    self.publish(id, State::Connecting);
                    self.emit(EventKind::PeerConnecting { peer: id });
                }
                Action::ReportReconnecting { attempt, delay } => {
                    self.publish(id, State::Reconnecting);
                    self.emit(EventKind::PeerReconnecting { peer: id, attempt, delay });
                    self.fail_the_impatient(id);
                }
                Action::ReportCooldown { until } => {
                    self.publish(id, State::Cooldown);
                    let until = SystemTime::now() + until.saturating_duration_since(Instant::now());
                    self.emit(EventKind::PeerCooldown { peer: id, until });
                    self.fail_the_impatient(id);
                }
                Action::Dial => self.dial_known(id).await,
                Action::ReportConnected { epoch, on, .. } => self.begin(id, epoch, on),
                Action::StartHandshake { attempt, on, .. } => self.start_handshake(id, attempt, on),
                Action::ReportEstablished { epoch, .. } => self.established(id, epoch),
                Action::Move { from, to, .. } => self.move_session(id, from, to),
                Action::ReportDisconnected { epoch, reason } => self.ended(id, epoch, reason).await,
                Action::Close(on) => self.close(on),
                Action::Abandon(on) => self.close_later(on),
                Action::AbortDial => {
                    self.dial_over(id);
                    // Fails when libp2p has nothing to abort: then there is nothing left to do.
                    self.swarm.disconnect_peer_id(id.to_libp2p()).unwrap_or_default();
                }
                other => debug!(?other, "an action without a meaning here"),
            }
        }
        self.plan(id);
        self.forget_if_idle(id);
    }

    /// Looks at the peer's machine again when it has something to do.
    fn plan(&mut self, id: PeerId) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let next = peer.machine.next_deadline();
        let before = std::mem::replace(&mut peer.deadline, next);
        if before == next {
            return;
        }
        before.map(|at| self.deadlines.remove(&(at, id)));
        next.map(|at| self.deadlines.insert((at, id)));
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
        self.remember(id);
        self.standings.set_established(&id.to_libp2p(), true);
        self.publish(id, State::Established);
        self.emit(EventKind::PeerEstablished { peer: id, session: epoch });
        // Only now are messages delivered: whoever gets one can answer it.
        if let Some(attachment) = &self.peer(id).session {
            attachment.activate();
        }
        self.peer(id).dial.reached(State::Established);
    }

    /// Keeps in the address book where a peer that is wanted was reached, and when. Who only dialed
    /// us is not added to it.
    fn remember(&mut self, id: PeerId) {
        let (book, events) = (self.settings.book.clone(), self.settings.parts.events.clone());
        let peer = self.peer(id);
        let is_wanted = peer.machine.interest() >= Interest::Lasting;
        let at = SystemTime::now();
        let we_dialed = peer.machine.dialer() == Some(Dialer::Us);
        let place = peer.dial.current().filter(|_| is_wanted && we_dialed);
        if place.is_none() && book.entry(&id).is_none() {
            return;
        }
        let change = match place.and_then(|place| Address::at(&place, id)) {
            Some(address) => Change::Reached { peer: id, address, at },
            None => Change::Seen { peer: id, at },
        };
        // Queued at once: a removal that is asked for later comes later.
        let saved = book.update(change);
        let saving = async move {
            if let Err(error) = saved.await {
                let (code, detail) = (error.code(), error.to_string());
                events.emit(EventKind::Warning { code, peer: Some(id), stream: None, detail });
            }
        };
        let mut saving = Box::pin(saving.in_current_span());
        // Without files it is done already when somebody hears of the session.
        if saving.as_mut().now_or_never().is_none() {
            self.settings.parts.tasks.spawn(saving);
        }
    }

    fn move_session(&mut self, id: PeerId, from: Option<ConnectionKey>, to: ConnectionKey) {
        let peer = self.peer(id);
        let Some(heir) = peer.heirs.remove(&to) else { return };
        let Some(loser) = peer.session.replace(heir.clone()) else { return };
        let was_established = loser.is_active();
        loser.retire();
        let state = peer.machine.state();
        info!(peer = %id, from = loser.connection.key.0, to = to.0, "the session moved");
        self.publish(id, state);
        if was_established {
            heir.activate();
        }
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
        for (_, heir) in peer.heirs.drain() {
            heir.connection.ended.cancel();
        }
        let ended = peer.session.take();
        self.standings.set_established(&id.to_libp2p(), false);
        // What it is after all that follows from the end.
        self.publish(id, self.peer_state(id));
        let unwritten = match ended {
            Some(attachment) => {
                attachment.connection.ended.cancel();
                attachment.session.close().await
            }
            None => Vec::new(),
        };
        self.emit(EventKind::PeerDisconnected { peer: id, session: epoch, reason, unwritten });
        let peer = self.peer(id);
        if reason == DisconnectReason::Superseded {
            return;
        }
        let was_dialing = matches!(reason, DisconnectReason::DialFailed | DisconnectReason::Banned);
        let dial_fault = peer.last_fault.take().filter(|_| was_dialing);
        let fault = dial_fault.unwrap_or_else(|| end_fault(reason).at_peer(id));
        if peer.machine.state() == State::Disconnected {
            peer.dial.failed(&fault);
        } else {
            peer.last_fault = Some(fault);
        }
    }

    /// The peer is tried again, but not now: calls that asked for one attempt have their answer.
    fn fail_the_impatient(&mut self, id: PeerId) {
        let peer = self.peer(id);
        if !peer.machine.is_dialing() {
            let fault = peer.last_fault.take();
            let reason = DisconnectReason::DialFailed;
            peer.dial.failed_once(&fault.unwrap_or_else(|| end_fault(reason).at_peer(id)));
        }
    }

    fn peer_state(&self, id: PeerId) -> State {
        self.peers.get(&id).map_or(State::Disconnected, |peer| peer.machine.state())
    }

    fn publish(&self, id: PeerId, state: State) {
        let view = self.peers.get(&id).map_or_else(PeerView::default, |peer| PeerView {
            state,
            attachment: peer.session.clone(),
            dialer: peer.machine.dialer(),
            dialed: peer.dial.current().and_then(|place| Address::at(&place, id)),
        });
        self.views.set(id, view);
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
        DisconnectReason::Banned => (ErrorCode::Banned, "the peer, or its address, is banned"),
        DisconnectReason::KeepAliveTimeout => {
            (ErrorCode::ConnectionLost, "the peer gave no sign of life")
        }
        _ => (ErrorCode::ConnectionLost, "the connection ended before the handshake did"),
    };
    Error::new(code, message)
}
