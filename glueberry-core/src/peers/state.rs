//! Both files together: what they say, how they are reconciled, and how a change changes them.
//! No file is touched here.
//!
//! A Go program never reads the file again: it writes what it knew when it started. So an entry
//! that is missing from Go's file, or older there than we saved it, was not removed but overwritten,
//! and our copy restores it. An entry that is newer there was changed by somebody who knew it, and
//! counts.

use std::collections::BTreeMap;
use std::time::SystemTime;

use glueberry_proto::v1::address_book::{
    AddressBook as GoBook, Companion, Entry, MAX_PEERS, NetworkBan, PeerBan, Timestamp,
};
use ipnet::IpNet;

use super::Change;
use super::entry::{MAX_ADDRESSES, check_metadata, usable, written_addresses};
use super::time::{end_of_ban, from_system};
use crate::error::{Error, ErrorCode, Result};
use crate::{Address, Ban, BanTarget, PeerId};

/// What both files say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) go: GoBook,
    pub(super) own: Companion,
}

/// A ban, whoever made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StandingBan {
    /// `None`: never.
    pub(super) until: Option<Timestamp>,
}

impl State {
    /// Brings both together after Go's file was read, and ends the bans whose time has come.
    pub(super) fn reconcile(&mut self, now: SystemTime) -> Result<()> {
        let now = from_system(now);
        self.restore_saved();
        self.own.peers.retain(|id, own| own.saved.is_some() || self.go.peers.contains_key(id));
        self.end_bans(now);
        self.mark_bans(now);
        if self.go.peers.len() > MAX_PEERS {
            return Err(full(&format!("more than {MAX_PEERS} peers, those of Go counted")));
        }
        Ok(())
    }

    /// Ends the bans whose time has come: enough where nobody else writes.
    pub(super) fn end_bans_at(&mut self, now: SystemTime) {
        self.end_bans(from_system(now));
    }

    /// Carries out a change, or leaves everything as it is.
    pub(super) fn apply(&mut self, change: &Change, now: SystemTime) -> Result<()> {
        let now = from_system(now);
        match change {
            Change::Put { peer, addresses, persistent, metadata } => {
                self.put(*peer, addresses, *persistent, metadata.as_ref(), now)
            }
            Change::Reached { peer, address, at } => self.reached(*peer, address, *at, now),
            Change::Remove(peer) => self.remove(*peer),
            Change::Seen { peer, at } => {
                self.seen(*peer, *at, now);
                Ok(())
            }
            Change::Ban(Ban { target: BanTarget::Peer(peer), until }) => {
                self.ban_peer(*peer, end_of_ban(*until), now)
            }
            Change::Ban(Ban { target: BanTarget::Network(network), until }) => {
                self.ban_network(network_key(*network), end_of_ban(*until))
            }
            Change::Unban(BanTarget::Peer(peer)) => {
                self.unban_peer(*peer, now);
                Ok(())
            }
            Change::Unban(BanTarget::Network(network)) => {
                self.own.banned_networks.remove(&network_key(*network));
                Ok(())
            }
            Change::Refresh => Ok(()),
        }
    }

    /// The ban that stands for a peer.
    pub(super) fn ban_of(&self, id: &str) -> Option<StandingBan> {
        if self.is_banned_by_go(id) {
            return Some(StandingBan { until: None });
        }
        self.own.banned_peers.get(id).map(|ban| StandingBan { until: ban.until })
    }

    /// Whether somebody else has blacklisted the peer: a ban without end, whatever ours say.
    fn is_banned_by_go(&self, id: &str) -> bool {
        let marked = self.own.banned_peers.get(id).and_then(|ban| ban.marked);
        let entry = self.go.peers.get(id);
        entry.is_some_and(|entry| {
            entry.blacklisted && (marked.is_none() || marked != entry.updated_at)
        })
    }

    fn restore_saved(&mut self) {
        for (id, own) in &mut self.own.peers {
            let Some(saved) = &own.saved else { continue };
            match self.go.peers.get_mut(id) {
                None => {
                    self.go.peers.insert(id.clone(), saved.clone());
                }
                Some(theirs) if theirs.updated_at < saved.updated_at => *theirs = saved.clone(),
                Some(theirs) if theirs.updated_at > saved.updated_at => own.saved = None,
                Some(_) => {}
            }
        }
    }

