//! Peers that break the rules, and callers that err: each gets the error or event that says what
//! happened, and the node goes on.

use std::time::Duration;

use glueberry_core::{
    Denial, DisconnectReason, ErrorCode, Event, EventFilter, EventKind, EventName, HandshakeMode,
    Identity, Node, PeerId, State, StreamConfig,
};
use glueberry_tests::raw::RawPeer;
use glueberry_tests::wait::{PATIENCE, event, within};
use libp2p::identity::Keypair;

const TCP: &str = "/ip4/127.0.0.1/tcp/0";
const QUIC: &str = "/ip4/127.0.0.1/udp/0/quic-v1";
const HANDSHAKE: &str = "/glueberry/stream/handshake/1.0.0";
const CHAT: &str = "/glueberry/stream/chat/1.0.0";

async fn node() -> Node {
    node_at(TCP).await
}

async fn node_at(place: &str) -> Node {
    let builder = Node::builder(Identity::generate()).listen(place).unwrap();
    let builder = builder.handshake_timeout(Duration::from_secs(2));
    builder.stream("chat", StreamConfig::default()).unwrap().start().await.unwrap()
}

fn address(node: &Node) -> String {
    node.listen_addresses()[0].to_string()
}

/// The node still takes an honest peer and its message.
async fn goes_on(node: &Node) {
    let honest = self::node().await;
    let peer = honest.connect(address(node)).timeout(PATIENCE).await.unwrap();
    let mut inbox = node.messages("chat").unwrap();
    honest.send(&peer, "chat", b"still there?").await.unwrap();
    assert_eq!(
        &within("the next step", inbox.next()).await.unwrap().payload()[..],
        b"still there?"
    );
    honest.shutdown().await;
}

async fn ends_with(
    node: &Node,
    peer: PeerId,
    reason: DisconnectReason,
    break_rules: impl AsyncFnOnce(),
) {
    let mut events = node.events(EventFilter::peer(peer));
    break_rules().await;
    let end =
        event(&mut events, "the event", |kind| matches!(kind, EventKind::PeerDisconnected { .. }))
            .await;
    assert!(
        matches!(end.kind, EventKind::PeerDisconnected { reason: is, .. } if is == reason),
        "{end:?}"
    );
}

fn denies(denial: Denial) -> impl Fn(&EventKind) -> bool {
    move |kind| matches!(kind, EventKind::ConnectionDenied { denial: is, inbound: true, .. } if *is == denial)
}

fn warns(code: ErrorCode) -> impl Fn(&EventKind) -> bool {
    move |kind| matches!(kind, EventKind::Warning { code: is, .. } if *is == code)
}

/// A frame of wire v1 around `data`.
fn frame(data: &[u8]) -> Vec<u8> {
    assert!(data.len() < 126, "one-byte lengths only");
    let len = u8::try_from(data.len()).unwrap();
    [&[len + 1, len], data].concat()
}

#[tokio::test]
async fn an_address_that_cannot_be_dialed_is_refused_with_the_reason() {
    let node = node().await;
    let code = async |address: &str| node.connect(address).await.unwrap_err().code();
    assert_eq!(code("/ip4/127.0.0.1/tcp/banana").await, ErrorCode::InvalidAddress);
    assert_eq!(code("/ip4/127.0.0.1/tcp/9").await, ErrorCode::InvalidAddress);
    assert_eq!(code(&address(&node)).await, ErrorCode::DialedSelf);
    let nobody = format!("/ip4/127.0.0.1/tcp/1/p2p/{}", Identity::generate().peer_id());
    let error = node.connect(&nobody).await.unwrap_err();
    assert_eq!((error.code(), error.is_retriable()), (ErrorCode::Unreachable, true));
    goes_on(&node).await;
}

#[tokio::test]
async fn another_identity_at_the_address_is_named() {
    let (node, other) = (node().await, node().await);
    let wrong = Identity::generate().peer_id();
    let address = other.listen_addresses()[0].clone().with_peer(wrong);
    let error = node.connect(&address).timeout(PATIENCE).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::WrongPeer);
    assert!(error.to_string().contains(&other.peer_id().to_string()), "{error}");
}

