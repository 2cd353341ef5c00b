//! Who is let in: the first field of the swarm's behaviour, so that it is asked before any other.

use std::convert::Infallible;
use std::task::{Context, Poll};

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
    THandlerOutEvent, ToSwarm, dummy,
};
use libp2p::{Multiaddr, PeerId as Libp2pId};

use crate::PeerId;
use crate::error::{Error, ErrorCode, Result};

/// Refuses identities that identify nobody. libp2p accepts all eight Ed25519 keys of small order,
/// and anyone can sign for those.
pub(crate) struct Gate {
    own: PeerId,
}

impl Gate {
    pub(crate) fn new(own: PeerId) -> Self {
        Self { own }
    }

    fn admit(&self, id: &Libp2pId) -> Result<()> {
        let peer = PeerId::from_libp2p(id)?;
        if peer == self.own {
            return Err(own_identity().at_peer(peer));
        }
        Ok(())
    }
}

/// Somebody else holds our key, or we reached ourselves.
pub(super) fn own_identity() -> Error {
    Error::new(ErrorCode::IdentityRefused, "the peer has this node's own identity")
}

impl NetworkBehaviour for Gate {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        peer: Libp2pId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> std::result::Result<THandler<Self>, ConnectionDenied> {
        self.admit(&peer).map_err(ConnectionDenied::new)?;
        Ok(dummy::ConnectionHandler)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: Libp2pId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> std::result::Result<THandler<Self>, ConnectionDenied> {
        self.admit(&peer).map_err(ConnectionDenied::new)?;
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(
        &mut self,
        _: Libp2pId,
        _: ConnectionId,
        never: THandlerOutEvent<Self>,
    ) {
        match never {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Identity;

    fn refusal(gate: &Gate, id: &Libp2pId) -> ErrorCode {
        gate.admit(id).unwrap_err().code()
    }

    #[test]
    fn an_identity_of_small_order_is_refused_though_libp2p_takes_it() {
        let everybody: Libp2pId =
            "12D3KooW9tGaPdJo5jmCpadQ971nfiq4kLcQjeBPYTfutBTtckPH".parse().unwrap();
        let gate = Gate::new(Identity::generate().peer_id());
        assert_eq!(refusal(&gate, &everybody), ErrorCode::IdentityRefused);
    }

    #[test]
    fn our_own_identity_is_refused_and_others_are_not() {
        let own = Identity::generate().peer_id();
        let gate = Gate::new(own);
        assert_eq!(refusal(&gate, &own.to_libp2p()), ErrorCode::IdentityRefused);
        assert!(gate.admit(&Identity::generate().peer_id().to_libp2p()).is_ok());
    }
}
