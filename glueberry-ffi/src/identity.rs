//! A node's own key, and the file it is kept in.

use std::ffi::c_char;

use glueberry_core::{Identity, Result};

use crate::arguments::{bytes, invalid, place, reference, text};
use crate::error::glueberry_error_t;
use crate::guard::{entry, plain_entry, release};
use crate::node::peer_out;
use crate::outputs::{Slot, give, take};
use crate::peer_id::glueberry_peer_id_t;
use crate::status::GLUEBERRY_OK;

/// An Ed25519 key pair: what a node is known by. The private half is wiped when it is freed. Any
/// thread, but for its `_free`.
#[allow(non_camel_case_types)]
pub struct glueberry_identity_t {
    pub(crate) identity: Identity,
}

/// Makes a new key from the system's randomness.
///
/// - `identity` `[out, owned]`
/// - `err` `[out, owned]`: may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_identity_generate(
    identity: *mut *mut glueberry_identity_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { making(identity, err, || Ok(Identity::generate())) }
}

/// The key that grows from 32 secret bytes, always the same one. Wiping the bytes is the caller's.
///
/// - `seed` `[in]`: `len` bytes.
/// - `identity` `[out, owned]`
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `INVALID_KEY` unless `len` is 32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_identity_from_seed(
    seed: *const u8,
    len: usize,
    identity: *mut *mut glueberry_identity_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { making(identity, err, || Identity::from_seed(bytes(seed, len, "seed")?)) }
}

/// Reads a key from PKCS#8 PEM text, as OpenSSL writes it.
///
/// - `pem` `[in]`: text of `len` bytes, or `GLUEBERRY_NTS`.
/// - `identity` `[out, owned]`
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `INVALID_KEY`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_identity_from_pem(
    pem: *const c_char,
    len: usize,
    identity: *mut *mut glueberry_identity_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { making(identity, err, || Identity::from_pem(text(pem, len, "pem")?)) }
}

/// Reads a key file.
///
/// - `path` `[in]`: text of `len` bytes, or `GLUEBERRY_NTS`.
/// - `identity` `[out, owned]`
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `KEY_FILE_UNREADABLE`, `KEY_FILE_EXPOSED` when other users may read it, `INVALID_KEY`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_identity_load(
    path: *const c_char,
    len: usize,
    identity: *mut *mut glueberry_identity_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { making(identity, err, || Identity::load(text(path, len, "path")?)) }
}

/// Writes the key into a file that only this user may read.
///
/// - `identity` `[in]`
/// - `path` `[in]`: text of `len` bytes, or `GLUEBERRY_NTS`.
/// - `replace`: 0 refuses to write over a file, 1 puts the new one in its place, at once and whole.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `KEY_FILE_EXISTS`, `KEY_FILE_UNWRITABLE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_identity_save(
    identity: *const glueberry_identity_t,
    path: *const c_char,
    len: usize,
    replace: i32,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        entry(err, || {
            let identity = &reference(identity, "identity")?.identity;
            let path = text(path, len, "path")?;
            match replace {
                0 => identity.save(path)?,
                1 => identity.save_over(path)?,
                other => return Err(invalid(format!("replace is {other}: use 0 or 1"))),
            }
            Ok(GLUEBERRY_OK)
        })
    }
}

/// The key as PKCS#8 PEM text, which OpenSSL reads too. It is secret: wiping the buffer is the
/// caller's.
///
/// - `identity` `[in]`
/// - `buffer` `[out]`: of `capacity` bytes; the text ends with NUL. (NULL, 0) asks for the size.
/// - `needed` `[out]`: the bytes of the text with its NUL, also when the call fails for lack of room;
///   may be NULL.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `INVALID_ARGUMENT` when the buffer is too small; then nothing is written to it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_identity_to_pem(
    identity: *const glueberry_identity_t,
    buffer: *mut c_char,
    capacity: usize,
    needed: *mut usize,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        entry(err, || {
            let pem = reference(identity, "identity")?.identity.to_pem();
            if let Some(needed) = needed.as_mut() {
                *needed = pem.len() + 1;
            }
            put_text(&pem, buffer, capacity)?;
            Ok(GLUEBERRY_OK)
        })
    }
}

/// What other peers know the owner of this key by.
///
/// - `identity` `[in]`
/// - `peer` `[out]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_identity_peer_id(
    identity: *const glueberry_identity_t,
    peer: *mut glueberry_peer_id_t,
) -> i32 {
    plain_entry(|| {
        // SAFETY: the caller's promises, passed on.
        let (identity, peer) = unsafe { (reference(identity, "identity")?, place(peer, "peer")?) };
        *peer = peer_out(identity.identity.peer_id());
        Ok(GLUEBERRY_OK)
    })
}

/// Frees a key, and wipes it.
///
/// - `identity` `[in]`: NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_identity_free(identity: *mut glueberry_identity_t) {
    // SAFETY: the caller's promise, passed on.
    release(|| drop(unsafe { take(identity) }));
}

unsafe fn making(
    place: *mut *mut glueberry_identity_t,
    err: *mut *mut glueberry_error_t,
    make: impl FnOnce() -> Result<Identity>,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        let slot = Slot::cleared(place);
        entry(err, || {
            let place = slot.needed("identity")?;
            *place = give(glueberry_identity_t { identity: make()? });
            Ok(GLUEBERRY_OK)
        })
    }
}

/// Writes a text and its NUL into the caller's buffer.
pub(crate) unsafe fn put_text(text: &str, buffer: *mut c_char, capacity: usize) -> Result<()> {
    let needed = text.len() + 1;
    if buffer.is_null() || capacity < needed {
        return Err(invalid(format!("the buffer has {capacity} bytes, and needs {needed}")));
    }
    // SAFETY: the caller promises a buffer of that capacity.
    unsafe {
        std::ptr::copy_nonoverlapping(text.as_ptr().cast(), buffer, text.len());
        buffer.add(text.len()).write(0);
    }
    Ok(())
}
