//! Two nodes of this library.

use std::time::{Duration, Instant};

use glueberry_core::{Identity, Messages, Node, PeerId, Security, StreamConfig};
use hdrhistogram::Histogram;

use crate::dial;
use crate::flow::Flow;
use crate::numbered::{Numbered, Receipt};
use crate::ping_pong::{self, End};
use crate::subject::Subject;

/// How two nodes reach each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Tls,
    Noise,
    Quic,
}

impl Way {
    pub(crate) fn of(subject: Subject) -> Self {
        match subject {
            Subject::Tls | Subject::Apart => Self::Tls,
            Subject::Noise => Self::Noise,
            Subject::Quic => Self::Quic,
            other => unreachable!("{other:?} is not of this library"),
        }
    }

    pub(crate) fn place(self) -> &'static str {
        match self {
            Self::Tls | Self::Noise => "/ip4/127.0.0.1/tcp/0",
            Self::Quic => "/ip4/127.0.0.1/udp/0/quic-v1",
        }
    }

    pub(crate) fn security(self) -> Security {
        match self {
            Self::Tls | Self::Quic => Security::Tls,
            Self::Noise => Security::Noise,
        }
    }

    pub(super) async fn node(self) -> Node {
        let builder = Node::builder(Identity::generate()).security(self.security());
        let builder = builder.stream(STREAM, StreamConfig::default()).expect("a valid name");
        builder.start().await.expect("a node starts")
    }
}

/// One node connected to another.
pub(crate) struct Pair {
    near: Node,
    far: Node,
}

impl Pair {
    pub(super) async fn connect(way: Way) -> Self {
        let (near, far) = (way.node().await, way.node().await);
        let addresses = far.listen(way.place()).await.expect("a free port");
        near.connect(&addresses[0]).await.expect("a node on this machine is reached");
        Self { near, far }
    }

    pub(super) async fn one_way(&self, payload: u32, time: Duration) -> Flow {
        let began = Instant::now();
        let mut inbox = inbox(&self.far);
        let receipt = Receipt::new(payload);
        let receiving = tokio::spawn(async move { receive(&mut inbox, receipt).await });
        let numbered = Numbered::new(payload, time);
        let sending = tokio::spawn(send(self.near.clone(), self.far.peer_id(), numbered));
        let (messages, sent) = tokio::try_join!(receiving, sending).expect("all goes well");
        assert_eq!(messages, sent, "messages were lost");
        Flow { messages, lost: 0, elapsed: began.elapsed() }
    }

    pub(super) async fn ping_pong(&self, time: Duration) -> Histogram<u64> {
        ping_pong::between(Seat::new(&self.near, &self.far), Seat::new(&self.far, &self.near), time)
            .await
    }
}

pub(crate) async fn send(node: Node, peer: PeerId, mut numbered: Numbered) -> u64 {
    while let Some(message) = numbered.next_message() {
        node.send(&peer, STREAM, message).await.expect("the session stands");
    }
    numbered.count()
}

pub(crate) async fn receive(inbox: &mut Messages, mut receipt: Receipt) -> u64 {
    while !receipt.is_complete() {
        let message = inbox.next().await.expect("the node runs");
        receipt.take(message.payload());
    }
    receipt.count()
}

pub(super) fn inbox(node: &Node) -> Messages {
    node.messages(STREAM).expect("nobody else reads")
}

/// One node, as a player of ping-pong.
pub(super) struct Seat {
    node: Node,
    other: PeerId,
    inbox: Messages,
}

impl Seat {
    pub(super) fn new(node: &Node, other: &Node) -> Self {
        Self::with(node, other.peer_id())
    }

    pub(super) fn with(node: &Node, other: PeerId) -> Self {
        Self { node: node.clone(), other, inbox: inbox(node) }
    }
}

impl End for Seat {
    async fn send(&mut self, message: &[u8]) {
        self.node.send(&self.other, STREAM, message).await.expect("the session stands");
    }

    async fn receive(&mut self, message: &mut [u8]) {
        let received = self.inbox.next().await.expect("the node runs");
        message.copy_from_slice(received.payload());
    }
}

/// Each time a node that was never seen before dials the same one, which has forgotten the last.
pub(super) async fn dial(way: Way, dials: usize) -> Histogram<u64> {
    let far = way.node().await;
    let addresses = far.listen(way.place()).await.expect("a free port");
    let mut times = dial::times();
    for _ in 0..dials {
        let near = way.node().await;
        let began = Instant::now();
        near.connect(&addresses[0]).await.expect("a node on this machine is reached");
        times.saturating_record(dial::nanoseconds(began.elapsed()));
        drop(near);
        while !far.peers().is_empty() {
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }
    times
}

pub(crate) const STREAM: &str = "bench";
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);
