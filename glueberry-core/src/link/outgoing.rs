//! What waits to be sent on one stream of one session: the open record.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use glueberry_proto::aead::Aead;
use glueberry_proto::name::StreamName;
use glueberry_proto::v1::record::{OpenRecord, Protection};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::batch::Batch;
use crate::error::{Error, ErrorCode, Result};

/// Messages wait here as frames in one buffer, bounded in bytes. Senders copy into it under a short
/// lock; the writer takes the whole buffer and leaves an empty one.
pub(crate) struct Outgoing {
    stream: StreamName,
    limit: usize,
    largest: usize,
    /// `None` where frames are not sealed.
    key: Option<Arc<Aead>>,
    state: Mutex<State>,
    /// There is something to write, or nothing more will come.
    filled: Notify,
    /// There may be room again, or something was flushed, or the end came.
    moved: Notify,
    /// Nothing more is accepted: links that write nothing yet need not wait for their turn.
    draining: CancellationToken,
    /// How many calls wait for a flush: the writer then flushes before it takes more.
    flushers: AtomicUsize,
}

struct State {
    record: OpenRecord,
    /// What the writer has taken and not yet written.
    taken: Tally,
    /// Messages accepted and messages flushed since the beginning.
    accepted: u64,
    flushed: u64,
    /// What a writer that ended left half done: at most two batches.
    returned: VecDeque<Batch>,
    /// An empty buffer for the next swap, while the stream is busy.
    spare: Option<OpenRecord>,
    opened: bool,
    end: End,
}

/// What is still done for this stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Open,
    /// The peer does not take this stream now.
    Refused,
    /// What waits is written; nothing more is accepted.
    Draining,
    /// Nothing more is written.
    Closed,
}

/// An amount of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
}

/// What the writer does next.
pub(super) enum Work {
    Seal(OpenRecord),
    /// What an earlier writer left half done.
    Resume(Batch),
    /// All is written and nothing more will come.
    Finish,
}

impl Outgoing {
    pub(crate) fn new(
        stream: StreamName,
        limit: usize,
        largest: usize,
        key: Option<Arc<Aead>>,
    ) -> Self {
        let state = State {
            record: empty_record(key.as_ref()),
            taken: Tally::default(),
            accepted: 0,
            flushed: 0,
            returned: VecDeque::new(),
            spare: None,
            opened: false,
            end: End::Open,
        };
        let (filled, moved) = (Notify::new(), Notify::new());
        let (flushers, draining) = (AtomicUsize::new(0), CancellationToken::new());
        Self {
            stream,
            limit,
            largest,
            key,
            state: Mutex::new(state),
            filled,
            moved,
            draining,
            flushers,
        }
    }

    /// Queues a message, or says [`ErrorCode::WouldBlock`].
    #[inline]
    pub(crate) fn try_push(&self, message: &[u8]) -> Result<()> {
        if self.accepts(message)? {
            return Ok(());
        }
        let text = format!("{} bytes already wait to be sent", self.waiting().bytes);
        Err(Error::new(ErrorCode::WouldBlock, text).at_stream(&self.stream))
    }

    /// Queues a message; waits while the buffer is full. Cancelling the wait queues nothing.
    pub(crate) async fn push(&self, message: &[u8]) -> Result<()> {
        if self.accepts(message)? {
            return Ok(());
        }
        loop {
            let moved = self.moved.notified();
            tokio::pin!(moved);
            moved.as_mut().enable();
            if self.accepts(message)? {
                return Ok(());
            }
            moved.await;
        }
    }

    /// True: queued. False: no room now.
    #[inline]
    fn accepts(&self, message: &[u8]) -> Result<bool> {
        if message.len() > self.largest {
            return Err(self.too_large(message.len()));
        }
        let framed = self.protection().framed_len(message.len());
        let mut state = self.state.lock();
        if state.end != End::Open {
            return Err(self.over(state.end));
        }
        let waiting = usize::try_from(state.waiting().bytes).unwrap_or(usize::MAX);
        if waiting > 0 && waiting + framed > self.limit {
            return Ok(false);
        }
        let was_empty = state.record.is_empty();
        state.record.push(message).map_err(|_| self.too_large(message.len()))?;
        state.accepted += 1;
        drop(state);
        if was_empty {
            self.filled.notify_one();
        }
        Ok(true)
    }

