//! Streams that fail while their connection lives: each is opened again alone, a few times, and
//! whoever listens is told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use glueberry_core::{
    ErrorCode, Event, EventFilter, EventKind, EventName, Events, Node, PressureLevel,
    StreamCloseReason, StreamConfig, StreamState,
};
use glueberry_proto::identity::{SecretKey, check_identity};
use glueberry_proto::v1::duplex::REFUSAL_WINDOW;
use glueberry_proto::v1::key::SharedKey;
use glueberry_proto::v1::record::OpenRecord;
use glueberry_tests::Forwarder;
use glueberry_tests::negotiations::Negotiations;
use glueberry_tests::node::{QUIC, TCP, builder, listening};
use glueberry_tests::raw::{RawPeer, RawStream, frame};
use glueberry_tests::wait::{self, PATIENCE, event, until, within};
use libp2p::identity::Keypair;

const CHAT: &str = "/glueberry/stream/chat/1.0.0";
const OTHER: &str = "/glueberry/stream/other/1.0.0";
const BOTH: &str = "/glueberry/stream/both/1.0.0";
/// What a message of 3 bytes is on the wire.
const FRAME_OF_3: usize = 33;

fn is_degraded(attempt: u32) -> impl Fn(&EventKind) -> bool {
    move |kind| matches!(kind, EventKind::StreamDegraded { attempt: is, .. } if *is == attempt)
}

fn is(name: EventName) -> impl Fn(&EventKind) -> bool {
    move |kind| kind.name() == name
}

/// Makes the node read a frame on this stream, so that it knows the stream as used.
async fn speak(stream: &mut RawStream, node: &Node, raw: &RawPeer) {
    let mut events = node.events(EventFilter::peer(raw.peer_id()));
    stream.write(&frame(&[7; 60])).await;
    event(&mut events, "the frame", is(EventName::DecryptionFailed)).await;
}

async fn node_and_peer(place: &str) -> (Node, RawPeer, Events) {
    let node = listening(builder(&["chat", "other"]), place).await;
    let mut raw = RawPeer::dial(&node).await;
    raw.shake_hands(&node).await;
    let streams = [
        EventName::StreamOpened,
        EventName::StreamDegraded,
        EventName::StreamRecovered,
        EventName::StreamClosed,
    ];
    let events = node.events(EventFilter::peer(raw.peer_id()).kinds(streams));
    (node, raw, events)
}

fn state(node: &Node, raw: &RawPeer) -> StreamState {
    node.stream_health(&raw.peer_id(), "chat").unwrap().state
}

/// What is still told until the node has ended, with names only.
async fn rest(node: Node, mut events: Events) -> Vec<EventName> {
    within("the shutdown", node.shutdown()).await;
    let mut names = Vec::new();
    while let Some(event) = within("the end of the events", events.next()).await {
        names.push(event.name());
    }
    names
}

#[tokio::test]
async fn a_stream_that_the_peer_resets_is_opened_again_at_once() {
    for place in [TCP, QUIC] {
        let (node, mut raw, mut events) = node_and_peer(place).await;
        let (peer, mut taken) = (raw.peer_id(), raw.accept(CHAT));
        assert_eq!(state(&node, &raw), StreamState::Idle);
        node.send(&peer, "chat", b"one").await.unwrap();
        let mut first = taken.next().await;
        first.read(FRAME_OF_3).await;
        assert_eq!(state(&node, &raw), StreamState::Open);
        speak(&mut first, &node, &raw).await;
        event(&mut events, "the opening", is(EventName::StreamOpened)).await;

        drop(first);
        event(&mut events, "the failure", is_degraded(1)).await;
        // Nothing waits to be sent: it is opened all the same.
        let mut second = taken.next().await;
        event(&mut events, "the recovery", is(EventName::StreamRecovered)).await;
        assert_eq!(state(&node, &raw), StreamState::Open);
        node.send(&peer, "chat", b"two").await.unwrap();
        second.read(FRAME_OF_3).await;
        assert_eq!(rest(node, events).await, [EventName::StreamClosed], "{place}");
    }
}

