//! Peers that refuse pings, swallow them, or send many.

use glueberry_core::State;
use glueberry_tests::node::TCP;
use glueberry_tests::raw::RawPeer;
use glueberry_tests::wait::within;

use super::{SHORT, ends, outlast, start};

const PING: &str = "/ipfs/ping/1.0.0";

#[tokio::test]
async fn a_peer_that_refuses_pings_stays() {
    let node = start(TCP, SHORT).await;
    let raw = RawPeer::dial(&node).await;
    let mut ends = ends(&node, raw.peer_id());
    outlast([&mut ends]).await;
    assert_eq!(node.connection_state(&raw.peer_id()), State::Connected);
}

#[tokio::test]
async fn a_peer_that_never_answers_pings_stays_while_it_sends_anything() {
    let node = start(TCP, SHORT).await;
    let mut raw = RawPeer::dial(&node).await;
    raw.accept_in_silence(PING);
    let mut ends = ends(&node, raw.peer_id());
    let mut talk = raw.open(PING).await;
    let talking = async {
        let mut turn = tokio::time::interval(SHORT.timeout / 2);
        loop {
            turn.tick().await;
            talk.write(&[7; 32]).await;
        }
    };
    tokio::select! {
        () = talking => unreachable!("it talks for ever"),
        () = outlast([&mut ends]) => {}
    }
}

#[tokio::test]
async fn a_peers_pings_are_answered_on_at_most_two_streams() {
    let node = start(TCP, SHORT).await;
    let mut raw = RawPeer::dial(&node).await;
    let mut kept = Vec::new();
    for number in 0..2 {
        let mut stream = raw.open(PING).await;
        for turn in 0..3 {
            let question = [number * 16 + turn; 32];
            stream.write(&question).await;
            assert_eq!(within("the echo", stream.read(32)).await, question);
        }
        kept.push(stream);
    }
    let mut third = raw.open(PING).await;
    third.offer(&[9; 32]).await;
    assert_eq!(within("the reset", third.try_read(32)).await, None);
    kept[0].write(&[8; 32]).await;
    assert_eq!(within("the echo", kept[0].read(32)).await, [8; 32]);
    // Whoever ends a stream may open another.
    kept[1].close().await;
    assert_eq!(within("the end", kept[1].try_read(1)).await, None);
    let mut fourth = raw.open(PING).await;
    fourth.write(&[6; 32]).await;
    assert_eq!(within("the echo", fourth.read(32)).await, [6; 32]);
}

#[tokio::test]
async fn without_a_keep_alive_pings_are_answered_and_none_are_sent() {
    let builder = glueberry_tests::node::builder(&["chat"]).keep_alive(None);
    let node = glueberry_tests::node::listening(builder, TCP).await;
    let mut raw = RawPeer::dial(&node).await;
    let mut stream = raw.open(PING).await;
    stream.write(&[7; 32]).await;
    assert_eq!(within("the echo", stream.read(32)).await, [7; 32]);
    raw.accept_in_silence(PING);
    let mut ends = ends(&node, raw.peer_id());
    outlast([&mut ends]).await;
}