    /// Waits until everything accepted before this call has been handed to the transport.
    pub(crate) async fn flush(&self) -> Result<()> {
        let until = self.state.lock().accepted;
        let _flusher = Flusher::new(&self.flushers);
        loop {
            let moved = self.moved.notified();
            tokio::pin!(moved);
            moved.as_mut().enable();
            {
                let state = self.state.lock();
                if state.flushed >= until {
                    return Ok(());
                }
                if matches!(state.end, End::Closed | End::Refused) {
                    return Err(self.over(state.end));
                }
            }
            moved.await;
        }
    }

    /// The next work of the writer.
    pub(super) async fn work(&self) -> Work {
        loop {
            let filled = self.filled.notified();
            tokio::pin!(filled);
            filled.as_mut().enable();
            if let Some(work) = self.try_work() {
                return work;
            }
            filled.await;
        }
    }

    fn try_work(&self) -> Option<Work> {
        let mut state = self.state.lock();
        if state.end == End::Closed {
            return Some(Work::Finish);
        }
        if state.end == End::Refused {
            return None;
        }
        if let Some(batch) = state.returned.pop_front() {
            state.taken = batch.tally();
            return Some(Work::Resume(batch));
        }
        if !state.record.is_empty() {
            let empty = state.spare.take().unwrap_or_else(|| empty_record(self.key.as_ref()));
            let record = std::mem::replace(&mut state.record, empty);
            state.taken = Tally::of(&record);
            return Some(Work::Seal(record));
        }
        (state.end == End::Draining).then_some(Work::Finish)
    }

    /// The writer has written all it took; senders find room again.
    pub(super) fn written(&self, batch: Batch) {
        let mut state = self.state.lock();
        state.taken = Tally::default();
        state.spare = batch.recycle();
        drop(state);
        self.moved.notify_waiters();
    }

    /// The writer ends with work half done: the next one goes on with it.
    pub(super) fn give_back(&self, batches: impl IntoIterator<Item = Batch>) {
        let mut state = self.state.lock();
        state.taken = Tally::default();
        state.returned.extend(batches);
        // What no stream took counted as accepted and flushed: it is to be flushed again.
        state.flushed = state.flushed.min(state.accepted - state.waiting().messages);
    }

    /// The transport has taken all that was written.
    pub(super) fn flushed(&self) {
        let mut state = self.state.lock();
        state.flushed = state.accepted - state.waiting().messages;
        state.spare = None;
        if state.record.is_empty() {
            // An idle stream holds no buffer.
            state.record = empty_record(self.key.as_ref());
        }
        drop(state);
        self.moved.notify_waiters();
    }

    /// Whether somebody waits for a flush.
    pub(super) fn has_flushers(&self) -> bool {
        self.flushers.load(Relaxed) > 0
    }

    /// True the first time: a stream carries this name from now on.
    pub(super) fn mark_opened(&self) -> bool {
        !std::mem::replace(&mut self.state.lock().opened, true)
    }

    /// Whether a stream ever carried this name in this session.
    pub(crate) fn was_opened(&self) -> bool {
        self.state.lock().opened
    }

    /// The peer does not take this stream: what waits goes on waiting, nothing more is accepted.
    pub(super) fn refuse(&self) {
        self.change(End::Open, End::Refused);
    }

    /// The peer opened the stream after all.
    pub(super) fn accept_again(&self) {
        self.change(End::Refused, End::Open);
    }

    /// Accepts nothing more; what waits is still written.
    pub(crate) fn drain(&self) {
        self.change(End::Open, End::Draining);
        self.change(End::Refused, End::Closed);
        self.draining.cancel();
    }

