//! How much passed in what time.

use std::time::Duration;

/// One round of messages one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flow {
    /// Those that arrived.
    pub(crate) messages: u64,
    /// Those that did not.
    pub(crate) lost: u64,
    /// From the first send to the last arrival.
    pub(crate) elapsed: Duration,
}

impl Flow {
    /// Messages a second.
    pub(crate) fn rate(&self) -> f64 {
        let messages = u32::try_from(self.messages).expect("four billion messages take minutes");
        f64::from(messages) / self.elapsed.as_secs_f64()
    }

    /// As if both had been one.
    pub(crate) fn add(&mut self, other: &Self) {
        self.messages += other.messages;
        self.lost += other.lost;
        self.elapsed += other.elapsed;
    }
}
