//! The node: its start, its end, and what is known now.

use std::ffi::c_char;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use glueberry_core::embed::{Host, fault, fork};
use glueberry_core::{ErrorCode, PeerId, Result};

use crate::arguments::{place, reference, text, timeout};
use crate::bans::glueberry_bans_t;
use crate::config::glueberry_config_t;
use crate::error::glueberry_error_t;
use crate::guard::{Status, contained, deliver, entry, release};
use crate::outputs::{Slot, give, take};
use crate::peer_id::{glueberry_peer_id_t, parse_peer};
use crate::peers::{glueberry_peer_info_t, glueberry_peers_t};
use crate::process::notice_forks;
use crate::sized;
use crate::status::{GLUEBERRY_NONE, GLUEBERRY_OK};
use crate::streams::{glueberry_stream_health_t, glueberry_streams_t, health_of};
use crate::strings::glueberry_strings_t;

/// A running node, with threads of its own. Any thread, concurrently, but for its `_free`.
#[allow(non_camel_case_types)]
pub struct glueberry_node_t {
    pub(crate) host: Host,
    pub(crate) standing: Standing,
}

/// Starts a node, and returns when it listens at all addresses of its configuration. The
/// configuration is copied; it may be changed, used again and freed.
///
/// - `config` `[in]`
/// - `node` `[out, owned]`: end it with `glueberry_node_shutdown`, then `glueberry_node_free`.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `INVALID_CONFIG`, `ADDRESS_IN_USE`, `LISTEN_FAILED`, `ADDRESS_BOOK_LOCKED`,
/// `ADDRESS_BOOK_CORRUPT`, `ADDRESS_BOOK_UNREADABLE`, `ADDRESS_BOOK_UNWRITABLE`; `WOULD_DEADLOCK`
/// inside a callback. It waits as long as that takes: for the disk, and for the ports.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_start(
    config: *const glueberry_config_t,
    node: *mut *mut glueberry_node_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        let node = Slot::cleared(node);
        entry(err, || {
            let (builder, workers) = reference(config, "config")?.parts();
            let node = node.needed("node")?;
            notice_forks()?;
            let host = Host::start(builder, workers)?;
            *node = give(glueberry_node_t { host, standing: Standing::default() });
            Ok(GLUEBERRY_OK)
        })
    }
}

/// Ends a node: writes what is queued for up to the configured linger, closes all connections and
/// frees its ports. Queues end once they were read. Again, it does nothing. The handle stays valid
/// until `glueberry_node_free`; calls that need the network fail with `NODE_CLOSED`.
///
/// - `node` `[in]`
/// - `timeout_ms`: -1 waits to the end, which is bounded by the linger and 13 s; when it is over the
///   shutdown goes on in the background.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `TIMED_OUT`; `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_shutdown(
    node: *const glueberry_node_t,
    timeout_ms: i64,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        node_entry(node, err, |node| {
            node.host.shutdown(timeout(timeout_ms)?)?;
            Ok(GLUEBERRY_OK)
        })
    }
}

/// Frees a node that no other thread uses any more. Without a shutdown before it closes at once, in
/// the background: what is queued is lost. Its queues and operations stay valid until their own
/// `_free`; they end. It never waits, and is allowed inside a callback.
///
/// - `node` `[in]`: NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_free(node: *mut glueberry_node_t) {
    // SAFETY: the caller's promise, passed on.
    release(|| drop(unsafe { take(node) }));
}

/// What other peers know this node by. It never waits.
///
/// - `node` `[in]`
/// - `peer` `[out]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_peer_id(
    node: *const glueberry_node_t,
    peer: *mut glueberry_peer_id_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        plain_node_entry(node, |node| {
            *place(peer, "peer")? = peer_out(node.host.node().peer_id());
            Ok(GLUEBERRY_OK)
        })
    }
}

