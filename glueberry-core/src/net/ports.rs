//! Ports of this machine: taken before we listen, free after we left.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use libp2p::Multiaddr;
use libp2p::core::transport::TransportError;
use libp2p::multiaddr::Protocol as Part;
use socket2::{Domain, Protocol, Socket, Type};

use super::faults::listen_fault;
use crate::Address;
use crate::error::Result;

/// Refuses a TCP port that another socket listens at.
///
/// libp2p listens with `SO_REUSEPORT`, so that two nodes of one user would share a port without a
/// word, and each get some of the other's connections.
pub(super) fn refuse_if_taken(place: &Multiaddr) -> Result<()> {
    let Some((socket, Part::Tcp(1..))) = socket_of(place) else { return Ok(()) };
    match listens_alone(socket) {
        Ok(()) => Ok(()),
        Err(fault) => Err(listen_fault(place, TransportError::Other(fault))),
    }
}

/// As libp2p listens, but for sharing the port: IPv6 apart from IPv4.
fn listens_alone(address: SocketAddr) -> io::Result<()> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // On Windows it would share the port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(1)
}

/// Waits until the UDP ports of these addresses are free, for up to [`RELEASE`].
///
/// A QUIC endpoint keeps its socket for some round trips after its last connection was closed, in
/// case the peer has not heard of that.
pub(crate) async fn until_released(addresses: &[Address]) {
    let places: Vec<_> = addresses.iter().filter_map(Address::known_place).collect();
    let sockets = places.iter().filter_map(|place| match socket_of(place)? {
        (socket, Part::Udp(_)) => Some(socket),
        _ => None,
    });
    let released = async {
        for socket in sockets {
            while is_taken(socket) {
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
        }
    };
    // A port that stays taken is another program's by now, or is reported when it is wanted again.
    drop(tokio::time::timeout(RELEASE, released).await);
}

fn is_taken(socket: SocketAddr) -> bool {
    UdpSocket::bind(socket).is_err_and(|fault| fault.kind() == io::ErrorKind::AddrInUse)
}

fn socket_of(place: &Multiaddr) -> Option<(SocketAddr, Part<'_>)> {
    let mut parts = place.iter();
    let host = match parts.next()? {
        Part::Ip4(host) => IpAddr::from(host),
        Part::Ip6(host) => IpAddr::from(host),
        _ => return None,
    };
    let transport = parts.next()?;
    match transport {
        Part::Tcp(port) | Part::Udp(port) => Some((SocketAddr::new(host, port), transport)),
        _ => None,
    }
}

/// Three times the probe timeout of a slow connection; on a local one it takes 0.1 s.
const RELEASE: Duration = Duration::from_secs(2);
/// Short against a release, long against what trying costs.
const BETWEEN_TRIES: Duration = Duration::from_millis(5);
