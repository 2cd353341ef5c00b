//! Whatever a caller passes: a status, never a crash.

use std::ffi::{c_char, c_void};
use std::ptr::{null, null_mut};

use super::support::{
    CHAT, CLOSED, Called, INVALID, LONG, NTS, Running, TIMEOUT, acts, bad_utf8, done, nobody,
    sized_zero,
};
use crate::*;

const REFUSED_IDENTITY: i32 = -405;
const INVALID_ADDRESS: i32 = -102;
const INVALID_PEER_ID: i32 = -103;
const INVALID_STREAM_NAME: i32 = -105;
const NOT_CONNECTED: i32 = -301;
const NODE_CLOSED: i32 = -204;

/// `fails!(called, status, function(arguments))`; with `; err` an error object has to come, too.
macro_rules! fails {
    ($called:ident, $status:expr, $name:ident($($argument:expr),* $(,)?)) => {{
        $called.note(stringify!($name));
        let status = unsafe { $name($($argument),*) };
        assert_eq!(status, $status, "{}", stringify!($name($($argument),*)));
    }};
    ($called:ident, $status:expr, $name:ident($($argument:expr),*; err)) => {{
        let mut error = null_mut();
        fails!($called, $status, $name($($argument,)* &raw mut error));
        fails!($called, $status, $name($($argument,)* null_mut()));
        assert_eq!(error.is_null(), $status >= 0, "{}", stringify!($name));
        unsafe { glueberry_error_free(error) };
    }};
}

pub(super) use fails;

#[test]
fn every_function_refuses_null_and_nonsense() {
    let (node, other) = (Running::start(), Running::start());
    let called = &mut Called::default();
    starting_and_ending(called, &node);
    what_is_known(called, &node);
    calls_about_addresses(called, &node);
    calls_about_peers(called, &node);
    calls_about_bans(called, &node);
    calls_about_messages(called, &node);
    calls_about_streams(called, &node);
    operations(called, &node, &other);
    queues_of_events(called, &node);
    queues_of_messages(called, &node);
    events(called);
    messages(called);
    frees_of_null(called);
    called.is_every_function(acts);
}

fn starting_and_ending(called: &mut Called, node: &Running) {
    let config = super::support::configuration();
    let mut started = std::ptr::dangling_mut::<glueberry_node_t>();
    fails!(called, INVALID, glueberry_node_start(null(), &raw mut started; err));
    assert!(started.is_null());
    fails!(called, INVALID, glueberry_node_start(config, null_mut(); err));
    unsafe { glueberry_config_free(config) };
    fails!(called, INVALID, glueberry_node_shutdown(null(), LONG; err));
    fails!(called, INVALID, glueberry_node_shutdown(node.node, -2; err));
}

fn what_is_known(called: &mut Called, running: &Running) {
    let (node, zero) = (running.node, nobody());
    let (mut peer, mut state) = (nobody(), 0);
    let (mut strings, mut peers, mut info) = (null_mut(), null_mut(), null_mut());
    let (mut bans, mut streams) = (null_mut(), null_mut());
    fails!(called, INVALID, glueberry_node_peer_id(null(), &raw mut peer));
    fails!(called, INVALID, glueberry_node_peer_id(node, null_mut()));
    fails!(called, INVALID, glueberry_node_listen_addresses(null(), &raw mut strings; err));
    fails!(called, INVALID, glueberry_node_listen_addresses(node, null_mut(); err));
    fails!(
        called,
        INVALID,
        glueberry_node_connection_state(null(), &raw const zero, &raw mut state)
    );
    fails!(called, INVALID, glueberry_node_connection_state(node, null(), &raw mut state));
    let own = running.id();
    fails!(called, INVALID, glueberry_node_connection_state(node, &raw const own, null_mut()));
    fails!(called, INVALID, glueberry_node_peers(null(), &raw mut peers; err));
    fails!(called, INVALID, glueberry_node_peers(node, null_mut(); err));
    fails!(called, INVALID, glueberry_node_peer(null(), &raw const own, &raw mut info; err));
    fails!(called, INVALID, glueberry_node_peer(node, null(), &raw mut info; err));
    fails!(called, INVALID, glueberry_node_peer(node, &raw const own, null_mut(); err));
    fails!(called, REFUSED_IDENTITY, glueberry_node_peer(node, &raw const zero, &raw mut info; err));
    fails!(called, 4, glueberry_node_peer(node, &raw const own, &raw mut info; err));
    fails!(called, INVALID, glueberry_node_addresses(null(), &raw const own, &raw mut strings; err));
    fails!(called, INVALID, glueberry_node_addresses(node, null(), &raw mut strings; err));
    fails!(called, INVALID, glueberry_node_addresses(node, &raw const own, null_mut(); err));
    fails!(called, INVALID, glueberry_node_bans(null(), &raw mut bans; err));
    fails!(called, INVALID, glueberry_node_bans(node, null_mut(); err));
    fails!(called, INVALID, glueberry_node_streams(null(), &raw const own, &raw mut streams; err));
    fails!(called, INVALID, glueberry_node_streams(node, null(), &raw mut streams; err));
    fails!(called, INVALID, glueberry_node_streams(node, &raw const own, null_mut(); err));
    health(called, node, &raw const own);
}

