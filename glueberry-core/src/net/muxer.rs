//! Bounds on what a connection can make us hold: one that does not let itself be closed is dropped,
//! and the streams that a peer opens beyond a few wait until it is established.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::task::AtomicWaker;
use futures::{AsyncRead, AsyncWrite};
use libp2p::Multiaddr;
use libp2p::core::muxing::{StreamMuxer, StreamMuxerEvent};
use pin_project::pin_project;
use tokio::time::Sleep;

use super::gate::{Denials, Denied};
use super::standing::Standing;
use crate::config::MAX_STREAMS;
use crate::events::Denial;

/// A muxer whose `poll_close` gives up after [`CLOSE_TIMEOUT`], and that serves a peer that is not
/// established no more than [`MOST_UNESTABLISHED_STREAMS`] inbound streams at once. More of them
/// wait: an honest peer takes itself for established before we do, and may open one for each name
/// at once. When more than [`MOST_HELD_STREAMS`] wait, which honest peers do not need, the
/// connection fails.
///
/// libp2p awaits a muxer's close without a deadline and reports the connection closed only after
/// it; a peer that stopped reading would keep both waiting for as long as TCP does.
///
/// Streams wait here and not in yamux's own queue, which resets those beyond 256 and does not tell.
/// libp2p's swarm accepts streams as long as fewer than 128 are being negotiated, so that those of a
/// peer that is not established never wait there uncounted. QUIC has no more streams than may be
/// served and wait here, and lets a peer wait before it opens another.
pub(super) struct Bounded<M: StreamMuxer> {
    inner: Pin<Box<M>>,
    deadline: Option<Pin<Box<Sleep>>>,
    /// Lives as long as the connection.
    standing: Arc<Standing>,
    inbound: Arc<Inbound>,
    /// Opened by the peer, and not served yet; in their order.
    held: VecDeque<M::Substream>,
    /// Where we dialed the peer, to be told once: above, it may be known by a DNS name only.
    reached: Option<Multiaddr>,
    denials: Denials,
    /// What to report when the peer opens too many.
    denied: Denied,
}

/// The inbound streams that are served.
#[derive(Default)]
struct Inbound {
    open: AtomicUsize,
    /// The connection's task: woken when one of them is closed, or the peer is established.
    room: Arc<AtomicWaker>,
}

impl<M: StreamMuxer> Bounded<M> {
    /// `denied` is reported if the peer opens too many streams.
    pub(super) fn new(inner: M, standing: Arc<Standing>, denials: Denials, denied: Denied) -> Self {
        let denied = Denied { denial: Denial::TooManyStreams, ..denied };
        let inbound = Arc::<Inbound>::default();
        standing.wake_when_established(&inbound.room);
        let reached = (!denied.inbound).then(|| denied.address.clone());
        let (inner, held) = (Box::pin(inner), VecDeque::new());
        Self { inner, deadline: None, standing, inbound, held, reached, denials, denied }
    }

    /// The stream that has waited longest, if one more may be served.
    fn next_held(&mut self, context: &mut Context<'_>) -> Option<M::Substream> {
        if !self.has_room() {
            self.inbound.room.register(context.waker());
            // It may have come about before anybody was to be woken.
            if !self.has_room() {
                return None;
            }
        }
        self.held.pop_front()
    }

    fn has_room(&self) -> bool {
        self.standing.is_established()
            || self.inbound.open.load(Relaxed) < MOST_UNESTABLISHED_STREAMS
    }

    fn hold(&mut self, stream: M::Substream) -> io::Result<()> {
        if self.held.len() >= MOST_HELD_STREAMS {
            self.denials.report(self.denied.clone());
            return Err(io::Error::other(self.denied.error()));
        }
        self.held.push_back(stream);
        Ok(())
    }

    fn serve(&self, stream: M::Substream) -> Counted<M::Substream> {
        self.inbound.open.fetch_add(1, Relaxed);
        Counted { stream, _place: Some(Place { inbound: self.inbound.clone() }) }
    }
}

