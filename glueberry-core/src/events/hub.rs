//! From one emission to every subscriber.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};
use std::time::SystemTime;

use futures::Stream;
use parking_lot::Mutex;

use super::{Event, EventFilter, EventKind, log};

/// Where events are emitted. Cloned freely: all clones are one hub.
#[derive(Clone)]
pub(crate) struct Hub {
    shared: Arc<Mutex<Subscribers>>,
    capacity: usize,
}

#[derive(Default)]
struct Subscribers {
    /// Bounded by what the application holds: one entry for each living [`Events`].
    list: Vec<Weak<Mutex<Subscription>>>,
    closed: bool,
}

struct Subscription {
    filter: EventFilter,
    queue: VecDeque<Event>,
    missed: u64,
    waker: Option<Waker>,
    closed: bool,
}

impl Hub {
    /// `capacity`: how many events wait for each subscriber before its oldest are dropped.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { shared: Arc::default(), capacity }
    }

    /// Logs the event and hands it to every subscriber that wants it. Never waits.
    pub(crate) fn emit(&self, kind: EventKind) {
        log::write(&kind);
        let event = Event { at: SystemTime::now(), kind };
        let mut wakers = Vec::new();
        self.shared.lock().list.retain(|subscription| {
            let Some(subscription) = subscription.upgrade() else { return false };
            wakers.extend(subscription.lock().push(&event, self.capacity));
            true
        });
        // Without a lock: a waker may run its task at once.
        wakers.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn subscribe(&self, filter: EventFilter) -> Events {
        let mut subscribers = self.shared.lock();
        let closed = subscribers.closed;
        let subscription = Arc::new(Mutex::new(Subscription {
            filter,
            queue: VecDeque::new(),
            missed: 0,
            waker: None,
            closed,
        }));
        subscribers.list.push(Arc::downgrade(&subscription));
        Events { subscription }
    }

    /// Ends every subscription once what waits in it has been read.
    pub(crate) fn close(&self) {
        let mut subscribers = self.shared.lock();
        subscribers.closed = true;
        let subscriptions: Vec<_> =
            subscribers.list.drain(..).filter_map(|weak| weak.upgrade()).collect();
        drop(subscribers);
        for subscription in subscriptions {
            let mut subscription = subscription.lock();
            subscription.closed = true;
            let waker = subscription.waker.take();
            drop(subscription);
            waker.into_iter().for_each(Waker::wake);
        }
    }
}

impl Subscription {
    /// Queues the event, and returns whom to wake.
    fn push(&mut self, event: &Event, capacity: usize) -> Option<Waker> {
        if !self.filter.wants(&event.kind) {
            return None;
        }
        if self.queue.len() == capacity {
            self.queue.pop_front();
            self.missed += 1;
        }
        self.queue.push_back(event.clone());
        self.waker.take()
    }

    fn has_news(&self) -> bool {
        self.missed > 0 || !self.queue.is_empty()
    }

    fn pop(&mut self) -> Option<Event> {
        if self.missed > 0 {
            let missed = std::mem::take(&mut self.missed);
            return Some(Event { at: SystemTime::now(), kind: EventKind::Lagged { missed } });
        }
        self.queue.pop_front()
    }
}

/// One subscriber's events, in order. Ends when the node has shut down.
///
/// Bounded: a subscriber that does not keep up loses its oldest events and gets
/// [`EventKind::Lagged`] in their place.
///
/// ```no_run
/// # async fn example(node: glueberry_core::Node) {
/// use glueberry_core::{EventFilter, EventKind};
///
/// let mut events = node.events(EventFilter::all());
/// while let Some(event) = events.next().await {
///     if let EventKind::PeerEstablished { peer, .. } = event.kind {
///         println!("{peer} is here");
///     }
/// }
/// # }
/// ```
pub struct Events {
    subscription: Arc<Mutex<Subscription>>,
}

impl Events {
    /// The next event; `None` once the node has shut down and all was read. Cancelling the wait
    /// loses nothing.
    pub async fn next(&mut self) -> Option<Event> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    /// What is there now, up to `max` events, without waiting.
    pub fn drain(&mut self, max: usize) -> Vec<Event> {
        let mut subscription = self.subscription.lock();
        std::iter::from_fn(|| subscription.pop()).take(max).collect()
    }

    /// What is there now, if anything.
    pub(crate) fn try_next(&mut self) -> Option<Event> {
        self.subscription.lock().pop()
    }

    /// What is there now, if it happened up to then.
    pub(crate) fn try_next_until(&mut self, then: SystemTime) -> Option<Event> {
        let mut subscription = self.subscription.lock();
        if subscription.queue.front().is_some_and(|event| event.at > then) {
            return None;
        }
        subscription.pop()
    }

    /// True: there is something. False: nothing will come any more.
    pub(crate) fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<bool> {
        let mut subscription = self.subscription.lock();
        if subscription.has_news() {
            return Poll::Ready(true);
        }
        if subscription.closed {
            return Poll::Ready(false);
        }
        subscription.waker = Some(context.waker().clone());
        Poll::Pending
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Event>> {
        let mut subscription = self.subscription.lock();
        if let Some(event) = subscription.pop() {
            return Poll::Ready(Some(event));
        }
        if subscription.closed {
            return Poll::Ready(None);
        }
        subscription.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.get_mut().poll(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventName, Identity};

    #[tokio::test]
    async fn a_slow_subscriber_is_told_how_much_it_missed_and_keeps_the_newest() {
        let (hub, peer) = (Hub::new(2), Identity::generate().peer_id());
        let mut events = hub.subscribe(EventFilter::all());
        for session in 1..=5 {
            hub.emit(EventKind::PeerEstablished { peer, session });
        }
        assert_eq!(events.next().await.unwrap().kind, EventKind::Lagged { missed: 3 });
        for session in 4..=5 {
            let kept = events.next().await.unwrap().kind;
            assert_eq!(kept, EventKind::PeerEstablished { peer, session });
        }
        hub.close();
        assert_eq!(events.next().await, None);
    }

    #[test]
    fn subscribers_get_the_events_of_their_peers_and_kinds_only() {
        let hub = Hub::new(8);
        let (one, two) = (Identity::generate().peer_id(), Identity::generate().peer_id());
        let mut of_one = hub.subscribe(EventFilter::peer(one));
        let mut ends = hub.subscribe(EventFilter::all().kinds([EventName::StreamClosed]));
        hub.emit(EventKind::PeerConnecting { peer: one });
        hub.emit(EventKind::PeerConnecting { peer: two });
        assert_eq!(of_one.drain(9).len(), 1);
        assert_eq!(ends.drain(9), vec![]);
    }
}
