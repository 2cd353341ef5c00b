//! Peers that a node knows: added, removed, kept for ever, found again after a restart.

use std::time::SystemTime;

use glueberry_core::EventName::{PeerDisconnected, PeerEstablished, PeerReconnecting};
use glueberry_core::{
    BanTarget, Builder, Direction, DisconnectReason, ErrorCode, EventFilter, Identity, NewPeer,
    Node, ReconnectPolicy, State,
};
use glueberry_tests::node::{TCP, address, builder, builder_of, impatient, listening, place, send};
use glueberry_tests::wait::{PATIENCE, disconnected, established, message, saw, until, within};
use tempfile::TempDir;

fn with_book(identity: &Identity, folder: &TempDir) -> Builder {
    let builder = builder_of(identity.clone(), &["chat"]).reconnect(impatient());
    builder.address_book(folder.path().join("peers.json"))
}

async fn shut_down(node: Node) {
    within("the shutdown", node.shutdown()).await;
}

#[tokio::test]
async fn who_hears_of_a_session_finds_when_it_began() {
    let b = listening(builder(&["chat"]), TCP).await;
    let a = builder(&["chat"]).start().await.unwrap();
    let before = SystemTime::now();
    let peer = a.connect(address(&b)).timeout(PATIENCE).await.unwrap();
    let seen = a.peer(&peer).and_then(|known| known.last_seen);
    assert!(seen.is_some_and(|at| at >= before), "{seen:?}");
}

#[tokio::test]
async fn a_node_that_restarts_finds_its_peers_again_by_its_address_book() {
    let (folder, own) = (tempfile::tempdir().unwrap(), Identity::generate());
    let b = listening(builder(&["chat"]), TCP).await;
    let a = with_book(&own, &folder).start().await.unwrap();
    a.connect(address(&b)).timeout(PATIENCE).await.unwrap();
    let saved = async || a.peer(&b.peer_id()).filter(|peer| peer.last_seen.is_some());
    let known = until("the entry", saved).await;
    assert_eq!(known.addresses, [address(&b)]);
    shut_down(a).await;

    let a = with_book(&own, &folder).start().await.unwrap();
    established(&a, b.peer_id()).await;
    let mut to_b = b.messages("chat").unwrap();
    send(&a, b.peer_id(), "chat", b"I am back").await;
    assert_eq!(message(&mut to_b, "after our restart").await.peer(), own.peer_id());
    shut_down(a).await;

    let quiet = with_book(&own, &folder).auto_connect(false).start().await.unwrap();
    assert_eq!(quiet.connection_state(&b.peer_id()), State::Disconnected);
    quiet.connect(b.peer_id()).timeout(PATIENCE).await.expect("its address is known");
}

#[tokio::test]
async fn a_persistent_peer_is_dialed_before_it_is_there_and_whatever_the_limit_is() {
    let identity = Identity::generate();
    let b = listening(builder_of(identity.clone(), &["chat"]), TCP).await;
    let (there, at) = (address(&b), place(&address(&b)));
    shut_down(b).await;
    let limited = ReconnectPolicy { max_attempts: 1, ..impatient() };
    let a = builder(&["chat"]).reconnect(limited).start().await.unwrap();
    let mut events = a.events(EventFilter::peer(identity.peer_id()));
    let peer = a.add_peer(NewPeer::at(there).unwrap().persistent()).await.unwrap();
    for _ in 0..4 {
        saw(&mut events, PeerReconnecting).await;
    }
    let b = listening(builder_of(identity, &["chat"]), &at).await;
    saw(&mut events, PeerEstablished).await;
    let info = a.peer(&peer).unwrap();
    assert!(info.persistent && info.direction == Some(Direction::Outbound), "{info:?}");
    assert_eq!(info.connections, 1);
    drop(b);
    saw(&mut events, PeerReconnecting).await;
}