/// Where this node listens, each address with its peer id at the end: what a peer has to dial. None
/// after a shutdown. It never waits.
///
/// - `node` `[in]`
/// - `addresses` `[out, owned]`
/// - `err` `[out, owned]`: may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_listen_addresses(
    node: *const glueberry_node_t,
    addresses: *mut *mut glueberry_strings_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        asking(node, err, addresses, "addresses", |node| {
            Ok(strings_of(&node.host.node().listen_addresses()))
        })
    }
}

/// The state of a peer, `DISCONNECTED` for one that is not known. It never waits.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `state` `[out]`: `GLUEBERRY_STATE_*`.
///
/// Errors: `IDENTITY_REFUSED` for a key that identifies nobody.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_connection_state(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    state: *mut i32,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        plain_node_entry(node, |node| {
            let peer = peer_in(peer)?;
            let state = place(state, "state")?;
            *state = i32::from(node.host.node().connection_state(&peer).number());
            Ok(GLUEBERRY_OK)
        })
    }
}

/// The peers that are known, connected or being connected, in the order of their ids, as they are at
/// this moment. It never waits.
///
/// - `node` `[in]`
/// - `peers` `[out, owned]`
/// - `err` `[out, owned]`: may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_peers(
    node: *const glueberry_node_t,
    peers: *mut *mut glueberry_peers_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        asking(node, err, peers, "peers", |node| {
            Ok(glueberry_peers_t::give(node.host.node().peers()))
        })
    }
}

/// What is known of a peer at this moment. `NONE` for one that is neither known nor connected. It
/// never waits.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `info` `[out, owned]`: NULL with `NONE`.
/// - `err` `[out, owned]`: may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_peer(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    info: *mut *mut glueberry_peer_info_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        let info = Slot::cleared(info);
        node_entry(node, err, |node| {
            let (peer, info) = (peer_in(peer)?, info.needed("info")?);
            let Some(known) = node.host.node().peer(&peer) else { return Ok(GLUEBERRY_NONE) };
            *info = glueberry_peer_info_t::give(known);
            Ok(GLUEBERRY_OK)
        })
    }
}

/// Where a peer may be found, the most promising first; none for one that is not known. It never
/// waits.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `addresses` `[out, owned]`
/// - `err` `[out, owned]`: may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_addresses(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    addresses: *mut *mut glueberry_strings_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        asking(node, err, addresses, "addresses", |node| {
            Ok(strings_of(&node.host.node().addresses(&peer_in(peer)?)))
        })
    }
}

/// The bans that hold at this moment. It never waits.
///
/// - `node` `[in]`
/// - `bans` `[out, owned]`
/// - `err` `[out, owned]`: may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_bans(
    node: *const glueberry_node_t,
    bans: *mut *mut glueberry_bans_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        asking(node, err, bans, "bans", |node| Ok(glueberry_bans_t::give(node.host.node().bans())))
    }
}

/// How a stream with a peer is doing: whether it carries messages, and how full its buffers are. It
/// never waits, and costs two short locks.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `stream` `[in]`: its name, of `stream_len` bytes or `GLUEBERRY_NTS`.
/// - `health` `[out]`: set its `size` before.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `NOT_CONNECTED` without a session, `UNKNOWN_STREAM` if no such stream is prepared.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_stream_health(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    stream: *const c_char,
    stream_len: usize,
    health: *mut glueberry_stream_health_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        node_entry(node, err, |node| {
            let (peer, stream) = (peer_in(peer)?, text(stream, stream_len, "stream")?);
            reference(health, "health")?;
            let found = node.host.node().stream_health(&peer, stream)?;
            sized::write(&health_of(&found), health, "health")?;
            Ok(GLUEBERRY_OK)
        })
    }
}