#[tokio::test]
async fn a_dial_to_the_wrong_identity_leaves_the_session_with_the_right_one_alone() {
    for place in [TCP, QUIC] {
        let (node, other) = (node_at(place).await, node_at(place).await);
        let right = node.connect(address(&other)).timeout(PATIENCE).await.unwrap();
        let ends = EventFilter::all().kinds([EventName::PeerDisconnected]);
        let mut told = other.events(ends);
        let mut inbox = other.messages("chat").unwrap();
        for round in 0..5 {
            let wrong = Identity::generate().peer_id();
            let address = other.listen_addresses()[0].clone().with_peer(wrong);
            let error = node.connect(&address).timeout(PATIENCE).await.unwrap_err();
            assert_eq!(error.code(), ErrorCode::WrongPeer);
            node.send(&right, "chat", b"are you still there?").await.unwrap();
            within("the message", inbox.next()).await.unwrap();
            assert_eq!(told.drain(9), vec![], "{place}, round {round}");
        }
        within("the end", node.shutdown()).await;
        within("the other's end", other.shutdown()).await;
        let mut ends = 0;
        while within("the end of the events", told.next()).await.is_some() {
            ends += 1;
        }
        assert_eq!(ends, 1, "{place}: one session");
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_refused() {
    for listen in [TCP, QUIC] {
        let first = Node::builder(Identity::generate()).listen(listen).unwrap();
        let first = first.start().await.unwrap();
        let taken = first.listen_addresses()[0].to_string();
        let place = taken.split("/p2p/").next().unwrap();
        let second = Node::builder(Identity::generate()).listen(place).unwrap().start().await;
        assert_eq!(second.unwrap_err().code(), ErrorCode::AddressInUse, "{listen}");
    }
}

#[tokio::test]
async fn a_stream_name_that_no_stream_can_have_is_refused() {
    let long = "x".repeat(65);
    for name in ["", "a/b", "two words", "handshake", "²", long.as_str()] {
        let builder = Node::builder(Identity::generate());
        let refused = builder.stream(name, StreamConfig::default()).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidStreamName, "{name:?}");
    }
}

#[tokio::test]
async fn a_peer_that_says_nothing_is_dropped_after_the_handshake_timeout() {
    let node = node().await;
    let silent = RawPeer::dial(&node).await;
    ends_with(&node, silent.peer_id(), DisconnectReason::HandshakeTimeout, async || {}).await;
    goes_on(&node).await;
}

#[tokio::test]
async fn a_peer_that_shows_another_key_is_dropped() {
    let node = node().await;
    let mut raw = RawPeer::dial(&node).await;
    let mut stolen = vec![2];
    stolen.extend_from_slice(Identity::generate().peer_id().public_key());
    ends_with(&node, raw.peer_id(), DisconnectReason::PeerKeyMismatch, async || {
        raw.open(HANDSHAKE).await.write(&[frame(&[1]), frame(&stolen)].concat()).await;
    })
    .await;
    goes_on(&node).await;
}

#[tokio::test]
async fn garbage_on_the_handshake_stream_ends_the_attempt() {
    let node = node().await;
    let mut raw = RawPeer::dial(&node).await;
    let mut warnings = node.events(EventFilter::peer(raw.peer_id()));
    ends_with(&node, raw.peer_id(), DisconnectReason::HandshakeFailed, async || {
        raw.open(HANDSHAKE).await.write(&[0xFF; 64]).await;
    })
    .await;
    event(&mut warnings, "the event", warns(ErrorCode::MalformedFrame)).await;
    goes_on(&node).await;
}

#[tokio::test]
async fn a_handshake_message_without_meaning_is_ignored_with_an_event() {
    let node = node().await;
    let mut raw = RawPeer::dial(&node).await;
    let mut events = node.events(EventFilter::peer(raw.peer_id()));
    let mut own_key = vec![2];
    own_key.extend_from_slice(raw.peer_id().public_key());
    let mut hands = raw.open(HANDSHAKE).await;
    hands.write(&[frame(&[9, 9]), frame(&[1]), frame(&own_key), frame(&[3])].concat()).await;
    event(&mut events, "the event", warns(ErrorCode::UnexpectedHandshake)).await;
    event(&mut events, "the event", |kind| matches!(kind, EventKind::PeerEstablished { .. })).await;
}

/// A raw peer that has shaken hands.
async fn established(node: &Node) -> RawPeer {
    let mut raw = RawPeer::dial(node).await;
    let mut events = node.events(EventFilter::peer(raw.peer_id()));
    let mut own_key = vec![2];
    own_key.extend_from_slice(raw.peer_id().public_key());
    let mut hands = raw.open(HANDSHAKE).await;
    hands.write(&[frame(&[1]), frame(&own_key), frame(&[3])].concat()).await;
    event(&mut events, "the event", |kind| matches!(kind, EventKind::PeerEstablished { .. })).await;
    raw
}

#[tokio::test]
async fn a_frame_with_a_huge_length_resets_its_stream_only() {
    let node = node().await;
    let mut raw = established(&node).await;
    let mut warnings = node.events(EventFilter::peer(raw.peer_id()));
    let huge = [0xFF, 0xFF, 0xFF, 0xFF, 0x7F];
    raw.open(CHAT).await.write(&huge).await;
    event(&mut warnings, "the event", warns(ErrorCode::MalformedFrame)).await;
    goes_on(&node).await;
}

#[tokio::test]
async fn a_message_sealed_with_another_key_is_reported_and_not_delivered() {
    let node = node().await;
    let mut raw = established(&node).await;
    let mut events = node.events(EventFilter::peer(raw.peer_id()));
    let mut chat = raw.open(CHAT).await;
    chat.write(&frame(&[7; 60])).await;
    chat.write(&frame(&[7; 3])).await;
    for _ in 0..2 {
        let failed = |kind: &EventKind| matches!(kind, EventKind::DecryptionFailed { .. });
        event(&mut events, "the event", failed).await;
    }
    assert!(node.messages("chat").unwrap().try_next().is_none());
    goes_on(&node).await;
}

#[tokio::test]
async fn a_peer_that_sends_only_garbage_does_not_fill_the_events() {
    let node = node().await;
    let mut raw = established(&node).await;
    let mut events = node.events(EventFilter::peer(raw.peer_id()));
    let mut chat = raw.open(CHAT).await;
    chat.write(&frame(&[7; 60]).repeat(1000)).await;
    chat.close().await;
    let counted = |kind: &EventKind| matches!(kind, EventKind::Warning { detail, .. } if detail.starts_with("936 more"));
    event(&mut events, "the count", counted).await;
    goes_on(&node).await;
}

#[tokio::test]
async fn a_truncated_frame_delivers_nothing_and_the_node_goes_on() {
    let node = node().await;
    let mut raw = established(&node).await;
    let mut ends = node.events(EventFilter::peer(raw.peer_id()));
    raw.open(CHAT).await.write(&frame(&[7; 60])[..30]).await;
    drop(raw);
    event(&mut ends, "the event", |kind| matches!(kind, EventKind::PeerDisconnected { .. })).await;
    assert!(node.messages("chat").unwrap().try_next().is_none());
    goes_on(&node).await;
}

#[tokio::test]
async fn a_stream_that_ends_inside_a_frame_is_reported() {
    let node = node().await;
    let mut raw = established(&node).await;
    let mut warnings = node.events(EventFilter::peer(raw.peer_id()));
    let mut chat = raw.open(CHAT).await;
    chat.write(&frame(&[7; 60])[..30]).await;
    chat.close().await;
    event(&mut warnings, "the warning", warns(ErrorCode::MalformedFrame)).await;
    assert_eq!(node.connection_state(&raw.peer_id()), State::Established);
    goes_on(&node).await;
}

#[tokio::test]
async fn a_peer_that_opens_one_stream_again_and_again_is_stopped() {
    let node = node().await;
    let mut raw = established(&node).await;
    let mut warnings = node.events(EventFilter::peer(raw.peer_id()));
    let mut held = Vec::new();
    for _ in 0..10 {
        let mut chat = raw.open(CHAT).await;
        // The beginning of a frame: each stream would hold what comes of it.
        chat.offer(&frame(&[7; 60])[..30]).await;
        held.push(chat);
    }
    event(&mut warnings, "the warning", warns(ErrorCode::TooManyStreams)).await;
    goes_on(&node).await;
}

#[tokio::test]
async fn a_peer_that_opens_one_stream_all_the_time_does_not_fill_the_event_queues() {
    let node = node().await;
    let mut raw = established(&node).await;
    let mut warnings = node.events(EventFilter::peer(raw.peer_id()).kinds([EventName::Warning]));
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut chat = raw.open(CHAT).await;
        chat.offer(&frame(&[7; 60])[..30]).await;
        held.push(chat);
    }
    for _ in 0..100 {
        // It is refused before or after this is seen.
        raw.open(CHAT).await.offer(&[7]).await;
    }
    drop(held);
    within("the end", node.disconnect(&raw.peer_id())).await.unwrap();
    let refused = |event: Event| match event.kind {
        EventKind::Warning { code: ErrorCode::TooManyStreams, detail, .. } => Some(detail),
        _ => None,
    };
    let refusals: Vec<String> =
        warnings.drain(usize::MAX).into_iter().filter_map(refused).collect();
    assert_eq!(refusals.len(), 64 + 1, "{refusals:?}");
    assert!(refusals[64].contains("more streams"), "{}", refusals[64]);
}