#[tokio::test]
async fn what_was_added_is_known_with_its_metadata_until_it_is_removed() {
    let (folder, own) = (tempfile::tempdir().unwrap(), Identity::generate());
    let b = listening(builder(&["chat"]), TCP).await;
    let a = with_book(&own, &folder).auto_connect(false).start().await.unwrap();
    let new = NewPeer::at(address(&b)).unwrap().or_at("/ip4/192.0.2.7/tcp/9").unwrap();
    let peer = a.add_peer(new.metadata("name", "the neighbour")).await.unwrap();
    shut_down(a).await;

    let a = with_book(&own, &folder).auto_connect(false).start().await.unwrap();
    let info = a.peer(&peer).unwrap();
    assert_eq!(info.metadata["name"], "the neighbour");
    assert_eq!((info.state, info.addresses.len()), (State::Disconnected, 2));
    assert_eq!(a.addresses(&peer)[0], address(&b));
    a.connect(peer).timeout(PATIENCE).await.unwrap();
    let mut events = a.events(EventFilter::peer(peer));
    within("the removal", a.remove_peer(&peer)).await.unwrap();
    assert_eq!(disconnected(&mut events).await, DisconnectReason::Requested);
    assert_eq!((a.peer(&peer), a.peers()), (None, vec![]));
    let unknown = a.connect(peer).await.unwrap_err();
    assert_eq!(unknown.code(), ErrorCode::UnknownPeer);
    shut_down(a).await;
    let a = with_book(&own, &folder).start().await.unwrap();
    assert_eq!(a.peers(), vec![]);
}

#[tokio::test]
async fn a_peer_that_only_dialed_us_is_not_kept() {
    let (folder, own) = (tempfile::tempdir().unwrap(), Identity::generate());
    let a = listening(with_book(&own, &folder), TCP).await;
    let b = builder(&["chat"]).start().await.unwrap();
    b.connect(address(&a)).timeout(PATIENCE).await.unwrap();
    established(&a, b.peer_id()).await;
    let info = a.peer(&b.peer_id()).unwrap();
    assert_eq!((info.direction, info.last_seen), (Some(Direction::Inbound), None));
    shut_down(a).await;
    let a = with_book(&own, &folder).start().await.unwrap();
    assert_eq!(a.peers(), vec![]);
}