impl<M: StreamMuxer> StreamMuxer for Bounded<M>
where
    M::Substream: Unpin,
    M::Error: Send + Sync + 'static,
{
    type Substream = Counted<M::Substream>;
    type Error = io::Error;

    fn poll_inbound(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Self::Substream>> {
        loop {
            if let Some(stream) = self.next_held(context) {
                return Poll::Ready(Ok(self.serve(stream)));
            }
            let polled = self.inner.as_mut().poll_inbound(context).map_err(io::Error::other);
            let stream = ready!(polled)?;
            self.hold(stream)?;
        }
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
        if let Some(reached) = self.reached.take() {
            return Poll::Ready(Ok(StreamMuxerEvent::AddressChange(reached)));
        }
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
    inbound: Arc<Inbound>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.inbound.open.fetch_sub(1, Relaxed);
        self.inbound.room.wake();
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
/// Of the streams for 128 names half are served. The others may be given up and opened again three
/// times while we finish the handshake: a peer gives one up after 10 s, and the handshake has 30 s.
pub(crate) const MOST_HELD_STREAMS: usize = 2 * MAX_STREAMS - MOST_UNESTABLISHED_STREAMS;

#[cfg(test)]
mod tests {
    use std::task::{Wake, Waker};

    use libp2p::PeerId;

    use super::super::standing::Standings;
    use super::*;
    use crate::EventFilter;
    use crate::events::{EventKind, Hub};

    type Inner = futures::io::Cursor<Vec<u8>>;

    /// A muxer whose peer opens so many streams, and never lets it close.
    struct Greedy {
        opens: usize,
    }

    impl StreamMuxer for Greedy {
        type Substream = Inner;
        type Error = io::Error;

        fn poll_inbound(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<Inner>> {
            let Some(left) = self.opens.checked_sub(1) else { return Poll::Pending };
            self.opens = left;
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

    /// A peer that opens so many streams.
    fn bounded(opens: usize, standings: &Standings, hub: &Hub) -> (PeerId, Bounded<Greedy>) {
        let peer = PeerId::random();
        let address = Multiaddr::empty();
        let denial = Denial::TooManyStreams;
        let denied = Denied { inbound: true, peer: None, address, denial };
        let denials = Denials::new(hub.clone());
        (peer, Bounded::new(Greedy { opens }, standings.of(peer), denials, denied))
    }

    /// Counts how often a task is woken.
    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    fn counting() -> (Waker, Arc<Wakes>) {
        let wakes = Arc::<Wakes>::default();
        (wakes.clone().into(), wakes)
    }

    type Polled = Poll<io::Result<Counted<Inner>>>;

    fn poll(muxer: &mut Bounded<Greedy>, context: &mut Context<'_>) -> Polled {
        Pin::new(muxer).poll_inbound(context)
    }

    /// All that are served now.
    fn served(muxer: &mut Bounded<Greedy>, context: &mut Context<'_>) -> Vec<Counted<Inner>> {
        let next = || match poll(muxer, context) {
            Poll::Ready(served) => Some(served.unwrap()),
            Poll::Pending => None,
        };
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn before_it_is_established_a_peer_has_64_streams_and_the_others_wait() {
        let (standings, (waker, wakes)) = (Standings::default(), counting());
        let mut context = Context::from_waker(&waker);
        let (peer, mut muxer) = bounded(128, &standings, &Hub::new(8));
        let mut streams = served(&mut muxer, &mut context);
        assert_eq!(streams.len(), 64);
        drop(streams.pop());
        assert_eq!(wakes.0.load(Relaxed), 1, "one that is closed makes room");
        streams.extend(served(&mut muxer, &mut context));
        assert_eq!(streams.len(), 64);
        standings.set_established(&peer, true);
        assert_eq!(wakes.0.load(Relaxed), 2);
        streams.extend(served(&mut muxer, &mut context));
        assert_eq!(streams.len(), 127);
    }

    #[test]
    fn a_peer_that_opens_far_more_before_it_is_established_ends_its_connection() {
        let hub = Hub::new(8);
        let mut events = hub.subscribe(EventFilter::all());
        let mut context = Context::from_waker(std::task::Waker::noop());
        let most = MOST_UNESTABLISHED_STREAMS + MOST_HELD_STREAMS;
        let (_, mut muxer) = bounded(most, &Standings::default(), &hub);
        let _streams = served(&mut muxer, &mut context);
        assert_eq!(events.drain(1).len(), 0);
        muxer.inner.opens = 1;
        assert!(matches!(poll(&mut muxer, &mut context), Poll::Ready(Err(_))));
        let EventKind::ConnectionDenied { denial, .. } = events.drain(1).remove(0).kind else {
            panic!("the denial is reported");
        };
        assert_eq!(denial, Denial::TooManyStreams);
    }

    #[test]
    fn an_established_peer_has_as_many_streams_as_the_muxer_lets_it() {
        let standings = Standings::default();
        let (peer, mut muxer) = bounded(500, &standings, &Hub::new(8));
        standings.set_established(&peer, true);
        let mut context = Context::from_waker(std::task::Waker::noop());
        let streams = served(&mut muxer, &mut context);
        assert_eq!(muxer.inbound.open.load(Relaxed), 500);
        drop(streams);
        assert_eq!(muxer.inbound.open.load(Relaxed), 0);
    }

    #[test]
    fn streams_that_we_open_are_not_counted() {
        let (_, mut muxer) = bounded(1, &Standings::default(), &Hub::new(8));
        let mut context = Context::from_waker(std::task::Waker::noop());
        let opened = Pin::new(&mut muxer).poll_outbound(&mut context);
        assert!(opened.is_ready());
        assert_eq!(muxer.inbound.open.load(Relaxed), 0);
    }

    #[tokio::test]
    async fn a_close_that_the_peer_blocks_ends_at_the_deadline() {
        let (_, mut muxer) = bounded(1, &Standings::default(), &Hub::new(8));
        let closing = std::future::poll_fn(|context| Pin::new(&mut muxer).poll_close(context));
        let ended = tokio::time::timeout(CLOSE_TIMEOUT * 2, closing).await.expect("it ends");
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
