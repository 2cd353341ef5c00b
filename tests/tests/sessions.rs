//! Sessions between two Rust nodes over real sockets.

use std::time::Duration;

use glueberry_core::EventName::{PeerConnected, PeerDisconnected};
use glueberry_core::{
    Error, ErrorCode, EventFilter, EventKind, HandshakeMode, Identity, Node, Security, State,
    StreamConfig, StreamName,
};
use glueberry_tests::wait::{PATIENCE, event, until, within};

const TCP: &str = "/ip4/127.0.0.1/tcp/0";
const QUIC: &str = "/ip4/127.0.0.1/udp/0/quic-v1";

async fn node(listen: &str) -> Node {
    let builder = Node::builder(Identity::generate()).listen(listen).unwrap();
    builder.stream("chat", StreamConfig::default()).unwrap().start().await.unwrap()
}

fn address(node: &Node) -> String {
    node.listen_addresses()[0].to_string()
}

#[tokio::test]
async fn two_nodes_exchange_messages_over_tcp_and_quic() {
    for listen in [TCP, QUIC] {
        let (a, b) = (node(listen).await, node(listen).await);
        let mut to_a = a.messages("chat").unwrap();
        let mut to_b = b.messages("chat").unwrap();
        let peer = a.connect(address(&b)).timeout(PATIENCE).await.unwrap();
        assert_eq!((peer, a.connection_state(&peer)), (b.peer_id(), State::Established));
        for size in [0, 1, 300, 65_536, 1 << 20] {
            let message = vec![0x5A; size];
            a.send(&peer, "chat", &message).await.unwrap();
            let got = within("the next step", to_b.next()).await.unwrap();
            assert!((got.peer(), &got.payload()[..]) == (a.peer_id(), &message[..]));
            b.send(&a.peer_id(), "chat", &message).await.unwrap();
            let got = within("the next step", to_a.next()).await.unwrap();
            assert!((got.peer(), &got.payload()[..]) == (b.peer_id(), &message[..]));
        }
        within("the next step", a.shutdown()).await;
        within("the next step", b.shutdown()).await;
        assert!(within("the next step", to_a.next()).await.is_none());
    }
}

#[tokio::test]
async fn each_secure_channel_carries_a_session() {
    for security in [Security::Tls, Security::Noise] {
        let b = node(TCP).await;
        let a = Node::builder(Identity::generate()).security(security).start().await.unwrap();
        a.connect(address(&b)).timeout(PATIENCE).await.unwrap();
    }
}

#[tokio::test]
async fn peers_that_share_no_secure_channel_are_told_so() {
    let tls = Node::builder(Identity::generate()).security(Security::Tls).listen(TCP).unwrap();
    let tls = tls.start().await.unwrap();
    let noise = Node::builder(Identity::generate()).security(Security::Noise);
    let noise = noise.start().await.unwrap();
    let refused = noise.connect(address(&tls)).timeout(PATIENCE).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::Unreachable, "{refused}");
}

#[tokio::test]
async fn a_disconnected_peer_gets_what_was_queued_and_an_event() {
    let (a, b) = (node(TCP).await, node(TCP).await);
    let mut to_b = b.messages("chat").unwrap();
    let mut events = b.events(EventFilter::peer(a.peer_id()));
    let peer = a.connect(address(&b)).await.unwrap();
    for number in 0..1000u32 {
        a.send(&peer, "chat", &number.to_be_bytes()).await.unwrap();
    }
    within("the next step", a.disconnect(&peer)).await.unwrap();
    for number in 0..1000u32 {
        let got = within("the next step", to_b.next()).await.unwrap();
        assert_eq!(got.payload()[..], number.to_be_bytes());
    }
    let end =
        event(&mut events, "the event", |kind| matches!(kind, EventKind::PeerDisconnected { .. }));
    end.await;
    assert_eq!(
        (a.connection_state(&peer), b.connection_state(&a.peer_id())),
        (State::Disconnected, State::Disconnected)
    );
    let unsent = a.send(&peer, "chat", b"too late").await.unwrap_err();
    assert_eq!((unsent.code(), unsent.is_retriable()), (ErrorCode::NotConnected, true));
}

