//! The example programs that come with the Go implementation, unmodified.

use std::path::Path;
use std::process::Command;

use glueberry_core::{Address, Node};
use tempfile::TempDir;

use crate::child::Program;
use crate::{go, node};

/// A running example. It is killed when this is dropped.
pub struct GoExample {
    program: Program<String>,
    dir: TempDir,
}

impl GoExample {
    /// Starts an example on a free port, in a directory of its own, with more arguments.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start(which: go::Program, arguments: &[&str]) -> Self {
        let dir = TempDir::new().expect("a temporary directory");
        let mut command = Command::new(which.path());
        command.args(["-port", "0"]).args(arguments).current_dir(dir.path());
        let program = Program::start(which.name(), &mut command, |line| {
            // The prompt and the progress have no line of their own.
            let line = line.rsplit('\r').next().unwrap_or(line);
            Some(line.trim_start_matches("> ").to_owned())
        });
        Self { program, dir }
    }

    /// Starts an example that dials a Rust node, and returns when it says that it is connected.
    ///
    /// # Panics
    /// If it does not get so far.
    pub async fn start_dialing(which: go::Program, rust: &Node, arguments: &[&str]) -> Self {
        let address = node::address(rust).to_string();
        let arguments = [&["-peer", &address], arguments].concat();
        for _ in 0..ATTEMPTS {
            let example = Self::start(which, &arguments);
            let is_ready = |line: &str| {
                line.ends_with("ready for RPC") || line.starts_with("Secure connection ready")
            };
            let has_failed = |line: &str| line.starts_with("Connect failed");
            let fits = |line: &str| is_ready(line) || has_failed(line);
            let line = example.line("whether it is connected", fits).await;
            if is_ready(&line) {
                return example;
            }
            // Adding a peer dials it too, and the example's own dial may come second and give up.
            assert!(line.contains("already connected"), "{}: {line}", which.name());
        }
        panic!("{} did not connect in {ATTEMPTS} attempts", which.name());
    }

    /// Where its address book and what it received are.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The address on this machine that it says it listens at.
    ///
    /// # Panics
    /// If it says none.
    pub async fn address(&self) -> Address {
        let prefix = "Connect with: --peer ";
        let local = format!("{prefix}/ip4/127.0.0.1/");
        let line = self.line("its address", |line| line.starts_with(&local)).await;
        line[prefix.len()..].parse().expect("Go writes valid addresses")
    }

    /// Types a line.
    ///
    /// # Panics
    /// If it has ended.
    pub fn type_line(&self, line: &str) {
        self.program.tell(line);
    }

    /// Takes the first line, past or coming, that fits.
    ///
    /// # Panics
    /// If none comes.
    pub async fn line(&self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        self.program.take(what, |line| fits(line)).await
    }
}

/// Go's two dials of one peer race; five times in a row the wrong one hardly wins.
const ATTEMPTS: usize = 5;
