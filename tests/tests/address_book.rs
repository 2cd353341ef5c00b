//! The address book between processes: one that is killed, and two that want the same book.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use glueberry_core::{AddressBook, ErrorCode};
use glueberry_tests::{numbered, random};
use rand::RngExt;
use tempfile::TempDir;

/// The writer, running. Killed when dropped.
struct Writer {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Writer {
    fn start(book: &Path, first: u32, count: u32) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_book_writer"));
        command.arg(book).arg(first.to_string()).arg(count.to_string());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it was built");
        let said = BufReader::new(child.stdout.take().expect("it was piped"));
        let mut writer = Self { child, said };
        assert_eq!(writer.line().as_deref(), Some("opened"));
        writer
    }

    /// The next line, or `None` at its end. A line that was cut short is none.
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.said.read_line(&mut line).expect("it writes text");
        line.strip_suffix('\n').map(str::to_owned)
    }

    fn saved(&mut self) -> Option<u32> {
        let line = self.line()?;
        Some(line.strip_prefix("saved ").expect("it says nothing else").parse().expect("a number"))
    }

    /// On Unix this is SIGKILL.
    fn kill(&mut self) {
        self.child.kill().expect("it is ours");
        self.child.wait().expect("it is ours");
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[tokio::test]
async fn a_killed_writer_leaves_a_book_with_everything_that_it_reported_saved() {
    let mut random = random::seeded("a_killed_writer_leaves_a_book");
    for _ in 0..BOOKS {
        let folder = TempDir::new().expect("a temporary directory");
        let book = folder.path().join("peers.json");
        let mut saved = Vec::new();
        for round in 0..KILLS_EACH {
            let mut writer = Writer::start(&book, round * WRITES, WRITES);
            // Mostly in the midst of the writes, now and then before the first or after the last.
            let lines = random.random_range(0..=WRITES / 4);
            saved.extend((0..lines).map_while(|_| writer.saved()));
            std::thread::sleep(Duration::from_micros(random.random_range(0..LONGEST_PAUSE)));
            writer.kill();
            saved.extend(std::iter::from_fn(|| writer.saved()));
            check(&book, &saved).await;
        }
    }
}

/// As a tool sees the book, and as the next node does.
async fn check(book: &Path, saved: &[u32]) {
    let read = AddressBook::read(book).await.expect("it can be read");
    for number in saved {
        let entry = read.peers().iter().find(|entry| entry.peer == numbered::peer(*number));
        let entry = entry.unwrap_or_else(|| panic!("{number} was saved, and is lost"));
        assert!(entry.persistent, "{number}");
        assert_eq!(entry.addresses, [numbered::address(*number).with_peer(entry.peer)]);
        let target = numbered::network(*number);
        assert!(read.bans().iter().any(|ban| ban.target == target), "the ban of {number} is lost");
    }
    let editor = AddressBook::edit(book).await.expect("nobody has it any more");
    assert!(editor.peers() == read.peers() && editor.bans() == read.bans());
}

#[tokio::test]
async fn a_second_process_is_refused_and_may_still_read() {
    let folder = TempDir::new().expect("a temporary directory");
    let book = folder.path().join("peers.json");
    let mut writer = Writer::start(&book, 0, 1);
    assert_eq!(writer.saved(), Some(0));
    assert_eq!(writer.line(), None);
    writer.child.wait().expect("it is ours");
    let editor = AddressBook::edit(&book).await.expect("the first has ended");
    let second =
        Command::new(env!("CARGO_BIN_EXE_book_writer")).arg(&book).args(["1", "1"]).output();
    let second = second.expect("it was built");
    let complaint = String::from_utf8_lossy(&second.stderr);
    assert!(!second.status.success() && complaint.contains("AddressBookLocked"), "{complaint}");
    let read = AddressBook::read(&book).await.expect("a reader needs no lock");
    assert_eq!(read.peers(), editor.peers());

    drop(editor);
    let mut writer = Writer::start(&book, 1, ENDLESS);
    let refused = AddressBook::edit(&book).await.err().expect("the writer has it");
    assert_eq!(refused.code(), ErrorCode::AddressBookLocked);
    writer.kill();
    AddressBook::edit(&book).await.expect("a killed process holds no lock");
}

/// Books and kills: 40 kills, and no book grows so large that writing it takes long.
const BOOKS: u32 = 10;
const KILLS_EACH: u32 = 4;
/// What a writer writes if nobody kills it.
const WRITES: u32 = 200;
/// More than it can write before it is killed.
const ENDLESS: u32 = 60_000;
/// In microseconds: some writes long.
const LONGEST_PAUSE: u64 = 20_000;
