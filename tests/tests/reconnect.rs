//! Links that come back by themselves, and those that must not.

use std::time::Duration;

use glueberry_core::EventName::{
    PeerConnecting, PeerCooldown, PeerDisconnected, PeerEstablished, PeerReconnecting,
};
use glueberry_core::{
    DisconnectReason, ErrorCode, EventFilter, EventKind, Identity, KeepAlive, Node,
    ReconnectPolicy, State,
};
use glueberry_tests::Forwarder;
use glueberry_tests::node::{
    QUIC, TCP, address, builder, builder_of, impatient, listening, place, send,
};
use glueberry_tests::wait::{PATIENCE, disconnected, event, message, saw, within};

async fn node(identity: &Identity, place: &str) -> Node {
    let builder = builder_of(identity.clone(), &["chat"]).reconnect(impatient());
    listening(builder, place).await
}

/// Comes back by itself after a time that no test waits for.
fn patient() -> ReconnectPolicy {
    ReconnectPolicy {
        first_delay: Duration::from_hours(1),
        longest_delay: Duration::from_hours(1),
        ..ReconnectPolicy::default()
    }
}

async fn connected(from: &Node, to: &Node) {
    from.connect(address(to)).timeout(PATIENCE).await.expect("they connect");
}

#[tokio::test]
async fn a_peer_that_restarts_is_connected_again_without_a_call() {
    for place_of_b in [TCP, QUIC] {
        let identity = Identity::generate();
        let (a, b) = (node(&Identity::generate(), TCP).await, node(&identity, place_of_b).await);
        connected(&a, &b).await;
        let at = place(&address(&b));
        let mut events = a.events(EventFilter::peer(b.peer_id()));
        within("the shutdown", b.shutdown()).await;
        assert_eq!(disconnected(&mut events).await, DisconnectReason::ConnectionLost);
        let EventKind::PeerReconnecting { attempt, delay, .. } =
            saw(&mut events, PeerReconnecting).await
        else {
            unreachable!("of another name")
        };
        assert!(attempt == 1 && delay <= Duration::from_millis(50), "{attempt} {delay:?}");
        let b = node(&identity, &at).await;
        saw(&mut events, PeerEstablished).await;
        let mut to_b = b.messages("chat").unwrap();
        send(&a, b.peer_id(), "chat", b"there you are").await;
        assert_eq!(message(&mut to_b, "after the restart").await.peer(), a.peer_id());
    }
}

/// Notices a path that carries nothing within a second.
const ALERT: KeepAlive =
    KeepAlive { interval: Duration::from_millis(400), timeout: Duration::from_millis(400) };

#[tokio::test]
async fn a_link_comes_back_after_the_network_was_cut() {
    for place_of_b in [TCP, QUIC] {
        let alert = || builder(&["chat"]).reconnect(impatient()).keep_alive(Some(ALERT));
        let (a, b) = (listening(alert(), TCP).await, listening(alert(), place_of_b).await);
        let path = Forwarder::to(&address(&b)).await;
        let peer = a.connect(path.address()).timeout(PATIENCE).await.unwrap();
        let mut events = a.events(EventFilter::peer(peer));
        path.freeze();
        assert_eq!(disconnected(&mut events).await, DisconnectReason::KeepAliveTimeout);
        saw(&mut events, PeerReconnecting).await;
        path.thaw();
        a.wait_established(&peer).timeout(PATIENCE).await.unwrap();
        let mut to_b = b.messages("chat").unwrap();
        send(&a, peer, "chat", b"after the cut").await;
        message(&mut to_b, "after the cut").await;

        path.cut();
        disconnected(&mut events).await;
        a.wait_established(&peer).timeout(PATIENCE).await.unwrap();
    }
}

