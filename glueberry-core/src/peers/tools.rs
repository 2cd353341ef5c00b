//! The address book for tools, beside a node or without one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::files::Files;
use super::state::State;
use super::view::View;
use super::{Book, Change, PeerEntry, blocking};
use crate::error::Result;
use crate::{Address, Ban, BanTarget, PeerId};

/// What an address book said when it was read.
///
/// ```no_run
/// # async fn example() -> glueberry_core::Result<()> {
/// use glueberry_core::AddressBook;
///
/// for entry in AddressBook::read("peers.json").await?.peers() {
///     println!("{} {:?}", entry.peer, entry.addresses);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AddressBook {
    peers: Vec<PeerEntry>,
    bans: Vec<Ban>,
}

impl AddressBook {
    /// Reads a book, also while a node uses it. A missing file is an empty book, and is not created.
    ///
    /// Waits up to 5 s while another program writes. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`ErrorCode::AddressBookUnreadable`], also for one that a later version wrote;
    /// [`ErrorCode::AddressBookCorrupt`] when one of its files is damaged, of which a copy is kept
    /// aside; [`ErrorCode::AddressBookLocked`] when another program does not stop writing;
    /// [`ErrorCode::TooManyPeers`] above 65,536 peers, or 64 MiB in a file.
    ///
    /// [`ErrorCode::AddressBookUnreadable`]: crate::ErrorCode::AddressBookUnreadable
    /// [`ErrorCode::AddressBookCorrupt`]: crate::ErrorCode::AddressBookCorrupt
    /// [`ErrorCode::AddressBookLocked`]: crate::ErrorCode::AddressBookLocked
    /// [`ErrorCode::TooManyPeers`]: crate::ErrorCode::TooManyPeers
    pub async fn read(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        blocking(move || read(&path)).await?
    }

    /// Opens a book to change it. No node can use it until the editor is dropped.
    ///
    /// Waits up to 5 s while another program writes. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`ErrorCode::AddressBookLocked`] when a node uses it: ask the node instead. As
    /// [`AddressBook::read`] otherwise, and [`ErrorCode::AddressBookUnwritable`].
    ///
    /// [`ErrorCode::AddressBookLocked`]: crate::ErrorCode::AddressBookLocked
    /// [`ErrorCode::AddressBookUnwritable`]: crate::ErrorCode::AddressBookUnwritable
    pub async fn edit(path: impl Into<PathBuf>) -> Result<AddressBookEditor> {
        Ok(AddressBookEditor { book: Book::open(path.into()).await? })
    }

    /// The peers in it, in the order of their ids. Entries that this library cannot use (peers
    /// without an Ed25519 key in their id) stay in the file and are not listed.
    #[must_use]
    pub fn peers(&self) -> &[PeerEntry] {
        &self.peers
    }

    /// The bans that hold: peers in the order of their ids, then addresses.
    #[must_use]
    pub fn bans(&self) -> &[Ban] {
        &self.bans
    }
}

/// An address book that is being changed, while no node uses it.
///
/// Each change is on disk when its call returns.
///
/// ```no_run
/// # async fn example() -> glueberry_core::Result<()> {
/// use std::time::Duration;
/// use glueberry_core::{AddressBook, BanTarget};
///
/// let editor = AddressBook::edit("peers.json").await?;
/// let network: BanTarget = "192.0.2.0/24".parse()?;
/// editor.ban(network, Some(Duration::from_secs(3600))).await?;
/// editor.unban(network).await?;
/// # Ok(())
/// # }
/// ```
pub struct AddressBookEditor {
    book: Book,
}

impl AddressBookEditor {
    /// Bans a peer, an address or a range: for so long, or without end. It takes the place of an
    /// earlier ban of the same target, also of a longer one. Returns the ban.
    ///
    /// # Errors
    /// [`TooManyPeers`](crate::ErrorCode::TooManyPeers) when the book holds 65,536 bans; what
    /// [`AddressBook::edit`] may fail with, when the files cannot be written.
    pub async fn ban(
        &self,
        target: impl Into<BanTarget>,
        duration: Option<Duration>,
    ) -> Result<Ban> {
        // A time that no clock shows is no end.
        let until = duration.and_then(|duration| SystemTime::now().checked_add(duration));
        let ban = Ban { target: target.into(), until };
        self.book.update(Change::Ban(ban.clone())).await?;
        Ok(ban)
    }

    /// Lifts a ban; false if there was none. A ban of a range is lifted by naming that range.
    ///
    /// # Errors
    /// What [`AddressBook::edit`] may fail with, when the files cannot be written.
    pub async fn unban(&self, target: impl Into<BanTarget>) -> Result<bool> {
        let target = target.into();
        let was_banned = self.book.bans().iter().any(|ban| ban.target == target);
        self.book.update(Change::Unban(target)).await?;
        Ok(was_banned)
    }

    /// Adds a peer, or replaces what is known of it: up to 16 addresses; metadata only if some is
    /// given.
    ///
    /// # Errors
    /// [`MetadataTooLarge`](crate::ErrorCode::MetadataTooLarge),
    /// [`TooManyPeers`](crate::ErrorCode::TooManyPeers) above 65,536 peers,
    /// [`InvalidConfig`](crate::ErrorCode::InvalidConfig) for more addresses,
    /// [`InvalidAddress`](crate::ErrorCode::InvalidAddress) for one of another peer; what
    /// [`AddressBook::edit`] may fail with, when the files cannot be written.
    pub async fn add_peer(
        &self,
        peer: PeerId,
        addresses: Vec<Address>,
        persistent: bool,
        metadata: Option<BTreeMap<String, String>>,
    ) -> Result<()> {
        self.book.update(Change::Put { peer, addresses, persistent, metadata }).await
    }

    /// Removes a peer; false if it was not there. A ban of it stays.
    ///
    /// # Errors
    /// What [`AddressBook::edit`] may fail with, when the files cannot be written.
    pub async fn remove_peer(&self, peer: PeerId) -> Result<bool> {
        let was_there = self.book.entry(&peer).is_some();
        self.book.update(Change::Remove(peer)).await?;
        Ok(was_there)
    }

    /// Reads again what a Go program has written meanwhile, and restores what it has overwritten.
    ///
    /// # Errors
    /// As [`AddressBook::edit`].
    pub async fn refresh(&self) -> Result<()> {
        self.book.update(Change::Refresh).await
    }

    /// The peers, as of the last change.
    #[must_use]
    pub fn peers(&self) -> Vec<PeerEntry> {
        self.book.entries()
    }

    /// The bans that hold.
    #[must_use]
    pub fn bans(&self) -> Vec<Ban> {
        self.book.bans()
    }
}

fn read(path: &Path) -> Result<AddressBook> {
    let files = Files::at(path)?;
    let (own, go) = {
        let _go = files.lock_to_read()?;
        (files.read_companion()?, files.read_book()?.0)
    };
    let mut state = State { go, own };
    state.reconcile(SystemTime::now())?;
    let view = View::of(&state, &View::default());
    Ok(AddressBook { peers: view.entries(), bans: view.bans() })
}
