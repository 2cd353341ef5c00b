//! Who a peer is.

use std::fmt;
use std::str::FromStr;

use glueberry_proto::identity::check_identity;
use libp2p::identity::{PublicKey, ed25519};

use crate::error::{Error, ErrorCode, Result};

/// A peer's identity: its Ed25519 public key.
///
/// Written as libp2p writes it, `12D3KooW…`. Ids without an Ed25519 key inside, and keys that
/// identify nobody (small order, malformed), are refused when parsed: a `PeerId` is a usable one.
///
/// ```
/// use glueberry_core::{Identity, PeerId};
///
/// let peer = Identity::generate().peer_id();
/// assert_eq!(peer.to_string().parse::<PeerId>()?, peer);
/// # Ok::<(), glueberry_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerId {
    public: [u8; 32],
}

impl PeerId {
    /// The id of an Ed25519 public key.
    ///
    /// # Errors
    /// [`ErrorCode::IdentityRefused`] for keys of small order and malformed ones.
    pub fn from_public_key(public: [u8; 32]) -> Result<Self> {
        check_identity(&public).map_err(|fault| {
            Error::new(ErrorCode::IdentityRefused, "the key identifies nobody").caused_by(fault)
        })?;
        Ok(Self { public })
    }

    /// The Ed25519 public key.
    #[must_use]
    pub fn public_key(&self) -> &[u8; 32] {
        &self.public
    }

    /// For keys that [`check_identity`] has already passed, such as our own.
    pub(crate) fn from_checked(public: [u8; 32]) -> Self {
        Self { public }
    }

    pub(crate) fn from_libp2p(id: &libp2p::PeerId) -> Result<Self> {
        Self::from_public_key(inline_key(id)?)
    }

    pub(crate) fn to_libp2p(self) -> libp2p::PeerId {
        let key = ed25519::PublicKey::try_from_bytes(&self.public)
            .expect("a PeerId is made from a checked key only");
        PublicKey::from(key).to_peer_id()
    }
}

/// The Ed25519 key inside a libp2p peer id.
fn inline_key(id: &libp2p::PeerId) -> Result<[u8; 32]> {
    const IDENTITY_HASH: u64 = 0;
    let unsupported =
        || Error::new(ErrorCode::UnsupportedPeerId, format!("{id} has no Ed25519 key in it"));
    let hash = id.as_ref();
    if hash.code() != IDENTITY_HASH {
        return Err(unsupported());
    }
    let key = PublicKey::try_decode_protobuf(hash.digest()).map_err(|_| unsupported())?;
    Ok(key.try_into_ed25519().map_err(|_| unsupported())?.to_bytes())
}

impl FromStr for PeerId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let id = libp2p::PeerId::from_str(text).map_err(|fault| {
            Error::new(ErrorCode::InvalidPeerId, format!("{text:?} is no peer id")).caused_by(fault)
        })?;
        Self::from_libp2p(&id)
    }
}

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_libp2p().fmt(f)
    }
}

impl fmt::Debug for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The identity point: libp2p accepts it as a key, and anyone can sign for it.
    const EVERYBODY: &str = "12D3KooW9tGaPdJo5jmCpadQ971nfiq4kLcQjeBPYTfutBTtckPH";

    #[test]
    fn an_id_that_belongs_to_everyone_is_refused() {
        let refused = EVERYBODY.parse::<PeerId>().unwrap_err();
        assert_eq!(refused.code(), ErrorCode::IdentityRefused);
    }

    #[test]
    fn an_id_without_an_inline_key_has_its_own_error() {
        let rsa = "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N".parse::<PeerId>();
        assert_eq!(rsa.unwrap_err().code(), ErrorCode::UnsupportedPeerId);
        let garbage = "12D3KooWgarbage!".parse::<PeerId>();
        assert_eq!(garbage.unwrap_err().code(), ErrorCode::InvalidPeerId);
    }
}
