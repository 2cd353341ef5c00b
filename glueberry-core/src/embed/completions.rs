//! Operations, and what comes of them: exactly one completion each.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::SystemTime;

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use crate::error::{Error, ErrorCode, Result};
use crate::{Address, Event, PeerId};

/// What comes through a queue of events.
#[derive(Clone, Debug)]
pub enum Notice {
    /// Something happened.
    Event(Event),
    /// An operation is done.
    Done(Done),
}

/// The completion of an operation.
#[derive(Clone, Debug)]
pub struct Done {
    /// When, by the wall clock of this machine.
    pub at: SystemTime,
    /// What the caller named the operation by.
    pub tag: u64,
    /// What came of it.
    pub outcome: Result<Yield>,
}

/// What an operation yields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Yield {
    /// Nothing but that it is done.
    Nothing,
    /// The peer that was reached or added.
    Peer(PeerId),
    /// The addresses that are listened at.
    Addresses(Vec<Address>),
    /// Whether there was something to do.
    Flag(bool),
}

/// An operation that was begun. Dropping it cancels nothing.
#[derive(Clone, Debug)]
pub struct Operation {
    pub(super) cancelled: CancellationToken,
}

impl Operation {
    /// Ends the operation with [`ErrorCode::Cancelled`], unless it is done already. Never waits;
    /// again it does nothing.
    pub fn cancel(&self) {
        self.cancelled.cancel();
    }
}

/// The completions on their way through one queue of events. Bounded by the operations of a node: one
/// counts until its completion was taken.
#[derive(Default)]
pub(super) struct Completions {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    done: VecDeque<(Done, Place)>,
    outstanding: usize,
    waker: Option<Waker>,
    closed: bool,
}

impl Completions {
    /// False: no operation is outstanding. Pending otherwise, and also where more may be begun.
    pub(super) fn poll_ready(&self, context: &mut Context<'_>) -> Poll<bool> {
        let mut state = self.state.lock();
        if !state.done.is_empty() {
            return Poll::Ready(true);
        }
        state.waker = Some(context.waker().clone());
        if state.outstanding == 0 { Poll::Ready(false) } else { Poll::Pending }
    }

    /// When the next one was completed.
    pub(super) fn next_at(&self) -> Option<SystemTime> {
        self.state.lock().done.front().map(|(done, _)| done.at)
    }

    pub(super) fn take(&self) -> Option<Done> {
        self.state.lock().done.pop_front().map(|(done, _)| done)
    }

    /// Nobody reads any more: what comes is dropped.
    pub(super) fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        state.done.clear();
    }

    fn begin(&self) {
        self.state.lock().outstanding += 1;
    }

    fn end(&self, done: Done, place: Place) {
        let mut state = self.state.lock();
        state.outstanding -= 1;
        if !state.closed {
            state.done.push_back((done, place));
        }
        let waker = state.waker.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }
}

/// What all operations of a node may hold together.
#[derive(Clone, Default)]
pub(super) struct Budget {
    held: Arc<Mutex<Held>>,
}

#[derive(Default)]
struct Held {
    operations: usize,
    bytes: usize,
}

impl Budget {
    /// # Errors
    /// [`ErrorCode::TooManyOperations`].
    pub(super) fn ticket(
        &self,
        completions: &Arc<Completions>,
        tag: u64,
        bytes: usize,
    ) -> Result<Ticket> {
        let place = Some(self.place(bytes)?);
        completions.begin();
        Ok(Ticket { tag, completions: completions.clone(), place, outcome: None })
    }

    /// A place for one more operation that holds so many bytes.
    ///
    /// # Errors
    /// [`ErrorCode::TooManyOperations`].
    pub(super) fn place(&self, bytes: usize) -> Result<Place> {
        let mut held = self.held.lock();
        if held.operations == MOST_OPERATIONS || held.bytes.saturating_add(bytes) > MOST_BYTES {
            let (operations, waiting) = (held.operations, held.bytes);
            let message =
                format!("{operations} operations with {waiting} bytes are under way or not taken");
            return Err(Error::new(ErrorCode::TooManyOperations, message));
        }
        held.operations += 1;
        held.bytes += bytes;
        Ok(Place { budget: self.clone(), bytes })
    }

    /// Whether both are of the same node.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.held, &other.held)
    }
}

/// One operation's place among those of its node, and its bytes.
pub(super) struct Place {
    budget: Budget,
    bytes: usize,
}

impl Place {
    /// Its message is sent, or not sent any more.
    fn give_bytes_back(&mut self) {
        self.budget.held.lock().bytes -= std::mem::take(&mut self.bytes);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.give_bytes_back();
        self.budget.held.lock().operations -= 1;
    }
}

/// The right and the duty to complete one operation: it is done when this is dropped.
pub(super) struct Ticket {
    tag: u64,
    completions: Arc<Completions>,
    /// Taken when this is dropped.
    place: Option<Place>,
    outcome: Option<Result<Yield>>,
}

impl Ticket {
    pub(super) fn complete(mut self, outcome: Result<Yield>) {
        self.outcome = Some(outcome);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let outcome = self.outcome.take().unwrap_or_else(|| Err(cut_short()));
        let Some(mut place) = self.place.take() else { return };
        // First, so that whoever hears of this one can begin another.
        place.give_bytes_back();
        self.completions.end(Done { at: SystemTime::now(), tag: self.tag, outcome }, place);
    }
}

/// Why an operation ended that nobody completed.
fn cut_short() -> Error {
    if std::thread::panicking() {
        return Error::new(ErrorCode::Panicked, "a fault inside Glueberry ended the operation");
    }
    Error::new(ErrorCode::NodeClosed, "the node ended before the operation was done")
}

/// Operations of one node that are not done, or whose completion was not taken: some 2 MiB, and more than a program keeps track of.
pub(crate) const MOST_OPERATIONS: usize = 4096;
/// Bytes of messages in them: four of the largest.
pub(crate) const MOST_BYTES: usize = 64 * 1024 * 1024;
