//! Operations: the calls of a node that wait, begun without waiting. Each ends with exactly one
//! `OP_DONE`.

use std::ffi::c_char;

use glueberry_core::Result;
use glueberry_core::embed::{Completing, Host, Operation};

use crate::arguments::{GLUEBERRY_FOREVER, bytes, reference, text, timeout};
use crate::error::glueberry_error_t;
use crate::events::glueberry_events_t;
use crate::guard::release;
use crate::node::{Child, Standing, child_entry, glueberry_node_t, node_entry, peer_in};
use crate::outputs::{Slot, give, take};
use crate::peer_id::glueberry_peer_id_t;
use crate::peers::glueberry_new_peer_t;
use crate::status::GLUEBERRY_OK;
use crate::work::{
    AddBan, AddPeer, CancelReconnection, CompleteHandshake, Connect, DialKnownPeers, Disconnect,
    FinalizeHandshake, Flush, Listen, PrepareStreams, RemovePeer, Unban, WaitEstablished, Work,
};

/// An operation that goes on, or is done. Any thread, concurrently, but for its `_free`.
#[allow(non_camel_case_types)]
pub struct glueberry_op_t {
    operation: Operation,
    standing: Standing,
}

impl Child for glueberry_op_t {
    fn standing(&self) -> &Standing {
        &self.standing
    }
}

/// Begins to do what `glueberry_node_shutdown` does without a deadline. It never waits.
///
/// - `node` `[in]`
/// - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
/// - `tag`: comes back in it.
/// - `op` `[out, owned]`: for cancelling; may be NULL.
/// - `err` `[out, owned]`: of what cannot begin; may be NULL.
///
/// Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
/// the `OP_DONE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_shutdown_start(
    node: *const glueberry_node_t,
    events: *const glueberry_events_t,
    tag: u64,
    op: *mut *mut glueberry_op_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { beginning(node, GLUEBERRY_FOREVER, events, tag, op, err, Host::shutdown_later) }
}

/// Begins to do what `glueberry_node_listen` does. It never waits. Its `OP_DONE` tells the
/// addresses (`glueberry_event_address`).
///
/// - `node` `[in]`
/// - `address` `[in]`: such as `/ip4/0.0.0.0/tcp/9000`, of `len` bytes or `GLUEBERRY_NTS`. Port 0 is any free
///   one.
/// - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
/// - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
/// - `tag`: comes back in it.
/// - `op` `[out, owned]`: for cancelling; may be NULL.
/// - `err` `[out, owned]`: of what cannot begin; may be NULL.
///
/// Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
/// the `OP_DONE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_listen_start(
    node: *const glueberry_node_t,
    address: *const c_char,
    len: usize,
    timeout_ms: i64,
    events: *const glueberry_events_t,
    tag: u64,
    op: *mut *mut glueberry_op_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { starting(node, timeout_ms, events, tag, op, err, || Listen::parse(address, len)) }
}

/// Begins to do what `glueberry_node_connect` does. It never waits. Its `OP_DONE` tells the peer.
///
/// - `node` `[in]`
/// - `address` `[in]`: such as `/ip4/192.0.2.7/tcp/9000/p2p/12D3KooW…`, or `/p2p/12D3KooW…` alone for
///   a peer that is known; of `len` bytes or `GLUEBERRY_NTS`.
/// - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
/// - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
/// - `tag`: comes back in it.
/// - `op` `[out, owned]`: for cancelling; may be NULL.
/// - `err` `[out, owned]`: of what cannot begin; may be NULL.
///
/// Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
/// the `OP_DONE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_connect_start(
    node: *const glueberry_node_t,
    address: *const c_char,
    len: usize,
    timeout_ms: i64,
    events: *const glueberry_events_t,
    tag: u64,
    op: *mut *mut glueberry_op_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { starting(node, timeout_ms, events, tag, op, err, || Connect::parse(address, len)) }
}

