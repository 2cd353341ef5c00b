//! A fault inside: every function survives it, and the node is not used any more.

use std::ptr::{null, null_mut};

use super::support::{
    CHAT, CLOSED, Called, INVALID, LONG, NTS, PANIC, Running, Silence, acts, bad_utf8, done, nobody,
};
use crate::guard::forced;
use crate::*;

/// Each function panics, and of those of a node the next call is refused, too.
macro_rules! panics {
    ($called:ident, $running:ident, $($name:ident($($argument:expr),*))+) => {$(
        $called.note(stringify!($name));
        forced::ask();
        let status = unsafe { $name($running.node $(, $argument)*) };
        assert_eq!(status, PANIC, stringify!($name));
        let status = unsafe { $name($running.node $(, $argument)*) };
        assert_eq!(status, PANIC, "{} after a fault", stringify!($name));
        unsafe { (*$running.node).standing.forgive() };
    )+};
}

#[test]
fn every_function_survives_a_fault() {
    let running = Running::start();
    let called = &mut Called::default();
    node_calls(called, &running);
    starts(called, &running);
    children(called, &running);
    items(called);
    called.is_every_function(acts);
}

fn node_calls(called: &mut Called, running: &Running) {
    let mut node = std::ptr::dangling_mut::<glueberry_node_t>();
    called.note("glueberry_node_start");
    forced::ask();
    let status = unsafe { glueberry_node_start(null(), &raw mut node, null_mut()) };
    assert_eq!(status, PANIC);
    assert!(node.is_null());
    let (p, text, err) = (null::<glueberry_peer_id_t>(), bad_utf8(), null_mut());
    panics!(called, running,
        glueberry_node_shutdown(LONG, err)
        glueberry_node_peer_id(null_mut())
        glueberry_node_listen_addresses(null_mut(), err)
        glueberry_node_connection_state(p, null_mut())
        glueberry_node_peers(null_mut(), err)
        glueberry_node_peer(p, null_mut(), err)
        glueberry_node_addresses(p, null_mut(), err)
        glueberry_node_bans(null_mut(), err)
        glueberry_node_stream_health(p, text, NTS, null_mut(), err)
        glueberry_node_streams(p, null_mut(), err)
        glueberry_node_listen(text, NTS, LONG, null_mut(), err)
        glueberry_node_connect(text, NTS, LONG, null_mut(), err)
        glueberry_node_wait_established(p, LONG, err)
        glueberry_node_disconnect(p, LONG, err)
        glueberry_node_cancel_reconnection(p, LONG, err)
        glueberry_node_dial_known_peers(LONG, err)
        glueberry_node_add_peer(null(), LONG, null_mut(), err)
        glueberry_node_remove_peer(p, LONG, err)
        glueberry_node_ban(text, NTS, -1, LONG, err)
        glueberry_node_unban(text, NTS, LONG, null_mut(), err)
        glueberry_node_send(p, text, NTS, null(), 0, LONG, err)
        glueberry_node_try_send(p, text, NTS, null(), 0, err)
        glueberry_node_flush(p, text, NTS, LONG, err)
        glueberry_node_prepare_streams(p, null(), 0, LONG, err)
        glueberry_node_finalize_handshake(p, LONG, err)
        glueberry_node_complete_handshake(p, null(), 0, LONG, err)
        glueberry_node_events(null(), null_mut(), err)
        glueberry_node_messages(text, NTS, null_mut(), err)
        glueberry_node_all_messages(null_mut(), err)
    );
}

fn starts(called: &mut Called, running: &Running) {
    let (p, text, err, events, op) =
        (null::<glueberry_peer_id_t>(), bad_utf8(), null_mut(), running.events, null_mut());
    panics!(called, running,
        glueberry_node_shutdown_start(events, 1, op, err)
        glueberry_node_listen_start(text, NTS, LONG, events, 1, op, err)
        glueberry_node_connect_start(text, NTS, LONG, events, 1, op, err)
        glueberry_node_wait_established_start(p, LONG, events, 1, op, err)
        glueberry_node_disconnect_start(p, LONG, events, 1, op, err)
        glueberry_node_cancel_reconnection_start(p, LONG, events, 1, op, err)
        glueberry_node_dial_known_peers_start(LONG, events, 1, op, err)
        glueberry_node_add_peer_start(null(), LONG, events, 1, op, err)
        glueberry_node_remove_peer_start(p, LONG, events, 1, op, err)
        glueberry_node_ban_start(text, NTS, -1, LONG, events, 1, op, err)
        glueberry_node_unban_start(text, NTS, LONG, events, 1, op, err)
        glueberry_node_send_start(p, text, NTS, null(), 0, LONG, events, 1, op, err)
        glueberry_node_flush_start(p, text, NTS, LONG, events, 1, op, err)
        glueberry_node_prepare_streams_start(p, null(), 0, LONG, events, 1, op, err)
        glueberry_node_finalize_handshake_start(p, LONG, events, 1, op, err)
        glueberry_node_complete_handshake_start(p, null(), 0, LONG, events, 1, op, err)
    );
}

