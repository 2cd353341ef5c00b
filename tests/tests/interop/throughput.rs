//! Many small messages, both ways at once.

use std::time::{Duration, Instant};

use glueberry_core::{EventFilter, EventName};
use glueberry_tests::node::{self, QUIC, TCP};
use glueberry_tests::{GoPeer, HandshakeStyle, go, wait};
use serde_json::json;

/// Below 65,536, the buffer of the Go peer: Go drops what its application does not take in time.
const MESSAGES: u64 = 20_000;
const SIZE: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_messages_each_way_arrive_in_order_over_tcp() {
    floods_pass("TCP", TCP).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_messages_each_way_arrive_in_order_over_quic() {
    floods_pass("QUIC", QUIC).await;
}

/// Both directions on one stream. It is opened before, because Go loses messages of its own when
/// both open it at once.
async fn floods_pass(what: &str, place: &str) {
    if !go::is_here() {
        return;
    }
    let rust = node::listening(node::builder(&["bulk"]), place).await;
    let options = json!({ "streams": ["bulk"], "sink": ["bulk"] });
    let go = GoPeer::start(HandshakeStyle::Auto, place, options).await;
    rust.connect(go.address()).timeout(wait::PATIENCE).await.expect("Go is reached");
    go.state(rust.peer_id(), "Established").await;
    let (me, peer) = (rust.peer_id(), go.peer_id());
    let mut inbox = rust.messages("bulk").expect("nobody else reads it");
    let faults = [EventName::Warning, EventName::DecryptionFailed, EventName::PeerDisconnected];
    let mut faults = rust.events(EventFilter::peer(peer).kinds(faults));

    node::send(&rust, peer, "bulk", &numbered(0)).await;
    wait::until("the first message", async || go.counted(me, "bulk").await).await;

    let began = Instant::now();
    let rust_sends = async {
        for number in 1..MESSAGES {
            node::send(&rust, peer, "bulk", &numbered(number)).await;
        }
    };
    let burst =
        json!({ "peer": me.to_string(), "stream": "bulk", "count": MESSAGES, "size": SIZE });
    let go_sends = go.run("burst", burst);
    let rust_receives = async {
        for number in 0..MESSAGES {
            let message = wait::message(&mut inbox, "a message of the flood").await;
            assert_eq!(message.payload()[..], numbered(number), "the order is broken");
        }
    };
    tokio::join!(rust_sends, go_sends, rust_receives);

    let at_the_end =
        async || go.counted(me, "bulk").await.filter(|counted| counted["count"] == MESSAGES);
    let all = wait::until("all messages", at_the_end).await;
    let took = began.elapsed();
    for field in ["missing", "late", "short"] {
        assert_eq!(all[field], 0, "{all}");
    }
    assert_eq!(all["bytes"], MESSAGES * SIZE as u64);
    assert!(go.events_now("dropped").is_empty(), "Go dropped messages");
    assert!(go.events_now("decrypt_failed").is_empty(), "Go could not open messages");
    assert_eq!(inbox.drain(9), [], "more came than was sent");
    assert_eq!(faults.drain(9), []);
    go::shout(&format!("{MESSAGES} messages of {SIZE} bytes each way over {what}: {took:?}"));
    rust.shutdown().await;
}

/// As the command `burst` of the Go peer numbers its messages.
fn numbered(number: u64) -> [u8; SIZE] {
    let mut message = [0; SIZE];
    message[..8].copy_from_slice(&number.to_be_bytes());
    message
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_begin_with_a_flood_carry_messages_both_ways_over_tcp() {
    fresh_streams_are_flooded(TCP).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_begin_with_a_flood_carry_messages_both_ways_over_quic() {
    fresh_streams_are_flooded(QUIC).await;
}

/// More than a window goes out before Go has confirmed the stream: reader and writer of a stream
/// that is still being negotiated must not take each other's wake-ups.
async fn fresh_streams_are_flooded(place: &str) {
    if !go::is_here() {
        return;
    }
    let names: Vec<String> = (0..FRESH_STREAMS).map(|number| format!("fresh-{number}")).collect();
    let borrowed: Vec<&str> = names.iter().map(String::as_str).collect();
    let rust = node::listening(node::builder(&borrowed), place).await;
    let options = json!({ "streams": names, "sink": true });
    let go = GoPeer::start(HandshakeStyle::Auto, place, options).await;
    rust.connect(go.address()).timeout(wait::PATIENCE).await.expect("Go is reached");
    go.state(rust.peer_id(), "Established").await;
    let (me, peer) = (rust.peer_id(), go.peer_id());
    let mut inbox = rust.all_messages().expect("nobody else reads");
    let large = vec![1; LARGE];
    let mut slowest = Duration::ZERO;
    for name in &names {
        let began = Instant::now();
        for _ in 0..LARGE_MESSAGES {
            node::send(&rust, peer, name, &large).await;
        }
        let all =
            async || go.counted(me, name).await.filter(|count| count["count"] == LARGE_MESSAGES);
        wait::until(&format!("the flood on {name}"), all).await;
        go.send(me, name, b"enough").await;
        let answer = wait::message(&mut inbox, &format!("the answer on {name}")).await;
        assert_eq!(answer.stream().as_str(), name);
        slowest = slowest.max(began.elapsed());
    }
    assert!(slowest < STALL, "a stream stood still: {slowest:?}");
    rust.shutdown().await;
}

/// As many as a node carries.
const FRESH_STREAMS: usize = 128;
/// Together four times the window of 256 KiB that a stream begins with.
const LARGE: usize = 64 * 1024;
const LARGE_MESSAGES: usize = 16;
/// Each stream takes some 15 ms. One that lost a wake-up stands still until a timer of 2 s looks
/// after it, or for ever.
const STALL: Duration = Duration::from_millis(1900);
