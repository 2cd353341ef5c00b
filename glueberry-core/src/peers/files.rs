//! The files of an address book: where they are, and how they are read and replaced. Everything
//! here blocks.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use glueberry_proto::v1::address_book::{AddressBook as GoBook, Companion};

use super::faults::{corrupt, not_a_book, too_long, unreadable, unwritable};
use super::locks::{self, Lock};
use crate::BanTarget;
use crate::error::{Error, ErrorCode, Result};

/// Where the files of one book are.
pub(super) struct Files {
    folder: PathBuf,
    /// Go's file.
    book: PathBuf,
    /// Ours, beside it.
    companion: PathBuf,
    /// What either is written to before it takes its place.
    unfinished: PathBuf,
    node_lock: PathBuf,
    go_lock: PathBuf,
}

impl Files {
    /// Follows links: the file that a link leads to is replaced, and the link stays.
    pub(super) fn at(path: &Path) -> Result<Self> {
        let book = resolve(path).map_err(|fault| unreadable(path, fault))?;
        let (Some(folder), Some(_)) = (book.parent(), book.file_name()) else {
            return Err(unreadable(path, ErrorKind::IsADirectory.into()));
        };
        let beside = |end: &str| -> PathBuf {
            let mut name = OsString::from(&book);
            name.push(end);
            name.into()
        };
        Ok(Self {
            folder: folder.to_owned(),
            companion: beside(".glueberry.json"),
            unfinished: beside(".glueberry.tmp"),
            node_lock: beside(".glueberry.lock"),
            go_lock: beside(".lock"),
            book,
        })
    }

    pub(super) fn lock_for_node(&self) -> Result<Lock> {
        locks::of_node(&self.node_lock)
    }

    pub(super) fn lock_with_go(&self) -> Result<Lock> {
        locks::of_go(&self.go_lock)
    }

    pub(super) fn lock_to_read(&self) -> Result<Option<Lock>> {
        if !self.folder.is_dir() {
            return Err(unreadable(&self.folder, ErrorKind::NotFound.into()));
        }
        locks::of_go_to_read(&self.go_lock)
    }

    /// What Go's file says, and its bytes. A missing file is an empty book.
    pub(super) fn read_book(&self) -> Result<(GoBook, Vec<u8>)> {
        let bytes = read(&self.book)?.unwrap_or_default();
        match GoBook::parse(&bytes) {
            Ok(book) => Ok((book, bytes)),
            Err(fault) => Err(not_a_book(&self.book, &bytes, fault)),
        }
    }

    /// What our file says. A missing one says nothing.
    pub(super) fn read_companion(&self) -> Result<Companion> {
        let Some(bytes) = read(&self.companion)? else { return Ok(Companion::default()) };
        let companion =
            Companion::parse(&bytes).map_err(|fault| not_a_book(&self.companion, &bytes, fault))?;
        match first_unknown_target(&companion) {
            None => Ok(companion),
            Some(kind) => Err(corrupt(&self.companion, &bytes, kind)),
        }
    }

    pub(super) fn replace_book(&self, text: &str) -> Result<()> {
        self.replace(&self.book, text)
    }

    pub(super) fn replace_companion(&self, text: &str) -> Result<()> {
        self.replace(&self.companion, text)
    }

    /// Makes the renames of before survive a power failure.
    #[cfg(unix)]
    pub(super) fn sync_folder(&self) -> Result<()> {
        let synced = File::open(&self.folder).and_then(|folder| folder.sync_all());
        synced.map_err(|fault| unwritable(&self.folder, fault))
    }

    /// Folders cannot be synced here.
    #[cfg(not(unix))]
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    pub(super) fn sync_folder(&self) -> Result<()> {
        Ok(())
    }

    /// Puts a new file in the place of an old one, whole or not at all.
    fn replace(&self, path: &Path, text: &str) -> Result<()> {
        if text.len() as u64 > MAX_FILE {
            return Err(too_long(path, text.len() as u64, MAX_FILE));
        }
        let replaced = write_new(&self.unfinished, text.as_bytes())
            .and_then(|()| fs::rename(&self.unfinished, path));
        replaced.map_err(|fault| {
            // What cannot be removed now is removed by the next writing.
            drop(fs::remove_file(&self.unfinished));
            unwritable(path, fault)
        })
    }
}

/// Lets nobody but the owner read a file that is created.
#[cfg(unix)]
pub(super) fn only_for_owner(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
}

#[cfg(not(unix))]
pub(super) fn only_for_owner(_options: &mut OpenOptions) {}

/// The absolute path of the file that `path` leads to, whether it exists or not.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut path = std::path::absolute(path)?;
    for _ in 0..MOST_LINKS {
        let is_link = fs::symlink_metadata(&path).is_ok_and(|found| found.is_symlink());
        if !is_link {
            return Ok(path);
        }
        let target = fs::read_link(&path)?;
        path.pop();
        path.push(target);
    }
    Err(io::Error::other("too many links"))
}

/// The bytes of a file, or `None` if it does not exist.
fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(fault) if fault.kind() == ErrorKind::NotFound => return Ok(None),
        Err(fault) => return Err(unreadable(path, fault)),
    };
    if !found.is_file() {
        // To open a pipe would wait for its other end.
        let message = format!("the address book {} is no file", path.display());
        return Err(Error::new(ErrorCode::AddressBookUnreadable, message));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|fault| unreadable(path, fault))?;
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|fault| unreadable(path, fault))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(too_long(path, found.len(), MAX_FILE));
    }
    Ok(Some(bytes))
}

/// Writes a file that did not exist, down to the disk. One that a killed process left is replaced.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(fault) if fault.kind() != ErrorKind::NotFound => return Err(fault),
        _ => {}
    }
    let mut options = OpenOptions::new();
    only_for_owner(options.write(true).create_new(true));
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A ban that cannot be understood would not hold.
fn first_unknown_target(companion: &Companion) -> Option<&'static str> {
    let is_peer = |id: &String| matches!(id.parse(), Ok(BanTarget::Peer(_)));
    let is_network = |text: &String| matches!(text.parse(), Ok(BanTarget::Network(_)));
    if !companion.banned_peers.keys().all(is_peer) {
        return Some("in banned_peers: a key is no peer id");
    }
    if !companion.banned_networks.keys().all(is_network) {
        return Some("in banned_networks: a key is no IP address or range");
    }
    None
}

/// 64 MiB: 65,536 peers with two addresses and some metadata each make half of it. It bounds what a
/// file can make us hold, and what each writing costs.
pub(crate) const MAX_FILE: u64 = 64 << 20;
/// As many as Linux follows.
pub(crate) const MOST_LINKS: usize = 40;
