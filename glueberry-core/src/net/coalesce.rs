//! Many small writes of the muxer become few large ones of the secure channel.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::{AsyncRead, AsyncWrite};

use super::keepalive::Ear;

/// Stands between the secure channel and yamux, which writes each frame in two pieces and flushes
/// after each: without it, every 64 KiB cost four flushes, each with its own ciphertext and its own
/// system call.
///
/// Writes are gathered, up to [`GATHERED`] bytes. A flush is put off until the muxer has nothing
/// more to do in its turn, which it shows by reading and finding nothing, or by flushing again
/// without having written. The bytes on the wire are the same.
pub(super) struct Coalesce<C> {
    inner: C,
    ear: Ear,
    gathered: Vec<u8>,
    written: usize,
    flush: Flush,
    /// Why the channel failed first. yamux overlooks a fault while it waits to write, and would
    /// report the next: that the pipe is broken, not that the system gave the peer up.
    fault: Option<io::ErrorKind>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Flush {
    /// Nothing was written since the last one.
    Done,
    /// Something was written, and nobody asked for a flush yet.
    Unasked,
    /// Asked for and put off: the task was woken to do it, if nothing else does it before.
    PutOff,
}

impl<C: AsyncWrite + Unpin> Coalesce<C> {
    /// `ear` hears what comes, and whether anything is taken.
    pub(super) fn new(inner: C, ear: Ear) -> Self {
        Self { inner, ear, gathered: Vec::new(), written: 0, flush: Flush::Done, fault: None }
    }

    /// Hands all that is gathered to the secure channel.
    fn poll_hand_over(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.gathered.len() {
            let rest = &self.gathered[self.written..];
            let outcome = Pin::new(&mut self.inner).poll_write(context, rest);
            let count = ready!(self.note(outcome))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += count;
        }
        self.written = 0;
        self.gathered.clear();
        Poll::Ready(Ok(()))
    }

    fn note<T>(&mut self, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        self.ear.wrote(&outcome);
        outcome.map_err(|fault| match *self.fault.get_or_insert(fault.kind()) {
            first if first == fault.kind() => fault,
            first => first.into(),
        })
    }

    fn poll_flush_now(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_hand_over(context))?;
        let outcome = Pin::new(&mut self.inner).poll_flush(context);
        ready!(self.note(outcome))?;
        self.flush = Flush::Done;
        // An idle connection holds no buffer.
        self.gathered = Vec::new();
        Poll::Ready(Ok(()))
    }
}

impl<C: AsyncRead + AsyncWrite + Unpin> AsyncRead for Coalesce<C> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        self.ear.read(&read);
        if read.is_pending() && self.flush != Flush::Done {
            // Not done yet, it goes on when the channel takes more; a fault shows when reading.
            if let Poll::Ready(Err(fault)) = self.poll_flush_now(context) {
                return Poll::Ready(Err(fault));
            }
        }
        read
    }
}

impl<C: AsyncWrite + Unpin> AsyncWrite for Coalesce<C> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.gathered.len() + bytes.len() > GATHERED || self.written > 0 {
            ready!(self.poll_hand_over(context))?;
        }
        self.flush = Flush::Unasked;
        if self.gathered.capacity() == 0 && bytes.len() > SMALL {
            self.gathered.reserve(GATHERED);
        }
        let count = bytes.len().min(GATHERED);
        self.gathered.extend_from_slice(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.flush {
            Flush::Done => Poll::Ready(Ok(())),
            Flush::Unasked => {
                self.flush = Flush::PutOff;
                context.waker().wake_by_ref();
                Poll::Ready(Ok(()))
            }
            Flush::PutOff => self.poll_flush_now(context),
        }
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_flush_now(context))?;
        Pin::new(&mut self.inner).poll_close(context)
    }
}