/// Begins to do what `glueberry_node_wait_established` does. It never waits.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
/// - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
/// - `tag`: comes back in it.
/// - `op` `[out, owned]`: for cancelling; may be NULL.
/// - `err` `[out, owned]`: of what cannot begin; may be NULL.
///
/// Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
/// the `OP_DONE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_wait_established_start(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    timeout_ms: i64,
    events: *const glueberry_events_t,
    tag: u64,
    op: *mut *mut glueberry_op_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { starting(node, timeout_ms, events, tag, op, err, || WaitEstablished::parse(peer)) }
}

/// Begins to do what `glueberry_node_disconnect` does. It never waits.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
/// - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
/// - `tag`: comes back in it.
/// - `op` `[out, owned]`: for cancelling; may be NULL.
/// - `err` `[out, owned]`: of what cannot begin; may be NULL.
///
/// Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
/// the `OP_DONE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_disconnect_start(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    timeout_ms: i64,
    events: *const glueberry_events_t,
    tag: u64,
    op: *mut *mut glueberry_op_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { starting(node, timeout_ms, events, tag, op, err, || Disconnect::parse(peer)) }
}

/// Begins to do what `glueberry_node_cancel_reconnection` does. It never waits.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
/// - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
/// - `tag`: comes back in it.
/// - `op` `[out, owned]`: for cancelling; may be NULL.
/// - `err` `[out, owned]`: of what cannot begin; may be NULL.
///
/// Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
/// the `OP_DONE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_cancel_reconnection_start(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    timeout_ms: i64,
    events: *const glueberry_events_t,
    tag: u64,
    op: *mut *mut glueberry_op_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { starting(node, timeout_ms, events, tag, op, err, || CancelReconnection::parse(peer)) }
}

/// Begins to do what `glueberry_node_dial_known_peers` does. It never waits.
///
/// - `node` `[in]`
/// - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
/// - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
/// - `tag`: comes back in it.
/// - `op` `[out, owned]`: for cancelling; may be NULL.
/// - `err` `[out, owned]`: of what cannot begin; may be NULL.
///
/// Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
/// the `OP_DONE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_dial_known_peers_start(
    node: *const glueberry_node_t,
    timeout_ms: i64,
    events: *const glueberry_events_t,
    tag: u64,
    op: *mut *mut glueberry_op_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { starting(node, timeout_ms, events, tag, op, err, || Ok(DialKnownPeers {})) }
}

/// Begins to do what `glueberry_node_add_peer` does. It never waits. Its `OP_DONE` tells the peer.
///
/// - `node` `[in]`
/// - `new_peer` `[in]`: set its `size` before.
/// - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
/// - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
/// - `tag`: comes back in it.
/// - `op` `[out, owned]`: for cancelling; may be NULL.
/// - `err` `[out, owned]`: of what cannot begin; may be NULL.
///
/// Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
/// the `OP_DONE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_add_peer_start(
    node: *const glueberry_node_t,
    new_peer: *const glueberry_new_peer_t,
    timeout_ms: i64,
    events: *const glueberry_events_t,
    tag: u64,
    op: *mut *mut glueberry_op_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { starting(node, timeout_ms, events, tag, op, err, || AddPeer::parse(new_peer)) }
}

/// Begins to do what `glueberry_node_remove_peer` does. It never waits.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
/// - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
/// - `tag`: comes back in it.
/// - `op` `[out, owned]`: for cancelling; may be NULL.
/// - `err` `[out, owned]`: of what cannot begin; may be NULL.
///
/// Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
/// the `OP_DONE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_remove_peer_start(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    timeout_ms: i64,
    events: *const glueberry_events_t,
    tag: u64,
    op: *mut *mut glueberry_op_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { starting(node, timeout_ms, events, tag, op, err, || RemovePeer::parse(peer)) }
}

