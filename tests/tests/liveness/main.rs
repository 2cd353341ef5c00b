//! A peer that is gone is noticed in time, and one that lives is not called dead.

mod go_peers;
mod hosts;
mod paths;
mod pings;

use std::time::{Duration, Instant};

use futures::future::select_all;
use glueberry_core::{DisconnectReason, EventFilter, EventName, Events, KeepAlive, Node, PeerId};
use glueberry_tests::Forwarder;
use glueberry_tests::node;
use glueberry_tests::wait::{disconnected, established};

/// Short, so that tests are; long against what a busy machine delays.
const SHORT: KeepAlive =
    KeepAlive { interval: Duration::from_millis(500), timeout: Duration::from_millis(1500) };
/// Within it a peer that is gone is noticed.
const PROMISED: Duration = Duration::from_secs(2);

async fn start(place: &str, keep_alive: KeepAlive) -> Node {
    let builder = node::builder(&["chat", "more"]).keep_alive(Some(keep_alive));
    node::listening(builder, place).await
}

/// Two nodes with a session through a forwarder, which the first has dialed.
async fn joined(place: &str, keep_alive: KeepAlive) -> (Node, Node, Forwarder) {
    let (a, b) = (start(place, keep_alive).await, start(place, keep_alive).await);
    let path = Forwarder::to(&node::address(&b)).await;
    a.connect(path.address()).await.expect("the path carries");
    established(&b, a.peer_id()).await;
    (a, b, path)
}

/// The ends of sessions with a peer, from now on.
fn ends(node: &Node, peer: PeerId) -> Events {
    node.events(EventFilter::peer(peer).kinds([EventName::PeerDisconnected]))
}

/// Why the session ends, and how long after `since`.
async fn end(events: &mut Events, since: Instant) -> (DisconnectReason, Duration) {
    (disconnected(events).await, since.elapsed())
}

/// Lets three times the promised time pass, after which a peer that were called dead would be.
async fn outlast<'a>(events: impl IntoIterator<Item = &'a mut Events>) {
    let ends = events.into_iter().map(|events| Box::pin(events.next()));
    let first = tokio::time::timeout(PROMISED * 3, select_all(ends)).await;
    assert!(first.is_err(), "a peer that lives was called dead: {:?}", first.map(|(end, ..)| end));
}
