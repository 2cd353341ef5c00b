//! The application's end of the inbox.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::Stream;

use super::Inbox;
use super::message::{Message, Run};
use super::queues::{Popped, Scope};
use crate::error::Result;

/// Received messages, in the order in which each peer sent them. Ends when the node has shut down
/// and everything was read.
///
/// A [`Stream`], and with methods of its own. Cancelling a wait or dropping the whole loses
/// nothing: what was not read waits for the next consumer. Each stream has one consumer at a time.
///
/// ```no_run
/// # async fn example(node: glueberry_core::Node) -> glueberry_core::Result<()> {
/// let mut inbox = node.messages("chat")?;
/// while let Some(message) = inbox.next().await {
///     println!("{}: {} bytes", message.peer(), message.payload().len());
/// }
/// # Ok(())
/// # }
/// ```
pub struct Messages {
    inbox: Inbox,
    scope: Scope,
    current: Option<Run>,
}

impl Messages {
    pub(super) fn take(inbox: Inbox, scope: Scope) -> Result<Self> {
        inbox.queues.lock().add_consumer(&scope)?;
        Ok(Self { inbox, scope, current: None })
    }

    /// The next message; `None` once the node has shut down and all was read.
    pub async fn next(&mut self) -> Option<Message> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    /// Waits until [`Messages::drain`] gives something: true; or until the end: false.
    pub async fn ready(&mut self) -> bool {
        std::future::poll_fn(|context| self.poll_ready(context)).await
    }

    /// True: there is something. False: nothing will come any more.
    pub(crate) fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<bool> {
        if self.peek_current() { Poll::Ready(true) } else { self.poll_run(context) }
    }

    /// What is there now, up to `max` messages, without waiting.
    pub fn drain(&mut self, max: usize) -> Vec<Message> {
        std::iter::from_fn(|| self.try_next()).take(max).collect()
    }

    /// The next message if it is there, without waiting.
    #[inline]
    pub fn try_next(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.current.as_mut().and_then(Run::next) {
                return Some(message);
            }
            let popped = self.inbox.queues.lock().pop(&self.scope)?;
            self.take_run(popped);
        }
    }

    #[inline]
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Message>> {
        loop {
            if let Some(message) = self.current.as_mut().and_then(Run::next) {
                return Poll::Ready(Some(message));
            }
            match self.poll_run(context) {
                Poll::Ready(true) => {}
                Poll::Ready(false) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Fetches the next buffer; false at the end of the inbox.
    fn poll_run(&mut self, context: &mut Context<'_>) -> Poll<bool> {
        let mut queues = self.inbox.queues.lock();
        if let Some(popped) = queues.pop(&self.scope) {
            drop(queues);
            self.take_run(popped);
            return Poll::Ready(true);
        }
        self.current = None;
        if queues.is_over(&self.scope) {
            return Poll::Ready(false);
        }
        queues.wait(&self.scope, context.waker());
        Poll::Pending
    }

    fn take_run(&mut self, popped: Popped) {
        if popped.has_drained {
            self.inbox.watch(popped.run.origin.clone());
        }
        self.current = Some(popped.run);
    }

    fn peek_current(&self) -> bool {
        self.current.as_ref().is_some_and(|run| !run.is_spent())
    }
}

impl Stream for Messages {
    type Item = Message;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Message>> {
        self.get_mut().poll(context)
    }
}

impl Drop for Messages {
    fn drop(&mut self) {
        let mut queues = self.inbox.queues.lock();
        queues.remove_consumer(&self.scope);
        let unread = self.current.take().filter(|run| !run.is_spent());
        // No consumer is left that could be waiting for it.
        drop(unread.and_then(|run| queues.put_back(run)));
    }
}
