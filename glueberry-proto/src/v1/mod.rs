//! Wire v1: the wire of Glueberry for Go.
//!
//! On every stream run frames ([`frame`]); on named streams each frame is sealed alone under one
//! static key for each pair of peers ([`key`], [`record`]); the handshake stream has no encryption
//! above libp2p's own ([`handshake`]). Either side may open a named stream, and both may at once:
//! [`duplex`] decides which of the two is written to.
//!
//! [`address_book`] is no wire but a file, which Go programs read and write, too.

pub mod address_book;
pub mod duplex;
pub mod frame;
pub mod handshake;
pub mod key;
pub mod record;
mod replay;
mod retries;
mod varint;
