//! What the transport may know of a peer whose identity is proven, and what it tells of it.
//!
//! libp2p gives a muxer no name that its handler knows too. They meet here, by the peer's id: all
//! connections of one peer share one [`Standing`].

use std::collections::HashMap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Weak};

use futures::task::AtomicWaker;
use libp2p::PeerId;
use parking_lot::Mutex;

/// One authenticated peer, as its connections see it.
pub(crate) struct Standing {
    peer: PeerId,
    established: AtomicBool,
    connections: AtomicUsize,
    /// The tasks of its connections that wait until it is established; bounded by those that live.
    waiting: Mutex<Vec<Weak<AtomicWaker>>>,
    registry: Weak<Mutex<ByPeer>>,
}

/// The standings of all peers that have a connection. Cloned freely: all clones are one.
#[derive(Clone, Default)]
pub(crate) struct Standings {
    by_peer: Arc<Mutex<ByPeer>>,
}

/// Bounded by the connections that live: the last one of a peer removes its entry.
type ByPeer = HashMap<PeerId, Weak<Standing>>;

impl Standings {
    /// The standing that all living connections of this peer share.
    pub(crate) fn of(&self, peer: PeerId) -> Arc<Standing> {
        let mut by_peer = self.by_peer.lock();
        if let Some(standing) = by_peer.get(&peer).and_then(Weak::upgrade) {
            return standing;
        }
        let standing = Arc::new(Standing {
            peer,
            established: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
            waiting: Mutex::default(),
            registry: Arc::downgrade(&self.by_peer),
        });
        by_peer.insert(peer, Arc::downgrade(&standing));
        standing
    }

    /// Notes whether a session with the peer is established.
    pub(crate) fn set_established(&self, peer: &PeerId, established: bool) {
        // Let go of the lock first: the last of a peer takes it when it is dropped.
        let standing = self.by_peer.lock().get(peer).and_then(Weak::upgrade);
        if let Some(standing) = standing {
            standing.established.store(established, Relaxed);
            standing.wake();
        }
    }
}

impl Standing {
    /// Whether a session with the peer is established: until then it may hold little.
    pub(crate) fn is_established(&self) -> bool {
        self.established.load(Relaxed)
    }

    /// Wakes the task when the peer is established, as long as its waker lives.
    pub(super) fn wake_when_established(&self, task: &Arc<AtomicWaker>) {
        let mut waiting = self.waiting.lock();
        waiting.retain(|task| task.strong_count() > 0);
        waiting.push(Arc::downgrade(task));
    }

    fn wake(&self) {
        // Without the lock: it wakes tasks.
        let waiting = self.waiting.lock().clone();
        waiting.iter().filter_map(Weak::upgrade).for_each(|task| task.wake());
    }

    /// A connection of the peer stands from now on.
    pub(super) fn connection_begins(&self) {
        self.connections.fetch_add(1, Relaxed);
    }

    /// One that stood is gone.
    pub(super) fn connection_ends(&self) {
        self.connections.fetch_sub(1, Relaxed);
    }

    /// How many of its connections stand.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Relaxed)
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        let Some(by_peer) = self.registry.upgrade() else { return };
        let mut by_peer = by_peer.lock();
        // A newer one may have taken the place meanwhile.
        if by_peer.get(&self.peer).is_some_and(|entry| entry.strong_count() == 0) {
            by_peer.remove(&self.peer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_of_one_peer_share_a_standing_and_the_last_one_removes_it() {
        let (standings, peer) = (Standings::default(), PeerId::random());
        let one = standings.of(peer);
        let two = standings.of(peer);
        standings.set_established(&peer, true);
        assert!(one.is_established() && two.is_established());
        drop(one);
        assert_eq!(standings.by_peer.lock().len(), 1);
        drop(two);
        assert_eq!(standings.by_peer.lock().len(), 0);
        assert!(!standings.of(peer).is_established(), "who comes again begins anew");
    }
}
