//! Which library this is.

use std::ffi::{CStr, c_char};

/// The version of the library that is loaded, such as `"0.1.0"`; compare it with
/// `GLUEBERRY_VERSION`, that of the header. Any thread. Never NULL; valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn glueberry_version() -> *const c_char {
    VERSION.as_ptr()
}

/// Counts up with every incompatible change; compare it with `GLUEBERRY_ABI_VERSION`, that of the
/// header: if they differ, nothing else of this library may be called. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn glueberry_abi_version() -> u32 {
    GLUEBERRY_ABI_VERSION
}

/// The ABI that this header describes. It counts up with every incompatible change.
pub const GLUEBERRY_ABI_VERSION: u32 = 1;

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => unreachable!(),
    };
