//! The calls of a node that wait: each with a `_start` twin in [`operations`](crate::operations).

use std::ffi::c_char;

use glueberry_core::{ErrorCode, PeerId, Result};

use crate::arguments::{bytes, text, timeout};
use crate::error::glueberry_error_t;
use crate::node::{glueberry_node_t, node_entry, peer_in, peer_out, strings_of};
use crate::outputs::Slot;
use crate::peer_id::glueberry_peer_id_t;
use crate::peers::glueberry_new_peer_t;
use crate::status::{GLUEBERRY_OK, GLUEBERRY_WOULD_BLOCK};
use crate::strings::glueberry_strings_t;
use crate::work::{
    AddBan, AddPeer, CancelReconnection, CompleteHandshake, Connect, DialKnownPeers, Disconnect,
    FinalizeHandshake, Flush, Listen, PrepareStreams, RemovePeer, Unban, WaitEstablished, Work,
};

/// Listens at one more address, and gives what it is bound to: for port 0 the port chosen, for
/// `0.0.0.0` an address for each of the machine's.
///
/// - `node` `[in]`
/// - `address` `[in]`: such as `/ip4/0.0.0.0/tcp/9000`, of `len` bytes or `GLUEBERRY_NTS`. Port 0 is any free
///   one.
/// - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
/// - `bound` `[out, owned]`: the addresses; may be NULL.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `INVALID_ADDRESS`, `ADDRESS_IN_USE`, `LISTEN_FAILED`, `NODE_CLOSED`; `TIMED_OUT`;
/// `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_listen(
    node: *const glueberry_node_t,
    address: *const c_char,
    len: usize,
    timeout_ms: i64,
    bound: *mut *mut glueberry_strings_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        let bound = Slot::cleared(bound);
        let keep = |done: Vec<_>| bound.put(|| strings_of(&done));
        blocking(node, timeout_ms, err, || Listen::parse(address, len), keep)
    }
}

/// Connects to a peer, and returns when it is established; with `GLUEBERRY_HANDSHAKE_APP` already
/// when it is connected. At once if it is so already. Once the peer was established the link comes
/// back by itself when it is lost, until `glueberry_node_disconnect`. A call that times out or is
/// cancelled leaves the attempt going.
///
/// - `node` `[in]`
/// - `address` `[in]`: such as `/ip4/192.0.2.7/tcp/9000/p2p/12D3KooW…`, or `/p2p/12D3KooW…` alone for
///   a peer that is known; of `len` bytes or `GLUEBERRY_NTS`.
/// - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
/// - `peer` `[out]`: who it is; may be NULL.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `INVALID_ADDRESS`, `UNKNOWN_PEER`, `DIALED_SELF`, `UNREACHABLE`, `WRONG_PEER`,
/// `HANDSHAKE_FAILED`, `HANDSHAKE_TIMEOUT`, `PEER_KEY_MISMATCH`, `BANNED`, `NOT_ALLOWED`,
/// `TOO_MANY_CONNECTIONS`, `NODE_CLOSED`; `TIMED_OUT`; `WOULD_DEADLOCK` inside a callback, unless
/// `timeout_ms` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_connect(
    node: *const glueberry_node_t,
    address: *const c_char,
    len: usize,
    timeout_ms: i64,
    peer: *mut glueberry_peer_id_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        blocking(
            node,
            timeout_ms,
            err,
            || Connect::parse(address, len),
            |done| put_peer(peer, done),
        )
    }
}

/// Waits until a peer is established: for applications that shake hands themselves, and for those
/// that wait until a lost peer is back.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `NOT_CONNECTED` if there is no connection and none is sought; when the attempts end,
/// what ended them; `NODE_CLOSED`; `TIMED_OUT`; `WOULD_DEADLOCK` inside a callback, unless
/// `timeout_ms` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_wait_established(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    timeout_ms: i64,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { blocking(node, timeout_ms, err, || WaitEstablished::parse(peer), drop) }
}

/// Ends the session with a peer, or the attempt at one. What is queued is written first, for up to
/// the configured linger. Without a connection it does nothing. Once begun it is carried out, even
/// if the caller waits no longer.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `NODE_CLOSED`; `TIMED_OUT`; `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is
/// 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_disconnect(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    timeout_ms: i64,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { blocking(node, timeout_ms, err, || Disconnect::parse(peer), drop) }
}

/// Gives up the attempts to reach a lost peer again; a session that stands goes on.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `NODE_CLOSED`; `TIMED_OUT`; `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is
/// 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_cancel_reconnection(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    timeout_ms: i64,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { blocking(node, timeout_ms, err, || CancelReconnection::parse(peer), drop) }
}

