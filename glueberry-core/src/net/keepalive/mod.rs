//! Which connections are dead though nobody closed them.
//!
//! `glueberry-proto` decides when to ask and when to give up; the handler asks, over
//! `/ipfs/ping/1.0.0`; the pulse gathers every other sign of life from the transport; and the
//! transports are set up to notice by themselves what a ping cannot.

mod exchange;
mod handler;
mod heard;
mod pulse;
mod transport;

use std::collections::VecDeque;
use std::task::{Context, Poll};
use std::time::Instant;

use glueberry_proto::peer::Watch;
use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId as Libp2pId};

use crate::config::KeepAlive;
use handler::{Dead, Watcher};
use transport::notices_silence;

pub(crate) use handler::MOST_ECHOES;
pub(super) use heard::Heard;
pub(super) use pulse::{Ear, Pulses};
pub(super) use transport::{watch_quic, watch_socket};

/// Watches every connection, and answers every peer's pings.
pub(crate) struct Vigil {
    pulses: Pulses,
    keep_alive: Option<KeepAlive>,
    /// Not reported yet. Bounded by the connections, each of which is reported once.
    silent: VecDeque<Silent>,
}

/// A connection whose peer gave no sign of life in time. It still stands.
#[derive(Debug)]
pub(crate) struct Silent {
    pub(super) connection: ConnectionId,
}

impl Vigil {
    /// Without a `keep_alive` pings are answered, and none are sent.
    pub(super) fn new(keep_alive: Option<KeepAlive>, pulses: Pulses) -> Self {
        Self { pulses, keep_alive, silent: VecDeque::new() }
    }

    fn watcher(&self, address: &Multiaddr) -> Watcher {
        let watch = self.keep_alive.map(watch);
        Watcher::new(self.pulses.clone(), watch, notices_silence(address))
    }
}

/// The last look, an eighth more than what the watch is given, is within the timeout.
fn watch(times: KeepAlive) -> Watch {
    Watch::new(times.interval, times.timeout * 8 / 9, Instant::now())
}

impl NetworkBehaviour for Vigil {
    type ConnectionHandler = Watcher;
    type ToSwarm = Silent;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: Libp2pId,
        _: &Multiaddr,
        address: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.watcher(address))
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: Libp2pId,
        address: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.watcher(address))
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(&mut self, _: Libp2pId, connection: ConnectionId, Dead: Dead) {
        self.silent.push_back(Silent { connection });
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Silent, THandlerInEvent<Self>>> {
        self.silent
            .pop_front()
            .map_or(Poll::Pending, |silent| Poll::Ready(ToSwarm::GenerateEvent(silent)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_answer_may_take_as_long_as_the_timeout_and_no_longer() {
        let timeout = Duration::from_secs(3);
        let patience = watch(KeepAlive { timeout, ..KeepAlive::default() }).patience();
        assert!(patience <= timeout && patience + Duration::from_millis(1) > timeout);
    }
}
