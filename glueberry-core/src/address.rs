//! Where a node listens, and where a peer is found.

use std::fmt;
use std::str::FromStr;

use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;

use crate::PeerId;
use crate::error::{Error, ErrorCode, Result};

/// A network address that this library can use: TCP or QUIC over IPv4, IPv6 or a DNS name,
/// with the peer's id at its end or without. A peer's id alone (`/p2p/12D3KooW…`) stands for wherever
/// that peer is known to be.
///
/// ```
/// use glueberry_core::Address;
///
/// let address: Address = "/ip4/127.0.0.1/udp/9000/quic-v1".parse()?;
/// assert_eq!(address.peer(), None);
/// # Ok::<(), glueberry_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// Without the peer's id.
    place: Multiaddr,
    peer: Option<PeerId>,
}

impl Address {
    /// The peer's id, if the address names one.
    #[must_use]
    pub fn peer(&self) -> Option<PeerId> {
        self.peer
    }

    /// The same place, with `peer` at its end.
    #[must_use]
    pub fn with_peer(mut self, peer: PeerId) -> Self {
        self.peer = Some(peer);
        self
    }

    pub(crate) fn from_multiaddr(whole: &Multiaddr) -> Result<Self> {
        let mut place = whole.clone();
        let peer = match whole.iter().last() {
            Some(Protocol::P2p(id)) => {
                place.pop();
                Some(PeerId::from_libp2p(&id)?)
            }
            _ => None,
        };
        if !(place.is_empty() && peer.is_some()) {
            check_place(&place)?;
        }
        Ok(Self { place, peer })
    }

    /// The address of a peer at a place that this library can use.
    pub(crate) fn at(place: &Multiaddr, peer: PeerId) -> Option<Self> {
        Self::from_multiaddr(place).ok().map(|address| address.with_peer(peer))
    }

    pub(crate) fn place(&self) -> &Multiaddr {
        &self.place
    }

    /// The place, unless the address is a peer's id alone.
    pub(crate) fn known_place(&self) -> Option<Multiaddr> {
        Some(self.place.clone()).filter(|place| !place.is_empty())
    }
}

impl From<PeerId> for Address {
    fn from(peer: PeerId) -> Self {
        Self { place: Multiaddr::empty(), peer: Some(peer) }
    }
}

impl From<&PeerId> for Address {
    fn from(peer: &PeerId) -> Self {
        (*peer).into()
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let whole = Multiaddr::from_str(text).map_err(|fault| first_wrong_part(text, fault))?;
        Self::from_multiaddr(&whole)
    }
}

impl TryFrom<&str> for Address {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self> {
        text.parse()
    }
}

impl TryFrom<&String> for Address {
    type Error = Error;

    fn try_from(text: &String) -> Result<Self> {
        text.parse()
    }
}

impl TryFrom<String> for Address {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl TryFrom<&Address> for Address {
    type Error = Error;

