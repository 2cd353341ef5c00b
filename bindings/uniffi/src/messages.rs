//! A consumer's messages: a whole batch in one buffer.

use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};

use futures::FutureExt;
use futures::future::BoxFuture;
use glueberry_core::embed::{MessageQueue, Packed, Packer};
use parking_lot::Mutex;

use crate::fault::{Told, guard};
use crate::quick::MESSAGES;
use crate::records::size;

/// The messages of one consumer.
#[derive(uniffi::Object)]
pub struct NativeMessages {
    queue: MessageQueue,
    packing: Mutex<Packing>,
    /// A wait of `poll_ready`.
    waiting: Mutex<Option<BoxFuture<'static, bool>>>,
    /// Among those of `quick`, once it was asked for.
    number: OnceLock<i64>,
}

#[derive(Default)]
struct Packing {
    packer: Packer,
    /// What was taken from the queue and could not be handed over, or why nothing was: it comes next.
    kept: Option<Told<Option<PackedMessages>>>,
}

/// Messages that came together.
#[derive(uniffi::Record)]
pub struct PackedMessages {
    /// For each message two numbers of 32 bits in the byte order of this machine, where it ends in
    /// these bytes and the index of its origin; then the messages, one behind the other.
    pub bytes: Vec<u8>,
    /// How many messages.
    pub count: i32,
    /// Whether the origins that were told before hold no more.
    pub forgets: bool,
    /// Peer and stream of each new origin in turn: they come behind those that were told.
    pub origins: Vec<String>,
}

#[uniffi::export]
impl NativeMessages {
    /// What the functions of `quick` know it by, as long as this object lives.
    pub fn number(self: Arc<Self>) -> Told<i64> {
        guard(|| Ok(*self.number.get_or_init(|| MESSAGES.enter(&self))))
    }

    /// What is there now, up to so many messages, and no more once they have so many bytes; nothing if
    /// there is none.
    pub fn drain(&self, most: i32, most_bytes: i32) -> Told<Option<PackedMessages>> {
        self.next(&mut self.packing.lock(), most, most_bytes)
    }

    /// Waits until `drain` gives something: true; or until the end, or `cancel_ready`: false.
    pub async fn ready(&self) -> Told<bool> {
        Ok(self.queue.ready().await)
    }

    /// Ends the wait, or else the next one.
    pub fn cancel_ready(&self) -> Told<()> {
        guard(|| {
            self.queue.cancel_ready();
            Ok(())
        })
    }

    /// Whether it has ended, and all was taken.
    pub fn is_over(&self) -> Told<bool> {
        guard(|| Ok(self.queue.is_closed()))
    }

    /// Gives the stream back, with what was not taken.
    pub fn end(&self) -> Told<()> {
        guard(|| {
            self.queue.close();
            Ok(())
        })
    }
}

impl NativeMessages {
    pub(crate) fn new(queue: MessageQueue) -> Arc<Self> {
        let (packing, waiting) = (Mutex::default(), Mutex::default());
        Arc::new(Self { queue, packing, waiting, number: OnceLock::new() })
    }

    /// `drain` into these bytes: how many messages. Nothing if it fails, they do not fit, or there are new
    /// origins: that is what `drain` gives next.
    pub(crate) fn drain_into(&self, most: i32, most_bytes: i32, room: &mut [u8]) -> Option<i32> {
        let mut packing = self.packing.lock();
        let next = self.next(&mut packing, most, most_bytes);
        match &next {
            Ok(None) => return Some(0),
            Ok(Some(packed)) if packed.origins.is_empty() => {
                if let Some(room) = room.get_mut(..packed.bytes.len()) {
                    room.copy_from_slice(&packed.bytes);
                    return Some(packed.count);
                }
            }
            Ok(Some(_)) | Err(_) => {}
        }
        packing.kept = Some(next);
        None
    }

    /// `ready`, begun anew: the waker of the call before is forgotten.
    pub(crate) fn poll_ready(&self, waker: &Waker) -> Poll<bool> {
        let mut waiting = self.waiting.lock();
        let queue = self.queue.clone();
        let mut ready = async move { queue.ready().await }.boxed();
        let polled = ready.poll_unpin(&mut Context::from_waker(waker));
        *waiting = polled.is_pending().then_some(ready);
        polled
    }

    fn next(
        &self,
        packing: &mut Packing,
        most: i32,
        most_bytes: i32,
    ) -> Told<Option<PackedMessages>> {
        let Packing { packer, kept } = packing;
        kept.take().unwrap_or_else(|| guard(|| Ok(self.pack(packer, most, most_bytes))))
    }

    fn pack(&self, packer: &mut Packer, most: i32, most_bytes: i32) -> Option<PackedMessages> {
        let batch = self.queue.drain_batch(size(most), size(most_bytes));
        if batch.messages.is_empty() {
            return None;
        }
        let count = i32::try_from(batch.messages.len()).expect("it is at most what was asked for");
        let Packed { bytes, forgets, origins } = packer.pack(&batch);
        Some(PackedMessages { bytes, count, forgets, origins })
    }
}

impl Drop for NativeMessages {
    fn drop(&mut self) {
        MESSAGES.leave(self.number.get());
    }
}
