//! A peer that is gone is noticed in time, and one that lives is not called dead.

use std::time::Duration;

use glueberry_core::{DisconnectReason, EventFilter, KeepAlive, Node};
use glueberry_tests::Forwarder;
use glueberry_tests::node::{self, QUIC, TCP};
use glueberry_tests::wait::{disconnected, established, within};

/// Short, so that tests are; long against what a busy machine delays.
const SHORT: KeepAlive =
    KeepAlive { interval: Duration::from_millis(500), timeout: Duration::from_millis(1500) };

async fn start(place: &str, keep_alive: KeepAlive) -> Node {
    node::listening(node::builder(&["chat"]).keep_alive(Some(keep_alive)), place).await
}

/// Two nodes with a session through a forwarder.
async fn joined(place: &str, keep_alive: KeepAlive) -> (Node, Node, Forwarder) {
    let (a, b) = (start(place, keep_alive).await, start(place, keep_alive).await);
    let path = Forwarder::to(&node::address(&b)).await;
    a.connect(path.address()).await.unwrap();
    established(&b, a.peer_id()).await;
    (a, b, path)
}

/// How long after `now` each of the two nodes says that the other is gone for want of a sign of
/// life.
async fn noticed(a: &Node, b: &Node, then: impl FnOnce()) -> [Duration; 2] {
    let mut events =
        [a.events(EventFilter::peer(b.peer_id())), b.events(EventFilter::peer(a.peer_id()))];
    let began = std::time::Instant::now();
    then();
    let [at_a, at_b] = &mut events;
    let watch = async |events: &mut _| {
        assert_eq!(disconnected(events).await, DisconnectReason::KeepAliveTimeout);
        began.elapsed()
    };
    tokio::join!(watch(at_a), watch(at_b)).into()
}

#[tokio::test]
async fn a_frozen_path_is_noticed_on_both_sides_over_tcp_and_quic() {
    for place in [TCP, QUIC] {
        let (a, b, path) = joined(place, SHORT).await;
        let after = noticed(&a, &b, || path.freeze()).await;
        println!("{place}: noticed after {after:?}");
        let promised = SHORT.interval + SHORT.timeout;
        assert!(after.iter().all(|after| *after < promised * 2), "{place}: {after:?}");
        within("shutdown", a.shutdown()).await;
    }
}
