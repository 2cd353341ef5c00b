//! A list of texts.

use std::ffi::{CString, c_char};

use crate::guard::{release, value_entry};
use crate::outputs::{c_text, give, pointer_to, take};

/// A list of texts. One thread at a time.
#[allow(non_camel_case_types)]
pub struct glueberry_strings_t {
    all: Vec<CString>,
}

impl glueberry_strings_t {
    pub(crate) fn give(all: impl IntoIterator<Item = String>) -> *mut Self {
        give(Self { all: all.into_iter().map(|text| c_text(&text)).collect() })
    }
}

/// How many there are; 0 for NULL.
///
/// - `strings` `[in]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_strings_count(strings: *const glueberry_strings_t) -> usize {
    // SAFETY: the caller's promise, passed on.
    value_entry(0, || Some(unsafe { strings.as_ref() }?.all.len()))
}

/// One of them; NULL beyond the last.
///
/// - `strings` `[in]`
/// - `index`: from 0.
/// - returns `[borrowed: strings]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_strings_get(
    strings: *const glueberry_strings_t,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller's promise, passed on.
    value_entry(std::ptr::null(), || Some(pointer_to(unsafe { strings.as_ref() }?.all.get(index))))
}

/// Frees the list and its texts.
///
/// - `strings` `[in]`: NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_strings_free(strings: *mut glueberry_strings_t) {
    // SAFETY: the caller's promise, passed on.
    release(|| drop(unsafe { take(strings) }));
}