#[tokio::test]
async fn a_peer_that_vanishes_is_noticed_at_once() {
    let (a, b) = (node(TCP).await, node(TCP).await);
    let mut events = b.events(EventFilter::peer(a.peer_id()));
    a.connect(address(&b)).await.unwrap();
    drop(a);
    event(&mut events, "the event", |kind| matches!(kind, EventKind::PeerDisconnected { .. }))
        .await;
}

#[tokio::test]
async fn an_idle_established_peer_stays_connected() {
    let (a, b) = (node(TCP).await, node(TCP).await);
    let peer = a.connect(address(&b)).await.unwrap();
    let mut events = a.events(EventFilter::peer(peer));
    // libp2p closes idle connections after 10 s: the deadline is the assertion.
    let ended = tokio::time::timeout(Duration::from_secs(13), events.next()).await;
    assert!(ended.is_err(), "{ended:?}");
    assert_eq!(a.connection_state(&peer), State::Established);
}

#[tokio::test]
async fn an_application_shakes_hands_itself() {
    let app = || {
        let builder = Node::builder(Identity::generate()).handshake(HandshakeMode::App);
        builder.listen(TCP).unwrap().start()
    };
    let (a, b) = (app().await.unwrap(), app().await.unwrap());
    let mut hands_a = a.messages("handshake").unwrap();
    let mut hands_b = b.messages("handshake").unwrap();
    let peer = a.connect(address(&b)).timeout(PATIENCE).await.unwrap();
    assert_eq!(a.connection_state(&peer), State::Connected);
    let early = a.send(&peer, "чат", b"early").await.unwrap_err();
    assert_eq!(early.code(), ErrorCode::NotConnected);
    assert_eq!(early.stream().map(StreamName::as_str), Some("чат"));

    a.send(&peer, "handshake", b"who are you?").await.unwrap();
    let question = within("the next step", hands_b.next()).await.unwrap();
    assert_eq!(&question.payload()[..], b"who are you?");
    b.prepare_streams(&a.peer_id(), &["чат"]).await.unwrap();
    b.send(&a.peer_id(), "handshake", b"a friend").await.unwrap();
    let answer = within("the next step", hands_a.next()).await.unwrap();
    assert_eq!(&answer.payload()[..], b"a friend");
    a.complete_handshake(&peer, &["чат"]).await.unwrap();
    b.finalize_handshake(&a.peer_id()).await.unwrap();
    within("the next step", a.wait_established(&peer)).await.unwrap();

    let mut to_b = b.messages("чат").unwrap();
    a.send(&peer, "чат", b"hi").await.unwrap();
    assert_eq!(&within("the next step", to_b.next()).await.unwrap().payload()[..], b"hi");
    let over = a.send(&peer, "handshake", b"again").await.unwrap_err();
    assert_eq!(over.code(), ErrorCode::WrongState);
    let twice = a.finalize_handshake(&peer).await.unwrap_err();
    assert_eq!(twice.code(), ErrorCode::WrongState);
}

#[tokio::test]
async fn both_dialing_at_once_end_up_with_one_session_on_one_connection() {
    for batch in 0..10 {
        let rounds = (0..20).map(|round| both_dial_at_once(batch * 20 + round));
        futures::future::join_all(rounds).await;
    }
}

