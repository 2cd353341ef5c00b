//! What the swarm consists of.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::task::{Context, Poll};

use glueberry_proto::peer::{ConnectionKey, Dialer};
use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
    THandlerOutEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId as Libp2pId, identify};

use super::boxed::Boxed;
use super::connection::{Connection, OtherEnd};
use super::gate::Gate;
use super::handler::{Handler, Used};
use super::keepalive::Vigil;
use super::standing::Standings;
use crate::PeerId;

/// The gate comes first: it is asked first.
#[derive(NetworkBehaviour)]
#[behaviour(prelude = "libp2p::swarm::derive_prelude")]
pub(crate) struct Behaviour {
    pub(super) gate: Gate,
    pub(super) links: Links,
    pub(super) keepalive: Vigil,
    pub(super) identify: Boxed<identify::Behaviour>,
}

/// Gives every connection its [`Handler`], and the driver the other end of it.
pub(crate) struct Links {
    /// Connections that the driver has not taken yet: at most those the swarm reports next.
    new: HashMap<ConnectionId, Arc<Connection>>,
    /// What the driver has not heard yet: each connection once.
    used: VecDeque<InUse>,
    last_key: u64,
    standings: Standings,
}

/// The peer uses a connection that it dialed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InUse {
    pub(super) connection: ConnectionId,
}

impl Links {
    pub(super) fn new(standings: Standings) -> Self {
        Self { new: HashMap::new(), used: VecDeque::new(), last_key: 0, standings }
    }

    /// The connection that the swarm just reported.
    pub(super) fn take(&mut self, id: ConnectionId) -> Option<Arc<Connection>> {
        self.new.remove(&id)
    }

    fn add(
        &mut self,
        id: ConnectionId,
        peer: &Libp2pId,
        dialer: Dialer,
        address: &Multiaddr,
    ) -> Result<Handler, ConnectionDenied> {
        let standing = self.standings.of(*peer);
        let peer = PeerId::from_libp2p(peer).map_err(ConnectionDenied::new)?;
        self.last_key += 1;
        let key = ConnectionKey(self.last_key);
        let end = OtherEnd { peer, dialer, address: address.to_string(), standing };
        let (connection, requests) = Connection::new(key, end);
        self.new.insert(id, connection.clone());
        Ok(Handler::new(connection, requests))
    }
}

impl NetworkBehaviour for Links {
    type ConnectionHandler = Handler;
    type ToSwarm = InUse;

    fn handle_established_inbound_connection(
        &mut self,
        id: ConnectionId,
        peer: Libp2pId,
        _: &Multiaddr,
        address: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.add(id, &peer, Dialer::Them, address)
    }

    fn handle_established_outbound_connection(
        &mut self,
        id: ConnectionId,
        peer: Libp2pId,
        address: &Multiaddr,
        role: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        // Hole punching dials as a listener: then the peer counts as the dialer.
        let dialer = if role.is_dialer() { Dialer::Us } else { Dialer::Them };
        self.add(id, &peer, dialer, address)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        // Another part of the behaviour refused the connection after `add`.
        match event {
            FromSwarm::DialFailure(failure) => drop(self.take(failure.connection_id)),
            FromSwarm::ListenFailure(failure) => drop(self.take(failure.connection_id)),
            _ => {}
        }
    }

    fn on_connection_handler_event(
        &mut self,
        _: Libp2pId,
        connection: ConnectionId,
        Used: THandlerOutEvent<Self>,
    ) {
        self.used.push_back(InUse { connection });
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        self.used
            .pop_front()
            .map_or(Poll::Pending, |used| Poll::Ready(ToSwarm::GenerateEvent(used)))
    }
}