/// Dials the peers of the address book, and returns when all are being dialed, or wait for their
/// turn.
///
/// - `node` `[in]`
/// - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `NODE_CLOSED`; `TIMED_OUT`; `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is
/// 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_dial_known_peers(
    node: *const glueberry_node_t,
    timeout_ms: i64,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { blocking(node, timeout_ms, err, || Ok(DialKnownPeers {}), drop) }
}

/// Remembers a peer, in the place of what was known of it before, and returns when that is saved. A
/// persistent one is dialed at once, and for ever.
///
/// - `node` `[in]`
/// - `new_peer` `[in]`: set its `size` before.
/// - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
/// - `peer` `[out]`: who it is; may be NULL.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `INVALID_ADDRESS`, `INVALID_CONFIG` for more than 16 addresses, `BANNED`, `DIALED_SELF`,
/// `METADATA_TOO_LARGE`, `TOO_MANY_PEERS`, `ADDRESS_BOOK_UNWRITABLE`, `NODE_CLOSED`; `TIMED_OUT`;
/// `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_add_peer(
    node: *const glueberry_node_t,
    new_peer: *const glueberry_new_peer_t,
    timeout_ms: i64,
    peer: *mut glueberry_peer_id_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        blocking(node, timeout_ms, err, || AddPeer::parse(new_peer), |done| put_peer(peer, done))
    }
}

/// Forgets a peer, and ends the link with it as `glueberry_node_disconnect` does. A ban of it
/// stays. One that is not known is no error.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `ADDRESS_BOOK_UNWRITABLE`, `NODE_CLOSED`; `TIMED_OUT`; `WOULD_DEADLOCK` inside a
/// callback, unless `timeout_ms` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_remove_peer(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    timeout_ms: i64,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { blocking(node, timeout_ms, err, || RemovePeer::parse(peer), drop) }
}

/// Bans a peer, an address or a range: its connections end, and no others are made in either
/// direction. Returns when that is saved and done. A ban of the same target is replaced. Once begun
/// it is carried out, even if the caller waits no longer.
///
/// - `node` `[in]`
/// - `target` `[in]`: a peer id, an IP address or a range such as `192.0.2.0/24`, of `len` bytes or
///   `GLUEBERRY_NTS`.
/// - `duration_ms`: milliseconds; -1 is for ever.
/// - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `INVALID_PEER_ID`, `TOO_MANY_PEERS` above 65,536 bans, `ADDRESS_BOOK_UNWRITABLE`,
/// `NODE_CLOSED`; `TIMED_OUT`; `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_ban(
    node: *const glueberry_node_t,
    target: *const c_char,
    len: usize,
    duration_ms: i64,
    timeout_ms: i64,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { blocking(node, timeout_ms, err, || AddBan::parse(target, len, duration_ms), drop) }
}

/// Lifts a ban. A persistent peer is dialed again.
///
/// - `node` `[in]`
/// - `target` `[in]`: a peer id, an IP address or a range such as `192.0.2.0/24`, of `len` bytes or
///   `GLUEBERRY_NTS`.
/// - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
/// - `was_banned` `[out]`: 1 if there was a ban of exactly this target, else 0; may be NULL.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `INVALID_PEER_ID`, `ADDRESS_BOOK_UNWRITABLE`, `NODE_CLOSED`; `TIMED_OUT`;
/// `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_unban(
    node: *const glueberry_node_t,
    target: *const c_char,
    len: usize,
    timeout_ms: i64,
    was_banned: *mut i32,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        blocking(
            node,
            timeout_ms,
            err,
            || Unban::parse(target, len),
            |was| put_flag(was_banned, was),
        )
    }
}

/// Sends a message; waits while the stream's send buffer is full. It returns when the message is
/// queued, in order behind all before it. A call that fails sends nothing.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `stream` `[in]`: its name, of `stream_len` bytes or `GLUEBERRY_NTS`.
/// - `data` `[in]`: the message, of `len` bytes; (NULL, 0) is an empty one. It is copied.
/// - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `NOT_CONNECTED`, `UNKNOWN_STREAM`, `MESSAGE_TOO_LARGE`, `STREAM_REFUSED`,
/// `STREAM_FAILED`, `NODE_CLOSED`; `TIMED_OUT`; `WOULD_DEADLOCK` inside a callback, unless
/// `timeout_ms` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_send(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    stream: *const c_char,
    stream_len: usize,
    data: *const u8,
    len: usize,
    timeout_ms: i64,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        node_entry(node, err, |node| {
            let within = timeout(timeout_ms)?;
            let (peer, stream) = (peer_in(peer)?, text(stream, stream_len, "stream")?);
            node.host.send(&peer, stream, bytes(data, len, "data")?, within)?;
            Ok(GLUEBERRY_OK)
        })
    }
}

