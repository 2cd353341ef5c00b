//! A queue that a foreign language takes from: pulled, polled or called back.

use std::sync::Arc;
use std::sync::Weak;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};
use tokio::sync::Notify;

use super::dispatcher::{Dispatcher, Stay};
#[cfg(unix)]
use super::signal::Signal;
use super::source::Source;
use super::{fork, runtime};
use crate::error::{Error, ErrorCode, Result};

/// A queue that is pulled, polled or called back. Cloning it is cheap: all clones are one queue.
/// Any number of threads may take from it; each item goes to one of them.
///
/// Three ways to wait, over the same items: [`Queue::next`] blocks a thread; [`Queue::ready`] and
/// [`Queue::drain`] are the pull port of languages with futures of their own; `Queue::fd` is for event
/// loops. Or none: [`Queue::call_back`]. What is not taken waits in the node's own bounded buffers.
pub struct Queue<S: Source> {
    shared: Arc<Shared<S>>,
}

impl<S: Source> Clone for Queue<S> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

/// What [`Queue::next`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next<T> {
    /// What came.
    Item(T),
    /// Nothing came in time.
    Nothing,
    /// The queue has ended, and all was taken.
    Closed,
}

struct Shared<S: Source> {
    state: Mutex<State<S>>,
    changed: Condvar,
    ready: Notify,
    dispatcher: Dispatcher,
    /// What the source wakes.
    waker: Waker,
}

struct State<S: Source> {
    /// None: the queue was closed.
    source: Option<S>,
    /// Threads inside [`Queue::next`].
    waiting: usize,
    /// A [`Queue::ready`] is to end, or the next one.
    cancelled: bool,
    #[cfg(unix)]
    signal: Option<Signal>,
    caller: Option<Arc<Caller<S::Item>>>,
}

/// Does not keep the queue alive: the source keeps this.
struct Bell<S: Source>(Weak<Shared<S>>);

/// A callback. Its sink is used by the dispatcher's thread alone, and dropped there.
struct Caller<T> {
    sink: Mutex<Option<Sink<T>>>,
    stay: Stay,
    scheduled: Mutex<bool>,
}

type Sink<T> = Box<dyn FnMut(T) + Send>;

impl<S: Source> Queue<S> {
    pub(super) fn new(source: S, dispatcher: Dispatcher) -> Self {
        let shared = Arc::new_cyclic(|weak| Shared {
            state: Mutex::new(State {
                source: Some(source),
                waiting: 0,
                cancelled: false,
                #[cfg(unix)]
                signal: None,
                caller: None,
            }),
            changed: Condvar::new(),
            ready: Notify::new(),
            dispatcher,
            waker: Waker::from(Arc::new(Bell(weak.clone()))),
        });
        Self { shared }
    }

    /// Takes the next item, and waits for it if need be: so long, or without a deadline.
    ///
    /// # Errors
    /// [`ErrorCode::QueueHasCallback`]; [`ErrorCode::WouldDeadlock`] where nobody may wait, unless
    /// the time is zero; [`ErrorCode::Forked`].
    pub fn next(&self, within: Option<Duration>) -> Result<Next<S::Item>> {
        let may_wait = within != Some(Duration::ZERO);
        if may_wait {
            runtime::may_wait()?;
        }
        let mut state = self.pulled()?;
        let found = state.take(&self.shared.waker);
        if !may_wait || !matches!(found, Next::Nothing) {
            return Ok(found);
        }
        let deadline = within.and_then(|within| Instant::now().checked_add(within));
        state.waiting += 1;
        let found = self.wait(&mut state, deadline);
        state.waiting -= 1;
        Ok(found)
    }

    fn wait(
        &self,
        state: &mut MutexGuard<'_, State<S>>,
        deadline: Option<Instant>,
    ) -> Next<S::Item> {
        loop {
            let in_time = match deadline {
                None => {
                    self.shared.changed.wait(state);
                    true
                }
                Some(deadline) => !self.shared.changed.wait_until(state, deadline).timed_out(),
            };
            let found = state.take(&self.shared.waker);
            if !in_time || !matches!(found, Next::Nothing) {
                return found;
            }
        }
    }

