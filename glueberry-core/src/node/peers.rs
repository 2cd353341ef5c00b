//! What a node knows of its peers, and whom it bans.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use glueberry_proto::peer::{Dialer, Interest, State};

use super::Node;
use crate::call::Call;
use crate::error::{Error, ErrorCode, Result};
use crate::events::Direction;
use crate::net::Command;
use crate::peers::{Book, Change};
use crate::{Address, Ban, BanTarget, PeerEntry, PeerId};

/// A peer to be remembered. Begin with [`NewPeer::at`].
///
/// ```
/// use glueberry_core::{Identity, NewPeer};
///
/// let peer = Identity::generate().peer_id();
/// let neighbour = NewPeer::at(format!("/ip4/192.0.2.7/tcp/9000/p2p/{peer}"))?
///     .or_at("/ip4/192.0.2.7/udp/9000/quic-v1")?
///     .metadata("name", "the neighbour")
///     .persistent();
/// # let _ = neighbour;
/// # Ok::<(), glueberry_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a peer is remembered by `Node::add_peer`"]
pub struct NewPeer {
    peer: PeerId,
    addresses: Vec<Address>,
    persistent: bool,
    metadata: BTreeMap<String, String>,
}

impl NewPeer {
    /// A peer that is found at this address, which ends in its id.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidAddress`], also without the id at the end.
    pub fn at<A>(address: A) -> Result<Self>
    where
        A: TryInto<Address>,
        A::Error: Into<Error>,
    {
        let address = address.try_into().map_err(Into::into)?;
        let peer = address.peer().ok_or_else(|| lacks_peer(&address))?;
        let (persistent, metadata) = (false, BTreeMap::new());
        Self { peer, addresses: Vec::new(), persistent, metadata }.or_at(address)
    }

    /// One more address of it, tried when those before it fail; with its id at the end or without.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidAddress`], also for one that ends in another peer's id or names no place.
    pub fn or_at<A>(mut self, address: A) -> Result<Self>
    where
        A: TryInto<Address>,
        A::Error: Into<Error>,
    {
        let address = address.try_into().map_err(Into::into)?;
        if address.peer().is_some_and(|peer| peer != self.peer) {
            let message = format!("{address} is another peer's");
            return Err(Error::new(ErrorCode::InvalidAddress, message).at_peer(self.peer));
        }
        if address.known_place().is_none() {
            let message = format!("{address} names no place where the peer is found");
            return Err(Error::new(ErrorCode::InvalidAddress, message).at_peer(self.peer));
        }
        self.addresses.push(address.with_peer(self.peer));
        Ok(self)
    }

    /// A link with it is kept from now on: it is dialed at once, and again for ever when it is lost.
    pub fn persistent(mut self) -> Self {
        self.persistent = true;
        self
    }

    /// A small fact to keep with it: up to 32, of up to 64 bytes for the key and 1,024 for the value,
    /// 4,096 in all.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }
}

/// What a node knows of a peer at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeerInfo {
    /// Who.
    pub peer: PeerId,
    /// The state of the link.
    pub state: State,
    /// Who dialed the session that stands. It does not change while the session lasts.
    pub direction: Option<Direction>,
    /// Connections that stand: one, but for moments around a simultaneous dial or a restart.
    pub connections: usize,
    /// Where it may be found, the most promising first.
    pub addresses: Vec<Address>,
    /// Whether it is dialed for ever.
    pub persistent: bool,
    /// What the application keeps with it.
    pub metadata: BTreeMap<String, String>,
    /// When a session with it was last established, by the wall clock of this machine: known once it
    /// is written, where the address book has a file, and never of a peer that is not in the book.
    pub last_seen: Option<SystemTime>,
    /// The ban that holds for it.
    pub banned: Option<Ban>,
}

impl Node {
    /// Remembers a peer, in the place of what was known of it before, and returns when that is
    /// saved. A persistent one is dialed at once, and for ever; another when it is connected to, and
    /// when the node starts with this address book.
    ///
    /// # Errors
    /// [`ErrorCode::Banned`], [`ErrorCode::DialedSelf`]; [`ErrorCode::MetadataTooLarge`], [`ErrorCode::TooManyPeers`],
    /// [`ErrorCode::InvalidConfig`] for more than 16 addresses: then nothing is remembered; and those
    /// of the address book's file, such as [`ErrorCode::AddressBookUnwritable`]: then it is not
    /// certain to be.
    pub fn add_peer(&self, peer: NewPeer) -> Call<impl Future<Output = Result<PeerId>>> {
        let NewPeer { peer: id, addresses, persistent, metadata } = peer;
        Call::new("add_peer", async move {
            if id == self.peer_id() {
                return Err(Error::new(ErrorCode::DialedSelf, "the peer is this node"));
            }
            let book = self.book()?;
            if book.ban_of(&id).is_some() {
                return Err(Error::new(ErrorCode::Banned, "the peer is banned").at_peer(id));
            }
            let places = addresses.iter().filter_map(Address::known_place).collect();
            let metadata = Some(metadata);
            book.update(Change::Put { peer: id, addresses, persistent, metadata }).await?;
            if persistent {
                let interest = Interest::Persistent;
                self.ask(|reply| Command::Seek { peer: id, places, interest, reply }).await?;
            } else {
                self.ask(|reply| Command::Release { peer: id, reply }).await?;
            }
            Ok(id)
        })
    }

