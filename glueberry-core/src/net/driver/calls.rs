//! What the application asks of the swarm's task.

use std::time::Instant;

use glueberry_proto::peer::{DisconnectReason, State};
use libp2p::Multiaddr;
use libp2p::core::transport::ListenerId;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionId, DialError};
use tokio::sync::oneshot;
use tracing::{debug, trace};

use super::super::dials::Waiter;
use super::super::faults::{dial_fault, listen_fault, refuse_if_taken};
use super::{Driver, Leaving, SHUTDOWN_BOUND};
use crate::error::{Error, ErrorCode, Result};
use crate::{Address, PeerId};

/// A wish of the façade.
pub(crate) enum Command {
    /// Answered with all addresses that the listener is bound to.
    Listen {
        place: Multiaddr,
        reply: oneshot::Sender<Result<Vec<Address>>>,
    },
    /// Answered when the peer has reached `until`, or cannot.
    Connect {
        peer: PeerId,
        place: Option<Multiaddr>,
        until: State,
        reply: oneshot::Sender<Result<()>>,
    },
    Disconnect {
        peer: PeerId,
        reason: DisconnectReason,
        reply: oneshot::Sender<()>,
    },
    /// The application has finished its part of the handshake.
    Finalize {
        peer: PeerId,
        epoch: u64,
        reply: oneshot::Sender<Result<()>>,
    },
    /// Ends everything; answered when all connections are closed, or [`SHUTDOWN_BOUND`] is over.
    Shutdown {
        reply: oneshot::Sender<()>,
    },
}

impl Driver {
    pub(super) async fn command(&mut self, command: Command) {
        match command {
            Command::Listen { place, reply } => match self.listen(&place) {
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

    fn listen(&mut self, place: &Multiaddr) -> Result<ListenerId> {
        refuse_if_taken(place)?;
        self.swarm.listen_on(place.clone()).map_err(|fault| listen_fault(place, fault))
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

    pub(super) async fn dial_failed(
        &mut self,
        id: PeerId,
        connection: ConnectionId,
        fault: DialError,
    ) {
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
        self.end_all().await;
    }

    /// Ends every session, and closes every connection.
    pub(super) async fn end_all(&mut self) {
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
}

/// Answers a call; one that was cancelled needs no answer.
pub(super) fn answer<T>(reply: oneshot::Sender<T>, outcome: T) {
    if reply.send(outcome).is_err() {
        trace!("the caller stopped waiting");
    }
}
