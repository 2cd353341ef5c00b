//! What is known of peers.

use std::ffi::{CString, c_char};

use glueberry_core::{NewPeer, PeerInfo, Result};

use crate::arguments::{invalid, place, reference, texts};
use crate::guard::{plain_entry, release, value_entry};
use crate::node::peer_out;
use crate::outputs::{c_text, give, pointer_to, take, unix_ms};
use crate::peer_id::glueberry_peer_id_t;
use crate::sized::{self, Growing};
use crate::status::{GLUEBERRY_NONE, GLUEBERRY_OK};

/// A list of what is known of peers. One thread at a time.
#[allow(non_camel_case_types)]
pub struct glueberry_peers_t {
    all: Vec<glueberry_peer_info_t>,
}

/// What was known of a peer at one moment. One thread at a time.
#[allow(non_camel_case_types)]
pub struct glueberry_peer_info_t {
    info: PeerInfo,
    addresses: Vec<CString>,
    metadata: Vec<(CString, CString)>,
}

/// A peer to be remembered. Begin with zeros, and set `size`.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types)]
pub struct glueberry_new_peer_t {
    /// `sizeof(glueberry_new_peer_t)`
    pub size: u32,
    /// 1: a link with it is kept from now on, and it is dialed for ever. 0: not.
    pub persistent: i32,
    /// Where it is found, `address_count` texts that end with NUL; the first ends in `/p2p/PEER-ID`.
    pub addresses: *const *const c_char,
    /// 1 to 16.
    pub address_count: usize,
    /// Small facts to keep with it: `metadata_count` texts that end with NUL.
    pub metadata_keys: *const *const c_char,
    /// Their values, likewise.
    pub metadata_values: *const *const c_char,
    /// Up to 32; keys of up to 64 bytes, values of up to 1,024, 4,096 in all.
    pub metadata_count: usize,
}

// SAFETY: integers and pointers in `repr(C)`, the size first.
unsafe impl Growing for glueberry_new_peer_t {
    const FIRST: usize = size_of::<Self>();
}

/// What is known of a peer. Set `size` before it is filled.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types)]
pub struct glueberry_peer_view_t {
    /// `sizeof(glueberry_peer_view_t)`
    pub size: u32,
    /// `GLUEBERRY_STATE_*`
    pub state: i32,
    /// Who.
    pub peer: glueberry_peer_id_t,
    /// Who dialed the session that stands, `GLUEBERRY_DIRECTION_*`; 0 without one.
    pub direction: i32,
    /// Connections that stand: commonly one.
    pub connections: u32,
    /// 1: it is dialed for ever.
    pub is_persistent: i32,
    /// 1: it is banned.
    pub is_banned: i32,
    /// When a session with it was last established, in milliseconds since 1970; -1: never.
    pub last_seen_ms: i64,
    /// When its ban ends, in milliseconds since 1970; -1: never.
    pub banned_until_ms: i64,
    /// For `glueberry_peer_info_address`.
    pub address_count: usize,
    /// For `glueberry_peer_info_metadata`.
    pub metadata_count: usize,
}

// SAFETY: integers in `repr(C)`, the size first.
unsafe impl Growing for glueberry_peer_view_t {
    const FIRST: usize = size_of::<Self>();
}

impl glueberry_peers_t {
    pub(crate) fn give(all: Vec<PeerInfo>) -> *mut Self {
        give(Self { all: all.into_iter().map(glueberry_peer_info_t::of).collect() })
    }
}

impl glueberry_peer_info_t {
    pub(crate) fn give(info: PeerInfo) -> *mut Self {
        give(Self::of(info))
    }

    fn of(info: PeerInfo) -> Self {
        let addresses = info.addresses.iter().map(|one| c_text(&one.to_string())).collect();
        let metadata = info.metadata.iter().map(|(key, value)| (c_text(key), c_text(value)));
        Self { addresses, metadata: metadata.collect(), info }
    }
}

/// The peer that C describes.
pub(crate) unsafe fn new_peer(peer: &glueberry_new_peer_t) -> Result<NewPeer> {
    // SAFETY: the caller's promises, passed on.
    let (addresses, keys, values) = unsafe {
        (
            texts(peer.addresses, peer.address_count, "addresses")?,
            texts(peer.metadata_keys, peer.metadata_count, "metadata_keys")?,
            texts(peer.metadata_values, peer.metadata_count, "metadata_values")?,
        )
    };
    let (first, others) =
        addresses.split_first().ok_or_else(|| invalid("address_count is 0: give an address"))?;
    let mut new = others.iter().try_fold(NewPeer::at(*first)?, |new, other| new.or_at(*other))?;
    for (key, value) in keys.into_iter().zip(values) {
        new = new.metadata(key, value);
    }
    match peer.persistent {
        0 => Ok(new),
        1 => Ok(new.persistent()),
        other => Err(invalid(format!("persistent is {other}: use 0 or 1"))),
    }
}

