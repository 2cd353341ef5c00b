//! Messages by the batch: who sent them is told once for all of one origin.

use std::sync::Arc;

use bytes::Bytes;

use super::source::MessageQueue;
use crate::inbox::Origin;
use crate::{Message, PeerId, StreamName};

/// Messages that came together, in their order.
#[derive(Debug, Default)]
pub struct Batch {
    /// Whom they are from, and on which stream: each peer and stream once.
    pub origins: Vec<(PeerId, StreamName)>,
    /// Each message: the index of its origin, and what it says.
    pub messages: Vec<(u32, Bytes)>,
}

impl MessageQueue {
    /// What is there now, without waiting: up to so many messages, and no more once they have so many
    /// bytes together. Nothing while there is a callback.
    #[must_use]
    pub fn drain_batch(&self, most: usize, most_bytes: usize) -> Batch {
        let (mut batch, mut origins) = (Batch::default(), Origins::default());
        if most == 0 {
            return batch;
        }
        let mut bytes = 0;
        self.drain_while(|message: Message| {
            let (origin, payload) = message.into_parts();
            bytes += payload.len();
            batch.messages.push((origins.index_of(origin), payload));
            batch.messages.len() < most && bytes < most_bytes
        });
        batch.origins = origins.into_list();
        batch
    }
}

/// The origins of a batch. Few, and mostly that of the message before.
#[derive(Default)]
struct Origins {
    known: Vec<Arc<Origin>>,
    last: usize,
}

impl Origins {
    fn index_of(&mut self, origin: Arc<Origin>) -> u32 {
        let is_it = |known: &Arc<Origin>| Arc::ptr_eq(known, &origin);
        if !self.known.get(self.last).is_some_and(is_it) {
            self.last = self.known.iter().position(is_it).unwrap_or_else(|| {
                self.known.push(origin);
                self.known.len() - 1
            });
        }
        u32::try_from(self.last).expect("a batch has fewer origins than messages")
    }

    fn into_list(self) -> Vec<(PeerId, StreamName)> {
        self.known.iter().map(|origin| (origin.peer, origin.stream.clone())).collect()
    }
}
