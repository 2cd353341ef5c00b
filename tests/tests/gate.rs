//! Who is let in, and what strangers can make a node hold.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use glueberry_core::{
    AccessRules, BanTarget, Builder, ConnectionLimits, Denial, DisconnectReason, ErrorCode, Event,
    EventFilter, EventKind, Events, Identity, Node, PeerId,
};
use glueberry_tests::muxer::BareMuxer;
use glueberry_tests::node::{QUIC, TCP, address, builder, listening, send};
use glueberry_tests::wait::{PATIENCE, disconnected, event, message, within};
use libp2p::identity::Keypair;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CHAT: &str = "/glueberry/stream/chat/1.0.0";

fn limited(limits: ConnectionLimits) -> Builder {
    builder(&["chat"]).connection_limits(limits)
}

fn denials(node: &Node) -> Events {
    node.events(EventFilter::all().kinds([glueberry_core::EventName::ConnectionDenied]))
}

/// The next refusal for this reason.
async fn denied(events: &mut Events, reason: Denial) -> (bool, Option<PeerId>) {
    let fits = |kind: &EventKind| matches!(kind, EventKind::ConnectionDenied { denial, .. } if *denial == reason);
    match event(events, &format!("{reason:?}"), fits).await.kind {
        EventKind::ConnectionDenied { inbound, peer, .. } => (inbound, peer),
        other => unreachable!("{other:?} does not fit"),
    }
}

/// An honest peer gets in and its message arrives.
async fn lets_in(node: &Node) -> Node {
    let honest = builder(&["chat"]).start().await.unwrap();
    let peer = honest.connect(address(node)).timeout(PATIENCE).await.unwrap();
    let mut inbox = node.messages("chat").unwrap();
    send(&honest, peer, "chat", b"here I am").await;
    let read = within("the message", async {
        loop {
            let message = inbox.next().await.expect("the node runs");
            if message.peer() == honest.peer_id() {
                return message;
            }
        }
    });
    assert_eq!(&read.await.payload()[..], b"here I am");
    honest
}

async fn is_kept_out(node: &Node, events: &mut Events, reason: Denial) {
    let stranger = builder(&["chat"]).start().await.unwrap();
    stranger.connect(address(node)).timeout(PATIENCE).await.unwrap_err();
    assert!(denied(events, reason).await.0, "it is inbound");
}

/// A socket to a node that has said nothing yet.
async fn knock(node: &Node) -> TcpStream {
    let address = address(node).to_string();
    let port = address.split('/').nth(4).unwrap().parse::<u16>().unwrap();
    within("a socket", TcpStream::connect(("127.0.0.1", port))).await.unwrap()
}

