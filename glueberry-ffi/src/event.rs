//! One event, or the completion of an operation.

use std::ffi::{CString, c_char};
use std::sync::OnceLock;
use std::time::SystemTime;

use glueberry_core::embed::{Done, Notice, Yield};
use glueberry_core::{Event, EventKind, Unwritten};

use crate::arguments::reference;
use crate::error::glueberry_error_t;
use crate::guard::{plain_entry, release, status_of, value_entry};
use crate::node::peer_out;
use crate::outputs::{Slot, c_text, give, pointer_to, take, unix_ms, whole_ms};
use crate::peer_id::glueberry_peer_id_t;
use crate::sized::{self, Growing};
use crate::status::{GLUEBERRY_NONE, GLUEBERRY_OK};

/// The kind of a completion: an operation that was begun with a `_start` function is done.
pub const GLUEBERRY_EVENT_OP_DONE: i32 = 1000;

/// An event, or the completion of an operation. One thread at a time.
#[allow(non_camel_case_types)]
pub struct glueberry_event_t {
    notice: Notice,
    at: SystemTime,
    texts: OnceLock<Texts>,
}

/// What pointers in a view of the event point to: made when they are asked for.
#[derive(Default)]
struct Texts {
    stream: Option<CString>,
    address: Option<CString>,
    detail: Option<CString>,
    error: Option<Box<glueberry_error_t>>,
    /// Streams of what was not written.
    unwritten: Vec<CString>,
    addresses: Vec<CString>,
}

impl glueberry_event_t {
    pub(crate) fn new(notice: Notice) -> Self {
        let at = match &notice {
            Notice::Event(event) => event.at,
            Notice::Done(done) => done.at,
        };
        Self { notice, at, texts: OnceLock::new() }
    }

    /// Hands it over to the caller.
    pub(crate) fn give(notice: Notice) -> *mut Self {
        give(Self::new(notice))
    }

    fn texts(&self) -> &Texts {
        self.texts.get_or_init(|| Texts::of(&self.notice))
    }

    fn unwritten(&self) -> &[Unwritten] {
        match &self.notice {
            Notice::Event(Event {
                kind: EventKind::PeerDisconnected { unwritten, .. }, ..
            }) => unwritten,
            _ => &[],
        }
    }
}

/// What an event says: set its `size` before. Fields that its kind does not have are 0. Pointers are
/// `[borrowed: event]`.
#[allow(non_camel_case_types)]
#[repr(C)]
#[derive(Clone, Copy)]
pub struct glueberry_event_view_t {
    /// `sizeof(glueberry_event_view_t)`
    pub size: u32,
    /// `GLUEBERRY_EVENT_*`. New kinds come with new versions: ignore those you do not know.
    pub kind: i32,
    /// When it happened: milliseconds of Unix time.
    pub time_ms: i64,
    /// Whom it is about; zero without `has_peer`. `OP_DONE` of connect and `add_peer`: who it is.
    pub peer: glueberry_peer_id_t,
    /// Whether it is about a peer.
    pub has_peer: i32,
    /// `PEER_CONNECTED`, `CONNECTION_DENIED`: whether the other end dialed.
    pub is_inbound: i32,
    /// The session; 0: none.
    pub session: u64,
    /// The stream's name; NULL: none.
    pub stream: *const c_char,
    /// `LISTEN_ADDRESS`, `PEER_CONNECTED`, `CONNECTION_DENIED`; else NULL.
    pub address: *const c_char,
    /// `WARNING`: in words; else NULL.
    pub detail: *const c_char,
    /// `PEER_DISCONNECTED`: `GLUEBERRY_REASON_*`.
    pub reason: i32,
    /// `STREAM_CLOSED`: `GLUEBERRY_STREAM_CLOSE_*`.
    pub close_reason: i32,
    /// `CONNECTION_DENIED`: `GLUEBERRY_DENIAL_*`.
    pub denial: i32,
    /// `WARNING`: the status of the fault (negative).
    pub code: i32,
    /// `STREAM_PRESSURE`: `GLUEBERRY_DIRECTION_*`.
    pub direction: i32,
    /// `STREAM_PRESSURE`: `GLUEBERRY_PRESSURE_*`.
    pub level: i32,
    /// `PEER_RECONNECTING`, `STREAM_DEGRADED`: from 1.
    pub attempt: u32,
    /// `OP_DONE`: what the blocking call would have returned.
    pub status: i32,
    /// `PEER_RECONNECTING`: milliseconds.
    pub delay_ms: i64,
    /// `PEER_COOLDOWN`: milliseconds of Unix time.
    pub until_ms: i64,
    /// `STREAM_PRESSURE`: what the buffer holds.
    pub bytes: u64,
    /// `LAGGED`: how many events were dropped.
    pub missed: u64,
    /// `CONNECTION_DENIED`: how many more were denied for the same reason since the last such event.
    pub suppressed: u64,
    /// `OP_DONE`: what was given to the `_start` function.
    pub tag: u64,
    /// `OP_DONE`: what went wrong; NULL if its status is OK.
    pub error: *const glueberry_error_t,
    /// `OP_DONE` of unban: whether there was a ban.
    pub flag: i32,
    /// 0
    pub reserved: u32,
    /// `PEER_DISCONNECTED`: for `glueberry_event_unwritten`.
    pub unwritten_count: usize,
    /// `OP_DONE` of listen: for `glueberry_event_address`.
    pub address_count: usize,
}