fn health(called: &mut Called, node: *const glueberry_node_t, peer: *const glueberry_peer_id_t) {
    let mut health = sized_zero::<glueberry_stream_health_t>();
    let (chat, place) = (CHAT.as_ptr(), &raw mut health);
    fails!(called, INVALID, glueberry_node_stream_health(null(), peer, chat, NTS, place; err));
    fails!(called, INVALID, glueberry_node_stream_health(node, null(), chat, NTS, place; err));
    fails!(called, INVALID, glueberry_node_stream_health(node, peer, null(), NTS, place; err));
    fails!(called, INVALID, glueberry_node_stream_health(node, peer, bad_utf8(), NTS, place; err));
    fails!(called, NOT_CONNECTED, glueberry_node_stream_health(node, peer, chat, NTS, place; err));
    fails!(called, NOT_CONNECTED, glueberry_node_stream_health(node, peer, null(), 0, place; err));
}

fn calls_about_addresses(called: &mut Called, node: &Running) {
    let node = node.node;
    let listen = c"/ip4/127.0.0.1/tcp/0".as_ptr();
    for (text, len, status) in bad_texts(INVALID_ADDRESS) {
        fails!(called, status, glueberry_node_listen(node, text, len, LONG, null_mut(); err));
        fails!(called, status, glueberry_node_connect(node, text, len, LONG, null_mut(); err));
    }
    fails!(called, INVALID, glueberry_node_listen(null(), listen, NTS, LONG, null_mut(); err));
    fails!(called, INVALID, glueberry_node_listen(node, listen, NTS, -2, null_mut(); err));
    fails!(called, INVALID, glueberry_node_connect(null(), listen, NTS, LONG, null_mut(); err));
    fails!(called, INVALID, glueberry_node_connect(node, listen, NTS, i64::MIN, null_mut(); err));
    fails!(called, INVALID_ADDRESS, glueberry_node_connect(node, listen, NTS, LONG, null_mut(); err));
}

/// NULL, half of it, what is not UTF-8, and what is empty; each with its status.
fn bad_texts(empty: i32) -> [(*const c_char, usize, i32); 5] {
    [
        (null(), NTS, INVALID),
        (null(), 5, INVALID),
        (bad_utf8(), NTS, INVALID),
        (bad_utf8(), 2, INVALID),
        (null(), 0, empty),
    ]
}

macro_rules! peer_calls {
    ($called:ident, $running:ident, $($name:ident)+) => {$(
        let (node, peer, zero) = ($running.node, $running.id(), nobody());
        fails!($called, INVALID, $name(null(), &raw const peer, LONG; err));
        fails!($called, INVALID, $name(node, null(), LONG; err));
        fails!($called, INVALID, $name(node, &raw const peer, -2; err));
        fails!($called, REFUSED_IDENTITY, $name(node, &raw const zero, LONG; err));
    )+};
}

