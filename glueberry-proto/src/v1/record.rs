//! The open record: one buffer that collects messages, is sealed in place and written at once.
//!
//! On wire v1 every message is sealed alone, in its own frame
//! (`header ‖ nonce12 ‖ ciphertext ‖ tag16`). The record still is one buffer: [`OpenRecord::push`]
//! copies a message to its final place and leaves room for nonce and tag, [`OpenRecord::seal`]
//! fills them, one write sends all. The receiver opens each frame where it lies ([`open`]) and
//! hands the buffer on; messages are found in it when they are asked for ([`next_opened`]).
//! Nothing is allocated for each message on either side.

mod nonces;
mod opened;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use rand::CryptoRng;

use self::nonces::Nonces;
use self::opened::frame_at;
pub use self::opened::{OpenedFrames, blank, messages_from, next_opened, open, opened_frames};
use super::frame::{self, MAX_SKIPPABLE};
use super::varint;
use crate::aead::{Aead, NONCE_LEN, TAG_LEN};
use crate::error::Fault;

/// Bytes that sealing adds to a message: nonce and tag.
pub const OVERHEAD: usize = NONCE_LEN + TAG_LEN;

/// The longest message that fits into a frame which a peer can still read past, in bytes. The
/// limits in use are far lower: Go sends at most 1 MiB unless told otherwise.
pub const MAX_MESSAGE: usize = MAX_SKIPPABLE - varint::MAX_LEN - OVERHEAD;

/// The capacity that an emptied record keeps: 256 KiB, four full records of wire v2. A rare large
/// message does not pin its memory to the stream. Owners that let records grow above it pay for new
/// memory each time.
pub const KEPT_CAPACITY: usize = 256 * 1024;

/// Whether the frames of a stream are sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protection {
    /// Each frame is sealed alone: all named streams.
    Sealed,
    /// Frames are sent as they are: the handshake stream, which libp2p's channel protects.
    Plain,
}

impl Protection {
    /// Bytes that this protection adds to a message.
    #[inline]
    #[must_use]
    pub const fn overhead(self) -> usize {
        match self {
            Protection::Sealed => OVERHEAD,
            Protection::Plain => 0,
        }
    }

    /// Bytes on the wire of a message of `plaintext_len` bytes.
    #[inline]
    #[must_use]
    pub const fn framed_len(self, plaintext_len: usize) -> usize {
        let data_len = plaintext_len + self.overhead();
        frame::header_len(data_len) + data_len
    }

    /// Where the message lies in a frame's data. `None` when the data is too short to hold one.
    #[inline]
    fn plaintext(self, data: &Range<usize>) -> Option<Range<usize>> {
        match self {
            Protection::Plain => Some(data.clone()),
            Protection::Sealed if data.len() < OVERHEAD => None,
            Protection::Sealed => Some(data.start + NONCE_LEN..data.end - TAG_LEN),
        }
    }
}

/// Messages that wait to be sealed and written. Bounding its size is the owner's task.
///
/// ```
/// # use std::sync::Arc;
/// # use rand::{SeedableRng, rngs::StdRng};
/// use glueberry_proto::{aead::Aead, v1::record::{OpenRecord, Protection}};
///
/// let mut record = OpenRecord::sealed(Arc::new(Aead::new(&[7; 32])));
/// record.push(b"one")?;
/// record.push(b"two")?;
/// assert_eq!((record.messages(), record.len()), (2, 2 * Protection::Sealed.framed_len(3)));
///
/// let batch = record.seal(&mut StdRng::seed_from_u64(1));
/// assert_eq!(batch.messages_from(40), 1);
/// let empty = batch.recycle();
/// assert!(empty.is_empty());
/// # Ok::<(), glueberry_proto::v1::record::MessageTooLarge>(())
/// ```
pub struct OpenRecord {
    buf: Vec<u8>,
    messages: u32,
    key: Option<Arc<Aead>>,
}

impl OpenRecord {
    /// An empty record whose messages will be sealed under `key`.
    #[must_use]
    pub fn sealed(key: Arc<Aead>) -> Self {
        Self { buf: Vec::new(), messages: 0, key: Some(key) }
    }

    /// An empty record of the handshake stream, whose frames are sent as they are.
    #[must_use]
    pub fn plain() -> Self {
        Self { buf: Vec::new(), messages: 0, key: None }
    }

