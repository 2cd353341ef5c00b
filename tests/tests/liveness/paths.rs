//! Paths that stop carrying, and paths that carry slowly or nothing for a while.

use std::time::Instant;

use glueberry_core::{DisconnectReason, ErrorCode, KeepAlive, Messages, Node, PeerId, State};
use glueberry_tests::node::{QUIC, TCP};
use glueberry_tests::wait::{self, until, within};

use super::{PROMISED, SHORT, end, ends, joined, outlast};

async fn a_frozen_path_is_noticed(place: &str, keep_alive: KeepAlive) {
    let (a, b, path) = joined(place, keep_alive).await;
    let (mut at_a, mut at_b) = (ends(&a, b.peer_id()), ends(&b, a.peer_id()));
    let promised = keep_alive.interval + keep_alive.timeout;
    let since = Instant::now();
    path.freeze();
    let both = tokio::join!(end(&mut at_a, since), end(&mut at_b, since));
    for (reason, after) in [both.0, both.1] {
        println!("{place}: {reason:?} after {after:?} of {promised:?}");
        assert_eq!(reason, DisconnectReason::KeepAliveTimeout, "{place}");
        assert!(after < promised * 2, "{place}: noticed after {after:?} instead of {promised:?}");
    }
}

#[tokio::test]
async fn a_frozen_path_is_noticed_on_both_sides_over_tcp() {
    a_frozen_path_is_noticed(TCP, SHORT).await;
}

#[tokio::test]
async fn a_frozen_path_is_noticed_on_both_sides_over_quic() {
    a_frozen_path_is_noticed(QUIC, SHORT).await;
}

#[tokio::test]
async fn a_frozen_path_is_noticed_with_the_default_times() {
    let times = KeepAlive::default();
    tokio::join!(a_frozen_path_is_noticed(TCP, times), a_frozen_path_is_noticed(QUIC, times));
}

async fn a_short_freeze_is_survived(place: &str) {
    let (a, b, path) = joined(place, SHORT).await;
    let (mut at_a, mut at_b) = (ends(&a, b.peer_id()), ends(&b, a.peer_id()));
    let mut inbox = b.messages("chat").unwrap();
    path.freeze();
    // What is tested is that this much time passes.
    tokio::time::sleep(SHORT.timeout / 2).await;
    path.thaw();
    a.send(&b.peer_id(), "chat", b"still here").await.unwrap();
    wait::message(&mut inbox, "what is sent after the thaw").await;
    outlast([&mut at_a, &mut at_b]).await;
}

#[tokio::test]
async fn a_path_that_freezes_for_less_than_the_timeout_keeps_its_session() {
    tokio::join!(a_short_freeze_is_survived(TCP), a_short_freeze_is_survived(QUIC));
}

#[tokio::test]
async fn idle_peers_stay_connected() {
    let (a, b, _tcp) = joined(TCP, SHORT).await;
    let (c, d, _quic) = joined(QUIC, SHORT).await;
    let mut at_a = ends(&a, b.peer_id());
    let mut at_b = ends(&b, a.peer_id());
    let mut at_c = ends(&c, d.peer_id());
    let mut at_d = ends(&d, c.peer_id());
    outlast([&mut at_a, &mut at_b, &mut at_c, &mut at_d]).await;
}

#[tokio::test]
async fn a_closed_socket_ends_the_session_at_once() {
    let never = KeepAlive { interval: HOUR, timeout: HOUR };
    let (a, b, path) = joined(TCP, never).await;
    let (mut at_a, mut at_b) = (ends(&a, b.peer_id()), ends(&b, a.peer_id()));
    path.cut();
    let reasons = tokio::join!(wait::disconnected(&mut at_a), wait::disconnected(&mut at_b));
    assert_eq!(reasons, (DisconnectReason::ConnectionLost, DisconnectReason::ConnectionLost));
    assert_eq!(b.connection_state(&a.peer_id()), State::Disconnected);
}

/// Sends until a message has had to wait for a while, on each stream, since the peer reads nothing.
/// Returns how many were accepted.
async fn fill(node: &Node, peer: PeerId) -> usize {
    let message = vec![7; 64 * 1024];
    let mut accepted = 0;
    for stream in ["chat", "more"] {
        loop {
            match node.send(&peer, stream, &message).timeout(SHORT.interval).await {
                Ok(()) => accepted += 1,
                Err(late) if late.code() == ErrorCode::TimedOut => break,
                Err(fault) => panic!("while nobody read: {fault}"),
            }
        }
    }
    accepted
}

async fn empty(inbox: &mut Messages, count: usize) {
    for _ in 0..count {
        wait::message(inbox, "what nobody had read").await;
    }
}

async fn back_pressure_is_survived(place: &str) {
    let (a, b, _path) = joined(place, SHORT).await;
    let (mut at_a, mut at_b) = (ends(&a, b.peer_id()), ends(&b, a.peer_id()));
    let (for_b, for_a) = tokio::join!(fill(&a, b.peer_id()), fill(&b, a.peer_id()));
    println!("{place}: {for_b} and {for_a} messages were accepted");
    outlast([&mut at_a, &mut at_b]).await;
    let (mut to_a, mut to_b) = (a.all_messages().unwrap(), b.all_messages().unwrap());
    tokio::join!(empty(&mut to_a, for_a), empty(&mut to_b, for_b));
    assert_eq!(a.connection_state(&b.peer_id()), State::Established, "{place}");
}

#[tokio::test]
async fn peers_whose_applications_never_read_stay_connected() {
    tokio::join!(back_pressure_is_survived(TCP), back_pressure_is_survived(QUIC));
}

#[tokio::test]
async fn a_frozen_path_is_noticed_while_messages_queue_up_and_its_socket_is_closed() {
    let (a, b, path) = joined(TCP, SHORT).await;
    let (peer, sender) = (b.peer_id(), a.clone());
    let mut at_a = ends(&a, peer);
    let mut inbox = b.messages("chat").unwrap();
    let reading = tokio::spawn(async move { while inbox.next().await.is_some() {} });
    let message = vec![7; 64 * 1024];
    let sending =
        tokio::spawn(async move { while sender.send(&peer, "chat", &message).await.is_ok() {} });
    let port = port_of(&path.address().to_string());
    assert!(sockets_to(port) > 0, "the test sees no socket");
    let since = Instant::now();
    path.freeze();
    let (reason, after) = end(&mut at_a, since).await;
    println!("{reason:?} after {after:?}");
    assert_eq!(reason, DisconnectReason::KeepAliveTimeout);
    assert!(after < PROMISED * 2, "noticed after {after:?}");
    within("sending ends", sending).await.unwrap();
    // The path is still frozen, so the peer takes part in nothing.
    until("the socket is closed", async || (sockets_to(port) == 0).then_some(())).await;
    reading.abort();
}

fn port_of(address: &str) -> u16 {
    address.split('/').nth(4).and_then(|port| port.parse().ok()).expect("a port")
}

/// How many sockets that some process holds are connected to a port of this machine.
fn sockets_to(port: u16) -> usize {
    let table = std::fs::read_to_string("/proc/net/tcp").expect("this is Linux");
    let to = format!("0100007F:{port:04X}");
    // The tenth column is the inode: zero once no process holds the socket.
    let is_held = |columns: &[&str]| columns[2] == to && columns[9] != "0";
    let rows = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.filter(|columns| is_held(columns)).count()
}

const HOUR: std::time::Duration = std::time::Duration::from_hours(1);
