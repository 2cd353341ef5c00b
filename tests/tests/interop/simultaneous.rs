//! Both sides open the same stream at once.
//!
//! Go resets the stream that comes second, and with it what was sent on it: two Go nodes lose both
//! first messages. Nothing that Rust sent may be lost, doubled or put out of order. Whether Go loses
//! messages of its own is counted and printed: that would be Go's fault.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use glueberry_core::{Messages, Node};
use glueberry_tests::negotiations::Negotiations;
use glueberry_tests::node::{self, QUIC, TCP};
use glueberry_tests::{GoPeer, HandshakeStyle, go, hex, random, wait};
use rand::RngExt;
use rand::rngs::SmallRng;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Each round needs a name that neither side has used. A node carries 128.
const ROUNDS_PER_SESSION: usize = 100;
/// Go acts within some hundred microseconds of its command. Who opens first is left to chance.
const MOST_AHEAD: Duration = Duration::from_micros(600);
/// With fewer rounds in which both really opened the stream, the test would show little. Typical
/// are two thirds.
const FEWEST_COLLISIONS: usize = 20;
/// Bytes of a message's number, at its beginning.
const NUMBER: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_ours_is_lost_when_both_open_a_stream_at_once_over_tcp() {
    nothing_of_ours_is_lost("TCP", TCP).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_ours_is_lost_when_both_open_a_stream_at_once_over_quic() {
    nothing_of_ours_is_lost("QUIC", QUIC).await;
}

async fn nothing_of_ours_is_lost(what: &str, place: &str) {
    if !go::is_here() {
        return;
    }
    let mut random = random::seeded(what);
    let mut seen = Seen::default();
    for rust_dials in [true, false] {
        seen.add(&one_session(what, place, rust_dials, &mut random).await);
    }
    go::shout(&format!(
        "both open a stream at once over {what}: {} rounds, in {} of them both streams stood; all \
         messages from Rust arrived in order; Go lost messages of its own in {} rounds \
         ({} messages, {} bursts refused by its library)",
        seen.rounds, seen.collisions, seen.lost_in_rounds, seen.lost, seen.refused
    ));
    assert!(seen.collisions >= FEWEST_COLLISIONS, "both opened at once only {}×", seen.collisions);
}

/// What happened; the losses are those of Go's own messages.
#[derive(Default)]
struct Seen {
    rounds: usize,
    /// Rounds in which both opened the stream.
    collisions: usize,
    lost_in_rounds: usize,
    lost: u64,
    /// Bursts that Go's own library said had failed.
    refused: u64,
}

impl Seen {
    fn add(&mut self, more: &Self) {
        self.rounds += more.rounds;
        self.collisions += more.collisions;
        self.lost_in_rounds += more.lost_in_rounds;
        self.lost += more.lost;
        self.refused += more.refused;
    }
}

async fn one_session(what: &str, place: &str, rust_dials: bool, random: &mut SmallRng) -> Seen {
    let negotiations = Negotiations::watch();
    let dialer = if rust_dials { "rust" } else { "go" };
    let name = |round| format!("{what}-{dialer}-{round}");
    let rounds: Vec<Round> =
        (0..ROUNDS_PER_SESSION).map(|round| Round::random(name(round), random)).collect();
    let names: Vec<&str> = rounds.iter().map(|round| round.name.as_str()).collect();
    let rust = node::listening(node::builder(&names), place).await;
    let go = GoPeer::start(HandshakeStyle::Auto, place, json!({ "streams": names })).await;
    if rust_dials {
        rust.connect(go.address()).timeout(wait::PATIENCE).await.expect("Go is reached");
    } else {
        go.dial(&rust).await;
    }
    wait::established(&rust, go.peer_id()).await;
    go.state(rust.peer_id(), "Established").await;

    let mut session = Session { inbox: rust.all_messages().expect("nobody reads"), rust, go };
    let mut seen = Seen { rounds: rounds.len(), ..Seen::default() };
    for round in &rounds {
        seen.refused += session.both_open(round, random).await;
        session.go_heard(round, &round.at_once).await;
        session.both_go_on(round).await;
        session.go_heard(round, &round.later).await;
    }
    let missing = session.missing_from_go(&rounds).await;
    seen.lost_in_rounds = missing.len();
    seen.lost = missing.iter().sum();
    seen.collisions = names.iter().filter(|name| negotiations.both_opened(name)).count();
    let extra = session.go.events_now("message");
    assert!(extra.is_empty(), "Go received more than was sent: {extra:?}");
    session.rust.shutdown().await;
    seen
}

/// What is sent on one stream.
struct Round {
    name: String,
    /// Sent by Rust as Go opens the stream.
    at_once: Vec<Vec<u8>>,
    /// Sent by Rust when the dust has settled.
    later: Vec<Vec<u8>>,
    /// How many messages Go sends each time.
    from_go: u64,
    go_size: usize,
}

impl Round {
    fn random(name: String, random: &mut SmallRng) -> Self {
        // Mostly a few small messages; sometimes more than a yamux window, and more than Rust keeps
        // for a stream that is refused.
        let (count, most) = match random.random_range(0..20) {
            0..4 => (random.random_range(1..40), 100_000),
            4..8 => (random.random_range(1..40), 4000),
            _ => (random.random_range(1..4), 100),
        };
        let mut messages =
            |count| -> Vec<Vec<u8>> { (0..count).map(|_| random_message(most, random)).collect() };
        let (at_once, later) = (messages(count), messages(2));
        let (from_go, go_size) = (random.random_range(1..10), random.random_range(NUMBER..5000));
        Self { name, at_once, later, from_go, go_size }
    }

    fn all_from_go(&self) -> u64 {
        2 * self.from_go
    }

    fn is_over(&self, heard: &HashMap<String, Vec<u64>>) -> bool {
        heard.get(&self.name).is_some_and(|numbers| numbers.contains(&(self.all_from_go() - 1)))
    }
}

fn random_message(most: usize, random: &mut SmallRng) -> Vec<u8> {
    let size = random.random_range(0..=most);
    random::bytes(random, size)
}

struct Session {
    rust: Node,
    go: GoPeer,
    inbox: Messages,
}

impl Session {
    /// Both send at the same moment. Returns how many of its own bursts Go refused.
    async fn both_open(&self, round: &Round, random: &mut SmallRng) -> u64 {
        let now = Instant::now();
        let mut soon = || now + MOST_AHEAD.mul_f64(random.random::<f64>());
        let (rust_at, go_at) = (soon(), soon());
        let rust = async {
            spin_until(rust_at).await;
            self.rust_sends(round, &round.at_once).await;
        };
        let go = async {
            spin_until(go_at).await;
            self.go_sends(round, 0).await
        };
        let ((), sent) = tokio::join!(rust, go);
        // Go's library may notice that its stream was reset; it sends nothing after that.
        u64::from(sent.is_err())
    }

    async fn both_go_on(&self, round: &Round) {
        self.rust_sends(round, &round.later).await;
        self.go_sends(round, round.from_go).await.expect("Go sends when the dust has settled");
    }

    async fn rust_sends(&self, round: &Round, messages: &[Vec<u8>]) {
        for message in messages {
            node::send(&self.rust, self.go.peer_id(), &round.name, message).await;
        }
    }

    async fn go_sends(&self, round: &Round, from: u64) -> Result<Value, String> {
        let burst = json!({
            "peer": self.rust.peer_id().to_string(), "stream": round.name,
            "count": round.from_go, "size": round.go_size, "from": from,
        });
        self.go.ask("burst", burst).await
    }

    async fn go_heard(&self, round: &Round, messages: &[Vec<u8>]) {
        let on = json!({ "peer": self.rust.peer_id().to_string(), "stream": round.name });
        for (index, message) in messages.iter().enumerate() {
            let heard = self.go.event("message", on.clone()).await;
            assert_eq!(heard["len"], message.len(), "message {index} on {}", round.name);
            assert_eq!(heard["sha256"], hex::encode(&Sha256::digest(message)), "{index}: {heard}");
        }
    }

    /// How many messages Rust lacks of each round in which it lacks some.
    async fn missing_from_go(&mut self, rounds: &[Round]) -> Vec<u64> {
        let mut heard: HashMap<String, Vec<u64>> = HashMap::new();
        while let Some(waiting) = rounds.iter().find(|round| !round.is_over(&heard)) {
            let next = tokio::time::timeout(wait::PATIENCE, self.inbox.next()).await;
            let Ok(Some(message)) = next else {
                let (name, heard) = (&waiting.name, heard.get(&waiting.name));
                panic!("of {} messages on {name} only {heard:?} came", waiting.all_from_go());
            };
            let number = message.payload()[..NUMBER].try_into().expect("eight bytes");
            let numbers = heard.entry(message.stream().to_string()).or_default();
            numbers.push(u64::from_be_bytes(number));
        }
        let in_order = |numbers: &[u64]| numbers.is_sorted_by(|a, b| a < b);
        let disorder = heard.iter().find(|(_, numbers)| !in_order(numbers));
        assert!(disorder.is_none(), "doubled or out of order: {disorder:?}");
        let missing = |round: &Round| round.all_from_go() - heard[&round.name].len() as u64;
        rounds.iter().map(missing).filter(|missing| *missing > 0).collect()
    }
}

/// Tokio's timer counts in milliseconds.
async fn spin_until(at: Instant) {
    while Instant::now() < at {
        tokio::task::yield_now().await;
    }
}
