//! Messages that show whether all of them arrived.

use std::time::{Duration, Instant};

/// Messages of one size, numbered in their first eight bytes, until the time is up. The last one is
/// marked.
pub(crate) struct Numbered {
    message: Vec<u8>,
    next: u64,
    until: Instant,
    /// How many messages go out between two looks at the clock.
    stride: u64,
    is_over: bool,
}

impl Numbered {
    /// The time runs from now on.
    pub(crate) fn new(payload: u32, time: Duration) -> Self {
        let message = vec![FILL; payload as usize];
        assert!(message.len() >= NUMBER, "a number takes {NUMBER} bytes");
        let stride = u64::from((BETWEEN_LOOKS / payload).max(1));
        Self { message, next: 0, until: Instant::now() + time, stride, is_over: false }
    }

    /// The next one, or `None` after the last.
    #[inline]
    pub(crate) fn next_message(&mut self) -> Option<&[u8]> {
        if self.is_over {
            return None;
        }
        let number = self.next;
        self.next += 1;
        self.is_over = self.next.is_multiple_of(self.stride) && Instant::now() >= self.until;
        let stamp = if self.is_over { number | LAST } else { number };
        self.message[..NUMBER].copy_from_slice(&stamp.to_be_bytes());
        Some(&self.message)
    }

    /// How many there were so far.
    pub(crate) fn count(&self) -> u64 {
        self.next
    }
}

/// What the receiver has seen.
#[derive(Debug)]
pub(crate) struct Receipt {
    payload: u32,
    received: u64,
    is_complete: bool,
}

impl Receipt {
    pub(crate) fn new(payload: u32) -> Self {
        Self { payload, received: 0, is_complete: false }
    }

    /// Takes the next message.
    ///
    /// # Panics
    /// If it is not the next one whole.
    #[inline]
    pub(crate) fn take(&mut self, message: &[u8]) {
        assert_eq!(message.len(), self.payload as usize, "a message has another length");
        let stamp = stamp(message);
        assert_eq!(stamp & !LAST, self.received, "a message was lost, doubled or overtaken");
        self.received += 1;
        self.is_complete = stamp & LAST != 0;
    }

    /// Whether the last one has come.
    #[inline]
    pub(crate) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// How many came.
    pub(crate) fn count(&self) -> u64 {
        self.received
    }
}

/// Whether a message is the last of its round.
#[inline]
pub(crate) fn is_last(message: &[u8]) -> bool {
    stamp(message) & LAST != 0
}

#[inline]
fn stamp(message: &[u8]) -> u64 {
    let number = message.first_chunk().expect("every message has a number");
    u64::from_be_bytes(*number)
}

/// Bytes of a number.
const NUMBER: usize = size_of::<u64>();
/// The mark of the last message.
const LAST: u64 = 1 << 63;
/// Not zero, which memory has by itself.
const FILL: u8 = 0x5a;
/// Payload between two looks at the clock: a look costs as much as a small message.
const BETWEEN_LOOKS: u32 = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn a_round() -> Vec<Vec<u8>> {
        let mut numbered = Numbered::new(64, Duration::ZERO);
        std::iter::from_fn(|| numbered.next_message().map(<[u8]>::to_vec)).collect()
    }

    #[test]
    fn a_whole_round_is_complete_with_its_last_message() {
        let round = a_round();
        let mut receipt = Receipt::new(64);
        for message in &round {
            assert!(!receipt.is_complete());
            receipt.take(message);
        }
        assert!(receipt.is_complete());
        assert!(is_last(round.last().unwrap()));
        assert_eq!(receipt.count(), 64, "one stride");
    }

    #[test]
    #[should_panic(expected = "lost, doubled or overtaken")]
    fn a_gap_is_noticed() {
        let round = a_round();
        let mut receipt = Receipt::new(64);
        receipt.take(&round[0]);
        receipt.take(&round[2]);
    }
}
