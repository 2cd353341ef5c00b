//! Sending messages back.
//!
//! Each peer has a task of its own on each stream, with a bounded queue before it. A peer that
//! reads slower than it sends fills first the node's send buffer, then its queue here, and then
//! holds up the stream's inbox, so that in the end it is held back itself. Until then the stream's
//! other peers are not concerned; from then on they wait with it, because a stream's messages come
//! out of one inbox. That is bounded: a peer whose queue has not moved for [`PATIENCE`] is
//! disconnected, which is told. Other streams have other inboxes and notice nothing.

use std::collections::HashMap;
use std::time::Duration;

use glueberry_core::{ErrorCode, Message, Node, PeerId, State};
use tokio::sync::mpsc::{self, error::SendTimeoutError};
use tracing::info;

use crate::event::Event;
use crate::failure::Failure;
use crate::output::Output;

/// Sends the messages of one stream back.
pub(super) struct Echo {
    node: Node,
    output: Output,
    /// Bounded by the peers that are connected: see [`Echo::open`].
    queues: HashMap<PeerId, mpsc::Sender<Message>>,
}

impl Echo {
    pub(super) fn new(node: Node, output: Output) -> Self {
        Self { node, output, queues: HashMap::new() }
    }

    /// Hands a message to its peer's task; waits, for a while, when that is behind.
    pub(super) async fn send_back(&mut self, message: Message) {
        let peer = message.peer();
        let queue = match self.queues.get(&peer) {
            Some(queue) if !queue.is_closed() => queue,
            _ => self.open(peer),
        };
        match queue.send_timeout(message, PATIENCE).await {
            Ok(()) => {}
            Err(SendTimeoutError::Closed(message)) => info!(?message, "not echoed: the peer left"),
            Err(SendTimeoutError::Timeout(message)) => self.give_up(&message).await,
        }
    }

    /// Starts a task for a peer, and forgets those of peers that left.
    fn open(&mut self, peer: PeerId) -> &mpsc::Sender<Message> {
        self.queues.retain(|peer, _| self.node.connection_state(peer) == State::Established);
        let (queue, messages) = mpsc::channel(QUEUE);
        tokio::spawn(send_all(self.node.clone(), messages));
        self.queues.entry(peer).insert_entry(queue).into_mut()
    }

    async fn give_up(&mut self, message: &Message) {
        let peer = message.peer();
        self.queues.remove(&peer);
        let text = format!("disconnecting a peer that has read no echo for {PATIENCE:?}");
        let failure = Failure::new(ErrorCode::TimedOut, text);
        let failure = failure.at_peer(peer).at_stream(message.stream().clone());
        self.output.print(Event::warning(&failure)).await;
        let node = self.node.clone();
        // Beside, since it goes on writing for a while.
        tokio::spawn(async move {
            if let Err(error) = node.disconnect(&peer).await {
                info!(%error, "the node ends anyway");
            }
        });
    }
}

/// Sends back until the peer's session ends, or the queue.
async fn send_all(node: Node, mut messages: mpsc::Receiver<Message>) {
    while let Some(message) = messages.recv().await {
        let stream = message.stream().as_str();
        if let Err(error) = node.send(&message.peer(), stream, message.payload()).await {
            // The end of the session, or the refusal of the stream, is an event of its own.
            info!(%error, waiting = messages.len(), "echoes were not sent");
            return;
        }
    }
}

/// Messages that wait to be sent back to one peer on one stream; at the message limit 16 MiB.
const QUEUE: usize = 16;
/// Longer than a network takes to recover from a hiccup, shorter than other peers' patience.
const PATIENCE: Duration = Duration::from_secs(10);
