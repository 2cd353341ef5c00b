//! The façade: what an application holds.

mod builder;
mod handle;
mod health;
mod peers;

pub use builder::Builder;
pub use handle::Node;
pub use peers::{NewPeer, PeerInfo};
