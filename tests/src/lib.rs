//! What the tests with several nodes share: the Go peer, Rust nodes, and waiting with a deadline.

mod board;
mod child;
pub mod forged;
pub mod go;
mod go_example;
mod go_peer;
pub mod hex;
pub mod muxer;
pub mod negotiations;
pub mod node;
pub mod random;
pub mod raw;
pub mod wait;

pub use go_example::GoExample;
pub use go_peer::{GoPeer, HandshakeStyle};
