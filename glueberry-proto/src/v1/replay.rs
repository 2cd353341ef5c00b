//! What was written on a stream that the peer may still refuse.

/// Sealed bytes that are kept until it is certain that the peer reads the stream they went to.
///
/// Holds an unbroken beginning of what went to the stream, made of whole writes, or nothing. The
/// first `due` bytes went to an earlier stream, which was refused, and wait to be written again;
/// while `keeping` is off, nothing else is held.
#[derive(Clone, Debug, Default)]
pub(super) struct Replay {
    kept: Vec<u8>,
    due: usize,
    keeping: bool,
}

impl Replay {
    /// The stream that is written to is another one from now on. `carry`: what went to the last one
    /// was never read.
    pub(super) fn switch(&mut self, carry: bool) {
        if !carry {
            self.kept.truncate(self.due);
        }
        self.due = self.kept.len();
        self.keeping = true;
    }

    /// Keeps one write, unless more than [`MAX_KEPT`] bytes went out before it.
    pub(super) fn push(&mut self, written: &[u8]) {
        if self.kept.len() >= MAX_KEPT {
            self.stop();
        }
        if self.keeping {
            self.kept.extend_from_slice(written);
        }
    }

    /// The peer reads the stream: nothing that goes to it has to be kept.
    pub(super) fn stop(&mut self) {
        self.keeping = false;
        self.kept.truncate(self.due);
        self.kept.shrink_to_fit();
    }

    /// Whether all that went to the stream is still here.
    pub(super) fn is_keeping(&self) -> bool {
        self.keeping
    }

    /// Whether something has to be written again.
    pub(super) fn is_due(&self) -> bool {
        self.due > 0
    }

    /// Takes what has to be written again, if anything; from then on it counts as written.
    pub(super) fn take_due(&mut self) -> Option<Vec<u8>> {
        if self.due == 0 {
            return None;
        }
        let due = self.kept[..self.due].to_vec();
        self.due = 0;
        if !self.keeping {
            self.kept = Vec::new();
        }
        Some(due)
    }

    /// Takes what is kept, for good: nothing of it will be written again.
    pub(super) fn take_all(&mut self) -> Option<Vec<u8>> {
        self.due = 0;
        Some(std::mem::take(&mut self.kept)).filter(|kept| !kept.is_empty())
    }
}

/// 1 MiB: more than Go's first window of a stream, so that a peer which took more has read.
pub const MAX_KEPT: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_out_is_kept_up_to_a_bound() {
        let mut replay = Replay::default();
        replay.switch(false);
        replay.push(&vec![1; MAX_KEPT - 1]);
        replay.push(&[2; 10]);
        assert!(replay.is_keeping(), "one write more than fits is kept whole");
        assert_eq!(replay.kept.len(), MAX_KEPT + 9);
        replay.push(&[3]);
        assert!(!replay.is_keeping());
        assert_eq!(replay.kept.capacity(), 0);
        replay.switch(true);
        assert_eq!(replay.take_due(), None, "a refusal loses it");
    }
}
