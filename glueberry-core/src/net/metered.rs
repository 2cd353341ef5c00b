//! What a stranger sends is counted until it has proven who it is.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};

use futures::{AsyncRead, AsyncWrite};

tokio::task_local! {
    /// Of the stranger whose upgrade is being polled. Whatever is read meanwhile is read for it; the
    /// same socket is read elsewhere once its peer is known, and then nothing is counted.
    static ALLOWANCE: Allowance;
}

/// How many bytes one stranger may still send.
#[derive(Clone)]
pub(super) struct Allowance {
    left: Arc<AtomicUsize>,
}

impl Allowance {
    pub(super) fn new(bytes: usize) -> Self {
        Self { left: Arc::new(AtomicUsize::new(bytes)) }
    }

    /// Runs a stranger's upgrade: every [`Metered`] socket in it takes from this allowance.
    pub(super) async fn limit<F: Future>(self, upgrade: F) -> F::Output {
        ALLOWANCE.scope(self, upgrade).await
    }

    pub(super) fn is_spent(&self) -> bool {
        self.left() == 0
    }

    fn left(&self) -> usize {
        self.left.load(Relaxed)
    }

    fn spend(&self, bytes: usize) {
        // One socket is read by one task at a time.
        self.left.store(self.left().saturating_sub(bytes), Relaxed);
    }
}

/// A socket beneath the secure channel, that ends when a stranger has sent all it may.
pub(super) struct Metered<S> {
    socket: S,
}

impl<S> Metered<S> {
    pub(super) fn new(socket: S) -> Self {
        Self { socket }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let Ok(allowance) = ALLOWANCE.try_with(Allowance::clone) else {
            return Pin::new(&mut self.socket).poll_read(context, buffer);
        };
        let most = allowance.left().min(buffer.len());
        if most == 0 && !buffer.is_empty() {
            return Poll::Ready(Err(io::Error::other("a stranger sent more than it may")));
        }
        let read = Pin::new(&mut self.socket).poll_read(context, &mut buffer[..most]);
        if let Poll::Ready(Ok(count)) = read {
            allowance.spend(count);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(context, slices)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_close(context)
    }
}

#[cfg(test)]
mod tests {
    use futures::AsyncReadExt;
    use futures::io::Cursor;

    use super::*;

    #[tokio::test]
    async fn a_stranger_is_read_up_to_its_allowance_and_a_known_peer_without_end() {
        let mut socket = Metered::new(Cursor::new(vec![7; 1000]));
        let allowance = Allowance::new(100);
        let mut read = Vec::new();
        let outcome = allowance.clone().limit(socket.read_to_end(&mut read)).await;
        assert!(outcome.is_err() && allowance.is_spent());
        assert_eq!(read.len(), 100);
        socket.read_to_end(&mut read).await.unwrap();
        assert_eq!(read.len(), 1000);
    }

    #[tokio::test]
    async fn a_stranger_that_stays_within_its_allowance_is_not_cut() {
        let mut socket = Metered::new(Cursor::new(vec![7; 99]));
        let allowance = Allowance::new(100);
        let mut read = Vec::new();
        allowance.clone().limit(socket.read_to_end(&mut read)).await.unwrap();
        assert!(!allowance.is_spent());
    }
}
