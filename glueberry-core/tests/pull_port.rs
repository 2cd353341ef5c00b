//! What languages with futures of their own stand on: calls that are awaited anywhere and cancelled by
//! dropping them, sends in the order of their calls, and messages by the batch.

use std::time::{Duration, Instant};

use futures::executor::block_on;
use glueberry_core::embed::{Host, MessageQueue, Running};
use glueberry_core::{ErrorCode, EventFilter, Identity, Node, PeerId, StreamConfig};

/// How long anything that must happen may take.
const PATIENCE: Duration = Duration::from_secs(45);
const LARGE: usize = 1 << 20;
/// So many large messages: the buffers of both ends and of the system between them hold some 20 MiB.
const MORE_THAN_FITS: usize = 45;

fn host() -> Host {
    host_on(1)
}

fn host_on(workers: usize) -> Host {
    let mut builder = Node::builder(Identity::generate()).listen("/ip4/127.0.0.1/tcp/0").unwrap();
    for stream in ["chat", "notes"] {
        builder = builder.stream(stream, StreamConfig::default()).unwrap();
    }
    block_on(Host::begin(builder, Some(workers)).unwrap()).unwrap()
}

/// Two hosts, and how the first knows the second.
fn pair() -> (Host, Host, PeerId) {
    let (near, far) = (host(), host());
    let address = far.node().listen_addresses().remove(0);
    let connecting = near.run(|node| async move { node.connect(&address).await }).unwrap();
    let peer = block_on(connecting).unwrap();
    (near, far, peer)
}

/// Sends more than the path to a peer that does not read can hold, and gives what waits.
fn fill(host: &Host, peer: PeerId) -> Vec<Running<()>> {
    let message = vec![0; LARGE];
    let sent = (0..MORE_THAN_FITS).map(|_| host.send_soon(peer, "chat", &message).unwrap());
    let waiting: Vec<_> = sent.flatten().collect();
    assert!(!waiting.is_empty(), "everything found room");
    waiting
}

/// Reads so many messages, and gives each one's first byte and length.
fn read(inbox: &MessageQueue, count: usize) -> Vec<(u8, usize)> {
    let mut found = Vec::new();
    while found.len() < count {
        assert!(block_on(inbox.ready()), "the queue has ended after {}", found.len());
        for (_, payload) in inbox.drain_batch(16, LARGE).messages {
            found.push((payload.first().copied().unwrap_or_default(), payload.len()));
        }
    }
    found
}

#[test]
fn a_send_that_waited_goes_out_when_there_is_room_and_later_ones_stay_behind_it() {
    let (near, far, peer) = pair();
    let mut waiting = fill(&near, peer);
    waiting.extend((1..=9).map(|number| near.send_soon(peer, "chat", &[number]).unwrap().unwrap()));
    let inbox = far.messages("chat").unwrap();
    let found = read(&inbox, MORE_THAN_FITS + 9);
    assert_eq!(found[..MORE_THAN_FITS], [(0, LARGE); MORE_THAN_FITS]);
    assert_eq!(found[MORE_THAN_FITS..], (1..=9).map(|number| (number, 1)).collect::<Vec<_>>());
    for sent in waiting {
        block_on(sent).unwrap();
    }
    // Nobody waits any more: the short way again.
    assert!(near.send_soon(peer, "chat", b"free").unwrap().is_none());
}

#[test]
fn a_send_that_is_given_up_while_it_waits_sends_nothing() {
    let (near, far, peer) = pair();
    let waiting = fill(&near, peer);
    let given_up = near.send_soon(peer, "chat", b"given up").unwrap().unwrap();
    let last = near.send_soon(peer, "chat", b"last").unwrap().unwrap();
    drop(given_up);
    let inbox = far.messages("chat").unwrap();
    let found = read(&inbox, MORE_THAN_FITS + 1);
    assert_eq!(found.last(), Some(&(b'l', 4)));
    for sent in waiting.into_iter().chain([last]) {
        block_on(sent).unwrap();
    }
}

#[test]
fn a_stream_whose_sends_wait_does_not_hold_up_another() {
    let (near, far, peer) = pair();
    let _waiting = fill(&near, peer);
    assert!(near.send_soon(peer, "notes", b"past it").unwrap().is_none());
    let inbox = far.messages("notes").unwrap();
    assert_eq!(read(&inbox, 1), [(b'p', 7)]);
}

