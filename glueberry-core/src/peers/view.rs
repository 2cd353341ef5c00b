//! What the book says, ready to be read without touching a file.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::SystemTime;

use glueberry_proto::v1::address_book::{Entry, Timestamp};

use super::entry::{MAX_ADDRESSES, usable};
use super::state::State;
use super::time::to_system;
use super::{Change, PeerEntry};
use crate::{Ban, BanTarget, PeerId};

/// A snapshot of the book. Bans that have ended since are left out when it is asked.
#[derive(Default)]
pub(super) struct View {
    /// By the keys of Go's file that we understand.
    known: HashMap<String, Known>,
    peers: BTreeMap<PeerId, Arc<PeerEntry>>,
    /// Bans of peers that are not in the book.
    strangers: BTreeMap<PeerId, Ban>,
    networks: Vec<Ban>,
}

/// An entry, and what it was made of.
#[derive(Clone)]
struct Known {
    updated_at: Option<Timestamp>,
    entry: Arc<PeerEntry>,
}

impl View {
    /// `before` spares the work of understanding again what has not changed: to read an id is to
    /// decompress a point of a curve.
    pub(super) fn of(state: &State, before: &Self) -> Self {
        let mut view = Self::default();
        for (id, stored) in &state.go.peers {
            let Some(known) = Known::of(state, id, stored, before.known.get(id)) else { continue };
            view.peers.insert(known.entry.peer, Arc::clone(&known.entry));
            view.known.insert(id.clone(), known);
        }
        view.strangers = strangers(state);
        view.networks = networks(state);
        view
    }

    /// Follows a change that was made to `state`, and to nothing else in it.
    pub(super) fn follow(&mut self, change: &Change, state: &State) {
        match change {
            Change::Put { peer, .. }
            | Change::Remove(peer)
            | Change::Reached { peer, .. }
            | Change::Seen { peer, .. }
            | Change::Ban(Ban { target: BanTarget::Peer(peer), .. })
            | Change::Unban(BanTarget::Peer(peer)) => self.follow_peer(*peer, state),
            Change::Ban(_) | Change::Unban(_) => self.networks = networks(state),
            Change::Refresh => {}
        }
    }

    fn follow_peer(&mut self, peer: PeerId, state: &State) {
        let now = SystemTime::now();
        // The state has forgotten the bans that are over.
        self.strangers.retain(|_, ban| ban.holds_at(now));
        let id = peer.to_string();
        let before = self.known.remove(&id);
        let stored = state.go.peers.get(&id);
        self.peers.remove(&peer);
        self.strangers.remove(&peer);
        if let Some(known) = stored.and_then(|entry| Known::of(state, &id, entry, before.as_ref()))
        {
            self.peers.insert(peer, Arc::clone(&known.entry));
            self.known.insert(id, known);
        } else if let Some(standing) = state.ban_of(&id) {
            self.strangers.insert(peer, ban(peer.into(), standing.until));
        }
    }

    pub(super) fn entry(&self, peer: &PeerId) -> Option<PeerEntry> {
        self.peers.get(peer).map(|entry| at(entry, SystemTime::now()))
    }

    pub(super) fn entries(&self) -> Vec<PeerEntry> {
        let now = SystemTime::now();
        self.peers.values().map(|entry| at(entry, now)).collect()
    }

    /// All that hold: peers by their ids, then networks.
    pub(super) fn bans(&self) -> Vec<Ban> {
        let now = SystemTime::now();
        let of_peers = self.peers.values().filter_map(|entry| entry.banned.as_ref());
        let mut bans: Vec<Ban> = of_peers.chain(self.strangers.values()).cloned().collect();
        bans.sort_by_key(|ban| ban.target);
        bans.extend(self.networks.iter().cloned());
        bans.retain(|ban| ban.holds_at(now));
        bans
    }

    pub(super) fn ban_of(&self, peer: &PeerId) -> Option<Ban> {
        let ban = match self.peers.get(peer) {
            Some(entry) => entry.banned.as_ref(),
            None => self.strangers.get(peer),
        };
        ban.filter(|ban| ban.holds_at(SystemTime::now())).cloned()
    }
}

