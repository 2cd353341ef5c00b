//! What happens when a peer does not read: pressure is told, and nobody waits longer than promised.

use std::time::{Duration, Instant};

use glueberry_core::{
    Builder, Direction, ErrorCode, EventFilter, EventKind, EventName, Events, Messages, Node,
    PeerId, PressureLevel, StreamConfig,
};
use glueberry_tests::node::{QUIC, TCP, builder, listening};
use glueberry_tests::valve::Valve;
use glueberry_tests::wait::{self, PATIENCE, Standstill, event, until, within};

fn small() -> StreamConfig {
    let (send_buffer, receive_buffer) = (16 * 1024, 16 * 1024);
    StreamConfig { max_message_size: 4096, send_buffer, receive_buffer, ..StreamConfig::default() }
}

async fn node(place: &str) -> Node {
    listening(small_node(), place).await
}

fn small_node() -> Builder {
    let builder = builder(&[]).stream("chat", small()).unwrap().stream("other", small()).unwrap();
    builder.linger(LINGER)
}

async fn pair(place: &str) -> (Node, Node) {
    let (a, b) = (node(place).await, node(place).await);
    a.connect(&b.listen_addresses()[0]).timeout(PATIENCE).await.unwrap();
    // The listener's session is a moment behind.
    wait::established(&b, a.peer_id()).await;
    (a, b)
}

/// Sends until every buffer on the way is full and stays so; says how many messages that took.
async fn fill(node: &Node, peer: PeerId, stream: &str) -> usize {
    let (mut sent, mut still) = (0, Standstill::lasting(Duration::from_secs(1)));
    let full = async || {
        while node.try_send(&peer, stream, &[7; 1000]).is_ok() {
            sent += 1;
        }
        let health = node.stream_health(&peer, stream).unwrap();
        still.at((sent, health.queued_bytes)).then_some(())
    };
    until("full buffers", full).await;
    sent
}

fn pressure(node: &Node, peer: PeerId) -> Events {
    let kinds = [EventName::StreamPressure, EventName::StreamClosed, EventName::PeerDisconnected];
    node.events(EventFilter::peer(peer).kinds(kinds))
}

/// Waits for the next event, which must be this one, and returns the bytes that it names.
async fn told(events: &mut Events, direction: Direction, level: PressureLevel) -> u64 {
    match within("pressure", events.next()).await.unwrap().kind {
        EventKind::StreamPressure { direction: d, level: l, bytes, .. }
            if (d, l) == (direction, level) =>
        {
            bytes
        }
        other => panic!("{other:?} instead of {direction:?} {level:?}"),
    }
}

async fn read(inbox: &mut Messages, count: usize) {
    for _ in 0..count {
        wait::message(inbox, "what was sent").await;
    }
}

#[tokio::test]
async fn a_stalled_stream_tells_of_its_pressure_once_and_takes_it_back_when_it_drains() {
    for place in [TCP, QUIC] {
        let (a, b) = pair(place).await;
        let (mut of_a, mut of_b) = (pressure(&a, b.peer_id()), pressure(&b, a.peer_id()));
        let mut inbox = b.messages("chat").unwrap();
        let sent = fill(&a, b.peer_id(), "chat").await;
        let high = 16 * 1024 * 3 / 4;
        assert!(told(&mut of_a, Direction::Outbound, PressureLevel::High).await >= high, "{place}");
        assert!(told(&mut of_b, Direction::Inbound, PressureLevel::High).await >= high, "{place}");
        let (full, idle) = ("chat", "other");
        let health = |node: &Node, other: &Node, name| node.stream_health(&other.peer_id(), name);
        assert_eq!(health(&a, &b, full).unwrap().outbound, PressureLevel::High);
        assert_eq!(health(&b, &a, full).unwrap().inbound, PressureLevel::High);
        assert_eq!(health(&a, &b, idle).unwrap().outbound, PressureLevel::Low);

        read(&mut inbox, sent).await;
        told(&mut of_a, Direction::Outbound, PressureLevel::Low).await;
        told(&mut of_b, Direction::Inbound, PressureLevel::Low).await;
        assert_eq!(health(&a, &b, full).unwrap().outbound, PressureLevel::Low);
        assert_eq!(health(&b, &a, full).unwrap().inbound, PressureLevel::Low);
        assert_eq!((of_a.drain(9), of_b.drain(9)), (vec![], vec![]), "{place}: each once");
    }
}