/// How all streams with a peer are doing, by name; none without a session. It never waits.
///
/// - `node` `[in]`
/// - `peer` `[in]`
/// - `streams` `[out, owned]`
/// - `err` `[out, owned]`: may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_streams(
    node: *const glueberry_node_t,
    peer: *const glueberry_peer_id_t,
    streams: *mut *mut glueberry_streams_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        asking(node, err, streams, "streams", |node| {
            Ok(glueberry_streams_t::give(node.host.node().streams(&peer_in(peer)?)))
        })
    }
}

/// Whether a node is still trusted. After a panic its state may be half changed, and it is not.
/// Shared with what was made from the node.
#[derive(Clone, Default)]
pub(crate) struct Standing {
    has_failed: Arc<AtomicBool>,
}

impl Standing {
    /// Runs a call of the node itself: none after a fault.
    pub(crate) fn admit<T>(&self, body: impl FnOnce() -> Result<T>) -> Result<T> {
        if self.has_failed.load(Ordering::Relaxed) {
            return Err(fault(ErrorCode::Panicked, "this node had a fault before"));
        }
        self.watch(body)
    }

    /// Runs a call of a queue or an operation: what it holds can be had even after a fault.
    pub(crate) fn watch<T>(&self, body: impl FnOnce() -> Result<T>) -> Result<T> {
        let outcome = contained(body);
        if outcome.as_ref().is_err_and(|error| error.code() == ErrorCode::Panicked) {
            self.has_failed.store(true, Ordering::Relaxed);
        }
        outcome
    }

    /// So that one node serves many tests of faults.
    #[cfg(test)]
    pub(crate) fn forgive(&self) {
        self.has_failed.store(false, Ordering::Relaxed);
    }
}

/// The guard of the calls of a node.
pub(crate) unsafe fn node_entry(
    node: *const glueberry_node_t,
    err: *mut *mut glueberry_error_t,
    body: impl FnOnce(&glueberry_node_t) -> Result<Status>,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        let node = fork::check().and_then(|()| reference(node, "node"));
        deliver(err, node.and_then(|node| node.standing.admit(|| body(node))))
    }
}

/// The same, without a place for an error.
pub(crate) unsafe fn plain_node_entry(
    node: *const glueberry_node_t,
    body: impl FnOnce(&glueberry_node_t) -> Result<Status>,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { node_entry(node, std::ptr::null_mut(), body) }
}

/// What was made from a node, and may outlive it.
pub(crate) trait Child {
    fn standing(&self) -> &Standing;
}

/// The guard of the calls of what was made from a node.
pub(crate) unsafe fn child_entry<C: Child>(
    child: *const C,
    what: &str,
    err: *mut *mut glueberry_error_t,
    body: impl FnOnce(&C) -> Result<Status>,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        let child = fork::check().and_then(|()| reference(child, what));
        deliver(err, child.and_then(|child| child.standing().watch(|| body(child))))
    }
}

/// A call that asks the node for a handle.
pub(crate) unsafe fn asking<T>(
    node: *const glueberry_node_t,
    err: *mut *mut glueberry_error_t,
    place: *mut *mut T,
    what: &str,
    answer: impl FnOnce(&glueberry_node_t) -> Result<*mut T>,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        let slot = Slot::cleared(place);
        node_entry(node, err, |node| {
            let place = slot.needed(what)?;
            *place = answer(node)?;
            Ok(GLUEBERRY_OK)
        })
    }
}

/// A peer that the caller names.
pub(crate) unsafe fn peer_in(peer: *const glueberry_peer_id_t) -> Result<PeerId> {
    // SAFETY: the caller's promise, passed on.
    parse_peer(unsafe { reference(peer, "peer")? })
}

/// A peer that the caller is told.
pub(crate) fn peer_out(peer: PeerId) -> glueberry_peer_id_t {
    glueberry_peer_id_t { key: *peer.public_key() }
}

/// Addresses as a list of texts.
pub(crate) fn strings_of(addresses: &[glueberry_core::Address]) -> *mut glueberry_strings_t {
    glueberry_strings_t::give(addresses.iter().map(ToString::to_string))
}
