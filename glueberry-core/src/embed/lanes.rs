//! Sends that wait without a thread: in the order in which they were begun, for each stream.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;
use tokio::sync::OwnedMutexGuard;

use crate::PeerId;

/// For each stream with a send under way, whose turn it is. Bounded by the operations of a node.
#[derive(Default)]
pub(super) struct Lanes {
    lanes: Mutex<HashMap<(PeerId, String), Weak<Lane>>>,
    /// How many have somebody in them.
    busy: Arc<AtomicUsize>,
}

type Lane = tokio::sync::Mutex<Presence>;

/// A turn that comes after all that were asked for before it.
pub(super) type Turn = Pin<Box<dyn Future<Output = OwnedMutexGuard<Presence>> + Send>>;

/// That a lane is there, which it is while somebody is in it.
pub(super) struct Presence {
    busy: Arc<AtomicUsize>,
}

impl Presence {
    fn new(busy: &Arc<AtomicUsize>) -> Self {
        busy.fetch_add(1, Ordering::Relaxed);
        Self { busy: busy.clone() }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.busy.fetch_sub(1, Ordering::Release);
    }
}

impl Lanes {
    /// Whether a send to this stream waits, so that another would overtake it.
    #[inline]
    pub(super) fn is_waiting(&self, peer: PeerId, stream: &str) -> bool {
        if self.busy.load(Ordering::Acquire) == 0 {
            return false;
        }
        let lanes = self.lanes.lock();
        lanes.get(&(peer, stream.to_owned())).is_some_and(|lane| lane.strong_count() > 0)
    }

    /// Stands in line, at once.
    pub(super) fn turn(&self, peer: PeerId, stream: &str) -> Turn {
        // The lock lets in by the order of first polls: polled under this one, that of the calls.
        let mut lanes = self.lanes.lock();
        let lane = find(&mut lanes, (peer, stream.to_owned()), &self.busy);
        let mut turn: Turn = Box::pin(lane.lock_owned());
        match turn.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(guard) => Box::pin(std::future::ready(guard)),
            Poll::Pending => turn,
        }
    }
}

fn find(
    lanes: &mut HashMap<(PeerId, String), Weak<Lane>>,
    key: (PeerId, String),
    busy: &Arc<AtomicUsize>,
) -> Arc<Lane> {
    if let Some(lane) = lanes.get(&key).and_then(Weak::upgrade) {
        return lane;
    }
    if lanes.len() >= SWEEP_FROM {
        lanes.retain(|_, lane| lane.strong_count() > 0);
    }
    let lane = Arc::new(Lane::new(Presence::new(busy)));
    lanes.insert(key, Arc::downgrade(&lane));
    lane
}

/// Entries of streams whose sends are done are swept from here on.
const SWEEP_FROM: usize = 64;
