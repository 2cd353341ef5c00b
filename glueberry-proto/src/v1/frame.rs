//! Framing: `uvarint(len(inner)) ‖ inner`, where `inner = uvarint(len(data)) ‖ data`.
//!
//! The doubled length is what Go's cramberry makes of a delimited byte slice. We write minimal
//! lengths and read what the Go reader reads: lengths of up to ten bytes, minimal or not, and bytes
//! after `data` inside the outer frame, which are ignored.

use std::ops::Range;

use super::varint::{self, Read};
use crate::error::Fault;

/// The longest outer frame, in bytes behind its length: 64 MiB, the Go reader's own limit. Up to
/// here a frame that is too large for us is read past; above, the stream cannot be saved.
pub const MAX_SKIPPABLE: usize = 64 * 1024 * 1024;

/// The longest header: two lengths of ten bytes.
pub const MAX_HEADER: usize = 2 * varint::MAX_LEN;

/// Bytes of the header that we write before `data_len` bytes of data.
#[inline]
#[must_use]
pub const fn header_len(data_len: usize) -> usize {
    let inner = varint::len(data_len as u64);
    varint::len((data_len + inner) as u64) + inner
}

/// Appends the header of `data_len` bytes of data; the data itself follows it.
///
/// ```
/// let mut out = Vec::new();
/// glueberry_proto::v1::frame::put_header(&mut out, 3);
/// assert_eq!(out, [4, 3]);
/// ```
pub fn put_header(out: &mut Vec<u8>, data_len: usize) {
    let mut header = [0; MAX_HEADER];
    let len = write_header(&mut header, data_len);
    out.extend_from_slice(&header[..len]);
}

/// Writes the header to the start of `out` and returns its length.
#[inline]
pub(super) fn write_header(out: &mut [u8], data_len: usize) -> usize {
    let inner = varint::len(data_len as u64);
    let at = varint::write(out, (data_len + inner) as u64);
    at + varint::write(&mut out[at..], data_len as u64)
}

/// Finds frames in the bytes of one stream, without holding or moving any.
///
/// The caller keeps the unread bytes and shows them from their start; after each step it drops
/// what the step consumed.
///
/// ```
/// use glueberry_proto::v1::frame::{FrameReader, Step};
///
/// let mut reader = FrameReader::new(1024);
/// let mut unread = &[4, 3, 0xa, 0xb, 0xc, 1][..];
/// assert_eq!(reader.step(unread)?, Step::Frame { data: 2..5, consumed: 5 });
/// unread = &unread[5..];
/// assert_eq!(reader.step(unread)?, Step::NeedMore { at_least: 2 });
/// assert!(reader.end(unread).is_err());
/// # Ok::<(), glueberry_proto::v1::frame::FrameError>(())
/// ```
#[derive(Clone, Debug)]
pub struct FrameReader {
    max_data: usize,
    to_skip: usize,
}

impl FrameReader {
    /// A reader that stands between two frames and accepts up to `max_data` bytes of data in each.
    /// On a sealed stream that is the limit of messages plus [`OVERHEAD`](super::record::OVERHEAD).
    #[must_use]
    pub fn new(max_data: usize) -> Self {
        Self { max_data: max_data.min(MAX_SKIPPABLE), to_skip: 0 }
    }

    /// The most unread bytes that the caller ever has to hold for this reader to go on.
    #[must_use]
    pub fn max_unread(&self) -> usize {
        self.max_data + MAX_HEADER
    }

    /// Looks at the unread bytes from their start and says what stands there.
    ///
    /// # Errors
    /// [`FrameError`] when the stream makes no sense any more; reset it. The reader must not be
    /// used again.
    #[inline]
    pub fn step(&mut self, unread: &[u8]) -> Result<Step, FrameError> {
        if self.to_skip > 0 {
            return Ok(self.skip(unread));
        }
        let Some(frame) = Header::read(unread)? else {
            return Ok(Step::NeedMore { at_least: (unread.len() + 1).max(SMALLEST_FRAME) });
        };
        if self.is_oversize(&frame) {
            return Ok(self.begin_skipping(&frame, unread));
        }
        if unread.len() < frame.end {
            return Ok(Step::NeedMore { at_least: frame.end });
        }
        Ok(Step::Frame { data: frame.data, consumed: frame.end })
    }

    /// Says whether the stream may end here, `unread` being what is left of it.
    ///
    /// # Errors
    /// [`FrameError::Truncated`] when it ends inside a frame.
    pub fn end(&self, unread: &[u8]) -> Result<(), FrameError> {
        if self.to_skip > 0 || !unread.is_empty() {
            return Err(FrameError::Truncated);
        }
        Ok(())
    }