/// Begins to do what `glueberry_node_ban` does. It never waits.
///
/// - `node` `[in]`
/// - `target` `[in]`: a peer id, an IP address or a range such as `192.0.2.0/24`, of `len` bytes or
///   `GLUEBERRY_NTS`.
/// - `duration_ms`: milliseconds; -1 is for ever.
/// - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
/// - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
/// - `tag`: comes back in it.
/// - `op` `[out, owned]`: for cancelling; may be NULL.
/// - `err` `[out, owned]`: of what cannot begin; may be NULL.
///
/// Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
/// the `OP_DONE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_ban_start(
    node: *const glueberry_node_t,
    target: *const c_char,
    len: usize,
    duration_ms: i64,
    timeout_ms: i64,
    events: *const glueberry_events_t,
    tag: u64,
    op: *mut *mut glueberry_op_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        starting(node, timeout_ms, events, tag, op, err, || AddBan::parse(target, len, duration_ms))
    }
}

/// Begins to do what `glueberry_node_unban` does. It never waits. The `flag` of its `OP_DONE` says
/// whether there was a ban of exactly this target.
///
/// - `node` `[in]`
/// - `target` `[in]`: a peer id, an IP address or a range such as `192.0.2.0/24`, of `len` bytes or
///   `GLUEBERRY_NTS`.
/// - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
/// - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
/// - `tag`: comes back in it.
/// - `op` `[out, owned]`: for cancelling; may be NULL.
/// - `err` `[out, owned]`: of what cannot begin; may be NULL.
///
/// Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
/// the `OP_DONE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_unban_start(
    node: *const glueberry_node_t,
    target: *const c_char,
    len: usize,
    timeout_ms: i64,
    events: *const glueberry_events_t,
    tag: u64,
    op: *mut *mut glueberry_op_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { starting(node, timeout_ms, events, tag, op, err, || Unban::parse(target, len)) }
}

/// Begins to do what `glueberry_node_send` does, in the order of these calls. It never waits.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `stream` `[in]`: its name, of `stream_len` bytes or `GLUEBERRY_NTS`.
/// - `data` `[in]`: the message, of `len` bytes; (NULL, 0) is an empty one. It is copied.
/// - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
/// - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
/// - `tag`: comes back in it.
/// - `op` `[out, owned]`: for cancelling; may be NULL.
/// - `err` `[out, owned]`: of what cannot begin; may be NULL.
///
/// Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
/// the `OP_DONE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_send_start(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    stream: *const c_char,
    stream_len: usize,
    data: *const u8,
    len: usize,
    timeout_ms: i64,
    events: *const glueberry_events_t,
    tag: u64,
    op: *mut *mut glueberry_op_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        beginning(node, timeout_ms, events, tag, op, err, |host, on| {
            let (peer, stream) = (peer_in(peer)?, text(stream, stream_len, "stream")?);
            host.send_later(on, peer, stream, bytes(data, len, "data")?)
        })
    }
}

/// Begins to do what `glueberry_node_flush` does. It never waits.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `stream` `[in]`: its name, of `stream_len` bytes or `GLUEBERRY_NTS`.
/// - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
/// - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
/// - `tag`: comes back in it.
/// - `op` `[out, owned]`: for cancelling; may be NULL.
/// - `err` `[out, owned]`: of what cannot begin; may be NULL.
///
/// Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
/// the `OP_DONE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_flush_start(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    stream: *const c_char,
    stream_len: usize,
    timeout_ms: i64,
    events: *const glueberry_events_t,
    tag: u64,
    op: *mut *mut glueberry_op_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        starting(node, timeout_ms, events, tag, op, err, || Flush::parse(peer, stream, stream_len))
    }
}

/// Begins to do what `glueberry_node_prepare_streams` does. It never waits.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `streams` `[in]`: `stream_count` names that end with NUL.
/// - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
/// - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
/// - `tag`: comes back in it.
/// - `op` `[out, owned]`: for cancelling; may be NULL.
/// - `err` `[out, owned]`: of what cannot begin; may be NULL.
///
/// Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
/// the `OP_DONE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_prepare_streams_start(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    streams: *const *const c_char,
    stream_count: usize,
    timeout_ms: i64,
    events: *const glueberry_events_t,
    tag: u64,
    op: *mut *mut glueberry_op_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        starting(node, timeout_ms, events, tag, op, err, || {
            PrepareStreams::parse(peer, streams, stream_count)
        })
    }
}

