//! The queues themselves, without locks or waiting.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use glueberry_proto::name::StreamName;
use glueberry_proto::pressure::{Look, Mark, Pressure, Watermarks};
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
    /// Queues that no reader fills any more, the oldest first, and their weight together.
    orphans: VecDeque<Arc<Origin>>,
    orphaned: usize,
    closed: bool,
}

/// A queue that was given up unread.
pub(super) struct Dropped {
    pub(super) origin: Arc<Origin>,
    pub(super) bytes: usize,
    /// Subscribers heard that it was full, and have to hear that it is not.
    pub(super) is_high: bool,
}

/// A buffer whose turn it was.
pub(super) struct Popped {
    pub(super) run: Run,
    /// Its queue has drained, and somebody has to see whether it stays so.
    pub(super) has_drained: bool,
}

struct Queue {
    runs: VecDeque<Run>,
    weight: usize,
    readers: usize,
    room: Arc<Notify>,
    /// None of a queue that no reader fills any more.
    pressure: Option<Pressure>,
}

/// A consumer that exists, and the task to wake when there is something for it.
#[derive(Default)]
struct Consumer {
    waker: Option<Waker>,
}

impl Queues {
    /// True: there is pressure to report.
    pub(super) fn open(&mut self, origin: &Arc<Origin>, marks: Watermarks) -> (Arc<Notify>, bool) {
        let queue = self.queue(origin);
        queue.readers += 1;
        let pressure = queue.pressure.get_or_insert_with(|| Pressure::new(marks));
        let has_news = pressure.begin(queue.weight);
        let (weight, room, first) = (queue.weight, queue.room.clone(), queue.readers == 1);
        if first && self.orphans.contains(origin) {
            self.orphans.retain(|orphan| orphan != origin);
            self.orphaned -= weight;
        }
        (room, has_news)
    }

    /// A reader is gone. What waits stays, but what strangers leave behind is bounded: beyond it
    /// the oldest queues are given up.
    pub(super) fn leave(&mut self, origin: &Arc<Origin>) -> (Vec<Waker>, Vec<Dropped>) {
        let Some(queue) = self.by_origin.get_mut(origin) else { return Default::default() };
        queue.readers -= 1;
        if queue.readers == 0 && !queue.runs.is_empty() {
            self.orphaned += queue.weight;
            self.orphans.push_back(origin.clone());
        }
        self.forget_if_done(origin);
        let mut dropped = Vec::new();
        while self.orphaned > MOST_ORPHANED || self.orphans.len() > MOST_ORPHANS {
            let Some(oldest) = self.orphans.pop_front() else { break };
            dropped.extend(self.give_up(oldest));
        }
        // A closed inbox ends when its last reader has left.
        let wakers = if self.closed { self.all_wakers() } else { Vec::new() };
        (wakers, dropped)
    }

    fn give_up(&mut self, origin: Arc<Origin>) -> Option<Dropped> {
        let queue = self.by_origin.remove(&origin)?;
        self.orphaned -= queue.weight;
        if let Some(turns) = self.turns.get_mut(&origin.stream) {
            turns.retain(|peer| *peer != origin.peer);
            if turns.is_empty() {
                self.turns.remove(&origin.stream);
            }
        }
        let is_high = queue.pressure.is_some_and(|pressure| pressure.mark() == Mark::High);
        Some(Dropped { origin, bytes: queue.weight, is_high })
    }

    /// True: there is pressure to report.
    pub(super) fn end_pressure(&mut self, origin: &Origin) -> bool {
        self.pressure(origin).is_some_and(Pressure::end)
    }

    pub(super) fn look(&mut self, origin: &Origin, now: Instant) -> Look {
        self.pressure(origin).map_or(Look::Done, |pressure| pressure.look(now))
    }

    /// The next report of a queue's pressure, with the bytes that it holds.
    pub(super) fn next_report(&mut self, origin: &Origin) -> Option<(Mark, usize)> {
        let mark = self.pressure(origin)?.next_report()?;
        Some((mark, self.weight(origin)))
    }

    /// The report was made: is there another one?
    pub(super) fn report_done(&mut self, origin: &Origin) -> Option<(Mark, usize)> {
        if let Some(mark) = self.pressure(origin)?.report_done() {
            return Some((mark, self.weight(origin)));
        }
        self.forget_if_done(origin);
        None
    }

    pub(super) fn unread(&self, origin: &Origin) -> (usize, Mark) {
        let queue = self.by_origin.get(origin);
        let pressure = queue.and_then(|queue| queue.pressure.as_ref());
        (queue.map_or(0, |queue| queue.weight), pressure.map_or(Mark::Low, Pressure::mark))
    }

    fn pressure(&mut self, origin: &Origin) -> Option<&mut Pressure> {
        self.by_origin.get_mut(origin)?.pressure.as_mut()
    }

    pub(super) fn weight(&self, origin: &Origin) -> usize {
        self.by_origin.get(origin).map_or(0, |queue| queue.weight)
    }

