//! What the bindings of other languages stand on: queues that lose nothing however they are waited
//! for, and operations that end.

use std::time::{Duration, Instant};

use glueberry_core::embed::{Completing, EventQueue, Host, MessageQueue, Next, Notice, Yield};
use glueberry_core::{ErrorCode, EventFilter, Identity, Node, PeerId, StreamConfig};

/// How long anything that must happen may take.
const PATIENCE: Duration = Duration::from_secs(45);

fn host() -> Host {
    let builder = Node::builder(Identity::generate()).listen("/ip4/127.0.0.1/tcp/0").unwrap();
    Host::start(builder.stream("chat", StreamConfig::default()).unwrap(), Some(1)).unwrap()
}

/// Two hosts, and how the first knows the second.
fn pair() -> (Host, Host, PeerId) {
    let (near, far) = (host(), host());
    let address = far.node().listen_addresses().remove(0);
    let peer = near.wait(Some(PATIENCE), near.node().connect(&address)).unwrap();
    (near, far, peer)
}

/// One future at a time, on a runtime that is not the host's: as another language's loop.
fn foreign() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

fn number(message: &[u8]) -> u32 {
    u32::from_le_bytes(message.try_into().unwrap())
}

/// Sends so many numbered messages from a thread of its own.
fn send_numbers(from: &Host, to: PeerId, count: u32) -> std::thread::JoinHandle<()> {
    let from = from.clone();
    std::thread::spawn(move || {
        for number in 0..count {
            from.send(&to, "chat", &number.to_le_bytes(), Some(PATIENCE)).unwrap();
        }
    })
}

#[test]
fn a_storm_of_waits_that_are_given_up_loses_no_message() {
    const COUNT: u32 = 2_000;
    let (near, far, peer) = pair();
    let inbox = far.messages("chat").unwrap();
    let sender = send_numbers(&near, peer, COUNT);
    let foreign = foreign();
    let (mut next, mut given_up) = (0, 0u32);
    let deadline = Instant::now() + PATIENCE;
    while next < COUNT {
        assert!(Instant::now() < deadline, "{next} of {COUNT} came");
        // Between nothing and half a millisecond: about as long as a message takes.
        let within = Duration::from_micros(u64::from(given_up % 8) * 70);
        let waited = foreign.block_on(async { tokio::time::timeout(within, inbox.ready()).await });
        given_up += u32::from(waited.is_err());
        for message in inbox.drain(16) {
            assert_eq!(number(message.payload()), next);
            next += 1;
        }
    }
    sender.join().unwrap();
    assert!(given_up > 0, "no wait was given up: the test shows nothing");
}

#[test]
fn a_cancelled_wait_ends_also_if_the_cancel_came_first() {
    let host = host();
    let inbox = host.messages("chat").unwrap();
    inbox.cancel_ready();
    assert!(!foreign().block_on(inbox.ready()));
    assert!(!inbox.is_closed());
    let waiting = inbox.clone();
    let waiter = std::thread::spawn(move || foreign().block_on(waiting.ready()));
    // Sticky: whether the wait has begun by now does not matter.
    inbox.cancel_ready();
    assert!(!waiter.join().unwrap());
}

#[test]
fn sends_that_wait_without_a_thread_keep_their_order() {
    const COUNT: u32 = 300;
    let (near, far, peer) = pair();
    let events = near.events(EventFilter::all());
    for number in 0..COUNT {
        let on = Completing { events: &events, tag: number.into(), within: Some(PATIENCE) };
        // Three times what the stream's buffers hold: most of them wait for room.
        let message = [&number.to_le_bytes()[..], &vec![7; 20_000]].concat();
        near.send_later(on, peer, "chat", &message).unwrap();
    }
    let inbox = far.messages("chat").unwrap();
    for number in 0..COUNT {
        let Next::Item(message) = inbox.next(Some(PATIENCE)).unwrap() else {
            panic!("{number} did not come")
        };
        assert_eq!(message.payload()[..4], number.to_le_bytes());
    }
    let done = (0..COUNT).map(|_| completion(&events)).map(|(tag, outcome)| {
        assert_eq!(outcome, Ok(Yield::Nothing));
        tag
    });
    assert!(done.eq((0..COUNT).map(u64::from)));
}

