//! Where the node listens, and who waits until it does.

use std::collections::HashMap;

use libp2p::Multiaddr;
use libp2p::core::transport::ListenerId;
use tokio::sync::oneshot;

use crate::error::Result;
use crate::{Address, PeerId};

/// Bounded by the addresses that the application listens at.
pub(super) struct Listeners {
    own: PeerId,
    waiting: HashMap<ListenerId, Waiting>,
    news: bool,
}

/// A call to listen, and what its listener is bound to so far.
struct Waiting {
    reply: oneshot::Sender<Result<Vec<Address>>>,
    bound: Vec<Address>,
}

impl Listeners {
    pub(super) fn new(own: PeerId) -> Self {
        Self { own, waiting: HashMap::new(), news: false }
    }

    pub(super) fn wait(&mut self, id: ListenerId, reply: oneshot::Sender<Result<Vec<Address>>>) {
        self.waiting.insert(id, Waiting { reply, bound: Vec::new() });
    }

    /// A listener has one more address.
    pub(super) fn bound(&mut self, id: ListenerId, address: &Multiaddr) -> Option<Address> {
        let address = Address::from_multiaddr(address).ok()?.with_peer(self.own);
        if let Some(waiting) = self.waiting.get_mut(&id) {
            waiting.bound.push(address.clone());
            self.news = true;
        }
        Some(address)
    }

    pub(super) fn failed(&mut self, id: ListenerId, error: crate::Error) {
        if let Some(waiting) = self.waiting.remove(&id) {
            // A caller that stopped waiting needs no answer.
            drop(waiting.reply.send(Err(error)));
        }
    }

    /// Whether a listener got an address that its caller was not told of.
    pub(super) fn have_news(&self) -> bool {
        self.news
    }

    /// The swarm has no more addresses to report now: `0.0.0.0` has as many as the machine has.
    pub(super) fn settle(&mut self) {
        self.news = false;
        for (_, waiting) in self.waiting.extract_if(|_, waiting| !waiting.bound.is_empty()) {
            // A caller that stopped waiting still has its listener.
            drop(waiting.reply.send(Ok(waiting.bound)));
        }
    }
}