    fn end_bans(&mut self, now: Timestamp) {
        let ended = |until: Option<Timestamp>| until.is_some_and(|until| until <= now);
        self.own.banned_networks.retain(|_, ban| !ended(ban.until));
        let over = self.own.banned_peers.iter().filter(|(_, ban)| ended(ban.until));
        for id in over.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            if !self.is_banned_by_go(&id) {
                self.touch(&id, now, |entry| entry.blacklisted = false);
            }
            self.own.banned_peers.remove(&id);
        }
    }

    /// Blacklists for Go whom we ban.
    fn mark_bans(&mut self, now: Timestamp) {
        let is_unmarked = |id: &str| self.go.peers.get(id).is_some_and(|entry| !entry.blacklisted);
        let unmarked = self.own.banned_peers.keys().filter(|id| is_unmarked(id)).cloned();
        for id in unmarked.collect::<Vec<_>>() {
            self.mark(&id, now);
        }
    }

    fn mark(&mut self, id: &str, now: Timestamp) {
        self.touch(id, now, |entry| entry.blacklisted = true);
        if let Some(ban) = self.own.banned_peers.get_mut(id) {
            ban.marked = self.go.peers.get(id).and_then(|entry| entry.updated_at);
        }
    }

    fn put(
        &mut self,
        peer: PeerId,
        addresses: &[Address],
        persistent: bool,
        metadata: Option<&BTreeMap<String, String>>,
        now: Timestamp,
    ) -> Result<()> {
        let written = written_addresses(peer, addresses)?;
        if let Some(metadata) = metadata {
            check_metadata(peer, metadata)?;
        }
        let id = peer.to_string();
        if !self.go.peers.contains_key(&id) && self.go.peers.len() >= MAX_PEERS {
            return Err(full(&format!("it has {MAX_PEERS} peers")).at_peer(peer));
        }
        let entry = self.go.peers.entry(id.clone()).or_insert_with(|| created(&id, now));
        let own = self.own.peers.entry(id.clone()).or_default();
        own.persistent = persistent;
        own.saved.get_or_insert_with(|| entry.clone());
        self.touch(&id, now, |entry| {
            // What we cannot use was not shown to whoever puts the rest.
            entry.multiaddrs.retain(|text| usable(peer, text).is_none());
            entry.multiaddrs.splice(0..0, written);
            if let Some(metadata) = metadata {
                entry.metadata.clone_from(metadata);
            }
        });
        if self.own.banned_peers.contains_key(&id) && !self.is_banned_by_go(&id) {
            self.mark(&id, now);
        }
        Ok(())
    }

    fn reached(
        &mut self,
        peer: PeerId,
        address: &Address,
        at: SystemTime,
        now: Timestamp,
    ) -> Result<()> {
        let id = peer.to_string();
        let known = self.go.peers.get(&id).map(|entry| entry.multiaddrs.as_slice());
        let known = known.unwrap_or_default().iter().filter_map(|text| usable(peer, text));
        let others = known.filter(|other| other.place() != address.place());
        let addresses: Vec<Address> =
            std::iter::once(address.clone()).chain(others).take(MAX_ADDRESSES).collect();
        let persistent = self.own.peers.get(&id).is_some_and(|own| own.persistent);
        self.put(peer, &addresses, persistent, None, now)?;
        self.seen(peer, at, now);
        Ok(())
    }

    /// A ban outlives its peer's entry, also one that stood nowhere else.
    fn remove(&mut self, peer: PeerId) -> Result<()> {
        let id = peer.to_string();
        if self.is_banned_by_go(&id) {
            self.check_room_for_ban(self.own.banned_peers.contains_key(&id))?;
            self.own.banned_peers.insert(id.clone(), PeerBan::new(None));
        }
        self.go.peers.remove(&id);
        self.own.peers.remove(&id);
        if let Some(ban) = self.own.banned_peers.get_mut(&id) {
            ban.marked = None;
        }
        Ok(())
    }

    fn seen(&mut self, peer: PeerId, at: SystemTime, now: Timestamp) {
        self.touch(&peer.to_string(), now, |entry| {
            entry.last_seen = entry.last_seen.max(Some(from_system(at)));
        });
    }

    fn ban_peer(&mut self, peer: PeerId, until: Option<Timestamp>, now: Timestamp) -> Result<()> {
        let id = peer.to_string();
        self.check_room_for_ban(self.own.banned_peers.contains_key(&id))?;
        self.own.banned_peers.entry(id.clone()).or_default().until = until;
        self.mark(&id, now);
        Ok(())
    }

    fn ban_network(&mut self, network: String, until: Option<Timestamp>) -> Result<()> {
        self.check_room_for_ban(self.own.banned_networks.contains_key(&network))?;
        self.own.banned_networks.entry(network).or_insert_with(|| NetworkBan::new(None)).until =
            until;
        Ok(())
    }

    fn unban_peer(&mut self, peer: PeerId, now: Timestamp) {
        let id = peer.to_string();
        self.own.banned_peers.remove(&id);
        if self.go.peers.get(&id).is_some_and(|entry| entry.blacklisted) {
            self.touch(&id, now, |entry| entry.blacklisted = false);
        }
    }

    fn check_room_for_ban(&self, replaces_one: bool) -> Result<()> {
        let bans = self.own.banned_peers.len() + self.own.banned_networks.len();
        if replaces_one || bans < MAX_BANS {
            return Ok(());
        }
        Err(full(&format!("it has {MAX_BANS} bans")))
    }

    /// Changes an entry, if there is one, so that it is newer than before; then our copy and our
    /// mark follow it.
    fn touch(&mut self, id: &str, now: Timestamp, change: impl FnOnce(&mut Entry)) {
        let Some(entry) = self.go.peers.get_mut(id) else { return };
        let before = entry.updated_at;
        change(entry);
        entry.updated_at = Some(before.map_or(now, |before| now.max(before.next())));
        if let Some(ban) = self.own.banned_peers.get_mut(id)
            && ban.marked.is_some()
            && ban.marked == before
        {
            ban.marked = entry.updated_at;
        }
        if let Some(saved) = self.own.peers.get_mut(id).and_then(|own| own.saved.as_mut()) {
            saved.clone_from(entry);
        }
    }
}

/// Its `updated_at` stays unset: it is set by the change that creates the entry.
fn created(id: &str, now: Timestamp) -> Entry {
    let mut entry = Entry::new(id);
    entry.created_at = Some(now);
    entry
}

/// One spelling for each network: without host bits, IPv4 as IPv4.
fn network_key(network: IpNet) -> String {
    BanTarget::from(network).to_string()
}

fn full(what: &str) -> Error {
    Error::new(ErrorCode::TooManyPeers, format!("the address book is full: {what}"))
}

/// As many as peers: a gate that has more to remember needs rules, not bans.
pub(crate) const MAX_BANS: usize = 65_536;

#[cfg(test)]
mod tests;
