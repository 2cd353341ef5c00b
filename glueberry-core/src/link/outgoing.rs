//! What waits to be sent on one stream of one session: the open record.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use glueberry_proto::aead::Aead;
use glueberry_proto::pressure::{Look, Mark, Pressure, Watermarks};
use glueberry_proto::v1::record::{OpenRecord, Protection};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::batch::Batch;
use crate::error::{Error, ErrorCode, Result};
use crate::events::Direction;
use crate::inbox::Origin;
use crate::pressure::Teller;

/// Messages wait here as frames in one buffer, bounded in bytes. Senders copy into it under a short
/// lock; the writer takes the whole buffer and leaves an empty one.
pub(crate) struct Outgoing {
    origin: Arc<Origin>,
    limit: usize,
    largest: usize,
    /// `None` where frames are not sealed.
    key: Option<Arc<Aead>>,
    teller: Teller,
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
    pressure: Pressure,
    opened: bool,
    course: Course,
    end: End,
}

/// How the stream beneath is doing, as its writer sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Course {
    /// A stream stands that messages go to.
    pub(crate) stands: bool,
    /// It failed: which attempt to open it again is due, or under way.
    pub(crate) attempt: Option<u32>,
    /// Subscribers know that it failed.
    told: bool,
}

/// The bounds of a stream's sending side, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) limit: usize,
    pub(crate) largest: usize,
    pub(crate) marks: Watermarks,
}

