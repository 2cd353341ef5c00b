//! What comes in: pointers and lengths, parsed once into references that are what they say.
//!
//! A pointer that is not NULL cannot be checked: that it is valid is the caller's promise, made in
//! the header.

use std::ffi::{CStr, c_char};
use std::time::Duration;

use glueberry_core::embed::fault;
use glueberry_core::{Error, ErrorCode, Result};

/// A handle or a struct that must be there.
pub(crate) unsafe fn reference<'a, T>(pointer: *const T, what: &str) -> Result<&'a T> {
    // SAFETY: not NULL means valid: the caller's promise.
    unsafe { pointer.as_ref() }.ok_or_else(|| invalid(format!("{what} is NULL")))
}

/// A handle that the call changes, by one thread at a time.
pub(crate) unsafe fn exclusive<'a, T>(pointer: *mut T, what: &str) -> Result<&'a mut T> {
    // SAFETY: not NULL means valid and used by this thread alone: the caller's promise.
    unsafe { pointer.as_mut() }.ok_or_else(|| invalid(format!("{what} is NULL")))
}

/// Where a result goes that must be wanted.
pub(crate) unsafe fn place<'a, T>(pointer: *mut T, what: &str) -> Result<&'a mut T> {
    // SAFETY: as above; results are plain values or pointers, for which any bytes are valid.
    unsafe { exclusive(pointer, what) }
}

/// Bytes; (NULL, 0) are none.
pub(crate) unsafe fn bytes<'a>(data: *const u8, len: usize, what: &str) -> Result<&'a [u8]> {
    // SAFETY: not NULL means that so many elements are there: the caller's promise.
    unsafe { items(data, len, what) }
}

/// An array; (NULL, 0) is an empty one.
pub(crate) unsafe fn items<'a, T>(first: *const T, count: usize, what: &str) -> Result<&'a [T]> {
    if count == 0 {
        return Ok(&[]);
    }
    if first.is_null() {
        return Err(invalid(format!("{what} is NULL, and its length {count}")));
    }
    if count > isize::MAX.unsigned_abs() / size_of::<T>().max(1) {
        return Err(invalid(format!("{what} cannot have a length of {count}")));
    }
    // SAFETY: the caller promises that so many elements are there, and that nobody changes them
    // during the call.
    Ok(unsafe { std::slice::from_raw_parts(first, count) })
}

/// Text: UTF-8 with a length in bytes, or with [`GLUEBERRY_NTS`] up to its NUL.
pub(crate) unsafe fn text<'a>(data: *const c_char, len: usize, what: &str) -> Result<&'a str> {
    let bytes = if len == GLUEBERRY_NTS {
        if data.is_null() {
            return Err(invalid(format!("{what} is NULL")));
        }
        // SAFETY: the caller promises a NUL at its end.
        unsafe { CStr::from_ptr(data) }.to_bytes()
    } else {
        // SAFETY: the caller promises so many bytes.
        unsafe { bytes(data.cast(), len, what)? }
    };
    std::str::from_utf8(bytes).map_err(|fault| invalid(format!("{what} is not UTF-8: {fault}")))
}

/// A list of texts that end with NUL.
pub(crate) unsafe fn texts<'a>(
    first: *const *const c_char,
    count: usize,
    what: &str,
) -> Result<Vec<&'a str>> {
    // SAFETY: the caller promises so many pointers.
    let pointers = unsafe { items(first, count, what)? };
    // SAFETY: the caller promises texts with a NUL at their ends.
    pointers.iter().map(|one| unsafe { text(*one, GLUEBERRY_NTS, what) }).collect()
}

/// A timeout in milliseconds; `None` is no deadline.
pub(crate) fn timeout(ms: i64) -> Result<Option<Duration>> {
    match ms {
        GLUEBERRY_FOREVER => Ok(None),
        ms => millis(ms, "timeout_ms").map(Some),
    }
}

/// A time in milliseconds, not negative.
pub(crate) fn millis(ms: i64, what: &str) -> Result<Duration> {
    let ms = u64::try_from(ms).map_err(|_| invalid(format!("{what} is {ms}")))?;
    Ok(Duration::from_millis(ms))
}

pub(crate) fn invalid(message: impl Into<String>) -> Error {
    fault(ErrorCode::InvalidArgument, message)
}

/// As the length of a text: it ends with NUL.
pub const GLUEBERRY_NTS: usize = usize::MAX;
/// As a timeout: no deadline.
pub const GLUEBERRY_FOREVER: i64 = -1;
