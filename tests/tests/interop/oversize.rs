//! Messages above a limit: refused by the sender that has it, skipped by the receiver that has it.

use glueberry_core::{ErrorCode, EventFilter, EventKind, EventName, Node, StreamConfig};
use glueberry_tests::node::{self, TCP};
use glueberry_tests::{GoPeer, HandshakeStyle, go, wait};
use serde_json::json;

const MIB: usize = 1 << 20;

/// A Rust node that carries `stream` up to `limit`, and a Go node that sends up to `go_limit` on it.
async fn pair(stream: &str, limit: usize, go_limit: usize) -> (Node, GoPeer) {
    let config = StreamConfig { max_message_size: limit, ..StreamConfig::default() };
    let builder = node::builder(&[]).stream(stream, config).expect("the name is valid");
    let rust = node::listening(builder, TCP).await;
    let options = json!({ "streams": [stream], "max_message_size": go_limit });
    let go = GoPeer::start(HandshakeStyle::Auto, TCP, options).await;
    rust.connect(go.address()).timeout(wait::PATIENCE).await.expect("Go is reached");
    go.state(rust.peer_id(), "Established").await;
    (rust, go)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_above_our_limit_is_skipped_and_reported_and_the_stream_goes_on() {
    if !go::is_here() {
        return;
    }
    // In one buffer; over several buffers and yamux windows; above Go's own default limit.
    for (limit, size) in [(1000, 1001), (1000, 100_000), (MIB, 5 * MIB)] {
        let (rust, go) = pair("small", limit, 8 * MIB).await;
        let mut inbox = rust.messages("small").expect("nobody else reads it");
        let filter = EventFilter::peer(go.peer_id());
        let mut warnings = rust.events(filter.kinds([EventName::Warning]));
        let me = rust.peer_id();
        go.send(me, "small", b"before").await;
        go.send_filled(me, "small", 7, size).await;
        go.send_filled(me, "small", 8, limit).await;
        go.send(me, "small", b"after").await;
        assert_eq!(&wait::message(&mut inbox, "the first").await.payload()[..], b"before");
        assert_eq!(wait::message(&mut inbox, "the fitting").await.payload(), &vec![8; limit]);
        assert_eq!(&wait::message(&mut inbox, "the last").await.payload()[..], b"after");
        let warning = wait::event(&mut warnings, "a warning", |_| true).await;
        let EventKind::Warning { code, peer, stream, detail } = warning.kind else {
            panic!("no warning: {warning:?}");
        };
        assert_eq!(code, ErrorCode::OversizeSkipped, "{detail}");
        assert_eq!(peer, Some(go.peer_id()));
        assert_eq!(stream.expect("it names the stream").as_str(), "small");
        // Go still hears us on the same stream.
        node::send(&rust, go.peer_id(), "small", b"thanks").await;
        assert_eq!(go.message(me, "small").await, b"thanks");
        assert!(warnings.drain(9).is_empty(), "one message was too large");
        rust.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_above_our_limit_is_refused_when_sent_and_the_stream_goes_on() {
    if !go::is_here() {
        return;
    }
    let (rust, go) = pair("small", 1000, MIB).await;
    let peer = go.peer_id();
    let refused = rust.send(&peer, "small", &[1; 1001]).await.expect_err("it is too large");
    assert_eq!(refused.code(), ErrorCode::MessageTooLarge);
    let refused = rust.try_send(&peer, "small", &[1; 1001]).expect_err("it is too large");
    assert_eq!(refused.code(), ErrorCode::MessageTooLarge);
    node::send(&rust, peer, "small", &[2; 1000]).await;
    assert_eq!(go.message(rust.peer_id(), "small").await, [2; 1000]);
    rust.shutdown().await;
}

/// Go checks its limit when it sends, not when it receives.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn go_takes_messages_above_its_own_sending_limit() {
    if !go::is_here() {
        return;
    }
    let (rust, go) = pair("large", 16 * MIB, MIB).await;
    let me = rust.peer_id();
    for size in [MIB + 1, 16 * MIB] {
        node::send(&rust, go.peer_id(), "large", &vec![5; size]).await;
        go.event("message", json!({ "peer": me.to_string(), "len": size })).await;
        let fields = json!({ "peer": me.to_string(), "stream": "large", "size": MIB + 1 });
        go.ask("send", fields).await.expect_err("Go refuses to send as much");
    }
    rust.shutdown().await;
}
