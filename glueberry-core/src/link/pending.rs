//! What a link has taken to write and has not yet written.

use std::time::Instant;

use glueberry_proto::v1::duplex::Duplex;

use super::batch::Batch;

/// What is to be written, in this order.
#[derive(Default)]
pub(super) struct Pending {
    /// A stream was refused: what went to it is to be fetched from the duplex first.
    owed: bool,
    /// The batch that was being written to it, and is part of what is owed.
    absorbed: Option<Batch>,
    replay: Option<Batch>,
    batch: Option<Batch>,
    /// The duplex knows of the batch.
    announced: bool,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        !self.owed && self.replay.is_none() && self.batch.is_none()
    }

    /// Whether messages that were taken are not written yet.
    pub(super) fn has_batch(&self) -> bool {
        self.batch.is_some()
    }

    pub(super) fn begin(&mut self, batch: Batch) {
        self.batch = Some(batch);
        self.announced = false;
    }

    /// There is a stream to write to: fetches what is owed, and tells the duplex of the batch.
    pub(super) fn announce(&mut self, duplex: &mut Duplex, now: Instant) {
        if std::mem::take(&mut self.owed) {
            let last = self.absorbed.take();
            self.replay = match duplex.take_replay() {
                Some(bytes) => Some(Batch::replay(bytes, last)),
                None => last,
            };
        }
        if let (false, Some(batch)) = (self.announced, &self.batch) {
            duplex.written(batch.rest(), now);
            self.announced = true;
        }
    }

    /// The stream was refused: the duplex has all that was announced.
    pub(super) fn owe(&mut self) {
        self.owed = true;
        let announced = if self.announced { self.batch.take() } else { None };
        self.absorbed = announced.or(self.replay.take()).or(self.absorbed.take());
        self.announced = false;
    }

    /// The stream broke: the message that was cut goes whole into the next one.
    pub(super) fn rewind(&mut self) {
        for batch in self.replay.iter_mut().chain(&mut self.batch) {
            batch.rewind();
        }
        self.announced = false;
    }

    pub(super) fn next(&mut self) -> Option<&mut Batch> {
        self.replay.as_mut().or(self.batch.as_mut())
    }

    /// What was just written, if it has messages that were not written before.
    pub(super) fn done(&mut self) -> Option<Batch> {
        let done = self.replay.take().or_else(|| self.batch.take())?;
        done.counts().then_some(done)
    }

    /// No stream will take what is owed: it counts as unwritten again.
    pub(super) fn fetch_unsent(&mut self, duplex: &mut Duplex) {
        if std::mem::take(&mut self.owed) {
            let unsent = duplex.take_replay().or_else(|| duplex.take_unsent());
            self.replay = unsent.map(Batch::unsent).or(self.absorbed.take());
        }
    }

    /// What was not written wholly, whatever became of what was.
    pub(super) fn into_unwritten(mut self) -> impl Iterator<Item = Batch> {
        self.replay = self.replay.or(self.absorbed.take());
        self.into_unfinished()
    }

    pub(super) fn into_unfinished(self) -> impl Iterator<Item = Batch> {
        let batches = self.replay.into_iter().chain(self.batch);
        batches.filter(Batch::counts).map(|mut batch| {
            batch.rewind();
            batch
        })
    }
}