    fn try_from(address: &Address) -> Result<Self> {
        Ok(address.clone())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            self.place.fmt(f)?;
        }
        match &self.peer {
            Some(peer) => write!(f, "/p2p/{peer}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The shapes that this library's transports take.
fn check_place(place: &Multiaddr) -> Result<()> {
    let parts: Vec<Protocol<'_>> = place.iter().collect();
    let host_is_known = matches!(
        parts.first(),
        Some(
            Protocol::Ip4(_)
                | Protocol::Ip6(_)
                | Protocol::Dns(_)
                | Protocol::Dns4(_)
                | Protocol::Dns6(_)
                | Protocol::Dnsaddr(_)
        )
    );
    let complaint = match (parts.first(), parts.get(1..).unwrap_or_default()) {
        (None, _) => "the address is empty".to_owned(),
        (Some(host), _) if !host_is_known => {
            format!("{host} cannot come first: begin with /ip4, /ip6, /dns, /dns4 or /dns6")
        }
        (Some(Protocol::Dnsaddr(_)), [])
        | (_, [Protocol::Tcp(_)] | [Protocol::Udp(_), Protocol::QuicV1]) => return Ok(()),
        (_, []) => "no port follows the host: add /tcp/PORT or /udp/PORT/quic-v1".to_owned(),
        (_, [Protocol::Udp(port)]) => format!("/udp/{port} needs /quic-v1 after it"),
        (_, parts) if parts.iter().any(|part| matches!(part, Protocol::P2p(_))) => {
            "nothing may follow /p2p/PEER-ID here: relayed addresses are not supported".to_owned()
        }
        (_, [first, ..]) if !matches!(first, Protocol::Tcp(_) | Protocol::Udp(_)) => {
            format!("{first} cannot follow the host: expected /tcp/PORT or /udp/PORT/quic-v1")
        }
        (_, [.., last]) => format!("{last} is not supported at its place"),
    };
    Err(Error::new(ErrorCode::InvalidAddress, format!("address {place}: {complaint}")))
}

/// Finds the part that makes `text` unreadable: the first at which the address, cut there, fails
/// for another reason than being too short.
fn first_wrong_part(text: &str, fault: libp2p::multiaddr::Error) -> Error {
    let error = |message: String| Error::new(ErrorCode::InvalidAddress, message);
    if !text.starts_with('/') {
        return error(format!("address {text:?} must begin with '/'")).caused_by(fault);
    }
    let parts: Vec<&str> = text.split('/').skip(1).collect();
    let mut good = String::new();
    let mut at = 0;
    while at < parts.len() {
        let name = parts[at];
        let alone = format!("{good}/{name}");
        if Multiaddr::from_str(&alone).is_ok() {
            good = alone;
            at += 1;
            continue;
        }
        let Some(value) = parts.get(at + 1) else {
            return error(format!(
                "address {text:?}: part '/{name}' is unknown or lacks its value"
            ))
            .caused_by(fault);
        };
        let with_value = format!("{alone}/{value}");
        if Multiaddr::from_str(&with_value).is_err() {
            let code =
                if name == "p2p" { ErrorCode::InvalidPeerId } else { ErrorCode::InvalidAddress };
            let message = format!("address {text:?}: part '/{name}/{value}' is wrong");
            return Error::new(code, message).caused_by(fault);
        }
        good = with_value;
        at += 2;
    }
    error(format!("address {text:?} cannot be read")).caused_by(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        let error = text.parse::<Address>().unwrap_err();
        assert!(
            matches!(error.code(), ErrorCode::InvalidAddress | ErrorCode::InvalidPeerId),
            "{error:?}"
        );
        error.to_string()
    }

    #[test]
    fn a_wrong_address_is_refused_with_the_part_that_is_wrong() {
        assert!(refusal("/ip4/300.1.1.1/tcp/9000").contains("'/ip4/300.1.1.1'"));
        assert!(refusal("/ip4/127.0.0.1/tcp/99999").contains("'/tcp/99999'"));
        assert!(refusal("/ip4/127.0.0.1/tpc/9000").contains("'/tpc/9000'"));
        assert!(refusal("/ip4/127.0.0.1/tcp/9000/p2p/12D3l0OI").contains("'/p2p/12D3l0OI'"));
        assert!(refusal("/ip4/127.0.0.1/tcp").contains("'/tcp'"));
        assert!(refusal("127.0.0.1:9000").contains("begin with '/'"));
        assert!(refusal("/ip4/127.0.0.1").contains("no port"));
        assert!(refusal("/ip4/127.0.0.1/udp/9000").contains("/quic-v1"));
        assert!(refusal("/ip4/127.0.0.1/tcp/9000/ws").contains("/ws"));
        assert!(refusal("/tcp/9000").contains("cannot come first"));
        assert!(refusal("").contains("begin with '/'") || refusal("").contains("empty"));
    }

    #[test]
    fn what_is_written_reads_back() {
        for text in [
            "/ip4/127.0.0.1/tcp/9000",
            "/ip6/::1/udp/9000/quic-v1",
            "/dns4/example.org/tcp/443",
            "/p2p/12D3KooWHdiAxVd8uMQR1hGWXccidmfCwLqcMpGwR6QcTP6QRMuD",
            "/ip4/127.0.0.1/tcp/9000/p2p/12D3KooWHdiAxVd8uMQR1hGWXccidmfCwLqcMpGwR6QcTP6QRMuD",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }
}
