//! Identities: which public keys are acceptable, and the own secret key.

mod pem;

use std::fmt;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use rand::CryptoRng;
use zeroize::Zeroizing;

pub use self::pem::PemError;
use crate::error::Fault;

/// Bytes of an Ed25519 seed: all there is to a secret key.
pub const SEED_LEN: usize = 32;

/// Checks the public key of a peer id before anything is built on it.
///
/// libp2p accepts all of these, and for a key of small order anyone can sign.
///
/// ```
/// use glueberry_proto::identity::{IdentityError, SecretKey, check_identity};
///
/// assert!(check_identity(&SecretKey::from_seed(&[1; 32]).public()).is_ok());
/// let neutral = { let mut bytes = [0; 32]; bytes[0] = 1; bytes };
/// assert_eq!(check_identity(&neutral), Err(IdentityError::SmallOrder));
/// ```
///
/// # Errors
/// [`IdentityError`] when the bytes are no point, another encoding of a point, or a point of small
/// order. Refuse the peer.
pub fn check_identity(bytes: &[u8; 32]) -> Result<VerifyingKey, IdentityError> {
    let key = VerifyingKey::from_bytes(bytes).map_err(|_| IdentityError::NotOnCurve)?;
    if key.to_edwards().compress().to_bytes() != *bytes {
        return Err(IdentityError::NonCanonical);
    }
    if key.is_weak() {
        return Err(IdentityError::SmallOrder);
    }
    Ok(key)
}

/// Why a public key is not acceptable as an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// No point of the curve has this encoding.
    #[error("the peer's public key is not a point of Curve25519; refuse the peer")]
    NotOnCurve,
    /// A second encoding of a point: one identity would have two peer ids.
    #[error("the peer's public key is not canonically encoded; refuse the peer")]
    NonCanonical,
    /// Anyone can sign for it.
    #[error("the peer's public key is of small order, anyone could sign for it; refuse the peer")]
    SmallOrder,
}

impl IdentityError {
    /// Always the peer's: no honest key leads here.
    #[must_use]
    pub fn fault(&self) -> Fault {
        Fault::Peers
    }
}

/// This node's own identity: an Ed25519 secret key. Erased when dropped.
///
/// ```
/// # use rand::{SeedableRng, rngs::StdRng};
/// use glueberry_proto::identity::SecretKey;
///
/// let key = SecretKey::generate(&mut StdRng::seed_from_u64(1));
/// let same = SecretKey::from_pem(&key.to_pem())?;
/// assert_eq!(same.public(), key.public());
/// # Ok::<(), glueberry_proto::identity::PemError>(())
/// ```
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// Draws a new key. `rng` must be seeded by the operating system in production.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut seed = Zeroizing::new([0; SEED_LEN]);
        rng.fill_bytes(&mut *seed);
        Self::from_seed(&seed)
    }

    /// The key of a seed. Every 32 bytes are one; the caller's buffer is left as it is.
    #[must_use]
    pub fn from_seed(seed: &[u8; SEED_LEN]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The seed, to be handed to another library. Whoever has it is this node.
    #[must_use]
    pub fn seed(&self) -> Zeroizing<[u8; SEED_LEN]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public key, as it stands in the peer id.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.verifying_key().to_bytes()
    }

    /// The public key, ready to verify.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        self.0.verifying_key()
    }

    /// The key, ready to sign and to derive from.
    #[must_use]
    pub fn signing_key(&self) -> &SigningKey {
        &self.0
    }

    /// Signs `message` (RFC 8032, deterministic).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(of ")?;
        for byte in self.public() {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    /// The encodings of the eight points whose order divides eight; the last byte may carry the
    /// sign of x.
    const SMALL_Y: [[u8; 32]; 5] = [
        with_ends(0x00, 0x00, 0x00),
        with_ends(0x01, 0x00, 0x00),
        with_ends(0xec, 0xff, 0x7f),
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef,
            0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88,
            0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10,
            0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77,
            0x92, 0xac, 0x03, 0x7a,
        ],
    ];

    const fn with_ends(first: u8, middle: u8, last: u8) -> [u8; 32] {
        let mut bytes = [middle; 32];
        bytes[0] = first;
        bytes[31] = last;
        bytes
    }

    fn negated(mut encoding: [u8; 32]) -> [u8; 32] {
        encoding[31] ^= 0x80;
        encoding
    }

    #[test]
    fn keys_that_anyone_can_sign_for_are_refused() {
        for encoding in SMALL_Y {
            assert_eq!(check_identity(&encoding), Err(IdentityError::SmallOrder));
        }
        for with_two_x in [SMALL_Y[0], SMALL_Y[3], SMALL_Y[4]] {
            assert_eq!(check_identity(&negated(with_two_x)), Err(IdentityError::SmallOrder));
        }
    }

    #[test]
    fn a_second_encoding_of_a_point_is_refused() {
        for with_one_x in [SMALL_Y[1], SMALL_Y[2]] {
            assert_eq!(check_identity(&negated(with_one_x)), Err(IdentityError::NonCanonical));
        }
        // y and y + p, where p + y still fits 255 bits.
        let mut points = 0;
        for y in 0..19 {
            let reduced = check_identity(&with_ends(y, 0, 0));
            let second = check_identity(&with_ends(0xed + y, 0xff, 0x7f));
            if reduced == Err(IdentityError::NotOnCurve) {
                assert_eq!(second, Err(IdentityError::NotOnCurve), "{y}");
            } else {
                assert_eq!(second, Err(IdentityError::NonCanonical), "{y}");
                points += 1;
            }
        }
        assert!((3..19).contains(&points), "both cases must occur");
    }

    #[test]
    fn every_generated_identity_is_accepted() {
        let mut rng = StdRng::seed_from_u64(5);
        for _ in 0..64 {
            let key = SecretKey::generate(&mut rng);
            assert_eq!(check_identity(&key.public()), Ok(key.verifying_key()));
        }
    }

    #[test]
    fn a_signature_verifies_under_the_public_key_alone() {
        let (ann, bob) = (SecretKey::from_seed(&[1; 32]), SecretKey::from_seed(&[2; 32]));
        let signature = ann.sign(b"message").into();
        assert!(ann.verifying_key().verify_strict(b"message", &signature).is_ok());
        assert!(bob.verifying_key().verify_strict(b"message", &signature).is_err());
    }

    #[test]
    fn debug_output_shows_the_public_key_and_never_the_seed() {
        let shown = format!("{:?}", SecretKey::from_seed(&[0x5a; 32]));
        assert!(shown.starts_with("SecretKey(of ") && !shown.contains("5a5a"), "{shown}");
    }
}
