//! Onto the stream in use.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::AsyncWrite;
use futures::io::WriteHalf;
use glueberry_proto::v1::duplex;
use libp2p::Stream;

use super::Step;
use crate::link::pending::Pending;

/// What is written to of a stream.
pub(super) struct Half {
    pub(super) id: duplex::Stream,
    pub(super) stream: WriteHalf<Stream>,
}

/// Writes what is pending, or flushes what was written; never ends if there is neither.
pub(super) struct Output<'a> {
    pub(super) half: Option<&'a mut Half>,
    pub(super) pending: &'a mut Pending,
    pub(super) may_write: bool,
    pub(super) flushing: bool,
}

impl Future for Output<'_> {
    type Output = Step;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Step> {
        let this = &mut *self;
        let Some(half) = &mut this.half else { return Poll::Pending };
        let stream = Pin::new(&mut half.stream);
        match this.pending.next() {
            Some(batch) if this.may_write => batch.poll_write(stream, context).map(Step::Wrote),
            _ if this.flushing => stream.poll_flush(context).map(Step::Flushed),
            _ => Poll::Pending,
        }
    }
}
