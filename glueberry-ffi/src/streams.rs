//! How streams are doing.

use std::ffi::{CString, c_char};

use glueberry_core::{StreamHealth, StreamName, StreamState};

use crate::arguments::reference;
use crate::guard::{plain_entry, release, value_entry};
use crate::outputs::{c_text, give, take};
use crate::sized::{self, Growing};
use crate::status::{GLUEBERRY_NONE, GLUEBERRY_OK};

/// A list of how the streams with a peer are doing. One thread at a time.
#[allow(non_camel_case_types)]
pub struct glueberry_streams_t {
    all: Vec<(CString, StreamHealth)>,
}

/// How a stream is doing at one moment. Set `size` before it is filled.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types)]
pub struct glueberry_stream_health_t {
    /// `sizeof(glueberry_stream_health_t)`
    pub size: u32,
    /// `GLUEBERRY_STREAM_*`
    pub state: i32,
    /// Its name `[borrowed: streams]`; NULL from `glueberry_node_stream_health`.
    pub stream: *const c_char,
    /// Of a degraded one, which attempt to open it again is due, from 1; otherwise 0.
    pub attempt: u32,
    /// What the send buffer counts as, `GLUEBERRY_PRESSURE_*`.
    pub outbound: i32,
    /// What the receive buffer counts as, `GLUEBERRY_PRESSURE_*`.
    pub inbound: i32,
    /// Zero.
    pub reserved: u32,
    /// Messages that were accepted for sending and are not wholly written yet.
    pub queued_messages: u64,
    /// Their bytes, with framing.
    pub queued_bytes: u64,
    /// Received bytes that wait to be read, with what administers them.
    pub unread_bytes: u64,
}

// SAFETY: integers and a pointer in `repr(C)`, the size first.
unsafe impl Growing for glueberry_stream_health_t {
    const FIRST: usize = size_of::<Self>();
}

impl glueberry_streams_t {
    pub(crate) fn give(all: Vec<(StreamName, StreamHealth)>) -> *mut Self {
        let named = |(name, health): (StreamName, _)| (c_text(name.as_str()), health);
        give(Self { all: all.into_iter().map(named).collect() })
    }
}

/// How many there are; 0 for NULL.
///
/// - `streams` `[in]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_streams_count(streams: *const glueberry_streams_t) -> usize {
    // SAFETY: the caller's promise, passed on.
    value_entry(0, || Some(unsafe { streams.as_ref() }?.all.len()))
}

/// One of them, in the order of their names; `NONE` beyond the last.
///
/// - `streams` `[in]`
/// - `index`: from 0.
/// - `health` `[out]`: set its `size` before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_streams_get(
    streams: *const glueberry_streams_t,
    index: usize,
    health: *mut glueberry_stream_health_t,
) -> i32 {
    plain_entry(|| {
        // SAFETY: the caller's promises, passed on.
        unsafe {
            reference(health, "health")?;
            let Some((name, found)) = reference(streams, "streams")?.all.get(index) else {
                return Ok(GLUEBERRY_NONE);
            };
            let named = glueberry_stream_health_t { stream: name.as_ptr(), ..health_of(found) };
            sized::write(&named, health, "health")?;
        }
        Ok(GLUEBERRY_OK)
    })
}

/// Frees the list.
///
/// - `streams` `[in]`: NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_streams_free(streams: *mut glueberry_streams_t) {
    // SAFETY: the caller's promise, passed on.
    release(|| drop(unsafe { take(streams) }));
}

/// Without its name.
pub(crate) fn health_of(health: &StreamHealth) -> glueberry_stream_health_t {
    let attempt = match health.state {
        StreamState::Degraded { attempt } => attempt,
        _ => 0,
    };
    glueberry_stream_health_t {
        size: 0,
        state: health.state.number().into(),
        stream: std::ptr::null(),
        attempt,
        outbound: health.outbound.number().into(),
        inbound: health.inbound.number().into(),
        reserved: 0,
        queued_messages: health.queued_messages,
        queued_bytes: health.queued_bytes,
        unread_bytes: health.unread_bytes,
    }
}