// SAFETY: the size comes first; integers and pointers follow.
unsafe impl Growing for glueberry_event_view_t {
    const FIRST: usize = std::mem::offset_of!(Self, address_count) + size_of::<usize>();
}

/// What was accepted for sending on one stream and never written: set its `size` before.
#[allow(non_camel_case_types)]
#[repr(C)]
#[derive(Clone, Copy)]
pub struct glueberry_unwritten_t {
    /// `sizeof(glueberry_unwritten_t)`
    pub size: u32,
    /// 0
    pub reserved: u32,
    /// `[borrowed: event]`
    pub stream: *const c_char,
    /// How many messages.
    pub messages: u64,
    /// Their bytes, with framing.
    pub bytes: u64,
}

// SAFETY: the size comes first; integers and a pointer follow.
unsafe impl Growing for glueberry_unwritten_t {
    const FIRST: usize = std::mem::offset_of!(Self, bytes) + size_of::<u64>();
}

/// What an event says.
///
/// - `event` `[in]`
/// - `view` `[out]`: set its `size` before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_event_read(
    event: *const glueberry_event_t,
    view: *mut glueberry_event_view_t,
) -> i32 {
    plain_entry(|| {
        // SAFETY: the caller's promises, passed on.
        unsafe { sized::write(&view_of(reference(event, "event")?), view, "view")? };
        Ok(GLUEBERRY_OK)
    })
}

/// What was accepted for sending on a stream and never written when a session ended. `NONE` beyond
/// `unwritten_count`.
///
/// - `event` `[in]`
/// - `index`: from 0.
/// - `unwritten` `[out]`: set its `size` before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_event_unwritten(
    event: *const glueberry_event_t,
    index: usize,
    unwritten: *mut glueberry_unwritten_t,
) -> i32 {
    plain_entry(|| {
        // SAFETY: the caller's promises, passed on.
        let event = unsafe { reference(event, "event")? };
        // SAFETY: likewise.
        unsafe { reference(unwritten, "unwritten")? };
        let Some(found) = unwritten_of(event, index) else { return Ok(GLUEBERRY_NONE) };
        // SAFETY: likewise.
        unsafe { sized::write(&found, unwritten, "unwritten")? };
        Ok(GLUEBERRY_OK)
    })
}

/// An address that a finished `glueberry_node_listen_start` is bound to. NULL beyond
/// `address_count`.
///
/// - `event` `[in]`
/// - `index`: from 0.
/// - returns `[borrowed: event]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_event_address(
    event: *const glueberry_event_t,
    index: usize,
) -> *const c_char {
    value_entry(std::ptr::null(), || {
        // SAFETY: the caller's promise, passed on.
        let event = unsafe { event.as_ref() }?;
        event.texts().addresses.get(index).map(|address| address.as_ptr())
    })
}

