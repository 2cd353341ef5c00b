//! What sending and receiving promise: order, bounds, fairness, nothing lost in silence.

use std::collections::HashMap;
use std::time::Duration;

use glueberry_core::{
    ErrorCode, EventFilter, EventKind, EventName, Identity, Message, Node, PeerId, StreamConfig,
};
use glueberry_tests::wait::{PATIENCE, event, within};

const TCP: &str = "/ip4/127.0.0.1/tcp/0";

async fn node(streams: &[(&str, StreamConfig)]) -> Node {
    let mut builder = Node::builder(Identity::generate()).listen(TCP).unwrap();
    for (name, config) in streams {
        builder = builder.stream(name, config.clone()).unwrap();
    }
    builder.start().await.unwrap()
}

async fn connected(a: &Node, b: &Node) -> PeerId {
    a.connect(&b.listen_addresses()[0]).timeout(PATIENCE).await.unwrap()
}

fn small() -> StreamConfig {
    let (send_buffer, receive_buffer) = (16 * 1024, 16 * 1024);
    StreamConfig { max_message_size: 4096, send_buffer, receive_buffer, ..StreamConfig::default() }
}

fn number(message: &Message) -> u32 {
    u32::from_be_bytes(message.payload()[..4].try_into().unwrap())
}

#[tokio::test]
async fn messages_of_every_size_keep_their_order() {
    let streams = [("chat", StreamConfig::default())];
    let (a, b) = (node(&streams).await, node(&streams).await);
    let peer = connected(&a, &b).await;
    let mut inbox = b.messages("chat").unwrap();
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let sizes: Vec<usize> = {
        use rand::{RngExt, SeedableRng};
        let mut rng = rand::rngs::StdRng::seed_from_u64(seed);
        (0..3000)
            .map(|_| if rng.random_ratio(1, 100) { 200_000 } else { rng.random_range(4..700) })
            .collect()
    };
    let sending = async {
        for (number, size) in (0u32..).zip(&sizes) {
            let mut message = vec![0; *size];
            message[..4].copy_from_slice(&number.to_be_bytes());
            a.send(&peer, "chat", &message).await.unwrap();
        }
        a.flush(&peer, "chat").await.unwrap();
    };
    let receiving = async {
        for (expected, size) in (0u32..).zip(&sizes) {
            let message = inbox.next().await.unwrap();
            assert_eq!((number(&message), message.payload().len()), (expected, *size));
        }
    };
    within("the next step", async { tokio::join!(sending, receiving) }).await;
}

#[tokio::test]
async fn a_slow_consumer_of_one_stream_delays_neither_another_stream_nor_another_peer() {
    let streams = [("slow", small()), ("fast", small())];
    let (a, b, c) = (node(&streams).await, node(&streams).await, node(&streams).await);
    let (from_a, from_c) = (connected(&a, &b).await, connected(&c, &b).await);
    let _nobody_reads = b.messages("slow").unwrap();
    let mut fast = b.messages("fast").unwrap();
    // Fills every buffer on the way of the slow stream, until sending must wait.
    let stuck = async {
        loop {
            a.send(&from_a, "slow", &[7; 4096]).await.unwrap();
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(2), stuck).await.is_err());
    assert_eq!(a.try_send(&from_a, "slow", &[7; 4096]).unwrap_err().code(), ErrorCode::WouldBlock);
    let late = a.send(&from_a, "slow", &[7; 4096]).timeout(Duration::from_millis(50)).await;
    assert_eq!(late.unwrap_err().code(), ErrorCode::TimedOut);
    for round in 0..500u32 {
        a.send(&from_a, "fast", &round.to_be_bytes()).timeout(PATIENCE).await.unwrap();
        c.send(&from_c, "fast", &round.to_be_bytes()).timeout(PATIENCE).await.unwrap();
    }
    let mut next: HashMap<PeerId, u32> = HashMap::new();
    for _ in 0..1000 {
        let message = within("the next step", fast.next()).await.unwrap();
        let expected = next.entry(message.peer()).or_default();
        assert_eq!(number(&message), *expected);
        *expected += 1;
    }
}

#[tokio::test]
async fn a_reader_that_comes_late_gets_all_that_waited() {
    let streams = [("chat", small())];
    let (a, b) = (node(&streams).await, node(&streams).await);
    let peer = connected(&a, &b).await;
    let sending = tokio::spawn(async move {
        for number in 0..5000u32 {
            let mut message = [0; 256];
            message[..4].copy_from_slice(&number.to_be_bytes());
            a.send(&peer, "chat", &message).await.unwrap();
        }
        a
    });
    let mut expected = 0;
    // Leaving and coming back, and cancelled waits, lose nothing.
    while expected < 5000 {
        let mut inbox = b.messages("chat").unwrap();
        let second = b.messages("chat").err().map(|error| error.code());
        assert_eq!(second, Some(ErrorCode::ConsumerTaken));
        for _ in 0..97 {
            let wait = tokio::time::timeout(Duration::from_micros(200), inbox.next());
            if let Ok(Some(message)) = wait.await {
                assert_eq!(number(&message), expected);
                expected += 1;
            }
        }
        for message in inbox.drain(13) {
            assert_eq!(number(&message), expected);
            expected += 1;
        }
    }
    within("the next step", sending).await.unwrap();
}

