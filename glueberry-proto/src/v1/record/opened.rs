//! The receiving side of a buffer of frames: open each where it lies, find messages when asked.

use std::iter::FusedIterator;
use std::ops::Range;

use super::{OVERHEAD, Protection};
use crate::aead::{Aead, NONCE_LEN, OpenError};
use crate::v1::frame::Header;

/// How many frames of `bytes`, which holds whole frames, do not end within the first `written`.
#[must_use]
pub fn messages_from(bytes: &[u8], written: usize) -> u32 {
    let mut at = 0;
    let mut missing: u32 = 0;
    while let Some(frame) = frame_at(bytes, at) {
        at += frame.end;
        missing = missing.saturating_add(u32::from(at > written));
    }
    missing
}

/// Opens the data of one frame, `nonce ‖ ciphertext ‖ tag`, in place; returns where in `data` the
/// plaintext lies.
///
/// # Errors
/// [`OpenError`] when it was not sealed by this pair of peers. The data is then unspecified: drop
/// the frame, or [`blank`] it where it lies.
#[inline]
pub fn open(key: &Aead, data: &mut [u8]) -> Result<Range<usize>, OpenError> {
    let received = data.len();
    let Some((nonce, sealed)) =
        data.split_first_chunk_mut::<NONCE_LEN>().filter(|_| received >= OVERHEAD)
    else {
        return Err(OpenError::TooShort { len: received, least: OVERHEAD });
    };
    let len = key.open_in_place(nonce, b"", sealed)?;
    Ok(NONCE_LEN..NONCE_LEN + len)
}

/// Marks one whole sealed frame that did not open, so that [`next_opened`] passes over it and the
/// buffer around it can be handed on. Bytes that are no whole frame are left as they are.
pub fn blank(frame: &mut [u8]) {
    if let Some(header) = frame_at(frame, 0) {
        // The inner length becomes zero, padded to its old width; no sealed message is so short.
        let inner = &mut frame[header.inner_at..header.data.start];
        inner.fill(0x80);
        if let Some(last) = inner.last_mut() {
            *last = 0;
        }
    }
}

/// The first message at or after `at` in a buffer of frames that were opened in place, and where
/// to look for the next. `None` at the end.
///
/// Start with `at = 0`. Passes over sealed frames too short to hold a message, and so over those
/// that were [`blank`]ed; ends at the first bytes that are no whole frame.
#[inline]
#[must_use]
pub fn next_opened(
    buf: &[u8],
    mut at: usize,
    protection: Protection,
) -> Option<(Range<usize>, usize)> {
    loop {
        let frame = frame_at(buf, at)?;
        let next = at + frame.end;
        if let Some(plaintext) = protection.plaintext(&frame.data) {
            return Some((at + plaintext.start..at + plaintext.end, next));
        }
        at = next;
    }
}

/// Walks all messages of a buffer of frames that were opened in place; see [`next_opened`].
#[must_use]
pub fn opened_frames(buf: &[u8], protection: Protection) -> OpenedFrames<'_> {
    OpenedFrames { buf, at: 0, protection }
}

/// The messages of a buffer, in order, as ranges of it. Made by [`opened_frames`].
#[derive(Clone, Debug)]
pub struct OpenedFrames<'buf> {
    buf: &'buf [u8],
    at: usize,
    protection: Protection,
}

impl Iterator for OpenedFrames<'_> {
    type Item = Range<usize>;

    #[inline]
    fn next(&mut self) -> Option<Range<usize>> {
        let (plaintext, next) = next_opened(self.buf, self.at, self.protection)?;
        self.at = next;
        Some(plaintext)
    }
}

// Where there was no whole frame once, there never is one.
impl FusedIterator for OpenedFrames<'_> {}

/// The whole frame at `at`, with offsets from there.
#[inline]
pub(super) fn frame_at(buf: &[u8], at: usize) -> Option<Header> {
    let rest = buf.get(at..)?;
    let frame = Header::read(rest).ok()??;
    (frame.end <= rest.len()).then_some(frame)
}