/// What is still done for this stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Open,
    /// The peer does not take this stream now.
    Refused,
    /// The stream broke too often; the peer may still open it.
    Failed,
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
        origin: Arc<Origin>,
        bounds: Bounds,
        key: Option<Arc<Aead>>,
        teller: Teller,
    ) -> Self {
        let Bounds { limit, largest, marks } = bounds;
        let state = State {
            record: empty_record(key.as_ref()),
            taken: Tally::default(),
            accepted: 0,
            flushed: 0,
            returned: VecDeque::new(),
            spare: None,
            pressure: Pressure::new(marks),
            opened: false,
            course: Course::default(),
            end: End::Open,
        };
        let (filled, moved) = (Notify::new(), Notify::new());
        let (flushers, draining) = (AtomicUsize::new(0), CancellationToken::new());
        Self {
            origin,
            limit,
            largest,
            key,
            teller,
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
        Err(Error::new(ErrorCode::WouldBlock, text).at_stream(&self.origin.stream))
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
        let waiting = state.waiting_bytes();
        if waiting > 0 && waiting + framed > self.limit {
            if state.pressure.found_full() {
                drop(state);
                self.report();
            }
            return Ok(false);
        }
        let was_empty = state.record.is_empty();
        state.record.push(message).map_err(|_| self.too_large(message.len()))?;
        state.accepted += 1;
        let has_news = state.pressure.filled(waiting + framed);
        drop(state);
        if was_empty {
            self.filled.notify_one();
        }
        if has_news {
            self.report();
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
                if matches!(state.end, End::Closed | End::Refused | End::Failed) {
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
        if matches!(state.end, End::Refused | End::Failed) {
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
    pub(super) fn written(self: &Arc<Self>, batch: Batch) {
        let mut state = self.state.lock();
        state.taken = Tally::default();
        state.spare = batch.recycle();
        let drained = state.pressure.falls(state.waiting_bytes());
        let watch = drained && state.pressure.drained(Instant::now());
        drop(state);
        self.moved.notify_waiters();
        if watch {
            let outgoing = self.clone();
            self.teller.watch(move |now| outgoing.look(now));
        }
    }

    /// The writer ends with work half done: the next one goes on with it, before all else.
    pub(super) fn give_back(&self, batches: impl IntoIterator<Item = Batch>) {
        let mut state = self.state.lock();
        state.taken = Tally::default();
        let later = std::mem::take(&mut state.returned);
        state.returned = batches.into_iter().chain(later).collect();
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

    /// The stream broke too often: what waits goes on waiting, nothing more is accepted. False if
    /// an end is under way that says more.
    pub(super) fn fail(&self) -> bool {
        let failed = self.change(End::Open, End::Failed);
        if failed {
            let mut state = self.state.lock();
            state.opened = false;
            state.course = Course::default();
        }
        failed
    }

    /// The peer opened the stream after all.
    pub(super) fn accept_again(&self) {
        self.change(End::Refused, End::Open);
        self.change(End::Failed, End::Open);
    }

    /// What the writer sees of the stream beneath.
    pub(super) fn follow(&self, stands: bool, attempt: Option<u32>) {
        let mut state = self.state.lock();
        state.course = Course { stands, attempt, ..state.course };
    }

    /// Subscribers hear that the stream failed.
    pub(super) fn mark_degraded(&self) {
        self.state.lock().course.told = true;
    }

    /// True if subscribers heard that it failed, and not that it stands again.
    pub(super) fn mark_recovered(&self) -> bool {
        std::mem::take(&mut self.state.lock().course.told)
    }

    /// Accepts nothing more; what waits is still written.
    pub(crate) fn drain(&self) {
        self.change(End::Open, End::Draining);
        self.change(End::Refused, End::Closed);
        self.change(End::Failed, End::Closed);
        self.draining.cancel();
    }

    /// Returns once [`Outgoing::drain`] was called.
    pub(super) async fn drained(&self) {
        self.draining.cancelled().await;
    }

    /// Ends it at once. What was never written stays countable.
    pub(crate) fn close(&self) {
        let mut state = self.state.lock();
        state.end = End::Closed;
        let has_news = state.pressure.end();
        drop(state);
        self.wake_all();
        if has_news {
            self.report();
        }
    }

    /// With whom, and which stream.
    pub(crate) fn origin(&self) -> &Arc<Origin> {
        &self.origin
    }

    /// What was accepted and not wholly written.
    pub(crate) fn waiting(&self) -> Tally {
        self.state.lock().waiting()
    }

    /// Everything that a look at the stream's health needs, from one moment.
    pub(crate) fn look_at(&self) -> Outlook {
        let state = self.state.lock();
        Outlook {
            waiting: state.waiting(),
            course: state.course,
            mark: state.pressure.mark(),
            refused: state.end == End::Refused,
            failed: state.end == End::Failed,
        }
    }

    /// Tells what its pressure comes to: in order, and without the lock.
    fn report(&self) {
        let next = |state: &mut State, mark: Option<Mark>| Some((mark?, state.waiting_bytes()));
        let mut report = {
            let mut state = self.state.lock();
            let mark = state.pressure.next_report();
            next(&mut state, mark)
        };
        while let Some((mark, bytes)) = report {
            self.teller.tell(&self.origin, Direction::Outbound, mark, bytes);
            let mut state = self.state.lock();
            let mark = state.pressure.report_done();
            report = next(&mut state, mark);
        }
    }

    fn look(&self, now: Instant) -> Look {
        let look = self.state.lock().pressure.look(now);
        if look == Look::Report {
            self.report();
        }
        look
    }

    fn protection(&self) -> Protection {
        if self.key.is_some() { Protection::Sealed } else { Protection::Plain }
    }

    /// True if it was so before.
    fn change(&self, from: End, to: End) -> bool {
        let mut state = self.state.lock();
        let applies = state.end == from;
        if applies {
            state.end = to;
        }
        drop(state);
        self.wake_all();
        applies
    }

    fn wake_all(&self) {
        self.filled.notify_one();
        self.moved.notify_waiters();
    }

    #[cold]
    fn over(&self, end: End) -> Error {
        let (code, message) = match end {
            End::Refused => (ErrorCode::StreamRefused, "the peer does not take this stream"),
            End::Failed => (ErrorCode::StreamFailed, "the stream broke too often"),
            _ => (ErrorCode::NotConnected, "the session has ended"),
        };
        Error::new(code, message).at_stream(&self.origin.stream)
    }

    #[cold]
    fn too_large(&self, len: usize) -> Error {
        let message = format!("the message has {len} bytes, the stream allows {}", self.largest);
        Error::new(ErrorCode::MessageTooLarge, message).at_stream(&self.origin.stream)
    }
}

/// How a stream looks from the sending side.
pub(crate) struct Outlook {
    pub(crate) waiting: Tally,
    pub(crate) course: Course,
    pub(crate) mark: Mark,
    pub(crate) refused: bool,
    pub(crate) failed: bool,
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

    #[inline]
    fn waiting_bytes(&self) -> usize {
        usize::try_from(self.waiting().bytes).unwrap_or(usize::MAX)
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
mod tests;
