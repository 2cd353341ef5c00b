//! What every foreign language shares: a node on a runtime of its own, queues that can be waited
//! for in any way, and operations that end with exactly one completion.
//!
//! For authors of bindings. Applications in Rust use [`Node`](crate::Node), inside their own runtime.

mod arguments;
mod batch;
mod begun;
mod completions;
mod contained;
mod dispatcher;
mod fields;
pub mod fork;
mod host;
mod lanes;
pub mod logs;
mod pack;
mod queue;
mod running;
mod runtime;
mod samples;
mod settings;
#[cfg(unix)]
mod signal;
mod source;
mod vocabulary;

use crate::error::{Error, ErrorCode};
pub use arguments::{new_peer, place};
pub use batch::Batch;
pub use completions::{Done, Notice, Operation, Yield};
pub use contained::contained;
pub use fields::{Value, fields};
pub use host::{Completing, Host};
pub use pack::{Packed, Packer};
pub use queue::{Next, Queue};
pub use running::Running;
pub use samples::samples;
pub use settings::builder;
pub use source::{EventQueue, EventSource, MessageQueue, MessageSource, Source};
pub use vocabulary::{Enumeration, vocabulary};

/// For the table of limits.
pub(crate) mod bounds {
    pub(crate) use super::completions::{MOST_BYTES, MOST_OPERATIONS};
    pub(crate) use super::logs::MOST_RECORDS;
}

/// An error that a binding found, such as an argument that cannot be.
pub fn fault(code: ErrorCode, message: impl Into<String>) -> Error {
    Error::new(code, message)
}
