//! The one key of a pair of peers: both directions, all streams, all sessions.
//!
//! X25519 between the two Ed25519 identities, then HKDF-SHA256. It never changes, so wire v1 has no
//! forward secrecy of its own; libp2p's channel below has.

use std::fmt;

use ed25519_dalek::{SigningKey, VerifyingKey};
use hkdf::Hkdf;
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::aead::{Aead, KEY_LEN};
use crate::error::Fault;

/// The X25519 public key of an identity: u = (1 + y) / (1 − y).
#[must_use]
pub fn x25519_public(identity: &VerifyingKey) -> [u8; 32] {
    identity.to_montgomery().to_bytes()
}

/// The key that seals all messages between two peers. Erased when dropped.
///
/// ```
/// use glueberry_proto::{identity::SecretKey, v1::key::SharedKey};
///
/// let (ann, bob) = (SecretKey::from_seed(&[1; 32]), SecretKey::from_seed(&[2; 32]));
/// let here = SharedKey::derive(ann.signing_key(), &bob.verifying_key())?;
/// let there = SharedKey::derive(bob.signing_key(), &ann.verifying_key())?;
/// assert_eq!(here.as_bytes(), there.as_bytes());
/// # Ok::<(), glueberry_proto::v1::key::KeyError>(())
/// ```
pub struct SharedKey(Zeroizing<[u8; KEY_LEN]>);

impl SharedKey {
    /// Derives the key of `own` and `peer`; both sides arrive at the same.
    ///
    /// `peer` should have passed [`check_identity`](crate::identity::check_identity).
    ///
    /// # Errors
    /// [`KeyError::AllZero`] when the peer's key contributes nothing: anyone could compute the
    /// result.
    pub fn derive(own: &SigningKey, peer: &VerifyingKey) -> Result<Self, KeyError> {
        let private = Zeroizing::new(own.to_scalar_bytes());
        let shared = x25519(&private, &x25519_public(peer))?;
        Ok(Self(expand(&shared)))
    }

    /// Makes the key ready to seal and open.
    #[must_use]
    pub fn aead(&self) -> Aead {
        Aead::new(&self.0)
    }

    /// The key itself. For tests against other implementations; it opens all traffic of the pair.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; KEY_LEN] {
        &self.0
    }
}

impl fmt::Debug for SharedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedKey(..)")
    }
}

/// Why no key can be derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The shared secret is zero, whatever our own key is.
    #[error("the peer's key is of small order and protects nothing; refuse the peer")]
    AllZero,
}

impl KeyError {
    /// Always the peer's: no honest key leads here.
    #[must_use]
    pub fn fault(&self) -> Fault {
        Fault::Peers
    }
}

/// X25519 with clamping (RFC 7748), refusing the all-zero result. The result is not yet a key: it
/// has to go through a key derivation.
///
/// # Errors
/// [`KeyError::AllZero`] when `public` is of small order.
pub fn x25519(private: &[u8; 32], public: &[u8; 32]) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let shared = StaticSecret::from(*private).diffie_hellman(&PublicKey::from(*public));
    if shared.was_contributory() {
        Ok(Zeroizing::new(shared.to_bytes()))
    } else {
        Err(KeyError::AllZero)
    }
}

fn expand(shared: &[u8; 32]) -> Zeroizing<[u8; KEY_LEN]> {
    let mut key = Zeroizing::new([0; KEY_LEN]);
    Hkdf::<Sha256>::new(None, shared)
        .expand(INFO, &mut *key)
        .expect("HKDF-SHA256 gives up to 8,160 bytes");
    key
}

/// Separates this key from any other that the same two identities might derive.
const INFO: &[u8] = b"glueberry-v1-stream-key";
