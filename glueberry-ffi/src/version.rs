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

/// `GLUEBERRY_VERSION` of the header.
const VERSION: &CStr = c"0.1.0";
/// The first number of the version of this header.
pub const GLUEBERRY_VERSION_MAJOR: u32 = 0;
/// The second number: below 1.0 a new one may break the ABI.
pub const GLUEBERRY_VERSION_MINOR: u32 = 1;
/// The third number.
pub const GLUEBERRY_VERSION_PATCH: u32 = 0;
/// The ABI that this header describes. It counts up with every incompatible change.
pub const GLUEBERRY_ABI_VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_the_header_is_that_of_the_package() {
        assert_eq!(VERSION.to_str(), Ok(env!("CARGO_PKG_VERSION")));
        let parts = [GLUEBERRY_VERSION_MAJOR, GLUEBERRY_VERSION_MINOR, GLUEBERRY_VERSION_PATCH];
        let text = parts.map(|part| part.to_string()).join(".");
        assert_eq!(text, env!("CARGO_PKG_VERSION"));
    }
}