fn calls_about_peers(called: &mut Called, running: &Running) {
    peer_calls!(called, running,
        glueberry_node_wait_established glueberry_node_disconnect glueberry_node_remove_peer
        glueberry_node_cancel_reconnection glueberry_node_finalize_handshake);
    let node = running.node;
    fails!(called, INVALID, glueberry_node_dial_known_peers(null(), LONG; err));
    fails!(called, INVALID, glueberry_node_dial_known_peers(node, -2; err));
    let mut peer = sized_zero::<glueberry_new_peer_t>();
    fails!(called, INVALID, glueberry_node_add_peer(null(), &raw const peer, LONG, null_mut(); err));
    fails!(called, INVALID, glueberry_node_add_peer(node, null(), LONG, null_mut(); err));
    fails!(called, INVALID, glueberry_node_add_peer(node, &raw const peer, -2, null_mut(); err));
    peer.address_count = 1;
    fails!(called, INVALID, glueberry_node_add_peer(node, &raw const peer, LONG, null_mut(); err));
    peer.size = 3;
    fails!(called, INVALID, glueberry_node_add_peer(node, &raw const peer, LONG, null_mut(); err));
}

fn calls_about_bans(called: &mut Called, node: &Running) {
    let (node, target) = (node.node, c"192.0.2.7".as_ptr());
    for (text, len, status) in bad_texts(INVALID_PEER_ID) {
        fails!(called, status, glueberry_node_ban(node, text, len, -1, LONG; err));
        fails!(called, status, glueberry_node_unban(node, text, len, LONG, null_mut(); err));
    }
    fails!(called, INVALID, glueberry_node_ban(null(), target, NTS, -1, LONG; err));
    fails!(called, INVALID, glueberry_node_ban(node, target, NTS, -2, LONG; err));
    fails!(called, INVALID, glueberry_node_ban(node, target, NTS, -1, -2; err));
    fails!(called, INVALID, glueberry_node_unban(null(), target, NTS, LONG, null_mut(); err));
    fails!(called, INVALID, glueberry_node_unban(node, target, NTS, -2, null_mut(); err));
}

fn calls_about_messages(called: &mut Called, running: &Running) {
    let (node, peer, chat) = (running.node, running.id(), CHAT.as_ptr());
    let (peer, data) = (&raw const peer, b"hi".as_ptr());
    for (text, len, status) in bad_texts(NOT_CONNECTED) {
        fails!(called, status, glueberry_node_send(node, peer, text, len, data, 2, LONG; err));
        fails!(called, status, glueberry_node_try_send(node, peer, text, len, data, 2; err));
        fails!(called, status, glueberry_node_flush(node, peer, text, len, LONG; err));
    }
    fails!(called, INVALID, glueberry_node_send(null(), peer, chat, NTS, data, 2, LONG; err));
    fails!(called, INVALID, glueberry_node_send(node, null(), chat, NTS, data, 2, LONG; err));
    fails!(called, INVALID, glueberry_node_send(node, peer, chat, NTS, null(), 2, LONG; err));
    fails!(called, INVALID, glueberry_node_send(node, peer, chat, NTS, data, NTS, LONG; err));
    fails!(called, INVALID, glueberry_node_send(node, peer, chat, NTS, data, 2, -2; err));
    fails!(called, NOT_CONNECTED, glueberry_node_send(node, peer, chat, NTS, null(), 0, LONG; err));
    fails!(called, INVALID, glueberry_node_try_send(null(), peer, chat, NTS, data, 2; err));
    fails!(called, INVALID, glueberry_node_try_send(node, null(), chat, NTS, data, 2; err));
    fails!(called, INVALID, glueberry_node_try_send(node, peer, chat, NTS, null(), 2; err));
    fails!(called, NOT_CONNECTED, glueberry_node_try_send(node, peer, chat, NTS, null(), 0; err));
    fails!(called, INVALID, glueberry_node_flush(null(), peer, chat, NTS, LONG; err));
    fails!(called, INVALID, glueberry_node_flush(node, null(), chat, NTS, LONG; err));
    fails!(called, INVALID, glueberry_node_flush(node, peer, chat, NTS, -2; err));
}

macro_rules! stream_calls {
    ($called:ident, $running:ident, $($name:ident)+) => {$(
        let (node, peer) = ($running.node, $running.id());
        let (peer, good, bad) = (&raw const peer, [CHAT.as_ptr()], [CHAT.as_ptr(), null()]);
        let unreadable = [bad_utf8()];
        fails!($called, INVALID, $name(null(), peer, good.as_ptr(), 1, LONG; err));
        fails!($called, INVALID, $name(node, null(), good.as_ptr(), 1, LONG; err));
        fails!($called, INVALID, $name(node, peer, null(), 1, LONG; err));
        fails!($called, INVALID, $name(node, peer, bad.as_ptr(), 2, LONG; err));
        fails!($called, INVALID, $name(node, peer, unreadable.as_ptr(), 1, LONG; err));
        fails!($called, INVALID, $name(node, peer, good.as_ptr(), usize::MAX, LONG; err));
        fails!($called, INVALID, $name(node, peer, good.as_ptr(), 1, -2; err));
        fails!($called, NOT_CONNECTED, $name(node, peer, null(), 0, LONG; err));
    )+};
}

