//! The address book of the Go implementation, in a process of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicU64;

use serde_json::{Value, json};

use crate::child::Program;
use crate::go;
use crate::go_peer::{ask, merged};

/// A Go process that has an address book and no node. It is killed when this is dropped.
pub struct GoBook {
    program: Program<Value>,
    next_id: AtomicU64,
    path: PathBuf,
}

impl GoBook {
    /// Starts the process. It opens the book in `folder` with its first command.
    #[must_use]
    pub fn start(folder: &Path) -> Self {
        let mut command = Command::new(go::Program::Peer.path());
        command.arg("-dir").arg(folder);
        let program = Program::start("the Go address book", &mut command, |line| {
            Some(serde_json::from_str(line).unwrap_or_else(|_| json!({ "not_json": line })))
        });
        Self { program, next_id: AtomicU64::new(1), path: folder.join("addressbook.json") }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs a command of `interop/go/README.md` that must succeed, and returns its result.
    ///
    /// # Panics
    /// If it fails.
    pub async fn run(&self, command: &str, fields: Value) -> Value {
        let command = merged(json!({ "cmd": command }), fields);
        let shown = command.to_string();
        let outcome = ask(&self.program, &self.next_id, command).await;
        outcome.unwrap_or_else(|fault| panic!("Go, {shown}: {fault}"))
    }

    /// What Go says of one peer; `null` if it does not know it.
    ///
    /// # Panics
    /// If Go does not answer.
    pub async fn listed(&self, peer: &str) -> Value {
        let listed = self.run("book_list", json!({ "peer": peer })).await;
        listed["peers"].get(0).cloned().unwrap_or_default()
    }

    /// Makes Go read the file again.
    ///
    /// # Panics
    /// If Go does not answer.
    pub async fn read_again(&self) {
        self.run("book_close", json!({})).await;
    }
}