#[tokio::test]
async fn a_write_error_closes_and_reopens_the_stream() {
    let (node, mut raw, mut events) = node_and_peer(TCP).await;
    let (peer, mut taken) = (raw.peer_id(), raw.accept(CHAT));
    node.send(&peer, "chat", &vec![1; 1 << 20]).await.unwrap();
    let mut first = taken.next().await;
    speak(&mut first, &node, &raw).await;
    // The writer is stuck in the middle of the message when the stream breaks beneath it.
    drop(first);
    event(&mut events, "the failure", is_degraded(1)).await;
    let mut second = taken.next().await;
    event(&mut events, "the recovery", is(EventName::StreamRecovered)).await;
    let framed = second.read((1 << 20) + 28 + 6).await;
    assert_eq!(framed[..3], [0x9f, 0x80, 0x40], "the message that was cut goes whole again");
    drop(second);
}

#[tokio::test]
async fn what_was_in_flight_on_a_broken_stream_is_not_sent_twice() {
    let (node, mut raw, mut events) = node_and_peer(TCP).await;
    let (peer, mut taken) = (raw.peer_id(), raw.accept(CHAT));
    node.send(&peer, "chat", b"and").await.unwrap();
    let mut first = taken.next().await;
    speak(&mut first, &node, &raw).await;
    for _ in 0..10 {
        node.send(&peer, "chat", b"one").await.unwrap();
    }
    node.flush(&peer, "chat").timeout(PATIENCE).await.unwrap();
    // Of eleven messages the peer has read one; the others are written, and on their way.
    first.read(FRAME_OF_3).await;
    drop(first);
    event(&mut events, "the failure", is_degraded(1)).await;
    let mut second = taken.next().await;
    node.send(&peer, "chat", b"two").await.unwrap();
    let (left, read) = tokio::join!(node.disconnect(&peer), second.read_to_end());
    left.unwrap();
    assert_eq!(read, FRAME_OF_3, "only what was sent since");
}

#[tokio::test]
async fn a_stream_that_breaks_again_and_again_is_closed_until_the_peer_opens_it() {
    for place in [TCP, QUIC] {
        let (node, mut raw, mut events) = node_and_peer(place).await;
        let (peer, mut taken) = (raw.peer_id(), raw.accept(CHAT));
        node.send(&peer, "chat", b"one").await.unwrap();
        for attempt in 1..=6 {
            let mut stream = taken.next().await;
            speak(&mut stream, &node, &raw).await;
            drop(stream);
            if attempt <= 5 {
                event(&mut events, "the failure", is_degraded(attempt)).await;
                event(&mut events, "the recovery", is(EventName::StreamRecovered)).await;
            }
        }
        let closed = event(&mut events, "the end", is(EventName::StreamClosed)).await.kind;
        let failed = StreamCloseReason::Failed;
        assert!(matches!(closed, EventKind::StreamClosed { reason, .. } if reason == failed));
        assert_eq!(state(&node, &raw), StreamState::Failed);
        let refused = node.send(&peer, "chat", b"two").await.unwrap_err();
        assert_eq!((refused.code(), refused.is_retriable()), (ErrorCode::StreamFailed, true));
        let refused = node.try_send(&peer, "chat", b"two").unwrap_err();
        assert_eq!(refused.code(), ErrorCode::StreamFailed);

        let mut theirs = raw.open(CHAT).await;
        speak(&mut theirs, &node, &raw).await;
        event(&mut events, "the new stream", is(EventName::StreamOpened)).await;
        assert_eq!(state(&node, &raw), StreamState::Open);
        node.send(&peer, "chat", b"two").await.unwrap();
        theirs.read(FRAME_OF_3).await;
        assert_eq!(rest(node, events).await, [EventName::StreamClosed], "{place}");
    }
}

