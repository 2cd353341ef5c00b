//! The streams that a link reads, and in which order.

use futures::io::ReadHalf;
use glueberry_proto::v1::duplex;
use libp2p::Stream;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::link::Phase;
use crate::link::reader::Reader;

/// The readers at work, one for each stream.
#[derive(Default)]
pub(super) struct Readings {
    under_way: Vec<Reading>,
}

struct Reading {
    id: duplex::Stream,
    replaced: CancellationToken,
    caught_up: CancellationToken,
}

impl Readings {
    pub(super) fn len(&self) -> usize {
        self.under_way.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.under_way.is_empty()
    }

    pub(super) fn add(&mut self, reader: &Reader) {
        let (id, replaced) = (reader.stream, reader.replaced.clone());
        let caught_up = reader.caught_up.clone();
        self.under_way.push(Reading { id, replaced, caught_up });
    }

    pub(super) fn remove(&mut self, stream: duplex::Stream) {
        self.under_way.retain(|reading| reading.id != stream);
    }

    /// What comes on these streams from now on need not be read before what comes on others.
    pub(super) fn replace(&self, which: impl Fn(duplex::Stream) -> bool) {
        let replaced = self.under_way.iter().filter(|reading| which(reading.id));
        replaced.for_each(|it| it.replaced.cancel());
    }

    /// Cancelled when the streams are read that are read no later than a new one.
    pub(super) fn replaced(&self) -> impl Iterator<Item = CancellationToken> {
        let replaced = self.under_way.iter().filter(|reading| reading.replaced.is_cancelled());
        replaced.map(|reading| reading.caught_up.clone())
    }
}

/// Reads once the session is established, and once what the peer sent before has been read.
pub(super) async fn read_in_turn(
    reader: Reader,
    stream: ReadHalf<Stream>,
    mut phase: watch::Receiver<Phase>,
    before: Vec<CancellationToken>,
) {
    let established = phase.wait_for(|phase| *phase != Phase::Held);
    match reader.ended.clone().run_until_cancelled(established).await {
        Some(Ok(_)) => {}
        // The session ended before it was established: nothing of it counts.
        Some(Err(_)) | None => return,
    }
    // Bounded by the old connections, which are closed a while after a move; and by an application
    // that makes room for what came on the stream before this one.
    for before in before {
        before.cancelled().await;
    }
    reader.run(stream).await;
}
