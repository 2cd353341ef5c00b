//! What goes out: handles, texts and times in the form that C wants.

use std::ffi::{CString, c_char};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use glueberry_core::Result;

use crate::arguments::invalid;

/// Where a handle goes. It holds NULL until the call has succeeded.
pub(crate) struct Slot<'a, T> {
    place: Option<&'a mut *mut T>,
}

impl<'a, T> Slot<'a, T> {
    /// Before anything else of a call, so that whatever fails leaves NULL.
    pub(crate) unsafe fn cleared(place: *mut *mut T) -> Self {
        // SAFETY: not NULL means valid: the caller's promise.
        let mut place = unsafe { place.as_mut() };
        if let Some(place) = &mut place {
            **place = std::ptr::null_mut();
        }
        Self { place }
    }

    /// For a handle that the call is all about.
    pub(crate) fn needed(self, what: &str) -> Result<&'a mut *mut T> {
        self.place.ok_or_else(|| invalid(format!("{what} is NULL")))
    }

    /// For a handle that the caller need not want; without a place it is not made.
    pub(crate) fn put(self, make: impl FnOnce() -> *mut T) {
        if let Some(place) = self.place {
            *place = make();
        }
    }
}

/// Hands a handle over to the caller, until its `_free`.
pub(crate) fn give<T>(handle: T) -> *mut T {
    Box::into_raw(Box::new(handle))
}

/// Takes a handle back; NULL is none.
pub(crate) unsafe fn take<T>(handle: *mut T) -> Option<Box<T>> {
    // SAFETY: not NULL means made by `give`, and given back once: the caller's promise.
    (!handle.is_null()).then(|| unsafe { Box::from_raw(handle) })
}

/// A text that ends with NUL. What comes from a peer may hold one: it is shown as U+FFFD.
pub(crate) fn c_text(text: &str) -> CString {
    CString::new(text).unwrap_or_else(|_| {
        let bytes = text.replace('\0', "\u{FFFD}").into_bytes();
        CString::new(bytes).expect("every NUL was replaced")
    })
}

/// A text that may be none, as NULL.
pub(crate) fn pointer_to(text: Option<&CString>) -> *const c_char {
    text.map_or(std::ptr::null(), |text| text.as_ptr())
}

/// Milliseconds since 1970; before that negative. Times beyond 292 million years are clamped.
pub(crate) fn unix_ms(at: SystemTime) -> i64 {
    match at.duration_since(UNIX_EPOCH) {
        Ok(since) => whole_ms(since),
        Err(before) => -whole_ms(before.duration()),
    }
}

/// Whole milliseconds, clamped likewise.
pub(crate) fn whole_ms(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_inside_a_text_does_not_end_it() {
        assert_eq!(c_text("a\0b").to_str(), Ok("a\u{FFFD}b"));
    }

    #[test]
    fn times_before_1970_are_negative() {
        assert_eq!(unix_ms(UNIX_EPOCH - Duration::from_millis(5)), -5);
        assert_eq!(unix_ms(UNIX_EPOCH + Duration::from_millis(5)), 5);
    }

    #[test]
    fn a_slot_holds_null_until_something_is_put() {
        let mut place = std::ptr::dangling_mut::<u8>();
        // SAFETY: a place of this test.
        let slot = unsafe { Slot::cleared(&raw mut place) };
        slot.put(std::ptr::dangling_mut);
        assert!(!place.is_null());
        // SAFETY: likewise.
        let _slot = unsafe { Slot::cleared(&raw mut place) };
        assert!(place.is_null());
    }
}
