//! What a queue is fed from.

use std::sync::Arc;
use std::task::{Context, Poll};

use super::completions::{Budget, Completions, Notice};
use super::queue::Queue;
use crate::{Events, Message, Messages};

/// A queue of events, and of the completions of operations.
pub type EventQueue = Queue<EventSource>;
/// A queue of messages.
pub type MessageQueue = Queue<MessageSource>;

/// What a queue is fed from.
pub trait Source: Send + 'static {
    /// What it gives.
    type Item: Send + 'static;

    /// True: [`Source::take`] gives something. False: it never will again.
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<bool>;

    /// The next item, if it is there.
    fn take(&mut self) -> Option<Self::Item>;
}

/// The events of a subscriber, and the completions that are to come through its queue.
pub struct EventSource {
    events: Events,
    completions: Arc<Completions>,
    budget: Budget,
}

impl EventSource {
    pub(super) fn new(events: Events, budget: Budget) -> Self {
        Self { events, completions: Arc::default(), budget }
    }

    /// Where completions of a node's operations go; none of another node's.
    pub(super) fn completions_of(&self, budget: &Budget) -> Option<&Arc<Completions>> {
        self.budget.is(budget).then_some(&self.completions)
    }
}

impl Source for EventSource {
    type Item = Notice;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<bool> {
        let outlook = self.completions.poll_ready(context);
        if outlook == Poll::Ready(true) {
            return outlook;
        }
        match self.events.poll_ready(context) {
            // The node is gone, but an operation is not done yet.
            Poll::Ready(false) => outlook,
            events => events,
        }
    }

    /// In the order of time: what an operation brought about comes before its completion.
    fn take(&mut self) -> Option<Notice> {
        let Some(at) = self.completions.next_at() else {
            return self.events.try_next().map(Notice::Event);
        };
        let event = self.events.try_next_until(at).map(Notice::Event);
        event.or_else(|| self.completions.take().map(Notice::Done))
    }
}

impl Drop for EventSource {
    fn drop(&mut self) {
        self.completions.close();
    }
}

/// The messages of a consumer.
pub struct MessageSource(pub(super) Messages);

impl Source for MessageSource {
    type Item = Message;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<bool> {
        self.0.poll_ready(context)
    }

    #[inline]
    fn take(&mut self) -> Option<Message> {
        self.0.try_next()
    }
}
