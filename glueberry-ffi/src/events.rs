//! The queue of events: pulled, polled or called back.

use std::ffi::c_void;

use glueberry_core::embed::{EventQueue, Notice};
use glueberry_core::{EventFilter, EventName, PeerId, Result};

use crate::arguments::{invalid, items, place, timeout};
use crate::callbacks::{UserData, register};
use crate::error::glueberry_error_t;
use crate::event::{GLUEBERRY_EVENT_OP_DONE, glueberry_event_t};
use crate::guard::release;
use crate::node::{Child, Standing, asking, child_entry, glueberry_node_t};
use crate::outputs::{Slot, give, take};
use crate::peer_id::{glueberry_peer_id_t, parse_peer};
use crate::queue::{Array, put_one};
use crate::sized::{self, Growing};
use crate::status::GLUEBERRY_OK;

/// A queue of events and completions of one node. Any thread, concurrently, but for its `_free`.
#[allow(non_camel_case_types)]
pub struct glueberry_events_t {
    pub(crate) queue: EventQueue,
    standing: Standing,
}

impl Child for glueberry_events_t {
    fn standing(&self) -> &Standing {
        &self.standing
    }
}

/// Which events a queue wants: set its `size` before. `LAGGED` and `OP_DONE` always come.
#[allow(non_camel_case_types)]
#[repr(C)]
#[derive(Clone, Copy)]
pub struct glueberry_event_filter_t {
    /// `sizeof(glueberry_event_filter_t)`
    pub size: u32,
    /// 0
    pub reserved: u32,
    /// NULL: of all peers, and of none.
    pub peers: *const glueberry_peer_id_t,
    /// How many peers.
    pub peer_count: usize,
    /// `GLUEBERRY_EVENT_*`; NULL: of all kinds.
    pub kinds: *const i32,
    /// How many kinds.
    pub kind_count: usize,
}

// SAFETY: the size comes first; integers and pointers follow.
unsafe impl Growing for glueberry_event_filter_t {
    const FIRST: usize = 8 + 4 * size_of::<usize>();
}

/// Who is called back for events: set its `size` before.
#[allow(non_camel_case_types)]
#[repr(C)]
#[derive(Clone, Copy)]
pub struct glueberry_event_callback_t {
    /// `sizeof(glueberry_event_callback_t)`
    pub size: u32,
    /// 0
    pub reserved: u32,
    /// Is passed to the functions; may be NULL.
    pub user_data: *mut c_void,
    /// The event is `[borrowed]` for the time of the call: clone it to keep it.
    pub on_event:
        Option<unsafe extern "C" fn(user_data: *mut c_void, event: *const glueberry_event_t)>,
    /// Comes exactly once, after the last call, on the thread of the calls; may be NULL.
    pub destroy: Option<unsafe extern "C" fn(user_data: *mut c_void)>,
}

// SAFETY: the size comes first; integers, pointers and optional functions follow.
unsafe impl Growing for glueberry_event_callback_t {
    const FIRST: usize = 8 + 3 * size_of::<usize>();
}

/// Subscribes to events, from now on. Any number of queues may be open; each holds as many events as
/// `glueberry_config_set_event_buffer` says, then the oldest are dropped and `LAGGED` tells how many.
/// It never waits.
///
/// - `node` `[in]`
/// - `filter` `[in]`: NULL is every event.
/// - `events` `[out, owned]`: outlives the node, and ends with it.
/// - `err` `[out, owned]`: may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_events(
    node: *const glueberry_node_t,
    filter: *const glueberry_event_filter_t,
    events: *mut *mut glueberry_events_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        asking(node, err, events, "events", |node| {
            let queue = node.host.events(filter_in(filter)?);
            Ok(give(glueberry_events_t { queue, standing: node.standing.clone() }))
        })
    }
}

/// Waits for the next event. Several threads may wait; each event goes to one of them.
///
/// - `events` `[in]`
/// - `timeout_ms`: -1 waits until there is one, or the end; 0 does not wait.
/// - `event` `[out, owned]`: NULL unless this returns OK.
///
/// Returns `OK`; `TIMEOUT` when none came in time; `CLOSED` at the end. Errors: `QUEUE_HAS_CALLBACK`;
/// `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_events_next(
    events: *const glueberry_events_t,
    timeout_ms: i64,
    event: *mut *mut glueberry_event_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        let slot = Slot::cleared(event);
        child_entry(events, "events", std::ptr::null_mut(), |events| {
            let (place, within) = (slot.needed("event")?, timeout(timeout_ms)?);
            Ok(put_one(events.queue.next(within)?, place, glueberry_event_t::give))
        })
    }
}

/// Takes what is there now. It never waits.
///
/// - `events` `[in]`
/// - `max`: how many events the array has room for; at least 1.
/// - `array` `[out, owned]`: each event has to be freed.
/// - `count` `[out]`: how many events came.
///
/// Returns `OK`; `TIMEOUT` if there was none; `CLOSED` at the end. Errors: `QUEUE_HAS_CALLBACK`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_events_drain(
    events: *const glueberry_events_t,
    max: usize,
    array: *mut *mut glueberry_event_t,
    count: *mut usize,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        let array = Array::cleared(array, count);
        child_entry(events, "events", std::ptr::null_mut(), |events| {
            Array::fill(array, max, &events.queue, glueberry_event_t::give)
        })
    }
}

