//! The ABI as its callers use it, and as they misuse it: through the functions of the header only.

// What the header asks of callers is what the tests do; each test would repeat it.
#![allow(clippy::undocumented_unsafe_blocks)]

mod callbacks;
mod completions;
mod conversation;
mod misuse;
mod panics;
mod queues;
mod support;
mod values;
