//! Signs of life on a connection whose socket cannot be listened to: QUIC's.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::{AsyncRead, AsyncWrite};
use libp2p::core::muxing::{StreamMuxer, StreamMuxerEvent};
use pin_project::{pin_project, pinned_drop};

use super::pulse::{Pulse, Pulses};

/// A muxer that hears what its streams carry. Acknowledgements are seen only by QUIC itself.
#[pin_project]
pub(in crate::net) struct Heard<M> {
    #[pin]
    inner: M,
    pulses: Pulses,
}

impl<M> Heard<M> {
    pub(in crate::net) fn new(inner: M, pulses: Pulses) -> Self {
        Self { inner, pulses }
    }
}

impl<M: StreamMuxer> StreamMuxer for Heard<M> {
    type Substream = HeardStream<M::Substream>;
    type Error = M::Error;

    fn poll_inbound(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Result<Self::Substream, M::Error>> {
        let this = self.project();
        let pulses = this.pulses;
        this.inner.poll_inbound(context).map_ok(|inner| HeardStream::new(inner, pulses.here()))
    }

    fn poll_outbound(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Result<Self::Substream, M::Error>> {
        let this = self.project();
        let pulses = this.pulses;
        this.inner.poll_outbound(context).map_ok(|inner| HeardStream::new(inner, pulses.here()))
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), M::Error>> {
        self.project().inner.poll_close(context)
    }

    fn poll(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Result<StreamMuxerEvent, M::Error>> {
        self.project().inner.poll(context)
    }
}

/// One stream of it.
#[pin_project(PinnedDrop)]
pub(in crate::net) struct HeardStream<S> {
    #[pin]
    inner: S,
    pulse: Option<Arc<Pulse>>,
    blocked: bool,
}

impl<S> HeardStream<S> {
    fn new(inner: S, pulse: Option<Arc<Pulse>>) -> Self {
        Self { inner, pulse, blocked: false }
    }
}

#[pinned_drop]
impl<S> PinnedDrop for HeardStream<S> {
    fn drop(self: Pin<&mut Self>) {
        if let (true, Some(pulse)) = (self.blocked, &self.pulse) {
            pulse.unblocked();
        }
    }
}

impl<S: AsyncRead> AsyncRead for HeardStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let outcome = this.inner.poll_read(context, buffer);
        if matches!(outcome, Poll::Ready(Ok(1..)))
            && let Some(pulse) = this.pulse
        {
            pulse.hear();
        }
        outcome
    }
}

impl<S: AsyncWrite> AsyncWrite for HeardStream<S> {
    /// Bytes that are taken after others were refused show that the peer granted credit.
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let outcome = this.inner.poll_write(context, bytes);
        let was_blocked = std::mem::replace(this.blocked, outcome.is_pending());
        let Some(pulse) = this.pulse else { return outcome };
        match &outcome {
            Poll::Pending if !was_blocked => pulse.refused(),
            Poll::Ready(outcome) if was_blocked => {
                pulse.unblocked();
                if outcome.is_ok() {
                    pulse.hear();
                }
            }
            _ => {}
        }
        outcome
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(context)
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_close(context)
    }
}
