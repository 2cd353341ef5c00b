//! What the application asks of the swarm's task.

use std::time::Instant;

use glueberry_proto::peer::{DisconnectReason, Interest, State};
use libp2p::Multiaddr;
use libp2p::core::transport::ListenerId;
use tokio::sync::oneshot;
use tracing::trace;

use super::super::dials::Waiter;
use super::super::faults::listen_fault;
use super::super::ports::refuse_if_taken;
use super::{Driver, Leaving, Peer, SHUTDOWN_BOUND};
use crate::error::{Error, ErrorCode, Result};
use crate::{Address, BanTarget, PeerId};

/// A wish of the façade.
pub(crate) enum Command {
    /// Answered with all addresses that the listener is bound to.
    Listen {
        place: Multiaddr,
        reply: oneshot::Sender<Result<Vec<Address>>>,
    },
    /// Dials the peer, at this place or where it is known to be; answered when it has reached
    /// `until`, or this attempt failed.
    Connect {
        peer: PeerId,
        place: Option<Multiaddr>,
        until: State,
        reply: oneshot::Sender<Result<()>>,
    },
    /// Answered when the peer is established, or nothing is tried any more.
    WaitEstablished {
        peer: PeerId,
        reply: oneshot::Sender<Result<()>>,
    },
    /// Wants the peer from now on, so much; answered when that is noted.
    Seek {
        peer: PeerId,
        places: Vec<Multiaddr>,
        interest: Interest,
        reply: oneshot::Sender<()>,
    },
    /// Keeps no link with the peer for ever any more; answered when that is noted.
    Release {
        peer: PeerId,
        reply: oneshot::Sender<()>,
    },
    /// Ends whatever there is with the peers that a ban covers.
    Expel {
        target: BanTarget,
        reply: oneshot::Sender<()>,
    },
    CancelReconnection {
        peer: PeerId,
        reply: oneshot::Sender<()>,
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
                self.connect(peer, place, Waiter { until, patient: false, reply }).await;
            }
            Command::WaitEstablished { peer, reply } => {
                let until = State::Established;
                self.wait_for(peer, Waiter { until, patient: true, reply });
            }
            Command::Seek { peer, places, interest, reply } => {
                self.seek(peer, places, interest).await;
                answer(reply, ());
            }
            Command::Release { peer, reply } => {
                if let Some(peer) = self.peers.get_mut(&peer) {
                    peer.machine.release();
                }
                answer(reply, ());
            }
            Command::Expel { target, reply } => {
                self.disconnect_banned(&target).await;
                answer(reply, ());
            }
            Command::CancelReconnection { peer, reply } => {
                let actions = self.peers.get_mut(&peer).map(|p| p.machine.cancel_reconnection());
                self.carry_out(peer, actions.unwrap_or_default()).await;
                answer(reply, ());
            }
            Command::Disconnect { peer, reason, reply } => {
                self.disconnect(peer, reason).await;
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

    pub(super) async fn disconnect(&mut self, id: PeerId, reason: DisconnectReason) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let actions = peer.machine.disconnect(reason, Instant::now());
        self.carry_out(id, actions).await;
    }

    async fn disconnect_banned(&mut self, target: &BanTarget) {
        let is_meant = |id: &PeerId, peer: &Peer| match target {
            BanTarget::Peer(banned) => banned == id,
            BanTarget::Network(_) => peer.session.iter().any(|attachment| {
                attachment.connection.remote_ip().is_some_and(|ip| target.covers(ip))
            }),
        };
        let meant = self.peers.iter().filter(|(id, peer)| is_meant(id, peer));
        for id in meant.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.disconnect(id, DisconnectReason::Banned).await;
        }
    }

    async fn finalize(&mut self, id: PeerId, epoch: u64) -> Result<()> {
        let wrong = |message: &str| Error::new(ErrorCode::WrongState, message).at_peer(id);
        let peer = self.peers.get_mut(&id).ok_or_else(|| wrong("the peer is not connected"))?;
        let (on, current) =
            peer.machine.session().ok_or_else(|| wrong("the peer is not connected"))?;
        if peer.machine.state() == State::Established || current != epoch {
            return Err(wrong("the handshake is over"));
        }
        let actions = peer.machine.handshake_done(on, peer.attempt, Instant::now());
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
            self.disconnect(id, DisconnectReason::Shutdown).await;
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
