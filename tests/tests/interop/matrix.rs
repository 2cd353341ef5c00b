//! Who dials, over which transport, who shakes hands: messages of every size, both ways.

use glueberry_core::{
    Builder, EventFilter, EventKind, HandshakeMode, Message, Messages, Node, PeerId, Security,
};
use glueberry_tests::node::{self, QUIC, TCP};
use glueberry_tests::{GoPeer, HandshakeStyle, go, hex, random, wait};
use rand::rngs::SmallRng;
use serde_json::json;
use sha2::{Digest, Sha256};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dials {
    Rust,
    Go,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    TcpTls,
    TcpNoise,
    Quic,
}

/// The streams that Go echoes, and those that Rust echoes. They are disjoint: two echoing peers
/// would never stop.
const GO_ECHOES: [&str; 3] = ["echo", "a-b_c", "чат"];
const RUST_ECHOES: [&str; 3] = ["from-go", "Ω1", "сообщения"];

/// Around the lengths at which the prefix of a frame grows, a yamux window, and the largest that
/// Go sends.
const SIZES: [usize; 6] = [0, 1, 3, 300, 65_536, 1 << 20];

macro_rules! matrix {
    ($($name:ident: $dials:ident $over:ident $mode:ident;)+) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            if go::is_here() {
                let random = random::seeded(stringify!($name));
                messages_pass(Dials::$dials, Over::$over, HandshakeMode::$mode, random).await;
            }
        })+
    };
}

matrix! {
    messages_pass_when_rust_dials_over_tls_automatically: Rust TcpTls Automatic;
    messages_pass_when_rust_dials_over_noise_automatically: Rust TcpNoise Automatic;
    messages_pass_when_rust_dials_over_quic_automatically: Rust Quic Automatic;
    messages_pass_when_rust_dials_over_tls_with_the_app_shaking_hands: Rust TcpTls App;
    messages_pass_when_rust_dials_over_noise_with_the_app_shaking_hands: Rust TcpNoise App;
    messages_pass_when_rust_dials_over_quic_with_the_app_shaking_hands: Rust Quic App;
    messages_pass_when_go_dials_over_tls_automatically: Go TcpTls Automatic;
    messages_pass_when_go_dials_over_noise_automatically: Go TcpNoise Automatic;
    messages_pass_when_go_dials_over_quic_automatically: Go Quic Automatic;
    messages_pass_when_go_dials_over_tls_with_the_app_shaking_hands: Go TcpTls App;
    messages_pass_when_go_dials_over_noise_with_the_app_shaking_hands: Go TcpNoise App;
    messages_pass_when_go_dials_over_quic_with_the_app_shaking_hands: Go Quic App;
}

async fn messages_pass(dials: Dials, over: Over, mode: HandshakeMode, mut random: SmallRng) {
    let names = [GO_ECHOES, RUST_ECHOES].concat();
    let style = match mode {
        HandshakeMode::App => HandshakeStyle::App,
        _ => HandshakeStyle::Auto,
    };
    let options = match mode {
        HandshakeMode::App => json!({ "echo": GO_ECHOES }),
        _ => json!({ "echo": GO_ECHOES, "streams": names }),
    };
    let rust = node::listening(builder(over, mode, &names), place(over)).await;
    let go = GoPeer::start(style, place(over), options).await;
    match (dials, mode) {
        (_, HandshakeMode::App) => shake_hands_in_the_app(&rust, &go, dials, &names).await,
        (Dials::Rust, _) => {
            rust.connect(go.address()).timeout(wait::PATIENCE).await.expect("Go is reached");
        }
        (Dials::Go, _) => go.dial(&rust).await,
    }
    wait::established(&rust, go.peer_id()).await;
    go.state(rust.peer_id(), "Established").await;
    for name in GO_ECHOES {
        go_echoes(&rust, &go, name, &mut random).await;
    }
    for name in RUST_ECHOES {
        rust_echoes(&rust, &go, name).await;
    }
    rust.shutdown().await;
}

fn builder(over: Over, mode: HandshakeMode, names: &[&str]) -> Builder {
    let security = match over {
        Over::TcpTls => Security::Tls,
        Over::TcpNoise => Security::Noise,
        Over::Quic => Security::Both,
    };
    node::builder(names).handshake(mode).security(security)
}

