//! Go answers pings, and ends the stream of them after 30 s.

use std::time::Instant;

use glueberry_core::DisconnectReason;
use glueberry_tests::node::{QUIC, TCP};
use glueberry_tests::{GoPeer, HandshakeStyle, go, wait};
use serde_json::json;

use super::{PROMISED, SHORT, end, ends, outlast, start};

async fn a_go_peer_stays_while_it_runs_and_is_noticed_when_it_stops(place: &str) {
    let node = start(place, SHORT).await;
    let peer = GoPeer::start(HandshakeStyle::Auto, place, json!({ "streams": ["chat"] })).await;
    node.connect(peer.address()).await.unwrap();
    wait::established(&node, peer.peer_id()).await;
    let mut ends = ends(&node, peer.peer_id());
    outlast([&mut ends]).await;
    // Over TCP its system still acknowledges everything: only the missing answer tells.
    let since = Instant::now();
    peer.pause();
    let (reason, after) = end(&mut ends, since).await;
    println!("{place}: {reason:?} after {after:?}");
    assert_eq!(reason, DisconnectReason::KeepAliveTimeout, "{place}");
    assert!(after < PROMISED * 2, "{place}: noticed after {after:?}");
}

#[tokio::test]
async fn a_go_peer_stays_while_it_runs_and_is_noticed_when_it_stops_over_tcp() {
    if go::is_here() {
        a_go_peer_stays_while_it_runs_and_is_noticed_when_it_stops(TCP).await;
    }
}

#[tokio::test]
async fn a_go_peer_stays_while_it_runs_and_is_noticed_when_it_stops_over_quic() {
    if go::is_here() {
        a_go_peer_stays_while_it_runs_and_is_noticed_when_it_stops(QUIC).await;
    }
}