#[tokio::test]
async fn a_banned_peer_is_dropped_and_kept_out_until_the_ban_is_lifted() {
    let (folder, own) = (tempfile::tempdir().unwrap(), Identity::generate());
    let a = listening(with_book(&own, &folder), TCP).await;
    let b = listening(builder(&["chat"]).reconnect(impatient()), TCP).await;
    a.connect(address(&b)).timeout(PATIENCE).await.unwrap();
    let mut events = a.events(EventFilter::peer(b.peer_id()));
    within("the ban", a.ban(b.peer_id(), None)).await.unwrap();
    assert_eq!(disconnected(&mut events).await, DisconnectReason::Banned);
    assert_eq!(a.connection_state(&b.peer_id()), State::Disconnected);
    let refused = a.connect(address(&b)).timeout(PATIENCE).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::Banned, "{refused}");
    let refused = a.add_peer(NewPeer::at(address(&b)).unwrap()).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::Banned);
    let to_a = address(&a);
    assert!(b.connect(&to_a).timeout(PATIENCE).await.is_err(), "not from there either");
    shut_down(a).await;

    // It is remembered, and not dialed.
    let a = listening(with_book(&own, &folder), TCP).await;
    assert_eq!(a.bans().len(), 1);
    assert_eq!(a.connection_state(&b.peer_id()), State::Disconnected);
    assert!(b.connect(address(&a)).timeout(PATIENCE).await.is_err());
    assert!(a.unban(b.peer_id()).await.unwrap());
    assert!(!a.unban(b.peer_id()).await.unwrap(), "there is none any more");
    b.connect(address(&a)).timeout(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn a_banned_address_keeps_out_everybody_there() {
    let a = listening(builder(&["chat"]), TCP).await;
    let b = builder(&["chat"]).start().await.unwrap();
    b.connect(address(&a)).timeout(PATIENCE).await.unwrap();
    established(&a, b.peer_id()).await;
    let mut events = a.events(EventFilter::all().kinds([PeerDisconnected]));
    let here: BanTarget = "127.0.0.0/8".parse().unwrap();
    within("the ban", a.ban(here, None)).await.unwrap();
    assert_eq!(disconnected(&mut events).await, DisconnectReason::Banned);
    let c = builder(&["chat"]).start().await.unwrap();
    assert!(c.connect(address(&a)).timeout(PATIENCE).await.is_err());
    assert!(a.unban(here).await.unwrap());
    c.connect(address(&a)).timeout(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn an_address_book_in_use_is_refused() {
    let (folder, own) = (tempfile::tempdir().unwrap(), Identity::generate());
    let first = with_book(&own, &folder).start().await.unwrap();
    let second = with_book(&Identity::generate(), &folder).start().await.unwrap_err();
    assert_eq!(second.code(), ErrorCode::AddressBookLocked, "{second}");
    shut_down(first).await;
    with_book(&own, &folder).start().await.expect("it was let go");
}

#[tokio::test]
async fn one_port_is_listened_at_over_both_families() {
    let v6 = Node::builder(Identity::generate()).listen("/ip6/::1/tcp/0").unwrap().start().await;
    let Ok(v6) = v6 else { return println!("no IPv6 on this machine: nothing to listen at") };
    let at = place(&address(&v6)).replace("/ip6/::1", "/ip4/127.0.0.1");
    v6.listen(&at).timeout(PATIENCE).await.expect("the other family's port is another one");
    let taken = v6.listen(&at).timeout(PATIENCE).await.unwrap_err();
    assert_eq!(taken.code(), ErrorCode::AddressInUse);
}

#[tokio::test]
async fn a_start_that_fails_lets_the_address_book_go() {
    let (folder, own) = (tempfile::tempdir().unwrap(), Identity::generate());
    let other = listening(builder(&[]), TCP).await;
    let taken = place(&address(&other));
    let failed = with_book(&own, &folder).listen(taken).unwrap().start().await.unwrap_err();
    assert_eq!(failed.code(), ErrorCode::AddressInUse);
    with_book(&own, &folder).start().await.expect("nothing of it is left");
}

#[tokio::test]
async fn an_address_that_is_added_later_is_tried_too() {
    let identity = Identity::generate();
    let b = listening(builder_of(identity.clone(), &["chat"]), TCP).await;
    let a = builder(&["chat"]).reconnect(impatient()).start().await.unwrap();
    let peer = a.connect(address(&b)).timeout(PATIENCE).await.unwrap();
    let mut events = a.events(EventFilter::peer(peer));
    shut_down(b).await;
    saw(&mut events, PeerReconnecting).await;
    // It has moved.
    let b = listening(builder_of(identity, &["chat"]), TCP).await;
    a.add_peer(NewPeer::at(address(&b)).unwrap()).await.unwrap();
    a.wait_established(&peer).timeout(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn a_persistent_peer_is_taken_up_again_when_its_ban_is_lifted() {
    let b = listening(builder(&["chat"]), TCP).await;
    let a = builder(&["chat"]).reconnect(impatient()).start().await.unwrap();
    let mut events = a.events(EventFilter::peer(b.peer_id()));
    let peer = a.add_peer(NewPeer::at(address(&b)).unwrap().persistent()).await.unwrap();
    saw(&mut events, PeerEstablished).await;
    within("the ban", a.ban(peer, None)).await.unwrap();
    assert_eq!(disconnected(&mut events).await, DisconnectReason::Banned);
    assert!(a.unban(peer).await.unwrap());
    saw(&mut events, PeerEstablished).await;
}

#[tokio::test]
async fn this_node_itself_is_no_peer() {
    let a = listening(builder(&["chat"]), TCP).await;
    let refused = a.add_peer(NewPeer::at(address(&a)).unwrap().persistent()).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::DialedSelf);
}