#[tokio::test]
async fn an_application_that_errs_in_the_order_of_a_handshake_is_told_so() {
    let node = node().await;
    let stranger = Identity::generate().peer_id();
    let app = Node::builder(Identity::generate()).handshake(HandshakeMode::App);
    let app = app.start().await.unwrap();
    let code = app.prepare_streams(&stranger, &["chat"]).await.unwrap_err().code();
    assert_eq!(code, ErrorCode::NotConnected);
    let code = node.finalize_handshake(&stranger).await.unwrap_err().code();
    assert_eq!(code, ErrorCode::WrongState);
    let code = node.send(&stranger, "handshake", b"").await.unwrap_err().code();
    assert_eq!(code, ErrorCode::WrongState);
    let code = app.wait_established(&stranger).await.unwrap_err().code();
    assert_eq!(code, ErrorCode::NotConnected);
}

#[tokio::test]
async fn an_identity_that_belongs_to_everyone_is_refused_though_its_signature_is_valid() {
    const EVERYBODY: &str = "12D3KooW9tGaPdJo5jmCpadQ971nfiq4kLcQjeBPYTfutBTtckPH";
    let node = node().await;
    let mut events = node.events(EventFilter::all());
    within("the refusal", glueberry_tests::forged::dial_as_everybody(&node)).await;
    event(&mut events, "the denial", denies(Denial::IdentityRefused)).await;
    assert_eq!(node.peers(), []);
    let address = format!("/ip4/127.0.0.1/tcp/9/p2p/{EVERYBODY}");
    let refused = node.connect(&address).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::IdentityRefused);
    goes_on(&node).await;
}

#[tokio::test]
async fn a_peer_with_our_own_identity_is_refused() {
    let seed = [7; 32];
    let identity = Identity::from_seed(&seed).unwrap();
    let node = Node::builder(identity.clone()).listen(TCP).unwrap().start().await.unwrap();
    let twin = Node::builder(identity).start().await.unwrap();
    assert_eq!(twin.connect(address(&node)).await.unwrap_err().code(), ErrorCode::DialedSelf);
    let mut events = node.events(EventFilter::all());
    let key = Keypair::ed25519_from_bytes(seed).unwrap();
    within("the refusal", glueberry_tests::forged::dial_as(&node, &key)).await;
    event(&mut events, "the denial", denies(Denial::OwnIdentity)).await;
    assert_eq!(node.peers(), []);
}