    /// Takes what is there now, up to `max` items, without waiting: hands each to `put`, which must
    /// not use this queue, and returns how many there were.
    ///
    /// # Errors
    /// [`ErrorCode::QueueHasCallback`], [`ErrorCode::Forked`].
    pub fn take(&self, max: usize, mut put: impl FnMut(S::Item)) -> Result<Next<usize>> {
        let mut state = self.pulled()?;
        let taken = state.take_up_to(max, &mut put);
        if taken == 0 && max > 0 {
            return Ok(match state.take(&self.shared.waker) {
                Next::Item(item) => {
                    put(item);
                    Next::Item(1)
                }
                Next::Nothing => Next::Nothing,
                Next::Closed => Next::Closed,
            });
        }
        state.settle(&self.shared.waker);
        Ok(if taken == 0 { Next::Nothing } else { Next::Item(taken) })
    }

    /// Waits until [`Queue::drain`] gives something: true. False at the end, which
    /// [`Queue::is_closed`] tells, or after [`Queue::cancel_ready`]. Dropping the wait loses nothing.
    pub async fn ready(&self) -> bool {
        loop {
            let rung = self.shared.ready.notified();
            tokio::pin!(rung);
            rung.as_mut().enable();
            {
                let mut state = self.shared.state.lock();
                if std::mem::take(&mut state.cancelled) {
                    return false;
                }
                if let Poll::Ready(ready) = state.poll(&self.shared.waker) {
                    return ready;
                }
            }
            rung.await;
        }
    }

    /// Ends the [`Queue::ready`] that waits, or else the next one. Who sees one end without reason
    /// calls it again.
    pub fn cancel_ready(&self) {
        self.shared.state.lock().cancelled = true;
        self.shared.ready.notify_waiters();
    }

    /// What is there now, up to `max` items, without waiting; nothing while there is a callback.
    #[must_use]
    pub fn drain(&self, max: usize) -> Vec<S::Item> {
        let mut items = Vec::new();
        if max > 0 {
            self.drain_while(|item| {
                items.push(item);
                items.len() < max
            });
        }
        items
    }

    /// Whether it has ended, and all was taken.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.state.lock().poll(&self.shared.waker) == Poll::Ready(false)
    }

    /// A file descriptor that is readable while [`Queue::next`] would not wait: while something is
    /// there, and at the end. It belongs to the queue, and is there to be polled only.
    ///
    /// # Errors
    /// [`ErrorCode::QueueHasCallback`], [`ErrorCode::Forked`]; [`ErrorCode::Internal`] when this
    /// process may open no more files.
    #[cfg(unix)]
    pub fn fd(&self) -> Result<std::os::fd::RawFd> {
        let mut state = self.pulled()?;
        let signal = match state.signal.take() {
            Some(signal) => signal,
            None => Signal::new()?,
        };
        let fd = signal.fd();
        state.signal = Some(signal);
        state.settle(&self.shared.waker);
        Ok(fd)
    }

    /// Has every item handed to `sink` from now on, on the node's thread for callbacks, one at a
    /// time and without a lock. The sink is dropped on that thread, after its last call: when it is
    /// taken back, when the queue is closed, or when it ends.
    ///
    /// # Errors
    /// [`ErrorCode::QueueHasCallback`], also while a thread waits in [`Queue::next`];
    /// [`ErrorCode::Internal`] without a thread; [`ErrorCode::Forked`]. The sink is then dropped
    /// here.
    pub fn call_back(&self, sink: impl FnMut(S::Item) + Send + 'static) -> Result<()> {
        let mut state = self.pulled()?;
        if state.waiting > 0 {
            let message = "a thread waits for this queue";
            return Err(Error::new(ErrorCode::QueueHasCallback, message));
        }
        let stay = self.shared.dispatcher.stay()?;
        let sink: Mutex<Option<Sink<S::Item>>> = Mutex::new(Some(Box::new(sink)));
        let caller = Arc::new(Caller { sink, stay, scheduled: Mutex::new(false) });
        state.caller = Some(caller.clone());
        drop(state);
        self.shared.schedule(&caller);
        Ok(())
    }

    /// Takes the callback back, and lets the queue be pulled again. Never waits: a call may still be
    /// under way. Without a callback it does nothing.
    pub fn stop_calling_back(&self) {
        let caller = self.shared.state.lock().caller.take();
        caller.iter().for_each(retire);
    }

    /// Ends the queue: whoever waits is told so, and what was not taken is given back, messages to
    /// the next consumer. Again it does nothing.
    pub fn close(&self) {
        let mut state = self.shared.state.lock();
        let (source, caller) = (state.source.take(), state.caller.take());
        drop(state);
        // Without the lock: it may wake others.
        drop(source);
        caller.iter().for_each(retire);
        self.shared.ring();
    }

    /// Hands over what is there now while `goes_on` says so, without waiting; nothing while there is
    /// a callback. It must not use this queue.
    pub(super) fn drain_while(&self, mut goes_on: impl FnMut(S::Item) -> bool) {
        let mut state = self.shared.state.lock();
        if state.caller.is_some() {
            return;
        }
        if let Some(source) = &mut state.source {
            while source.take().is_some_and(&mut goes_on) {}
        }
        state.settle(&self.shared.waker);
    }

    fn pulled(&self) -> Result<MutexGuard<'_, State<S>>> {
        fork::check()?;
        let state = self.shared.state.lock();
        if state.caller.is_some() {
            let message = "this queue has a callback";
            return Err(Error::new(ErrorCode::QueueHasCallback, message));
        }
        Ok(state)
    }

    /// Something of the source, for as long as the queue is open.
    pub(super) fn with_source<T>(&self, look: impl FnOnce(&S) -> T) -> Option<T> {
        self.shared.state.lock().source.as_ref().map(look)
    }
}

