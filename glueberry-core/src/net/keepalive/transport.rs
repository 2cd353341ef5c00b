//! How the transports themselves notice that a peer is gone.

use std::time::Duration;

use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, quic};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tracing::warn;

use crate::config::KeepAlive;

/// What a transport ends a connection for, without being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notices {
    /// Nothing within a useful time.
    Nothing,
    /// The peer does not acknowledge what was sent.
    Backlog,
    /// Nothing comes from the peer.
    Silence,
}

impl Notices {
    /// Of a connection at this address.
    pub(super) fn at(address: &Multiaddr) -> Self {
        let mut found = Self::Nothing;
        for part in address {
            match part {
                Protocol::QuicV1 => found = Self::Silence,
                Protocol::Tcp(_) if USER_TIMEOUT => found = Self::Backlog,
                // The relay lives, whatever becomes of the peer.
                Protocol::P2pCircuit => return Self::Nothing,
                _ => {}
            }
        }
        found
    }
}

const USER_TIMEOUT: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// Has the kernel end the connection of a peer that acknowledges nothing for as long as the
/// keep-alive would wait (`TCP_USER_TIMEOUT`, where there is one), and ask a peer that is silent
/// (`SO_KEEPALIVE`): that decides alone where the peer does not answer pings.
pub(in crate::net) fn watch_socket(socket: &TcpStream, keep_alive: KeepAlive) {
    let socket = SockRef::from(socket);
    // In whole seconds, and after the ping: a peer that answers those is not asked twice.
    let first = Duration::from_secs(keep_alive.interval.as_secs() + 1);
    let probes = TcpKeepalive::new().with_time(first);
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "macos", windows))]
    let probes = probes.with_interval(Duration::from_secs(1));
    let set = socket.set_tcp_keepalive(&probes);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let set = set.and(socket.set_tcp_user_timeout(Some(keep_alive.noticed_within())));
    if let Err(fault) = set {
        warn!(%fault, "the system does not watch a connection: only the keep-alive's pings do");
    }
}

/// Has QUIC end the connection of a silent peer, its acknowledgements included: also where a ping
/// cannot be sent, because the peer grants no credit.
pub(in crate::net) fn watch_quic(config: &mut quic::Config, keep_alive: KeepAlive) {
    let within = keep_alive.noticed_within();
    // QUIC asks after a quarter, and counts from then on.
    let idle = (within * 3 / 4).max(SHORTEST_IDLE);
    config.keep_alive_interval = within / 4;
    config.max_idle_timeout = u32::try_from(idle.as_millis()).unwrap_or(u32::MAX);
}

/// QUIC's idle timeout bounds its handshake too, which takes two round trips and some computing.
const SHORTEST_IDLE: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    fn notices(address: &str) -> Notices {
        Notices::at(&address.parse().unwrap())
    }

    #[test]
    fn a_transport_is_known_by_its_address() {
        let tcp = if USER_TIMEOUT { Notices::Backlog } else { Notices::Nothing };
        assert_eq!(notices("/ip4/192.0.2.7/tcp/9000"), tcp);
        assert_eq!(notices("/ip4/192.0.2.7/udp/9000/quic-v1"), Notices::Silence);
        assert_eq!(notices("/ip4/192.0.2.7/udp/9000/quic-v1/p2p-circuit"), Notices::Nothing);
        assert_eq!(notices("/memory/7"), Notices::Nothing);
    }

    #[test]
    fn quic_notices_within_the_promised_time() {
        let mut config = quic::Config::new(&libp2p::identity::Keypair::generate_ed25519());
        let keep_alive = KeepAlive::default();
        watch_quic(&mut config, keep_alive);
        let idle = Duration::from_millis(config.max_idle_timeout.into());
        assert_eq!(config.keep_alive_interval + idle, keep_alive.noticed_within());
        assert!(config.keep_alive_interval * 2 < idle, "a lost packet is no dead peer");
    }
}
