//! Handshakes that differ from ours, and handshakes that go wrong.

use std::time::Duration;

use glueberry_core::{
    DisconnectReason, ErrorCode, EventFilter, EventKind, EventName, Events, Node, State,
};
use glueberry_tests::node::{self, TCP};
use glueberry_tests::{GoPeer, HandshakeStyle, go, hex, wait};
use serde_json::json;

const HELLO: u8 = 1;
const PUB_KEY: u8 = 2;
const COMPLETE: u8 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dials {
    Rust,
    Go,
}

const EITHER: [Dials; 2] = [Dials::Rust, Dials::Go];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_go_peer_that_shakes_hands_as_its_readme_says_is_established_when_rust_dials() {
    is_established(HandshakeStyle::Readme, Dials::Rust).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_go_peer_that_shakes_hands_as_its_readme_says_is_established_when_it_dials() {
    is_established(HandshakeStyle::Readme, Dials::Go).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_go_peer_that_shakes_hands_as_its_examples_do_is_established_when_rust_dials() {
    is_established(HandshakeStyle::Rpc, Dials::Rust).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_go_peer_that_shakes_hands_as_its_examples_do_is_established_when_it_dials() {
    is_established(HandshakeStyle::Rpc, Dials::Go).await;
}

async fn is_established(style: HandshakeStyle, dials: Dials) {
    if !go::is_here() {
        return;
    }
    let rust = node::listening(node::builder(&["chat"]), TCP).await;
    let go = GoPeer::start(style, TCP, json!({ "streams": ["chat"] })).await;
    let mut warnings = rust.events(EventFilter::all().kinds([EventName::Warning]));
    begin(&rust, &go, dials).await;
    wait::established(&rust, go.peer_id()).await;
    go.state(rust.peer_id(), "Established").await;
    messages_pass(&rust, &go).await;
    assert_eq!(warnings.drain(9), []);
    rust.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_go_peer_that_never_finishes_its_handshake_is_dropped_after_the_timeout() {
    if !go::is_here() {
        return;
    }
    for (dials, says_something) in
        [(Dials::Rust, false), (Dials::Rust, true), (Dials::Go, false), (Dials::Go, true)]
    {
        let builder = node::builder(&["chat"]).handshake_timeout(SHORT);
        let rust = node::listening(builder, TCP).await;
        let go = app_peer().await;
        let mut events = rust.events(EventFilter::peer(go.peer_id()));
        let (me, peer) = (rust.peer_id(), go.peer_id());
        let talk = async {
            if dials == Dials::Go {
                go.dial(&rust).await;
            }
            if says_something {
                if dials == Dials::Rust {
                    go.handshake(me).await;
                }
                go.send_handshake(me, &[HELLO]).await;
                go.send_handshake(me, &own_key(&go)).await;
            }
        };
        let connect = async {
            if dials == Dials::Rust {
                let outcome = rust.connect(go.address()).timeout(wait::PATIENCE).await;
                let fault = outcome.expect_err("Go never says Complete");
                assert_eq!(fault.code(), ErrorCode::HandshakeTimeout, "{fault:?}");
            }
        };
        tokio::join!(talk, connect);
        assert_eq!(wait::disconnected(&mut events).await, DisconnectReason::HandshakeTimeout);
        assert_eq!(rust.connection_state(&peer), State::Disconnected);
        goes_on(&rust).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_go_peer_that_shows_a_wrong_key_is_refused() {
    if !go::is_here() {
        return;
    }
    let somebody_else = [&[PUB_KEY][..], &[7; 32]].concat();
    let too_short = [&[PUB_KEY][..], &[7; 31]].concat();
    for dials in EITHER {
        for wrong in [&somebody_else, &too_short, &vec![PUB_KEY]] {
            let rust = node::listening(node::builder(&["chat"]), TCP).await;
            let go = app_peer().await;
            let mut events = rust.events(EventFilter::peer(go.peer_id()));
            let me = rust.peer_id();
            let talk = async {
                match dials {
                    Dials::Rust => assert_eq!(go.handshake(me).await, [HELLO]),
                    Dials::Go => go.dial(&rust).await,
                }
                go.send_handshake(me, wrong).await;
            };
            let connect = async {
                if dials == Dials::Rust {
                    let outcome = rust.connect(go.address()).timeout(wait::PATIENCE).await;
                    let fault = outcome.expect_err("the key is wrong");
                    assert_eq!(fault.code(), ErrorCode::PeerKeyMismatch, "{fault:?}");
                }
            };
            tokio::join!(talk, connect);
            assert_eq!(wait::disconnected(&mut events).await, DisconnectReason::PeerKeyMismatch);
            goes_on(&rust).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_on_the_handshake_stream_is_reported_and_the_handshake_goes_on() {
    handshake_goes_on_after(&[b"garbage", &[], &[9]]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_above_any_size_on_the_handshake_stream_is_reported_too() {
    handshake_goes_on_after(&[&[0xff; 5000], &vec![HELLO; 100_000]]).await;
}

async fn handshake_goes_on_after(garbage: &[&[u8]]) {
    if !go::is_here() {
        return;
    }
    for dials in EITHER {
        let rust = node::listening(node::builder(&["chat"]), TCP).await;
        let go = app_peer().await;
        let me = rust.peer_id();
        let filter = EventFilter::peer(go.peer_id()).kinds([EventName::Warning]);
        let mut warnings = rust.events(filter);
        let talk = async {
            match dials {
                Dials::Rust => assert_eq!(go.handshake(me).await, [HELLO]),
                Dials::Go => go.dial(&rust).await,
            }
            for message in garbage {
                go.send_handshake(me, message).await;
                is_unexpected(&mut warnings).await;
            }
            shake_hands(&rust, &go, dials).await;
        };
        tokio::join!(talk, connect_if(dials, &rust, &go));
        wait::established(&rust, go.peer_id()).await;
        messages_pass(&rust, &go).await;
        assert_eq!(warnings.drain(9), []);
        rust.shutdown().await;
    }
}

/// Some examples append a name to Hello.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_after_hello_is_ignored() {
    if !go::is_here() {
        return;
    }
    let rust = node::listening(node::builder(&["chat"]), TCP).await;
    let go = app_peer().await;
    let mut warnings = rust.events(EventFilter::all().kinds([EventName::Warning]));
    go.dial(&rust).await;
    go.send_handshake(rust.peer_id(), b"\x01Go, an old friend").await;
    shake_hands_after_hello(&rust, &go, Dials::Go).await;
    wait::established(&rust, go.peer_id()).await;
    messages_pass(&rust, &go).await;
    assert_eq!(warnings.drain(9), []);
    rust.shutdown().await;
}

/// A Go dialer that follows the library's examples can say Complete twice; the handshake stream is
/// closed by then, so that Go opens a new one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_complete_after_the_handshake_is_ignored() {
    if !go::is_here() {
        return;
    }
    for dials in EITHER {
        let rust = node::listening(node::builder(&["chat"]), TCP).await;
        let go = app_peer().await;
        let kinds = [EventName::Warning, EventName::PeerDisconnected];
        let mut faults = rust.events(EventFilter::all().kinds(kinds));
        let talk = async {
            match dials {
                Dials::Rust => assert_eq!(go.handshake(rust.peer_id()).await, [HELLO]),
                Dials::Go => go.dial(&rust).await,
            }
            shake_hands(&rust, &go, dials).await;
        };
        tokio::join!(talk, connect_if(dials, &rust, &go));
        wait::established(&rust, go.peer_id()).await;
        for _ in 0..3 {
            // Go may find its old stream closed, and says so; then it has sent nothing.
            let data = json!({ "peer": rust.peer_id().to_string(), "data_b64": "Aw==" });
            drop(go.ask("send_handshake", data).await);
            messages_pass(&rust, &go).await;
        }
        assert_eq!(faults.drain(9), [], "{dials:?} dials");
        rust.shutdown().await;
    }
}

/// Some Go applications say Complete before they prepare their streams, and refuse ours until then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_before_go_has_prepared_arrives_in_order() {
    if !go::is_here() {
        return;
    }
    let go = app_peer().await;
    // With the first node, Go has no such protocol yet; with the second it has, and resets.
    for _ in 0..2 {
        let rust = node::listening(node::builder(&["chat"]), TCP).await;
        let (me, peer) = (rust.peer_id(), go.peer_id());
        go.dial(&rust).await;
        go.send_handshake(me, &[HELLO]).await;
        go.send_handshake(me, &own_key(&go)).await;
        go.send_handshake(me, &[COMPLETE]).await;
        wait::established(&rust, peer).await;
        for number in 0..100_u8 {
            node::send(&rust, peer, "chat", &[number]).await;
        }
        // Not for the sake of any outcome: so that Go refuses the first stream.
        tokio::time::sleep(Duration::from_millis(300)).await;
        go.run("prepare_streams", json!({ "peer": me.to_string(), "streams": ["chat"] })).await;
        go.run("finalize", json!({ "peer": me.to_string() })).await;
        for number in 0..100_u8 {
            assert_eq!(go.message(me, "chat").await, [number]);
        }
        messages_pass(&rust, &go).await;
        rust.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_go_does_not_carry_is_refused_and_the_others_go_on() {
    if !go::is_here() {
        return;
    }
    let rust = node::listening(node::builder(&["chat", "other"]), TCP).await;
    let go = GoPeer::start(HandshakeStyle::Auto, TCP, json!({ "streams": ["chat"] })).await;
    let peer = go.peer_id();
    rust.connect(go.address()).timeout(wait::PATIENCE).await.expect("Go is reached");
    let mut warnings = rust.events(EventFilter::peer(peer).kinds([EventName::Warning]));
    node::send(&rust, peer, "other", b"anybody there?").await;
    messages_pass(&rust, &go).await;
    let warning = wait::event(&mut warnings, "StreamRefused", |_| true).await;
    let EventKind::Warning { code, stream, detail, .. } = warning.kind else {
        panic!("no warning: {warning:?}");
    };
    assert_eq!(code, ErrorCode::StreamRefused, "{detail}");
    assert_eq!(stream.expect("it names the stream").as_str(), "other");
    let refused = rust.send(&peer, "other", b"hello?").await.expect_err("Go does not carry it");
    assert_eq!(refused.code(), ErrorCode::StreamRefused);
    messages_pass(&rust, &go).await;
    rust.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_sealed_with_another_key_are_reported_and_not_delivered() {
    if !go::is_here() {
        return;
    }
    let rust = node::listening(node::builder(&["chat"]), TCP).await;
    let go = app_peer().await;
    let stranger = app_peer().await;
    let (me, peer) = (rust.peer_id(), go.peer_id());
    let mut inbox = rust.messages("chat").expect("nobody else reads it");
    let filter = EventFilter::peer(peer).kinds([EventName::DecryptionFailed]);
    let mut failures = rust.events(filter);
    go.dial(&rust).await;
    go.send_handshake(me, &own_key(&go)).await;
    let other = hex::encode(stranger.peer_id().public_key());
    let prepare = json!({ "peer": me.to_string(), "streams": ["chat"], "public_key": other });
    go.run("prepare_streams", prepare).await;
    go.send_handshake(me, &[COMPLETE]).await;
    go.run("finalize", json!({ "peer": me.to_string() })).await;
    wait::established(&rust, peer).await;
    for _ in 0..3 {
        go.send(me, "chat", b"you cannot read this").await;
        wait::event(&mut failures, "DecryptionFailed", |_| true).await;
    }
    node::send(&rust, peer, "chat", b"nor you this").await;
    go.event("decrypt_failed", json!({ "peer": me.to_string() })).await;
    assert_eq!(inbox.drain(9), []);
    drop(inbox);
    assert_eq!(rust.connection_state(&peer), State::Established);
    goes_on(&rust).await;
}

/// A Go node does not notice that we left, and refuses us until its application disconnects.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_session_begins_when_go_has_been_told_that_the_old_one_ended() {
    if !go::is_here() {
        return;
    }
    let rust = node::listening(node::builder(&["chat"]), TCP).await;
    let go = GoPeer::start(HandshakeStyle::Auto, TCP, json!({ "streams": ["chat"] })).await;
    let peer = go.peer_id();
    let mut events = rust.events(EventFilter::peer(peer));
    for dials in [Dials::Rust, Dials::Go, Dials::Rust] {
        begin(&rust, &go, dials).await;
        wait::established(&rust, peer).await;
        go.state(rust.peer_id(), "Established").await;
        messages_pass(&rust, &go).await;
        rust.disconnect(&peer).await.expect("the node runs");
        assert_eq!(wait::disconnected(&mut events).await, DisconnectReason::Requested);
        go.run("disconnect", json!({ "peer": rust.peer_id().to_string() })).await;
    }
    rust.shutdown().await;
}

async fn app_peer() -> GoPeer {
    GoPeer::start(HandshakeStyle::App, TCP, json!({})).await
}

async fn begin(rust: &Node, go: &GoPeer, dials: Dials) {
    match dials {
        Dials::Rust => connect_if(dials, rust, go).await,
        Dials::Go => go.dial(rust).await,
    }
}

async fn connect_if(dials: Dials, rust: &Node, go: &GoPeer) {
    if dials == Dials::Rust {
        rust.connect(go.address()).timeout(wait::PATIENCE).await.expect("Go is reached");
    }
}

/// What a Go application does; a dialing Rust has said Hello already.
async fn shake_hands(rust: &Node, go: &GoPeer, dials: Dials) {
    if dials == Dials::Go {
        go.send_handshake(rust.peer_id(), &[HELLO]).await;
    }
    shake_hands_after_hello(rust, go, dials).await;
}

async fn shake_hands_after_hello(rust: &Node, go: &GoPeer, dials: Dials) {
    let me = rust.peer_id();
    if dials == Dials::Go {
        hears(go, rust, &key_of(rust)).await;
    }
    go.send_handshake(me, &own_key(go)).await;
    if dials == Dials::Rust {
        hears(go, rust, &key_of(rust)).await;
    }
    go.run("prepare_streams", json!({ "peer": me.to_string(), "streams": ["chat"] })).await;
    hears(go, rust, &[COMPLETE]).await;
    go.send_handshake(me, &[COMPLETE]).await;
    go.run("finalize", json!({ "peer": me.to_string() })).await;
}

/// Waits until Go has heard `expected` on the handshake stream; a Hello before it is passed over.
async fn hears(go: &GoPeer, rust: &Node, expected: &[u8]) {
    let mut message = go.handshake(rust.peer_id()).await;
    if message == [HELLO] {
        message = go.handshake(rust.peer_id()).await;
    }
    assert_eq!(message, expected);
}

fn key_of(rust: &Node) -> Vec<u8> {
    [&[PUB_KEY][..], rust.peer_id().public_key()].concat()
}

fn own_key(go: &GoPeer) -> Vec<u8> {
    [&[PUB_KEY][..], go.peer_id().public_key()].concat()
}

async fn is_unexpected(warnings: &mut Events) {
    let warning = wait::event(warnings, "UnexpectedHandshake", |_| true).await;
    let EventKind::Warning { code, stream, detail, .. } = warning.kind else {
        panic!("no warning: {warning:?}");
    };
    assert_eq!(code, ErrorCode::UnexpectedHandshake, "{detail}");
    assert_eq!(stream.expect("it names the stream").as_str(), "handshake");
}

/// One message each way.
async fn messages_pass(rust: &Node, go: &GoPeer) {
    let mut inbox = rust.messages("chat").expect("nobody else reads it");
    node::send(rust, go.peer_id(), "chat", b"from Rust").await;
    assert_eq!(go.message(rust.peer_id(), "chat").await, b"from Rust");
    go.send(rust.peer_id(), "chat", b"from Go").await;
    let message = wait::message(&mut inbox, "a message from Go").await;
    assert_eq!(message.peer(), go.peer_id());
    assert_eq!(&message.payload()[..], b"from Go");
}

/// Whatever one peer did: the next one is served.
async fn goes_on(rust: &Node) {
    let go = GoPeer::start(HandshakeStyle::Auto, TCP, json!({ "streams": ["chat"] })).await;
    // The short timeout of some tests is meant for others.
    go.dial(rust).await;
    wait::established(rust, go.peer_id()).await;
    messages_pass(rust, &go).await;
    rust.shutdown().await;
}

/// Long enough for a handshake on a machine that compiles meanwhile.
const SHORT: Duration = Duration::from_secs(2);
