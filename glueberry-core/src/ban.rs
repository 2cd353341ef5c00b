//! Whom this node will have nothing to do with.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::SystemTime;

use ipnet::IpNet;

use crate::PeerId;
use crate::error::{Error, ErrorCode, Result};

/// Whom a ban is for: a peer, an IP address, or a range of addresses.
///
/// Written as a peer id, an address, or a range with its prefix length:
///
/// ```
/// use glueberry_core::BanTarget;
///
/// for text in ["192.0.2.7", "2001:db8::/32"] {
///     assert_eq!(text.parse::<BanTarget>()?.to_string(), text);
/// }
/// # Ok::<(), glueberry_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum BanTarget {
    /// One peer, from wherever it comes.
    Peer(PeerId),
    /// Everybody at these addresses. IPv4 addresses that are written as IPv6 ones (`::ffff:…`) are
    /// IPv4 addresses here.
    Network(IpNet),
}

/// A ban, as it stands in the address book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    /// Whom it is for.
    pub target: BanTarget,
    /// When it ends, by the wall clock of this machine; `None`: never.
    pub until: Option<SystemTime>,
}

impl Ban {
    /// Whether it holds at this time.
    #[must_use]
    pub fn holds_at(&self, now: SystemTime) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

impl BanTarget {
    /// Whether the target holds this address.
    #[must_use]
    pub fn covers(&self, address: IpAddr) -> bool {
        matches!(self, Self::Network(network) if network.contains(&address.to_canonical()))
    }
}

impl From<PeerId> for BanTarget {
    fn from(peer: PeerId) -> Self {
        Self::Peer(peer)
    }
}

impl From<&PeerId> for BanTarget {
    fn from(peer: &PeerId) -> Self {
        Self::Peer(*peer)
    }
}

impl From<IpAddr> for BanTarget {
    fn from(address: IpAddr) -> Self {
        Self::Network(address.to_canonical().into())
    }
}

impl From<IpNet> for BanTarget {
    fn from(network: IpNet) -> Self {
        match network {
            IpNet::V6(six) if six.prefix_len() >= MAPPED => match six.addr().to_ipv4_mapped() {
                Some(four) => {
                    let prefix = six.prefix_len() - MAPPED;
                    let four = ipnet::Ipv4Net::new(four, prefix).expect("at most 32 bits are left");
                    Self::Network(IpNet::V4(four.trunc()))
                }
                None => Self::Network(network.trunc()),
            },
            _ => Self::Network(network.trunc()),
        }
    }
}

impl FromStr for BanTarget {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(address.into());
        }
        if let Ok(network) = text.parse::<IpNet>() {
            return Ok(network.into());
        }
        text.parse::<PeerId>().map(Self::Peer).map_err(|fault| {
            let message =
                format!("{text:?} is no peer id, IP address or range such as 192.0.2.0/24");
            Error::new(ErrorCode::InvalidPeerId, message).caused_by(fault)
        })
    }
}

impl fmt::Display for BanTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peer(peer) => peer.fmt(f),
            Self::Network(network) if network.prefix_len() == network.max_prefix_len() => {
                network.addr().fmt(f)
            }
            Self::Network(network) => network.fmt(f),
        }
    }
}

/// The bits before an IPv4 address that is written as an IPv6 one.
const MAPPED: u8 = 96;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_written_in_two_ways_is_one_target() {
        let plain: BanTarget = "192.0.2.7".parse().unwrap();
        assert_eq!("::ffff:192.0.2.7".parse::<BanTarget>().unwrap(), plain);
        assert!(plain.covers("::ffff:192.0.2.7".parse().unwrap()));
        let range: BanTarget = "::ffff:192.0.2.0/120".parse().unwrap();
        assert_eq!(range.to_string(), "192.0.2.0/24");
        assert!(range.covers("192.0.2.255".parse().unwrap()));
    }

    #[test]
    fn a_range_is_written_without_its_host_bits() {
        assert_eq!("192.0.2.7/24".parse::<BanTarget>().unwrap().to_string(), "192.0.2.0/24");
    }

    #[test]
    fn what_is_neither_peer_nor_address_is_refused() {
        let refused = "192.0.2.7/99".parse::<BanTarget>().unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidPeerId);
    }

    #[test]
    fn a_ban_ends_at_its_time() {
        let now = SystemTime::now();
        let target = "192.0.2.7".parse().unwrap();
        assert!(!Ban { target, until: Some(now) }.holds_at(now));
        assert!(Ban { target, until: None }.holds_at(now));
    }
}
