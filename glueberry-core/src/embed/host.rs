//! A node on a runtime of its own.

use std::sync::Arc;
use std::time::Duration;

use futures::{FutureExt, TryFutureExt};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::begun::begun;
use super::completions::{Budget, Operation, Place, Ticket, Yield};
use super::dispatcher::Dispatcher;
use super::lanes::Lanes;
use super::queue::Queue;
use super::running::{Fate, Running};
use super::runtime::Home;
use super::source::{EventQueue, EventSource, MessageQueue, MessageSource};
use super::{fork, runtime};
use crate::call::Call;
use crate::error::{Error, ErrorCode, Result};
use crate::{Builder, EventFilter, Node, PeerId};

/// A node on a runtime of its own, for programs that have none. Cloning it is cheap: all clones are
/// one node. When the last is dropped it closes at once, in the background, and its queues end.
#[derive(Clone)]
pub struct Host {
    inner: Arc<Inner>,
}

struct Inner {
    node: Node,
    home: Home,
    dispatcher: Dispatcher,
    budget: Budget,
    lanes: Lanes,
}

/// How the completion of an operation is told.
#[derive(Clone, Copy)]
pub struct Completing<'a> {
    /// The queue it comes through; of the same node.
    pub events: &'a EventQueue,
    /// What the caller names the operation by.
    pub tag: u64,
    /// When it fails with [`ErrorCode::TimedOut`]; `None`: never.
    pub within: Option<Duration>,
}

impl Host {
    /// Starts a node on so many threads; by default as many as there are cores, but at most 4.
    /// Returns when it listens at all its addresses.
    ///
    /// # Errors
    /// As [`Builder::start`]; [`ErrorCode::InvalidConfig`] unless there are 1 to 64 threads,
    /// [`ErrorCode::WouldDeadlock`] inside of a runtime or callback, [`ErrorCode::Forked`].
    pub fn start(builder: Builder, workers: Option<usize>) -> Result<Self> {
        fork::check()?;
        runtime::may_wait()?;
        let home = runtime::start(workers)?;
        let node = home.handle().block_on(builder.start())?;
        Ok(Self::new(node, home))
    }

    /// [`Host::start`], for those that must not block: awaited anywhere, and given up when what it
    /// returns is dropped.
    ///
    /// # Errors
    /// As [`Host::start`].
    pub fn begin(builder: Builder, workers: Option<usize>) -> Result<Running<Self>> {
        fork::check()?;
        let home = runtime::start(workers)?;
        let handle = home.handle().clone();
        let starting = handle.spawn(async move { Ok(Self::new(builder.start().await?, home)) });
        Ok(Running::new(starting, Fate::Cancelled))
    }

    fn new(node: Node, home: Home) -> Self {
        let (dispatcher, budget, lanes) = Default::default();
        Self { inner: Arc::new(Inner { node, home, dispatcher, budget, lanes }) }
    }

    /// The node, for what needs no waiting.
    #[must_use]
    pub fn node(&self) -> &Node {
        &self.inner.node
    }

    /// Waits for a call: so long, or without a deadline. With no time at all the call is begun, and
    /// not waited for.
    ///
    /// # Errors
    /// Those of the call; [`ErrorCode::TimedOut`] when the time is over;
    /// [`ErrorCode::WouldDeadlock`] inside of a callback or a runtime, unless the time is zero;
    /// [`ErrorCode::Forked`].
    pub fn wait<T>(
        &self,
        within: Option<Duration>,
        call: Call<impl Future<Output = Result<T>>>,
    ) -> Result<T> {
        fork::check()?;
        let handle = self.handle();
        if within == Some(Duration::ZERO) {
            let _entered = handle.enter();
            return call.now_or_never().unwrap_or_else(|| Err(not_awaited()));
        }
        runtime::may_wait()?;
        let entered = handle.enter();
        let call = match within {
            Some(within) => call.timeout(within),
            None => call,
        };
        drop(entered);
        handle.block_on(call)
    }