fn calls_about_streams(called: &mut Called, running: &Running) {
    stream_calls!(called, running,
        glueberry_node_prepare_streams glueberry_node_complete_handshake);
}

/// `begins!(called, a, b, function(node, arguments))`: what every `_start` function refuses, at a
/// node `a` that has a queue, beside another node `b`.
macro_rules! begins {
    ($called:ident, $a:ident, $b:ident, $($name:ident($($argument:expr),*))+) => {$(
        let (node, own, theirs) = ($a.node, $a.events, $b.events);
        let mut op = std::ptr::dangling_mut::<glueberry_op_t>();
        fails!($called, INVALID, $name(null() $(, $argument)*, own, 1, &raw mut op; err));
        assert!(op.is_null());
        fails!($called, INVALID, $name(node $(, $argument)*, null(), 1, &raw mut op; err));
        fails!($called, INVALID, $name(node $(, $argument)*, theirs, 1, &raw mut op; err));
    )+};
}

fn operations(called: &mut Called, a: &Running, b: &Running) {
    let peer = a.id();
    let (peer, chat, streams) = (&raw const peer, CHAT.as_ptr(), [CHAT.as_ptr()]);
    let (listen, target) = (c"/ip4/127.0.0.1/tcp/0".as_ptr(), c"192.0.2.7".as_ptr());
    let to = b.address();
    begins!(called, a, b,
        glueberry_node_shutdown_start()
        glueberry_node_listen_start(listen, NTS, LONG)
        glueberry_node_connect_start(to.as_ptr(), NTS, LONG)
        glueberry_node_wait_established_start(peer, LONG)
        glueberry_node_disconnect_start(peer, LONG)
        glueberry_node_cancel_reconnection_start(peer, LONG)
        glueberry_node_dial_known_peers_start(LONG)
        glueberry_node_remove_peer_start(peer, LONG)
        glueberry_node_ban_start(target, NTS, -1, LONG)
        glueberry_node_unban_start(target, NTS, LONG)
        glueberry_node_send_start(peer, chat, NTS, b"hi".as_ptr(), 2, LONG)
        glueberry_node_flush_start(peer, chat, NTS, LONG)
        glueberry_node_prepare_streams_start(peer, streams.as_ptr(), 1, LONG)
        glueberry_node_finalize_handshake_start(peer, LONG)
        glueberry_node_complete_handshake_start(peer, streams.as_ptr(), 1, LONG)
    );
    begins_with_bad_arguments(called, a);
    fails!(called, INVALID, glueberry_op_cancel(null()));
}

macro_rules! peer_begins {
    ($called:ident, $running:ident, $($name:ident)+) => {$(
        let (node, events, peer) = ($running.node, $running.events, $running.id());
        fails!($called, INVALID, $name(node, null(), LONG, events, 1, null_mut(); err));
        fails!($called, INVALID, $name(node, &raw const peer, -2, events, 1, null_mut(); err));
    )+};
}

