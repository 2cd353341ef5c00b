//! Bounds that only real nodes reach. `glueberry_core::limits` names a test for each bound; those
//! that are not here are beside the code, or in the file of what they belong to.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use futures::{AsyncReadExt, AsyncWriteExt, FutureExt};
use glueberry_core::{
    Builder, DisconnectReason, ErrorCode, EventFilter, EventKind, HandshakeMode, Identity, NewPeer,
    Node, PeerId, State, StreamConfig,
};
use glueberry_proto::v1::frame::put_header;
use glueberry_tests::muxer::BareMuxer;
use glueberry_tests::node::{QUIC, TCP, address, builder, listening, send};
use glueberry_tests::raw::{RawPeer, frame};
use glueberry_tests::wait::{self, PATIENCE, disconnected, event, message, until, within};
use libp2p::core::muxing::SubstreamBox;
use libp2p::identity::Keypair;
use tokio::net::TcpListener;

const HANDSHAKE: &str = "/glueberry/stream/handshake/1.0.0";
const PING: &str = "/ipfs/ping/1.0.0";
const KIB: usize = 1024;

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("s{number}")).collect()
}

fn carrying(names: &[String]) -> Builder {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    builder(&names)
}

fn protocol(name: &str) -> String {
    format!("/glueberry/stream/{name}/1.0.0")
}

fn warns(code: ErrorCode) -> impl Fn(&EventKind) -> bool {
    move |kind| matches!(kind, EventKind::Warning { code: is, .. } if *is == code)
}

/// A frame of wire v1 with so many zeros.
fn zeros(count: usize) -> Vec<u8> {
    let mut frame = Vec::new();
    put_header(&mut frame, count);
    frame.resize(frame.len() + count, 0);
    frame
}

async fn bare(node: &Node) -> BareMuxer {
    BareMuxer::dial(node, &Keypair::generate_ed25519()).await.expect("the node lets it in")
}

/// Reads until the node has ended the stream.
async fn ended(stream: &mut SubstreamBox) {
    let mut buffer = [0; 1024];
    let reading = async { while stream.read(&mut buffer).await.is_ok_and(|count| count > 0) {} };
    within("the end of the stream", reading).await;
}

/// The node answers so many pings, one after the other.
async fn answers(ping: &mut SubstreamBox, count: usize) {
    for _ in 0..count {
        ping.write_all(&[7; 32]).await.expect("the node reads");
        ping.flush().await.expect("the node reads");
        ping.read_exact(&mut [0; 32]).await.expect("the node answers");
    }
}

#[tokio::test]
async fn handshake_streams_that_nobody_asked_for_wait_up_to_a_bound() {
    let node = listening(builder(&["chat"]), TCP).await;
    let peer = bare(&node).await;
    let mut hands = peer.open_named(HANDSHAKE).await;
    // Once the node greets it holds this stream, and no other waits.
    hands.write_all(&frame(&[1])).await.unwrap();
    hands.flush().await.unwrap();
    within("the greeting", hands.read_exact(&mut [0; 3])).await.unwrap();
    let mut waiting = Vec::new();
    for _ in 0..4 {
        waiting.push(peer.open_named(HANDSHAKE).await);
    }
    ended(&mut peer.open_named(HANDSHAKE).await).await;
    let key = [&[2][..], peer.peer_id().public_key()].concat();
    let rest = [frame(&key), frame(&[3])].concat();
    hands.write_all(&rest).await.unwrap();
    hands.flush().await.unwrap();
    wait::established(&node, peer.peer_id()).await;
    // Those that waited are taken now, one after the other.
    for mut stream in waiting {
        stream.close().await.expect("it was not reset");
        ended(&mut stream).await;
    }
}

#[tokio::test]
async fn a_peer_that_opens_more_streams_than_yamux_carries_loses_its_connection() {
    let names = names(100);
    let node = listening(carrying(&names), TCP).await;
    let mut peer = bare(&node).await;
    let mut events = node.events(EventFilter::peer(peer.peer_id()));
    peer.shake_hands(&node).await;
    // Four of each name are taken.
    let mut held = Vec::new();
    for name in names.iter().flat_map(|name| [name; 4]) {
        let Some(stream) = peer.offer_named(&protocol(name)).await else { break };
        held.push(stream);
    }
    assert!((370..=384).contains(&held.len()), "{} streams", held.len());
    peer.ended().await;
    assert_eq!(disconnected(&mut events).await, DisconnectReason::ConnectionLost);
}

