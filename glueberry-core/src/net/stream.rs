//! A libp2p stream that stays sound after a fault.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::{AsyncRead, AsyncWrite};

/// A negotiated stream that answers every call after a fault with that it is broken.
///
/// A libp2p stream whose lazy negotiation failed panics when it is polled again
/// (`multistream-select` 0.14 leaves an invalid state behind). Reader and writer of a stream are
/// different tasks here, so one may poll it before it hears of the other's failure; put beneath
/// their split, this guard leaves no moment in between.
pub(crate) struct Stream {
    inner: libp2p::Stream,
    broken: bool,
}

impl Stream {
    pub(super) fn new(inner: libp2p::Stream) -> Self {
        Self { inner, broken: false }
    }

    fn poll<T>(
        mut self: Pin<&mut Self>,
        work: impl FnOnce(Pin<&mut libp2p::Stream>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if self.broken {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let outcome = ready!(work(Pin::new(&mut self.inner)));
        self.broken = outcome.is_err();
        Poll::Ready(outcome)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(|stream| stream.poll_read(context, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(|stream| stream.poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(|stream| stream.poll_flush(context))
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(|stream| stream.poll_close(context))
    }
}