/// What cannot be parsed never begins: no completion comes for it.
fn begins_with_bad_arguments(called: &mut Called, running: &Running) {
    peer_begins!(called, running,
        glueberry_node_wait_established_start glueberry_node_disconnect_start
        glueberry_node_cancel_reconnection_start glueberry_node_remove_peer_start
        glueberry_node_finalize_handshake_start);
    let (node, events, op) = (running.node, running.events, null_mut());
    for (text, len, status) in bad_texts(INVALID_ADDRESS) {
        fails!(called, status, glueberry_node_listen_start(node, text, len, LONG, events, 1, op; err));
        fails!(called, status, glueberry_node_connect_start(node, text, len, LONG, events, 1, op; err));
    }
    for (text, len, status) in bad_texts(INVALID_PEER_ID) {
        fails!(called, status, glueberry_node_ban_start(node, text, len, -1, LONG, events, 1, op; err));
        fails!(called, status, glueberry_node_unban_start(node, text, len, LONG, events, 1, op; err));
    }
    let target = c"192.0.2.7".as_ptr();
    fails!(called, INVALID, glueberry_node_ban_start(node, target, NTS, -2, LONG, events, 1, op; err));
    fails!(called, INVALID, glueberry_node_dial_known_peers_start(node, -2, events, 1, op; err));
    fails!(called, INVALID, glueberry_node_add_peer_start(node, null(), LONG, events, 1, op; err));
    let empty = sized_zero::<glueberry_new_peer_t>();
    let empty = &raw const empty;
    fails!(called, INVALID, glueberry_node_add_peer_start(node, empty, LONG, events, 1, op; err));
    let (peer, chat) = (running.id(), CHAT.as_ptr());
    let peer = &raw const peer;
    fails!(called, INVALID,
        glueberry_node_send_start(node, null(), chat, NTS, null(), 0, LONG, events, 1, op; err));
    fails!(called, INVALID,
        glueberry_node_send_start(node, peer, bad_utf8(), NTS, null(), 0, LONG, events, 1, op; err));
    fails!(called, INVALID,
        glueberry_node_send_start(node, peer, chat, NTS, null(), 1, LONG, events, 1, op; err));
    fails!(called, INVALID,
        glueberry_node_flush_start(node, peer, bad_utf8(), NTS, LONG, events, 1, op; err));
    fails!(called, INVALID,
        glueberry_node_prepare_streams_start(node, peer, null(), 1, LONG, events, 1, op; err));
    fails!(called, INVALID,
        glueberry_node_complete_handshake_start(node, peer, null(), 1, LONG, events, 1, op; err));
    let mut event = null_mut();
    let next = unsafe { glueberry_events_next(events, 0, &raw mut event) };
    assert_eq!(next, TIMEOUT, "nothing came of it");
}

fn queues_of_events(called: &mut Called, running: &Running) {
    let (node, mut events) = (running.node, null_mut());
    let (place, queue) = (&raw mut events, running.events);
    fails!(called, INVALID, glueberry_node_events(null(), null(), place; err));
    fails!(called, INVALID, glueberry_node_events(node, null(), null_mut(); err));
    for filter in bad_filters() {
        fails!(called, INVALID, glueberry_node_events(node, &raw const filter, place; err));
    }
    let (mut event, mut count, mut fd) = (null_mut(), 7, 7);
    fails!(called, INVALID, glueberry_events_next(null(), 0, &raw mut event));
    fails!(called, INVALID, glueberry_events_next(queue, 0, null_mut()));
    fails!(called, INVALID, glueberry_events_next(queue, -2, &raw mut event));
    fails!(called, INVALID, glueberry_events_drain(null(), 1, &raw mut event, &raw mut count));
    assert_eq!(count, 0);
    fails!(called, INVALID, glueberry_events_drain(queue, 1, null_mut(), &raw mut count));
    fails!(called, INVALID, glueberry_events_drain(queue, 0, &raw mut event, &raw mut count));
    fails!(called, INVALID, glueberry_events_drain(queue, 1, &raw mut event, null_mut()));
    fails!(called, INVALID, glueberry_events_fd(null(), &raw mut fd; err));
    assert_eq!(fd, -1);
    fails!(called, INVALID, glueberry_events_fd(queue, null_mut(); err));
    let mut callback = sized_zero::<glueberry_event_callback_t>();
    callback.destroy = Some(never_destroyed);
    fails!(called, INVALID, glueberry_events_set_callback(null(), &raw const callback; err));
    fails!(called, INVALID, glueberry_events_set_callback(queue, null(); err));
    fails!(called, INVALID, glueberry_events_set_callback(queue, &raw const callback; err));
    callback.size = 4;
    fails!(called, INVALID, glueberry_events_set_callback(queue, &raw const callback; err));
    fails!(called, INVALID, glueberry_events_clear_callback(null()));
    fails!(called, INVALID, glueberry_events_close(null()));
}

