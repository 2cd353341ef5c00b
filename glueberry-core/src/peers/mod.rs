//! The address book: whom this node knows, where they are, and whom it bans.
//!
//! A book `F` is two files. `F` itself has the format of Glueberry for Go, so that Go programs can
//! use it, too; `F.glueberry.json` holds what they would drop: which peers are persistent, bans
//! with an end, bans of addresses, and a copy of each entry that we saved. Both are replaced whole
//! and synced before a change counts as made, so that a process that is killed at any moment loses
//! nothing that was reported as saved.
//!
//! Two locks: `F.glueberry.lock` is held for the life of a node, so that no second one uses the
//! book; `F.lock` is Go's, and held for each reading and writing only.
//!
//! # Beside a Go program
//!
//! A Go program reads the book when it starts, and then only writes it. Therefore:
//!
//! - What it overwrites for not knowing it is restored when we write next, and so is a peer that we
//!   saved and it removes, unless it has changed the entry before: the two cannot be told apart.
//! - A ban of a peer also sets Go's `blacklisted`, if the peer is in `F`, and its end clears it. Go
//!   knows no end: until we write again the peer stays blacklisted there.
//! - A peer that Go blacklists is banned here without end. When Go lifts that, it is lifted.
//! - A ban that was made here is lifted here only: when Go clears `blacklisted`, the ban holds, and
//!   sets it again. What a Go program blacklists while our ban holds stays when ours ends.
//! - An `unban` clears `blacklisted`. A Go program that is running writes it again with what it
//!   knew, so unban while none runs.

mod aside;
mod entry;
mod faults;
mod files;
mod locks;
mod state;
mod store;
mod time;
mod tools;
mod view;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use parking_lot::{Mutex, RwLock};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::spawn_blocking;

use self::store::Store;
use self::view::View;
use crate::error::{Error, ErrorCode, Result};
use crate::{Address, Ban, BanTarget, PeerId};

/// What the table of limits has from here.
pub(crate) mod bounds {
    pub(crate) use super::MOST_WAITING;
    pub(crate) use super::aside::MOST_A_SECOND;
    pub(crate) use super::entry::{
        MAX_ADDRESSES, MAX_METADATA, MAX_METADATA_KEY, MAX_METADATA_KEYS, MAX_METADATA_VALUE,
    };
    pub(crate) use super::files::{MAX_FILE, MOST_LINKS};
    pub(crate) use super::locks::LONGEST_WAIT;
    pub(crate) use super::state::MAX_BANS;
}

pub use self::entry::PeerEntry;
pub use self::tools::{AddressBook, AddressBookEditor};

/// A node's address book. All clones are one book; the last one that is dropped releases it.
#[derive(Clone)]
pub(crate) struct Book {
    inner: Arc<Inner>,
}

/// What may become of a book.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Adds a peer, or replaces what is known of it. Addresses in the file that we cannot use stay.
    Put {
        peer: PeerId,
        /// With this peer's id at the end, or none.
        addresses: Vec<Address>,
        persistent: bool,
        /// `None` leaves it as it is.
        metadata: Option<BTreeMap<String, String>>,
    },
    /// Removes a peer. A ban of it stays.
    Remove(PeerId),
    /// A peer that is wanted was reached at this address, which comes first from now on. Adds the
    /// peer if it is not in the book; the last of 16 other addresses makes room.
    Reached { peer: PeerId, address: Address, at: SystemTime },
    /// Remembers when a peer was connected; nothing for one that is not in the book.
    Seen { peer: PeerId, at: SystemTime },
    /// Bans somebody, in the place of an earlier ban of the same target, also of a longer one.
    Ban(Ban),
    /// Lifts a ban; nothing if there is none.
    Unban(BanTarget),
    /// Reads Go's file again and restores what is missing in it.
    Refresh,
}

struct Inner {
    view: RwLock<View>,
    queue: Mutex<Vec<Waiting>>,
    /// How many changes may wait.
    room: Arc<Semaphore>,
    store: Arc<AsyncMutex<Store>>,
}

struct Waiting {
    change: Change,
    done: oneshot::Sender<Result<()>>,
    _room: OwnedSemaphorePermit,
}

/// A change in the queue, or one that has to wait for room in it.
type Queued = std::result::Result<oneshot::Receiver<Result<()>>, Change>;

impl Book {
    /// A book that nobody finds again.
    pub(crate) fn in_memory() -> Self {
        Self::of(Store::in_memory())
    }

    /// Opens a book, and locks it against a second node. A missing file is an empty book.
    ///
    /// # Errors
    /// [`ErrorCode::AddressBookLocked`] when another node has it, or another program holds Go's
    /// lock for more than 5 s; [`ErrorCode::AddressBookCorrupt`] when either file is damaged,
    /// each time until somebody repairs or removes it; [`ErrorCode::AddressBookUnreadable`] and
    /// [`ErrorCode::AddressBookUnwritable`]; [`ErrorCode::TooManyPeers`] above 65,536 peers, or
    /// 64 MiB in a file.
    pub(crate) async fn open(path: PathBuf) -> Result<Self> {
        blocking(move || open(&path)).await?
    }