    /// Copies a message to the end of the record.
    ///
    /// # Errors
    /// [`MessageTooLarge`] above [`MAX_MESSAGE`] bytes; the record is as it was.
    #[inline]
    pub fn push(&mut self, plaintext: &[u8]) -> Result<(), MessageTooLarge> {
        if plaintext.len() > MAX_MESSAGE {
            return Err(MessageTooLarge { len: plaintext.len() });
        }
        let protection = self.protection();
        let data_len = plaintext.len() + protection.overhead();
        let mut head = [0; frame::MAX_HEADER + NONCE_LEN];
        let header_len = frame::write_header(&mut head, data_len);
        self.buf.reserve(header_len + data_len);
        match protection {
            Protection::Plain => {
                self.buf.extend_from_slice(&head[..header_len]);
                self.buf.extend_from_slice(plaintext);
            }
            Protection::Sealed => {
                self.buf.extend_from_slice(&head[..header_len + NONCE_LEN]);
                self.buf.extend_from_slice(plaintext);
                self.buf.extend_from_slice(&[0; TAG_LEN]);
            }
        }
        self.messages = self.messages.saturating_add(1);
        Ok(())
    }

    /// Whether this record's messages will be sealed.
    #[inline]
    #[must_use]
    pub fn protection(&self) -> Protection {
        if self.key.is_some() { Protection::Sealed } else { Protection::Plain }
    }

    /// Bytes that will be written.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.buf.len()
    }

    /// Messages that wait.
    #[inline]
    #[must_use]
    pub fn messages(&self) -> u32 {
        self.messages
    }

    /// Whether nothing waits.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.buf.is_empty()
    }

    /// Seals every message in place, each under a nonce of its own drawn from `rng`.
    ///
    /// All traffic of two peers is under one key, so `rng` must be of cryptographic quality and
    /// never be repeated, not even in a forked child.
    #[must_use]
    pub fn seal(mut self, rng: &mut impl CryptoRng) -> SealedBatch {
        if let Some(key) = &self.key {
            seal_all(key, &mut self.buf, self.messages as usize, rng);
        }
        SealedBatch { record: self }
    }

    /// Drops all messages; keeps up to [`KEPT_CAPACITY`] of the memory.
    pub fn clear(&mut self) {
        self.buf.clear();
        self.buf.shrink_to(KEPT_CAPACITY);
        self.messages = 0;
    }
}

impl fmt::Debug for OpenRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenRecord")
            .field("messages", &self.messages)
            .field("bytes", &self.buf.len())
            .finish_non_exhaustive()
    }
}

/// Frames that are ready to be written.
#[derive(Debug)]
pub struct SealedBatch {
    record: OpenRecord,
}

impl SealedBatch {
    /// What to write.
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.record.buf
    }

    /// How many messages that is.
    #[must_use]
    pub fn messages(&self) -> u32 {
        self.record.messages
    }

    /// How many messages are not wholly within the first `written` bytes: what a write that
    /// stopped there has not sent.
    #[must_use]
    pub fn messages_from(&self, written: usize) -> u32 {
        messages_from(self.as_bytes(), written)
    }

    /// Turns the buffer into an empty record for the next messages, keeping up to
    /// [`KEPT_CAPACITY`] of its memory.
    #[must_use]
    pub fn recycle(mut self) -> OpenRecord {
        self.record.clear();
        self.record
    }
}

/// A message that no frame can carry. Ours: cut it, or send it another way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message of {len} bytes is above the wire's limit of {MAX_MESSAGE}; cut it into parts")]
pub struct MessageTooLarge {
    /// Bytes of the message.
    pub len: usize,
}

impl MessageTooLarge {
    /// Always ours: the limit is known beforehand.
    #[must_use]
    pub fn fault(&self) -> Fault {
        Fault::Ours
    }
}

fn seal_all(key: &Aead, buf: &mut [u8], messages: usize, rng: &mut impl CryptoRng) {
    let mut nonces = Nonces::new(messages);
    let mut at = 0;
    while let Some(frame) = frame_at(buf, at) {
        let data = at + frame.data.start..at + frame.data.end;
        seal_one(key, &mut buf[data], nonces.next(rng));
        at += frame.end;
    }
    assert_eq!(at, buf.len(), "nothing leaves a record unsealed");
}

#[inline]
fn seal_one(key: &Aead, data: &mut [u8], nonce: &[u8; NONCE_LEN]) {
    let Some((nonce_room, rest)) = data.split_first_chunk_mut::<NONCE_LEN>() else { return };
    let Some((message, tag_room)) = rest.split_last_chunk_mut::<TAG_LEN>() else { return };
    *nonce_room = *nonce;
    *tag_room = key.seal_in_place(nonce, b"", message);
}