/// A queue or an operation marks its node, and can itself be used further.
macro_rules! child_panics {
    ($called:ident, $running:ident, $($name:ident($($argument:expr),*))+) => {$(
        $called.note(stringify!($name));
        forced::ask();
        assert_eq!(unsafe { $name($($argument),*) }, PANIC, stringify!($name));
        let mut peer = nobody();
        let status = unsafe { glueberry_node_peer_id($running.node, &raw mut peer) };
        assert_eq!(status, PANIC, "{} marks its node", stringify!($name));
        unsafe { (*$running.node).standing.forgive() };
    )+};
}

fn children(called: &mut Called, running: &Running) {
    let (queue, inbox) = (running.events, running.messages());
    let op = running.begin_connecting(&Silence::listen().address, LONG, 1);
    let (mut event, mut message, mut count) = (null_mut(), null_mut(), 0);
    child_panics!(called, running,
        glueberry_op_cancel(op)
        glueberry_events_next(queue, 0, &raw mut event)
        glueberry_events_drain(queue, 1, &raw mut event, &raw mut count)
        glueberry_events_fd(queue, null_mut(), null_mut())
        glueberry_events_set_callback(queue, null(), null_mut())
        glueberry_events_clear_callback(queue)
        glueberry_events_close(queue)
        glueberry_messages_next(inbox, 0, &raw mut message)
        glueberry_messages_drain(inbox, 1, &raw mut message, &raw mut count)
        glueberry_messages_fd(inbox, null_mut(), null_mut())
        glueberry_messages_set_callback(inbox, null(), null_mut())
        glueberry_messages_clear_callback(inbox)
        glueberry_messages_close(inbox)
    );
    unsafe {
        glueberry_op_free(op);
        glueberry_messages_free(inbox);
    }
}

macro_rules! item_panics {
    ($called:ident, $otherwise:expr, $($name:ident($($argument:expr),*))+) => {$(
        $called.note(stringify!($name));
        forced::ask();
        assert_eq!(unsafe { $name($($argument),*) }, $otherwise, stringify!($name));
    )+};
}

fn items(called: &mut Called) {
    item_panics!(called, PANIC,
        glueberry_event_read(null(), null_mut())
        glueberry_event_unwritten(null(), 0, null_mut())
        glueberry_event_clone(null(), null_mut())
        glueberry_message_data(null(), null_mut(), null_mut())
        glueberry_message_peer(null(), null_mut())
        glueberry_message_clone(null(), null_mut())
    );
    item_panics!(called, null(),
        glueberry_event_address(null(), 0)
        glueberry_message_stream(null())
    );
    // Of NULL, because what a fault keeps from being freed is lost.
    item_panics!(called, (),
        glueberry_node_free(null_mut())
        glueberry_op_free(null_mut())
        glueberry_events_free(null_mut())
        glueberry_event_free(null_mut())
        glueberry_messages_free(null_mut())
        glueberry_message_free(null_mut())
    );
}

#[test]
fn a_fault_is_told_in_words_and_ends_the_trust_in_its_node_only() {
    let (failed, sound) = (Running::start(), Running::start());
    let mut error = null_mut();
    forced::ask();
    let status = unsafe { glueberry_node_dial_known_peers(failed.node, LONG, &raw mut error) };
    assert_eq!(status, PANIC);
    assert!(!error.is_null());
    unsafe { glueberry_error_free(error) };
    done(unsafe { glueberry_node_dial_known_peers(sound.node, LONG, null_mut()) });
    // What the node has told already can still be read, and it can be freed.
    let mut event = null_mut();
    done(unsafe { glueberry_events_close(failed.events) });
    assert_eq!(unsafe { glueberry_events_next(failed.events, LONG, &raw mut event) }, CLOSED);
}

#[test]
fn a_wrong_argument_is_no_fault_of_the_node() {
    let running = Running::start();
    let chat = CHAT.as_ptr();
    let status =
        unsafe { glueberry_node_try_send(running.node, null(), chat, NTS, null(), 0, null_mut()) };
    assert_eq!(status, INVALID);
    done(unsafe { glueberry_node_dial_known_peers(running.node, LONG, null_mut()) });
}
