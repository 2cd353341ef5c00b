//! Frames on their way out.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::AsyncWrite;
use glueberry_proto::v1::frame::{FrameReader, MAX_SKIPPABLE, Step};
use glueberry_proto::v1::record::{OpenRecord, SealedBatch};

/// Frames that the writer took: sealed once, then written whole. What is sent again is sent with
/// the same nonces.
pub(crate) struct Batch {
    frames: Frames,
    written: usize,
}

enum Frames {
    Sealed(SealedBatch),
    /// A copy of what went to a stream that the peer refused. It ends with what `last` held, if
    /// that was still being written.
    Replay { bytes: Vec<u8>, last: Option<SealedBatch> },
}

impl Batch {
    pub(super) fn seal(record: OpenRecord) -> Self {
        Self { frames: Frames::Sealed(record.seal(&mut rand::rng())), written: 0 }
    }

    /// What is written instead of `interrupted`: the whole of `bytes`, which ends with it.
    pub(super) fn replay(bytes: Vec<u8>, interrupted: Option<Self>) -> Self {
        let last = interrupted.and_then(Self::into_sealed);
        Self { frames: Frames::Replay { bytes, last }, written: 0 }
    }

    /// What is not written yet.
    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes()[self.written..]
    }

    /// Messages not wholly written, without those that are only sent again.
    pub(super) fn unwritten_messages(&self) -> u64 {
        u64::from(match &self.frames {
            Frames::Sealed(batch) => batch.messages_from(self.written),
            Frames::Replay { last, .. } => last.as_ref().map_or(0, SealedBatch::messages),
        })
    }

    /// Whether it holds messages that were not wholly written before.
    pub(super) fn is_first_time(&self) -> bool {
        !matches!(self.frames, Frames::Replay { last: None, .. })
    }

    /// Goes back to the beginning of the message that was cut: it goes whole into another stream.
    pub(super) fn rewind(&mut self) {
        let mut frames = FrameReader::new(MAX_SKIPPABLE);
        let mut boundary = 0;
        while let Ok(Step::Frame { consumed, .. }) = frames.step(&self.bytes()[boundary..]) {
            if boundary + consumed > self.written {
                break;
            }
            boundary += consumed;
        }
        self.written = boundary;
    }

    /// The buffer, for the next messages.
    pub(super) fn recycle(self) -> Option<OpenRecord> {
        self.into_sealed().map(SealedBatch::recycle)
    }

    /// Writes until all is written, or the stream takes no more now. Cancelling loses nothing.
    pub(super) fn poll_write(
        &mut self,
        mut stream: Pin<&mut impl AsyncWrite>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while !self.rest().is_empty() {
            let count = ready!(stream.as_mut().poll_write(context, self.rest()))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += count;
        }
        Poll::Ready(Ok(()))
    }

    fn bytes(&self) -> &[u8] {
        match &self.frames {
            Frames::Sealed(batch) => batch.as_bytes(),
            Frames::Replay { bytes, .. } => bytes,
        }
    }

    fn into_sealed(self) -> Option<SealedBatch> {
        match self.frames {
            Frames::Sealed(batch) => Some(batch),
            Frames::Replay { last, .. } => last,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_batch_goes_on_with_the_message_that_was_cut() {
        let mut record = OpenRecord::plain();
        for message in ["one", "two", "three"] {
            record.push(message.as_bytes()).unwrap();
        }
        let mut batch = Batch::seal(record);
        let whole = batch.rest().to_vec();
        batch.written = 7;
        assert_eq!(batch.unwritten_messages(), 2);
        batch.rewind();
        assert_eq!(batch.rest(), &whole[5..], "the first frame has 5 bytes and is not sent again");
        batch.written = 3;
        batch.rewind();
        assert_eq!(batch.rest(), whole);
    }
}