#[tokio::test]
async fn a_stream_that_failed_is_not_closed_twice_and_opened_by_the_next_session() {
    let node = listening(builder(&["chat"]), TCP).await;
    let identity = Keypair::generate_ed25519();
    let mut raw = RawPeer::dial_as(&node, identity.clone()).await;
    raw.shake_hands(&node).await;
    let peer = raw.peer_id();
    let mut ends = node.events(EventFilter::peer(peer).kinds([EventName::StreamClosed]));
    let mut sessions = node.events(EventFilter::peer(peer));
    let mut taken = raw.accept(CHAT);
    node.send(&peer, "chat", b"one").await.unwrap();
    for _ in 0..6 {
        let mut stream = taken.next().await;
        speak(&mut stream, &node, &raw).await;
    }
    event(&mut ends, "the end", is(EventName::StreamClosed)).await;
    drop((taken, raw));
    wait::disconnected(&mut sessions).await;
    assert_eq!(ends.drain(9), vec![], "it was closed already");

    let mut raw = RawPeer::dial_as(&node, identity).await;
    let mut taken = raw.accept(CHAT);
    raw.shake_hands(&node).await;
    node.send(&peer, "chat", b"two").await.unwrap();
    taken.next().await.read(FRAME_OF_3).await;
}

#[tokio::test]
async fn a_stream_that_the_peer_closes_between_messages_raises_nothing() {
    for place in [TCP, QUIC] {
        let (node, mut raw, events) = node_and_peer(place).await;
        let (peer, mut taken) = (raw.peer_id(), raw.accept(CHAT));
        for _ in 0..3 {
            node.send(&peer, "chat", b"one").await.unwrap();
            let mut stream = taken.next().await;
            stream.read(FRAME_OF_3).await;
            speak(&mut stream, &node, &raw).await;
            stream.close().await;
            let idle = async || (state(&node, &raw) == StreamState::Idle).then_some(());
            until("the end of the stream", idle).await;
        }
        let told = rest(node, events).await;
        assert_eq!(told, [EventName::StreamOpened, EventName::StreamClosed], "{place}");
    }
}

#[tokio::test]
async fn a_message_that_was_cut_goes_whole_into_the_peers_next_stream() {
    let (node, mut raw, mut events) = node_and_peer(TCP).await;
    let peer = raw.peer_id();
    let mut first = raw.open(CHAT).await;
    speak(&mut first, &node, &raw).await;
    event(&mut events, "the opening", is(EventName::StreamOpened)).await;
    node.send(&peer, "chat", &vec![1; 1 << 20]).await.unwrap();
    let begin = first.read(4).await;

    // The node is stuck in the middle of the message; the first stream lives all the while.
    let mut second = raw.open(CHAT).await;
    let framed = within("the whole message", second.read((1 << 20) + 28 + 6)).await;
    assert_eq!(framed[..4], begin);
    drop(first);
}

#[tokio::test]
async fn what_a_stream_was_given_unread_is_written_again_on_the_peers_next_one() {
    for place in [TCP, QUIC] {
        loop {
            let (node, mut raw, mut events) = node_and_peer(place).await;
            let peer = raw.peer_id();
            let began = Instant::now();
            let mut first = raw.open(CHAT).await;
            event(&mut events, "the opening", is(EventName::StreamOpened)).await;
            node.send(&peer, "chat", b"one").await.unwrap();
            first.read(FRAME_OF_3).await;
            let mut second = raw.open(CHAT).await;
            // A frame comes in: the node has seen the stream.
            speak(&mut second, &node, &raw).await;
            let taken = began.elapsed();
            node.send(&peer, "chat", b"two").await.unwrap();
            let (left, read) = tokio::join!(node.disconnect(&peer), second.read_to_end());
            left.unwrap();
            if taken < REFUSAL_WINDOW {
                assert_eq!(read, 2 * FRAME_OF_3, "{place}");
                break;
            }
            println!("{place}: too slow to tell, {taken:?}; once more");
        }
    }
}

