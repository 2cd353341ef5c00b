//! Every operation ends with exactly one completion, whatever happens.

use std::ffi::CStr;
use std::ptr::null_mut;

use super::support::{
    CHAT, Completion, LONG, NTS, Running, Silence, completions, done, next_completion, read,
    receive, sized_zero,
};
use crate::*;

const CANCELLED: i32 = -307;
const TIMED_OUT: i32 = -306;
const NODE_CLOSED: i32 = -204;
const NOT_CONNECTED: i32 = -301;
const WRONG_STATE: i32 = -203;

#[test]
fn a_conversation_works_without_one_blocking_call() {
    let (a, b) = (Running::start(), Running::start());
    let (inbox, to) = (b.messages(), b.address());
    let op = a.begin_connecting(&to, LONG, 7);
    assert_eq!(next_completion(a.events), Some(succeeded(7)));
    let (peer, chat) = (b.id(), CHAT.as_ptr());
    let peer = &raw const peer;
    let (events, err) = (a.events, null_mut());
    unsafe {
        glueberry_op_free(op);
        for number in 0..50_u8 {
            let (data, tag) = ([number], u64::from(number));
            let data = data.as_ptr();
            done(glueberry_node_send_start(
                a.node,
                peer,
                chat,
                NTS,
                data,
                1,
                LONG,
                events,
                tag,
                null_mut(),
                err,
            ));
        }
        done(glueberry_node_flush_start(
            a.node,
            peer,
            chat,
            NTS,
            LONG,
            events,
            50,
            null_mut(),
            err,
        ));
    }
    let mut tags: Vec<u64> = (0..=50).filter_map(|_| ok_tag(&a)).collect();
    tags.sort_unstable();
    assert_eq!(tags, (0..=50).collect::<Vec<u64>>());
    let received: Vec<u8> = (0..50).flat_map(|_| receive(inbox)).collect();
    assert_eq!(received, (0..50).collect::<Vec<u8>>(), "sent in the order of the calls");
    unsafe { glueberry_messages_free(inbox) };
}

fn succeeded(tag: u64) -> Completion {
    Completion { tag, status: 0, has_error: false }
}

fn ok_tag(running: &Running) -> Option<u64> {
    let completion = next_completion(running.events)?;
    assert_eq!(completion.status, 0, "{completion:?}");
    Some(completion.tag)
}

#[test]
fn each_operation_completes_once_with_its_tag_and_its_status() {
    let (a, b) = (Running::start(), Running::start());
    let (peer, chat, streams) = (b.id(), CHAT.as_ptr(), [CHAT.as_ptr()]);
    let (node, events, op, err) = (a.node, a.events, null_mut(), null_mut());
    let (peer, streams) = (&raw const peer, streams.as_ptr());
    let (address, target) = (b.address(), c"192.0.2.7".as_ptr());
    let addresses = [address.as_ptr()];
    let mut new_peer = sized_zero::<glueberry_new_peer_t>();
    (new_peer.addresses, new_peer.address_count) = (addresses.as_ptr(), 1);
    let (new_peer, n) = (&raw const new_peer, LONG);
    unsafe {
        done(glueberry_node_wait_established_start(node, peer, n, events, 1, op, err));
        done(glueberry_node_disconnect_start(node, peer, n, events, 2, op, err));
        done(glueberry_node_cancel_reconnection_start(node, peer, n, events, 3, op, err));
        done(glueberry_node_dial_known_peers_start(node, n, events, 4, op, err));
        done(glueberry_node_ban_start(node, target, NTS, 60_000, n, events, 5, op, err));
        done(glueberry_node_flush_start(node, peer, chat, NTS, n, events, 6, op, err));
        done(glueberry_node_send_start(
            node,
            peer,
            chat,
            NTS,
            chat.cast(),
            4,
            n,
            events,
            7,
            op,
            err,
        ));
        done(glueberry_node_prepare_streams_start(node, peer, streams, 1, n, events, 8, op, err));
        done(glueberry_node_finalize_handshake_start(node, peer, n, events, 9, op, err));
        done(glueberry_node_complete_handshake_start(
            node, peer, streams, 1, n, events, 10, op, err,
        ));
        done(glueberry_node_add_peer_start(node, new_peer, n, events, 11, op, err));
        done(glueberry_node_remove_peer_start(node, peer, n, events, 12, op, err));
    }
    let mut all: Vec<_> = (1..=12).filter_map(|_| next_completion(events)).collect();
    all.sort_unstable_by_key(|completion| completion.tag);
    let statuses = [
        NOT_CONNECTED,
        0,
        0,
        0,
        0,
        NOT_CONNECTED,
        NOT_CONNECTED,
        NOT_CONNECTED,
        WRONG_STATE,
        NOT_CONNECTED,
        0,
        0,
    ];
    let expected = (1..).zip(statuses).map(|(tag, status)| of(tag, status));
    assert_eq!(all, expected.collect::<Vec<_>>());
    done(unsafe { glueberry_node_shutdown_start(node, events, 13, op, err) });
    assert_eq!(completions(events), [succeeded(13)]);
}

