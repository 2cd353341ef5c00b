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
mod tests {
    use std::fs;
    use std::time::Duration;

    use tempfile::TempDir;

    use super::*;
    use crate::Identity;

    fn peer(seed: u8) -> PeerId {
        Identity::from_seed(&[seed; 32]).unwrap().peer_id()
    }

    fn put(peer: PeerId) -> Change {
        let addresses = vec!["/ip4/192.0.2.7/tcp/9000".parse().unwrap()];
        Change::Put { peer, addresses, persistent: false, metadata: None }
    }

    fn ban(target: impl Into<BanTarget>) -> Change {
        Change::Ban(Ban { target: target.into(), until: None })
    }

    fn book_in(folder: &TempDir) -> PathBuf {
        folder.path().join("peers.json")
    }

    fn names_in(folder: &TempDir) -> Vec<String> {
        let found = fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<String> =
            found.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    async fn refusal(path: PathBuf) -> Error {
        Book::open(path).await.err().expect("it is refused")
    }

    #[tokio::test]
    async fn what_was_saved_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let book = Book::open(book_in(&folder)).await.unwrap();
        let metadata = BTreeMap::from([("role".to_owned(), "guest".to_owned())]);
        let addresses = vec!["/ip4/192.0.2.7/tcp/9000".parse().unwrap()];
        let change = Change::Put {
            peer: peer(1),
            addresses: addresses.clone(),
            persistent: true,
            metadata: Some(metadata.clone()),
        };
        book.update(change).await.unwrap();
        let at = SystemTime::UNIX_EPOCH + Duration::new(1_764_012_723, 5);
        book.update(Change::Seen { peer: peer(1), at }).await.unwrap();
        book.update(ban(peer(2))).await.unwrap();
        let network: BanTarget = "192.0.2.0/24".parse().unwrap();
        book.update(ban(network)).await.unwrap();
        drop(book);

        let book = Book::open(book_in(&folder)).await.unwrap();
        let entry = book.entry(&peer(1)).unwrap();
        assert_eq!(entry.addresses, [addresses[0].clone().with_peer(peer(1))]);
        assert_eq!((entry.persistent, entry.metadata), (true, metadata));
        assert_eq!((entry.last_seen, entry.banned), (Some(at), None));
        assert!(book.ban_of(&peer(2)).is_some() && book.ban_of(&peer(1)).is_none());
        assert_eq!(book.bans().len(), 2);
        book.update(Change::Remove(peer(1))).await.unwrap();
        book.update(Change::Unban(network)).await.unwrap();
        drop(book);

        let book = AddressBook::read(book_in(&folder)).await.unwrap();
        assert!(book.peers().is_empty());
        assert_eq!(book.bans(), [Ban { target: peer(2).into(), until: None }]);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn its_files_are_for_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let book = Book::open(book_in(&folder)).await.unwrap();
        book.update(put(peer(1))).await.unwrap();
        let expected = ["", ".glueberry.json", ".glueberry.lock", ".lock"];
        assert_eq!(names_in(&folder), expected.map(|end| format!("peers.json{end}")));
        for name in names_in(&folder) {
            let mode = fs::metadata(folder.path().join(&name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[tokio::test]
    async fn a_second_node_is_refused_until_the_first_has_let_go() {
        let folder = tempfile::tempdir().unwrap();
        for seed in 1..30 {
            let book = Book::open(book_in(&folder)).await.unwrap();
            let refused = refusal(book_in(&folder)).await;
            assert_eq!(refused.code(), ErrorCode::AddressBookLocked);
            let clone = book.clone();
            drop(book);
            clone.update(put(peer(seed))).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_book_can_be_read_while_a_node_uses_it() {
        let folder = tempfile::tempdir().unwrap();
        let book = Book::open(book_in(&folder)).await.unwrap();
        book.update(put(peer(1))).await.unwrap();
        let read = AddressBook::read(book_in(&folder)).await.unwrap();
        assert_eq!(read.peers(), book.entries());
        let refused = AddressBook::edit(book_in(&folder)).await.err().unwrap();
        assert_eq!(refused.code(), ErrorCode::AddressBookLocked);
    }

    #[tokio::test]
    async fn to_read_a_book_that_is_not_there_creates_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let read = AddressBook::read(book_in(&folder)).await.unwrap();
        assert!(read.peers().is_empty() && read.bans().is_empty());
        assert_eq!(names_in(&folder), [""; 0]);
        let nowhere = AddressBook::read(folder.path().join("no/peers.json")).await.unwrap_err();
        assert_eq!(nowhere.code(), ErrorCode::AddressBookUnreadable);
    }

    #[tokio::test]
    async fn damage_is_kept_aside_once_and_refused_until_somebody_acts() {
        for name in ["peers.json", "peers.json.glueberry.json"] {
            let folder = tempfile::tempdir().unwrap();
            let book = Book::open(book_in(&folder)).await.unwrap();
            book.update(put(peer(1))).await.unwrap();
            book.update(ban(peer(2))).await.unwrap();
            drop(book);
            let path = folder.path().join(name);
            let whole = fs::read(&path).unwrap();
            let half = &whole[..whole.len() / 2];
            fs::write(&path, half).unwrap();

            for _ in 0..3 {
                let refused = refusal(book_in(&folder)).await;
                assert_eq!(refused.code(), ErrorCode::AddressBookCorrupt, "{refused}");
                let names = names_in(&folder);
                let copies: Vec<_> = names.iter().filter(|name| name.contains("corrupt")).collect();
                let [copy] = copies[..] else { panic!("{names:?}") };
                assert!(refused.message().contains(copy.as_str()), "{refused}");
                assert_eq!(fs::read(folder.path().join(copy)).unwrap(), half);
                assert_eq!(fs::read(&path).unwrap(), half);
            }
            fs::write(&path, &whole).unwrap();
            let book = Book::open(book_in(&folder)).await.unwrap();
            assert!(book.entry(&peer(1)).is_some() && book.ban_of(&peer(2)).is_some());
        }
    }

    #[tokio::test]
    async fn a_ban_that_cannot_be_understood_is_damage() {
        let folder = tempfile::tempdir().unwrap();
        for kind in [r#""banned_peers": {"12D3x": {}}"#, r#""banned_networks": {"x": {}}"#] {
            let text = format!("{{\"version\": 1, {kind}}}");
            fs::write(folder.path().join("peers.json.glueberry.json"), text).unwrap();
            let refused = refusal(book_in(&folder)).await;
            assert_eq!(refused.code(), ErrorCode::AddressBookCorrupt, "{refused}");
        }
    }

    #[tokio::test]
    async fn a_later_version_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(book_in(&folder), "{\"version\": 2, \"peers\": {}}").unwrap();
        let refused = refusal(book_in(&folder)).await;
        assert_eq!(refused.code(), ErrorCode::AddressBookUnreadable);
        assert!(!names_in(&folder).iter().any(|name| name.contains("corrupt")));
    }

    #[tokio::test]
    async fn a_file_that_is_too_long_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = fs::File::create(book_in(&folder)).unwrap();
        file.set_len((64 << 20) + 1).unwrap();
        assert_eq!(refusal(book_in(&folder)).await.code(), ErrorCode::TooManyPeers);
    }

    #[tokio::test]
    async fn a_folder_in_its_place_and_a_folder_that_is_missing_are_told() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(book_in(&folder)).unwrap();
        assert_eq!(refusal(book_in(&folder)).await.code(), ErrorCode::AddressBookUnreadable);
        let nowhere = folder.path().join("no").join("peers.json");
        assert_eq!(refusal(nowhere).await.code(), ErrorCode::AddressBookUnwritable);
    }

    #[tokio::test]
    async fn when_it_cannot_be_written_nothing_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let book = Book::open(book_in(&folder)).await.unwrap();
        book.update(put(peer(1))).await.unwrap();
        let elsewhere = folder.path().with_extension("moved");
        fs::rename(folder.path(), &elsewhere).unwrap();
        let refused = book.update(put(peer(2))).await.unwrap_err();
        fs::rename(&elsewhere, folder.path()).unwrap();
        assert_eq!(refused.code(), ErrorCode::AddressBookUnwritable);
        assert!(book.entry(&peer(1)).is_some() && book.entry(&peer(2)).is_none());
        book.update(put(peer(3))).await.unwrap();
        assert!(book.entry(&peer(2)).is_none() && book.entry(&peer(3)).is_some());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_link_stays_and_its_target_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("real")).unwrap();
        let link = book_in(&folder);
        std::os::unix::fs::symlink("real/book.json", &link).unwrap();
        for seed in [1, 2] {
            let book = Book::open(link.clone()).await.unwrap();
            book.update(put(peer(seed))).await.unwrap();
            let refused = refusal(folder.path().join("real/book.json")).await;
            assert_eq!(refused.code(), ErrorCode::AddressBookLocked);
        }
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(names_in(&folder), ["peers.json", "real"]);
        let read = AddressBook::read(folder.path().join("real/book.json")).await.unwrap();
        assert_eq!(read.peers().len(), 2);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn changes_at_once_are_all_made() {
        let folder = tempfile::tempdir().unwrap();
        let book = Book::open(book_in(&folder)).await.unwrap();
        let changes = (0..=255).flat_map(|seed| [put(peer(seed)), ban(peer(seed))]);
        let made = changes.map(|change| {
            let book = book.clone();
            tokio::spawn(async move { book.update(change).await })
        });
        for outcome in made.collect::<Vec<_>>() {
            outcome.await.unwrap().unwrap();
        }
        let read = AddressBook::read(book_in(&folder)).await.unwrap();
        assert_eq!((read.peers().len(), read.bans().len()), (256, 256));
        assert_eq!(read.peers(), book.entries());
    }

    #[tokio::test]
    async fn a_change_that_is_refused_does_not_hold_up_those_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let book = Book::open(book_in(&folder)).await.unwrap();
        let big = BTreeMap::from([("key".to_owned(), "x".repeat(2000))]);
        let refused = Change::Put {
            peer: peer(2),
            addresses: Vec::new(),
            persistent: false,
            metadata: Some(big),
        };
        let together = [put(peer(1)), refused, put(peer(3))].map(|change| book.update(change));
        let outcomes = futures::future::join_all(together).await;
        assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
        let refused = outcomes[1].as_ref().unwrap_err();
        assert_eq!(refused.code(), ErrorCode::MetadataTooLarge);
        assert_eq!(book.entries().len(), 2);
    }

