//! From an address to an authenticated, multiplexed connection.

use std::time::Duration;

use futures::future::Either;
use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::{Boxed, OrTransport, Transport};
use libp2p::core::upgrade::Version;
use libp2p::identity::Keypair;
use libp2p::{dns, quic, tcp, yamux};
use tracing::warn;

use super::keepalive::{Heard, Pulses, watch_quic, watch_socket};
use super::muxer::BoundedClose;
use super::secure::SecureChannel;
use super::standing::Standings;
use crate::config::{KeepAlive, Security};
use crate::error::Result;

/// What the swarm dials and listens with.
pub(super) type Connections = Boxed<(libp2p::PeerId, StreamMuxerBox)>;

/// TCP with TLS or Noise and yamux, and QUIC; to IP addresses and to DNS names.
pub(super) fn build(
    keypair: &Keypair,
    security: Security,
    dial_timeout: Duration,
    standings: &Standings,
    (keep_alive, pulses): (Option<KeepAlive>, &Pulses),
) -> Result<Connections> {
    let secure = SecureChannel::new(keypair, security, pulses.clone())?;
    let alive = (keep_alive, pulses);
    let by_ip = || tcp_and_quic(keypair, secure.clone(), dial_timeout, standings, alive);
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
    dial_timeout: Duration,
    standings: &Standings,
    (keep_alive, pulses): (Option<KeepAlive>, &Pulses),
) -> Connections {
    let (of_tcp, of_quic, pulses) = (standings.clone(), standings.clone(), pulses.clone());
    let over_tcp = tcp::tokio::Transport::new(tcp::Config::new().nodelay(true))
        .map(move |socket, _| {
            keep_alive.inspect(|times| watch_socket(&socket.0, *times));
            socket
        })
        .upgrade(Version::V1Lazy)
        .authenticate(secure)
        .multiplex(yamux())
        .timeout(dial_timeout)
        .map(move |(peer, muxer), _| {
            (peer, StreamMuxerBox::new(BoundedClose::new(muxer, of_tcp.of(peer))))
        });
    let over_quic = quic::tokio::Transport::new(quic(keypair, dial_timeout, keep_alive)).map(
        move |(peer, muxer), _| {
            let muxer = Heard::new(muxer, pulses.clone());
            (peer, StreamMuxerBox::new(BoundedClose::new(muxer, of_quic.of(peer))))
        },
    );
    OrTransport::new(over_quic, over_tcp)
        .map(|output, _| match output {
            Either::Left(connection) | Either::Right(connection) => connection,
        })
        .boxed()
}

fn yamux() -> yamux::Config {
    let mut config = yamux::Config::default();
    config.set_max_num_streams(MAX_YAMUX_STREAMS);
    config
}

fn quic(
    keypair: &Keypair,
    handshake_timeout: Duration,
    keep_alive: Option<KeepAlive>,
) -> quic::Config {
    let mut config = quic::Config::new(keypair);
    config.handshake_timeout = handshake_timeout;
    if let Some(keep_alive) = keep_alive {
        watch_quic(&mut config, keep_alive);
    }
    config
}

/// A connection ends when a peer opens more: two for each of 128 names, and some for the handshake,
/// identify and streams that are closing.
const MAX_YAMUX_STREAMS: usize = 384;
