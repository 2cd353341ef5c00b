//! The library's part of one connection inside the swarm: it opens and accepts named streams, and
//! hands each to the task that wants it.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::{Ready, ready};
use glueberry_proto::name::StreamName;
use glueberry_proto::peer::Dialer;
use libp2p::core::UpgradeInfo;
use libp2p::core::upgrade::{InboundUpgrade, OutboundUpgrade};
use libp2p::swarm::handler::{ConnectionEvent, DialUpgradeError, FullyNegotiatedOutbound};
use libp2p::swarm::{
    ConnectionHandler, ConnectionHandlerEvent, StreamUpgradeError, SubstreamProtocol,
};
use libp2p::{Stream, StreamProtocol};
use tokio::sync::{mpsc, oneshot};
use tracing::warn;

use super::connection::{Connection, OpenFault, OpenRequest};

pub(crate) struct Handler {
    connection: Arc<Connection>,
    requests: mpsc::Receiver<OpenRequest>,
    first_use: FirstUse,
}

/// The peer opened its handshake stream on a connection that it dialed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Used;

/// Whether that is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FirstUse {
    Awaited,
    ToBeTold,
    Told,
}

impl Handler {
    pub(super) fn new(connection: Arc<Connection>, requests: mpsc::Receiver<OpenRequest>) -> Self {
        connection.standing.connection_begins();
        let first_use =
            if connection.dialer == Dialer::Them { FirstUse::Awaited } else { FirstUse::Told };
        Self { connection, requests, first_use }
    }

    fn arrived(&mut self, stream: Stream, protocol: &StreamProtocol) {
        if self.first_use == FirstUse::Awaited
            && protocol.as_ref() == StreamName::handshake().protocol()
        {
            self.first_use = FirstUse::ToBeTold;
        }
        if let Err(name) = self.connection.deliver(protocol.as_ref(), stream) {
            warn!(peer = %self.connection.peer, stream = %name, "too many inbound streams");
        }
    }
}

type Reply = oneshot::Sender<Result<Stream, OpenFault>>;

impl ConnectionHandler for Handler {
    type FromBehaviour = Infallible;
    type ToBehaviour = Used;
    type InboundProtocol = Named;
    type OutboundProtocol = Named;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = Reply;

    fn listen_protocol(&self) -> SubstreamProtocol<Named> {
        SubstreamProtocol::new(Named { protocols: self.connection.offered() }, ())
            .with_timeout(NEGOTIATION_TIMEOUT)
    }

    /// Streams open lazily, and an Established peer may have none for weeks: only the session
    /// decides when a connection ends.
    fn connection_keep_alive(&self) -> bool {
        true
    }

    fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Named, Reply, Used>> {
        if self.first_use == FirstUse::ToBeTold {
            self.first_use = FirstUse::Told;
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(Used));
        }
        let Poll::Ready(Some(request)) = self.requests.poll_recv(context) else {
            return Poll::Pending;
        };
        let named = Named { protocols: Arc::new([request.protocol]) };
        let protocol =
            SubstreamProtocol::new(named, request.reply).with_timeout(NEGOTIATION_TIMEOUT);
        Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol })
    }

    fn on_behaviour_event(&mut self, never: Infallible) {
        match never {}
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<'_, Named, Named, (), Reply>) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(inbound) => {
                let (stream, protocol) = inbound.protocol;
                self.arrived(stream, &protocol);
            }
            // A caller that stopped waiting drops the stream, which resets it.
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol: (stream, _),
                info,
            }) => drop(info.send(Ok(stream))),
            ConnectionEvent::AddressChange(change) => self.connection.is_at(change.new_address),
            ConnectionEvent::DialUpgradeError(DialUpgradeError { info, error }) => {
                drop(info.send(Err(open_fault(&error))));
            }
            _ => {}
        }
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        self.connection.standing.connection_ends();
        self.connection.ended.cancel();
    }
}

fn open_fault(error: &StreamUpgradeError<Infallible>) -> OpenFault {
    match error {
        StreamUpgradeError::Timeout => OpenFault::TimedOut,
        StreamUpgradeError::Io(_) => OpenFault::ConnectionEnded,
        StreamUpgradeError::NegotiationFailed | StreamUpgradeError::Apply(_) => OpenFault::Refused,
    }
}

/// An upgrade to a bare stream of one of these protocols.
pub(crate) struct Named {
    protocols: Arc<[StreamProtocol]>,
}

impl UpgradeInfo for Named {
    type Info = StreamProtocol;
    type InfoIter = Vec<StreamProtocol>;

    fn protocol_info(&self) -> Self::InfoIter {
        self.protocols.to_vec()
    }
}

impl InboundUpgrade<Stream> for Named {
    type Output = (Stream, StreamProtocol);
    type Error = Infallible;
    type Future = Ready<Result<Self::Output, Infallible>>;

    fn upgrade_inbound(self, stream: Stream, protocol: StreamProtocol) -> Self::Future {
        ready(Ok((stream, protocol)))
    }
}

impl OutboundUpgrade<Stream> for Named {
    type Output = (Stream, StreamProtocol);
    type Error = Infallible;
    type Future = Ready<Result<Self::Output, Infallible>>;

    fn upgrade_outbound(self, stream: Stream, protocol: StreamProtocol) -> Self::Future {
        ready(Ok((stream, protocol)))
    }
}

/// As long as a dial may take: a peer that cannot agree on a protocol by then never will.
pub(crate) const NEGOTIATION_TIMEOUT: Duration = Duration::from_secs(10);