    /// Queues a run, and returns whom to wake, and whether there is pressure to report: both are to
    /// be done without the lock.
    pub(super) fn push(&mut self, run: Run) -> (Option<Waker>, bool) {
        let origin = run.origin.clone();
        let queue = self.queue(&origin);
        queue.weight += run.weight();
        queue.runs.push_back(run);
        let has_news = queue.pressure.as_mut().is_some_and(|it| it.filled(queue.weight));
        if queue.runs.len() == 1 {
            self.turns.entry(origin.stream.clone()).or_default().push_back(origin.peer);
        }
        (self.waker(&origin.stream), has_news)
    }

    /// Takes the buffer whose turn it is. One turn is one buffer, so that no peer and no stream
    /// waits for more than one buffer of each other.
    pub(super) fn pop(&mut self, scope: &Scope) -> Option<Popped> {
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
        let weight = queue.weight;
        let drained = queue.pressure.as_mut().filter(|pressure| pressure.falls(weight));
        let has_drained = drained.is_some_and(|pressure| pressure.drained(Instant::now()));
        let (orphan, spent) = (queue.readers == 0, queue.runs.is_empty());
        if !spent {
            turns.push_back(peer);
        }
        if orphan {
            self.orphaned -= run.weight();
        }
        if spent {
            self.forget_if_done(&origin);
        }
        if self.turns.get(&origin.stream).is_some_and(VecDeque::is_empty) {
            self.turns.remove(&origin.stream);
        }
        Some(Popped { run, has_drained })
    }

    /// Puts back what a leaving consumer did not read, before everything else of its origin.
    pub(super) fn put_back(&mut self, run: Run) -> Option<Waker> {
        let (origin, weight) = (run.origin.clone(), run.weight());
        let queue = self.queue(&origin);
        queue.weight += weight;
        queue.runs.push_front(run);
        let (orphan, alone) = (queue.readers == 0, queue.runs.len() == 1);
        if orphan {
            self.orphaned += weight;
            if alone {
                self.orphans.push_back(origin.clone());
            }
        }
        if alone {
            self.turns.entry(origin.stream.clone()).or_default().push_front(origin.peer);
        }
        self.waker(&origin.stream)
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

    #[must_use]
    pub(super) fn close(&mut self) -> Vec<Waker> {
        self.closed = true;
        self.all_wakers()
    }

    /// Whether nothing will come any more: the inbox is closed, and no reader has anything left.
    pub(super) fn is_over(&self, scope: &Scope) -> bool {
        let concerns = |origin: &Origin| match scope {
            Scope::All => true,
            Scope::One(stream) => origin.stream == *stream,
        };
        self.closed
            && !self.by_origin.iter().any(|(origin, queue)| concerns(origin) && queue.readers > 0)
    }

    fn all_wakers(&mut self) -> Vec<Waker> {
        let consumers = self.by_stream.values_mut().chain(self.of_all.as_mut());
        consumers.filter_map(|consumer| consumer.waker.take()).collect()
    }

    fn queue(&mut self, origin: &Arc<Origin>) -> &mut Queue {
        self.by_origin.entry(origin.clone()).or_insert_with(|| Queue {
            runs: VecDeque::new(),
            weight: 0,
            readers: 0,
            room: Arc::default(),
            pressure: None,
        })
    }

    /// A queue whose High was told lives until its Low was.
    fn forget_if_done(&mut self, origin: &Origin) {
        let Some(queue) = self.by_origin.get(origin) else { return };
        if queue.readers > 0 || !queue.runs.is_empty() {
            return;
        }
        let is_quiet = queue.pressure.as_ref().is_none_or(Pressure::is_quiet);
        if is_quiet {
            self.by_origin.remove(origin);
        }
        self.orphans.retain(|orphan| **orphan != *origin);
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

    fn waker(&mut self, stream: &StreamName) -> Option<Waker> {
        let consumer = self.by_stream.get_mut(stream).or(self.of_all.as_mut());
        consumer.and_then(|consumer| consumer.waker.take())
    }
}

/// What peers that left may leave unread in all: with the default bounds, that of sixteen streams.
pub(crate) const MOST_ORPHANED: usize = 16 * 1024 * 1024;
/// How many queues that may be: it keeps looking through them short.
pub(crate) const MOST_ORPHANS: usize = 1024;

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use glueberry_proto::v1::record::Protection;
    use proptest::prelude::*;

    use super::*;
    use crate::Identity;

    #[derive(Clone, Debug)]
    enum Step {
        Open(usize),
        Leave(usize),
        Push(usize, usize),
        Pop(Option<usize>),
        PutBack,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (0..6usize).prop_map(Step::Open),
            (0..6usize).prop_map(Step::Leave),
            (0..6usize, 1..4_000_000usize).prop_map(|(origin, len)| Step::Push(origin, len)),
            prop::option::of(0..2usize).prop_map(Step::Pop),
            Just(Step::PutBack),
        ];
        prop::collection::vec(step, 0..60)
    }