fn bad_filters() -> [glueberry_event_filter_t; 5] {
    const STRANGE: [i32; 2] = [2, 17];
    static NOBODY: [glueberry_peer_id_t; 1] = [glueberry_peer_id_t { key: [0; 32] }];
    let good = sized_zero::<glueberry_event_filter_t>();
    [
        glueberry_event_filter_t { size: 0, ..good },
        glueberry_event_filter_t { size: 100_000, ..good },
        glueberry_event_filter_t { kinds: STRANGE.as_ptr(), kind_count: 2, ..good },
        glueberry_event_filter_t { kind_count: 1, ..good },
        glueberry_event_filter_t { peers: NOBODY.as_ptr(), peer_count: usize::MAX, ..good },
    ]
}

unsafe extern "C" fn never_destroyed(_: *mut c_void) {
    // A panic here ends the test program, as it should.
    panic!("destroyed, though never registered");
}

fn queues_of_messages(called: &mut Called, running: &Running) {
    let (node, mut messages) = (running.node, null_mut());
    let place = &raw mut messages;
    for (text, len, status) in bad_texts(INVALID_STREAM_NAME) {
        fails!(called, status, glueberry_node_messages(node, text, len, place; err));
    }
    fails!(called, INVALID, glueberry_node_messages(null(), CHAT.as_ptr(), NTS, place; err));
    fails!(called, INVALID, glueberry_node_messages(node, CHAT.as_ptr(), NTS, null_mut(); err));
    fails!(called, INVALID, glueberry_node_all_messages(null(), place; err));
    fails!(called, INVALID, glueberry_node_all_messages(node, null_mut(); err));
    let queue = running.messages();
    let (mut message, mut count, mut fd) = (null_mut(), 7, 7);
    fails!(called, INVALID, glueberry_messages_next(null(), 0, &raw mut message));
    fails!(called, INVALID, glueberry_messages_next(queue, 0, null_mut()));
    fails!(called, INVALID, glueberry_messages_next(queue, -2, &raw mut message));
    fails!(called, INVALID, glueberry_messages_drain(null(), 1, &raw mut message, &raw mut count));
    assert_eq!(count, 0);
    fails!(called, INVALID, glueberry_messages_drain(queue, 1, null_mut(), &raw mut count));
    fails!(called, INVALID, glueberry_messages_drain(queue, 1, &raw mut message, null_mut()));
    fails!(called, INVALID, glueberry_messages_fd(null(), &raw mut fd; err));
    fails!(called, INVALID, glueberry_messages_fd(queue, null_mut(); err));
    let callback = sized_zero::<glueberry_message_callback_t>();
    fails!(called, INVALID, glueberry_messages_set_callback(null(), &raw const callback; err));
    fails!(called, INVALID, glueberry_messages_set_callback(queue, null(); err));
    fails!(called, INVALID, glueberry_messages_set_callback(queue, &raw const callback; err));
    fails!(called, INVALID, glueberry_messages_clear_callback(null()));
    fails!(called, INVALID, glueberry_messages_close(null()));
    unsafe { glueberry_messages_free(queue) };
}

fn events(called: &mut Called) {
    let running = Running::start();
    let (node, queue) = (running.node, running.events);
    let begin = unsafe {
        glueberry_node_dial_known_peers_start(node, LONG, queue, 1, null_mut(), null_mut())
    };
    done(begin);
    let mut event = null_mut();
    done(unsafe { glueberry_events_next(queue, LONG, &raw mut event) });
    let mut view = sized_zero::<glueberry_event_view_t>();
    fails!(called, INVALID, glueberry_event_read(null(), &raw mut view));
    fails!(called, INVALID, glueberry_event_read(event, null_mut()));
    view.size = 3;
    fails!(called, INVALID, glueberry_event_read(event, &raw mut view));
    let mut unwritten = sized_zero::<glueberry_unwritten_t>();
    fails!(called, INVALID, glueberry_event_unwritten(null(), 0, &raw mut unwritten));
    fails!(called, 4, glueberry_event_unwritten(event, 0, &raw mut unwritten));
    let mut copy = std::ptr::dangling_mut();
    fails!(called, INVALID, glueberry_event_clone(null(), &raw mut copy));
    assert!(copy.is_null());
    fails!(called, INVALID, glueberry_event_clone(event, null_mut()));
    called.note("glueberry_event_address");
    assert!(unsafe { glueberry_event_address(null(), 0) }.is_null());
    assert!(unsafe { glueberry_event_address(event, usize::MAX) }.is_null());
    unsafe { glueberry_event_free(event) };
}

