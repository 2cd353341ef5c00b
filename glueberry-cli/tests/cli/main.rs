//! The program as its users have it: real processes that talk over loopback.
//!
//! Nothing waits for a time to pass: each step waits for the event that allows the next, and fails
//! after [`support::PATIENCE`].

mod book;
mod failures;
mod keys;
mod messages;
mod session;
#[cfg(unix)]
mod signals;
mod support;
