//! A program that a test talks to over its standard streams.

use std::fmt::Debug;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::board::{Board, Missing};
use crate::wait::PATIENCE;

/// A running program. It is killed when this is dropped.
pub(crate) struct Program<T> {
    name: &'static str,
    child: Child,
    stdin: Mutex<ChildStdin>,
    said: Arc<Board<T>>,
    complaints: Arc<Mutex<String>>,
}

impl<T: Debug + Send + 'static> Program<T> {
    /// Starts `command`; `parse` makes an item of each line that it prints, or drops the line.
    ///
    /// # Panics
    /// If the program cannot be started.
    pub(crate) fn start(
        name: &'static str,
        command: &mut Command,
        parse: fn(&str) -> Option<T>,
    ) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child =
            command.spawn().unwrap_or_else(|fault| panic!("{name} does not start: {fault}"));
        let stdin = child.stdin.take().expect("it was piped");
        let stdout = child.stdout.take().expect("it was piped");
        let stderr = child.stderr.take().expect("it was piped");
        let said = Arc::new(Board::new());
        let complaints = Arc::new(Mutex::new(String::new()));
        let (board, log) = (said.clone(), complaints.clone());
        thread::spawn(move || read_lines(stdout, &board, parse));
        thread::spawn(move || keep(stderr, &log));
        Self { name, child, stdin: Mutex::new(stdin), said, complaints }
    }

    /// Writes one line to the program.
    ///
    /// # Panics
    /// If the program has ended.
    pub(crate) fn tell(&self, line: &str) {
        let mut stdin = self.stdin.lock().unwrap_or_else(PoisonError::into_inner);
        let told = writeln!(stdin, "{line}").and_then(|()| stdin.flush());
        if let Err(fault) = told {
            panic!("{} does not listen any more: {fault}{}", self.name, self.report());
        }
    }

    /// Takes the first item, past or coming, that fits.
    ///
    /// # Panics
    /// After [`PATIENCE`], or when the program has ended.
    pub(crate) async fn take(&self, what: &str, fits: impl Fn(&T) -> bool) -> T {
        match self.said.take(fits, PATIENCE).await {
            Ok(item) => item,
            Err(Missing::Ended) => panic!("{what}: {} ended{}", self.name, self.report()),
            Err(Missing::TooLate) => {
                panic!("{what}: not from {} within {PATIENCE:?}{}", self.name, self.report())
            }
        }
    }

    /// Takes all items that have come and fit.
    pub(crate) fn take_now(&self, fits: impl Fn(&T) -> bool) -> Vec<T> {
        self.said.take_now(fits)
    }

    /// Stops the program where it is, without a word to anybody: its sockets stay open, and nobody
    /// reads them. It is still killed when this is dropped.
    ///
    /// # Panics
    /// If the system refuses.
    pub(crate) fn pause(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-STOP", &pid]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{} cannot be stopped", self.name);
    }

    fn report(&self) -> String {
        let complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        let untaken = self.said.untaken();
        format!("\nit said, and nobody took:\n{untaken}\nits standard error:\n{complaints}")
    }
}

impl<T> Drop for Program<T> {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn read_lines<T: Debug>(stdout: impl Read, board: &Board<T>, parse: fn(&str) -> Option<T>) {
    for line in BufReader::new(stdout).lines() {
        let Ok(line) = line else { break };
        if let Some(item) = parse(&line) {
            board.put(item);
        }
    }
    board.end();
}

/// Keeps the last lines that a program complains with.
fn keep(stderr: impl Read, log: &Mutex<String>) {
    for line in BufReader::new(stderr).lines() {
        let Ok(line) = line else { break };
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() > KEPT {
            log.clear();
        }
        log.push_str(&line);
        log.push('\n');
    }
}

/// Bytes of standard error: the end of a log tells what happened.
const KEPT: usize = 32 * 1024;