/// Sends a message if there is room for it now: otherwise `WOULD_BLOCK`, which is no error. It never
/// waits.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `stream` `[in]`: its name, of `stream_len` bytes or `GLUEBERRY_NTS`.
/// - `data` `[in]`: the message, of `len` bytes; (NULL, 0) is an empty one. It is copied.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: as `glueberry_node_send`, but for those of waiting.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_try_send(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    stream: *const c_char,
    stream_len: usize,
    data: *const u8,
    len: usize,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        node_entry(node, err, |node| {
            let (peer, stream) = (peer_in(peer)?, text(stream, stream_len, "stream")?);
            match node.host.node().try_send(&peer, stream, bytes(data, len, "data")?) {
                Err(full) if full.code() == ErrorCode::WouldBlock => Ok(GLUEBERRY_WOULD_BLOCK),
                sent => sent.map(|()| GLUEBERRY_OK),
            }
        })
    }
}

/// Waits until the transport has taken all that was sent before on a stream.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `stream` `[in]`: its name, of `stream_len` bytes or `GLUEBERRY_NTS`.
/// - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `NOT_CONNECTED` if the session ends before, `UNKNOWN_STREAM`, `STREAM_REFUSED`,
/// `STREAM_FAILED`, `NODE_CLOSED`; `TIMED_OUT`; `WOULD_DEADLOCK` inside a callback, unless
/// `timeout_ms` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_flush(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    stream: *const c_char,
    stream_len: usize,
    timeout_ms: i64,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { blocking(node, timeout_ms, err, || Flush::parse(peer, stream, stream_len), drop) }
}

/// Accepts these streams from a peer that the application shakes hands with. Their messages are
/// delivered once the peer is established.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `streams` `[in]`: `stream_count` names that end with NUL.
/// - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `INVALID_STREAM_NAME`, `NOT_CONNECTED`, `TOO_MANY_STREAMS`; `TIMED_OUT`;
/// `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_prepare_streams(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    streams: *const *const c_char,
    stream_count: usize,
    timeout_ms: i64,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        blocking(node, timeout_ms, err, || PrepareStreams::parse(peer, streams, stream_count), drop)
    }
}

/// Ends the application's handshake with a peer, which is established from now on. What was sent on
/// `handshake` is written first.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `WRONG_STATE` if the peer is established already, or the library shakes hands;
/// `NOT_CONNECTED`; `TIMED_OUT`; `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_finalize_handshake(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    timeout_ms: i64,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { blocking(node, timeout_ms, err, || FinalizeHandshake::parse(peer), drop) }
}

/// `glueberry_node_prepare_streams` and `glueberry_node_finalize_handshake` in one.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `streams` `[in]`: `stream_count` names that end with NUL.
/// - `timeout_ms`: -1 waits without a deadline, 0 does not wait.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: those of both; `TIMED_OUT`; `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is
/// 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_complete_handshake(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    streams: *const *const c_char,
    stream_count: usize,
    timeout_ms: i64,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        blocking(
            node,
            timeout_ms,
            err,
            || CompleteHandshake::parse(peer, streams, stream_count),
            drop,
        )
    }
}

/// Does a work and waits for it; `keep` takes what it gives.
unsafe fn blocking<W: Work>(
    node: *const glueberry_node_t,
    timeout_ms: i64,
    err: *mut *mut glueberry_error_t,
    work: impl FnOnce() -> Result<W>,
    keep: impl FnOnce(W::Done),
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        node_entry(node, err, |node| {
            let (within, work) = (timeout(timeout_ms)?, work()?);
            keep(node.host.wait(within, work.call(node.host.node()))?);
            Ok(GLUEBERRY_OK)
        })
    }
}

unsafe fn put_peer(place: *mut glueberry_peer_id_t, peer: PeerId) {
    // SAFETY: NULL or valid: the caller's promise.
    if let Some(place) = unsafe { place.as_mut() } {
        *place = peer_out(peer);
    }
}

unsafe fn put_flag(place: *mut i32, flag: bool) {
    // SAFETY: NULL or valid: the caller's promise.
    if let Some(place) = unsafe { place.as_mut() } {
        *place = i32::from(flag);
    }
}