#[tokio::test]
async fn a_peer_opens_no_more_streams_than_quic_grants() {
    let names = names(70);
    let node = listening(carrying(&names), QUIC).await;
    let peer = bare(&node).await;
    peer.shake_hands(&node).await;
    let (mut ping, mut held) = (peer.open_named(PING).await, Vec::new());
    for name in names.iter().flat_map(|name| [name; 4]) {
        let protocol = protocol(name);
        let mut opening = Box::pin(peer.offer_named(&protocol));
        let opened = tokio::select! {
            biased;
            stream = &mut opening => Some(stream),
            () = answers(&mut ping, 100), if held.len() >= 250 => None,
        };
        if let Some(stream) = opened {
            held.push(stream.expect("the connection stands"));
            continue;
        }
        assert!(held.len() < 256, "{} streams", held.len());
        // The end of some makes room; QUIC tells of it when an eighth is free.
        held.truncate(150);
        within("a stream", opening).await.expect("the connection stands");
        return;
    }
    panic!("{} streams were opened", held.len());
}

#[tokio::test]
async fn one_stalled_stream_over_quic_holds_its_window_and_lets_others_pass() {
    const WINDOW: usize = 2 << 20;
    /// Of a message of 4 KiB, as it is on the wire.
    const FRAME: usize = 4 * KIB + 32;
    let small = StreamConfig {
        max_message_size: 4 * KIB,
        send_buffer: 8 * KIB,
        receive_buffer: 8 * KIB,
        ..StreamConfig::default()
    };
    let small = || {
        let builder = Node::builder(Identity::generate()).linger(Duration::ZERO);
        let builder = builder.stream("stalled", small.clone()).unwrap();
        builder.stream("other", small.clone()).unwrap()
    };
    let (a, b) = (listening(small(), QUIC).await, small().start().await.unwrap());
    let mut inbox = a.messages("other").unwrap();
    let peer = b.connect(address(&a)).timeout(PATIENCE).await.unwrap();
    let (mut sent, mut standstill) = (0, 0);
    until("a stalled stream", async || {
        let before = sent;
        while b.try_send(&peer, "stalled", &[7; 4 * KIB]).is_ok() {
            sent += FRAME;
        }
        standstill = if sent == before { standstill + 1 } else { 0 };
        (standstill > 60).then_some(())
    })
    .await;
    // Besides it, both buffers are full, and the reader has one read.
    let most = WINDOW + 8 * KIB + 8 * KIB + 2 * 64 * KIB;
    assert!((WINDOW..most).contains(&sent), "{sent} bytes were taken");
    send(&b, peer, "other", b"passes").await;
    assert_eq!(&message(&mut inbox, "the other stream").await.payload()[..], b"passes");
}

#[tokio::test]
async fn what_a_peer_sends_over_quic_and_nobody_reads_is_bounded_for_all_its_streams() {
    // Of two named streams and four others, with 2 MiB each.
    const WINDOW: usize = 12 << 20;
    let node = listening(builder(&["one", "two"]), QUIC).await;
    let peer = bare(&node).await;
    // Before it completes its handshake nothing of its streams is read.
    let mut hands = peer.open_named(HANDSHAKE).await;
    let key = [&[2][..], peer.peer_id().public_key()].concat();
    hands.write_all(&[frame(&[1]), frame(&key)].concat()).await.unwrap();
    within("Hello, key and Complete", hands.read_exact(&mut [0; 41])).await.unwrap();
    let mut streams = Vec::new();
    for name in ["one", "two"].iter().flat_map(|name| [name; 4]) {
        streams.push(peer.open_named(&protocol(name)).await);
    }
    let (mut sent, mut standstill, chunk) = (0, 0, vec![7; 64 * KIB]);
    until("a full window", async || {
        let before = sent;
        for stream in &mut streams {
            while let Some(Ok(count)) = stream.write(&chunk).now_or_never() {
                sent += count;
            }
        }
        standstill = if sent == before { standstill + 1 } else { 0 };
        (standstill > 100).then_some(())
    })
    .await;
    println!("{sent} bytes were taken of {WINDOW}");
    assert!((WINDOW - 64 * KIB..=WINDOW).contains(&sent), "{sent} bytes were taken");
}

