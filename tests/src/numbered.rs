//! Peers and addresses by number, the same in every process.

use glueberry_core::{Address, BanTarget, Identity, PeerId};

/// The peer with this number.
///
/// # Panics
/// Never: every seed of 32 bytes makes a peer.
#[must_use]
pub fn peer(number: u32) -> PeerId {
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&number.to_be_bytes());
    Identity::from_seed(&seed).expect("32 bytes are a seed").peer_id()
}

/// Where it is said to be.
///
/// # Panics
/// Never.
#[must_use]
pub fn address(number: u32) -> Address {
    format!("/ip4/192.0.2.7/tcp/{}", 1 + number % 65_535).parse().expect("a valid address")
}

/// A network that belongs to this number.
///
/// # Panics
/// Never.
#[must_use]
pub fn network(number: u32) -> BanTarget {
    format!("2001:db8::{:x}:{:x}", number >> 16, number & 0xffff).parse().expect("a valid address")
}
