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
use super::metered::Metered;
use super::muxer::Bounded;
use super::secure::SecureChannel;
use super::standing::Standings;
use super::strangers::{IDENTIFY_WITHIN, Watch, Watched};
use crate::PeerId;
use crate::config::{Config, MAX_STREAMS};
use crate::error::Result;
use crate::events::Denial;

/// What the swarm dials and listens with.
pub(super) type Connections = Boxed<(Libp2pId, StreamMuxerBox)>;

/// TCP with TLS or Noise and yamux, and QUIC; to IP addresses and to DNS names.
pub(super) fn build(
    keypair: &Keypair,
    config: &Config,
    standings: &Standings,
    watch: &Watch,
) -> Result<Connections> {
    let secure = SecureChannel::new(keypair, config.security)?;
    let by_ip = || {
        let bare = tcp_and_quic(keypair, secure.clone(), config, standings, watch);
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
    watch: &Watch,
) -> Connections {
    let of_tcp = Bounds { standings: standings.clone(), denials: watch.denials.clone() };
    let of_quic = of_tcp.clone();
    let over_tcp = tcp::tokio::Transport::new(tcp::Config::new().nodelay(true))
        .map(|socket, _| Metered::new(socket))
        .upgrade(Version::V1Lazy)
        .authenticate(secure)
        .multiplex(yamux())
        .map(move |(peer, muxer), point| (peer, of_tcp.around(peer, muxer, &point)));
    let over_quic = quic::tokio::Transport::new(quic(keypair, config))
        .map(move |(peer, muxer), point| (peer, of_quic.around(peer, muxer, &point)));
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
        M::Substream: Send + 'static,
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

/// What waits for a stream's reader is bounded by its window; what waits on all of them by the
/// connection's, which has room for every configured stream to stall and leave the others going.
fn quic(keypair: &Keypair, config: &Config) -> quic::Config {
    let windows = config.streams.len().min(MAX_STREAMS) + UNNAMED_WINDOWS;
    let mut quic = quic::Config::new(keypair);
    // Of both directions: how long a dial and an inbound upgrade take is bounded above.
    quic.handshake_timeout = config.dial_timeout.max(IDENTIFY_WITHIN);
    quic.max_concurrent_stream_limit = MAX_QUIC_STREAMS;
    quic.max_stream_data = QUIC_STREAM_WINDOW;
    quic.max_connection_data =
        u32::try_from(windows).unwrap_or(u32::MAX).saturating_mul(QUIC_STREAM_WINDOW);
    quic
}

/// A connection ends when a peer opens more: two for each of 128 names, and some for the handshake,
/// identify and streams that are closing.
const MAX_YAMUX_STREAMS: usize = 384;
/// Inbound ones, at once: two for each of 128 names.
const MAX_QUIC_STREAMS: u32 = 256;
/// In bytes: a full window on a path of 50 ms carries 40 MB/s.
const QUIC_STREAM_WINDOW: u32 = 2 << 20;
/// For the handshake, identify, keep-alive and a stream that is being reopened.
const UNNAMED_WINDOWS: usize = 4;