#[tokio::test]
async fn a_stream_that_is_busy_all_the_time_does_not_flood_who_listens() {
    const MESSAGES: u32 = 20_000;
    let (a, b) = pair(TCP).await;
    let peer = b.peer_id();
    let (mut of_a, mut of_b) = (pressure(&a, peer), pressure(&b, a.peer_id()));
    let mut inbox = b.messages("chat").unwrap();
    let began = Instant::now();
    let sending = async {
        for _ in 0..MESSAGES {
            a.send(&peer, "chat", &[7; 1000]).await.unwrap();
        }
    };
    let reading = async {
        for _ in 0..MESSAGES {
            inbox.next().await.unwrap();
        }
    };
    within("all messages", async { tokio::join!(sending, reading) }).await;
    // The buffers filled more than a thousand times. A High and a Low take 200 ms at least.
    let bound = 2 * (began.elapsed().as_millis() / 200 + 2);
    for told in [of_a.drain(9999).len(), of_b.drain(9999).len()] {
        assert!(told as u128 <= bound, "{told} events, {bound} are allowed");
    }
}

#[tokio::test]
async fn a_session_that_ends_under_pressure_takes_it_back() {
    for place in [TCP, QUIC] {
        let (a, b) = pair(place).await;
        let (mut of_a, mut of_b) = (pressure(&a, b.peer_id()), pressure(&b, a.peer_id()));
        fill(&a, b.peer_id(), "chat").await;
        told(&mut of_a, Direction::Outbound, PressureLevel::High).await;
        told(&mut of_b, Direction::Inbound, PressureLevel::High).await;
        within("the end", a.disconnect(&b.peer_id())).await.unwrap();
        for (events, direction) in
            [(&mut of_a, Direction::Outbound), (&mut of_b, Direction::Inbound)]
        {
            told(events, direction, PressureLevel::Low).await;
            let ends = [within("the end", events.next()).await, within("", events.next()).await];
            let ends = ends.map(|event| event.unwrap().name());
            assert_eq!(ends, [EventName::StreamClosed, EventName::PeerDisconnected], "{place}");
        }
        // What b holds unread can be read, and says nothing any more.
        let unread = b.messages("chat").unwrap().drain(usize::MAX);
        assert!(unread.len() > 10, "{}", unread.len());
        assert_eq!(of_b.drain(9), vec![]);
    }
}

#[tokio::test]
async fn a_blocked_send_that_is_cancelled_sends_nothing() {
    for place in [TCP, QUIC] {
        let (a, b) = pair(place).await;
        let mut inbox = b.messages("chat").unwrap();
        fill(&a, b.peer_id(), "chat").await;
        let before = a.stream_health(&b.peer_id(), "chat").unwrap();
        for _ in 0..10 {
            let late = a.send(&b.peer_id(), "chat", &[8; 4000]).timeout(SHORT).await;
            assert_eq!(late.unwrap_err().code(), ErrorCode::TimedOut);
        }
        assert_eq!(a.stream_health(&b.peer_id(), "chat").unwrap(), before, "{place}");
        // The writer was stuck all the while, and goes on.
        a.send(&b.peer_id(), "other", b"passes").timeout(PATIENCE).await.unwrap();
        let sending = async { a.send(&b.peer_id(), "chat", b"the last").await.unwrap() };
        let reading = async {
            loop {
                let message = wait::message(&mut inbox, "what was sent").await;
                match message.payload().first() {
                    Some(7) => {}
                    Some(b't') => return,
                    other => panic!("{other:?}: a cancelled message came"),
                }
            }
        };
        within("the rest", async { tokio::join!(sending, reading) }).await;
    }
}

#[tokio::test]
async fn a_blocked_flush_can_be_cancelled() {
    let (a, b) = pair(TCP).await;
    let sent = fill(&a, b.peer_id(), "chat").await;
    let late = a.flush(&b.peer_id(), "chat").timeout(SHORT).await;
    assert_eq!(late.unwrap_err().code(), ErrorCode::TimedOut);
    let mut inbox = b.messages("chat").unwrap();
    let peer = b.peer_id();
    let flushing = a.flush(&peer, "chat").timeout(PATIENCE);
    let reading = read(&mut inbox, sent);
    let (flushed, ()) = tokio::join!(flushing, reading);
    flushed.unwrap();
}