/// Reads until the node has closed the socket.
async fn closed(socket: &mut TcpStream) {
    let mut buffer = [0; 64];
    while socket.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_silent_and_slow_sockets_keep_no_honest_peer_out() {
    let limits = ConnectionLimits { pending: 256, ..ConnectionLimits::default() };
    // However patient our own dials are.
    let node = limited(limits).dial_timeout(Duration::from_hours(1));
    let node = listening(node, TCP).await;
    let mut events = denials(&node);
    let knocking = futures::stream::iter(0..2000).map(|_| knock(&node)).buffer_unordered(64);
    let sockets: Vec<TcpStream> = knocking.collect().await;
    let stranger = |n: usize, socket| tokio::spawn(until_dropped(socket, n.is_multiple_of(2)));
    let mut strangers: Vec<_> =
        sockets.into_iter().enumerate().map(|(n, socket)| stranger(n, socket)).collect();

    let honest = builder(&["chat"]).start().await.unwrap();
    let asked = Instant::now();
    let in_time = tokio::time::timeout(AT_ONCE * 2, connected(&honest, &node));
    let going_on = async {
        let mut turn = tokio::time::interval(KNOCKS);
        loop {
            turn.tick().await;
            strangers.push(stranger(strangers.len(), knock(&node).await));
        }
    };
    tokio::select! {
        connected = in_time => connected.expect("it is let in at once"),
        () = going_on => unreachable!("it goes on for ever"),
    };
    println!("the honest peer was in after {:?}", asked.elapsed());

    let came = u64::try_from(strangers.len()).expect("thousands");
    // The memory that they take is no measure: what nobody reads stays with the kernel. That each is
    // cut at its allowance has a test of its own.
    let all = futures::future::join_all(strangers);
    tokio::time::timeout(IDENTIFY_WITHIN * 2, all).await.expect("no stranger is held for longer");
    let (mut for_room, mut for_time) = (0, 0);
    while for_room + for_time < came {
        match within("all denials", events.next()).await.expect("the node runs").kind {
            EventKind::ConnectionDenied { denial, suppressed, .. } => match denial {
                Denial::PendingLimit => for_room += 1 + suppressed,
                Denial::TooSlowToIdentify => for_time += 1 + suppressed,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }
    assert!(for_time <= 256, "{for_time} were held to the end");
    assert!(for_room >= came - 256, "{for_room} made room");
    assert_eq!(honest.peers().len(), 1, "the honest peer is still there");
}

/// Where everybody has the same address, a busy machine can make an honest peer the oldest of those
/// who have not proven who they are: it tries again, as any does.
async fn connected(honest: &Node, node: &Node) -> PeerId {
    loop {
        match honest.connect(address(node)).await {
            Ok(peer) => return peer,
            Err(error) => assert!(error.is_retriable(), "{error:?}"),
        }
    }
}

/// Says nothing, or a byte now and then, until the node closes.
async fn until_dropped(mut socket: TcpStream, dribbles: bool) {
    if !dribbles {
        return closed(&mut socket).await;
    }
    let (mut reader, mut writer) = socket.split();
    let dribbling = async {
        // The first line of a negotiation, of 1,023 bytes.
        for byte in [0xFF, 0x07].into_iter().chain(std::iter::repeat(b'x')) {
            if writer.write_all(&[byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(DRIBBLE).await;
        }
    };
    let reading = async {
        let mut buffer = [0; 64];
        while reader.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
    };
    tokio::select! { () = dribbling => {}, () = reading => {} }
}

#[tokio::test]
async fn a_stranger_that_talks_without_end_is_cut_at_its_allowance() {
    let node = listening(builder(&["chat"]), TCP).await;
    let mut events = denials(&node);
    let mut socket = knock(&node).await;
    socket.write_all(b"\x13/multistream/1.0.0\n").await.unwrap();
    socket.read_exact(&mut [0; 20]).await.unwrap();
    // A protocol that nobody has heard of, again and again: each is answered with `na`.
    let proposal = [&[0xFF, 0x07, b'/'][..], &[b'x'; 1021], b"\n"].concat();
    let mut sent = 20;
    let talking = async {
        while socket.write_all(&proposal).await.is_ok() {
            sent += proposal.len();
            if socket.read_exact(&mut [0; 4]).await.is_err() {
                return;
            }
        }
    };
    within("the end", talking).await;
    assert!((250 * 1024..=258 * 1024).contains(&sent), "{sent} bytes were taken");
    assert_eq!(denied(&mut events, Denial::TooMuchBeforeIdentity).await, (true, None));
    lets_in(&node).await;
}

#[tokio::test]
async fn a_megabyte_of_garbage_ends_its_connection_only() {
    let node = listening(builder(&["chat"]), TCP).await;
    let mut socket = knock(&node).await;
    // The node closes while it is written to.
    drop(socket.write_all(&vec![0xA5; 1 << 20]).await);
    within("the end", closed(&mut socket)).await;
    lets_in(&node).await;
}

#[tokio::test]
async fn a_peer_that_opens_far_too_many_streams_before_the_handshake_is_cut() {
    let node = listening(builder(&["chat"]), TCP).await;
    let mut events = denials(&node);
    let mut greedy = BareMuxer::dial(&node, &Keypair::generate_ed25519()).await.unwrap();
    // These are served, so that its own multiplexer lets it go on.
    let served = futures::future::join_all((0..64).map(|_| greedy.open_refused())).await;
    let mut waiting = Vec::new();
    while let Some(stream) = greedy.open_silent().await {
        waiting.push(stream);
        assert!(waiting.len() <= 1000, "nothing bounds them");
    }
    assert!(waiting.len() >= 192, "{} streams waited", waiting.len());
    drop(served);
    greedy.ended().await;
    let denial = denied(&mut events, Denial::TooManyStreams).await;
    assert_eq!(denial, (true, Some(greedy.peer_id())));
    lets_in(&node).await;
}

#[tokio::test]
async fn streams_that_a_peer_opens_before_we_take_it_for_established_wait() {
    for place in [TCP, QUIC] {
        let node = listening(builder(&["chat"]), place).await;
        let mut events = denials(&node);
        let peer = BareMuxer::dial(&node, &Keypair::generate_ed25519()).await.unwrap();
        let hands = peer.open_hands().await;
        let mut held = Vec::new();
        while held.len() < 63 {
            held.push(peer.open_silent().await.expect("the connection stands"));
        }
        // More than one for each of 128 names, with those of libp2p.
        let waiting = futures::future::join_all((0..80).map(|_| peer.open_refused()));
        let mut waiting = std::pin::pin!(waiting);
        let early = tokio::time::timeout(DRIBBLE, waiting.as_mut()).await;
        assert!(early.is_err(), "served too early on {place}");
        peer.shake_hands_on(hands, &node).await;
        assert_eq!(within("their turn", waiting).await.len(), 80);
        assert_eq!(node.connection_state(&peer.peer_id()), glueberry_core::State::Established);
        assert_eq!(events.drain(1), Vec::<Event>::new(), "{place}");
    }
}

#[tokio::test]
async fn a_stream_that_is_closed_before_the_handshake_makes_room_for_another() {
    let node = listening(builder(&["chat"]), TCP).await;
    let peer = BareMuxer::dial(&node, &Keypair::generate_ed25519()).await.unwrap();
    let mut held = Vec::new();
    while held.len() < 64 {
        held.push(peer.open_silent().await.expect("the connection stands"));
    }
    let mut last = std::pin::pin!(peer.open_refused());
    assert!(tokio::time::timeout(DRIBBLE, last.as_mut()).await.is_err(), "served too early");
    held.truncate(32);
    within("its turn", last).await;
}

#[tokio::test]
async fn an_established_peer_may_open_more() {
    for place in [TCP, QUIC] {
        let node = listening(builder(&["chat"]), place).await;
        let mut events = denials(&node);
        let key = Keypair::generate_ed25519();
        let peer = BareMuxer::dial(&node, &key).await.unwrap();
        peer.shake_hands(&node).await;
        let mut held = Vec::new();
        for _ in 0..100 {
            held.push(peer.open_silent().await.expect("the connection stands"));
        }
        // Accepted after all those: the connection has them all and goes on.
        peer.open_named(CHAT).await;
        assert_eq!(node.connection_state(&peer.peer_id()), glueberry_core::State::Established);
        assert_eq!(events.drain(1), Vec::<Event>::new(), "{place}");
    }
}

#[tokio::test]
async fn when_the_node_is_full_newcomers_are_refused_and_nobody_has_to_go() {
    let limits = ConnectionLimits { total: 1, ..ConnectionLimits::default() };
    let node = listening(limited(limits), TCP).await;
    let mut events = denials(&node);
    let first = lets_in(&node).await;
    is_kept_out(&node, &mut events, Denial::TotalLimit).await;
    let other = listening(builder(&["chat"]), TCP).await;
    let refused = node.connect(address(&other)).timeout(PATIENCE).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::TooManyConnections);
    assert!(!denied(&mut events, Denial::TotalLimit).await.0, "it is outbound");
    let mut inbox = first.messages("chat").unwrap();
    send(&node, first.peer_id(), "chat", b"still here?").await;
    assert_eq!(&message(&mut inbox, "the message").await.payload()[..], b"still here?");
    first.shutdown().await;
    let next = lets_in_when_there_is_room(&node).await;
    assert_eq!(node.peers().len(), 1);
    drop(next);
}

/// A connection that was closed counts until both sides have seen it.
async fn lets_in_when_there_is_room(node: &Node) -> Node {
    let newcomer = builder(&["chat"]).start().await.unwrap();
    glueberry_tests::wait::until("room", async || {
        newcomer.connect(address(node)).timeout(PATIENCE).await.ok()
    })
    .await;
    newcomer
}

#[tokio::test]
async fn one_address_gets_no_more_than_its_share() {
    let limits = ConnectionLimits { per_address: 2, ..ConnectionLimits::default() };
    let node = listening(limited(limits), TCP).await;
    let mut events = denials(&node);
    let _held = (lets_in(&node).await, lets_in(&node).await);
    is_kept_out(&node, &mut events, Denial::AddressLimit).await;
    // What the node dials itself does not count.
    let other = listening(builder(&["chat"]), TCP).await;
    node.connect(address(&other)).timeout(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn one_peer_gets_no_more_than_its_share() {
    let (lesser, greater) = two_seeds();
    let limits = ConnectionLimits { per_peer: 2, ..ConnectionLimits::default() };
    let node = Node::builder(Identity::from_seed(&greater).unwrap()).connection_limits(limits);
    let node = listening(node, TCP).await;
    let peer = listening(Node::builder(Identity::from_seed(&lesser).unwrap()), TCP).await;
    let mut events = denials(&node);
    node.connect(address(&peer)).timeout(PATIENCE).await.unwrap();
    // As if both had dialed at once: the node keeps its own connection, and the peer's for a while.
    let key = Keypair::ed25519_from_bytes(lesser).unwrap();
    let dialing = async {
        let mut held = Vec::new();
        loop {
            held.push(BareMuxer::dial(&node, &key).await);
        }
    };
    let denial = tokio::select! {
        denial = denied(&mut events, Denial::PeerLimit) => denial,
        () = dialing => unreachable!("it goes on until one is refused"),
    };
    assert_eq!(denial, (true, Some(peer.peer_id())));
    assert_eq!(node.connection_state(&peer.peer_id()), glueberry_core::State::Established);
}

/// Of two identities, the one with the lesser peer id first.
fn two_seeds() -> ([u8; 32], [u8; 32]) {
    let id = |seed: &[u8; 32]| Identity::from_seed(seed).unwrap().peer_id();
    let (one, two) = ([1; 32], [2; 32]);
    if id(&one) < id(&two) { (one, two) } else { (two, one) }
}

#[tokio::test]
async fn only_peers_on_the_allow_list_get_in() {
    let friend = Identity::generate();
    let rules = AccessRules::default().allow(friend.peer_id());
    let node = listening(builder(&["chat"]).access(rules), TCP).await;
    let mut events = denials(&node);
    is_kept_out(&node, &mut events, Denial::PeerNotAllowed).await;
    let friend = Node::builder(friend).start().await.unwrap();
    friend.connect(address(&node)).timeout(PATIENCE).await.unwrap();
    let foe = listening(builder(&["chat"]), TCP).await;
    let refused = node.connect(address(&foe)).timeout(PATIENCE).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::NotAllowed);
    let denial = denied(&mut events, Denial::PeerNotAllowed).await;
    assert_eq!(denial, (false, Some(foe.peer_id())));
}

#[tokio::test]
async fn a_denied_address_is_refused_in_both_directions_and_by_name_too() {
    for place in [TCP, QUIC] {
        let here: BanTarget = "127.0.0.0/8".parse().unwrap();
        let rules = AccessRules::default().deny(here);
        let node = listening(builder(&["chat"]).access(rules), place).await;
        let mut events = denials(&node);
        is_kept_out(&node, &mut events, Denial::AddressNotAllowed).await;
        let other = listening(builder(&["chat"]), place).await;
        let plain = address(&other).to_string();
        let named = plain.replace("/ip4/127.0.0.1/", "/dns4/localhost/");
        for dialed in [plain, named] {
            let refused = node.connect(&dialed).timeout(PATIENCE).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::NotAllowed, "{dialed}: {refused}");
            assert!(!denied(&mut events, Denial::AddressNotAllowed).await.0, "it is outbound");
        }
    }
}

#[tokio::test]
async fn a_ban_of_an_address_ends_a_session_that_was_dialed_by_name() {
    for place in [TCP, QUIC] {
        let (node, other) = (builder(&["chat"]), listening(builder(&["chat"]), place).await);
        let node = node.start().await.unwrap();
        let named = address(&other).to_string().replace("/ip4/127.0.0.1/", "/dns4/localhost/");
        node.connect(&named).timeout(PATIENCE).await.unwrap();
        let mut events = node.events(EventFilter::all());
        let here: BanTarget = "127.0.0.1".parse().unwrap();
        node.ban(here, None).await.unwrap();
        assert_eq!(disconnected(&mut events).await, DisconnectReason::Banned, "{place}");
    }
}

#[tokio::test]
async fn limits_and_rules_out_of_bounds_are_refused() {
    let limits = ConnectionLimits { total: 0, ..ConnectionLimits::default() };
    let refused = limited(limits).start().await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::InvalidConfig);
    let rule: BanTarget = "192.0.2.7".parse().unwrap();
    let mut rules = AccessRules::default();
    rules.allow = vec![rule; 70_000];
    let refused = builder(&[]).access(rules).start().await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::InvalidConfig);
}

/// What is promised to an honest peer while strangers knock; tests allow twice as much.
const AT_ONCE: Duration = Duration::from_secs(2);
/// What a stranger gets to prove who it is; tests allow twice as much.
const IDENTIFY_WITHIN: Duration = Duration::from_secs(10);
/// Between two sockets: 256 places are taken anew within 2.5 s.
const KNOCKS: Duration = Duration::from_millis(10);
/// Between two bytes: often enough that the node is kept at it.
const DRIBBLE: Duration = Duration::from_millis(200);
