//! The queues themselves, without locks or waiting.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::task::Waker;

use glueberry_proto::name::StreamName;
use tokio::sync::Notify;

use super::message::{Origin, Run};
use crate::PeerId;
use crate::error::{Error, ErrorCode, Result};

/// Which streams a consumer takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    One(StreamName),
    All,
}

/// Bounded by the peers connected and the streams configured: a queue lives as long as a reader
/// may fill it or something waits in it.
#[derive(Default)]
pub(super) struct Queues {
    by_origin: HashMap<Arc<Origin>, Queue>,
    /// For each stream, the peers that have something waiting, in the order of their turn.
    turns: BTreeMap<StreamName, VecDeque<PeerId>>,
    /// Where the merge of all streams goes on.
    last_stream: Option<StreamName>,
    by_stream: HashMap<StreamName, Consumer>,
    of_all: Option<Consumer>,
    closed: bool,
}

struct Queue {
    runs: VecDeque<Run>,
    weight: usize,
    readers: usize,
    room: Arc<Notify>,
}

/// A consumer that exists, and the task to wake when there is something for it.
#[derive(Default)]
struct Consumer {
    waker: Option<Waker>,
}

impl Queues {
    pub(super) fn open(&mut self, origin: &Arc<Origin>) -> Arc<Notify> {
        let queue = self.queue(origin);
        queue.readers += 1;
        queue.room.clone()
    }

    pub(super) fn leave(&mut self, origin: &Arc<Origin>) {
        if let Some(queue) = self.by_origin.get_mut(origin) {
            queue.readers -= 1;
            self.forget_if_done(origin);
        }
    }

    pub(super) fn weight(&self, origin: &Arc<Origin>) -> usize {
        self.by_origin.get(origin).map_or(0, |queue| queue.weight)
    }

    pub(super) fn push(&mut self, run: Run) {
        let origin = run.origin.clone();
        let queue = self.queue(&origin);
        queue.weight += run.weight();
        queue.runs.push_back(run);
        if queue.runs.len() == 1 {
            self.turns.entry(origin.stream.clone()).or_default().push_back(origin.peer);
        }
        self.wake(&origin.stream);
    }

    /// Takes the buffer whose turn it is. One turn is one buffer, so that no peer and no stream
    /// waits for more than one buffer of each other.
    pub(super) fn pop(&mut self, scope: &Scope) -> Option<Run> {
        let stream = match scope {
            Scope::One(stream) => stream.clone(),
            Scope::All => self.next_stream()?,
        };
        let turns = self.turns.get_mut(&stream)?;
        let peer = turns.pop_front()?;
        let origin = Arc::new(Origin { peer, stream });
        let queue = self.by_origin.get_mut(&origin)?;
        let run = queue.runs.pop_front()?;
        queue.weight -= run.weight();
        queue.room.notify_waiters();
        if queue.runs.is_empty() {
            self.forget_if_done(&origin);
        } else {
            turns.push_back(peer);
        }
        if self.turns.get(&origin.stream).is_some_and(VecDeque::is_empty) {
            self.turns.remove(&origin.stream);
        }
        Some(run)
    }

    /// Puts back what a leaving consumer did not read, before everything else of its origin.
    pub(super) fn put_back(&mut self, run: Run) {
        let origin = run.origin.clone();
        let queue = self.queue(&origin);
        queue.weight += run.weight();
        queue.runs.push_front(run);
        if queue.runs.len() == 1 {
            self.turns.entry(origin.stream.clone()).or_default().push_front(origin.peer);
        }
        self.wake(&origin.stream);
    }

    pub(super) fn add_consumer(&mut self, scope: &Scope) -> Result<()> {
        let taken = |what: &str| {
            Err(Error::new(ErrorCode::ConsumerTaken, format!("{what} already has a consumer")))
        };
        match scope {
            _ if self.of_all.is_some() => return taken("every stream"),
            Scope::All if !self.by_stream.is_empty() => return taken("a stream"),
            Scope::All => self.of_all = Some(Consumer::default()),
            Scope::One(stream) if self.by_stream.contains_key(stream) => {
                return taken("the stream").map_err(|error: Error| error.at_stream(stream));
            }
            Scope::One(stream) => {
                self.by_stream.insert(stream.clone(), Consumer::default());
            }
        }
        Ok(())
    }

    pub(super) fn remove_consumer(&mut self, scope: &Scope) {
        match scope {
            Scope::All => self.of_all = None,
            Scope::One(stream) => drop(self.by_stream.remove(stream)),
        }
    }

    /// Wakes this task when something comes for the consumer.
    pub(super) fn wait(&mut self, scope: &Scope, waker: &Waker) {
        let consumer = match scope {
            Scope::All => self.of_all.as_mut(),
            Scope::One(stream) => self.by_stream.get_mut(stream),
        };
        if let Some(consumer) = consumer {
            consumer.waker = Some(waker.clone());
        }
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
        let consumers = self.by_stream.values_mut().chain(self.of_all.as_mut());
        consumers.filter_map(|consumer| consumer.waker.take()).for_each(Waker::wake);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    fn queue(&mut self, origin: &Arc<Origin>) -> &mut Queue {
        self.by_origin.entry(origin.clone()).or_insert_with(|| Queue {
            runs: VecDeque::new(),
            weight: 0,
            readers: 0,
            room: Arc::default(),
        })
    }

    fn forget_if_done(&mut self, origin: &Arc<Origin>) {
        if self.by_origin.get(origin).is_some_and(|q| q.readers == 0 && q.runs.is_empty()) {
            self.by_origin.remove(origin);
        }
    }

    /// The next stream after the last one that has something waiting, in a circle.
    fn next_stream(&mut self) -> Option<StreamName> {
        use std::ops::Bound::{Excluded, Unbounded};
        let after = self.last_stream.as_ref().and_then(|last| {
            self.turns.range((Excluded(last.clone()), Unbounded)).next().map(|(name, _)| name)
        });
        let next = after.or_else(|| self.turns.keys().next())?.clone();
        self.last_stream = Some(next.clone());
        Some(next)
    }

    fn wake(&mut self, stream: &StreamName) {
        let consumer = self.by_stream.get_mut(stream).or(self.of_all.as_mut());
        if let Some(waker) = consumer.and_then(|consumer| consumer.waker.take()) {
            waker.wake();
        }
    }
}
