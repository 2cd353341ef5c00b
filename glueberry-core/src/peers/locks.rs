//! Locks on files: our own against a second node, and Go's around each reading and writing.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::faults::{locked, unreadable, unwritable};
use super::files::only_for_owner;
use crate::error::Result;

/// A lock that is held until this is dropped, or the process has ended.
pub(super) struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing releases it, too, unless a child process that is just being started has a copy of
        // the descriptor: so it is released by name.
        drop(self.file.unlock());
    }
}

/// Takes the lock that one node holds for its life.
pub(super) fn of_node(path: &Path) -> Result<Lock> {
    let file = create(path).map_err(|fault| unwritable(path, fault))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock { file }),
        Err(TryLockError::WouldBlock) => {
            Err(locked(format!("another node holds {}", path.display())))
        }
        Err(TryLockError::Error(fault)) => Err(unwritable(path, fault)),
    }
}

/// Takes Go's lock, with which Go programs and we exclude each other for a moment.
pub(super) fn of_go(path: &Path) -> Result<Lock> {
    let file = create(path).map_err(|fault| unwritable(path, fault))?;
    wait(path, || file.try_lock())?;
    Ok(Lock { file })
}

/// As [`of_go`], for a reader, who must not leave anything behind and may be allowed to read only.
/// Where there is no such file, or it cannot be opened, nothing is locked: files are replaced whole.
pub(super) fn of_go_to_read(path: &Path) -> Result<Option<Lock>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(fault) if matches!(fault.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => {
            return Ok(None);
        }
        Err(fault) => return Err(unreadable(path, fault)),
    };
    wait(path, || file.try_lock_shared())?;
    Ok(Some(Lock { file }))
}

/// Asks again and again: the operating system's own waiting has no deadline.
fn wait(path: &Path, take: impl Fn() -> std::result::Result<(), TryLockError>) -> Result<()> {
    let deadline = Instant::now() + LONGEST_WAIT;
    loop {
        match take() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(fault)) => return Err(unwritable(path, fault)),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                let waited = LONGEST_WAIT.as_secs();
                let shown = path.display();
                return Err(locked(format!("another program has held {shown} for {waited} s")));
            }
            Err(TryLockError::WouldBlock) => thread::sleep(BETWEEN_TRIES),
        }
    }
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    only_for_owner(options.read(true).write(true).create(true).truncate(false));
    options.open(path)
}

/// A Go program holds its lock for one reading or writing; one that stands still must not hold us.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// Short against what a writing takes, so that a busy Go program does not shut us out.
const BETWEEN_TRIES: Duration = Duration::from_millis(1);