fn of(tag: u64, status: i32) -> Completion {
    Completion { tag, status, has_error: status != 0 }
}

#[test]
fn a_completion_tells_what_the_call_gave() {
    let (a, b) = (Running::start(), Running::start());
    let (node, events, err) = (a.node, a.events, null_mut());
    let (target, listen) = (c"192.0.2.7".as_ptr(), c"/ip4/127.0.0.1/tcp/0".as_ptr());
    unsafe {
        done(glueberry_node_ban(node, target, NTS, -1, LONG, err));
        done(glueberry_node_unban_start(node, target, NTS, LONG, events, 1, null_mut(), err));
    }
    look_at_completion(&a, |_, view| assert_eq!((view.tag, view.flag), (1, 1)));
    unsafe {
        done(glueberry_node_listen_start(node, listen, NTS, LONG, events, 2, null_mut(), err));
    }
    look_at_completion(&a, |event, view| {
        assert_eq!((view.tag, view.address_count), (2, 1));
        let address = unsafe { CStr::from_ptr(glueberry_event_address(event, 0)) };
        assert!(address.to_str().unwrap().starts_with("/ip4/127.0.0.1/tcp/"));
        assert!(unsafe { glueberry_event_address(event, 1) }.is_null());
    });
    unsafe { glueberry_op_free(a.begin_connecting(&b.address(), LONG, 3)) };
    look_at_completion(&a, |event, view| {
        assert_eq!((view.tag, view.has_peer, view.peer.key), (3, 1, b.id().key));
        let mut copy = null_mut();
        unsafe {
            done(glueberry_event_clone(event, &raw mut copy));
            assert_eq!(read(copy).peer.key, b.id().key);
            glueberry_event_free(copy);
        }
    });
}

fn look_at_completion(
    running: &Running,
    look: impl FnOnce(*const glueberry_event_t, &glueberry_event_view_t),
) {
    let mut event = null_mut();
    let view = loop {
        done(unsafe { glueberry_events_next(running.events, LONG, &raw mut event) });
        let view = read(event);
        if view.kind == GLUEBERRY_EVENT_OP_DONE {
            break view;
        }
        unsafe { glueberry_event_free(event) };
    };
    look(event, &view);
    unsafe { glueberry_event_free(event) };
}

#[test]
fn a_cancelled_operation_completes_once() {
    let (a, silence) = (Running::start(), Silence::listen());
    let op = a.begin_connecting(&silence.address, -1, 1);
    unsafe {
        done(glueberry_op_cancel(op));
        done(glueberry_op_cancel(op));
    }
    assert_eq!(next_completion(a.events), Some(of(1, CANCELLED)));
    done(unsafe { glueberry_op_cancel(op) });
    unsafe { glueberry_op_free(op) };
    a.shut_down();
    assert_eq!(completions(a.events), []);
}

#[test]
fn cancelling_against_the_completion_gives_one_of_both() {
    let a = Running::start();
    for tag in 0..200 {
        let mut op = null_mut();
        let (node, place, err) = (a.node, &raw mut op, null_mut());
        unsafe {
            done(glueberry_node_dial_known_peers_start(node, LONG, a.events, tag, place, err));
            done(glueberry_op_cancel(op));
            glueberry_op_free(op);
        }
    }
    a.shut_down();
    let all = completions(a.events);
    assert!(all.iter().all(|one| one.status == 0 || one.status == CANCELLED), "{all:?}");
    let mut tags: Vec<u64> = all.iter().map(|one| one.tag).collect();
    tags.sort_unstable();
    assert_eq!(tags, (0..200).collect::<Vec<u64>>());
}

