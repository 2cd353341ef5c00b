//! The one seam over ChaCha20-Poly1305 (RFC 8439).
//!
//! Two backends give the same bytes; tests hold them against each other and against the Wycheproof
//! vectors. Nothing else in the project calls a cipher.

use std::fmt;

use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, KeyInit, Nonce, Tag};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, UnboundKey};

use crate::error::Fault;

/// Bytes of a key.
pub const KEY_LEN: usize = 32;
/// Bytes of a nonce. Never use one twice under the same key.
pub const NONCE_LEN: usize = 12;
/// Bytes that sealing adds: the Poly1305 tag.
pub const TAG_LEN: usize = 16;

/// Which implementation does the work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Backend {
    /// `ring`: assembly, the fastest; it does not erase its copy of the key when dropped.
    #[default]
    Ring,
    /// The `chacha20poly1305` crate: pure Rust; erases its copy of the key when dropped.
    RustCrypto,
}

/// A key that is ready to seal and open.
///
/// ```
/// use glueberry_proto::aead::Aead;
///
/// let aead = Aead::new(&[7; 32]);
/// let (nonce, mut buf) = ([0; 12], *b"attack at dawn\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
/// let tag = aead.seal_in_place(&nonce, b"", &mut buf[..14]);
/// buf[14..].copy_from_slice(&tag);
///
/// let len = aead.open_in_place(&nonce, b"", &mut buf)?;
/// assert_eq!(&buf[..len], b"attack at dawn");
/// # Ok::<(), glueberry_proto::aead::OpenError>(())
/// ```
pub struct Aead(Cipher);

impl Aead {
    /// Makes `key` ready, with the fastest backend.
    #[must_use]
    pub fn new(key: &[u8; KEY_LEN]) -> Self {
        Self::with_backend(key, Backend::default())
    }

    /// Makes `key` ready, with a backend of the caller's choice. All give the same bytes.
    #[must_use]
    pub fn with_backend(key: &[u8; KEY_LEN], backend: Backend) -> Self {
        Self(match backend {
            Backend::Ring => Cipher::Ring(Box::new(ring_key(key))),
            Backend::RustCrypto => Cipher::RustCrypto(ChaCha20Poly1305::new(key.into())),
        })
    }

    /// Encrypts `buf` in place and returns the tag that proves it and `aad`.
    ///
    /// # Panics
    /// When `buf` is longer than 2³⁸ − 64 bytes (256 GiB), the limit of RFC 8439.
    #[inline]
    #[must_use = "without its tag the ciphertext cannot be opened"]
    pub fn seal_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        buf: &mut [u8],
    ) -> [u8; TAG_LEN] {
        match &self.0 {
            Cipher::Ring(key) => seal_with_ring(key, nonce, aad, buf),
            Cipher::RustCrypto(key) => seal_with_rust_crypto(key, nonce, aad, buf),
        }
    }

    /// Opens `buf`, which holds `ciphertext ‖ tag`, in place; the plaintext is its beginning.
    /// Returns the plaintext's length.
    ///
    /// # Errors
    /// [`OpenError`] when `buf` is shorter than a tag or was not sealed under this key, nonce and
    /// `aad`. The contents of `buf` are then unspecified and must not be used.
    #[inline]
    pub fn open_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        buf: &mut [u8],
    ) -> Result<usize, OpenError> {
        let Some(len) = buf.len().checked_sub(TAG_LEN) else {
            return Err(OpenError::TooShort { len: buf.len(), least: TAG_LEN });
        };
        let opened = match &self.0 {
            Cipher::Ring(key) => open_with_ring(key, nonce, aad, buf),
            Cipher::RustCrypto(key) => open_with_rust_crypto(key, nonce, aad, buf),
        };
        if opened { Ok(len) } else { Err(OpenError::NotAuthentic) }
    }
}

impl fmt::Debug for Aead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aead(..)")
    }
}

/// What was received cannot be opened. Nothing of it may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Too short to have been sealed at all.
    #[error("{len} bytes cannot be a sealed message, which has at least {least}; drop it")]
    TooShort {
        /// Bytes received.
        len: usize,
        /// Bytes of a sealed empty message.
        least: usize,
    },
    /// Forged, damaged, or sealed under another key or nonce.
    #[error("the message does not open under this peer's key: forged, damaged, or another key")]
    NotAuthentic,
}

impl OpenError {
    /// Always the peer's, or of whoever stands between.
    #[must_use]
    pub fn fault(&self) -> Fault {
        Fault::Peers
    }
}

enum Cipher {
    // Boxed: 544 bytes beside the other's 32.
    Ring(Box<LessSafeKey>),
    RustCrypto(ChaCha20Poly1305),
}