    /// [`Node::send`], waiting for room: so long, or without a deadline.
    ///
    /// # Errors
    /// As [`Node::send`] and [`Host::wait`].
    #[inline]
    pub fn send(
        &self,
        peer: &PeerId,
        stream: &str,
        message: &[u8],
        within: Option<Duration>,
    ) -> Result<()> {
        fork::check()?;
        if within != Some(Duration::ZERO) {
            runtime::may_wait()?;
        }
        match self.node().send(peer, stream, message).now_or_never() {
            Some(sent) => sent,
            None => self.wait(within, self.node().send(peer, stream, message)),
        }
    }

    /// Carries out a call on the node's own threads. Dropping what it returns cancels the call. Its
    /// first step is taken before this returns: calls reach the node in the order they are made.
    ///
    /// # Errors
    /// [`ErrorCode::TooManyOperations`] when 4,096 are under way at this node;
    /// [`ErrorCode::Forked`]. What the call fails with comes when it is awaited.
    pub fn run<T, F>(&self, work: impl FnOnce(Node) -> F) -> Result<Running<T>>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        fork::check()?;
        let place = self.inner.budget.place(0)?;
        let work = begun(work(self.node().clone()), self.handle());
        Ok(self.spawn(place, work))
    }

    /// [`Node::send`], in the order of the calls for each stream. `None`: the message is queued
    /// already, as it mostly is. Otherwise it waits for room; dropping that wait sends nothing.
    ///
    /// # Errors
    /// As [`Node::send`]; [`ErrorCode::TooManyOperations`] when 4,096 calls, or 64 MiB in them, wait
    /// at this node; [`ErrorCode::Forked`].
    pub fn send_soon(
        &self,
        peer: PeerId,
        stream: &str,
        message: &[u8],
    ) -> Result<Option<Running<()>>> {
        match self.send_now(peer, stream, message) {
            Err(error) if error.code() == ErrorCode::WouldBlock => {}
            done => return done.map(|()| None),
        }
        let place = self.inner.budget.place(message.len())?;
        Ok(Some(self.spawn(place, self.send_in_turn(peer, stream, message))))
    }

    /// [`Host::send_soon`], as far as it need not wait.
    ///
    /// # Errors
    /// [`ErrorCode::WouldBlock`] where it would have to; as [`Node::send`]; [`ErrorCode::Forked`].
    pub fn send_now(&self, peer: PeerId, stream: &str, message: &[u8]) -> Result<()> {
        fork::check()?;
        if self.inner.lanes.is_waiting(peer, stream) {
            return Err(Error::new(ErrorCode::WouldBlock, "others wait for room on this stream"));
        }
        self.node().try_send(&peer, stream, message)
    }

    /// [`Node::shutdown`], awaited anywhere. It goes on when what it returns is dropped.
    pub fn close(&self) -> Running<()> {
        let node = self.node().clone();
        let ending = self.handle().spawn(async move {
            node.shutdown().await;
            Ok(())
        });
        Running::new(ending, Fate::GoesOn)
    }

    fn spawn<T: Send + 'static>(
        &self,
        place: Place,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Running<T> {
        let task = self.handle().spawn(async move {
            let _mine = place;
            work.await
        });
        Running::new(task, Fate::Cancelled)
    }

    /// Stands in line at once, and sends when its turn has come.
    fn send_in_turn(
        &self,
        peer: PeerId,
        stream: &str,
        message: &[u8],
    ) -> impl Future<Output = Result<()>> + Send + 'static {
        let turn = self.inner.lanes.turn(peer, stream);
        let (node, stream, message) = (self.node().clone(), stream.to_owned(), message.to_vec());
        async move {
            let _mine = turn.await;
            node.send(&peer, &stream, &message).await
        }
    }

    /// [`Node::shutdown`]. When the time is over it goes on in the background.
    ///
    /// # Errors
    /// [`ErrorCode::TimedOut`]; as [`Host::wait`].
    pub fn shutdown(&self, within: Option<Duration>) -> Result<()> {
        fork::check()?;
        let node = self.node().clone();
        let ending = self.handle().spawn(async move { node.shutdown().await });
        self.wait(within, Call::new("shutdown", async move { ending.await.map_err(cut_short) }))
    }

    /// Begins an operation: its outcome comes through a queue of events, whatever happens. Its first
    /// step is taken before this returns.
    ///
    /// # Errors
    /// [`ErrorCode::TooManyOperations`], [`ErrorCode::InvalidArgument`] for a queue that was closed, or
    /// is another node's, [`ErrorCode::Forked`]: then there is no operation, and no completion.
    pub fn operate<F>(&self, on: Completing<'_>, work: impl FnOnce(Node) -> F) -> Result<Operation>
    where
        F: Future<Output = Result<Yield>> + Send + 'static,
    {
        let ticket = self.ticket(on, 0)?;
        let work = begun(work(self.node().clone()), self.handle());
        Ok(self.complete(ticket, on.within, work))
    }

    /// [`Node::send`] as an operation. Those of one stream are sent in the order in which they were
    /// begun.
    ///
    /// # Errors
    /// As [`Host::operate`]; what `send` fails with is the operation's outcome.
    pub fn send_later(
        &self,
        on: Completing<'_>,
        peer: PeerId,
        stream: &str,
        message: &[u8],
    ) -> Result<Operation> {
        let ticket = self.ticket(on, message.len())?;
        let sending = self.send_in_turn(peer, stream, message);
        Ok(self.complete(ticket, on.within, sending.map_ok(|()| Yield::Nothing)))
    }

    /// [`Node::shutdown`] as an operation. Once begun it comes to its end.
    ///
    /// # Errors
    /// As [`Host::operate`].
    pub fn shutdown_later(&self, on: Completing<'_>) -> Result<Operation> {
        let ticket = self.ticket(on, 0)?;
        let node = self.node().clone();
        let ending = self.handle().spawn(async move { node.shutdown().await });
        let work = async move { ending.await.map(|()| Yield::Nothing).map_err(cut_short) };
        Ok(self.complete(ticket, on.within, work))
    }

    /// Subscribes to events, from now on.
    #[must_use]
    pub fn events(&self, filter: EventFilter) -> EventQueue {
        let source = EventSource::new(self.node().events(filter), self.inner.budget.clone());
        Queue::new(source, self.inner.dispatcher.clone())
    }

    /// Takes the messages of one stream, from all peers.
    ///
    /// # Errors
    /// As [`Node::messages`].
    pub fn messages(&self, stream: &str) -> Result<MessageQueue> {
        let source = MessageSource(self.node().messages(stream)?);
        Ok(Queue::new(source, self.inner.dispatcher.clone()))
    }

    /// Takes the messages of all streams, from all peers.
    ///
    /// # Errors
    /// As [`Node::all_messages`].
    pub fn all_messages(&self) -> Result<MessageQueue> {
        let source = MessageSource(self.node().all_messages()?);
        Ok(Queue::new(source, self.inner.dispatcher.clone()))
    }

    fn ticket(&self, on: Completing<'_>, bytes: usize) -> Result<Ticket> {
        fork::check()?;
        let budget = &self.inner.budget;
        let taken = on.events.with_source(|source| {
            let completions = source
                .completions_of(budget)
                .ok_or_else(|| invalid("the queue for the completion is another node's"))?;
            budget.ticket(completions, on.tag, bytes)
        });
        taken.unwrap_or_else(|| Err(invalid("the queue for the completion was closed")))
    }

    fn complete(
        &self,
        ticket: Ticket,
        within: Option<Duration>,
        work: impl Future<Output = Result<Yield>> + Send + 'static,
    ) -> Operation {
        let operation = Operation { cancelled: CancellationToken::new() };
        let cancelled = operation.cancelled.clone();
        self.handle().spawn(async move {
            let call = Call::new("the operation", work);
            let call = match within {
                Some(within) => call.timeout(within),
                None => call,
            };
            let outcome = cancelled.run_until_cancelled_owned(call).await;
            ticket.complete(outcome.unwrap_or_else(|| Err(cancelled_by_caller())));
        });
        operation
    }

    fn handle(&self) -> &Handle {
        self.inner.home.handle()
    }
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorCode::InvalidArgument, message)
}

fn not_awaited() -> Error {
    Error::new(ErrorCode::TimedOut, "the call would have had to wait")
}

fn cancelled_by_caller() -> Error {
    Error::new(ErrorCode::Cancelled, "the operation was cancelled")
}

fn cut_short(fault: tokio::task::JoinError) -> Error {
    Error::new(ErrorCode::Internal, "the shutdown was cut short").caused_by(fault)
}
