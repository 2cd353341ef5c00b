//! What the rest of the node may know of every peer at any time, without asking the swarm task.

use std::collections::HashMap;
use std::sync::Arc;

use glueberry_proto::peer::{Dialer, State};
use parking_lot::RwLock;

use crate::session::Attachment;
use crate::{Address, PeerId};

/// The peers with a session or an attempt at one; written by the swarm task only.
#[derive(Clone, Default)]
pub(crate) struct Peers {
    by_id: Arc<RwLock<HashMap<PeerId, PeerView>>>,
}

/// One peer, as it is now.
#[derive(Clone, Default)]
pub(crate) struct PeerView {
    pub(crate) state: State,
    /// The session, while one stands, on the connection that carries it.
    pub(crate) attachment: Option<Attachment>,
    /// Who dialed that session.
    pub(crate) dialer: Option<Dialer>,
    /// The address that this node reached the peer at, or tries.
    pub(crate) dialed: Option<Address>,
}

impl Peers {
    pub(super) fn set(&self, peer: PeerId, view: PeerView) {
        let mut peers = self.by_id.write();
        if view.state == State::Disconnected {
            peers.remove(&peer);
        } else {
            peers.insert(peer, view);
        }
    }

    pub(crate) fn state(&self, peer: &PeerId) -> State {
        self.by_id.read().get(peer).map_or(State::Disconnected, |view| view.state)
    }

    pub(crate) fn view(&self, peer: &PeerId) -> Option<PeerView> {
        self.by_id.read().get(peer).cloned()
    }

    /// Looks at one peer without copying.
    #[inline]
    pub(crate) fn with<T>(&self, peer: &PeerId, look: impl FnOnce(Option<&PeerView>) -> T) -> T {
        look(self.by_id.read().get(peer))
    }

    pub(crate) fn all(&self) -> Vec<(PeerId, PeerView)> {
        self.by_id.read().iter().map(|(peer, view)| (*peer, view.clone())).collect()
    }
}
