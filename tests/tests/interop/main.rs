//! Interoperation with the Go implementation, over real sockets.
//!
//! Go runs as processes of its own: the JSON-driven peer of `interop/go`, and the library's own
//! examples, unmodified. Where a test has to allow for a fault of Go's, it says which.

mod address_book;
mod examples;
mod handshakes;
mod matrix;
mod oversize;
mod reconnect;
mod simultaneous;
mod throughput;