fn place(over: Over) -> &'static str {
    match over {
        Over::TcpTls | Over::TcpNoise => TCP,
        Over::Quic => QUIC,
    }
}

/// A conversation that only these two applications understand. Each prepares its streams before it
/// says so, and goes on once the other has said so.
async fn shake_hands_in_the_app(rust: &Node, go: &GoPeer, dials: Dials, names: &[&str]) {
    let mut inbox = rust.messages("handshake").expect("nobody else reads it");
    let mut events = rust.events(EventFilter::peer(go.peer_id()));
    let (me, peer) = (rust.peer_id(), go.peer_id());
    let prepare = json!({ "peer": me.to_string(), "streams": names });
    let finalize = json!({ "peer": me.to_string() });
    match dials {
        Dials::Rust => {
            rust.connect(go.address()).timeout(wait::PATIENCE).await.expect("Go is reached");
            node::send(rust, peer, "handshake", b"I am Rust").await;
            assert_eq!(go.handshake(me).await, b"I am Rust");
            go.run("prepare_streams", prepare).await;
            go.send_handshake(me, b"Go is prepared").await;
            assert_eq!(heard(&mut inbox, peer).await, "Go is prepared");
            rust.prepare_streams(&peer, names).await.expect("Rust prepares");
            node::send(rust, peer, "handshake", b"so is Rust").await;
            rust.finalize_handshake(&peer).await.expect("Rust finalizes");
            assert_eq!(go.handshake(me).await, b"so is Rust");
            go.run("finalize", finalize).await;
        }
        Dials::Go => {
            go.dial(rust).await;
            let inbound =
                |kind: &EventKind| matches!(kind, EventKind::PeerConnected { inbound: true, .. });
            wait::event(&mut events, "PeerConnected", inbound).await;
            go.send_handshake(me, b"I am Go").await;
            assert_eq!(heard(&mut inbox, peer).await, "I am Go");
            rust.prepare_streams(&peer, names).await.expect("Rust prepares");
            node::send(rust, peer, "handshake", b"Rust is prepared").await;
            assert_eq!(go.handshake(me).await, b"Rust is prepared");
            go.run("prepare_streams", prepare).await;
            go.send_handshake(me, b"so is Go").await;
            assert_eq!(heard(&mut inbox, peer).await, "so is Go");
            rust.finalize_handshake(&peer).await.expect("Rust finalizes");
            go.run("finalize", finalize).await;
        }
    }
}

async fn heard(handshake: &mut Messages, from: PeerId) -> String {
    let message = wait::message(handshake, "a handshake message").await;
    assert_eq!(message.peer(), from);
    String::from_utf8(message.into_payload().to_vec()).expect("both write text")
}

/// Rust opens the stream.
async fn go_echoes(rust: &Node, go: &GoPeer, name: &str, random: &mut SmallRng) {
    let mut inbox = rust.messages(name).expect("nobody else reads it");
    for size in SIZES {
        let message = random::bytes(random, size);
        node::send(rust, go.peer_id(), name, &message).await;
        let echo = wait::message(&mut inbox, "the echo of a message to Go").await;
        assert_came_whole(&echo, go.peer_id(), name, &message);
    }
}

/// Go opens the stream.
async fn rust_echoes(rust: &Node, go: &GoPeer, name: &str) {
    let mut inbox = rust.messages(name).expect("nobody else reads it");
    let (me, peer) = (rust.peer_id(), go.peer_id());
    for (fill, size) in (1..).zip(SIZES) {
        let message = vec![fill; size];
        go.send_filled(me, name, fill, size).await;
        let received = wait::message(&mut inbox, "a message from Go").await;
        assert_came_whole(&received, peer, name, &message);
        node::send(rust, peer, name, received.payload()).await;
        let echo = go.event("message", json!({ "peer": me.to_string(), "stream": name })).await;
        assert_eq!(echo["len"], size, "{echo}");
        assert_eq!(echo["sha256"], hex::encode(&Sha256::digest(&message)), "{echo}");
    }
}

fn assert_came_whole(message: &Message, from: PeerId, stream: &str, expected: &[u8]) {
    assert_eq!(message.peer(), from);
    assert_eq!(message.stream().as_str(), stream);
    assert_eq!(message.payload().len(), expected.len());
    assert!(message.payload() == expected, "{} bytes came changed", expected.len());
}
