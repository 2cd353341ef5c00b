//! Received bytes on their way into the inbox.

use std::io;

use bytes::Bytes;
use futures::{AsyncRead, AsyncReadExt};

/// Received bytes that were not handed over yet.
///
/// It grows by what has come, never by what a length field promises, and is small while little
/// comes, so that an idle stream costs little.
pub(super) struct ReadBuffer {
    bytes: Vec<u8>,
    filled: usize,
    /// How large the next buffer is: follows what single reads bring.
    next_size: usize,
}

impl ReadBuffer {
    pub(super) fn new() -> Self {
        Self { bytes: vec![0; SMALLEST], filled: 0, next_size: SMALLEST }
    }

    /// Reads once; 0 is the end of the stream.
    pub(super) async fn fill(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
    ) -> io::Result<usize> {
        if self.filled == self.bytes.len() {
            self.bytes.resize(self.filled * 2, 0);
        }
        let space = self.bytes.len() - self.filled;
        let count = stream.read(&mut self.bytes[self.filled..]).await?;
        self.filled += count;
        if count == space {
            self.next_size = (self.next_size * 2).min(LARGEST);
        } else if count < self.next_size / 4 {
            self.next_size = (self.next_size / 2).max(SMALLEST);
        }
        Ok(count)
    }

    pub(super) fn unread(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }

    pub(super) fn unread_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.filled]
    }

    /// Splits off the first `end` bytes. A buffer that is mostly used is handed over as it is, and
    /// a new one takes its place; from one that is mostly empty they are copied, lest a small
    /// message keeps a large buffer.
    pub(super) fn split_to(&mut self, end: usize) -> Front {
        let tail = self.filled - end;
        if end * 2 < self.bytes.len() {
            let front = Bytes::copy_from_slice(&self.bytes[..end]);
            self.bytes.copy_within(end..self.filled, 0);
            self.filled = tail;
            return Front { bytes: front, memory: end };
        }
        let mut next = vec![0; self.next_size.max(tail * 2)];
        next[..tail].copy_from_slice(&self.bytes[end..self.filled]);
        let mut front = std::mem::replace(&mut self.bytes, next);
        self.filled = tail;
        let memory = front.capacity();
        front.truncate(end);
        Front { bytes: Bytes::from(front), memory }
    }
}

/// What was split off, and the memory that it keeps.
pub(super) struct Front {
    pub(super) bytes: Bytes,
    pub(super) memory: usize,
}

/// What an idle stream holds.
const SMALLEST: usize = 2048;
/// What a busy stream reads at once: beyond it the gain is lost in the noise, and an application
/// that keeps one message of a buffer keeps the buffer. Only a larger message makes it larger.
pub(crate) const LARGEST: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_read_comes_out_in_order_whatever_the_splits() {
        let sent: Vec<u8> = (0..200_000u32).map(|i| u8::try_from(i % 251).unwrap()).collect();
        let mut stream = futures::io::Cursor::new(sent.clone());
        let (mut buffer, mut received) = (ReadBuffer::new(), Vec::new());
        for keep in 0.. {
            let end_of_stream = buffer.fill(&mut stream).await.unwrap() == 0;
            let unread = buffer.unread().len();
            let end = if end_of_stream { unread } else { unread.saturating_sub(keep % 700) };
            let front = buffer.split_to(end);
            assert!(front.memory <= 2 * front.bytes.len() + 1);
            received.extend_from_slice(&front.bytes);
            if end_of_stream {
                break;
            }
        }
        assert!(received == sent);
    }

    #[tokio::test]
    async fn a_few_bytes_never_hand_over_a_large_buffer() {
        let mut buffer = ReadBuffer::new();
        buffer.fill(&mut &[7u8; 10][..]).await.unwrap();
        let before = buffer.bytes.as_ptr();
        assert_eq!(buffer.split_to(10).memory, 10);
        assert_eq!(buffer.bytes.as_ptr(), before, "the buffer stays");
    }

    #[tokio::test]
    async fn one_read_is_bounded_unless_a_message_is_larger() {
        let mut endless = futures::io::repeat(7);
        let (mut buffer, mut most) = (ReadBuffer::new(), 0);
        for _ in 0..20 {
            most = most.max(buffer.fill(&mut endless).await.unwrap());
            buffer.split_to(buffer.filled);
        }
        assert_eq!(most, LARGEST);
        for _ in 0..3 {
            buffer.fill(&mut endless).await.unwrap();
        }
        assert_eq!(buffer.unread().len(), 4 * LARGEST, "of a message that is not whole yet");
        buffer.split_to(buffer.filled);
        assert_eq!(buffer.bytes.len(), LARGEST);
    }
}