/// Calls that wait for a peer that does not read.
fn blocked_calls(a: &Node, peer: PeerId) -> [tokio::task::JoinHandle<ErrorCode>; 2] {
    let (sender, flusher) = (a.clone(), a.clone());
    let sending = async move {
        sender.send(&peer, "chat", &[8; 4000]).await.expect_err("there is no room").code()
    };
    let flushing =
        async move { flusher.flush(&peer, "chat").await.expect_err("nobody reads").code() };
    [tokio::spawn(sending), tokio::spawn(flushing)]
}

#[tokio::test]
async fn a_disconnect_ends_blocked_writes_within_its_bound() {
    for place in [TCP, QUIC] {
        let (a, b) = pair(place).await;
        let peer = b.peer_id();
        fill(&a, peer, "chat").await;
        let mut events = a.events(EventFilter::peer(peer));
        let calls = blocked_calls(&a, peer);
        tokio::task::yield_now().await;
        let ending = a.disconnect(&peer);
        tokio::time::timeout(2 * (LINGER + DISCONNECTING), ending).await.expect("bounded").unwrap();
        for call in calls {
            assert_eq!(within("a blocked call", call).await.unwrap(), ErrorCode::NotConnected);
        }
        let is_end = |kind: &EventKind| matches!(kind, EventKind::PeerDisconnected { .. });
        let end = event(&mut events, "the end", is_end).await.kind;
        let EventKind::PeerDisconnected { unwritten, .. } = end else { unreachable!("it fits") };
        assert_eq!(unwritten.len(), 1, "{place}: what was not written is named");
        assert!(unwritten[0].messages > 0, "{unwritten:?}");
    }
}

#[tokio::test]
async fn a_shutdown_ends_blocked_writes_within_its_bound() {
    for place in [TCP, QUIC] {
        let (a, b) = pair(place).await;
        fill(&a, b.peer_id(), "chat").await;
        let calls = blocked_calls(&a, b.peer_id());
        tokio::task::yield_now().await;
        let ending = a.shutdown();
        tokio::time::timeout(2 * (LINGER + SHUTTING_DOWN), ending).await.expect("bounded");
        for call in calls {
            let code = within("a blocked call", call).await.unwrap();
            assert!(matches!(code, ErrorCode::NotConnected | ErrorCode::NodeClosed), "{code:?}");
        }
    }
}

#[tokio::test]
async fn a_writer_that_is_stuck_in_the_socket_holds_up_neither_disconnect_nor_shutdown() {
    for shutdown in [false, true] {
        // The keep-alive would end the session before all is full.
        let deaf = || small_node().keep_alive(None);
        let (a, b) = (listening(deaf(), TCP).await, listening(deaf(), TCP).await);
        let valve = Valve::before(&b).await;
        let peer = a.connect(valve.address()).timeout(PATIENCE).await.unwrap();
        wait::established(&b, a.peer_id()).await;
        let mut inbox = b.messages("chat").unwrap();
        a.send(&peer, "chat", b"hi").await.unwrap();
        wait::message(&mut inbox, "the first message").await;
        // Not even acknowledgements of yamux pass: the socket fills, and nothing fails.
        valve.shut();
        fill(&a, peer, "chat").await;
        fill(&a, peer, "other").await;
        let calls = blocked_calls(&a, peer);
        tokio::task::yield_now().await;
        if shutdown {
            let ending = a.shutdown();
            tokio::time::timeout(2 * (LINGER + SHUTTING_DOWN), ending).await.expect("bounded");
        } else {
            let ending = a.disconnect(&peer);
            let bound = 2 * (LINGER + DISCONNECTING);
            tokio::time::timeout(bound, ending).await.expect("bounded").unwrap();
        }
        for call in calls {
            within("a blocked call", call).await.unwrap();
        }
    }
}

/// How long the nodes of these tests go on writing at their end.
const LINGER: Duration = Duration::from_millis(200);
/// What the documentation of `shutdown` promises above the linger.
const SHUTTING_DOWN: Duration = Duration::from_secs(11);
/// A session ends when the linger is over, whatever the connection does.
const DISCONNECTING: Duration = Duration::from_secs(2);
/// Long against what a call takes that does not wait.
const SHORT: Duration = Duration::from_millis(30);