#[test]
fn an_operation_whose_time_is_over_completes_once() {
    let (a, silence) = (Running::start(), Silence::listen());
    let op = a.begin_connecting(&silence.address, 1, 1);
    assert_eq!(next_completion(a.events), Some(of(1, TIMED_OUT)));
    unsafe { glueberry_op_free(op) };
    a.shut_down();
    assert_eq!(completions(a.events), []);
}

#[test]
fn a_shutdown_completes_what_is_outstanding_and_then_the_queue_ends() {
    let (a, silence) = (Running::start(), Silence::listen());
    for tag in 0..8 {
        unsafe { glueberry_op_free(a.begin_connecting(&silence.address, -1, tag)) };
    }
    a.shut_down();
    all_ended(&completions(a.events), 8);
}

#[test]
fn a_free_completes_what_is_outstanding_and_then_the_queue_ends() {
    let (mut a, silence) = (Running::start(), Silence::listen());
    for tag in 0..8 {
        unsafe { glueberry_op_free(a.begin_connecting(&silence.address, -1, tag)) };
    }
    a.free_node();
    all_ended(&completions(a.events), 8);
}

/// Each of them once, and none as a success.
fn all_ended(all: &[Completion], count: u64) {
    let mut tags: Vec<u64> = all.iter().map(|one| one.tag).collect();
    tags.sort_unstable();
    assert_eq!(tags, (0..count).collect::<Vec<u64>>());
    let ended = |one: &Completion| matches!(one.status, NODE_CLOSED | CANCELLED) && one.has_error;
    assert!(all.iter().all(ended), "{all:?}");
}

#[test]
fn an_operation_on_a_node_that_was_shut_down_does_not_hang() {
    let a = Running::start();
    a.shut_down();
    let (node, events, op, err) = (a.node, a.events, null_mut(), null_mut());
    match unsafe { glueberry_node_dial_known_peers_start(node, LONG, events, 1, op, err) } {
        0 => assert_eq!(completions(events), [of(1, NODE_CLOSED)]),
        NODE_CLOSED => assert_eq!(completions(events), []),
        other => panic!("neither begun nor refused: {other}"),
    }
}

#[test]
fn an_operation_may_be_used_after_its_node() {
    let (mut a, silence) = (Running::start(), Silence::listen());
    let op = a.begin_connecting(&silence.address, -1, 0);
    a.free_node();
    unsafe {
        done(glueberry_op_cancel(op));
        glueberry_op_free(op);
    }
    all_ended(&completions(a.events), 1);
}

#[test]
fn a_node_has_a_bound_for_operations_and_completes_all_below_it() {
    // Each peer has its own, lower bound for those that wait for it: 1,024.
    let (a, silences) = (Running::start(), [(); 8].map(|()| Silence::listen()));
    let (events, mut peers) = (a.events, silences.iter().cycle());
    let mut begin = |tag| unsafe {
        let (op, err) = (null_mut(), null_mut());
        let to = peers.next().unwrap().address.as_ptr();
        glueberry_node_connect_start(a.node, to, NTS, -1, events, tag, op, err)
    };
    // Some may be done before the bound is reached: what it counts is those that are not.
    let mut statuses = (0..100_000).map(|tag| (tag, begin(tag)));
    let refused = statuses.find(|(_, status)| *status != 0);
    let (begun, status) = refused.expect("there is a bound");
    assert_eq!(status, TOO_MANY_OPERATIONS);
    assert!(begun >= 4_096, "only {begun} were begun");
    a.shut_down();
    let mut tags: Vec<u64> = completions(events).iter().map(|one| one.tag).collect();
    tags.sort_unstable();
    assert_eq!(tags, (0..begun).collect::<Vec<u64>>());
}

const TOO_MANY_OPERATIONS: i32 = -509;