/// How many there are; 0 for NULL.
///
/// - `peers` `[in]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_peers_count(peers: *const glueberry_peers_t) -> usize {
    // SAFETY: the caller's promise, passed on.
    value_entry(0, || Some(unsafe { peers.as_ref() }?.all.len()))
}

/// One of them; NULL beyond the last. Do not free it.
///
/// - `peers` `[in]`
/// - `index`: from 0.
/// - returns `[borrowed: peers]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_peers_get(
    peers: *const glueberry_peers_t,
    index: usize,
) -> *const glueberry_peer_info_t {
    value_entry(std::ptr::null(), || {
        // SAFETY: the caller's promise, passed on.
        Some(std::ptr::from_ref(unsafe { peers.as_ref() }?.all.get(index)?))
    })
}

/// Frees the list and all in it.
///
/// - `peers` `[in]`: NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_peers_free(peers: *mut glueberry_peers_t) {
    // SAFETY: the caller's promise, passed on.
    release(|| drop(unsafe { take(peers) }));
}

/// Tells what is known of a peer.
///
/// - `info` `[in]`
/// - `view` `[out]`: set its `size` before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_peer_info_read(
    info: *const glueberry_peer_info_t,
    view: *mut glueberry_peer_view_t,
) -> i32 {
    plain_entry(|| {
        // SAFETY: the caller's promises, passed on.
        unsafe { sized::write(&view_of(reference(info, "info")?), view, "view")? };
        Ok(GLUEBERRY_OK)
    })
}

/// An address at which the peer may be found, the most promising first; NULL beyond the last.
///
/// - `info` `[in]`
/// - `index`: from 0.
/// - returns `[borrowed: info]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_peer_info_address(
    info: *const glueberry_peer_info_t,
    index: usize,
) -> *const c_char {
    value_entry(std::ptr::null(), || {
        // SAFETY: the caller's promise, passed on.
        Some(pointer_to(unsafe { info.as_ref() }?.addresses.get(index)))
    })
}

/// A fact that is kept with the peer, in the order of the keys; `NONE` beyond the last.
///
/// - `info` `[in]`
/// - `index`: from 0.
/// - `key`, `value` `[out]` `[borrowed: info]`: texts that end with NUL.
/// - `key_len`, `value_len` `[out]`: their bytes without it; may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_peer_info_metadata(
    info: *const glueberry_peer_info_t,
    index: usize,
    key: *mut *const c_char,
    key_len: *mut usize,
    value: *mut *const c_char,
    value_len: *mut usize,
) -> i32 {
    plain_entry(|| {
        // SAFETY: the caller's promises, passed on.
        unsafe {
            let info = reference(info, "info")?;
            let (key, value) = (place(key, "key")?, place(value, "value")?);
            let Some(found) = info.metadata.get(index) else { return Ok(GLUEBERRY_NONE) };
            put(&found.0, key, key_len);
            put(&found.1, value, value_len);
        }
        Ok(GLUEBERRY_OK)
    })
}

/// Frees what `glueberry_node_peer` gave; never what belongs to a list.
///
/// - `info` `[in]`: NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_peer_info_free(info: *mut glueberry_peer_info_t) {
    // SAFETY: the caller's promise, passed on.
    release(|| drop(unsafe { take(info) }));
}

unsafe fn put(text: &CString, place: &mut *const c_char, len: *mut usize) {
    *place = text.as_ptr();
    // SAFETY: not NULL means valid: the caller's promise.
    if let Some(len) = unsafe { len.as_mut() } {
        *len = text.count_bytes();
    }
}

fn view_of(known: &glueberry_peer_info_t) -> glueberry_peer_view_t {
    let info = &known.info;
    let until = info.banned.as_ref().and_then(|ban| ban.until);
    glueberry_peer_view_t {
        size: 0,
        state: info.state.number().into(),
        peer: peer_out(info.peer),
        direction: info.direction.map_or(0, |direction| direction.number().into()),
        connections: u32::try_from(info.connections).unwrap_or(u32::MAX),
        is_persistent: info.persistent.into(),
        is_banned: info.banned.is_some().into(),
        last_seen_ms: info.last_seen.map_or(NEVER, unix_ms),
        banned_until_ms: until.map_or(NEVER, unix_ms),
        address_count: known.addresses.len(),
        metadata_count: known.metadata.len(),
    }
}

/// A time that does not come.
pub(crate) const NEVER: i64 = -1;