/// A file descriptor that is readable while `glueberry_events_next` would not wait: for `poll`,
/// `epoll` and event loops. Only poll it: it must not be read, written or closed. It never waits.
///
/// - `events` `[in]`
/// - `fd` `[out]` `[borrowed: events]`: valid until `glueberry_events_free`; -1 on failure.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `QUEUE_HAS_CALLBACK`; `INTERNAL` when this process has no file descriptors left.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_events_fd(
    events: *const glueberry_events_t,
    fd: *mut i32,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        if let Some(fd) = fd.as_mut() {
            *fd = NO_FD;
        }
        child_entry(events, "events", err, |events| {
            let fd = place(fd, "fd")?;
            *fd = events.queue.fd()?;
            Ok(GLUEBERRY_OK)
        })
    }
}

/// Lets the library call back for each event, on one thread per node (`glueberry-calls`), one call
/// at a time, with no lock held. A blocking call in there fails with `WOULD_DEADLOCK`; everything
/// that does not wait is allowed, also every `_free`, `_close` and `_start`. It never waits.
///
/// - `events` `[in]`
/// - `callback` `[in]`: is copied. If this call fails, `user_data` stays the caller's, and `destroy`
///   is not called.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `QUEUE_HAS_CALLBACK`, also while somebody waits in `glueberry_events_next`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_events_set_callback(
    events: *const glueberry_events_t,
    callback: *const glueberry_event_callback_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        child_entry(events, "events", err, |events| {
            let callback = sized::read(callback, "callback")?;
            let missing = || invalid("callback.on_event is NULL");
            let on_event = callback.on_event.ok_or_else(missing)?;
            let user_data = UserData::new(callback.user_data, callback.destroy);
            register(|| events.queue.call_back(calling(on_event, user_data)))?;
            Ok(GLUEBERRY_OK)
        })
    }
}

/// Ends the calls back; from then on the queue can be pulled. Without a callback it does nothing. It
/// never waits: a call may still be under way, and `destroy` follows it.
///
/// - `events` `[in]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_events_clear_callback(events: *const glueberry_events_t) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        child_entry(events, "events", std::ptr::null_mut(), |events| {
            events.queue.stop_calling_back();
            Ok(GLUEBERRY_OK)
        })
    }
}

/// Closes a queue: all waiters wake, `glueberry_events_next` gives `CLOSED` at once, and completions
/// that it still gets are discarded. Again, it does nothing. It never waits.
///
/// - `events` `[in]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_events_close(events: *const glueberry_events_t) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        child_entry(events, "events", std::ptr::null_mut(), |events| {
            events.queue.close();
            Ok(GLUEBERRY_OK)
        })
    }
}

/// Closes a queue, and frees it when no other thread uses it any more. It never waits, and is
/// allowed inside a callback; its own `destroy` follows.
///
/// - `events` `[in]`: NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_events_free(events: *mut glueberry_events_t) {
    release(|| {
        // SAFETY: the caller's promise, passed on.
        let Some(events) = (unsafe { take(events) }) else { return };
        events.queue.close();
    });
}

/// A filter that the caller gives.
unsafe fn filter_in(filter: *const glueberry_event_filter_t) -> Result<EventFilter> {
    if filter.is_null() {
        return Ok(EventFilter::all());
    }
    // SAFETY: the caller's promises, passed on.
    let (peers, kinds) = unsafe {
        let filter = sized::read(filter, "filter")?;
        let peers = items(filter.peers, filter.peer_count, "filter.peers")?;
        let kinds = items(filter.kinds, filter.kind_count, "filter.kinds")?;
        (
            Some(peers).filter(|_| !filter.peers.is_null()),
            Some(kinds).filter(|_| !filter.kinds.is_null()),
        )
    };
    let mut wanted = EventFilter::all();
    if let Some(peers) = peers {
        wanted = wanted.peers(peers.iter().map(parse_peer).collect::<Result<Vec<PeerId>>>()?);
    }
    if let Some(kinds) = kinds {
        wanted = wanted.kinds(kinds_in(kinds)?);
    }
    Ok(wanted)
}

fn kinds_in(kinds: &[i32]) -> Result<Vec<EventName>> {
    // Completions are no events of the node: they come whether they are wanted or not.
    let events = kinds.iter().filter(|kind| **kind != GLUEBERRY_EVENT_OP_DONE);
    events.map(|kind| kind_in(*kind)).collect()
}

fn kind_in(kind: i32) -> Result<EventName> {
    let mut all = EventName::ALL.iter().copied();
    let found = all.find(|name| i32::from(name.number()) == kind);
    found.ok_or_else(|| invalid(format!("filter.kinds has {kind}, which is no kind of event")))
}

fn calling(
    on_event: unsafe extern "C" fn(*mut c_void, *const glueberry_event_t),
    user_data: UserData,
) -> impl FnMut(Notice) + Send {
    move |item| {
        let event = glueberry_event_t::new(item);
        // SAFETY: the caller's function, with the caller's data; the event lives through the call.
        unsafe { on_event(user_data.pointer(), &raw const event) }
    }
}

/// No file descriptor is negative.
const NO_FD: i32 = -1;
