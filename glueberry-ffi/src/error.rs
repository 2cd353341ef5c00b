//! Errors as C sees them.

use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use glueberry_core::Error;

use crate::arguments::{place, reference};
use crate::guard::{plain_entry, release, status_of, value_entry};
use crate::names::{glueberry_status_class, glueberry_status_hint, glueberry_status_is_retriable};
use crate::node::peer_out;
use crate::outputs::{c_text, give, pointer_to, take};
use crate::peer_id::glueberry_peer_id_t;
use crate::status::{GLUEBERRY_NONE, GLUEBERRY_OK};

/// What went wrong, and what to do about it. One thread at a time.
#[allow(non_camel_case_types)]
pub struct glueberry_error_t {
    error: Error,
    message: OnceLock<CString>,
    stream: OnceLock<Option<CString>>,
}

impl glueberry_error_t {
    /// Hands the error over to the caller.
    pub(crate) fn give(error: Error) -> *mut Self {
        give(Self { error, message: OnceLock::new(), stream: OnceLock::new() })
    }

    fn message(&self) -> &CString {
        self.message.get_or_init(|| c_text(&self.error.to_string()))
    }

    fn stream(&self) -> Option<&CString> {
        let stream = || self.error.stream().map(|stream| c_text(stream.as_str()));
        self.stream.get_or_init(stream).as_ref()
    }
}

/// The status that the call returned: negative. `GLUEBERRY_OK` for NULL.
///
/// - `error` `[in]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_error_code(error: *const glueberry_error_t) -> i32 {
    // SAFETY: the caller's promise, passed on.
    value_entry(GLUEBERRY_OK, || Some(status_of(&unsafe { error.as_ref() }?.error)))
}

/// What happened this time, with the peer, the stream and the causes. It holds neither keys nor
/// payload. Empty for NULL.
///
/// - `error` `[in]`
/// - returns `[borrowed: error]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_error_message(error: *const glueberry_error_t) -> *const c_char {
    // SAFETY: the caller's promise, passed on.
    value_entry(c"".as_ptr(), || Some(unsafe { error.as_ref() }?.message().as_ptr()))
}

/// What to do about it, in one sentence. Empty for NULL.
///
/// - `error` `[in]`
/// - returns a text that is valid for ever.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_error_hint(error: *const glueberry_error_t) -> *const c_char {
    // SAFETY: the caller's promise, passed on.
    glueberry_status_hint(unsafe { glueberry_error_code(error) })
}

/// Where the remedy lies, `GLUEBERRY_CLASS_*`; 0 for NULL.
///
/// - `error` `[in]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_error_class(error: *const glueberry_error_t) -> i32 {
    // SAFETY: the caller's promise, passed on.
    glueberry_status_class(unsafe { glueberry_error_code(error) })
}

/// 1 if the same call may succeed later without any change, otherwise 0.
///
/// - `error` `[in]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_error_is_retriable(error: *const glueberry_error_t) -> i32 {
    // SAFETY: the caller's promise, passed on.
    glueberry_status_is_retriable(unsafe { glueberry_error_code(error) })
}

/// The peer that the error is about; `NONE` if it is about none.
///
/// - `error` `[in]`
/// - `peer` `[out]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_error_peer(
    error: *const glueberry_error_t,
    peer: *mut glueberry_peer_id_t,
) -> i32 {
    plain_entry(|| {
        // SAFETY: the caller's promises, passed on.
        let (error, peer) = unsafe { (reference(error, "error")?, place(peer, "peer")?) };
        let Some(found) = error.error.peer() else { return Ok(GLUEBERRY_NONE) };
        *peer = peer_out(found);
        Ok(GLUEBERRY_OK)
    })
}

/// The stream that the error is about; NULL if it is about none.
///
/// - `error` `[in]`
/// - returns `[borrowed: error]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_error_stream(error: *const glueberry_error_t) -> *const c_char {
    // SAFETY: the caller's promise, passed on.
    value_entry(std::ptr::null(), || Some(pointer_to(unsafe { error.as_ref() }?.stream())))
}

/// Frees an error.
///
/// - `error` `[in]`: NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_error_free(error: *mut glueberry_error_t) {
    // SAFETY: the caller's promise, passed on.
    release(|| drop(unsafe { take(error) }));
}
