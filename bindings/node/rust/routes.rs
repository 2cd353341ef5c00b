//! Peers and streams by number, so that a text is parsed once and not with every message.

use std::collections::HashMap;

use glueberry_core::{PeerId, Result};

/// The ways that messages are sent, and the peers that were named. Both are bounded: what is full
/// is emptied, and fills again with what is in use.
#[derive(Default)]
pub(crate) struct Routes {
    ways: Vec<Way>,
    peers: HashMap<String, PeerId>,
}

/// To whom, and on which stream.
#[derive(Clone)]
pub(crate) struct Way {
    pub(crate) peer: PeerId,
    pub(crate) stream: String,
}

impl Routes {
    /// A peer from its text.
    pub(crate) fn peer(&mut self, text: &str) -> Result<PeerId> {
        if let Some(peer) = self.peers.get(text) {
            return Ok(*peer);
        }
        let peer: PeerId = text.parse()?;
        if self.peers.len() == MOST_PEERS {
            self.peers.clear();
        }
        self.peers.insert(text.to_owned(), peer);
        Ok(peer)
    }

    /// A number for a way, until [`Routes::forget`]. `ts/routes.ts` keeps them, and their bound.
    pub(crate) fn add(&mut self, peer: &str, stream: String) -> Result<u32> {
        let way = Way { peer: self.peer(peer)?, stream };
        self.ways.push(way);
        Ok(u32::try_from(self.ways.len() - 1).expect("`ts/routes.ts` keeps fewer"))
    }

    pub(crate) fn way(&self, number: u32) -> Option<&Way> {
        self.ways.get(number as usize)
    }

    pub(crate) fn forget(&mut self) {
        self.ways.clear();
    }
}

/// Some 500 KiB.
const MOST_PEERS: usize = 4096;
