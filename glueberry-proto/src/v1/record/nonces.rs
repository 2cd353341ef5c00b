//! Random nonces, drawn many at a time.

use rand::CryptoRng;

use crate::aead::NONCE_LEN;

/// The nonces of one record's messages. For short messages a call of the generator each would cost
/// a good part of the sealing itself.
pub(super) struct Nonces {
    drawn: [[u8; NONCE_LEN]; AT_ONCE],
    next: usize,
    ready: usize,
    expected: usize,
}

impl Nonces {
    /// Prepares for `expected` nonces; asking for more is possible, and slower.
    pub(super) fn new(expected: usize) -> Self {
        Self { drawn: [[0; NONCE_LEN]; AT_ONCE], next: 0, ready: 0, expected }
    }

    /// A nonce that was never given before.
    #[inline]
    pub(super) fn next(&mut self, rng: &mut impl CryptoRng) -> &[u8; NONCE_LEN] {
        if self.next == self.ready {
            self.draw(rng);
        }
        let nonce = &self.drawn[self.next];
        self.next += 1;
        nonce
    }

    fn draw(&mut self, rng: &mut impl CryptoRng) {
        self.ready = self.expected.clamp(1, AT_ONCE);
        self.expected -= self.expected.min(self.ready);
        self.next = 0;
        rng.fill_bytes(self.drawn[..self.ready].as_flattened_mut());
    }
}

/// 768 bytes of the stack: a few blocks of the generator, and no more than is soon used.
const AT_ONCE: usize = 64;