#[tokio::test]
async fn all_messages_and_the_messages_of_one_stream_exclude_each_other() {
    let streams = [("one", small()), ("two", small())];
    let (a, b) = (node(&streams).await, node(&streams).await);
    let peer = connected(&a, &b).await;
    let one = b.messages("one").unwrap();
    assert_eq!(b.all_messages().err().unwrap().code(), ErrorCode::ConsumerTaken);
    drop(one);
    let mut all = b.all_messages().unwrap();
    assert_eq!(b.messages("two").err().unwrap().code(), ErrorCode::ConsumerTaken);
    a.send(&peer, "one", b"1").await.unwrap();
    a.send(&peer, "two", b"2").await.unwrap();
    let mut seen = [
        within("the next step", all.next()).await.unwrap(),
        within("the next step", all.next()).await.unwrap(),
    ]
    .map(|message| message.stream().to_string());
    seen.sort();
    assert_eq!(seen, ["one", "two"]);
}

#[tokio::test]
async fn a_message_above_the_limit_is_refused_by_the_sender_and_skipped_by_the_receiver() {
    let large = StreamConfig { max_message_size: 1 << 20, ..StreamConfig::default() };
    let (a, b) = (node(&[("chat", large)]).await, node(&[("chat", small())]).await);
    let peer = connected(&a, &b).await;
    let mut warnings = b.events(EventFilter::all().kinds([EventName::Warning]));
    let mut inbox = b.messages("chat").unwrap();
    a.send(&peer, "chat", b"before").await.unwrap();
    a.send(&peer, "chat", &vec![1; 1 << 20]).await.unwrap();
    a.send(&peer, "chat", b"after").await.unwrap();
    let too_large = b.send(&a.peer_id(), "chat", &[0; 4097]).await.unwrap_err();
    assert_eq!(too_large.code(), ErrorCode::MessageTooLarge);
    assert_eq!(&within("the next step", inbox.next()).await.unwrap().payload()[..], b"before");
    assert_eq!(&within("the next step", inbox.next()).await.unwrap().payload()[..], b"after");
    let oversize = |kind: &EventKind| {
        matches!(kind, EventKind::Warning { code: ErrorCode::OversizeSkipped, .. })
    };
    event(&mut warnings, "the event", oversize).await;
}

#[tokio::test]
async fn a_stream_that_the_peer_does_not_have_is_reported_and_the_others_go_on() {
    let a = node(&[("chat", small()), ("extra", small())]).await;
    let b = node(&[("chat", small())]).await;
    let peer = connected(&a, &b).await;
    let mut warnings = a.events(EventFilter::all().kinds([EventName::Warning]));
    let mut inbox = b.messages("chat").unwrap();
    a.send(&peer, "extra", b"nobody takes this").await.unwrap();
    a.send(&peer, "chat", b"hi").await.unwrap();
    assert_eq!(&within("the next step", inbox.next()).await.unwrap().payload()[..], b"hi");
    let refused = |kind: &EventKind| {
        matches!(kind, EventKind::Warning { code: ErrorCode::StreamRefused, .. })
    };
    event(&mut warnings, "the event", refused).await;
    let error = a.send(&peer, "extra", b"nor this").await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::StreamRefused);
    let unknown = a.send(&peer, "other", b"").await.unwrap_err();
    assert_eq!(unknown.code(), ErrorCode::UnknownStream);
    let mut ends = a.events(EventFilter::peer(peer).kinds([EventName::PeerDisconnected]));
    a.disconnect(&peer).await.unwrap();
    let end = within("the next step", ends.next()).await.unwrap().kind;
    let EventKind::PeerDisconnected { unwritten, .. } = end else { panic!("{end:?}") };
    let lost: Vec<(&str, u64)> =
        unwritten.iter().map(|lost| (lost.stream.as_str(), lost.messages)).collect();
    assert_eq!(lost, [("extra", 1)], "what was never written is named");
}

#[tokio::test]
async fn a_peer_that_reads_and_leaves_at_once_gets_each_message_once() {
    for _ in 0..20 {
        let streams = [("chat", small())];
        let (a, b) = (node(&streams).await, node(&streams).await);
        let peer = connected(&a, &b).await;
        let mut inbox = b.messages("chat").unwrap();
        a.send(&peer, "chat", b"once").await.unwrap();
        assert!(within("the message", inbox.next()).await.is_some());
        // Within the time in which an unanswered stream may still count as refused.
        within("the farewell", b.disconnect(&a.peer_id())).await.unwrap();
        within("the end", b.shutdown()).await;
        assert!(within("the end of the inbox", inbox.next()).await.is_none(), "it came twice");
        a.shutdown().await;
    }
}
