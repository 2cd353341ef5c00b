//! Who a peer is.

use std::cell::RefCell;
use std::ffi::c_char;

use glueberry_core::embed::fault;
use glueberry_core::{Address, ErrorCode, PeerId, Result};

use crate::arguments::{place, reference, text};
use crate::error::glueberry_error_t;
use crate::guard::{entry, plain_entry};
use crate::identity::put_text;
use crate::node::peer_out;
use crate::status::GLUEBERRY_OK;

/// A peer: its Ed25519 public key. Compare two with `memcmp`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(non_camel_case_types)]
pub struct glueberry_peer_id_t {
    /// The key.
    pub key: [u8; 32],
}

/// Reads a peer id, such as `12D3KooW…`.
///
/// - `text` `[in]`: of `len` bytes, or `GLUEBERRY_NTS`.
/// - `peer` `[out]`
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `INVALID_PEER_ID`, `UNSUPPORTED_PEER_ID`, `IDENTITY_REFUSED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_peer_id_parse(
    text: *const c_char,
    len: usize,
    peer: *mut glueberry_peer_id_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { reading(text, len, "text", peer, err, str::parse) }
}

/// The peer at the end of an address, `…/p2p/12D3KooW…`. The whole address is checked.
///
/// - `address` `[in]`: of `len` bytes, or `GLUEBERRY_NTS`.
/// - `peer` `[out]`
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `INVALID_ADDRESS`, also without a peer id; those of `glueberry_peer_id_parse`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_peer_id_from_address(
    address: *const c_char,
    len: usize,
    peer: *mut glueberry_peer_id_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { reading(address, len, "address", peer, err, peer_in_address) }
}

/// Writes a peer id as text, with its NUL.
///
/// - `peer` `[in]`
/// - `buffer` `[out]`: of `capacity` bytes, at least `GLUEBERRY_PEER_ID_SIZE`.
///
/// Errors: `IDENTITY_REFUSED` for a key that identifies nobody, `INVALID_ARGUMENT` for a buffer that
/// is too small.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_peer_id_format(
    peer: *const glueberry_peer_id_t,
    buffer: *mut c_char,
    capacity: usize,
) -> i32 {
    plain_entry(|| {
        // SAFETY: the caller's promises, passed on.
        unsafe {
            let peer = parse_peer(reference(peer, "peer")?)?;
            put_text(&peer.to_string(), buffer, capacity)?;
        }
        Ok(GLUEBERRY_OK)
    })
}

unsafe fn reading(
    from: *const c_char,
    len: usize,
    what: &str,
    peer: *mut glueberry_peer_id_t,
    err: *mut *mut glueberry_error_t,
    read: impl FnOnce(&str) -> Result<PeerId>,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        entry(err, || {
            let peer = place(peer, "peer")?;
            *peer = peer_out(read(text(from, len, what)?)?);
            Ok(GLUEBERRY_OK)
        })
    }
}

fn peer_in_address(text: &str) -> Result<PeerId> {
    text.parse::<Address>()?.peer().ok_or_else(|| {
        let message = format!("address {text} lacks /p2p/PEER-ID at its end");
        fault(ErrorCode::InvalidAddress, message)
    })
}

/// A peer that C names. That the key identifies somebody takes ten microseconds to find out, which
/// is more than sending a message takes: each thread remembers those that it has seen.
pub(crate) fn parse_peer(peer: &glueberry_peer_id_t) -> Result<PeerId> {
    SEEN.with_borrow_mut(|seen| {
        let slot = &mut seen[usize::from(u16::from_le_bytes([peer.key[0], peer.key[1]])) % SLOTS];
        match slot {
            Some(known) if *known.public_key() == peer.key => Ok(*known),
            _ => Ok(*slot.insert(PeerId::from_public_key(peer.key)?)),
        }
    })
}

thread_local! {
    /// Keys are as good as random: each has its place.
    static SEEN: RefCell<Box<[Option<PeerId>]>> = RefCell::new(vec![None; SLOTS].into());
}

/// Bytes of a peer id as text, with its NUL.
pub const GLUEBERRY_PEER_ID_SIZE: usize = 53;
/// As many as one node has peers, commonly: 33 KiB for each thread that sends.
const SLOTS: usize = 1024;

#[cfg(test)]
mod tests {
    use glueberry_core::Identity;

    use super::*;

    #[test]
    fn a_peer_is_the_same_whether_it_was_seen_or_not() {
        for _ in 0..3 {
            let peers: Vec<PeerId> = (0..40).map(|_| Identity::generate().peer_id()).collect();
            for peer in peers.iter().chain(&peers) {
                assert_eq!(parse_peer(&peer_out(*peer)).unwrap(), *peer);
            }
        }
    }

    #[test]
    fn a_key_that_identifies_nobody_is_refused_each_time() {
        let nobody = glueberry_peer_id_t { key: [0; 32] };
        for _ in 0..2 {
            assert_eq!(parse_peer(&nobody).unwrap_err().code(), ErrorCode::IdentityRefused);
        }
    }

    #[test]
    fn a_peer_id_as_text_has_the_size_that_the_header_says() {
        assert_eq!(Identity::generate().peer_id().to_string().len() + 1, GLUEBERRY_PEER_ID_SIZE);
    }
}