/// A second handle of the same event, to keep what a callback was given.
///
/// - `event` `[in]`
/// - `copy` `[out, owned]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_event_clone(
    event: *const glueberry_event_t,
    copy: *mut *mut glueberry_event_t,
) -> i32 {
    // SAFETY: the caller's promise, passed on.
    let slot = unsafe { Slot::cleared(copy) };
    plain_entry(|| {
        // SAFETY: the caller's promise, passed on.
        let event = unsafe { reference(event, "event")? };
        let copy = slot.needed("copy")?;
        let (notice, at) = (event.notice.clone(), event.at);
        *copy = give(glueberry_event_t { notice, at, texts: OnceLock::new() });
        Ok(GLUEBERRY_OK)
    })
}

/// Frees an event that came from `glueberry_events_next`, `glueberry_events_drain` or
/// `glueberry_event_clone`.
///
/// - `event` `[in]`: NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_event_free(event: *mut glueberry_event_t) {
    // SAFETY: the caller's promise, passed on.
    release(|| drop(unsafe { take(event) }));
}

fn view_of(event: &glueberry_event_t) -> glueberry_event_view_t {
    let texts = event.texts();
    let facts = match &event.notice {
        Notice::Event(event) => facts_of(event),
        Notice::Done(done) => outcome_of(done),
    };
    glueberry_event_view_t {
        time_ms: unix_ms(event.at),
        stream: pointer_to(texts.stream.as_ref()),
        address: pointer_to(texts.address.as_ref()),
        detail: pointer_to(texts.detail.as_ref()),
        error: texts.error.as_deref().map_or(std::ptr::null(), std::ptr::from_ref),
        unwritten_count: texts.unwritten.len(),
        address_count: texts.addresses.len(),
        ..facts
    }
}

fn facts_of(event: &Event) -> glueberry_event_view_t {
    let (kind, peer) = (i32::from(event.name().number()), event.peer().map(peer_out));
    let (has_peer, peer) = (i32::from(peer.is_some()), peer.unwrap_or(NOBODY));
    glueberry_event_view_t { kind, peer, has_peer, ..facts_of_kind(&event.kind) }
}

/// What only some kinds have.
fn facts_of_kind(kind: &EventKind) -> glueberry_event_view_t {
    use glueberry_event_view_t as View;
    match kind {
        EventKind::PeerConnected { session, inbound, .. } => {
            View { session: *session, is_inbound: i32::from(*inbound), ..EMPTY }
        }
        EventKind::PeerEstablished { session, .. } => View { session: *session, ..EMPTY },
        EventKind::PeerDisconnected { session, reason, .. } => View {
            session: session.unwrap_or_default(),
            reason: i32::from(reason.number()),
            ..EMPTY
        },
        EventKind::PeerReconnecting { attempt, delay, .. } => {
            View { attempt: *attempt, delay_ms: whole_ms(*delay), ..EMPTY }
        }
        EventKind::PeerCooldown { until, .. } => View { until_ms: unix_ms(*until), ..EMPTY },
        EventKind::ConnectionDenied { inbound, denial, suppressed, .. } => View {
            is_inbound: i32::from(*inbound),
            denial: i32::from(denial.number()),
            suppressed: *suppressed,
            ..EMPTY
        },
        EventKind::StreamDegraded { attempt, .. } => View { attempt: *attempt, ..EMPTY },
        EventKind::StreamClosed { reason, .. } => {
            View { close_reason: i32::from(reason.number()), ..EMPTY }
        }
        EventKind::StreamPressure { direction, level, bytes, .. } => View {
            direction: i32::from(direction.number()),
            level: i32::from(level.number()),
            bytes: *bytes,
            ..EMPTY
        },
        EventKind::Warning { code, .. } => View { code: -i32::from(code.number()), ..EMPTY },
        EventKind::Lagged { missed } => View { missed: *missed, ..EMPTY },
        _ => EMPTY,
    }
}