#[test]
fn a_host_that_is_dropped_ends_its_queues_and_completes_its_operations() {
    let (near, far, peer) = pair();
    let (events, inbox) = (near.events(EventFilter::all()), near.messages("chat").unwrap());
    drop(far);
    let on = Completing { events: &events, tag: 7, within: None };
    // The peer is gone for good: it waits until the node ends.
    let waiting = near.operate(on, |node| async move {
        std::future::pending::<()>().await;
        node.wait_established(&peer).await.map(|()| Yield::Nothing)
    });
    drop(waiting.unwrap());
    drop(near);
    assert_eq!(completion(&events), (7, Err(ErrorCode::NodeClosed)));
    assert_eq!(closing(&inbox), Next::Closed);
    while !matches!(events.next(Some(PATIENCE)).unwrap(), Next::Closed) {}
}

#[test]
fn a_host_that_is_dropped_as_soon_as_it_was_started_ends_its_queues() {
    for _ in 0..50 {
        let host = Host::start(Node::builder(Identity::generate()), Some(1)).unwrap();
        let (events, inbox) = (host.events(EventFilter::all()), host.messages("chat").unwrap());
        drop(host);
        assert_eq!(closing(&inbox), Next::Closed);
        while !matches!(events.next(Some(PATIENCE)).unwrap(), Next::Closed) {}
    }
}

#[test]
fn an_operation_that_is_cancelled_or_late_says_so_once() {
    let host = host();
    let events = host.events(EventFilter::all());
    let never = |_: Node| std::future::pending();
    let on = Completing { events: &events, tag: 1, within: None };
    let operation = host.operate(on, never).unwrap();
    operation.cancel();
    operation.cancel();
    assert_eq!(completion(&events), (1, Err(ErrorCode::Cancelled)));
    let late = Completing { tag: 2, within: Some(Duration::from_millis(5)), ..on };
    host.operate(late, never).unwrap();
    assert_eq!(completion(&events), (2, Err(ErrorCode::TimedOut)));
    host.shutdown(Some(PATIENCE)).unwrap();
    while let Next::Item(notice) = events.next(Some(PATIENCE)).unwrap() {
        assert!(matches!(notice, Notice::Event(_)), "a second completion: {notice:?}");
    }
}

#[test]
fn operations_beyond_the_bound_of_a_node_are_refused_until_a_completion_is_taken() {
    let host = host();
    let events = host.events(EventFilter::all().kinds([]));
    let on = Completing { events: &events, tag: 1, within: None };
    let begin = || host.operate(on, |_| std::future::pending());
    let begun: Vec<_> = (0..4096).map(|_| begin().unwrap()).collect();
    assert_eq!(begin().unwrap_err().code(), ErrorCode::TooManyOperations);
    begun[0].cancel();
    // Done, but not taken: it still counts, for else unread completions would pile up without end.
    assert!(foreign().block_on(events.ready()));
    assert_eq!(begin().unwrap_err().code(), ErrorCode::TooManyOperations);
    assert_eq!(completion(&events), (1, Err(ErrorCode::Cancelled)));
    begin().unwrap();
    assert_eq!(begin().unwrap_err().code(), ErrorCode::TooManyOperations);
}

#[test]
fn bytes_in_operations_beyond_the_bound_of_a_node_are_refused() {
    let (near, _far, peer) = pair();
    let events = near.events(EventFilter::all());
    let on = Completing { events: &events, tag: 1, within: None };
    let begin = || near.send_later(on, peer, "chat", &vec![7; 1 << 20]);
    // Nobody reads: all but the few that the buffers take wait.
    let begun = (0..1_000).take_while(|_| begin().is_ok()).count();
    assert!((64..1_000).contains(&begun), "{begun} operations of 1 MiB were begun");
    assert_eq!(begin().unwrap_err().code(), ErrorCode::TooManyOperations);
}

#[test]
fn nobody_waits_inside_of_a_runtime() {
    let host = host();
    let refused = foreign().block_on(async {
        let inbox = host.messages("chat").unwrap();
        inbox.next(Some(PATIENCE)).unwrap_err()
    });
    assert_eq!(refused.code(), ErrorCode::WouldDeadlock);
}

/// The tag and the outcome of the next operation that is done.
fn completion(events: &EventQueue) -> (u64, Result<Yield, ErrorCode>) {
    loop {
        match events.next(Some(PATIENCE)).unwrap() {
            Next::Item(Notice::Done(done)) => {
                return (done.tag, done.outcome.map_err(|error| error.code()));
            }
            Next::Item(Notice::Event(_)) => {}
            end => panic!("no completion: {end:?}"),
        }
    }
}

fn closing(inbox: &MessageQueue) -> Next<()> {
    match inbox.next(Some(PATIENCE)).unwrap() {
        Next::Item(_) => Next::Item(()),
        Next::Nothing => Next::Nothing,
        Next::Closed => Next::Closed,
    }
}