impl Known {
    fn of(state: &State, id: &str, stored: &Entry, before: Option<&Self>) -> Option<Self> {
        let peer = match before {
            Some(before) => before.entry.peer,
            None => id.parse().ok()?,
        };
        let persistent = state.own.peers.get(id).is_some_and(|own| own.persistent);
        let banned = state.ban_of(id).map(|standing| ban(peer.into(), standing.until));
        let is_same = |before: &&Self| {
            before.updated_at == stored.updated_at
                && before.entry.persistent == persistent
                && before.entry.banned == banned
                && before.entry.metadata == stored.metadata
        };
        if let Some(same) = before.filter(is_same) {
            return Some(same.clone());
        }
        let addresses = stored.multiaddrs.iter().filter_map(|text| usable(peer, text));
        let entry = PeerEntry {
            peer,
            addresses: addresses.take(MAX_ADDRESSES).collect(),
            persistent,
            metadata: stored.metadata.clone(),
            last_seen: stored.last_seen.and_then(to_system),
            banned,
        };
        Some(Self { updated_at: stored.updated_at, entry: Arc::new(entry) })
    }
}

fn strangers(state: &State) -> BTreeMap<PeerId, Ban> {
    let unlisted =
        state.own.banned_peers.iter().filter(|(id, _)| !state.go.peers.contains_key(*id));
    let parsed = unlisted.filter_map(|(id, stored)| Some((id.parse().ok()?, stored.until)));
    parsed.map(|(peer, until): (PeerId, _)| (peer, ban(peer.into(), until))).collect()
}

fn networks(state: &State) -> Vec<Ban> {
    let parsed = state.own.banned_networks.iter().filter_map(|(network, stored)| {
        let target: BanTarget = network.parse().ok()?;
        Some(ban(target, stored.until))
    });
    parsed.collect()
}

fn ban(target: BanTarget, until: Option<Timestamp>) -> Ban {
    // A clock that cannot show the end will not see it.
    Ban { target, until: until.and_then(to_system) }
}

fn at(entry: &PeerEntry, now: SystemTime) -> PeerEntry {
    let mut entry = entry.clone();
    entry.banned = entry.banned.filter(|ban| ban.holds_at(now));
    entry
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::Identity;

    fn peer(seed: u8) -> PeerId {
        Identity::from_seed(&[seed; 32]).unwrap().peer_id()
    }

    fn put(seed: u8, persistent: bool) -> Change {
        let addresses = vec![format!("/ip4/192.0.2.{seed}/tcp/9000").parse().unwrap()];
        Change::Put { peer: peer(seed), addresses, persistent, metadata: None }
    }

    fn target(seed: u8) -> BanTarget {
        if seed.is_multiple_of(2) { peer(seed).into() } else { "192.0.2.0/24".parse().unwrap() }
    }

    fn change() -> impl Strategy<Value = Change> {
        let one = 1..5u8;
        let until = prop::option::of(Just(SystemTime::now() + Duration::from_hours(1)));
        prop_oneof![
            (one.clone(), any::<bool>()).prop_map(|(seed, persistent)| put(seed, persistent)),
            one.clone().prop_map(|seed| Change::Remove(peer(seed))),
            one.clone().prop_map(|seed| Change::Seen { peer: peer(seed), at: SystemTime::now() }),
            (one.clone(), until)
                .prop_map(|(seed, until)| Change::Ban(Ban { target: target(seed), until })),
            one.prop_map(|seed| Change::Unban(target(seed))),
        ]
    }

    proptest! {
        #[test]
        fn a_view_that_follows_each_change_is_that_of_the_whole(
            changes in prop::collection::vec(change(), 0..20),
        ) {
            let (mut state, mut followed) = (State::default(), View::default());
            for change in changes {
                state.apply(&change, SystemTime::now()).unwrap();
                followed.follow(&change, &state);
                let whole = View::of(&state, &View::default());
                prop_assert_eq!(followed.entries(), whole.entries());
                prop_assert_eq!(followed.bans(), whole.bans());
                let again = View::of(&state, &followed);
                prop_assert_eq!(again.entries(), whole.entries());
            }
        }
    }
}
