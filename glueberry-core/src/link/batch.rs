//! Frames on their way out.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::AsyncWrite;
use glueberry_proto::v1::frame::{FrameReader, MAX_SKIPPABLE, Step};
use glueberry_proto::v1::record::{OpenRecord, SealedBatch};

use super::outgoing::Tally;

/// Frames that the writer took: sealed once, then written whole. What is sent again is sent with
/// the same nonces.
pub(crate) struct Batch {
    frames: Frames,
    written: usize,
    /// The duplex keeps what of it goes to the stream in use.
    announced: bool,
}

enum Frames {
    Sealed(SealedBatch),
    /// A copy of what went to a stream that the peer refused.
    Replay {
        bytes: Vec<u8>,
        counts: Counts,
    },
}

/// What a replay means for the count of unwritten messages.
enum Counts {
    /// All of it counted as written once; it ends with what `last` held, if that did not yet.
    Last(Option<SealedBatch>),
    /// No stream took it: it counts as unwritten again.
    All,
}

impl Batch {
    pub(super) fn seal(record: OpenRecord) -> Self {
        Self::new(Frames::Sealed(record.seal(&mut rand::rng())))
    }

    /// What is written instead of `interrupted`: the whole of `bytes`, which ends with it. The
    /// duplex gave them, and keeps them.
    pub(super) fn replay(bytes: Vec<u8>, interrupted: Option<Self>) -> Self {
        let counts = match interrupted.map(|batch| batch.frames) {
            Some(Frames::Sealed(batch)) => Counts::Last(Some(batch)),
            Some(Frames::Replay { counts, .. }) => counts,
            None => Counts::Last(None),
        };
        Self { announced: true, ..Self::new(Frames::Replay { bytes, counts }) }
    }

    /// What no stream took when the link ended.
    pub(super) fn unsent(bytes: Vec<u8>) -> Self {
        Self::new(Frames::Replay { bytes, counts: Counts::All })
    }

    fn new(frames: Frames) -> Self {
        Self { frames, written: 0, announced: false }
    }

    /// Refused before, and not written again as the link ends: the rest counts as unwritten.
    pub(super) fn into_unsent(mut self) -> Self {
        if let Frames::Replay { counts, .. } = &mut self.frames {
            *counts = Counts::All;
        }
        self
    }

    pub(super) fn is_announced(&self) -> bool {
        self.announced
    }

    /// What the duplex is to be told of, before it is written.
    pub(super) fn announce(&mut self) -> Option<&[u8]> {
        (!std::mem::replace(&mut self.announced, true)).then(|| self.rest())
    }

    /// What is not written yet.
    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes()[self.written..]
    }

    /// What of it counts as not written.
    pub(super) fn tally(&self) -> Tally {
        Tally { messages: self.unwritten_messages(), bytes: self.rest().len() as u64 }
    }

    fn unwritten_messages(&self) -> u64 {
        match &self.frames {
            Frames::Sealed(batch) => u64::from(batch.messages_from(self.written)),
            Frames::Replay { counts: Counts::All, .. } => self.unwritten_frames(),
            // A part of `last` may have been written before: then the replay ends with the rest.
            Frames::Replay { counts: Counts::Last(Some(last)), .. } => {
                u64::from(last.messages()).min(self.unwritten_frames())
            }
            Frames::Replay { counts: Counts::Last(None), .. } => 0,
        }
    }

    fn unwritten_frames(&self) -> u64 {
        whole_frames(self.bytes()).filter(|end| *end > self.written).count() as u64
    }

    /// Whether it holds messages that do not count as written.
    pub(super) fn counts(&self) -> bool {
        !matches!(self.frames, Frames::Replay { counts: Counts::Last(None), .. })
    }

    /// Goes back to the beginning of the message that was cut: it goes whole into another stream,
    /// of which the duplex is told anew.
    pub(super) fn rewind(&mut self) {
        self.announced = false;
        let ends = whole_frames(self.bytes());
        self.written = ends.take_while(|end| *end <= self.written).last().unwrap_or(0);
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
            Frames::Replay { counts: Counts::Last(last), .. } => last,
            Frames::Replay { counts: Counts::All, .. } => None,
        }
    }
}

/// Where each frame ends.
fn whole_frames(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let mut frames = FrameReader::new(MAX_SKIPPABLE);
    let mut at = 0;
    std::iter::from_fn(move || match frames.step(&bytes[at..]) {
        Ok(Step::Frame { consumed, .. }) => {
            at += consumed;
            Some(at)
        }
        _ => None,
    })
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
