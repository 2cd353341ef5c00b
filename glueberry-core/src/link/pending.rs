//! What a link has taken to write and has not yet written.

use std::time::{Duration, Instant};

use glueberry_proto::v1::duplex::Duplex;

use super::batch::Batch;

/// What is to be written, in this order. At most one batch in it counts as unwritten.
#[derive(Default)]
pub(super) struct Pending {
    /// A stream was refused: what went to it is to be fetched from the duplex first.
    owed: bool,
    /// The batch that was being written to it, and is part of what is owed.
    absorbed: Option<Batch>,
    replay: Option<Batch>,
    batch: Option<Batch>,
    /// When a stream was refused last.
    refused: Option<Instant>,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        !self.owed && self.replay.is_none() && self.batch.is_none()
    }

    /// Whether messages that were taken are not written yet.
    pub(super) fn has_batch(&self) -> bool {
        let again = self.absorbed.iter().chain(&self.replay).any(Batch::counts);
        again || self.batch.is_some()
    }

    pub(super) fn begin(&mut self, batch: Batch) {
        self.batch = Some(batch);
    }

    /// There is a stream to write to: fetches what is owed, and tells the duplex of what it does
    /// not know.
    pub(super) fn announce(&mut self, duplex: &mut Duplex, now: Instant) {
        if std::mem::take(&mut self.owed) {
            let absorbed = self.absorbed.take();
            self.fetched(match duplex.take_replay() {
                Some(bytes) => Some(Batch::replay(bytes, absorbed)),
                None => absorbed.map(rewound),
            });
        }
        for batch in self.replay.iter_mut().chain(&mut self.batch) {
            if let Some(rest) = batch.announce() {
                duplex.written(rest, now);
            }
        }
    }

    /// The stream was refused: the duplex has all that was announced.
    pub(super) fn owe(&mut self, now: Instant) {
        self.owed = true;
        self.refused = Some(now);
        let replay = self.replay.take_if(|replay| replay.is_announced());
        let batch = self.batch.take_if(|batch| batch.is_announced());
        self.absorbed = batch.or(replay).or(self.absorbed.take());
    }

    /// The stream broke: the message that was cut goes whole into the next one.
    pub(super) fn rewind(&mut self) {
        self.replay.iter_mut().chain(&mut self.batch).for_each(Batch::rewind);
    }

    pub(super) fn next(&mut self) -> Option<&mut Batch> {
        self.replay.as_mut().or(self.batch.as_mut())
    }

    /// What was just written, if it has messages that were not written before.
    pub(super) fn done(&mut self) -> Option<Batch> {
        let done = self.replay.take().or_else(|| self.batch.take())?;
        done.counts().then_some(done)
    }

    /// The connection ended. What it was given is not sent again, because nobody knows what of it
    /// was read; but a refusal that the connection outlived was one.
    pub(super) fn into_unwritten(self, duplex: &mut Duplex, now: Instant) -> Vec<Batch> {
        if self.refused.is_some_and(|refused| now >= refused + CERTAIN) {
            return self.into_unsent(duplex);
        }
        let batches = self.absorbed.into_iter().chain(self.replay).chain(self.batch);
        batches.filter(Batch::counts).map(rewound).collect()
    }

    /// No stream will take what is left: what was owed counts as unwritten again.
    pub(super) fn into_unsent(mut self, duplex: &mut Duplex) -> Vec<Batch> {
        if std::mem::take(&mut self.owed) {
            let absorbed = self.absorbed.take();
            let unsent = duplex.take_replay().or_else(|| duplex.take_unsent());
            self.fetched(unsent.map(Batch::unsent).or(absorbed));
        }
        let replay = self.replay.map(Batch::into_unsent);
        replay.into_iter().chain(self.batch).map(rewound).collect()
    }

    /// What was owed is here. A replay that was not announced was not owed, and then nothing was.
    fn fetched(&mut self, owed: Option<Batch>) {
        if owed.is_some() {
            debug_assert!(self.replay.is_none(), "a replay is owed as a whole");
            self.replay = owed;
        }
    }
}

fn rewound(mut batch: Batch) -> Batch {
    batch.rewind();
    batch
}

/// A connection that breaks takes its streams with it, which looks like a refusal of each. By then
/// it is gone, even on a loaded machine.
const CERTAIN: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests;
