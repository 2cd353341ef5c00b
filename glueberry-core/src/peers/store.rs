//! The one who writes: takes changes, and makes them durable together.

use std::path::Path;
use std::time::SystemTime;

use super::Change;
use super::files::Files;
use super::locks::Lock;
use super::state::State;
use crate::error::{Error, ErrorCode, Result};

/// What the book says, and where it is kept.
pub(super) struct Store {
    state: State,
    disk: Option<Disk>,
    closed: bool,
}

struct Disk {
    files: Files,
    /// Whether the companion on disk says what [`Store::state`] says.
    companion_is_written: bool,
    _node_lock: Lock,
}

impl Store {
    pub(super) fn in_memory() -> Self {
        Self { state: State::default(), disk: None, closed: false }
    }

    /// Locks the book against a second node, and reads it.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let files = Files::at(path)?;
        let node_lock = files.lock_for_node()?;
        let own = {
            let _go = files.lock_with_go()?;
            files.read_companion()?
        };
        let disk = Disk { files, companion_is_written: true, _node_lock: node_lock };
        let state = State { own, ..State::default() };
        let mut store = Self { state, disk: Some(disk), closed: false };
        // Reads Go's file, restores what a Go program has overwritten, ends the bans that are over.
        store.write(&[])?;
        Ok(store)
    }

    pub(super) fn close(&mut self) {
        self.disk = None;
        self.closed = true;
    }

    pub(super) fn is_in_memory(&self) -> bool {
        self.disk.is_none()
    }

    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// Makes changes durable: one outcome for each. A change that is refused does not hold up the
    /// others; when the files cannot be written, none has happened.
    pub(super) fn commit(&mut self, changes: &[&Change]) -> Vec<Result<()>> {
        match self.write(changes) {
            Ok(outcomes) => outcomes,
            // One of them made the file too long: the others must not suffer for it.
            Err(fault) if fault.code() == ErrorCode::TooManyPeers && changes.len() > 1 => {
                let alone = changes.iter().map(|change| self.write(&[change]));
                alone.map(|outcome| outcome.and_then(only)).collect()
            }
            Err(fault) => changes.iter().map(|_| Err(fault.clone())).collect(),
        }
    }

    fn write(&mut self, changes: &[&Change]) -> Result<Vec<Result<()>>> {
        if self.closed {
            return Err(Error::new(ErrorCode::NodeClosed, "the address book was let go"));
        }
        let now = SystemTime::now();
        let Some(disk) = &mut self.disk else {
            self.state.end_bans_at(now);
            return Ok(changes.iter().map(|change| self.state.apply(change, now)).collect());
        };
        let _go = disk.files.lock_with_go()?;
        let (go, bytes) = disk.files.read_book()?;
        let mut next = State { go, own: self.state.own.clone() };
        next.reconcile(now)?;
        let outcomes = changes.iter().map(|change| next.apply(change, now)).collect();
        disk.save(&self.state, &next, &bytes)?;
        self.state = next;
        Ok(outcomes)
    }
}

impl Disk {
    /// Ours first: what only Go's file has could be overwritten by a Go program.
    fn save(&mut self, before: &State, next: &State, book: &[u8]) -> Result<()> {
        let companion_changes = !self.companion_is_written || before.own != next.own;
        let text = next.go.render();
        let is_new = book.is_empty() && next.go == State::default().go;
        let book_changes = text.as_bytes() != book && !is_new;
        if companion_changes {
            self.companion_is_written = false;
            self.files.replace_companion(&next.own.render())?;
        }
        if book_changes {
            self.files.replace_book(&text)?;
        }
        if companion_changes || book_changes {
            self.files.sync_folder()?;
        }
        self.companion_is_written = true;
        Ok(())
    }
}

fn only(mut outcomes: Vec<Result<()>>) -> Result<()> {
    outcomes.pop().unwrap_or(Ok(()))
}
