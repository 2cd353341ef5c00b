//! Closing that ends: a peer that does not read cannot hold a connection open.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use libp2p::core::muxing::{StreamMuxer, StreamMuxerEvent};
use tokio::time::Sleep;

use super::standing::Standing;

/// A muxer whose `poll_close` gives up after [`CLOSE_TIMEOUT`].
///
/// libp2p awaits a muxer's close without a deadline and reports the connection closed only after
/// it; a peer that stopped reading would keep both waiting for as long as TCP does.
pub(super) struct BoundedClose<M> {
    inner: Pin<Box<M>>,
    deadline: Option<Pin<Box<Sleep>>>,
    /// Lives as long as the connection.
    _standing: Arc<Standing>,
}

impl<M> BoundedClose<M> {
    pub(super) fn new(inner: M, standing: Arc<Standing>) -> Self {
        Self { inner: Box::pin(inner), deadline: None, _standing: standing }
    }
}

impl<M: StreamMuxer> StreamMuxer for BoundedClose<M>
where
    M::Error: Send + Sync + 'static,
{
    type Substream = M::Substream;
    type Error = io::Error;

    fn poll_inbound(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Self::Substream>> {
        self.inner.as_mut().poll_inbound(context).map_err(io::Error::other)
    }

    fn poll_outbound(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Self::Substream>> {
        self.inner.as_mut().poll_outbound(context).map_err(io::Error::other)
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

/// Enough for a farewell across the world; short enough that a shutdown stays under its bound.
pub(super) const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::super::standing::Standings;
    use super::*;

    /// A muxer whose peer never lets it close.
    struct Stuck;

    impl StreamMuxer for Stuck {
        type Substream = futures::io::Cursor<Vec<u8>>;
        type Error = io::Error;

        fn poll_inbound(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<io::Result<Self::Substream>> {
            Poll::Pending
        }

        fn poll_outbound(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<io::Result<Self::Substream>> {
            Poll::Pending
        }

        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<StreamMuxerEvent>> {
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn a_close_that_the_peer_blocks_ends_at_the_deadline() {
        let standing = Standings::default().of(libp2p::PeerId::random());
        let mut muxer = BoundedClose::new(Stuck, standing);
        let closing = std::future::poll_fn(|context| Pin::new(&mut muxer).poll_close(context));
        let ended = tokio::time::timeout(CLOSE_TIMEOUT * 2, closing).await.expect("it ends");
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
