//! Errors as C sees them.

use glueberry_core::Error;

/// What went wrong. One thread at a time.
#[allow(non_camel_case_types)]
pub struct glueberry_error_t {
    #[allow(dead_code)] // Read by the accessors.
    error: Error,
}

impl glueberry_error_t {
    /// Hands the error over to the caller.
    pub(crate) fn give(error: Error) -> *mut Self {
        Box::into_raw(Box::new(Self { error }))
    }
}