    /// Forgets a peer, and ends the link with it as [`Node::disconnect`] does. A ban of it stays.
    /// One that is not known is no error.
    ///
    /// # Errors
    /// Those of the address book's file; [`ErrorCode::NodeClosed`] after a shutdown.
    pub fn remove_peer<'n>(
        &'n self,
        peer: &PeerId,
    ) -> Call<impl Future<Output = Result<()>> + use<'n>> {
        let (peer, disconnect) = (*peer, self.disconnect(peer));
        Call::new("remove_peer", async move {
            // First, so that no session of it can be remembered once it is forgotten.
            disconnect.await?;
            self.book()?.update(Change::Remove(peer)).await
        })
    }

    /// The peers that are known, connected or being connected, in the order of their ids.
    #[must_use]
    pub fn peers(&self) -> Vec<PeerInfo> {
        let known = self.book().map(Book::entries).unwrap_or_default();
        let mut known: BTreeMap<PeerId, PeerEntry> =
            known.into_iter().map(|entry| (entry.peer, entry)).collect();
        let live: BTreeSet<PeerId> = self.views().all().into_iter().map(|(id, _)| id).collect();
        let all: BTreeSet<PeerId> = known.keys().copied().chain(live).collect();
        all.into_iter().map(|peer| self.describe(peer, known.remove(&peer))).collect()
    }

    /// What is known of a peer; `None` for one that is neither known nor connected.
    #[must_use]
    pub fn peer(&self, peer: &PeerId) -> Option<PeerInfo> {
        let entry = self.book().ok().and_then(|book| book.entry(peer));
        let is_live = self.connection_state(peer) != State::Disconnected;
        (is_live || entry.is_some()).then(|| self.describe(*peer, entry))
    }

    /// Where a peer may be found, the most promising first. Empty for one that is not known.
    #[must_use]
    pub fn addresses(&self, peer: &PeerId) -> Vec<Address> {
        self.peer(peer).map(|peer| peer.addresses).unwrap_or_default()
    }

    /// Bans a peer, an address or a range, for a time or for ever: its connections end, with the
    /// reason [`Banned`](crate::DisconnectReason::Banned), and no others are made in either
    /// direction. Returns when that is saved and done. A ban of the same target is replaced. Once
    /// begun it is carried out, even if the caller waits no longer.
    ///
    /// A persistent peer that was banned is not dialed when a ban with an end is over, until it is
    /// connected to, added or unbanned, or the node starts again.
    ///
    /// # Errors
    /// [`ErrorCode::TooManyPeers`] above 65,536 bans: then nobody is banned; and those of the
    /// address book's file: then the ban is not certain to last.
    pub fn ban(
        &self,
        target: impl Into<BanTarget>,
        within: Option<Duration>,
    ) -> Call<impl Future<Output = Result<()>>> {
        let (target, node) = (target.into(), self.clone());
        let until = within.and_then(|time| SystemTime::now().checked_add(time));
        let ban = Ban { target, until };
        Call::new(
            "ban",
            self.in_its_own_task(async move {
                node.book()?.update(Change::Ban(ban.clone())).await?;
                node.rules().ban(&ban)?;
                node.ask(|reply| Command::Expel { target, reply }).await
            }),
        )
    }

    /// Lifts a ban. True if there was one of exactly this target. A persistent peer is dialed again.
    ///
    /// # Errors
    /// Those of the address book's file: then the ban stands.
    pub fn unban(&self, target: impl Into<BanTarget>) -> Call<impl Future<Output = Result<bool>>> {
        let (target, node) = (target.into(), self.clone());
        Call::new(
            "unban",
            self.in_its_own_task(async move {
                let book = node.book()?;
                book.update(Change::Unban(target)).await?;
                let was_banned = node.rules().unban(&target);
                if let BanTarget::Peer(peer) = target
                    && book.entry(&peer).is_some_and(|entry| entry.persistent)
                {
                    let (places, interest) = (Vec::new(), Interest::Persistent);
                    node.ask(|reply| Command::Seek { peer, places, interest, reply }).await?;
                }
                Ok(was_banned)
            }),
        )
    }

    /// The bans that hold.
    #[must_use]
    pub fn bans(&self) -> Vec<Ban> {
        self.rules().bans()
    }

    fn describe(&self, peer: PeerId, entry: Option<PeerEntry>) -> PeerInfo {
        let view = self.views().view(&peer).unwrap_or_default();
        let connection = view.attachment.as_ref().map(|attachment| &attachment.connection);
        let entry = entry.unwrap_or_else(|| PeerEntry::unknown(peer));
        let mut addresses = entry.addresses;
        addresses.extend(view.dialed.filter(|dialed| !addresses.contains(dialed)));
        PeerInfo {
            peer,
            state: view.state,
            direction: view.dialer.map(direction),
            connections: connection.map_or(0, |connection| connection.of_its_peer()),
            addresses,
            persistent: entry.persistent,
            metadata: entry.metadata,
            last_seen: entry.last_seen,
            banned: entry.banned,
        }
    }
}

pub(super) fn lacks_peer(address: &Address) -> Error {
    let message = format!("address {address} lacks /p2p/PEER-ID at its end");
    Error::new(ErrorCode::InvalidAddress, message)
}

fn direction(dialer: Dialer) -> Direction {
    match dialer {
        Dialer::Us => Direction::Outbound,
        Dialer::Them => Direction::Inbound,
    }
}