#[tokio::test]
async fn what_both_open_at_once_is_not_sent_twice_though_the_peer_reads_and_closes_its_own() {
    let negotiations = Negotiations::watch();
    let node = listening(builder(&["both"]), TCP).await;
    let path = Forwarder::tcp(&node.listen_addresses()[0]).await;
    let mut raw = RawPeer::dial_at(&path.address()).await;
    raw.shake_hands(&node).await;
    let (peer, mut taken) = (raw.peer_id(), raw.accept(BOTH));
    let under_way = async |count| {
        let begun = async || (negotiations.proposals("both") == count).then_some(());
        until("the opening", begun).await;
    };
    // Neither hears of the other's stream before its own is under way.
    path.freeze();
    node.send(&peer, "both", b"one").await.unwrap();
    under_way(1).await;
    let ours = async {
        under_way(2).await;
        path.thaw();
        taken.next().await
    };
    let (mut theirs, mut ours) = tokio::join!(raw.open(BOTH), ours);
    // Go keeps the node's stream, and closes its own. What was written there meanwhile, it has read.
    within("the message on the node's stream", ours.read(FRAME_OF_3)).await;
    theirs.close().await;
    node.send(&peer, "both", b"two").await.unwrap();
    within("the next one", ours.read(FRAME_OF_3)).await;
    let ends = async { tokio::join!(ours.read_to_end(), theirs.read_to_end()) };
    let (left, ends) = tokio::join!(node.disconnect(&peer), ends);
    left.unwrap();
    assert_eq!(ends, (0, 0), "nothing comes twice");
}

#[tokio::test]
async fn bytes_that_are_no_frames_fail_their_stream_only() {
    let (node, mut raw, mut events) = node_and_peer(TCP).await;
    let (peer, mut taken) = (raw.peer_id(), raw.accept(CHAT));
    node.send(&peer, "chat", b"one").await.unwrap();
    let mut first = taken.next().await;
    first.offer(&[0xFF; 64]).await;
    event(&mut events, "the failure", is_degraded(1)).await;
    let mut second = taken.next().await;
    event(&mut events, "the recovery", is(EventName::StreamRecovered)).await;
    node.send(&peer, "chat", b"two").await.unwrap();
    second.read(FRAME_OF_3).await;
}

#[tokio::test]
async fn the_other_streams_go_on_undisturbed_while_one_breaks() {
    const MESSAGES: usize = 20_000;
    for place in [TCP, QUIC] {
        let (node, mut raw, mut events) = node_and_peer(place).await;
        let (peer, mut taken, mut others) = (raw.peer_id(), raw.accept(CHAT), raw.accept(OTHER));
        let mut told = node.events(EventFilter::peer(peer).kinds([EventName::StreamDegraded]));
        let sender = node.clone();
        let sending = tokio::spawn(async move {
            for _ in 0..MESSAGES {
                sender.send(&peer, "other", &[7; 1000]).await.unwrap();
            }
        });
        let mut other = others.next().await;
        let reading = tokio::spawn(async move {
            // Frames of 1,000 bytes, their sealing, and two lengths of two bytes.
            other.read(MESSAGES * 1032).await;
            other
        });
        node.send(&peer, "chat", b"one").await.unwrap();
        for attempt in 1..=5 {
            let mut chat = taken.next().await;
            speak(&mut chat, &node, &raw).await;
            drop(chat);
            event(&mut events, "the failure", is_degraded(attempt)).await;
        }
        within("the sender", sending).await.unwrap();
        let other = within("all messages of the other stream", reading).await.unwrap();
        within("the shutdown", node.shutdown()).await;
        drop(other);
        let of_chat = |event: &Event| match &event.kind {
            EventKind::StreamDegraded { stream, .. } => stream.as_str() == "chat",
            _ => false,
        };
        let told = told.drain(1000);
        assert!(told.len() == 5 && told.iter().all(of_chat), "{place}: {told:?}");
    }
}

