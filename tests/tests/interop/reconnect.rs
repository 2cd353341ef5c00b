//! A Go peer that goes and comes back, and one that does not notice that we did.

use std::time::Duration;

use glueberry_core::EventName::{PeerEstablished, PeerReconnecting};
use glueberry_core::{EventFilter, Identity, NewPeer, Node};
use glueberry_tests::node::{QUIC, TCP, builder_of, impatient};
use glueberry_tests::wait::{PATIENCE, disconnected, message, saw};
use glueberry_tests::{GoPeer, HandshakeStyle, go};
use serde_json::json;

async fn go_at(place: &str, seed: u8) -> GoPeer {
    let seed = format!("{seed:02x}").repeat(32);
    let options = json!({ "streams": ["chat"], "echo": true, "seed": seed });
    GoPeer::start(HandshakeStyle::Auto, place, options).await
}

async fn rust(identity: &Identity) -> Node {
    let builder = builder_of(identity.clone(), &["chat"]).reconnect(impatient());
    builder.handshake_timeout(Duration::from_secs(2)).start().await.expect("the node starts")
}

async fn echoes(rust: &Node, go: &GoPeer, text: &[u8]) {
    let mut inbox = rust.messages("chat").expect("it is free");
    let sent = rust.send(&go.peer_id(), "chat", text).timeout(PATIENCE).await;
    sent.expect("it is established");
    assert_eq!(message(&mut inbox, "the echo").await.payload()[..], *text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_go_peer_that_restarts_is_connected_again_without_a_call() {
    if !go::is_here() {
        return;
    }
    for place in [TCP, QUIC] {
        let (go, rust) = (go_at(place, 7).await, rust(&Identity::generate()).await);
        rust.connect(go.address()).timeout(PATIENCE).await.expect("they connect");
        echoes(&rust, &go, b"before").await;
        let mut events = rust.events(EventFilter::peer(go.peer_id()));
        let (there, _) = go.address().split_once("/p2p/").expect("a whole address");
        let there = there.to_owned();
        drop(go);
        disconnected(&mut events).await;
        saw(&mut events, PeerReconnecting).await;
        let go = go_at(&there, 7).await;
        saw(&mut events, PeerEstablished).await;
        echoes(&rust, &go, b"after").await;
    }
}

/// Go never detects that a peer is gone; the restarted one is its first sign of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_go_peer_that_missed_our_restart_takes_us_back() {
    if !go::is_here() {
        return;
    }
    let (go, identity) = (go_at(TCP, 8).await, Identity::generate());
    for round in 0..3u8 {
        let rust = rust(&identity).await;
        let mut events = rust.events(EventFilter::peer(go.peer_id()));
        let peer = NewPeer::at(go.address()).expect("an address").persistent();
        rust.add_peer(peer).await.expect("it is remembered");
        saw(&mut events, PeerEstablished).await;
        echoes(&rust, &go, &[round]).await;
        // Without a farewell.
        drop(rust);
    }
}
