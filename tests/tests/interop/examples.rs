//! The example programs of the Go implementation, unmodified: what they do among themselves, they
//! do with us.

use std::path::Path;

use glueberry_core::{EventFilter, EventKind, Messages, Node, PeerId};
use glueberry_tests::node::{self, TCP};
use glueberry_tests::{GoExample, go, hex, random, wait};
use rand::rngs::SmallRng;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rpc_example_answers_and_asks_when_rust_dials() {
    if !go::is_here() {
        return;
    }
    let rust = node::listening(node::builder(&["rpc"]), TCP).await;
    let example = GoExample::start(go::Program::Rpc, &[]);
    let peer = dial(&rust, &example).await;
    example.line("that it is ready", |line| line.ends_with("ready for RPC")).await;
    let mut rpc = Rpc::new(rust, peer);
    rpc.asks().await;
    rpc.answers(&example).await;
    rpc.rust.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rpc_example_asks_and_answers_when_it_dials() {
    if !go::is_here() {
        return;
    }
    let rust = node::listening(node::builder(&["rpc"]), TCP).await;
    let (peer, example) = dialed_by(go::Program::Rpc, &rust, &[]).await;
    let mut rpc = Rpc::new(rust, peer);
    rpc.answers(&example).await;
    rpc.asks().await;
    rpc.rust.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_transfer_example_receives_and_sends_files_when_rust_dials() {
    if !go::is_here() {
        return;
    }
    let mut random = random::seeded("file transfer, Rust dials");
    let rust = node::listening(node::builder(&[FILES]), TCP).await;
    let example = GoExample::start(go::Program::FileTransfer, &[]);
    let peer = dial(&rust, &example).await;
    example.line("that it is ready", |line| line.starts_with("Secure connection ready")).await;
    let me = rust.peer_id();
    let mut files = Files::new(rust, peer);
    for size in FILE_SIZES {
        files.are_sent(&example, &random::bytes(&mut random, size)).await;
        let file = file_in(example.dir(), size, &mut random);
        example.type_line(&format!("send {me} {}", file.path));
        files.are_received(&example, &file).await;
    }
    files.rust.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_transfer_example_sends_a_file_when_it_dials() {
    if !go::is_here() {
        return;
    }
    let mut random = random::seeded("file transfer, Go dials");
    let rust = node::listening(node::builder(&[FILES]), TCP).await;
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = file_in(dir.path(), 3_000_007, &mut random);
    let (peer, example) = dialed_by(go::Program::FileTransfer, &rust, &["-send", &file.path]).await;
    let mut files = Files::new(rust, peer);
    files.are_received(&example, &file).await;
    files.rust.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_transfer_example_receives_a_file_when_it_dials() {
    if !go::is_here() {
        return;
    }
    let mut random = random::seeded("file transfer, Go dials and receives");
    let rust = node::listening(node::builder(&[FILES]), TCP).await;
    let (peer, example) = dialed_by(go::Program::FileTransfer, &rust, &[]).await;
    let mut files = Files::new(rust, peer);
    files.are_sent(&example, &random::bytes(&mut random, 3_000_007)).await;
    files.rust.shutdown().await;
}

async fn dial(rust: &Node, example: &GoExample) -> PeerId {
    let address = example.address().await;
    rust.connect(address).timeout(wait::PATIENCE).await.expect("the example is reached")
}

/// The identity of an example is random: the one that got established is the one.
async fn dialed_by(which: go::Program, rust: &Node, arguments: &[&str]) -> (PeerId, GoExample) {
    let mut events = rust.events(EventFilter::all());
    let example = GoExample::start_dialing(which, rust, arguments).await;
    let fits = |kind: &EventKind| matches!(kind, EventKind::PeerEstablished { .. });
    let established = wait::event(&mut events, "PeerEstablished", fits).await;
    (established.peer().expect("it is about a peer"), example)
}

/// The wire of `examples/rpc`: a byte for the kind, then JSON.
struct Rpc {
    inbox: Messages,
    rust: Node,
    peer: PeerId,
    last_id: u64,
}

const REQUEST: u8 = 0x14;
const RESPONSE: u8 = 0x15;
/// Below the 1,000 received messages that Go keeps before it drops some.
const REQUESTS_AT_ONCE: u64 = 300;

impl Rpc {
    fn new(rust: Node, peer: PeerId) -> Self {
        Self { inbox: rust.messages("rpc").expect("nobody else reads it"), rust, peer, last_id: 0 }
    }

    /// Rust asks, the example answers.
    async fn asks(&mut self) {
        let long = "слово".repeat(50_000);
        for text in ["hello", "чат", &long] {
            let answer = self.call("echo", json!({ "message": text })).await;
            assert_eq!(answer["result"], json!({ "echo": text }));
        }
        let sum = self.call("add", json!({ "a": 19, "b": 23 })).await;
        assert_eq!(sum["result"], json!({ "sum": 42 }));
        let peers = self.call("getPeers", Value::Null).await;
        assert!(peers["result"]["count"].is_number(), "{peers}");
        let unknown = self.call("fly", Value::Null).await;
        assert_eq!(unknown["error"]["code"], -32601, "{unknown}");

        let first = self.last_id + 1;
        for a in 0..REQUESTS_AT_ONCE {
            self.request("add", json!({ "a": a, "b": 1 })).await;
        }
        for (id, a) in (first..).zip(0..REQUESTS_AT_ONCE) {
            assert_eq!(self.response().await, json!({ "id": id, "result": { "sum": a + 1 } }));
        }
    }

    /// Somebody types into the example, which asks Rust.
    async fn answers(&mut self, example: &GoExample) {
        knows_whom_to_ask(example).await;
        for (typed, method, params, result) in [
            ("echo hello", "echo", json!({ "message": "hello" }), r#"{"echo":"hello"}"#),
            ("echo чат", "echo", json!({ "message": "чат" }), r#"{"echo":"чат"}"#),
            ("add 19 23", "add", json!({ "a": 19, "b": 23 }), r#"{"sum":42}"#),
        ] {
            example.type_line(typed);
            let request = self.next(REQUEST).await;
            assert_eq!(request["method"], method);
            assert_eq!(request["params"], params);
            let answer: Value = serde_json::from_str(result).expect("valid JSON");
            self.say(RESPONSE, &json!({ "id": request["id"], "result": answer })).await;
            let shown = example.line("the result", |line| line.starts_with("Result")).await;
            assert_eq!(shown, format!("Result: {result}"));
        }
        example.type_line("time");
        let request = self.next(REQUEST).await;
        let refusal = json!({ "code": 7, "message": "no clock" });
        self.say(RESPONSE, &json!({ "id": request["id"], "error": refusal })).await;
        let shown = example.line("the error", |line| line.starts_with("Error")).await;
        assert_eq!(shown, "Error: RPC error 7: no clock");
    }

    async fn call(&mut self, method: &str, params: Value) -> Value {
        self.request(method, params).await;
        let response = self.response().await;
        assert_eq!(response["id"], self.last_id);
        response
    }

    async fn request(&mut self, method: &str, params: Value) {
        self.last_id += 1;
        let request = json!({ "id": self.last_id, "method": method, "params": params });
        self.say(REQUEST, &request).await;
    }

    async fn response(&mut self) -> Value {
        self.next(RESPONSE).await
    }

    async fn say(&self, kind: u8, what: &Value) {
        let message = [&[kind], what.to_string().as_bytes()].concat();
        node::send(&self.rust, self.peer, "rpc", &message).await;
    }

    async fn next(&mut self, kind: u8) -> Value {
        let message = wait::message(&mut self.inbox, "a message of the RPC example").await;
        let (first, json) = message.payload().split_first().expect("it has a kind");
        assert_eq!(*first, kind);
        serde_json::from_slice(json).expect("valid JSON")
    }
}

/// The example says that it is ready a moment before it knows its peer; a question asked in between
/// it does not pass on.
async fn knows_whom_to_ask(example: &GoExample) {
    loop {
        example.type_line("no-such-command");
        let is_answer =
            |line: &str| line.starts_with("No peer connected") || line == "Unknown command";
        if example.line("what it thinks of the command", is_answer).await == "Unknown command" {
            return;
        }
        println!("the example did not know its peer yet");
    }
}

/// The wire of `examples/file-transfer`.
struct Files {
    inbox: Messages,
    rust: Node,
    peer: PeerId,
}

const FILES: &str = "file-transfer";
const START: u8 = 0x0a;
const CHUNK: u8 = 0x0b;
const END: u8 = 0x0c;
const ACK: u8 = 0x0d;
const CHUNK_SIZE: usize = 65_536;
/// Nothing, less than a chunk, exactly two, and many.
const FILE_SIZES: [usize; 4] = [0, 1000, 2 * CHUNK_SIZE, 3_000_007];

struct File {
    path: String,
    name: String,
    content: Vec<u8>,
}

impl Files {
    fn new(rust: Node, peer: PeerId) -> Self {
        Self { inbox: rust.messages(FILES).expect("nobody else reads it"), rust, peer }
    }

    /// Rust sends a file, the example saves it.
    async fn are_sent(&mut self, example: &GoExample, content: &[u8]) {
        let name = "от-Rust.bin";
        let size = (content.len() as u64).to_be_bytes();
        let name_len = u8::try_from(name.len()).expect("a short name");
        self.say(&[&[START, name_len], name.as_bytes(), &size].concat()).await;
        let chunks = content.chunks(CHUNK_SIZE).count();
        for (index, chunk) in (0_u32..).zip(content.chunks(CHUNK_SIZE)) {
            self.say(&[&[CHUNK][..], &index.to_be_bytes(), chunk].concat()).await;
        }
        self.say(&[&[END][..], &Sha256::digest(content)].concat()).await;
        for index in (0_u32..).take(chunks) {
            assert_eq!(self.next().await, [&[ACK][..], &index.to_be_bytes()].concat());
        }
        let saved = example.line("that it saved the file", |line| line.starts_with("File saved"));
        let saved = saved.await;
        assert!(saved.contains(&checksum(content)), "{saved}");
        let written = std::fs::read(example.dir().join(name)).expect("the example wrote it");
        assert!(written == content, "the saved file differs");
    }

    /// The example sends a file.
    async fn are_received(&mut self, example: &GoExample, file: &File) {
        let start = self.next().await;
        let name_len = usize::from(start[1]);
        assert_eq!(start[0], START);
        assert_eq!(start[2..2 + name_len], *file.name.as_bytes());
        assert_eq!(start[2 + name_len..], (file.content.len() as u64).to_be_bytes());
        let mut content = Vec::new();
        for (index, _) in (0_u32..).zip(file.content.chunks(CHUNK_SIZE)) {
            let chunk = self.next().await;
            assert_eq!(chunk[0], CHUNK);
            assert_eq!(chunk[1..5], index.to_be_bytes());
            content.extend_from_slice(&chunk[5..]);
            self.say(&[&[ACK][..], &index.to_be_bytes()].concat()).await;
        }
        let end = self.next().await;
        assert_eq!(end[0], END);
        assert!(content == file.content, "the file came changed");
        assert_eq!(end[1..], Sha256::digest(&content)[..]);
        let done = "File transfer complete. Checksum: ";
        let said = example.line("that it has sent the file", |line| line.starts_with(done)).await;
        assert_eq!(said, format!("{done}{}", checksum(&content)));
    }

    async fn say(&self, message: &[u8]) {
        node::send(&self.rust, self.peer, FILES, message).await;
    }

    async fn next(&mut self) -> Vec<u8> {
        let message = wait::message(&mut self.inbox, "a message of the file example").await;
        message.into_payload().to_vec()
    }
}

fn file_in(dir: &Path, size: usize, random: &mut SmallRng) -> File {
    let name = format!("{size}-bytes.bin");
    let (path, content) = (dir.join(&name), random::bytes(random, size));
    std::fs::write(&path, &content).expect("a temporary directory is writable");
    File { path: path.to_str().expect("a plain path").to_owned(), name, content }
}

/// As the example shows it.
fn checksum(content: &[u8]) -> String {
    hex::encode(&Sha256::digest(content)[..8])
}
