//! What was received and not yet read: a bounded queue for each peer and stream, merged fairly.
//!
//! A queue that is full stops the reading of its own stream and of nothing else: the peer's sender
//! then waits. Nothing is ever dropped.

mod consumer;
mod message;
mod queues;

use std::sync::Arc;
use std::task::Waker;

use bytes::Bytes;
use glueberry_proto::name::StreamName;
use glueberry_proto::v1::record::Protection;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::error::{ErrorCode, Result};
use crate::events::{EventKind, Hub};
pub use consumer::Messages;
pub use message::Message;
pub(crate) use message::{Origin, Run};
use queues::{Dropped, Queues, Scope};

/// All queues of a node. Cloned freely: all clones are one inbox.
///
/// One lock serves them all: it is taken once for each received buffer, not for each message.
#[derive(Clone)]
pub(crate) struct Inbox {
    queues: Arc<Mutex<Queues>>,
    events: Hub,
}

impl Inbox {
    /// `events` hears of what had to be dropped.
    pub(crate) fn new(events: Hub) -> Self {
        Self { queues: Arc::default(), events }
    }

    /// The way in for one reader of one peer's stream. Readers of the same peer and stream, as
    /// after a reconnection, share one queue.
    pub(crate) fn entrance(&self, origin: Arc<Origin>, capacity: usize) -> Entrance {
        let room = self.queues.lock().open(&origin);
        Entrance { inbox: self.clone(), origin, capacity, room }
    }

    /// Takes the messages of one stream, from all peers.
    pub(crate) fn messages(&self, stream: &StreamName) -> Result<Messages> {
        Messages::take(self.clone(), Scope::One(stream.clone()))
    }

    /// Takes the messages of all streams.
    pub(crate) fn all_messages(&self) -> Result<Messages> {
        Messages::take(self.clone(), Scope::All)
    }

    /// Ends every consumer once what waits has been read.
    pub(crate) fn close(&self) {
        let wakers = self.queues.lock().close();
        wakers.into_iter().for_each(Waker::wake);
    }

    fn report_dropped(&self, dropped: Dropped) {
        let Dropped { origin, bytes } = dropped;
        self.events.emit(EventKind::Warning {
            code: ErrorCode::UnreadDropped,
            peer: Some(origin.peer),
            stream: Some(origin.stream.clone()),
            detail: format!("{bytes} bytes of a peer that left long ago were never read"),
        });
    }
}

/// The way into one queue.
pub(crate) struct Entrance {
    inbox: Inbox,
    origin: Arc<Origin>,
    capacity: usize,
    room: Arc<Notify>,
}

impl Entrance {
    /// Queues opened frames, and wakes their consumer. Call [`Entrance::room`] before reading more.
    pub(crate) fn push(&self, frames: Bytes, protection: Protection) {
        let run = Run::new(self.origin.clone(), frames, protection);
        let waker = self.inbox.queues.lock().push(run);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Waits until the queue holds less than its capacity.
    pub(crate) async fn room(&self) {
        loop {
            let freed = self.room.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            if self.inbox.queues.lock().weight(&self.origin) < self.capacity {
                return;
            }
            freed.await;
        }
    }
}

impl Drop for Entrance {
    fn drop(&mut self) {
        let (wakers, dropped) = self.inbox.queues.lock().leave(&self.origin);
        wakers.into_iter().for_each(Waker::wake);
        for dropped in dropped {
            self.inbox.report_dropped(dropped);
        }
    }
}