async fn both_dial_at_once(round: usize) {
    let (a, b) = (node(TCP).await, node(TCP).await);
    let (mut to_a, mut to_b) = (a.messages("chat").unwrap(), b.messages("chat").unwrap());
    let (to_dial_a, to_dial_b) = (address(&a), address(&b));
    let (one, two) = tokio::join!(
        a.connect(to_dial_b).timeout(PATIENCE),
        b.connect(to_dial_a).timeout(PATIENCE)
    );
    assert!(one.is_ok() && two.is_ok(), "round {round}: {one:?} {two:?}");
    let send = |node: Node, peer| async move {
        // A session may still move to the connection that stays: then sending is tried again.
        loop {
            match node.send(&peer, "chat", b"hi").await {
                Ok(()) => return,
                Err(error) if error.is_retriable() => {
                    node.wait_established(&peer).await.ok();
                }
                Err(error) => panic!("{error:?}"),
            }
        }
    };
    within("the next step", send(a.clone(), b.peer_id())).await;
    within("the next step", send(b.clone(), a.peer_id())).await;
    assert!(within("the next step", to_b.next()).await.is_some(), "round {round}");
    assert!(within("the next step", to_a.next()).await.is_some(), "round {round}");
    let connections = |node: &Node, peer| node.peer(&peer).map_or(0, |peer| peer.connections);
    let survivors = async || {
        let both = (connections(&a, b.peer_id()), connections(&b, a.peer_id()));
        (both == (1, 1)).then_some(())
    };
    until("exactly one connection survives", survivors).await;
    assert_eq!(a.connection_state(&b.peer_id()), State::Established, "round {round}");
    assert_eq!(b.connection_state(&a.peer_id()), State::Established, "round {round}");
    tokio::join!(a.shutdown(), b.shutdown());
}

#[tokio::test]
async fn a_call_on_a_closed_node_fails_and_closing_twice_is_fine() {
    let a = node(TCP).await;
    let b = node(TCP).await;
    let there = address(&b);
    within("the next step", a.shutdown()).await;
    within("the next step", a.shutdown()).await;
    let refused: Error = a.connect(there).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::NodeClosed);
}

#[tokio::test]
async fn every_peer_that_is_killed_is_noticed() {
    let node = node(TCP).await;
    for round in 0..100 {
        let other = self::node(TCP).await;
        let id = other.peer_id();
        let mut events = node.events(EventFilter::peer(id));
        node.connect(address(&other)).timeout(PATIENCE).await.unwrap();
        drop(other);
        let ended = |kind: &EventKind| matches!(kind, EventKind::PeerDisconnected { .. });
        event(&mut events, &format!("the end of round {round}"), ended).await;
    }
}

#[tokio::test]
async fn a_peer_is_reached_by_its_name() {
    for (listen, name) in [(TCP, "/dns4/localhost"), (QUIC, "/dns/localhost")] {
        let b = node(listen).await;
        let a = Node::builder(Identity::generate()).start().await.unwrap();
        let named = address(&b).replacen("/ip4/127.0.0.1", name, 1);
        a.connect(&named).timeout(PATIENCE).await.unwrap();
    }
    let a = Node::builder(Identity::generate()).start().await.unwrap();
    let nowhere = format!("/dns4/nowhere.invalid/tcp/9/p2p/{}", Identity::generate().peer_id());
    let error = a.connect(&nowhere).timeout(PATIENCE).await.unwrap_err();
    assert!(matches!(error.code(), ErrorCode::Unreachable | ErrorCode::TimedOut), "{error:?}");
}

#[tokio::test]
async fn a_call_that_takes_too_long_says_so_and_can_be_cancelled() {
    // It accepts connections and never says a word.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let peer = Identity::generate().peer_id();
    let address = format!("/ip4/127.0.0.1/tcp/{port}/p2p/{peer}");
    let a = node(TCP).await;
    let late = a.connect(&address).timeout(Duration::from_millis(100)).await.unwrap_err();
    assert_eq!(late.code(), ErrorCode::TimedOut);
    assert_eq!(a.connection_state(&peer), State::Connecting, "the attempt goes on");
    let mut events = a.events(EventFilter::peer(peer));
    let (waiting, ()) = tokio::join!(a.connect(&address), async {
        tokio::task::yield_now().await;
        a.disconnect(&peer).await.unwrap();
    });
    assert_eq!(waiting.unwrap_err().code(), ErrorCode::Cancelled);
    let ended =
        |kind: &EventKind| matches!(kind, EventKind::PeerDisconnected { session: None, .. });
    event(&mut events, "the end of the attempt", ended).await;
    assert_eq!(a.connection_state(&peer), State::Disconnected);
}

