//! What the address book says of a peer, and what it may hold of one.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use crate::error::{Error, ErrorCode, Result};
use crate::{Address, Ban, PeerId};

/// What the address book says of a peer, at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeerEntry {
    /// Who.
    pub peer: PeerId,
    /// Where it may be found, with its id at the end. Addresses that this library cannot use stay
    /// in the file and are not listed; neither is what a Go program wrote beyond 16.
    pub addresses: Vec<Address>,
    /// Whether it is to be reached for ever.
    pub persistent: bool,
    /// Facts that the application keeps with the peer: up to 32, with keys of up to 64 bytes and
    /// values of up to 1,024, together up to 4,096 bytes. A Go program may have written more.
    pub metadata: BTreeMap<String, String>,
    /// When it was last connected, by the wall clock of the machine that wrote it.
    pub last_seen: Option<SystemTime>,
    /// The ban that holds for it.
    pub banned: Option<Ban>,
}

impl PeerEntry {
    /// What is said of a peer that is not in the book.
    pub(crate) fn unknown(peer: PeerId) -> Self {
        Self {
            peer,
            addresses: Vec::new(),
            persistent: false,
            metadata: BTreeMap::new(),
            last_seen: None,
            banned: None,
        }
    }
}

/// Refuses metadata that is no small fact.
pub(super) fn check_metadata(peer: PeerId, metadata: &BTreeMap<String, String>) -> Result<()> {
    let complain =
        |message: String| Err(Error::new(ErrorCode::MetadataTooLarge, message).at_peer(peer));
    if metadata.len() > MAX_METADATA_KEYS {
        let keys = metadata.len();
        return complain(format!("metadata has {keys} keys; use up to {MAX_METADATA_KEYS}"));
    }
    if let Some(key) = metadata.keys().find(|key| key.len() > MAX_METADATA_KEY) {
        let bytes = key.len();
        return complain(format!("a metadata key has {bytes} bytes; use up to {MAX_METADATA_KEY}"));
    }
    if let Some(value) = metadata.values().find(|value| value.len() > MAX_METADATA_VALUE) {
        let bytes = value.len();
        let most = MAX_METADATA_VALUE;
        return complain(format!("a metadata value has {bytes} bytes; use up to {most}"));
    }
    let bytes: usize = metadata.iter().map(|(key, value)| key.len() + value.len()).sum();
    if bytes > MAX_METADATA {
        return complain(format!("metadata has {bytes} bytes; use up to {MAX_METADATA}"));
    }
    Ok(())
}

/// The texts under which addresses stand in the file: without the peer's id, each once.
pub(super) fn written_addresses(peer: PeerId, addresses: &[Address]) -> Result<Vec<String>> {
    let foreign = |address: &&Address| address.peer().is_some_and(|named| named != peer);
    if let Some(address) = addresses.iter().find(foreign) {
        let message = format!("address {address} is another peer's");
        return Err(Error::new(ErrorCode::InvalidAddress, message).at_peer(peer));
    }
    let mut seen = BTreeSet::new();
    let mut written: Vec<String> = addresses.iter().map(|one| one.place().to_string()).collect();
    written.retain(|text| seen.insert(text.clone()));
    if written.len() > MAX_ADDRESSES {
        let message = format!("{} addresses; use up to {MAX_ADDRESSES}", written.len());
        return Err(Error::new(ErrorCode::InvalidConfig, message).at_peer(peer));
    }
    Ok(written)
}

/// The address that a text of the file is, if it is one of this peer that we can use.
pub(super) fn usable(peer: PeerId, text: &str) -> Option<Address> {
    let address = text.parse::<Address>().ok()?;
    address.peer().is_none_or(|named| named == peer).then(|| address.with_peer(peer))
}

/// Of one peer: its interfaces, in two address families and two transports, four times over.
pub(crate) const MAX_ADDRESSES: usize = 16;
/// Metadata is for small facts (a name, a role, a version): with these bounds thousands of peers
/// still make a file that is written in a moment.
pub(crate) const MAX_METADATA_KEYS: usize = 32;
pub(crate) const MAX_METADATA_KEY: usize = 64;
pub(crate) const MAX_METADATA_VALUE: usize = 1024;
pub(crate) const MAX_METADATA: usize = 4096;

#[cfg(test)]
mod tests {
    use crate::Identity;

    use super::*;

    fn metadata(keys: usize, key: usize, value: usize) -> BTreeMap<String, String> {
        (0..keys).map(|n| (format!("{n:0>key$}"), "v".repeat(value))).collect()
    }

    #[test]
    fn metadata_is_bounded_in_every_direction() {
        let peer = Identity::from_seed(&[1; 32]).unwrap().peer_id();
        for (keys, key, value) in [(32, 4, 4), (1, 64, 1024), (4, 8, 1016), (0, 0, 0)] {
            check_metadata(peer, &metadata(keys, key, value)).unwrap();
        }
        for (keys, key, value) in [(33, 4, 4), (1, 65, 0), (1, 1, 1025), (4, 8, 1017)] {
            let refused = check_metadata(peer, &metadata(keys, key, value)).unwrap_err();
            assert_eq!(refused.code(), ErrorCode::MetadataTooLarge);
            assert_eq!(refused.peer(), Some(peer));
        }
    }

    #[test]
    fn addresses_are_written_once_and_without_the_peer() {
        let peer = Identity::from_seed(&[1; 32]).unwrap().peer_id();
        let bare: Address = "/ip4/192.0.2.7/tcp/9000".parse().unwrap();
        let named = bare.clone().with_peer(peer);
        let written = written_addresses(peer, &[bare.clone(), named]).unwrap();
        assert_eq!(written, ["/ip4/192.0.2.7/tcp/9000"]);
        let other = Identity::from_seed(&[2; 32]).unwrap().peer_id();
        let foreign = written_addresses(peer, &[bare.with_peer(other)]).unwrap_err();
        assert_eq!(foreign.code(), ErrorCode::InvalidAddress);
    }

    #[test]
    fn more_addresses_than_a_peer_may_have_are_refused() {
        let peer = Identity::from_seed(&[1; 32]).unwrap().peer_id();
        let many = |count: usize| -> Vec<Address> {
            (0..count).map(|n| format!("/ip4/192.0.2.7/tcp/{}", 1 + n).parse().unwrap()).collect()
        };
        assert_eq!(written_addresses(peer, &many(16)).unwrap().len(), 16);
        let refused = written_addresses(peer, &many(17)).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidConfig);
    }
}