    /// Three peers with two streams each.
    fn origins() -> Vec<Arc<Origin>> {
        let peers: Vec<PeerId> = (1..4)
            .map(|seed| Identity::from_seed(&[seed; 32]).expect("32 bytes").peer_id())
            .collect();
        let streams = ["one", "two"].map(|name| StreamName::parse(name).expect("a name"));
        let pairs = peers.iter().flat_map(|peer| streams.iter().map(move |name| (peer, name)));
        pairs.map(|(peer, name)| Arc::new(Origin { peer: *peer, stream: name.clone() })).collect()
    }

    fn check(queues: &Queues) -> std::result::Result<(), TestCaseError> {
        let orphaned = queues.by_origin.values();
        let orphaned = orphaned.filter(|queue| queue.readers == 0 && !queue.runs.is_empty());
        let (count, weight) = orphaned.fold((0, 0), |(n, w), queue| (n + 1, w + queue.weight));
        prop_assert_eq!((queues.orphans.len(), queues.orphaned), (count, weight));
        for (origin, queue) in &queues.by_origin {
            let weight: usize = queue.runs.iter().map(Run::weight).sum();
            prop_assert_eq!(queue.weight, weight);
            let turns = queues.turns.get(&origin.stream);
            let has_turn = turns.is_some_and(|turns| turns.contains(&origin.peer));
            prop_assert_eq!(has_turn, !queue.runs.is_empty());
            let is_watched = queue.pressure.as_ref().is_some_and(|it| !it.is_quiet());
            prop_assert!(queue.readers > 0 || !queue.runs.is_empty() || is_watched);
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn what_departed_peers_left_is_counted_and_bounded(steps in steps()) {
            let (origins, mut queues) = (origins(), Queues::default());
            let mut readers = [0usize; 6];
            let mut taken = None;
            for step in steps {
                match step {
                    Step::Open(at) => {
                        queues.open(&origins[at], Watermarks::of(5_000_000, 75, 25));
                        readers[at] += 1;
                    }
                    Step::Leave(at) if readers[at] > 0 => {
                        readers[at] -= 1;
                        queues.leave(&origins[at]);
                        prop_assert!(queues.orphaned <= MOST_ORPHANED);
                    }
                    Step::Push(at, len) if readers[at] > 0 => {
                        let frames = Bytes::from(vec![0; len]);
                        queues.push(Run::new(origins[at].clone(), frames, 0, Protection::Plain));
                    }
                    Step::Pop(stream) => {
                        let one = stream.map(|at| Scope::One(origins[at].stream.clone()));
                        let popped = queues.pop(&one.unwrap_or(Scope::All));
                        taken = popped.map(|popped| popped.run).or(taken);
                    }
                    Step::PutBack => drop(taken.take().map(|run| queues.put_back(run))),
                    Step::Leave(_) | Step::Push(..) => {}
                }
                check(&queues)?;
            }
        }
    }

    /// Peers that no test connects.
    fn departed(count: usize) -> Vec<Arc<Origin>> {
        let stream = StreamName::parse("chat").unwrap();
        let ids = (0..count).map(|_| Identity::generate().peer_id());
        ids.map(|peer| Arc::new(Origin { peer, stream: stream.clone() })).collect()
    }

    fn leave_behind(queues: &mut Queues, origin: &Arc<Origin>, bytes: usize) -> Vec<Dropped> {
        queues.open(origin, Watermarks::of(1 << 30, 75, 25));
        let frames = Bytes::from(vec![0; bytes]);
        queues.push(Run::new(origin.clone(), frames, 0, Protection::Plain));
        queues.leave(origin).1
    }

    #[test]
    fn the_oldest_that_departed_peers_left_makes_room() {
        let (mut queues, origins) = (Queues::default(), departed(4));
        for origin in &origins[..3] {
            assert!(leave_behind(&mut queues, origin, MOST_ORPHANED / 4).is_empty());
        }
        let dropped = leave_behind(&mut queues, &origins[3], MOST_ORPHANED / 2);
        let dropped: Vec<_> = dropped.iter().map(|dropped| dropped.origin.clone()).collect();
        assert_eq!(dropped, origins[..2], "one alone leaves too little room");
        assert!(queues.orphaned <= MOST_ORPHANED);
        assert!(queues.pop(&Scope::All).is_some(), "the others can still be read");
    }

    #[test]
    fn the_streams_that_departed_peers_left_are_counted() {
        let (mut queues, origins) = (Queues::default(), departed(MOST_ORPHANS + 1));
        for origin in &origins[..MOST_ORPHANS] {
            assert!(leave_behind(&mut queues, origin, 1).is_empty());
        }
        let dropped = leave_behind(&mut queues, &origins[MOST_ORPHANS], 1);
        assert_eq!(dropped.len(), 1);
        assert_eq!(dropped[0].origin, origins[0]);
        assert_eq!(queues.orphans.len(), MOST_ORPHANS);
    }
}