fn ring_key(key: &[u8; KEY_LEN]) -> LessSafeKey {
    let unbound = UnboundKey::new(&CHACHA20_POLY1305, key);
    LessSafeKey::new(unbound.expect("32 bytes are a ChaCha20-Poly1305 key"))
}

#[inline]
fn seal_with_ring(
    key: &LessSafeKey,
    nonce: &[u8; NONCE_LEN],
    aad: &[u8],
    buf: &mut [u8],
) -> [u8; TAG_LEN] {
    let nonce = ring::aead::Nonce::assume_unique_for_key(*nonce);
    let tag = key
        .seal_in_place_separate_tag(nonce, Aad::from(aad), buf)
        .expect("no buffer of 256 GiB is sealed at once");
    let mut out = [0; TAG_LEN];
    out.copy_from_slice(tag.as_ref());
    out
}

#[inline]
fn open_with_ring(key: &LessSafeKey, nonce: &[u8; NONCE_LEN], aad: &[u8], buf: &mut [u8]) -> bool {
    let nonce = ring::aead::Nonce::assume_unique_for_key(*nonce);
    key.open_in_place(nonce, Aad::from(aad), buf).is_ok()
}

fn seal_with_rust_crypto(
    key: &ChaCha20Poly1305,
    nonce: &[u8; NONCE_LEN],
    aad: &[u8],
    buf: &mut [u8],
) -> [u8; TAG_LEN] {
    key.encrypt_inout_detached(&Nonce::from(*nonce), aad, buf.into())
        .expect("no buffer of 256 GiB is sealed at once")
        .into()
}

fn open_with_rust_crypto(
    key: &ChaCha20Poly1305,
    nonce: &[u8; NONCE_LEN],
    aad: &[u8],
    buf: &mut [u8],
) -> bool {
    let Some((ciphertext, tag)) = buf.split_last_chunk_mut::<TAG_LEN>() else {
        return false;
    };
    let tag = Tag::from(*tag);
    key.decrypt_inout_detached(&Nonce::from(*nonce), aad, ciphertext.into(), &tag).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOTH: [Backend; 2] = [Backend::Ring, Backend::RustCrypto];

    fn seal(aead: &Aead, nonce: &[u8; NONCE_LEN], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let mut sealed = plaintext.to_vec();
        let tag = aead.seal_in_place(nonce, aad, &mut sealed);
        sealed.extend_from_slice(&tag);
        sealed
    }

    #[test]
    fn what_is_shorter_than_a_tag_is_refused() {
        for backend in BOTH {
            let aead = Aead::with_backend(&[1; 32], backend);
            let refused = aead.open_in_place(&[0; 12], b"", &mut [0; 15]);
            assert_eq!(refused, Err(OpenError::TooShort { len: 15, least: 16 }));
        }
    }

    #[test]
    fn a_key_never_shows_in_debug_output() {
        assert_eq!(format!("{:?}", Aead::new(&[0xab; 32])), "Aead(..)");
    }

    proptest! {
        #[test]
        fn each_backend_opens_what_the_other_sealed(
            key: [u8; 32],
            nonce: [u8; 12],
            aad in prop::collection::vec(any::<u8>(), 0..40),
            plaintext in prop::collection::vec(any::<u8>(), 0..600),
        ) {
            let [here, there] = BOTH.map(|backend| Aead::with_backend(&key, backend));
            let sealed = seal(&here, &nonce, &aad, &plaintext);
            prop_assert_eq!(&sealed, &seal(&there, &nonce, &aad, &plaintext));
            for opener in [&here, &there] {
                let mut copy = sealed.clone();
                let len = opener.open_in_place(&nonce, &aad, &mut copy);
                prop_assert_eq!(len, Ok(plaintext.len()));
                prop_assert_eq!(&copy[..plaintext.len()], &plaintext);
            }
        }

        #[test]
        fn a_single_flipped_bit_is_refused_wherever_it_is(
            nonce: [u8; 12],
            plaintext in prop::collection::vec(any::<u8>(), 0..80),
            at: prop::sample::Index,
            bit in 0..8u32,
        ) {
            for backend in BOTH {
                let aead = Aead::with_backend(&[3; 32], backend);
                let mut sealed = seal(&aead, &nonce, b"header", &plaintext);
                let mut aad = *b"header";
                let mut flipped_nonce = nonce;
                let bytes = sealed.len() + aad.len() + nonce.len();
                let mut all = sealed.iter_mut().chain(&mut aad).chain(&mut flipped_nonce);
                *all.nth(at.index(bytes)).unwrap() ^= 1 << bit;
                let refused = aead.open_in_place(&flipped_nonce, &aad, &mut sealed);
                prop_assert_eq!(refused, Err(OpenError::NotAuthentic));
            }
        }
    }
}