/// A write above it announces many more.
const SMALL: usize = 4096;
/// Four of yamux's largest frames: beyond it nothing is gained.
pub(crate) const GATHERED: usize = 64 * 1024 + 4 * 12;

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use futures::{AsyncReadExt, AsyncWriteExt};
    use proptest::prelude::*;

    use super::super::keepalive::Pulses;
    use super::*;

    fn deaf() -> Ear {
        Ear::new(Pulses::default())
    }

    /// Takes a few bytes at a time, sometimes none; reading finds nothing.
    struct Narrow {
        taken: Vec<u8>,
        flushed: usize,
        turn: usize,
        width: usize,
    }

    impl Narrow {
        fn stalls(&mut self, context: &Context<'_>) -> bool {
            self.turn += 1;
            let stalls = self.turn.is_multiple_of(3);
            if stalls {
                context.waker().wake_by_ref();
            }
            stalls
        }
    }

    impl AsyncWrite for Narrow {
        fn poll_write(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            if self.stalls(context) {
                return Poll::Pending;
            }
            let count = bytes.len().min(self.width);
            self.taken.extend_from_slice(&bytes[..count]);
            Poll::Ready(Ok(count))
        }

        fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
            if self.stalls(context) {
                return Poll::Pending;
            }
            self.flushed = self.taken.len();
            Poll::Ready(Ok(()))
        }

        fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.poll_flush(context)
        }
    }

    impl AsyncRead for Narrow {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &mut [u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Pending
        }
    }

    proptest! {
        #[test]
        fn the_channel_gets_the_same_bytes_and_a_quiet_muxer_leaves_none_behind(
            width in 1..100_000usize,
            steps in prop::collection::vec((0..90_000usize, any::<bool>()), 0..12),
        ) {
            let inner = Narrow { taken: Vec::new(), flushed: 0, turn: 0, width };
            let mut channel = Coalesce::new(inner, deaf());
            let mut sent = Vec::new();
            for (number, (len, flushes)) in steps.into_iter().enumerate() {
                let bytes = vec![u8::try_from(number).unwrap(); len];
                block_on(channel.write_all(&bytes)).unwrap();
                sent.extend_from_slice(&bytes);
                if flushes {
                    block_on(channel.flush()).unwrap();
                }
                prop_assert!(channel.gathered.len() <= GATHERED);
            }
            block_on(channel.flush()).unwrap();
            // The muxer reads and finds nothing until the flush is done.
            while channel.flush != Flush::Done {
                let waker = futures::task::noop_waker();
                let mut context = Context::from_waker(&waker);
                let read = Pin::new(&mut channel).poll_read(&mut context, &mut [0]);
                prop_assert!(read.is_pending());
            }
            prop_assert!(channel.inner.taken == sent);
            prop_assert_eq!(channel.inner.flushed, sent.len());
        }
    }

    #[test]
    fn closing_writes_what_was_gathered() {
        let inner = Narrow { taken: Vec::new(), flushed: 0, turn: 0, width: 10 };
        let mut channel = Coalesce::new(inner, deaf());
        block_on(channel.write_all(b"farewell, and thanks")).unwrap();
        block_on(channel.close()).unwrap();
        assert_eq!(channel.inner.taken, b"farewell, and thanks");
        assert_eq!(channel.inner.flushed, 20);
    }

    /// Fails for the first reason once, and for the second ever after, as a socket does.
    struct Failing(Option<io::ErrorKind>);

    impl AsyncWrite for Failing {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Err(self.0.take().unwrap_or(io::ErrorKind::BrokenPipe).into()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn a_channel_goes_on_failing_for_its_first_reason() {
        let mut channel = Coalesce::new(Failing(Some(io::ErrorKind::TimedOut)), deaf());
        block_on(channel.write_all(b"unwritable")).unwrap();
        for _ in 0..2 {
            let fault = block_on(channel.close()).unwrap_err();
            assert_eq!(fault.kind(), io::ErrorKind::TimedOut);
        }
    }

    #[test]
    fn what_is_read_passes_through() {
        let mut channel = Coalesce::new(futures::io::Cursor::new(b"hello".to_vec()), deaf());
        let mut word = [0; 5];
        block_on(channel.read_exact(&mut word)).unwrap();
        assert_eq!(&word, b"hello");
    }
}