#[tokio::test]
async fn a_shutdown_wakes_everyone_who_waits() {
    let (a, b) = (node(TCP).await, node(TCP).await);
    let peer = a.connect(address(&b)).await.unwrap();
    let mut inbox = a.messages("chat").unwrap();
    let mut events = a.events(EventFilter::all());
    let sender = a.clone();
    let stuck = tokio::spawn(async move {
        let message = vec![0; 60_000];
        loop {
            if let Err(error) = sender.send(&peer, "chat", &message).await {
                return error;
            }
        }
    });
    let reading = tokio::spawn(async move { inbox.next().await });
    let listening = tokio::spawn(async move { while events.next().await.is_some() {} });
    tokio::time::timeout(Duration::from_secs(15), a.shutdown()).await.expect("it is bounded");
    let error = within("the sender", stuck).await.unwrap();
    assert!(matches!(error.code(), ErrorCode::NotConnected | ErrorCode::NodeClosed), "{error:?}");
    assert!(within("the reader", reading).await.unwrap().is_none());
    within("the subscriber", listening).await.unwrap();
}

#[tokio::test]
async fn a_node_that_is_dropped_ends_its_iterations_and_its_sessions() {
    let (a, b) = (node(TCP).await, node(TCP).await);
    let (mut inbox, mut events) = (a.messages("chat").unwrap(), a.events(EventFilter::all()));
    let peer = a.connect(address(&b)).await.unwrap();
    drop(a);
    assert!(within("the end of the inbox", inbox.next()).await.is_none());
    let ended = |kind: &EventKind| kind.peer() == Some(peer) && kind.name() == PeerDisconnected;
    event(&mut events, "the end of the session", ended).await;
    let rest = async { while events.next().await.is_some() {} };
    within("the end of the events", rest).await;
}

#[tokio::test]
async fn a_disconnect_that_is_not_waited_for_comes_all_the_same() {
    let (a, b) = (node(TCP).await, node(TCP).await);
    let peer = a.connect(address(&b)).await.unwrap();
    let mut events = a.events(EventFilter::peer(peer));
    // Nobody reads there: the send buffer stays full, and the disconnect lingers.
    while a.try_send(&peer, "chat", &[0; 4096]).is_ok() {
        tokio::task::yield_now().await;
    }
    let late = a.disconnect(&peer).timeout(Duration::from_millis(10)).await;
    assert_eq!(late.unwrap_err().code(), ErrorCode::TimedOut);
    event(&mut events, "the end", |kind| kind.name() == PeerDisconnected).await;
    assert_eq!(a.connection_state(&peer), State::Disconnected);
}

#[tokio::test]
async fn no_two_sessions_with_a_peer_have_the_same_number() {
    let (a, b) = (node(TCP).await, node(TCP).await);
    let mut events = a.events(EventFilter::all().kinds([PeerConnected]));
    let mut numbers = Vec::new();
    for _ in 0..3 {
        let peer = a.connect(address(&b)).await.unwrap();
        let EventKind::PeerConnected { session, .. } = events.next().await.unwrap().kind else {
            unreachable!("nothing else was asked for")
        };
        numbers.push(session);
        a.disconnect(&peer).await.unwrap();
    }
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
}

#[tokio::test]
async fn what_was_received_can_still_be_read_after_a_shutdown() {
    let (a, b) = (node(TCP).await, node(TCP).await);
    let peer = a.connect(address(&b)).await.unwrap();
    let mut inbox = b.messages("chat").unwrap();
    for number in 0..500u32 {
        a.send(&peer, "chat", &number.to_be_bytes()).await.unwrap();
    }
    within("the farewell", a.disconnect(&peer)).await.unwrap();
    within("the shutdown", b.shutdown()).await;
    let mut count = 0u32;
    while let Some(message) = within("the rest", inbox.next()).await {
        assert_eq!(message.payload()[..], count.to_be_bytes());
        count += 1;
    }
    assert_eq!(count, 500);
}
