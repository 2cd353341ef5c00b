//! Nodes of this library.

use std::time::Duration;

use glueberry_core::{
    ConnectionLimits, Identity, KeepAlive, Messages, Node, PeerId, State, StreamConfig,
};

use super::crowd::Leaf;
use super::script::{self, Lane};
use crate::numbered::{Numbered, Receipt};
use crate::subject::Subject;
use crate::subject::ours::{self, STREAM, Way};

/// A node with its inbox, at either end.
pub(super) struct Seat {
    node: Node,
    inbox: Messages,
}

impl Seat {
    async fn take(subject: Subject) -> Self {
        let way = Way::of(subject);
        let builder = Node::builder(Identity::generate()).security(way.security());
        let builder = builder.stream(STREAM, StreamConfig::default()).expect("a valid name");
        // A thousand handshakes at once keep each other waiting, and the answers to pings.
        let keep_alive = KeepAlive { timeout: PATIENCE, ..KeepAlive::default() };
        let builder = builder.keep_alive(Some(keep_alive));
        let builder = builder.dial_timeout(PATIENCE).handshake_timeout(PATIENCE);
        // All come from one address.
        let most = ConnectionLimits { pending: MOST, total: MOST, per_address: MOST, per_peer: 4 };
        let builder = builder.connection_limits(most);
        let node = builder.start().await.expect("a node starts");
        let inbox = node.messages(STREAM).expect("nobody else reads");
        Self { node, inbox }
    }

    async fn next(&mut self) -> PeerId {
        self.inbox.next().await.expect("the node runs").peer()
    }

    async fn say(&self, peer: PeerId) {
        self.node.send(&peer, STREAM, HELLO).await.expect("the session stands");
    }
}

pub(super) struct Hub(Seat);

impl script::Hub for Hub {
    type Leaf = Spoke;
    type Lane = Path;

    async fn start(subject: Subject) -> Self {
        let seat = Seat::take(subject).await;
        seat.node.listen(Way::of(subject).place()).await.expect("a free port");
        Self(seat)
    }

    fn address(&self) -> String {
        self.0.node.listen_addresses()[0].to_string()
    }

    fn peers(&self) -> usize {
        let all = self.0.node.peers();
        all.iter().filter(|peer| peer.state == State::Established).count()
    }

    async fn answer(&mut self, peers: u32) -> Vec<Path> {
        let mut paths = Vec::new();
        for _ in 0..peers {
            let peer = self.0.next().await;
            self.0.say(peer).await;
            paths.push(Path { node: self.0.node.clone(), peer });
        }
        paths
    }
}

#[derive(Clone)]
pub(super) struct Path {
    node: Node,
    peer: PeerId,
}

impl Lane for Path {
    async fn send(&self, messages: Numbered) -> u64 {
        ours::send(self.node.clone(), self.peer, messages).await
    }
}

/// A leaf, with the hub once it is connected.
pub(super) struct Spoke {
    seat: Seat,
    hub: Option<PeerId>,
}

impl Leaf for Spoke {
    async fn start(subject: Subject) -> Self {
        Self { seat: Seat::take(subject).await, hub: None }
    }

    async fn connect(&mut self, hub: &str) {
        let peer = self.seat.node.connect(hub).await;
        self.hub = Some(peer.expect("a node on this machine is reached"));
    }

    async fn greet(&mut self) {
        self.seat.say(self.hub.expect("it is connected first")).await;
        self.seat.next().await;
    }

    async fn receive(&mut self, receipt: Receipt) -> u64 {
        ours::receive(&mut self.seat.inbox, receipt).await
    }
}

const HELLO: &[u8] = b"hello";
/// Above the largest crowd.
const MOST: usize = 4096;
/// Below the watchdog's.
const PATIENCE: Duration = Duration::from_mins(1);
