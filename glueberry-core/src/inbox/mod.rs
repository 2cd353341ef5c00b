//! What was received and not yet read: a bounded queue for each peer and stream, merged fairly.
//!
//! A queue that is full stops the reading of its own stream and of nothing else: the peer's sender
//! then waits. Nothing is ever dropped.

mod consumer;
mod message;
mod queues;

use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use bytes::Bytes;
use glueberry_proto::name::StreamName;
use glueberry_proto::pressure::{Look, Mark, Watermarks};
use glueberry_proto::v1::record::Protection;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::error::{ErrorCode, Result};
use crate::events::{Direction, EventKind, Hub};
use crate::pressure::Teller;
pub use consumer::Messages;
pub use message::Message;
pub(crate) use message::Origin;
use message::Run;
use queues::{Dropped, Queues, Scope};
pub(crate) use queues::{MOST_ORPHANED, MOST_ORPHANS};

/// All queues of a node. Cloned freely: all clones are one inbox.
///
/// One lock serves them all: it is taken once for each received buffer, not for each message.
#[derive(Clone)]
pub(crate) struct Inbox {
    queues: Arc<Mutex<Queues>>,
    events: Hub,
    teller: Teller,
}

impl Inbox {
    /// `events` hears of what had to be dropped, and through `teller` of what fills.
    pub(crate) fn new(events: Hub, teller: Teller) -> Self {
        Self { queues: Arc::default(), events, teller }
    }

    /// How the buffers of a node tell of their pressure.
    pub(crate) fn teller(&self) -> &Teller {
        &self.teller
    }

    /// The way in for one link of one peer's stream. Links of the same peer and stream, as after a
    /// reconnection, share one queue.
    pub(crate) fn entrance(
        &self,
        origin: Arc<Origin>,
        capacity: usize,
        marks: Watermarks,
    ) -> Entrance {
        let (room, has_news) = self.queues.lock().open(&origin, marks);
        if has_news {
            self.report(&origin);
        }
        Entrance { inbox: self.clone(), origin, capacity, room }
    }

    /// The bytes that wait from this peer on this stream, and what they count as.
    pub(crate) fn unread(&self, origin: &Origin) -> (usize, Mark) {
        self.queues.lock().unread(origin)
    }

    /// The session ended: of this queue no pressure is told any more, but the Low that is due. What
    /// waits can still be read.
    pub(crate) fn end_pressure(&self, origin: &Origin) {
        if self.queues.lock().end_pressure(origin) {
            self.report(origin);
        }
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

    /// Tells what a queue's pressure comes to: in order, and without the lock.
    fn report(&self, origin: &Origin) {
        let mut report = self.queues.lock().next_report(origin);
        while let Some((mark, bytes)) = report {
            self.teller.tell(origin, Direction::Inbound, mark, bytes);
            report = self.queues.lock().report_done(origin);
        }
    }

    /// A queue has drained: somebody has to see whether it stays so.
    fn watch(&self, origin: Arc<Origin>) {
        let inbox = self.clone();
        self.teller.watch(move |now| inbox.look(&origin, now));
    }

    fn look(&self, origin: &Origin, now: Instant) -> Look {
        let look = self.queues.lock().look(origin, now);
        if look == Look::Report {
            self.report(origin);
        }
        look
    }

    fn report_dropped(&self, dropped: Dropped) {
        let Dropped { origin, bytes, is_high } = dropped;
        if is_high {
            self.teller.tell(&origin, Direction::Inbound, Mark::Low, 0);
        }
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
    /// Queues opened frames, and wakes their consumer. `idle`: bytes of the buffer's memory beyond
    /// these frames. Call [`Entrance::room`] before reading more.
    pub(crate) fn push(&self, frames: Bytes, idle: usize, protection: Protection) {
        let run = Run::new(self.origin.clone(), frames, idle, protection);
        let (waker, has_news) = self.inbox.queues.lock().push(run);
        if let Some(waker) = waker {
            waker.wake();
        }
        if has_news {
            self.inbox.report(&self.origin);
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
