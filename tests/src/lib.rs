//! What the tests with several nodes share: the Go peer, Rust nodes, and waiting with a deadline.

mod board;
mod child;
pub mod footprint;
pub mod forged;
mod forwarder;
pub mod go;
mod go_book;
mod go_example;
mod go_peer;
pub mod hex;
pub mod mesh;
pub mod muxer;
pub mod namespaces;
pub mod negotiations;
pub mod node;
pub mod numbered;
pub mod random;
pub mod raw;
pub mod valve;
pub mod wait;

pub use forwarder::Forwarder;
pub use go_book::GoBook;
pub use go_example::GoExample;
pub use go_peer::{GoPeer, HandshakeStyle};