#[tokio::test]
async fn a_restarted_peer_does_not_wait_for_its_own_dead_session() {
    let identity = Identity::generate();
    let patient =
        || KeepAlive { interval: Duration::from_hours(1), timeout: Duration::from_hours(1) };
    let a = listening(builder(&["chat"]).keep_alive(Some(patient())), TCP).await;
    let path = Forwarder::to(&address(&a)).await;
    let b = builder_of(identity.clone(), &["chat"]).keep_alive(Some(patient()));
    let b = b.start().await.unwrap();
    b.connect(path.address()).timeout(PATIENCE).await.unwrap();
    let mut events = a.events(EventFilter::peer(b.peer_id()));
    // Its host loses its power: no farewell reaches us.
    path.freeze();
    drop(b);
    let b = builder_of(identity, &["chat"]).start().await.unwrap();
    b.connect(address(&a)).timeout(PATIENCE).await.unwrap();
    assert_eq!(disconnected(&mut events).await, DisconnectReason::Superseded);
    saw(&mut events, PeerEstablished).await;
    let mut to_b = b.messages("chat").unwrap();
    send(&a, b.peer_id(), "chat", b"welcome back").await;
    message(&mut to_b, "on the new session").await;
}

#[tokio::test]
async fn who_waits_for_a_lost_peer_waits_through_all_attempts() {
    let identity = Identity::generate();
    let (a, b) = (node(&Identity::generate(), TCP).await, node(&identity, TCP).await);
    let peer = b.peer_id();
    connected(&a, &b).await;
    let at = place(&address(&b));
    let mut events = a.events(EventFilter::peer(peer));
    within("the shutdown", b.shutdown()).await;
    for _ in 0..3 {
        saw(&mut events, PeerReconnecting).await;
    }
    assert_eq!(a.connection_state(&peer), State::Reconnecting);
    let error = a.send(&peer, "chat", b"too early").await.unwrap_err();
    assert_eq!((error.code(), error.is_retriable()), (ErrorCode::NotConnected, true));
    let (waited, _b) =
        tokio::join!(a.wait_established(&peer).timeout(PATIENCE), node(&identity, &at));
    waited.unwrap();
    assert_eq!(a.connection_state(&peer), State::Established);
}

