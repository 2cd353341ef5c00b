//! Telling subscribers of buffers that fill and drain.

use std::time::Instant;

use glueberry_proto::pressure::{CALM, Look, Mark};
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use crate::events::{Direction, EventKind, Hub, PressureLevel};
use crate::inbox::Origin;

/// How buffers tell of their pressure. Buffers ask it under no lock.
#[derive(Clone)]
pub(crate) struct Teller {
    events: Hub,
    tasks: TaskTracker,
    /// Buffers are drained by whoever reads, also outside of a runtime.
    runtime: Handle,
}

impl Teller {
    /// # Panics
    /// Outside of a Tokio runtime.
    pub(crate) fn new(events: Hub, tasks: TaskTracker) -> Self {
        Self { events, tasks, runtime: Handle::current() }
    }

    pub(crate) fn tell(&self, origin: &Origin, direction: Direction, mark: Mark, bytes: usize) {
        let (peer, stream, level) = (origin.peer, origin.stream.clone(), level_of(mark));
        let bytes = bytes as u64;
        self.events.emit(EventKind::StreamPressure { peer, stream, direction, level, bytes });
    }

    /// Looks at a drained buffer until it is calm or has filled again. One task for each buffer at
    /// a time, for [`CALM`] or a little longer.
    pub(crate) fn watch(&self, look: impl Fn(Instant) -> Look + Send + 'static) {
        let watching = async move {
            let mut at = Instant::now() + CALM;
            loop {
                tokio::time::sleep_until(at.into()).await;
                match look(Instant::now()) {
                    Look::Again(next) => at = next,
                    Look::Report | Look::Done => return,
                }
            }
        };
        self.tasks.spawn_on(watching, &self.runtime);
    }
}

pub(crate) fn level_of(mark: Mark) -> PressureLevel {
    match mark {
        Mark::High => PressureLevel::High,
        Mark::Low => PressureLevel::Low,
    }
}
