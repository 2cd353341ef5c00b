//! `/ipfs/ping/1.0.0`: 32 random bytes, and the same bytes back.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::StreamProtocol;

pub(super) const PING: StreamProtocol = StreamProtocol::new("/ipfs/ping/1.0.0");

/// What both sides of the protocol send at a time.
const SIZE: usize = 32;

/// Our questions on one stream, one at a time.
pub(super) struct Questions<S> {
    stream: S,
    open: Option<Question>,
}

struct Question {
    bytes: [u8; SIZE],
    sent: usize,
    flushed: bool,
    answer: [u8; SIZE],
    got: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Questions<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, open: None }
    }

    /// Whether a question has no answer yet.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Whether a question has not left for the peer yet.
    pub(super) fn is_unsent(&self) -> bool {
        self.open.as_ref().is_some_and(|question| !question.flushed)
    }

    /// Whether the peer has ended the stream, or spoilt it, since the last answer.
    pub(super) fn are_over(&mut self, context: &mut Context<'_>) -> bool {
        Pin::new(&mut self.stream).poll_read(context, &mut [0]).is_ready()
    }

    pub(super) fn ask(&mut self) {
        let (bytes, answer) = (rand::random(), [0; SIZE]);
        self.open = Some(Question { bytes, sent: 0, flushed: false, answer, got: 0 });
    }

    /// Ready when the open question is answered; pending without one.
    pub(super) fn poll_answer(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(question) = &mut self.open else { return Poll::Pending };
        // The stream may end before it has taken the question.
        let sent = question.poll_send(&mut self.stream, context);
        if let Poll::Ready(Err(fault)) = sent {
            return Poll::Ready(Err(fault));
        }
        ready!(question.poll_receive(&mut self.stream, context))?;
        let right = question.answer == question.bytes;
        self.open = None;
        if right {
            return Poll::Ready(Ok(()));
        }
        Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "a wrong echo")))
    }
}

impl Question {
    fn poll_send(
        &mut self,
        stream: &mut (impl AsyncWrite + Unpin),
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while self.sent < SIZE {
            let rest = &self.bytes[self.sent..];
            match ready!(Pin::new(&mut *stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.sent += count,
            }
        }
        if !self.flushed {
            ready!(Pin::new(stream).poll_flush(context))?;
            self.flushed = true;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_receive(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while self.got < SIZE {
            let rest = &mut self.answer[self.got..];
            match ready!(Pin::new(&mut *stream).poll_read(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                count => self.got += count,
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// Answers a peer's questions until it ends the stream. The peer gets no more than it sends, and
/// only as fast as it reads.
pub(super) async fn echo<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) -> io::Result<()> {
    let mut bytes = [0; SIZE];
    loop {
        match stream.read_exact(&mut bytes).await {
            Ok(()) => {}
            Err(fault) if fault.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(fault) => return Err(fault),
        }
        stream.write_all(&bytes).await?;
        stream.flush().await?;
    }
    stream.close().await
}

#[cfg(test)]
mod tests {
    use futures::future::poll_fn;
    use tokio_util::compat::TokioAsyncReadCompatExt;

    use super::*;

    #[tokio::test]
    async fn every_question_on_a_stream_is_answered_until_it_ends() {
        let (ours, theirs) = tokio::io::duplex(7);
        let echoing = tokio::spawn(echo(theirs.compat()));
        let mut questions = Questions::new(ours.compat());
        for _ in 0..3 {
            questions.ask();
            assert!(questions.is_open() && questions.is_unsent());
            poll_fn(|context| questions.poll_answer(context)).await.unwrap();
            assert!(!questions.is_open());
        }
        drop(questions);
        echoing.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_wrong_echo_is_no_answer() {
        let (ours, theirs) = tokio::io::duplex(64);
        let mut theirs = theirs.compat();
        theirs.write_all(&[7; SIZE]).await.unwrap();
        let mut questions = Questions::new(ours.compat());
        questions.ask();
        let refused = poll_fn(|context| questions.poll_answer(context)).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidData);
    }

    #[tokio::test]
    async fn a_stream_that_the_peer_ended_is_noticed_before_the_next_question() {
        let (ours, theirs) = tokio::io::duplex(64);
        let mut questions = Questions::new(ours.compat());
        assert!(!poll_fn(|context| Poll::Ready(questions.are_over(context))).await);
        drop(theirs);
        assert!(poll_fn(|context| Poll::Ready(questions.are_over(context))).await);
    }
}