impl<S: Source> State<S> {
    fn poll(&mut self, waker: &Waker) -> Poll<bool> {
        let Some(source) = &mut self.source else { return Poll::Ready(false) };
        source.poll_ready(&mut Context::from_waker(waker))
    }

    /// Takes one item; if there is none, the next one rings.
    fn take(&mut self, waker: &Waker) -> Next<S::Item> {
        let found = loop {
            if let Some(item) = self.source.as_mut().and_then(S::take) {
                break Next::Item(item);
            }
            match self.poll(waker) {
                Poll::Ready(true) => {}
                Poll::Ready(false) => break Next::Closed,
                Poll::Pending => break Next::Nothing,
            }
        };
        self.settle(waker);
        found
    }

    fn take_up_to(&mut self, max: usize, put: impl FnMut(S::Item)) -> usize {
        let Some(source) = &mut self.source else { return 0 };
        std::iter::from_fn(|| source.take()).take(max).map(put).count()
    }

    /// Makes the file descriptor say what is so.
    #[cfg(unix)]
    fn settle(&mut self, waker: &Waker) {
        let Some(mut signal) = self.signal.take() else { return };
        if self.poll(waker).is_ready() {
            signal.set();
        } else {
            signal.clear();
        }
        self.signal = Some(signal);
    }

    #[cfg(not(unix))]
    fn settle(&mut self, _: &Waker) {}
}

impl<S: Source> Shared<S> {
    /// Something came, or the end.
    fn ring(self: &Arc<Self>) {
        let mut state = self.state.lock();
        #[cfg(unix)]
        if let Some(signal) = &mut state.signal {
            signal.set();
        }
        let (waiting, caller) = (state.waiting > 0, state.caller.clone());
        drop(state);
        if waiting {
            self.changed.notify_all();
        }
        self.ready.notify_waiters();
        if let Some(caller) = caller {
            self.schedule(&caller);
        }
    }

    fn schedule(self: &Arc<Self>, caller: &Arc<Caller<S::Item>>) {
        if std::mem::replace(&mut *caller.scheduled.lock(), true) {
            return;
        }
        let (shared, called) = (self.clone(), caller.clone());
        caller.stay.submit(move || shared.call(&called));
    }

    /// Hands over what is there, on the dispatcher's thread.
    fn call(self: &Arc<Self>, caller: &Arc<Caller<S::Item>>) {
        *caller.scheduled.lock() = false;
        let mut sink = caller.sink.lock();
        for _ in 0..TURN {
            let mut state = self.state.lock();
            if !state.is_called_by(caller) {
                return;
            }
            match state.take(&self.waker) {
                Next::Item(item) => {
                    drop(state);
                    if let Some(sink) = sink.as_mut() {
                        sink(item);
                    }
                }
                Next::Nothing => return,
                Next::Closed => {
                    state.caller = None;
                    drop(state);
                    *sink = None;
                    return;
                }
            }
        }
        self.schedule(caller);
    }
}

impl<S: Source> State<S> {
    fn is_called_by(&self, caller: &Arc<Caller<S::Item>>) -> bool {
        self.caller.as_ref().is_some_and(|current| Arc::ptr_eq(current, caller))
    }
}

/// Drops the sink on the dispatcher's thread, where no call of it is under way.
fn retire<T: Send + 'static>(caller: &Arc<Caller<T>>) {
    let retired = caller.clone();
    caller.stay.submit(move || *retired.sink.lock() = None);
}

impl<S: Source> Wake for Bell<S> {
    fn wake(self: Arc<Self>) {
        if let Some(shared) = self.0.upgrade() {
            shared.ring();
        }
    }
}

/// Items that one queue hands over before the next queue's turn.
const TURN: usize = 64;
