//! What the ABI does with the caller's memory, with allocations of exactly the promised size:
//! `scripts/test-miri` runs these under Miri, which sees a byte read or written beside them.

use std::ffi::CString;
use std::ptr;

use crate::arguments::{GLUEBERRY_NTS, bytes, exclusive, invalid, items, reference, text, texts};
use crate::error::glueberry_error_t;
use crate::guard::{entry, release};
use crate::sized::{self, Growing};

/// A struct in its second version; the first ended before `added`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Sample {
    size: u32,
    first: u32,
    added: u64,
}

// SAFETY: integers in `repr(C)`, the size first.
unsafe impl Growing for Sample {
    const FIRST: usize = 8;
}

#[test]
fn an_older_struct_is_read_no_further_than_it_goes() {
    let older: Box<[u32]> = Box::new([8, 7]);
    // SAFETY: as long as its size says. It is read as bytes, and aligned as its size is.
    let read = unsafe { sized::read::<Sample>(older.as_ptr().cast(), "sample") }.unwrap();
    assert_eq!((read.first, read.added), (7, 0));
}

#[test]
fn an_older_struct_is_written_no_further_than_it_goes() {
    let mut older: Box<[u32]> = Box::new([8, 0]);
    let value = Sample { size: 0, first: 7, added: 9 };
    // SAFETY: as long as its size says.
    unsafe { sized::write(&value, older.as_mut_ptr().cast(), "sample") }.unwrap();
    assert_eq!(*older, [8, 7]);
}

#[test]
fn a_newer_struct_is_read_only_if_what_we_do_not_know_is_zero() {
    let mut newer: Box<[u64]> = Box::new([0; 3]);
    // SAFETY: the size is the first field.
    unsafe { newer.as_mut_ptr().cast::<u32>().write(24) };
    // SAFETY: as long as its size says.
    assert!(unsafe { sized::read::<Sample>(newer.as_ptr().cast(), "sample") }.is_ok());
    newer[2] = 1;
    // SAFETY: as above.
    assert!(unsafe { sized::read::<Sample>(newer.as_ptr().cast(), "sample") }.is_err());
}

#[test]
fn text_ends_at_its_length_or_its_nul() {
    let exact: Box<[u8]> = Box::from(*b"chat");
    let ended = CString::new("chat").unwrap();
    // SAFETY: four bytes; and a text with its NUL.
    unsafe {
        assert_eq!(text(exact.as_ptr().cast(), 4, "it").unwrap(), "chat");
        assert_eq!(text(ended.as_ptr(), GLUEBERRY_NTS, "it").unwrap(), "chat");
        let list = [ended.as_ptr(), ended.as_ptr()];
        assert_eq!(texts(list.as_ptr(), 2, "list").unwrap(), ["chat", "chat"]);
    }
}

#[test]
fn null_is_refused_where_something_must_be() {
    // SAFETY: NULL is never followed.
    unsafe {
        assert!(reference::<u8>(ptr::null(), "it").is_err());
        assert!(exclusive::<u8>(ptr::null_mut(), "it").is_err());
        assert!(text(ptr::null(), GLUEBERRY_NTS, "it").is_err());
        assert!(bytes(ptr::null(), 1, "it").is_err());
        assert!(items::<u64>(ptr::dangling(), usize::MAX, "it").is_err());
        assert!(bytes(ptr::null(), 0, "it").unwrap().is_empty());
    }
}

#[test]
fn an_error_is_given_once_and_freed_once() {
    let mut error: *mut glueberry_error_t = ptr::null_mut();
    // SAFETY: a place for the error.
    let status = unsafe { entry(&raw mut error, || Err(invalid("asked for"))) };
    assert_eq!(status, -207);
    assert!(!error.is_null());
    // SAFETY: the entry gave it to us; a leak would be reported.
    release(|| drop(unsafe { Box::from_raw(error) }));
}

#[test]
fn success_leaves_no_error() {
    let mut error: *mut glueberry_error_t = ptr::dangling_mut();
    // SAFETY: a place for the error; what was in it is not followed.
    assert_eq!(unsafe { entry(&raw mut error, || Ok(0)) }, 0);
    assert!(error.is_null());
}
