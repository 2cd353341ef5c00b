//! One process of the Go peer. `tests/interop/go/README.md` describes the lines.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{STREAM, says_established};

/// A running Go node, which counts what it receives. It is killed when this is dropped.
pub(super) struct Process {
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    /// What it said and nobody asked for yet.
    said: Vec<Value>,
    commands: u64,
    peer: String,
    address: String,
    _dir: TempDir,
}

impl Process {
    pub(super) fn start(program: &Path) -> Self {
        let dir = TempDir::new().expect("a temporary directory");
        let mut command = Command::new(program);
        command.arg("-dir").arg(dir.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the Go peer starts");
        let stdin = child.stdin.take().expect("it is piped");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let (said, commands) = (Vec::new(), 0);
        let (peer, address) = (String::new(), String::new());
        let mut process = Self { child, stdin, lines, said, commands, peer, address, _dir: dir };
        process.begin();
        process
    }

    fn begin(&mut self) {
        let options = json!({
            "listen": ["/ip4/127.0.0.1/tcp/0"],
            "handshake": "auto",
            "streams": [STREAM],
            "sink": [STREAM],
        });
        self.ask("start", options);
        let listening = self.hear(|line| line["event"] == "listening");
        self.peer = text(&listening["peer"]);
        self.address = text(&listening["addresses"][0]);
    }

    /// Who it is.
    pub(super) fn peer(&self) -> &str {
        &self.peer
    }

    /// Dials another, until they are established.
    pub(super) fn connect(&mut self, other: &Self) {
        self.ask("connect", json!({ "addr": other.address }));
        self.hear(|line| says_established(line, &other.peer));
    }

    /// Runs a command, and returns when it is done.
    pub(super) fn ask(&mut self, name: &str, mut fields: Value) {
        self.commands += 1;
        let id = self.commands;
        fields["cmd"] = json!(name);
        fields["id"] = json!(id);
        let told = writeln!(self.stdin, "{fields}").and_then(|()| self.stdin.flush());
        told.expect("the Go peer listens");
        let done = self.hear(|line| line["event"] == "done" && line["id"] == id);
        assert_eq!(done["ok"], true, "{name}: {done}");
    }

    /// Waits for a line that fits, unless it was said before.
    pub(super) fn hear(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            if let Some(line) = self.take(&fits) {
                return line;
            }
            let line = self.lines.next().expect("the Go peer runs").expect("it writes text");
            self.said.push(serde_json::from_str(&line).expect("it writes JSON"));
        }
    }

    /// The first line that fits, of those said before.
    pub(super) fn take(&mut self, fits: impl Fn(&Value) -> bool) -> Option<Value> {
        let at = self.said.iter().position(fits)?;
        Some(self.said.remove(at))
    }

    /// Drops what was said before.
    pub(super) fn forget(&mut self) {
        self.said.clear();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
