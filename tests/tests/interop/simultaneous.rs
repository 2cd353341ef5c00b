//! Both sides open the same stream at once.
//!
//! Go resets the stream that comes second, and with it what was sent on it: two Go nodes lose both
//! first messages. Nothing that Rust sent may be lost, doubled or put out of order. Whether Go loses
//! messages of its own is counted and printed: that would be Go's fault.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use glueberry_core::Messages;
use glueberry_tests::negotiations::Negotiations;
use glueberry_tests::node::{self, QUIC, TCP};
use glueberry_tests::{GoPeer, HandshakeStyle, go, random, wait};
use rand::RngExt;
use rand::rngs::SmallRng;
use serde_json::json;

/// Each round needs a name that neither side has used. A node carries 128.
const ROUNDS_PER_SESSION: usize = 100;
/// Messages that each side sends at the same moment, and again when the dust has settled.
const AT_ONCE: u64 = 3;
const ALL: u64 = 2 * AT_ONCE;
/// Go acts within some hundred microseconds of its command. Who opens first is left to chance.
const MOST_AHEAD: Duration = Duration::from_micros(600);
/// With fewer rounds in which both really opened the stream, the test would show little. Typical
/// are two thirds.
const FEWEST_COLLISIONS: usize = 20;

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
    let names: Vec<String> = (0..ROUNDS_PER_SESSION).map(name).collect();
    let borrowed: Vec<&str> = names.iter().map(String::as_str).collect();
    let rust = node::listening(node::builder(&borrowed), place).await;
    let go = GoPeer::start(HandshakeStyle::Auto, place, json!({ "streams": names })).await;
    if rust_dials {
        rust.connect(go.address()).timeout(wait::PATIENCE).await.expect("Go is reached");
    } else {
        go.dial(&rust).await;
    }
    wait::established(&rust, go.peer_id()).await;
    go.state(rust.peer_id(), "Established").await;

    let mut session = Session { inbox: rust.all_messages().expect("nobody reads"), rust, go };
    let mut seen = Seen { rounds: names.len(), ..Seen::default() };
    for name in &names {
        seen.refused += session.both_open(name, random).await;
        session.go_heard(name, 0..AT_ONCE).await;
        session.both_go_on(name).await;
        session.go_heard(name, AT_ONCE..ALL).await;
    }
    let missing = session.missing_from_go(&names).await;
    seen.lost_in_rounds = missing.len();
    seen.lost = missing.iter().sum();
    seen.collisions = names.iter().filter(|name| negotiations.both_opened(name)).count();
    let extra = session.go.events_now("message");
    assert!(extra.is_empty(), "Go received more than was sent: {extra:?}");
    session.rust.shutdown().await;
    seen
}

struct Session {
    rust: glueberry_core::Node,
    go: GoPeer,
    inbox: Messages,
}

impl Session {
    /// Both send the first numbers at the same moment. Returns how many of its own Go refused.
    async fn both_open(&self, name: &str, random: &mut SmallRng) -> u64 {
        let now = Instant::now();
        let mut soon = || now + MOST_AHEAD.mul_f64(random.random::<f64>());
        let (rust_at, go_at) = (soon(), soon());
        let rust = async {
            spin_until(rust_at).await;
            self.rust_sends(name, 0..AT_ONCE).await;
        };
        let go = async {
            spin_until(go_at).await;
            self.go_sends(name, 0).await
        };
        let ((), sent) = tokio::join!(rust, go);
        // Go's library may notice that its stream was reset; it sends nothing after that.
        u64::from(sent.is_err())
    }

    async fn both_go_on(&self, name: &str) {
        self.rust_sends(name, AT_ONCE..ALL).await;
        self.go_sends(name, AT_ONCE).await.expect("Go sends when the dust has settled");
    }

    async fn rust_sends(&self, name: &str, numbers: std::ops::Range<u64>) {
        for number in numbers {
            node::send(&self.rust, self.go.peer_id(), name, &number.to_be_bytes()).await;
        }
    }

    async fn go_sends(&self, name: &str, from: u64) -> Result<serde_json::Value, String> {
        let peer = self.rust.peer_id().to_string();
        let burst = json!({ "peer": peer, "stream": name, "count": AT_ONCE, "size": 8, "from": from });
        self.go.ask("burst", burst).await
    }

    async fn go_heard(&self, name: &str, numbers: std::ops::Range<u64>) {
        for number in numbers {
            let message = self.go.message(self.rust.peer_id(), name).await;
            assert_eq!(message, number.to_be_bytes(), "on {name}");
        }
    }

    /// How many messages Rust lacks of each round in which it lacks some.
    async fn missing_from_go(&mut self, names: &[String]) -> Vec<u64> {
        let mut heard: HashMap<String, Vec<u64>> = HashMap::new();
        let is_done = |heard: &HashMap<String, Vec<u64>>| {
            names.iter().all(|name| heard.get(name).and_then(|all| all.last()) == Some(&(ALL - 1)))
        };
        while !is_done(&heard) {
            let message = wait::message(&mut self.inbox, "the last message of each round").await;
            let number = message.payload()[..].try_into().expect("eight bytes");
            let of_round = heard.entry(message.stream().to_string()).or_default();
            of_round.push(u64::from_be_bytes(number));
        }
        let in_order = |of_round: &[u64]| of_round.is_sorted_by(|a, b| a < b);
        let disorder = heard.iter().find(|(_, of_round)| !in_order(of_round));
        assert!(disorder.is_none(), "doubled or out of order: {disorder:?}");
        let missing = heard.values().map(|of_round| ALL - of_round.len() as u64);
        missing.filter(|missing| *missing > 0).collect()
    }
}

/// Tokio's timer counts in milliseconds.
async fn spin_until(at: Instant) {
    while Instant::now() < at {
        tokio::task::yield_now().await;
    }
}
