//! A received message.

use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use glueberry_core::Message;

use crate::arguments::{place, reference};
use crate::guard::{plain_entry, release, value_entry};
use crate::node::peer_out;
use crate::outputs::{Slot, c_text, give, take};
use crate::peer_id::glueberry_peer_id_t;
use crate::status::GLUEBERRY_OK;

/// A received message. Its payload is a part of the buffer it came in: keeping one small message for
/// long keeps that buffer (up to 64 KiB). Any thread, concurrently, but for its `_free`.
#[allow(non_camel_case_types)]
pub struct glueberry_message_t {
    message: Message,
    /// Made when it is asked for: most callers know the stream.
    stream: OnceLock<CString>,
}

impl glueberry_message_t {
    pub(crate) fn new(message: Message) -> Self {
        Self { message, stream: OnceLock::new() }
    }

    /// Hands it over to the caller.
    pub(crate) fn give(message: Message) -> *mut Self {
        give(Self::new(message))
    }
}

/// What a message says.
///
/// - `message` `[in]`
/// - `data` `[out]` `[borrowed: message]`: may be anything, but for NULL, if it is empty.
/// - `len` `[out]`: bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_message_data(
    message: *const glueberry_message_t,
    data: *mut *const u8,
    len: *mut usize,
) -> i32 {
    plain_entry(|| {
        // SAFETY: the caller's promises, passed on.
        unsafe {
            let payload = reference(message, "message")?.message.payload();
            let (data, len) = (place(data, "data")?, place(len, "len")?);
            (*data, *len) = (payload.as_ptr(), payload.len());
            Ok(GLUEBERRY_OK)
        }
    })
}

/// Who sent a message.
///
/// - `message` `[in]`
/// - `peer` `[out]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_message_peer(
    message: *const glueberry_message_t,
    peer: *mut glueberry_peer_id_t,
) -> i32 {
    plain_entry(|| {
        // SAFETY: the caller's promises, passed on.
        unsafe {
            let from = reference(message, "message")?.message.peer();
            *place(peer, "peer")? = peer_out(from);
            Ok(GLUEBERRY_OK)
        }
    })
}

/// On which stream a message came: its name, which ends with NUL. NULL for NULL.
///
/// - `message` `[in]`
/// - returns `[borrowed: message]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_message_stream(
    message: *const glueberry_message_t,
) -> *const c_char {
    value_entry(std::ptr::null(), || {
        // SAFETY: the caller's promise, passed on.
        let message = unsafe { message.as_ref() }?;
        let name = message.message.stream().as_str();
        Some(message.stream.get_or_init(|| c_text(name)).as_ptr())
    })
}

/// A second handle of the same message, to keep what a callback was given. The payload is shared.
///
/// - `message` `[in]`
/// - `copy` `[out, owned]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_message_clone(
    message: *const glueberry_message_t,
    copy: *mut *mut glueberry_message_t,
) -> i32 {
    // SAFETY: the caller's promise, passed on.
    let slot = unsafe { Slot::cleared(copy) };
    plain_entry(|| {
        // SAFETY: the caller's promise, passed on.
        let message = unsafe { reference(message, "message")? };
        let copy = slot.needed("copy")?;
        *copy = glueberry_message_t::give(message.message.clone());
        Ok(GLUEBERRY_OK)
    })
}

/// Frees a message that came from `glueberry_messages_next`, `glueberry_messages_drain` or
/// `glueberry_message_clone`.
///
/// - `message` `[in]`: NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_message_free(message: *mut glueberry_message_t) {
    // SAFETY: the caller's promise, passed on.
    release(|| drop(unsafe { take(message) }));
}
