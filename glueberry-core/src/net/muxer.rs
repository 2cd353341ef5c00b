//! Bounds on what a connection can make us hold: one that does not let itself be closed is dropped,
//! and so is one that opens too many streams before it is established.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::{AsyncRead, AsyncWrite};
use libp2p::core::muxing::{StreamMuxer, StreamMuxerEvent};
use pin_project::pin_project;
use tokio::time::Sleep;

use super::gate::{Denials, Denied};
use super::standing::Standing;
use crate::events::Denial;

/// A muxer whose `poll_close` gives up after [`CLOSE_TIMEOUT`], and that fails when a peer that is
/// not established has more than [`MOST_UNESTABLISHED_STREAMS`] inbound streams open.
///
/// libp2p awaits a muxer's close without a deadline and reports the connection closed only after
/// it; a peer that stopped reading would keep both waiting for as long as TCP does.
///
/// libp2p's swarm accepts streams as long as fewer than 128 are being negotiated, so that those of a
/// peer that is not established never wait uncounted in yamux's own queue (256 streams).
pub(super) struct Bounded<M> {
    inner: Pin<Box<M>>,
    deadline: Option<Pin<Box<Sleep>>>,
    /// Lives as long as the connection.
    standing: Arc<Standing>,
    inbound: Arc<AtomicUsize>,
    denials: Denials,
    /// What to report when the peer opens too many.
    denied: Denied,
}

impl<M> Bounded<M> {
    /// `denied` is reported if the peer opens too many streams.
    pub(super) fn new(inner: M, standing: Arc<Standing>, denials: Denials, denied: Denied) -> Self {
        let denied = Denied { denial: Denial::TooManyStreams, ..denied };
        let inbound = Arc::default();
        Self { inner: Box::pin(inner), deadline: None, standing, inbound, denials, denied }
    }

    /// Whether one more inbound stream has a place.
    fn count_in(&self) -> io::Result<Place> {
        let open = self.inbound.fetch_add(1, Relaxed);
        let place = Place { open: self.inbound.clone() };
        if open >= MOST_UNESTABLISHED_STREAMS && !self.standing.is_established() {
            self.denials.report(self.denied.clone());
            return Err(io::Error::other(self.denied.error()));
        }
        Ok(place)
    }
}

impl<M: StreamMuxer> StreamMuxer for Bounded<M>
where
    M::Error: Send + Sync + 'static,
{
    type Substream = Counted<M::Substream>;
    type Error = io::Error;

    fn poll_inbound(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Self::Substream>> {
        let polled = self.inner.as_mut().poll_inbound(context).map_err(io::Error::other);
        polled.map(|stream| Ok(Counted { stream: stream?, _place: Some(self.count_in()?) }))
    }

    fn poll_outbound(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Self::Substream>> {
        let polled = self.inner.as_mut().poll_outbound(context).map_err(io::Error::other);
        polled.map_ok(|stream| Counted { stream, _place: None })
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Poll::Ready(closed) = self.inner.as_mut().poll_close(context) {
            return Poll::Ready(closed.map_err(io::Error::other));
        }
        let deadline =
            self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(CLOSE_TIMEOUT)));
        deadline.as_mut().poll(context).map(|()| {
            let why = "the peer did not let the connection close in time";
            Err(io::Error::new(io::ErrorKind::TimedOut, why))
        })
    }

    fn poll(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<StreamMuxerEvent>> {
        self.inner.as_mut().poll(context).map_err(io::Error::other)
    }
}

/// A stream that is counted as long as it lives, if the peer opened it.
#[pin_project]
pub(super) struct Counted<S> {
    #[pin]
    stream: S,
    _place: Option<Place>,
}

struct Place {
    open: Arc<AtomicUsize>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Relaxed);
    }
}

impl<S: AsyncRead> AsyncRead for Counted<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.project().stream.poll_read(context, buffer)
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &mut [io::IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().stream.poll_read_vectored(context, buffers)
    }
}