#[tokio::test]
async fn a_stream_that_the_peer_does_not_have_degrades_until_it_counts_as_refused() {
    let a = listening(builder(&["chat", "extra"]), TCP).await;
    let b = listening(builder(&["chat"]), TCP).await;
    let peer = a.connect(&b.listen_addresses()[0]).timeout(PATIENCE).await.unwrap();
    let mut events = a.events(EventFilter::peer(peer));
    a.send(&peer, "extra", b"nobody takes this").await.unwrap();
    for attempt in 1..=5 {
        event(&mut events, "the next attempt", is_degraded(attempt)).await;
        let state = a.stream_health(&peer, "extra").unwrap().state;
        assert!(matches!(state, StreamState::Degraded { .. } | StreamState::Refused), "{state:?}");
    }
    event(&mut events, "the refusal", is(EventName::Warning)).await;
    let health = a.stream_health(&peer, "extra").unwrap();
    assert_eq!((health.state, health.queued_messages), (StreamState::Refused, 1));
    let names: Vec<_> = a.streams(&peer).into_iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(names, ["chat", "extra"]);
    let unknown = a.stream_health(&peer, "other").unwrap_err();
    assert_eq!(unknown.code(), ErrorCode::UnknownStream);
    within("the end", a.disconnect(&peer)).await.unwrap();
    let gone = a.stream_health(&peer, "chat").unwrap_err();
    assert_eq!(gone.code(), ErrorCode::NotConnected);
    assert_eq!(a.streams(&peer), []);
}

#[tokio::test]
async fn a_connection_that_ends_is_no_failure_of_its_streams() {
    for round in 0..10 {
        let place = if round % 2 == 0 { TCP } else { QUIC };
        let names = ["one", "two", "three"];
        let (a, b) =
            (listening(builder(&names), place).await, listening(builder(&names), place).await);
        let peer = a.connect(&b.listen_addresses()[0]).timeout(PATIENCE).await.unwrap();
        let mut sessions = a.events(EventFilter::peer(peer));
        let degraded = [EventName::StreamDegraded];
        let events = a.events(EventFilter::peer(peer).kinds(degraded));
        let mut inbox = b.all_messages().unwrap();
        for name in names {
            a.send(&peer, name, &[1; 5000]).await.unwrap();
            b.send(&a.peer_id(), name, &[1; 5000]).await.unwrap();
            wait::message(&mut inbox, name).await;
        }
        let (b, inbox) = if round % 4 < 2 {
            b.disconnect(&a.peer_id()).await.unwrap();
            (Some(b), Some(inbox))
        } else {
            drop((b, inbox));
            (None, None)
        };
        wait::disconnected(&mut sessions).await;
        // Longer than the pause before the first attempt, for one that should not be.
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert_eq!(rest(a, events).await, [], "round {round}");
        drop((b, inbox));
    }
}

/// Numbered messages, sealed as a peer with this seed seals them.
fn sealed(seed: &[u8; 32], to: &Node, numbers: std::ops::Range<u32>) -> Vec<u8> {
    let own = SecretKey::from_seed(seed);
    let other = check_identity(to.peer_id().public_key()).unwrap();
    let key = SharedKey::derive(own.signing_key(), &other).unwrap();
    let mut record = OpenRecord::sealed(Arc::new(key.aead()));
    for number in numbers {
        let mut message = [0; 1000];
        message[..4].copy_from_slice(&number.to_be_bytes());
        record.push(&message).unwrap();
    }
    record.seal(&mut rand::rng()).as_bytes().to_vec()
}

// On one thread the readers would keep their order by themselves.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_came_before_a_stream_broke_is_read_before_what_comes_on_the_next() {
    let small = StreamConfig { receive_buffer: 4096, ..StreamConfig::default() };
    let node = listening(builder(&[]).stream("chat", small).unwrap(), TCP).await;
    let seed: [u8; 32] = rand::random();
    println!("seed {seed:?}");
    let mut raw = RawPeer::dial_as(&node, Keypair::ed25519_from_bytes(seed).unwrap()).await;
    raw.shake_hands(&node).await;
    let peer = raw.peer_id();
    let full = async || {
        let health = node.stream_health(&peer, "chat").unwrap();
        (health.inbound == PressureLevel::High).then_some(())
    };
    // Nobody reads: each stream stands still with most of its messages unread, and is reset. The
    // next one comes before that is seen.
    for numbers in [0..100, 100..200, 200..300] {
        raw.open(CHAT).await.write(&sealed(&seed, &node, numbers)).await;
        until("a full inbox", full).await;
    }
    let mut inbox = node.messages("chat").unwrap();
    for number in 0..300u32 {
        let message = wait::message(&mut inbox, "the next message").await;
        assert_eq!(message.payload()[..4], number.to_be_bytes());
    }
}