fn messages(called: &mut Called) {
    let (mut data, mut len, mut peer) = (null(), 0, nobody());
    let mut copy = std::ptr::dangling_mut();
    fails!(called, INVALID, glueberry_message_data(null(), &raw mut data, &raw mut len));
    fails!(called, INVALID, glueberry_message_peer(null(), &raw mut peer));
    fails!(called, INVALID, glueberry_message_clone(null(), &raw mut copy));
    assert!(copy.is_null());
    called.note("glueberry_message_stream");
    assert!(unsafe { glueberry_message_stream(null()) }.is_null());
}

fn frees_of_null(called: &mut Called) {
    fails!(called, (), glueberry_node_free(null_mut()));
    fails!(called, (), glueberry_op_free(null_mut()));
    fails!(called, (), glueberry_events_free(null_mut()));
    fails!(called, (), glueberry_event_free(null_mut()));
    fails!(called, (), glueberry_messages_free(null_mut()));
    fails!(called, (), glueberry_message_free(null_mut()));
}

#[test]
fn a_node_that_was_shut_down_refuses_work_and_answers_questions() {
    let running = Running::start();
    let (node, peer) = (running.node, running.id());
    running.shut_down();
    running.shut_down();
    let called = &mut Called::default();
    let (peer, chat, streams) = (&raw const peer, CHAT.as_ptr(), [CHAT.as_ptr()]);
    let (listen, target) = (c"/ip4/127.0.0.1/tcp/0".as_ptr(), c"192.0.2.7".as_ptr());
    fails!(called, NODE_CLOSED, glueberry_node_listen(node, listen, NTS, LONG, null_mut(); err));
    fails!(called, NODE_CLOSED, glueberry_node_wait_established(node, peer, LONG; err));
    fails!(called, NODE_CLOSED, glueberry_node_disconnect(node, peer, LONG; err));
    fails!(called, NODE_CLOSED, glueberry_node_cancel_reconnection(node, peer, LONG; err));
    fails!(called, NODE_CLOSED, glueberry_node_dial_known_peers(node, LONG; err));
    fails!(called, NODE_CLOSED, glueberry_node_remove_peer(node, peer, LONG; err));
    fails!(called, NODE_CLOSED, glueberry_node_ban(node, target, NTS, -1, LONG; err));
    fails!(called, NODE_CLOSED, glueberry_node_unban(node, target, NTS, LONG, null_mut(); err));
    fails!(called, NODE_CLOSED, glueberry_node_send(node, peer, chat, NTS, null(), 0, LONG; err));
    fails!(called, NODE_CLOSED, glueberry_node_try_send(node, peer, chat, NTS, null(), 0; err));
    fails!(called, NODE_CLOSED, glueberry_node_flush(node, peer, chat, NTS, LONG; err));
    fails!(called, NOT_CONNECTED,
        glueberry_node_prepare_streams(node, peer, streams.as_ptr(), 1, LONG; err));
    let (mut strings, mut state) = (null_mut(), 9);
    fails!(called, 0, glueberry_node_listen_addresses(node, &raw mut strings, null_mut()));
    assert_eq!(unsafe { glueberry_strings_count(strings) }, 0);
    unsafe { glueberry_strings_free(strings) };
    fails!(called, 0, glueberry_node_connection_state(node, peer, &raw mut state));
    assert_eq!(state, 0);
}

#[test]
fn a_closed_queue_refuses_nothing_and_gives_nothing() {
    let running = Running::start();
    let (events, messages) = (running.events, running.messages());
    unsafe {
        let (mut event, mut message, mut count) = (null_mut(), null_mut(), 7);
        for _ in 0..2 {
            done(glueberry_events_close(events));
            done(glueberry_messages_close(messages));
        }
        assert_eq!(glueberry_events_next(events, LONG, &raw mut event), CLOSED);
        assert_eq!(glueberry_events_drain(events, 1, &raw mut event, &raw mut count), CLOSED);
        assert_eq!(glueberry_messages_next(messages, LONG, &raw mut message), CLOSED);
        assert_eq!(glueberry_messages_drain(messages, 1, &raw mut message, &raw mut count), CLOSED);
        assert_eq!(count, 0);
        done(glueberry_events_clear_callback(events));
        done(glueberry_messages_clear_callback(messages));
        glueberry_messages_free(messages);
    }
}
