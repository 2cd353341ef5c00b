//! A consumer's messages: a whole batch in one buffer.

use std::sync::Arc;

use glueberry_core::embed::{MessageQueue, Packer};
use parking_lot::Mutex;

use crate::fault::{Told, guard};
use crate::records::size;

/// The messages of one consumer.
#[derive(uniffi::Object)]
pub struct NativeMessages {
    queue: MessageQueue,
    packer: Mutex<Packer>,
}

/// Messages that came together.
#[derive(uniffi::Record)]
pub struct PackedMessages {
    /// For each message two numbers of 32 bits in the byte order of this machine, where it ends in
    /// these bytes and the index of its origin; then the messages, one behind the other.
    pub bytes: Vec<u8>,
    /// How many messages.
    pub count: i32,
    /// Peer and stream of each origin in turn; nothing if they are those of the batch before.
    pub origins: Option<Vec<String>>,
}

#[uniffi::export]
impl NativeMessages {
    /// What is there now, up to so many messages, and no more once they have so many bytes; nothing if
    /// there is none.
    pub fn drain(&self, most: i32, most_bytes: i32) -> Told<Option<PackedMessages>> {
        guard(|| {
            let batch = self.queue.drain_batch(size(most), size(most_bytes));
            if batch.messages.is_empty() {
                return Ok(None);
            }
            let packed = self.packer.lock().pack(&batch);
            let count =
                i32::try_from(batch.messages.len()).expect("it is at most what was asked for");
            Ok(Some(PackedMessages { bytes: packed.bytes, count, origins: packed.origins }))
        })
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
        Arc::new(Self { queue, packer: Mutex::default() })
    }
}