    /// What is known of a peer.
    pub(crate) fn entry(&self, peer: &PeerId) -> Option<PeerEntry> {
        self.inner.view.read().entry(peer)
    }

    /// All peers, in the order of their ids.
    pub(crate) fn entries(&self) -> Vec<PeerEntry> {
        self.inner.view.read().entries()
    }

    /// All bans that hold: peers in the order of their ids, then networks.
    pub(crate) fn bans(&self) -> Vec<Ban> {
        self.inner.view.read().bans()
    }

    /// The ban that holds for a peer.
    pub(crate) fn ban_of(&self, peer: &PeerId) -> Option<Ban> {
        self.inner.view.read().ban_of(peer)
    }

    /// Makes a change. It is durable when this returns `Ok`; changes that come meanwhile are
    /// written together. At most 256 wait for that, and further calls wait for their turn.
    ///
    /// Changes are made in the order of the calls. When the call is dropped before its turn, nothing
    /// changes; later, the change is made.
    ///
    /// # Errors
    /// What [`Book::open`] may fail with, and then the change is not reported as saved, though a
    /// part of it may be on disk; [`ErrorCode::MetadataTooLarge`], [`ErrorCode::TooManyPeers`] (also
    /// for 65,536 bans), [`ErrorCode::InvalidConfig`] for more than 16 addresses, and
    /// [`ErrorCode::InvalidAddress`] for one of another peer, and then nothing has changed.
    pub(crate) fn update(&self, change: Change) -> impl Future<Output = Result<()>> + use<> {
        // Not only when it is first polled: changes are made in the order of these calls.
        let room = Arc::clone(&self.inner.room).try_acquire_owned();
        let queued = match room {
            Ok(room) => Ok(self.queue(change, room)),
            Err(_) => Err(change),
        };
        self.clone().written(queued)
    }

    fn queue(&self, change: Change, room: OwnedSemaphorePermit) -> oneshot::Receiver<Result<()>> {
        let (done, outcome) = oneshot::channel();
        self.inner.queue.lock().push(Waiting { change, done, _room: room });
        outcome
    }

    async fn written(self, queued: Queued) -> Result<()> {
        let outcome = match queued {
            Ok(outcome) => outcome,
            Err(change) => {
                let room = Arc::clone(&self.inner.room).acquire_owned().await;
                self.queue(change, room.expect("the semaphore is never closed"))
            }
        };
        let turn = Arc::clone(&self.inner.store).lock_owned().await;
        let batch = std::mem::take(&mut *self.inner.queue.lock());
        let inner = self.inner;
        if batch.is_empty() {
            // Whoever had the turn before has written ours along.
            drop(turn);
        } else if turn.is_in_memory() {
            commit(inner, turn, batch);
        } else {
            blocking(move || commit(inner, turn, batch)).await?;
        }
        outcome.await.unwrap_or_else(|_| Err(cut_short()))
    }

    /// Lets the files and their lock go. Later changes fail with [`ErrorCode::NodeClosed`].
    pub(crate) async fn close(&self) {
        self.inner.store.lock().await.close();
    }

    fn of(store: Store) -> Self {
        let view = View::of(store.state(), &View::default());
        Self {
            inner: Arc::new(Inner {
                view: RwLock::new(view),
                queue: Mutex::default(),
                room: Arc::new(Semaphore::new(MOST_WAITING)),
                store: Arc::new(AsyncMutex::new(store)),
            }),
        }
    }
}

fn open(path: &Path) -> Result<Book> {
    Store::open(path).map(Book::of)
}

/// Writes a batch and answers those who wait for it.
fn commit(inner: Arc<Inner>, mut store: OwnedMutexGuard<Store>, batch: Vec<Waiting>) {
    let wanted = batch.into_iter().filter(|waiting| !waiting.done.is_closed());
    let batch: Vec<Waiting> = wanted.collect();
    let changes: Vec<&Change> = batch.iter().map(|waiting| &waiting.change).collect();
    let outcomes = store.commit(&changes);
    show(&inner.view, &store, &changes);
    // Before the answers: whoever drops the book then and opens it again must find it unlocked.
    drop((store, inner));
    for (waiting, outcome) in batch.into_iter().zip(outcomes) {
        // Nobody listens when the call was dropped meanwhile: the change is made all the same.
        drop(waiting.done.send(outcome));
    }
}

/// Makes what was written visible. Whoever has the store is the only one who does.
fn show(view: &RwLock<View>, store: &Store, changes: &[&Change]) {
    if store.is_in_memory() {
        let mut view = view.write();
        for change in changes {
            view.follow(change, store.state());
        }
        return;
    }
    let next = View::of(store.state(), &view.read());
    *view.write() = next;
}

/// Runs what blocks beside the asynchronous threads.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    spawn_blocking(work).await.map_err(|fault| cut_short().caused_by(fault))
}

fn cut_short() -> Error {
    Error::new(ErrorCode::Internal, "the address book was not written: its task was cut short")
}

/// Changes that wait for the one that is being written. They are small, and written together.
pub(crate) const MOST_WAITING: usize = 256;

#[cfg(test)]
mod tests;
