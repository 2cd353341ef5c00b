//! Which events a subscriber wants.

use super::{EventKind, EventName};
use crate::PeerId;

/// Which events a subscriber wants: all of them, until narrowed by peer or by kind.
///
/// ```
/// use glueberry_core::{EventFilter, EventName, Identity};
///
/// let peer = Identity::generate().peer_id();
/// let ends_of_one_peer = EventFilter::peer(peer).kinds([EventName::PeerDisconnected]);
/// # let _ = ends_of_one_peer;
/// ```
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    peers: Option<Vec<PeerId>>,
    kinds: Option<Vec<EventName>>,
}

impl EventFilter {
    /// Every event.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Only events about one peer.
    #[must_use]
    pub fn peer(peer: PeerId) -> Self {
        Self::all().peers([peer])
    }

    /// Only events about these peers.
    #[must_use]
    pub fn peers(mut self, peers: impl IntoIterator<Item = PeerId>) -> Self {
        self.peers = Some(peers.into_iter().collect());
        self
    }

    /// Only events of these kinds. [`EventKind::Lagged`] always comes: it says that the answer has
    /// a gap.
    #[must_use]
    pub fn kinds(mut self, kinds: impl IntoIterator<Item = EventName>) -> Self {
        self.kinds = Some(kinds.into_iter().collect());
        self
    }

    pub(super) fn wants(&self, event: &EventKind) -> bool {
        let peer_fits = match (&self.peers, event.peer()) {
            (None, _) => true,
            (Some(wanted), Some(peer)) => wanted.contains(&peer),
            (Some(_), None) => false,
        };
        peer_fits && self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&event.name()))
    }
}
