//! Rust nodes for tests.

use std::time::Duration;

use glueberry_core::{Address, Builder, Identity, Node, PeerId, ReconnectPolicy, StreamConfig};

use crate::wait::PATIENCE;

/// Listens on a free TCP port of this machine.
pub const TCP: &str = "/ip4/127.0.0.1/tcp/0";
/// Listens on a free QUIC port of this machine.
pub const QUIC: &str = "/ip4/127.0.0.1/udp/0/quic-v1";

/// A fresh identity that carries `streams` with the default bounds.
///
/// # Panics
/// If one of them is no name.
pub fn builder(streams: &[&str]) -> Builder {
    builder_of(Identity::generate(), streams)
}

/// This identity, with `streams` with the default bounds.
///
/// # Panics
/// If one of them is no name.
pub fn builder_of(identity: Identity, streams: &[&str]) -> Builder {
    streams.iter().fold(Node::builder(identity), |builder, name| {
        builder.stream(name, StreamConfig::default()).expect("the name is valid")
    })
}

/// Tries lost peers again within half a second, so that tests need not wait long.
#[must_use]
pub fn impatient() -> ReconnectPolicy {
    ReconnectPolicy {
        first_delay: Duration::from_millis(50),
        longest_delay: Duration::from_millis(500),
        cooldown: Duration::from_millis(300),
        ..ReconnectPolicy::default()
    }
}

/// Starts a node that listens at `place`.
///
/// # Panics
/// If it cannot.
pub async fn listening(builder: Builder, place: &str) -> Node {
    let builder = builder.listen(place).expect("the address is valid");
    builder.start().await.expect("the node starts")
}

/// The one address that a node listens at.
///
/// # Panics
/// If it listens nowhere.
#[must_use]
pub fn address(node: &Node) -> Address {
    node.listen_addresses().into_iter().next().expect("the node listens")
}

/// An address without the peer's id: where the same node can listen again.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn place(address: &Address) -> String {
    let text = address.to_string();
    text.split("/p2p/").next().filter(|place| !place.is_empty()).expect("a place").to_owned()
}

/// Sends a message that must be accepted.
///
/// # Panics
/// If it is not.
pub async fn send(node: &Node, to: PeerId, stream: &str, message: &[u8]) {
    let sent = node.send(&to, stream, message).timeout(PATIENCE).await;
    sent.unwrap_or_else(|fault| panic!("{} bytes on {stream}: {fault:?}", message.len()));
}
