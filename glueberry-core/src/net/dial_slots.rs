//! How many peers are dialed at once, and who has to wait.

use std::collections::{HashSet, VecDeque};

use crate::PeerId;

/// Whose dial is under way, and who waits until there are fewer, in the order of asking. Each peer
/// stands here once at most, so that it is bounded by the peers that are sought.
#[derive(Default)]
pub(super) struct DialSlots {
    taken: HashSet<PeerId>,
    waiting: VecDeque<PeerId>,
}

impl DialSlots {
    /// True: the peer is to be dialed now. Otherwise it waits, unless it is urgent.
    pub(super) fn take(&mut self, peer: PeerId, urgent: bool) -> bool {
        if self.taken.len() >= MOST_DIALS && !urgent && !self.taken.contains(&peer) {
            if !self.waiting.contains(&peer) {
                self.waiting.push_back(peer);
            }
            return false;
        }
        self.leave(&peer);
        self.taken.insert(peer)
    }

    /// The next one that may be dialed.
    pub(super) fn next(&mut self) -> Option<PeerId> {
        if self.taken.len() >= MOST_DIALS {
            return None;
        }
        self.waiting.pop_front()
    }

    /// The peer's dial is over, or not wanted any more.
    pub(super) fn leave(&mut self, peer: &PeerId) {
        self.taken.remove(peer);
        self.waiting.retain(|waiting| waiting != peer);
    }

    /// Whether the peer waits for its turn.
    pub(super) fn is_waiting(&self, peer: &PeerId) -> bool {
        self.waiting.contains(peer)
    }
}

/// Dials that the application did not call for itself, at once: more would crowd out other traffic
/// and file descriptors when a thousand peers are gone.
pub(crate) const MOST_DIALS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Identity;

    fn peers(count: usize) -> Vec<PeerId> {
        (0..count).map(|_| Identity::generate().peer_id()).collect()
    }

    #[test]
    fn of_many_peers_some_are_dialed_at_once_and_the_others_in_their_turn() {
        let (peers, mut slots) = (peers(MOST_DIALS + 3), DialSlots::default());
        let taken = peers.iter().filter(|peer| slots.take(**peer, false)).count();
        assert_eq!((taken, slots.next()), (MOST_DIALS, None));
        slots.take(peers[MOST_DIALS], false);
        assert!(slots.take(peers[MOST_DIALS + 2], true), "a call does not wait");
        slots.leave(&peers[0]);
        slots.leave(&peers[1]);
        assert_eq!(slots.next(), Some(peers[MOST_DIALS]), "who came first is first");
        assert!(slots.is_waiting(&peers[MOST_DIALS + 1]));
        slots.leave(&peers[MOST_DIALS + 1]);
        assert_eq!(slots.next(), None);
    }
}