    /// Returns once [`Outgoing::drain`] was called.
    pub(super) async fn drained(&self) {
        self.draining.cancelled().await;
    }

    /// Ends it at once. What was never written stays countable.
    pub(crate) fn close(&self) {
        self.state.lock().end = End::Closed;
        self.wake_all();
    }

    /// What was accepted and not wholly written.
    pub(crate) fn waiting(&self) -> Tally {
        self.state.lock().waiting()
    }

    fn protection(&self) -> Protection {
        if self.key.is_some() { Protection::Sealed } else { Protection::Plain }
    }

    fn change(&self, from: End, to: End) {
        let mut state = self.state.lock();
        if state.end == from {
            state.end = to;
        }
        drop(state);
        self.wake_all();
    }

    fn wake_all(&self) {
        self.filled.notify_one();
        self.moved.notify_waiters();
    }

    #[cold]
    fn over(&self, end: End) -> Error {
        let (code, message) = match end {
            End::Refused => (ErrorCode::StreamRefused, "the peer does not take this stream"),
            _ => (ErrorCode::NotConnected, "the session has ended"),
        };
        Error::new(code, message).at_stream(&self.stream)
    }

    #[cold]
    fn too_large(&self, len: usize) -> Error {
        let message = format!("the message has {len} bytes, the stream allows {}", self.largest);
        Error::new(ErrorCode::MessageTooLarge, message).at_stream(&self.stream)
    }
}

fn empty_record(key: Option<&Arc<Aead>>) -> OpenRecord {
    key.map_or_else(OpenRecord::plain, |key| OpenRecord::sealed(key.clone()))
}

/// Counts a call that waits for a flush, for as long as it waits.
struct Flusher<'a>(&'a AtomicUsize);

impl<'a> Flusher<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Relaxed);
        Self(count)
    }
}

impl Drop for Flusher<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl State {
    #[inline]
    fn waiting(&self) -> Tally {
        let mut waiting = Tally::of(&self.record);
        waiting.add(self.taken);
        for batch in &self.returned {
            waiting.add(batch.tally());
        }
        waiting
    }
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.messages += other.messages;
        self.bytes += other.bytes;
    }

    fn of(record: &OpenRecord) -> Self {
        Self { messages: u64::from(record.messages()), bytes: record.len() as u64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing(limit: usize) -> Outgoing {
        let name = StreamName::parse("chat").unwrap();
        Outgoing::new(name, limit, 1000, Some(Arc::new(Aead::new(&[7; 32]))))
    }

    #[test]
    fn a_full_buffer_refuses_and_a_single_message_always_fits() {
        let small = outgoing(64);
        small.try_push(&[0; 500]).unwrap();
        assert_eq!(small.try_push(&[0; 1]).unwrap_err().code(), ErrorCode::WouldBlock);
        assert_eq!(small.waiting().messages, 1);
        let too_large = small.try_push(&[0; 1001]).unwrap_err();
        assert_eq!(too_large.code(), ErrorCode::MessageTooLarge);
    }

    #[tokio::test]
    async fn a_cancelled_send_queues_nothing() {
        let outgoing = outgoing(64);
        outgoing.push(&[1; 60]).await.unwrap();
        let waiting = outgoing.push(&[2; 60]);
        assert!(futures::future::FutureExt::now_or_never(waiting).is_none(), "it must wait");
        assert_eq!(outgoing.waiting().messages, 1);
    }

    #[tokio::test]
    async fn what_is_taken_and_not_written_counts_as_unwritten() {
        let outgoing = outgoing(1 << 20);
        outgoing.push(b"one").await.unwrap();
        let Work::Seal(taken) = outgoing.work().await else { panic!("nothing to write") };
        let taken = Batch::seal(taken);
        outgoing.push(b"two").await.unwrap();
        assert_eq!(outgoing.waiting().messages, 2);
        outgoing.written(taken);
        assert_eq!(outgoing.waiting().messages, 1);
        outgoing.close();
        assert_eq!(outgoing.flush().await.unwrap_err().code(), ErrorCode::NotConnected);
    }
}
