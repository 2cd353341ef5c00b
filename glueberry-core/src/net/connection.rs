//! One libp2p connection, as the rest of the library sees it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use glueberry_proto::name::StreamName;
use glueberry_proto::peer::{ConnectionKey, Dialer};
use libp2p::{Multiaddr, Stream, StreamProtocol};
use parking_lot::{Mutex, RwLock};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::gate::ip_of;
use super::standing::Standing;
use crate::PeerId;

/// One connection to a peer. Shared by its handler, which runs inside the swarm, and the session's
/// tasks; no stream passes through the swarm task.
pub(crate) struct Connection {
    pub(crate) key: ConnectionKey,
    pub(crate) peer: PeerId,
    pub(crate) dialer: Dialer,
    pub(crate) address: String,
    remote_ip: Mutex<Option<IpAddr>>,
    pub(super) standing: Arc<Standing>,
    /// Cancelled when the connection ends, or is to end: every task of it stops.
    pub(crate) ended: CancellationToken,
    opener: mpsc::Sender<OpenRequest>,
    routes: RwLock<Routes>,
    /// Handshake streams that come before anybody asked for them: the dialer speaks at once.
    early_handshakes: Mutex<Option<Arrivals>>,
}

/// Who is at the other end, and where.
pub(super) struct OtherEnd {
    pub(super) peer: PeerId,
    pub(super) dialer: Dialer,
    pub(super) address: String,
    pub(super) standing: Arc<Standing>,
}

/// Which inbound streams are taken, and by whom. Bounded by the number of names that a node may
/// configure, and the handshake's.
#[derive(Default)]
struct Routes {
    by_protocol: BTreeMap<String, Route>,
    offered: Arc<[StreamProtocol]>,
}

struct Route {
    name: StreamName,
    taker: mpsc::Sender<Box<Stream>>,
}

/// The inbound streams of one name.
pub(crate) struct Arrivals {
    // Boxed: a channel holds room for 32 items as long as it lives, though one stream comes in years.
    streams: mpsc::Receiver<Box<Stream>>,
}

impl Arrivals {
    /// The next one; `None` once the name is taken over, or the connection is gone.
    pub(crate) async fn recv(&mut self) -> Option<Stream> {
        self.streams.recv().await.map(|stream| *stream)
    }
}

/// A wish of a session's task, carried out by the connection's handler.
pub(super) struct OpenRequest {
    pub(super) protocol: StreamProtocol,
    pub(super) reply: oneshot::Sender<Result<Stream, OpenFault>>,
}

/// Why a stream could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OpenFault {
    /// The peer does not accept this name now.
    #[error("the peer refused the stream")]
    Refused,
    /// No answer in time.
    #[error("the peer did not answer in time")]
    TimedOut,
    /// The connection is gone.
    #[error("the connection ended")]
    ConnectionEnded,
}

/// Inbound streams of one name that wait to be taken: a peer needs one, and a second while it
/// reopens; more are refused.
pub(crate) const WAITING_STREAMS: usize = 4;
/// Streams being opened at once on one connection; more wait in line.
const OPEN_REQUESTS: usize = 64;

impl Connection {
    pub(super) fn new(
        key: ConnectionKey,
        end: OtherEnd,
    ) -> (Arc<Self>, mpsc::Receiver<OpenRequest>) {
        let (opener, requests) = mpsc::channel(OPEN_REQUESTS);
        let ended = CancellationToken::new();
        let (routes, early_handshakes) = (RwLock::default(), Mutex::default());
        let OtherEnd { peer, dialer, address, standing } = end;
        let remote_ip = Mutex::new(address.parse().ok().and_then(|address| ip_of(&address)));
        let connection = Self {
            key,
            peer,
            dialer,
            address,
            remote_ip,
            standing,
            ended,
            opener,
            routes,
            early_handshakes,
        };
        let handshakes = connection.accept(&StreamName::handshake());
        *connection.early_handshakes.lock() = Some(handshakes);
        (Arc::new(connection), requests)
    }

    /// The peer's IP address, where the connection has one that is known.
    pub(crate) fn remote_ip(&self) -> Option<IpAddr> {
        *self.remote_ip.lock()
    }

    /// The peer is at this address: what a name stood for that was dialed.
    pub(super) fn is_at(&self, address: &Multiaddr) {
        if let Some(ip) = ip_of(address) {
            *self.remote_ip.lock() = Some(ip);
        }
    }

    /// How many connections its peer has.
    pub(crate) fn of_its_peer(&self) -> usize {
        self.standing.connections()
    }

    /// Opens a stream of this name to the peer.
    pub(crate) async fn open(&self, name: &StreamName) -> Result<Stream, OpenFault> {
        let (reply, answer) = oneshot::channel();
        let request = OpenRequest { protocol: protocol_of(name), reply };
        self.opener.send(request).await.map_err(|_| OpenFault::ConnectionEnded)?;
        answer.await.map_err(|_| OpenFault::ConnectionEnded)?
    }

    /// Accepts inbound streams of this name from now on, and hands them to the returned receiver.
    /// A second call for the same name takes the name over. The handshake's is accepted from the
    /// beginning.
    pub(crate) fn accept(&self, name: &StreamName) -> Arrivals {
        if name.is_handshake()
            && let Some(early) = self.early_handshakes.lock().take()
        {
            return early;
        }
        let (taker, streams) = mpsc::channel(WAITING_STREAMS);
        let mut routes = self.routes.write();
        let route = Route { name: name.clone(), taker };
        routes.by_protocol.insert(protocol_of(name).to_string(), route);
        routes.offered =
            routes.by_protocol.values().map(|route| protocol_of(&route.name)).collect();
        Arrivals { streams }
    }

    /// Whether streams of this name are accepted.
    pub(crate) fn accepts(&self, name: &StreamName) -> bool {
        self.routes.read().by_protocol.contains_key(&name.protocol())
    }

    /// The protocols of all accepted names.
    pub(super) fn offered(&self) -> Arc<[StreamProtocol]> {
        self.routes.read().offered.clone()
    }

    /// Hands an inbound stream to whoever accepts its name; the stream is reset when that taker has
    /// too many already.
    pub(super) fn deliver(&self, protocol: &str, stream: Stream) -> Result<(), StreamName> {
        let routes = self.routes.read();
        let Some(route) = routes.by_protocol.get(protocol) else { return Ok(()) };
        route.taker.try_send(Box::new(stream)).map_err(|_| route.name.clone())
    }
}

fn protocol_of(name: &StreamName) -> StreamProtocol {
    StreamProtocol::try_from_owned(name.protocol()).expect("a stream's protocol begins with '/'")
}