#[tokio::test]
async fn a_call_to_connect_cuts_the_pause_short() {
    let identity = Identity::generate();
    let a = listening(builder(&["chat"]).reconnect(patient()), TCP).await;
    let b = node(&identity, TCP).await;
    connected(&a, &b).await;
    let at = place(&address(&b));
    let mut events = a.events(EventFilter::peer(b.peer_id()));
    within("the shutdown", b.shutdown()).await;
    saw(&mut events, PeerReconnecting).await;
    let refused = a.connect(b.peer_id()).timeout(PATIENCE).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::Unreachable, "one attempt is made, and answered for");
    assert_eq!(a.connection_state(&b.peer_id()), State::Reconnecting, "the pauses go on");
    let b = node(&identity, &at).await;
    a.connect(b.peer_id()).timeout(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn strangers_are_never_redialed() {
    let (a, b) = (node(&Identity::generate(), TCP).await, node(&Identity::generate(), TCP).await);
    let mut events = a.events(EventFilter::peer(b.peer_id()));
    connected(&b, &a).await;
    saw(&mut events, PeerEstablished).await;
    within("the shutdown", b.shutdown()).await;
    assert_eq!(disconnected(&mut events).await, DisconnectReason::ConnectionLost);
    assert_eq!(a.connection_state(&b.peer_id()), State::Disconnected);
    within("the shutdown", a.shutdown()).await;
    let after: Vec<_> = events.drain(100).into_iter().map(|event| event.kind).collect();
    let dialed = |kind: &EventKind| [PeerConnecting, PeerReconnecting].contains(&kind.name());
    assert!(!after.iter().any(dialed), "{after:?}");
}

#[tokio::test]
async fn a_peer_that_was_disconnected_is_left_alone_until_it_is_wanted_again() {
    let (a, b) = (node(&Identity::generate(), TCP).await, node(&Identity::generate(), TCP).await);
    connected(&a, &b).await;
    let peer = b.peer_id();
    let mut events = a.events(EventFilter::peer(peer));
    within("the disconnect", a.disconnect(&peer)).await.unwrap();
    assert_eq!(disconnected(&mut events).await, DisconnectReason::Requested);
    assert_eq!(a.connection_state(&peer), State::Disconnected);
    connected(&a, &b).await;
    let between: Vec<_> = events.drain(100).into_iter().map(|event| event.kind.name()).collect();
    assert!(!between.contains(&PeerReconnecting), "{between:?}");
}

#[tokio::test]
async fn attempts_are_limited_when_a_limit_is_set() {
    let limited = ReconnectPolicy { max_attempts: 3, ..impatient() };
    let a = listening(builder(&["chat"]).reconnect(limited), TCP).await;
    let b = node(&Identity::generate(), TCP).await;
    connected(&a, &b).await;
    let mut events = a.events(EventFilter::peer(b.peer_id()));
    within("the shutdown", b.shutdown()).await;
    assert_eq!(disconnected(&mut events).await, DisconnectReason::ConnectionLost);
    for expected in 1..=3 {
        let kind = saw(&mut events, PeerReconnecting).await;
        assert!(matches!(kind, EventKind::PeerReconnecting { attempt, .. } if attempt == expected));
    }
    assert_eq!(disconnected(&mut events).await, DisconnectReason::DialFailed);
    assert_eq!(a.connection_state(&b.peer_id()), State::Disconnected);
}

#[tokio::test]
async fn a_reconnection_is_cancelled_during_its_pause() {
    let (a, b) = (node(&Identity::generate(), TCP).await, node(&Identity::generate(), TCP).await);
    let peer = b.peer_id();
    a.cancel_reconnection(&peer).await.expect("nothing to cancel is no error");
    connected(&a, &b).await;
    a.cancel_reconnection(&peer).await.unwrap();
    assert_eq!(a.connection_state(&peer), State::Established, "a session is not touched");
    let mut events = a.events(EventFilter::peer(peer));
    within("the shutdown", b.shutdown()).await;
    saw(&mut events, PeerReconnecting).await;
    let waiting = a.wait_established(&peer);
    let (waited, ()) = tokio::join!(waiting, async {
        tokio::task::yield_now().await;
        a.cancel_reconnection(&peer).await.unwrap();
    });
    let code = waited.unwrap_err().code();
    assert!(matches!(code, ErrorCode::Cancelled | ErrorCode::NotConnected), "{code:?}");
    let end = event(&mut events, "the end", |kind| kind.name() == PeerDisconnected);
    let EventKind::PeerDisconnected { session, reason, .. } = end.await.kind else {
        unreachable!("of another name")
    };
    // The first end is that of the session, unless it came before.
    if session.is_some() {
        assert_eq!(disconnected(&mut events).await, DisconnectReason::Requested);
    } else {
        assert_eq!(reason, DisconnectReason::Requested);
    }
    assert_eq!(a.connection_state(&peer), State::Disconnected);
}

#[tokio::test]
async fn a_failed_handshake_is_followed_by_a_cooldown_and_another_attempt() {
    let identity = Identity::generate();
    let (a, b) = (node(&Identity::generate(), TCP).await, node(&identity, TCP).await);
    connected(&a, &b).await;
    let at = place(&address(&b));
    let mut events = a.events(EventFilter::peer(b.peer_id()));
    within("the shutdown", b.shutdown()).await;
    saw(&mut events, PeerReconnecting).await;
    // It is there again, but its application never shakes hands: the library's handshake fails.
    let mute = builder_of(identity.clone(), &[])
        .handshake(glueberry_core::HandshakeMode::App)
        .handshake_timeout(Duration::from_millis(200));
    let mute = listening(mute, &at).await;
    saw(&mut events, PeerCooldown).await;
    assert_eq!(a.connection_state(&mute.peer_id()), State::Cooldown);
    within("the shutdown", mute.shutdown()).await;
    let _b = node(&identity, &at).await;
    saw(&mut events, PeerReconnecting).await;
    saw(&mut events, PeerEstablished).await;
}

#[tokio::test]
async fn a_disconnect_while_the_dial_goes_on_leaves_nothing_behind() {
    // It accepts connections and never says a word.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let a = node(&Identity::generate(), TCP).await;
    for round in 0..20 {
        let peer = Identity::generate().peer_id();
        let mut events = a.events(EventFilter::peer(peer));
        let there = format!("/ip4/127.0.0.1/tcp/{port}/p2p/{peer}");
        let (dialing, ()) = tokio::join!(a.connect(&there), async {
            saw(&mut events, PeerConnecting).await;
            within("the disconnect", a.disconnect(&peer)).await.unwrap();
        });
        assert_eq!(dialing.unwrap_err().code(), ErrorCode::Cancelled, "round {round}");
        assert_eq!(disconnected(&mut events).await, DisconnectReason::Requested);
        assert_eq!(a.connection_state(&peer), State::Disconnected);
        // The socket is closed too: the other end reads its end.
        let (mut socket, _) = within("the dial", silent.accept()).await.unwrap();
        let mut rest = Vec::new();
        within("its end", tokio::io::AsyncReadExt::read_to_end(&mut socket, &mut rest)).await.ok();
    }
    assert_eq!(a.peers(), vec![]);
}

#[tokio::test]
async fn a_restarted_peer_that_dials_takes_the_place_of_its_stale_session() {
    let (a, identity) = (node(&Identity::generate(), TCP).await, Identity::generate());
    // It must not come back: then it would take the place of the second.
    let b = builder_of(identity.clone(), &["chat"]).reconnect(patient());
    let b = listening(b, TCP).await;
    connected(&b, &a).await;
    let mut events = a.events(EventFilter::peer(b.peer_id()));
    // A second process of the same peer: the first one's end was never seen here.
    let again = node(&identity, TCP).await;
    again.connect(address(&a)).timeout(PATIENCE).await.unwrap();
    assert_eq!(disconnected(&mut events).await, DisconnectReason::Superseded);
    saw(&mut events, PeerEstablished).await;
    let mut to_b = again.messages("chat").unwrap();
    send(&a, again.peer_id(), "chat", b"to the new one").await;
    message(&mut to_b, "on the new session").await;
    drop(b);
    // The end of the old connection is no end of the new session.
    send(&a, again.peer_id(), "chat", b"still here").await;
    message(&mut to_b, "after the old one's end").await;
    let ends = events.drain(100).into_iter().filter(|event| event.name() == PeerDisconnected);
    assert_eq!(ends.count(), 0);
}

#[tokio::test]
async fn a_node_stops_while_twenty_peers_send() {
    let a = node(&Identity::generate(), TCP).await;
    let mut inbox = a.messages("chat").unwrap();
    let (to_a, at) = (a.peer_id(), address(&a));
    let mut senders = Vec::new();
    for _ in 0..20 {
        let b = node(&Identity::generate(), TCP).await;
        b.connect(&at).timeout(PATIENCE).await.unwrap();
        let sender = b.clone();
        let sending = tokio::spawn(async move {
            let message = vec![7; 4096];
            loop {
                if let Err(error) = sender.send(&to_a, "chat", &message).await {
                    return error;
                }
            }
        });
        senders.push((b, sending));
    }
    for _ in 0..1000 {
        message(&mut inbox, "while all send").await;
    }
    // Its bound is the linger and 7 s; nothing is queued here, so it takes far less.
    within("the shutdown", a.shutdown()).await;
    for (b, sending) in senders {
        let error = within("the sender", sending).await.unwrap();
        assert_eq!(error.code(), ErrorCode::NotConnected);
        within("the shutdown", b.shutdown()).await;
    }
}

#[tokio::test]
async fn a_peer_that_is_removed_leaves_nothing_behind() {
    let a = node(&Identity::generate(), TCP).await;
    for _ in 0..5 {
        let b = node(&Identity::generate(), TCP).await;
        connected(&a, &b).await;
        within("the shutdown", b.shutdown()).await;
        assert_eq!(a.peers().len(), 1, "where it was is remembered");
        within("the removal", a.remove_peer(&b.peer_id())).await.unwrap();
        assert_eq!(a.peers(), vec![]);
    }
}
