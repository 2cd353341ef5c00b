//! From an address to an authenticated, multiplexed connection.

use futures::future::Either;
use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::{Boxed, OrTransport, Transport};
use libp2p::core::upgrade::Version;
use libp2p::core::{ConnectedPoint, StreamMuxer};
use libp2p::identity::Keypair;
use libp2p::{PeerId as Libp2pId, dns, quic, tcp, yamux};
use tracing::warn;

use super::gate::{Denials, Denied};
use super::keepalive::{Heard, Pulses, watch_quic, watch_socket};
use super::metered::Metered;
use super::muxer::Bounded;
use super::secure::SecureChannel;
use super::standing::Standings;
use super::strangers::{IDENTIFY_WITHIN, Watch, Watched};
use crate::PeerId;
use crate::config::{Config, HandshakeMode, MAX_STREAMS};
use crate::error::Result;
use crate::events::Denial;

/// What the swarm dials and listens with.
pub(super) type Connections = Boxed<(Libp2pId, StreamMuxerBox)>;

/// TCP with TLS or Noise and yamux, and QUIC; to IP addresses and to DNS names.
pub(super) fn build(
    keypair: &Keypair,
    config: &Config,
    standings: &Standings,
    pulses: &Pulses,
    watch: &Watch,
) -> Result<Connections> {
    let secure = SecureChannel::new(keypair, config.security, pulses.clone())?;
    let by_ip = || {
        let bare = tcp_and_quic(keypair, secure.clone(), config, standings, pulses, watch);
        Watched::new(bare, watch.clone()).boxed()
    };
    Ok(match dns::tokio::Transport::system(by_ip()) {
        Ok(resolving) => resolving.boxed(),
        Err(fault) => {
            warn!(%fault, "the system's DNS setup cannot be read: only IP addresses will work");
            let nothing = (dns::ResolverConfig::default(), dns::ResolverOpts::default());
            dns::tokio::Transport::custom(by_ip(), nothing.0, nothing.1).boxed()
        }
    })
}

fn tcp_and_quic(
    keypair: &Keypair,
    secure: SecureChannel,
    config: &Config,
    standings: &Standings,
    pulses: &Pulses,
    watch: &Watch,
) -> Connections {
    let of_tcp = Bounds { standings: standings.clone(), denials: watch.denials.clone() };
    let (of_quic, pulses, keep_alive) = (of_tcp.clone(), pulses.clone(), config.keep_alive);
    let over_tcp = tcp::tokio::Transport::new(tcp::Config::new().nodelay(true))
        .map(move |socket, _| {
            keep_alive.inspect(|times| watch_socket(&socket.0, *times));
            Metered::new(socket)
        })
        .upgrade(Version::V1Lazy)
        .authenticate(secure)
        .multiplex(yamux())
        .map(move |(peer, muxer), point| (peer, of_tcp.around(peer, muxer, &point)));
    let over_quic =
        quic::tokio::Transport::new(quic(keypair, config)).map(move |(peer, muxer), point| {
            let muxer = Heard::new(muxer, pulses.clone());
            (peer, of_quic.around(peer, muxer, &point))
        });
    OrTransport::new(over_quic, over_tcp)
        .map(|output, _| match output {
            Either::Left(connection) | Either::Right(connection) => connection,
        })
        .boxed()
}

/// What bounds every connection, once its peer is known.
#[derive(Clone)]
struct Bounds {
    standings: Standings,
    denials: Denials,
}

impl Bounds {
    fn around<M>(&self, peer: Libp2pId, muxer: M, point: &ConnectedPoint) -> StreamMuxerBox
    where
        M: StreamMuxer + Send + 'static,
        M::Substream: Send + Unpin + 'static,
        M::Error: Send + Sync + 'static,
    {
        let denied = Denied {
            inbound: point.is_listener(),
            peer: PeerId::from_libp2p(&peer).ok(),
            address: point.get_remote_address().clone(),
            denial: Denial::TooManyStreams,
        };
        let standing = self.standings.of(peer);
        StreamMuxerBox::new(Bounded::new(muxer, standing, self.denials.clone(), denied))
    }
}

fn yamux() -> yamux::Config {
    let mut config = yamux::Config::default();
    config.set_max_num_streams(MAX_YAMUX_STREAMS);
    config
}

fn quic(keypair: &Keypair, config: &Config) -> quic::Config {
    let named = match config.handshake {
        HandshakeMode::Automatic => config.streams.len(),
        // The application names them later.
        HandshakeMode::App => config.streams.len().max(APP_STREAMS),
    };
    let windows = Windows::of(named);
    let mut quic = quic::Config::new(keypair);
    // Of both directions: how long a dial and an inbound upgrade take is bounded above.
    quic.handshake_timeout = config.dial_timeout.max(IDENTIFY_WITHIN);
    quic.max_concurrent_stream_limit = MAX_QUIC_STREAMS;
    quic.max_stream_data = windows.stream;
    quic.max_connection_data = windows.connection;
    if let Some(keep_alive) = config.keep_alive {
        watch_quic(&mut quic, keep_alive);
    }
    quic
}

/// How many bytes QUIC receives of a peer before somebody reads them.
///
/// What waits for a stream's reader is bounded by its window; what waits on all of them by the
/// connection's, which has room for every configured stream to stall and leave the others going. The
/// more streams there are, the smaller are their windows: 10 to 16 MiB a connection, for up to 60.
pub(crate) struct Windows {
    pub(crate) stream: u32,
    pub(crate) connection: u32,
}

impl Windows {
    /// Those of a node with this many named streams.
    pub(crate) fn of(named: usize) -> Self {
        let count = u32::try_from(named.min(MAX_STREAMS) + UNNAMED_WINDOWS).unwrap_or(u32::MAX);
        let stream = (QUIC_CONNECTION / count).clamp(SMALLEST_WINDOW, LARGEST_WINDOW);
        Self { stream, connection: count.saturating_mul(stream) }
    }
}

/// A connection ends when a peer opens more: two for each of 128 names, and some for the handshake,
/// identify and streams that are closing.
pub(crate) const MAX_YAMUX_STREAMS: usize = 384;
/// Inbound ones, at once: two for each of 128 names.
pub(crate) const MAX_QUIC_STREAMS: u32 = 256;
/// What a connection may hold unread, if that leaves each stream its smallest window.
const QUIC_CONNECTION: u32 = 16 << 20;
/// As large as yamux' window: on a path of 50 ms it carries 5 MB/s.
const SMALLEST_WINDOW: u32 = 256 << 10;
/// On a path of 50 ms it carries 40 MB/s.
const LARGEST_WINDOW: u32 = 2 << 20;
/// Streams that an application is taken to name when it shakes hands itself.
const APP_STREAMS: usize = 12;
/// For the handshake, identify, keep-alive and a stream that is being reopened.
const UNNAMED_WINDOWS: usize = 4;