/// Begins to do what `glueberry_node_finalize_handshake` does. It never waits.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
/// - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
/// - `tag`: comes back in it.
/// - `op` `[out, owned]`: for cancelling; may be NULL.
/// - `err` `[out, owned]`: of what cannot begin; may be NULL.
///
/// Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
/// the `OP_DONE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_finalize_handshake_start(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    timeout_ms: i64,
    events: *const glueberry_events_t,
    tag: u64,
    op: *mut *mut glueberry_op_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { starting(node, timeout_ms, events, tag, op, err, || FinalizeHandshake::parse(peer)) }
}

/// Begins to do what `glueberry_node_complete_handshake` does. It never waits.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `streams` `[in]`: `stream_count` names that end with NUL.
/// - `timeout_ms`: -1 is no deadline; when it is over, the `OP_DONE` has `TIMED_OUT`.
/// - `events` `[in]`: a queue of this node, which gets the `OP_DONE`.
/// - `tag`: comes back in it.
/// - `op` `[out, owned]`: for cancelling; may be NULL.
/// - `err` `[out, owned]`: of what cannot begin; may be NULL.
///
/// Errors: `INVALID_ARGUMENT` and those of parsing, and `TOO_MANY_OPERATIONS`; all others come in
/// the `OP_DONE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_complete_handshake_start(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    streams: *const *const c_char,
    stream_count: usize,
    timeout_ms: i64,
    events: *const glueberry_events_t,
    tag: u64,
    op: *mut *mut glueberry_op_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        starting(node, timeout_ms, events, tag, op, err, || {
            CompleteHandshake::parse(peer, streams, stream_count)
        })
    }
}

/// Cancels an operation: its `OP_DONE` then has `CANCELLED`, unless it was done before. Again, it does
/// nothing. It never waits.
///
/// - `op` `[in]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_op_cancel(op: *const glueberry_op_t) -> i32 {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        child_entry(op, "op", std::ptr::null_mut(), |op| {
            op.operation.cancel();
            Ok(GLUEBERRY_OK)
        })
    }
}

/// Frees the handle. The operation goes on.
///
/// - `op` `[in]`: NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_op_free(op: *mut glueberry_op_t) {
    // SAFETY: the caller's promise, passed on.
    release(|| drop(unsafe { take(op) }));
}

/// Begins a work.
unsafe fn starting<W: Work>(
    node: *const glueberry_node_t,
    timeout_ms: i64,
    events: *const glueberry_events_t,
    tag: u64,
    op: *mut *mut glueberry_op_t,
    err: *mut *mut glueberry_error_t,
    work: impl FnOnce() -> Result<W>,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        beginning(node, timeout_ms, events, tag, op, err, |host, on| {
            let work = work()?;
            host.operate(on, move |node| async move { work.call(&node).await.map(W::tell) })
        })
    }
}

/// Begins whatever `begin` does.
unsafe fn beginning(
    node: *const glueberry_node_t,
    timeout_ms: i64,
    events: *const glueberry_events_t,
    tag: u64,
    op: *mut *mut glueberry_op_t,
    err: *mut *mut glueberry_error_t,
    begin: impl FnOnce(&Host, Completing<'_>) -> Result<Operation>,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        let op = Slot::cleared(op);
        node_entry(node, err, |node| {
            let events = &reference(events, "events")?.queue;
            let on = Completing { events, tag, within: timeout(timeout_ms)? };
            let operation = begin(&node.host, on)?;
            let standing = node.standing.clone();
            op.put(|| give(glueberry_op_t { operation, standing }));
            Ok(GLUEBERRY_OK)
        })
    }
}