#[tokio::test]
async fn a_stream_that_agrees_on_nothing_is_reset_in_time() {
    let node = listening(builder(&["chat"]), TCP).await;
    let peer = bare(&node).await;
    peer.shake_hands(&node).await;
    let mut silent = peer.open_silent().await.unwrap();
    ended(&mut silent).await;
    peer.open_named(&protocol("chat")).await;
    assert_eq!(node.connection_state(&peer.peer_id()), State::Established);
}

#[tokio::test]
async fn a_handshake_message_that_is_too_large_is_skipped_and_reported() {
    let node = listening(builder(&["chat"]), TCP).await;
    let mut raw = RawPeer::dial(&node).await;
    let mut events = node.events(EventFilter::peer(raw.peer_id()));
    let mut hands = raw.open(HANDSHAKE).await;
    // A Hello with a long name behind it.
    let hello = |bytes: usize| {
        let mut hello = zeros(bytes);
        let begin = hello.len() - bytes;
        hello[begin] = 1;
        hello
    };
    hands.write(&hello(4097)).await;
    let unexpected = event(&mut events, "a warning", warns(ErrorCode::UnexpectedHandshake)).await;
    let EventKind::Warning { detail, .. } = unexpected.kind else { unreachable!("it fits") };
    assert!(detail.contains("4097 bytes"), "{detail}");
    hands.write(&hello(4096)).await;
    assert_eq!(within("Hello, and the key", hands.read(38)).await[..3], frame(&[1]));
    let key = [&[2][..], raw.peer_id().public_key()].concat();
    hands.write(&[frame(&key), frame(&[3])].concat()).await;
    wait::established(&node, raw.peer_id()).await;
}

#[tokio::test]
async fn a_message_above_what_an_applications_handshake_carries_is_refused_and_skipped() {
    let app = || builder(&[]).handshake(HandshakeMode::App);
    let (node, other) = (listening(app(), TCP).await, listening(app(), TCP).await);
    let mut inbox = node.messages("handshake").unwrap();
    let peer = other.connect(address(&node)).timeout(PATIENCE).await.unwrap();
    send(&other, peer, "handshake", &vec![7; 64 * KIB]).await;
    assert_eq!(message(&mut inbox, "the largest").await.payload().len(), 64 * KIB);
    let refused = other.send(&peer, "handshake", &vec![7; 64 * KIB + 1]).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::MessageTooLarge);

    let mut raw = RawPeer::dial(&node).await;
    let mut events = node.events(EventFilter::peer(raw.peer_id()));
    let mut hands = raw.open(HANDSHAKE).await;
    hands.write(&[zeros(64 * KIB + 1), zeros(3)].concat()).await;
    event(&mut events, "the warning", warns(ErrorCode::OversizeSkipped)).await;
    assert_eq!(message(&mut inbox, "the next").await.payload().len(), 3);
}

#[tokio::test]
async fn a_late_handshake_stream_is_ignored_up_to_a_bound_and_reset() {
    let node = listening(builder(&["chat"]), TCP).await;
    let mut raw = RawPeer::dial(&node).await;
    raw.shake_hands(&node).await;
    let (mut late, mut ping) = (raw.open(HANDSHAKE).await, raw.open(PING).await);
    late.write(&vec![0; 63 * KIB]).await;
    ping.write(&[7; 32]).await;
    within("the echo", ping.read(32)).await;
    assert!(late.offer(&[0; KIB - 1]).await, "it is not ended before");
    late.offer(&[0]).await;
    assert_eq!(within("the reset", late.try_read(1)).await, None);
    // The next one is ignored as well.
    raw.open(HANDSHAKE).await.write(&[0; KIB]).await;
    assert_eq!(node.connection_state(&raw.peer_id()), State::Established);
}

#[tokio::test]
async fn more_streams_than_a_node_may_carry_are_refused() {
    carrying(&names(128)).start().await.unwrap();
    let refused = carrying(&names(129)).start().await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::TooManyStreams);
}