fn outcome_of(done: &Done) -> glueberry_event_view_t {
    let view = glueberry_event_view_t { kind: GLUEBERRY_EVENT_OP_DONE, tag: done.tag, ..EMPTY };
    match &done.outcome {
        Err(error) => glueberry_event_view_t { status: status_of(error), ..view },
        Ok(Yield::Peer(peer)) => {
            glueberry_event_view_t { has_peer: 1, peer: peer_out(*peer), ..view }
        }
        Ok(Yield::Flag(flag)) => glueberry_event_view_t { flag: i32::from(*flag), ..view },
        Ok(_) => view,
    }
}

fn unwritten_of(event: &glueberry_event_t, index: usize) -> Option<glueberry_unwritten_t> {
    let (found, stream) = (event.unwritten().get(index)?, event.texts().unwritten.get(index)?);
    Some(glueberry_unwritten_t {
        size: 0,
        reserved: 0,
        stream: stream.as_ptr(),
        messages: found.messages,
        bytes: found.bytes,
    })
}

impl Texts {
    fn of(notice: &Notice) -> Self {
        match notice {
            Notice::Event(event) => Self::of_kind(&event.kind),
            Notice::Done(done) => Self::of_outcome(done),
        }
    }

    fn of_kind(kind: &EventKind) -> Self {
        let texts = Self { stream: stream_of(kind).map(c_text), ..Self::default() };
        match kind {
            EventKind::ListenAddress { address } => {
                Self { address: Some(c_text(&address.to_string())), ..texts }
            }
            EventKind::PeerConnected { address, .. }
            | EventKind::ConnectionDenied { address, .. } => {
                Self { address: Some(c_text(address)), ..texts }
            }
            EventKind::PeerDisconnected { unwritten, .. } => {
                let streams = unwritten.iter().map(|one| c_text(one.stream.as_str()));
                Self { unwritten: streams.collect(), ..texts }
            }
            EventKind::Warning { detail, .. } => Self { detail: Some(c_text(detail)), ..texts },
            _ => texts,
        }
    }

    fn of_outcome(done: &Done) -> Self {
        match &done.outcome {
            Err(error) => {
                let error = glueberry_error_t::give(error.clone());
                // SAFETY: `give` made it of a box.
                Self { error: unsafe { take(error) }, ..Self::default() }
            }
            Ok(Yield::Addresses(all)) => {
                let addresses = all.iter().map(|one| c_text(&one.to_string())).collect();
                Self { addresses, ..Self::default() }
            }
            Ok(_) => Self::default(),
        }
    }
}

fn stream_of(kind: &EventKind) -> Option<&str> {
    match kind {
        EventKind::StreamOpened { stream, .. }
        | EventKind::StreamDegraded { stream, .. }
        | EventKind::StreamRecovered { stream, .. }
        | EventKind::StreamClosed { stream, .. }
        | EventKind::StreamPressure { stream, .. }
        | EventKind::DecryptionFailed { stream, .. }
        | EventKind::Warning { stream: Some(stream), .. } => Some(stream.as_str()),
        _ => None,
    }
}

const NOBODY: glueberry_peer_id_t = glueberry_peer_id_t { key: [0; 32] };

/// Says nothing.
const EMPTY: glueberry_event_view_t = glueberry_event_view_t {
    size: 0,
    kind: 0,
    time_ms: 0,
    peer: NOBODY,
    has_peer: 0,
    is_inbound: 0,
    session: 0,
    stream: std::ptr::null(),
    address: std::ptr::null(),
    detail: std::ptr::null(),
    reason: 0,
    close_reason: 0,
    denial: 0,
    code: 0,
    direction: 0,
    level: 0,
    attempt: 0,
    status: 0,
    delay_ms: 0,
    until_ms: 0,
    bytes: 0,
    missed: 0,
    suppressed: 0,
    tag: 0,
    error: std::ptr::null(),
    flag: 0,
    reserved: 0,
    unwritten_count: 0,
    address_count: 0,
};
