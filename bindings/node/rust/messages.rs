//! A consumer's messages: a whole batch in one buffer.

use std::cell::RefCell;
use std::rc::Rc;

use glueberry_core::embed::{MessageQueue, Packer};
use napi::Env;
use napi::bindgen_prelude::Uint8ArraySlice;
use napi_derive::napi;

use crate::guard::guard;
use crate::tasks::{Outcome, Pending};

/// The messages of one consumer.
#[napi]
pub struct NativeMessages {
    queue: MessageQueue,
    tasks: Rc<Pending>,
    packer: RefCell<Packer>,
}

/// Messages that came together.
#[napi(object, object_from_js = false)]
pub struct Packed<'env> {
    /// For each message two numbers of 32 bits, where it ends and the index of its origin; then the
    /// messages, one behind the other.
    pub bytes: Uint8ArraySlice<'env>,
    /// How many messages.
    pub count: u32,
    /// Whether the origins that were told before hold no more.
    pub forgets: bool,
    /// Peer and stream of each new origin in turn, if there are any: they come behind those that were told.
    pub origins: Option<Vec<String>>,
}

#[napi]
impl NativeMessages {
    /// What is there now, up to so many messages and bytes; nothing if there is none.
    #[napi]
    pub fn drain<'env>(
        &self,
        env: &'env Env,
        most: u32,
        most_bytes: u32,
    ) -> napi::Result<Option<Packed<'env>>> {
        let (packed, count) = guard(|| {
            let batch = self.queue.drain_batch(most as usize, most_bytes as usize);
            Ok((self.packer.borrow_mut().pack(&batch), batch.messages.len()))
        })?;
        if count == 0 {
            return Ok(None);
        }
        let bytes = if packed.bytes.len() <= LARGEST_COPIED {
            Uint8ArraySlice::copy_from(env, packed.bytes)?
        } else {
            Uint8ArraySlice::from_data(env, packed.bytes)?
        };
        let count = u32::try_from(count).expect("it is at most what was asked for");
        let origins = (!packed.origins.is_empty()).then_some(packed.origins);
        Ok(Some(Packed { bytes, count, forgets: packed.forgets, origins }))
    }

    /// Begins to wait until there is something, or the end.
    #[napi]
    pub fn ready(&self) -> napi::Result<u32> {
        let queue = self.queue.clone();
        guard(|| Ok(self.tasks.begin(async move { Ok(queue.ready().await) }, Outcome::Flag)))
    }

    /// Gives the stream back, with what was not taken.
    #[napi]
    pub fn close(&self) -> napi::Result<()> {
        guard(|| {
            self.queue.close();
            Ok(())
        })
    }
}

impl NativeMessages {
    pub(crate) fn new(queue: MessageQueue, tasks: Rc<Pending>) -> Self {
        Self { queue, tasks, packer: RefCell::default() }
    }
}

/// Up to here a copy into the memory of JavaScript costs less than a buffer that it has to give
/// back.
const LARGEST_COPIED: usize = 64 * 1024;