#[test]
fn sends_that_wait_are_bounded_in_bytes() {
    let (near, _far, peer) = pair();
    let mut waiting = fill(&near, peer);
    let message = vec![0; LARGE];
    let send = || near.send_soon(peer, "chat", &message);
    // 64 MiB may wait.
    let refused = (0..=64).find_map(|_| send().map(|sent| waiting.extend(sent)).err());
    assert_eq!(refused.unwrap().code(), ErrorCode::TooManyOperations);
    drop(waiting);
    let deadline = Instant::now() + PATIENCE;
    while send().is_err() {
        assert!(Instant::now() < deadline, "the places are never given back");
        std::thread::yield_now();
    }
}

#[test]
fn calls_reach_the_node_in_the_order_they_are_made() {
    let host = host_on(4);
    // It takes connections and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let peer = Identity::generate().peer_id();
    for _ in 0..100 {
        let address = format!("/ip4/127.0.0.1/tcp/{port}/p2p/{peer}");
        let connecting = host.run(|node| async move { node.connect(address.as_str()).await });
        let ending = host.run(move |node| async move { node.disconnect(&peer).await });
        block_on(ending.unwrap()).unwrap();
        let outcome = block_on(connecting.unwrap());
        assert_eq!(outcome.unwrap_err().code(), ErrorCode::Cancelled);
    }
}

#[test]
fn a_call_that_is_dropped_ends() {
    let host = host();
    let (held, let_go) = futures::channel::oneshot::channel::<()>();
    let call = host.run(|_| async move {
        let _held = held;
        std::future::pending::<Result<(), _>>().await
    });
    drop(call.unwrap());
    block_on(let_go).expect_err("what the call held is dropped");
}

#[test]
fn a_start_that_is_dropped_frees_its_port() {
    let first = host();
    let address = first.node().listen_addresses().remove(0).to_string();
    let (place, _) = address.split_once("/p2p/").unwrap();
    let closing = first.close();
    block_on(closing).unwrap();
    let builder = || Node::builder(Identity::generate()).listen(place).unwrap();
    drop(Host::begin(builder(), Some(1)).unwrap());
    let deadline = Instant::now() + PATIENCE;
    loop {
        match block_on(Host::begin(builder(), Some(1)).unwrap()) {
            Ok(_) => break,
            Err(error) => assert_eq!(error.code(), ErrorCode::AddressInUse),
        }
        assert!(Instant::now() < deadline, "the port stays taken");
    }
}

#[test]
fn calls_of_a_node_that_is_gone_say_so() {
    let host = host();
    let call = host.run(|_| std::future::pending::<Result<(), _>>()).unwrap();
    drop(host);
    assert_eq!(block_on(call).unwrap_err().code(), ErrorCode::NodeClosed);
}

#[test]
fn a_call_that_panics_fails_with_that() {
    let host = host();
    let call = host.run(|_| async { if true { panic!("on purpose") } else { Ok(()) } }).unwrap();
    assert_eq!(block_on(call).unwrap_err().code(), ErrorCode::Panicked);
    assert!(block_on(host.close()).is_ok());
}

#[test]
fn a_close_that_is_not_awaited_comes_to_its_end() {
    let host = host();
    let events = host.events(EventFilter::all());
    drop(host.close());
    while block_on(events.ready()) {
        drop(events.drain(16));
    }
    assert!(events.is_closed());
}

#[test]
fn a_batch_tells_each_origin_once_and_stops_at_its_bounds() {
    let (near, far, peer) = pair();
    let inbox = far.all_messages().unwrap();
    for stream in ["chat", "notes", "chat"] {
        assert!(near.send_soon(peer, stream, &[7; 100]).unwrap().is_none());
        block_on(near.run(move |node| async move { node.flush(&peer, stream).await }).unwrap())
            .unwrap();
    }
    let mut sizes = Vec::new();
    let mut names = Vec::new();
    while names.len() < 3 {
        assert!(block_on(inbox.ready()));
        assert!(inbox.drain_batch(0, 1000).messages.is_empty());
        let batch = inbox.drain_batch(2, 1000);
        assert!(batch.messages.len() <= 2 && batch.origins.len() <= batch.messages.len());
        sizes.push(batch.messages.len());
        for (origin, payload) in batch.messages {
            let (from, stream) = &batch.origins[origin as usize];
            assert_eq!((*from, payload.len()), (near.node().peer_id(), 100));
            names.push(stream.to_string());
        }
    }
    names.sort_unstable();
    assert_eq!(names, ["chat", "chat", "notes"]);
    // By bytes: the second would begin beyond them.
    for _ in 0..2 {
        assert!(near.send_soon(peer, "chat", &[7; 100]).unwrap().is_none());
    }
    let mut left = 2;
    while left > 0 {
        assert!(block_on(inbox.ready()));
        let batch = inbox.drain_batch(16, 1);
        assert_eq!(batch.messages.len(), 1);
        left -= 1;
    }
}