    fn is_oversize(&self, frame: &Header) -> bool {
        // A frame is also too large when bytes behind its data would make the caller hold more
        // than `max_unread`.
        frame.data.len() > self.max_data || frame.inner_len > self.max_data + varint::MAX_LEN
    }

    fn begin_skipping(&mut self, frame: &Header, unread: &[u8]) -> Step {
        let consumed = unread.len().min(frame.end);
        self.to_skip = frame.end - consumed;
        Step::Oversize { data_len: frame.end - frame.data.start, consumed }
    }

    fn skip(&mut self, unread: &[u8]) -> Step {
        if unread.is_empty() {
            return Step::NeedMore { at_least: 1 };
        }
        let consumed = unread.len().min(self.to_skip);
        self.to_skip -= consumed;
        Step::Skipped { consumed }
    }
}

/// What stands at the start of the unread bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The beginning of something. Show it again with more behind it.
    NeedMore {
        /// A lower bound of the bytes needed, counted from the start of what was shown.
        at_least: usize,
    },
    /// A whole frame.
    Frame {
        /// Where its data lies in what was shown.
        data: Range<usize>,
        /// Bytes to drop: the frame.
        consumed: usize,
    },
    /// The beginning of a frame that is too large; reported once. Its rest follows as
    /// [`Skipped`](Step::Skipped).
    Oversize {
        /// How much it claims to hold behind its lengths: its data, and padding if there is any.
        data_len: usize,
        /// Bytes to drop.
        consumed: usize,
    },
    /// More of a frame that is too large.
    Skipped {
        /// Bytes to drop.
        consumed: usize,
    },
}

/// Why the bytes of a stream make no sense. It cannot be read on: reset it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A length of more than ten bytes or more than 64 bits.
    #[error("a frame's length is malformed; the peer does not speak this protocol")]
    BadLength,
    /// An outer frame above [`MAX_SKIPPABLE`].
    #[error("a frame claims {len} bytes, more than the {MAX_SKIPPABLE} that any peer may send")]
    TooLarge {
        /// What it claims.
        len: u64,
    },
    /// The inner length, or the data it announces, does not fit the outer frame.
    #[error("a frame of {outer} bytes claims more data than it holds")]
    Overrun {
        /// Bytes behind the outer length.
        outer: usize,
    },
    /// The stream ended inside a frame.
    #[error("the stream ended inside a frame; the message it carried is lost")]
    Truncated,
}

impl FrameError {
    /// Always the peer's, or of whoever cut the stream.
    #[must_use]
    pub fn fault(&self) -> Fault {
        Fault::Peers
    }
}

/// The two lengths of a frame, as offsets from its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Where the inner length begins.
    pub(super) inner_at: usize,
    /// What the outer length says.
    pub(super) inner_len: usize,
    /// Where the data lies.
    pub(super) data: Range<usize>,
    /// Where the next frame begins. Not before the end of `data`.
    pub(super) end: usize,
}

impl Header {
    /// `None` when the header is cut. The data need not be there yet.
    #[inline]
    pub(super) fn read(bytes: &[u8]) -> Result<Option<Self>, FrameError> {
        let (outer, inner_at) = match varint::read(bytes) {
            Read::Whole { value, len } => (value, len),
            Read::Cut => return Ok(None),
            Read::Bad => return Err(FrameError::BadLength),
        };
        let inner_len = match usize::try_from(outer) {
            Ok(len) if len <= MAX_SKIPPABLE => len,
            _ => return Err(FrameError::TooLarge { len: outer }),
        };
        let end = inner_at + inner_len;
        Self::read_inner(&bytes[inner_at..bytes.len().min(end)], inner_at, inner_len)
    }

    #[inline]
    fn read_inner(
        inner: &[u8],
        inner_at: usize,
        inner_len: usize,
    ) -> Result<Option<Self>, FrameError> {
        let (value, len) = match varint::read(inner) {
            Read::Whole { value, len } => (value, len),
            Read::Cut if inner.len() < inner_len => return Ok(None),
            Read::Cut => return Err(FrameError::Overrun { outer: inner_len }),
            Read::Bad => return Err(FrameError::BadLength),
        };
        match usize::try_from(value) {
            Ok(data_len) if data_len <= inner_len - len => {
                let start = inner_at + len;
                let (data, end) = (start..start + data_len, inner_at + inner_len);
                Ok(Some(Self { inner_at, inner_len, data, end }))
            }
            _ => Err(FrameError::Overrun { outer: inner_len }),
        }
    }
}

/// An empty message: `01 00`.
const SMALLEST_FRAME: usize = 2;
