//! How the transports themselves notice that a peer is gone.

use std::time::Duration;

use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, quic};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tracing::warn;

use crate::config::KeepAlive;

/// Whether a connection at this address ends by itself when nothing comes from the peer.
pub(super) fn notices_silence(address: &Multiaddr) -> bool {
    let has = |wanted: fn(&Protocol<'_>) -> bool| address.iter().any(|part| wanted(&part));
    // Behind a relay it is the relay that is heard, whatever becomes of the peer.
    has(|part| matches!(part, Protocol::QuicV1))
        && !has(|part| matches!(part, Protocol::P2pCircuit))
}

/// Has the kernel ask a silent peer (`SO_KEEPALIVE`), and end the connection of one that acknowledges
/// nothing (`TCP_USER_TIMEOUT`, where there is one). That decides alone where the peer does not
/// answer pings; elsewhere the pings are sooner.
pub(in crate::net) fn watch_socket(socket: &TcpStream, keep_alive: KeepAlive) {
    let socket = SockRef::from(socket);
    // In whole seconds, and after the ping: a peer that answers those is not asked twice.
    let first = Duration::from_secs(keep_alive.interval.as_secs() + 1);
    let probes = TcpKeepalive::new().with_time(first);
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "macos", windows))]
    let probes = probes.with_interval(Duration::from_secs(1));
    let set = socket.set_tcp_keepalive(&probes);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let set = set
        .and(socket.set_tcp_user_timeout(Some(keep_alive.noticed_within() * USER_TIMEOUT_SLACK)))
        .and(socket.set_tcp_notsent_lowat(UNSENT));
    if let Err(fault) = set {
        warn!(%fault, "the system does not watch a connection: only the keep-alive's pings do");
    }
}

/// Linux counts from the first retransmission of a spell of losses, whatever was acknowledged since:
/// with a slack of 1 a peer at 256 kbit/s, which acknowledged every 20 ms, was cut off after 15 s.
#[cfg(any(target_os = "linux", target_os = "android"))]
const USER_TIMEOUT_SLACK: u32 = 2;
/// How many bytes the kernel queues that it cannot send yet. By default that is as much as 0.7 MB on
/// a slow link, ten seconds and more at 512 kbit/s, and an answer to a ping comes after it.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNSENT: u32 = 128 * 1024;

/// Has QUIC end the connection of a silent peer, its acknowledgements included: also where a ping
/// cannot be sent, because the peer grants no credit.
pub(in crate::net) fn watch_quic(config: &mut quic::Config, keep_alive: KeepAlive) {
    let within = keep_alive.noticed_within();
    // QUIC counts from its own question on. Asking earlier than we do leaves it time for a second.
    let asks_after = keep_alive.interval.min(within / 4);
    let idle = within.saturating_sub(asks_after).max(SHORTEST_IDLE);
    config.keep_alive_interval = asks_after;
    config.max_idle_timeout = u32::try_from(idle.as_millis()).unwrap_or(u32::MAX);
}

/// QUIC's idle timeout bounds its handshake too, which takes two round trips and some computing.
const SHORTEST_IDLE: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_quic_notices_silence_and_not_behind_a_relay() {
        let notices = |address: &str| notices_silence(&address.parse().unwrap());
        assert!(notices("/ip4/192.0.2.7/udp/9000/quic-v1"));
        assert!(!notices("/ip4/192.0.2.7/udp/9000/quic-v1/p2p-circuit"));
        assert!(!notices("/ip4/192.0.2.7/tcp/9000"));
    }

    #[test]
    fn quic_notices_within_the_promised_time() {
        for (interval, timeout) in [(3, 3), (1, 30), (30, 1)] {
            let mut config = quic::Config::new(&libp2p::identity::Keypair::generate_ed25519());
            let keep_alive = KeepAlive {
                interval: Duration::from_secs(interval),
                timeout: Duration::from_secs(timeout),
            };
            watch_quic(&mut config, keep_alive);
            let idle = Duration::from_millis(config.max_idle_timeout.into());
            assert_eq!(config.keep_alive_interval + idle, keep_alive.noticed_within());
            assert!(config.keep_alive_interval * 2 < idle, "a lost packet is no dead peer");
            assert!(idle >= keep_alive.timeout, "a peer has the timeout to answer");
        }
    }
}
