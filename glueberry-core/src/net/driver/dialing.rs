//! Dials: who asked for one, and which address is tried next.

use std::time::Instant;

use glueberry_proto::peer::{DisconnectReason, Interest, State};
use libp2p::Multiaddr;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionId, DialError};
use tracing::debug;

use super::super::dials::{MOST_ADDRESSES, Waiter};
use super::super::faults::dial_fault;
use super::calls::answer;
use super::{Driver, Peer};
use crate::PeerId;
use crate::error::{Error, ErrorCode};

impl Driver {
    pub(super) async fn connect(&mut self, id: PeerId, place: Option<Multiaddr>, waiter: Waiter) {
        if self.leaving.is_some() {
            let closed = Error::new(ErrorCode::NodeClosed, "the node is shutting down");
            return answer(waiter.reply, Err(closed));
        }
        let peer = self.peer(id);
        peer.learn(place.clone());
        let state = peer.machine.state();
        if peer.addresses.is_empty() && state == State::Disconnected {
            let unknown = Error::new(ErrorCode::UnknownPeer, "no address of the peer is known");
            answer(waiter.reply, Err(unknown.at_peer(id)));
            return self.forget_if_idle(id);
        }
        peer.dial.wait(waiter);
        peer.last_fault = None;
        if peer.machine.is_dialing() {
            place.into_iter().for_each(|place| peer.dial.try_later(place));
        }
        let actions = peer.machine.seek(Interest::Once);
        if matches!(state, State::Connected | State::Established) {
            peer.dial.reached(state);
        }
        self.carry_out(id, actions).await;
        // Who is asked for does not wait for those that are only kept.
        if self.queued.remove(&id) {
            self.dial_known(id).await;
        }
    }

    pub(super) fn wait_for(&mut self, id: PeerId, waiter: Waiter) {
        let peer = self.peer(id);
        peer.dial.wait(waiter);
        match peer.machine.state() {
            State::Disconnected => {
                let error = Error::new(ErrorCode::NotConnected, "there is no connection");
                peer.dial.failed(&error.at_peer(id));
                self.forget_if_idle(id);
            }
            state @ (State::Connected | State::Established) => peer.dial.reached(state),
            _ => {}
        }
    }

    pub(super) async fn seek(&mut self, id: PeerId, places: Vec<Multiaddr>, interest: Interest) {
        if self.leaving.is_some() {
            return;
        }
        let peer = self.peer(id);
        places.into_iter().rev().for_each(|place| peer.learn(Some(place)));
        let actions = peer.machine.seek(interest);
        self.carry_out(id, actions).await;
    }

    /// Tries the addresses that are known of the peer, one after the other; later, if many peers
    /// are being tried.
    pub(super) async fn dial_known(&mut self, id: PeerId) {
        if self.dialing.len() >= MOST_DIALS && !self.peer(id).dial.is_awaited() {
            self.queued.insert(id);
            return;
        }
        let peer = self.peer(id);
        peer.dial.try_all(peer.addresses.clone());
        self.dialing.insert(id);
        self.dial_next(id).await;
    }

    /// Tries those that had to wait, as others come to an end.
    pub(super) async fn dial_queued(&mut self) {
        while self.dialing.len() < MOST_DIALS
            && let Some(id) = self.queued.pop_first()
        {
            if self.peers.get(&id).is_some_and(|peer| peer.machine.is_dialing()) {
                self.dial_known(id).await;
            }
        }
    }

    pub(super) fn dial_over(&mut self, id: PeerId) {
        self.dialing.remove(&id);
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.dial.under_way = None;
        }
    }

    /// Port reuse is off: two dials that cross could merge into one TCP connection with two
    /// initiators, and fail.
    async fn dial_next(&mut self, id: PeerId) {
        while let Some(place) = self.peer(id).dial.next_address() {
            let options = DialOpts::peer_id(id.to_libp2p())
                .condition(PeerCondition::Always)
                .addresses(vec![place])
                .allocate_new_port()
                .build();
            let connection = options.connection_id();
            match self.swarm.dial(options) {
                Ok(()) => return self.peer(id).dial.under_way = Some(connection),
                Err(fault) => self.note_fault(id, fault),
            }
        }
        self.dial_over(id);
        if self.settings.rules.peer_denial(&id).is_some() {
            // It would be refused again and again.
            return Box::pin(self.disconnect(id, DisconnectReason::Banned)).await;
        }
        let actions = self.peer(id).machine.dial_failed(Instant::now());
        Box::pin(self.carry_out(id, actions)).await;
    }

    pub(super) async fn dial_failed(
        &mut self,
        id: PeerId,
        connection: ConnectionId,
        fault: DialError,
    ) {
        let under_way = self.peers.get(&id).and_then(|peer| peer.dial.under_way);
        if under_way == Some(connection) {
            self.note_fault(id, fault);
            self.dial_next(id).await;
        }
    }

    fn note_fault(&mut self, id: PeerId, fault: DialError) {
        let error = dial_fault(id, fault);
        debug!(peer = %id, %error, "dial failed");
        self.peer(id).last_fault = Some(error);
    }
}

impl Peer {
    /// One more address of the peer, the first to be tried from now on.
    pub(super) fn learn(&mut self, place: Option<Multiaddr>) {
        let Some(place) = place else { return };
        self.addresses.retain(|known| *known != place);
        self.addresses.truncate(MOST_ADDRESSES - 1);
        self.addresses.insert(0, place);
    }

    /// The address that was just dialed is the first to be tried next time.
    pub(super) fn note_success(&mut self) {
        let place = self.dial.current();
        self.learn(place);
    }
}

/// Peers that are dialed at once, unless the application waits for more: with 10 s for each that
/// does not answer, a thousand peers that are gone take under three minutes.
pub(crate) const MOST_DIALS: usize = 64;
