//! One node of this library that sends to many.

use std::time::{Duration, Instant};

use glueberry_core::{Messages, Node};
use tokio::task::{JoinHandle, JoinSet};

use super::ours::{STREAM, Way, inbox, receive, send};
use crate::flow::Flow;
use crate::numbered::{Numbered, Receipt};

/// A sender, those who read, and one who may stop reading.
pub(crate) struct Crowd {
    near: Node,
    readers: Vec<Node>,
    other: Node,
}

/// The other one while it does not read: all that is on the way to it stands still, and one more
/// message waits.
struct Stall {
    sent: usize,
    unread: Messages,
    waiting: JoinHandle<()>,
}

impl Crowd {
    pub(super) async fn connect(way: Way, peers: usize) -> Self {
        let near = way.node().await;
        let addresses = near.listen(way.place()).await.expect("a free port");
        let mut nodes = Vec::new();
        for _ in 0..peers {
            let far = way.node().await;
            let peer = far.connect(&addresses[0]).await.expect("a node on this machine is reached");
            far.send(&peer, STREAM, b"here").await.expect("the session stands");
            nodes.push(far);
        }
        let mut arrivals = inbox(&near);
        for _ in 0..peers {
            arrivals.next().await.expect("the node runs");
        }
        let other = nodes.pop().expect("there is one at least");
        Self { near, readers: nodes, other }
    }

    /// Sends to all who read for this time, each by a task of its own, as fast as they go.
    pub(crate) async fn round(&self, payload: u32, time: Duration, stalled: bool) -> Flow {
        let stall = if stalled { Some(self.stall(payload).await) } else { None };
        let flow = self.to_readers(payload, time).await;
        if let Some(stall) = stall {
            stall.end().await;
        }
        flow
    }

    async fn to_readers(&self, payload: u32, time: Duration) -> Flow {
        let (mut receiving, mut sending) = (JoinSet::new(), JoinSet::new());
        let began = Instant::now();
        for far in &self.readers {
            let (mut inbox, receipt) = (inbox(far), Receipt::new(payload));
            receiving.spawn(async move { receive(&mut inbox, receipt).await });
            sending.spawn(send(self.near.clone(), far.peer_id(), Numbered::new(payload, time)));
        }
        let (messages, sent) = tokio::join!(receiving.join_all(), sending.join_all());
        let (messages, sent): (u64, u64) = (messages.iter().sum(), sent.iter().sum());
        assert_eq!(messages, sent, "messages were lost");
        Flow { messages, lost: 0, elapsed: began.elapsed() }
    }

    async fn stall(&self, payload: u32) -> Stall {
        let (peer, message) = (self.other.peer_id(), vec![0; payload as usize]);
        let unread = inbox(&self.other);
        let (mut sent, mut standstill) = (0, 0);
        while standstill < STANDSTILL {
            let before = sent;
            while self.near.try_send(&peer, STREAM, &message).is_ok() {
                sent += 1;
            }
            standstill = if sent == before { standstill + 1 } else { 0 };
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        let near = self.near.clone();
        let waiting = tokio::spawn(async move {
            near.send(&peer, STREAM, &message).await.expect("the session stands");
        });
        Stall { sent, unread, waiting }
    }
}

impl Stall {
    /// Takes the message back that waits, and reads all others.
    async fn end(mut self) {
        assert!(!self.waiting.is_finished(), "something was read");
        self.waiting.abort();
        // It was cancelled, which is what is wanted.
        drop(self.waiting.await);
        for _ in 0..self.sent {
            self.unread.next().await.expect("the node runs");
        }
    }
}

/// Looks without progress after which all buffers are full.
const STANDSTILL: u32 = 40;
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);
