//! What every foreign language shares: a node on a runtime of its own, queues that can be waited
//! for in any way, and operations that end with exactly one completion.
//!
//! For authors of bindings. Applications in Rust use [`Node`](crate::Node), inside their own runtime.

pub mod fork;

use crate::error::{Error, ErrorCode};

/// An error that a binding found, such as an argument that cannot be.
pub fn fault(code: ErrorCode, message: impl Into<String>) -> Error {
    Error::new(code, message)
}
