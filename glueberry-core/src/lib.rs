//! Encrypted peer-to-peer messaging that stays connected.
//!
//! A [`Node`] has an Ed25519 [`Identity`]. It dials other nodes and is dialed by them, proves who it
//! is, shakes hands, and then carries named streams of messages, each sealed with
//! ChaCha20-Poly1305 above the secure channel of libp2p. Every change is an [`Event`].
//!
//! ```no_run
//! # async fn example() -> glueberry_core::Result<()> {
//! use glueberry_core::{Identity, Node, StreamConfig};
//!
//! let node = Node::builder(Identity::generate())
//!     .listen("/ip4/127.0.0.1/tcp/0")?
//!     .stream("chat", StreamConfig::default())?
//!     .start()
//!     .await?;
//! let peer = node.connect("/ip4/192.0.2.7/tcp/9000/p2p/12D3KooW…").await?;
//! node.send(&peer, "chat", b"hi").await?;
//! let mut inbox = node.messages("chat")?;
//! while let Some(message) = inbox.next().await {
//!     println!("{}: {:?}", message.peer(), message.payload());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Errors are one type, [`Error`], with a code, a class and a hint. What this wire (version 1, that
//! of the Go implementation) promises and what it does not is said at [`Node::send`].

mod access;
mod address;
mod ban;
mod call;
mod config;
pub mod embed;
mod error;
mod events;
mod identity;
mod ids;
mod inbox;
mod limits;
mod link;
mod net;
mod node;
mod open_files;
mod peers;
mod pressure;
mod session;

pub use access::{AccessRules, ConnectionLimits};
pub use address::Address;
pub use ban::{Ban, BanTarget};
pub use call::Call;
pub use config::{HandshakeMode, KeepAlive, ReconnectPolicy, Security, StreamConfig};
pub use error::{Error, ErrorClass, ErrorCode, Result};
pub use events::{
    Denial, Direction, DisconnectReason, Event, EventFilter, EventKind, EventName, Events,
    PressureLevel, StreamCloseReason, Unwritten,
};
pub use glueberry_proto::name::StreamName;
pub use glueberry_proto::peer::State;
pub use identity::Identity;
pub use ids::PeerId;
pub use inbox::{Message, Messages};
pub use limits::{Amount, Limit, Scope, limits};
pub use node::{Builder, NewPeer, Node, PeerInfo};
pub use peers::{AddressBook, AddressBookEditor, PeerEntry};
pub use session::{StreamHealth, StreamState};
