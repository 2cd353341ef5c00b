//! One node of the Go implementation, driven by lines of JSON; `interop/go/README.md` describes
//! them.

use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use glueberry_core::{Node, PeerId};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::child::Program;
use crate::{go, node};

/// A running Go node. It is killed when this is dropped.
pub struct GoPeer {
    program: Program<Value>,
    next_id: AtomicU64,
    peer: PeerId,
    addresses: Vec<String>,
    _dir: TempDir,
}

/// How a Go node shakes hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandshakeStyle {
    /// As the library's documentation says it, each side saying each thing once.
    Auto,
    /// As the library's README prints it: both say Hello, and every Hello is answered.
    Readme,
    /// As the library's examples do it.
    Rpc,
    /// The test does it.
    App,
}

impl GoPeer {
    /// Starts a node; `options` are the other fields of the command `start`.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start(style: HandshakeStyle, place: &str, options: Value) -> Self {
        let dir = TempDir::new().expect("a temporary directory");
        let mut command = Command::new(go::Program::Peer.path());
        command.arg("-dir").arg(dir.path());
        let program = Program::start("the Go peer", &mut command, |line| {
            Some(serde_json::from_str(line).unwrap_or_else(|_| json!({ "not_json": line })))
        });
        let start = json!({ "cmd": "start", "listen": [place], "handshake": style.name() });
        let next_id = AtomicU64::new(1);
        ask(&program, &next_id, merged(start, options)).await.expect("the Go node starts");
        let listening = program.take("listening", |line| line["event"] == "listening").await;
        let peer = text(&listening["peer"]).parse().expect("Go writes valid peer ids");
        let addresses = listening["addresses"].as_array().expect("a list");
        let addresses = addresses.iter().map(text).collect();
        Self { program, next_id, peer, addresses, _dir: dir }
    }

    /// Who it is.
    #[must_use]
    pub fn peer_id(&self) -> PeerId {
        self.peer
    }

    /// Where it listens, with its peer id at the end.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.addresses[0]
    }

    /// Stops the process where it is: it neither closes nor reads nor answers any more.
    ///
    /// # Panics
    /// If the system refuses.
    pub fn pause(&self) {
        self.program.pause();
    }

    /// Runs a command.
    ///
    /// # Errors
    /// What the library said.
    ///
    /// # Panics
    /// If no answer comes.
    pub async fn ask(&self, command: &str, fields: Value) -> Result<Value, String> {
        let command = merged(json!({ "cmd": command }), fields);
        ask(&self.program, &self.next_id, command).await
    }

    /// Runs a command that must succeed, and returns its result.
    ///
    /// # Panics
    /// If it fails.
    pub async fn run(&self, command: &str, fields: Value) -> Value {
        let shown = fields.to_string();
        let outcome = self.ask(command, fields).await;
        outcome.unwrap_or_else(|fault| panic!("Go, {command} {shown}: {fault}"))
    }

    /// Dials a Rust node; returns at Go's state `Connected`.
    ///
    /// # Panics
    /// If it cannot be reached.
    pub async fn dial(&self, rust: &Node) {
        self.run("connect", json!({ "addr": node::address(rust).to_string() })).await;
    }

    /// Sends one message.
    ///
    /// # Panics
    /// If Go refuses it.
    pub async fn send(&self, to: PeerId, stream: &str, message: &[u8]) {
        let data = BASE64_STANDARD.encode(message);
        let fields = json!({ "peer": to.to_string(), "stream": stream, "data_b64": data });
        self.run("send", fields).await;
    }

    /// Sends one message of so many equal bytes.
    ///
    /// # Panics
    /// If Go refuses it.
    pub async fn send_filled(&self, to: PeerId, stream: &str, fill: u8, size: usize) {
        let to = to.to_string();
        let fields = json!({ "peer": to, "stream": stream, "fill": fill, "size": size });
        self.run("send", fields).await;
    }

    /// Sends bytes on the handshake stream.
    ///
    /// # Panics
    /// If Go refuses it.
    pub async fn send_handshake(&self, to: PeerId, message: &[u8]) {
        let data = BASE64_STANDARD.encode(message);
        self.run("send_handshake", json!({ "peer": to.to_string(), "data_b64": data })).await;
    }

    /// Takes the next message on the handshake stream.
    ///
    /// # Panics
    /// If none comes.
    pub async fn handshake(&self, from: PeerId) -> Vec<u8> {
        data(&self.event("handshake", json!({ "peer": from.to_string() })).await)
    }

    /// Takes the next message on a stream that is neither a sink nor above 4,096 bytes.
    ///
    /// # Panics
    /// If none comes.
    pub async fn message(&self, from: PeerId, stream: &str) -> Vec<u8> {
        let fields = json!({ "peer": from.to_string(), "stream": stream });
        data(&self.event("message", fields).await)
    }

    /// Waits until Go says that `peer` has reached a state.
    ///
    /// # Panics
    /// If it does not.
    pub async fn state(&self, peer: PeerId, state: &str) {
        self.event("state", json!({ "peer": peer.to_string(), "state": state })).await;
    }

    /// Takes the first event, past or coming, with this name and these fields.
    ///
    /// # Panics
    /// If none comes.
    pub async fn event(&self, name: &str, fields: Value) -> Value {
        let wanted = merged(json!({ "event": name }), fields);
        self.program.take(&wanted.to_string(), |line| has_all(line, &wanted)).await
    }

    /// Takes all events of this name that have come.
    #[must_use]
    pub fn events_now(&self, name: &str) -> Vec<Value> {
        self.program.take_now(|line| line["event"] == name)
    }

    /// What the sink of a stream has counted so far.
    ///
    /// # Panics
    /// If Go does not answer.
    pub async fn counted(&self, from: PeerId, stream: &str) -> Option<Value> {
        self.run("counts", json!({})).await;
        let from = from.to_string();
        let all = self.program.take_now(|line| line["event"] == "counted");
        all.into_iter().find(|count| count["peer"] == from && count["stream"] == stream)
    }
}

impl HandshakeStyle {
    fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Readme => "readme",
            Self::Rpc => "rpc",
            Self::App => "app",
        }
    }
}

pub(crate) async fn ask(
    program: &Program<Value>,
    next_id: &AtomicU64,
    command: Value,
) -> Result<Value, String> {
    let id = next_id.fetch_add(1, Ordering::Relaxed);
    let what = command.to_string();
    program.tell(&merged(command, json!({ "id": id })).to_string());
    let is_answer = |line: &Value| line["event"] == "done" && line["id"] == id;
    let mut done = program.take(&what, is_answer).await;
    if done["ok"] == true { Ok(done["result"].take()) } else { Err(text(&done["error"])) }
}

pub(crate) fn merged(mut command: Value, fields: Value) -> Value {
    let Value::Object(fields) = fields else { panic!("{fields} is no object") };
    command.as_object_mut().expect("commands are objects").extend(fields);
    command
}

fn has_all(line: &Value, wanted: &Value) -> bool {
    wanted.as_object().is_some_and(|wanted| wanted.iter().all(|(name, value)| line[name] == *value))
}

fn data(event: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(text(&event["data_b64"])).expect("Go writes valid base64")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