impl<S: AsyncWrite> AsyncWrite for Counted<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().stream.poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().stream.poll_write_vectored(context, slices)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().stream.poll_flush(context)
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().stream.poll_close(context)
    }
}

/// Enough for a farewell across the world; short enough that a shutdown stays under its bound.
pub(crate) const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// A peer that shakes hands needs one for that, and a few for libp2p's own protocols; the rest may
/// be named streams that it opens early.
pub(crate) const MOST_UNESTABLISHED_STREAMS: usize = 64;

#[cfg(test)]
mod tests {
    use super::super::standing::Standings;
    use super::*;
    use crate::EventFilter;
    use crate::events::{EventKind, Hub};

    type Inner = futures::io::Cursor<Vec<u8>>;

    /// A muxer whose peer opens stream after stream, and never lets it close.
    struct Greedy;

    impl StreamMuxer for Greedy {
        type Substream = Inner;
        type Error = io::Error;

        fn poll_inbound(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<Inner>> {
            Poll::Ready(Ok(Inner::default()))
        }

        fn poll_outbound(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<Inner>> {
            Poll::Ready(Ok(Inner::default()))
        }

        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<StreamMuxerEvent>> {
            Poll::Pending
        }
    }

    fn bounded(standings: &Standings, hub: &Hub) -> (libp2p::PeerId, Bounded<Greedy>) {
        let peer = libp2p::PeerId::random();
        let address = libp2p::Multiaddr::empty();
        let denial = Denial::TooManyStreams;
        let denied = Denied { inbound: true, peer: None, address, denial };
        (peer, Bounded::new(Greedy, standings.of(peer), Denials::new(hub.clone()), denied))
    }

    fn accept(muxer: &mut Bounded<Greedy>) -> io::Result<Counted<Inner>> {
        let mut context = Context::from_waker(std::task::Waker::noop());
        match Pin::new(muxer).poll_inbound(&mut context) {
            Poll::Ready(accepted) => accepted,
            Poll::Pending => panic!("the peer is greedy"),
        }
    }

    #[test]
    fn before_it_is_established_a_peer_has_64_streams_and_one_more_ends_its_connection() {
        let hub = Hub::new(8);
        let mut events = hub.subscribe(EventFilter::all());
        let (_, mut muxer) = bounded(&Standings::default(), &hub);
        let mut streams: Vec<_> = (0..64).map(|_| accept(&mut muxer).unwrap()).collect();
        streams.truncate(60);
        streams.extend((0..4).map(|_| accept(&mut muxer).unwrap()));
        assert!(accept(&mut muxer).is_err());
        let EventKind::ConnectionDenied { denial, .. } = events.drain(1).remove(0).kind else {
            panic!("the denial is reported");
        };
        assert_eq!(denial, Denial::TooManyStreams);
    }

    #[test]
    fn an_established_peer_has_as_many_streams_as_the_muxer_lets_it() {
        let standings = Standings::default();
        let (peer, mut muxer) = bounded(&standings, &Hub::new(8));
        standings.set_established(&peer, true);
        let streams: Vec<_> = (0..200).map(|_| accept(&mut muxer).unwrap()).collect();
        assert_eq!(muxer.inbound.load(Relaxed), 200);
        drop(streams);
        assert_eq!(muxer.inbound.load(Relaxed), 0);
    }

    #[test]
    fn streams_that_we_open_are_not_counted() {
        let (_, mut muxer) = bounded(&Standings::default(), &Hub::new(8));
        let mut context = Context::from_waker(std::task::Waker::noop());
        let opened = Pin::new(&mut muxer).poll_outbound(&mut context);
        assert!(opened.is_ready());
        assert_eq!(muxer.inbound.load(Relaxed), 0);
    }

    #[tokio::test]
    async fn a_close_that_the_peer_blocks_ends_at_the_deadline() {
        let (_, mut muxer) = bounded(&Standings::default(), &Hub::new(8));
        let closing = std::future::poll_fn(|context| Pin::new(&mut muxer).poll_close(context));
        let ended = tokio::time::timeout(CLOSE_TIMEOUT * 2, closing).await.expect("it ends");
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
