//! Ports of this machine: taken before we listen, free after we left.

use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::time::Duration;

use libp2p::Multiaddr;
use libp2p::core::transport::TransportError;
use libp2p::multiaddr::Protocol;

use super::faults::listen_fault;
use crate::Address;
use crate::error::Result;

/// Refuses a TCP port that another socket listens at.
///
/// libp2p listens with `SO_REUSEPORT`, so that two nodes of one user would share a port without a
/// word, and each get some of the other's connections.
pub(super) fn refuse_if_taken(place: &Multiaddr) -> Result<()> {
    let Some((socket, Protocol::Tcp(1..))) = socket_of(place) else { return Ok(()) };
    match TcpListener::bind(socket) {
        Ok(_) => Ok(()),
        Err(fault) => Err(listen_fault(place, TransportError::Other(fault))),
    }
}

/// Waits until the UDP ports of these addresses are free, for up to [`RELEASE`].
///
/// A QUIC endpoint keeps its socket for some round trips after its last connection was closed, in
/// case the peer has not heard of that.
pub(crate) async fn until_released(addresses: &[Address]) {
    let places: Vec<_> = addresses.iter().filter_map(Address::known_place).collect();
    let sockets = places.iter().filter_map(|place| match socket_of(place)? {
        (socket, Protocol::Udp(_)) => Some(socket),
        _ => None,
    });
    let released = async {
        for socket in sockets {
            while UdpSocket::bind(socket).is_err() {
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
        }
    };
    // A port that stays taken is another program's by now, or is reported when it is wanted again.
    drop(tokio::time::timeout(RELEASE, released).await);
}

fn socket_of(place: &Multiaddr) -> Option<(SocketAddr, Protocol<'_>)> {
    let mut parts = place.iter();
    let host = match parts.next()? {
        Protocol::Ip4(host) => IpAddr::from(host),
        Protocol::Ip6(host) => IpAddr::from(host),
        _ => return None,
    };
    let transport = parts.next()?;
    match transport {
        Protocol::Tcp(port) | Protocol::Udp(port) => Some((SocketAddr::new(host, port), transport)),
        _ => None,
    }
}

/// Three times the probe timeout of a slow connection; on a local one it takes 0.1 s.
const RELEASE: Duration = Duration::from_secs(2);
/// Short against a release, long against what trying costs.
const BETWEEN_TRIES: Duration = Duration::from_millis(5);