    #[tokio::test]
    async fn a_call_that_is_dropped_before_its_turn_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let book = Book::open(book_in(&folder)).await.unwrap();
        let turn = Arc::clone(&book.inner.store).lock_owned().await;
        let mut dropped = Box::pin(book.update(put(peer(1))));
        assert!(futures::poll!(&mut dropped).is_pending());
        drop(dropped);
        drop(turn);
        book.update(put(peer(2))).await.unwrap();
        assert!(book.entry(&peer(1)).is_none() && book.entry(&peer(2)).is_some());
    }

    #[tokio::test]
    async fn bans_that_are_over_are_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let book = Book::open(book_in(&folder)).await.unwrap();
        let until = Some(SystemTime::now());
        let network: BanTarget = "192.0.2.7".parse().unwrap();
        for target in [peer(1).into(), network] {
            book.update(Change::Ban(Ban { target, until })).await.unwrap();
        }
        assert_eq!((book.bans(), book.ban_of(&peer(1))), (Vec::new(), None));
        drop(book);
        let _opened_again = Book::open(book_in(&folder)).await.unwrap();
        let companion =
            fs::read_to_string(folder.path().join("peers.json.glueberry.json")).unwrap();
        assert!(!companion.contains("until"), "{companion}");
    }

    #[tokio::test]
    async fn a_program_that_holds_the_lock_of_go_cannot_hold_us_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let book = Book::open(book_in(&folder)).await.unwrap();
        let go = fs::File::open(folder.path().join("peers.json.lock")).unwrap();
        go.lock().unwrap();
        let refused = book.update(put(peer(1))).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::AddressBookLocked);
        assert!(book.entry(&peer(1)).is_none());
        let waiting = book.update(put(peer(2)));
        go.unlock().unwrap();
        waiting.await.unwrap();
    }

    #[tokio::test]
    async fn a_book_in_memory_needs_no_file() {
        let book = Book::in_memory();
        book.update(put(peer(1))).await.unwrap();
        book.update(ban(peer(1))).await.unwrap();
        let entry = book.clone().entry(&peer(1)).unwrap();
        assert!(entry.banned.is_some_and(|ban| ban.until.is_none()));
        book.update(Change::Unban(peer(1).into())).await.unwrap();
        assert!(book.ban_of(&peer(1)).is_none() && book.entries().len() == 1);
    }

    #[tokio::test]
    async fn changes_beyond_those_that_may_wait_wait_for_their_turn() {
        let folder = tempfile::tempdir().unwrap();
        let book = Book::open(book_in(&folder)).await.unwrap();
        let turn = Arc::clone(&book.inner.store).lock_owned().await;
        let made: Vec<_> = (0..=MOST_WAITING)
            .map(|_| Box::pin(book.update(put(Identity::generate().peer_id()))))
            .collect();
        let mut made = futures::future::join_all(made);
        assert!(futures::poll!(&mut made).is_pending());
        assert_eq!(book.inner.queue.lock().len(), MOST_WAITING);
        drop(turn);
        assert!(made.await.iter().all(Result::is_ok));
        assert_eq!(book.entries().len(), MOST_WAITING + 1);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn links_without_end_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let link = |n: usize| folder.path().join(format!("{n}.json"));
        for n in 0..files::MOST_LINKS {
            std::os::unix::fs::symlink(link(n + 1), link(n)).unwrap();
        }
        Book::open(link(1)).await.expect("as many as are followed");
        assert_eq!(refusal(link(0)).await.code(), ErrorCode::AddressBookUnreadable);
        std::os::unix::fs::symlink(link(1000), link(1000)).unwrap();
        assert_eq!(refusal(link(1000)).await.code(), ErrorCode::AddressBookUnreadable);
    }
}