#[tokio::test]
async fn no_more_streams_are_prepared_than_a_node_may_carry() {
    let names = names(129);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for mode in [HandshakeMode::App, HandshakeMode::Automatic] {
        let node = listening(builder(&[]).handshake(mode), TCP).await;
        let other = builder(&[]).handshake(mode).start().await.unwrap();
        let peer = other.connect(address(&node)).timeout(PATIENCE).await.unwrap();
        other.prepare_streams(&peer, &names[..128]).await.unwrap();
        let refused = other.prepare_streams(&peer, &names[128..]).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::TooManyStreams, "{mode:?}");
        other.prepare_streams(&peer, &names[..5]).await.expect("they are prepared already");
    }
}

/// Takes connections and says nothing.
struct Grave {
    port: u16,
    buried: Arc<AtomicUsize>,
}

impl Grave {
    async fn open() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let (port, buried) = (listener.local_addr().unwrap().port(), Arc::<AtomicUsize>::default());
        let count = buried.clone();
        tokio::spawn(async move {
            let mut sockets = Vec::new();
            while let Ok((socket, _)) = listener.accept().await {
                sockets.push(socket);
                count.fetch_add(1, Relaxed);
            }
        });
        Self { port, buried }
    }

    fn count(&self) -> usize {
        self.buried.load(Relaxed)
    }

    fn address(&self, peer: PeerId) -> String {
        format!("/ip4/127.0.0.1/tcp/{}/p2p/{peer}", self.port)
    }
}

#[tokio::test]
async fn an_address_that_never_answers_is_given_up_in_time() {
    let grave = Grave::open().await;
    let node = builder(&[]).dial_timeout(Duration::from_millis(300)).start().await.unwrap();
    let nobody = Identity::generate().peer_id();
    let refused = within("the timeout", node.connect(grave.address(nobody))).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::TimedOut, "{refused}");
    assert_eq!(grave.count(), 1);
}

#[tokio::test]
async fn peers_that_are_gone_are_dialed_a_few_at_a_time_and_hold_up_no_call() {
    let (grave, second) = (Grave::open().await, Grave::open().await);
    let node = builder(&["chat"]).dial_timeout(Duration::from_secs(20)).start().await.unwrap();
    for _ in 0..80 {
        let gone = NewPeer::at(grave.address(Identity::generate().peer_id())).unwrap();
        node.add_peer(gone.persistent()).await.unwrap();
    }
    until("64 dials", async || (grave.count() >= 64).then_some(())).await;
    let honest = listening(builder(&["chat"]), TCP).await;
    node.connect(address(&honest)).timeout(PATIENCE).await.expect("it is not held up");
    let nobody = node.connect(second.address(Identity::generate().peer_id()));
    let asked = async { until("a call's dial", async || (second.count() > 0).then_some(())).await };
    tokio::select! { _ = nobody => panic!("nobody answers"), () = asked => {} }
    assert_eq!(grave.count(), 64, "no more at once");
    // As those before are given up.
    until("the others", async || (grave.count() >= 80).then_some(())).await;
}

#[tokio::test]
async fn what_a_lost_peer_sent_is_dropped_when_nobody_makes_room() {
    let small = StreamConfig {
        max_message_size: 1000,
        send_buffer: KIB,
        receive_buffer: KIB,
        ..StreamConfig::default()
    };
    let small = || Node::builder(Identity::generate()).stream("chat", small.clone()).unwrap();
    let node = listening(small(), TCP).await;
    let sender = small().linger(Duration::ZERO).start().await.unwrap();
    let mut events = node.events(EventFilter::peer(sender.peer_id()));
    let peer = sender.connect(address(&node)).timeout(PATIENCE).await.unwrap();
    for _ in 0..100 {
        send(&sender, peer, "chat", &[7; 1000]).await;
    }
    sender.shutdown().await;
    disconnected(&mut events).await;
    let dropped = event(&mut events, "the warning", warns(ErrorCode::UnreadDropped)).await;
    let EventKind::Warning { stream, .. } = dropped.kind else { unreachable!("it fits") };
    assert_eq!(stream.unwrap().as_str(), "chat");
    // What was received before can still be read.
    let mut inbox = node.messages("chat").unwrap();
    assert_eq!(message(&mut inbox, "the first").await.payload().len(), 1000);
}
