//! What foreign languages hand in as texts.

use super::fault;
use crate::error::{ErrorCode, Result};
use crate::{Address, NewPeer, PeerId};

/// Where to connect to: an address, or the id of a peer whose address is known.
///
/// # Errors
/// [`ErrorCode::InvalidAddress`]; [`ErrorCode::InvalidPeerId`] for an id that identifies nobody.
pub fn place(text: &str) -> Result<Address> {
    if text.starts_with('/') {
        return text.parse();
    }
    match text.parse::<PeerId>() {
        Ok(peer) => Ok(peer.into()),
        // It looks like no peer id, so an address was meant.
        Err(error) if error.code() == ErrorCode::InvalidPeerId => text.parse(),
        Err(error) => Err(error),
    }
}

/// A peer to remember.
///
/// # Errors
/// [`ErrorCode::InvalidArgument`] without an address; [`ErrorCode::InvalidAddress`].
pub fn new_peer(
    addresses: &[String],
    persistent: bool,
    metadata: impl IntoIterator<Item = (String, String)>,
) -> Result<NewPeer> {
    let Some((first, others)) = addresses.split_first() else {
        return Err(fault(ErrorCode::InvalidArgument, "addresses is empty: give an address"));
    };
    let mut peer = NewPeer::at(first.as_str())?;
    for address in others {
        peer = peer.or_at(address.as_str())?;
    }
    for (key, value) in metadata {
        peer = peer.metadata(key, value);
    }
    Ok(if persistent { peer.persistent() } else { peer })
}
