//! The queue of messages: pulled, polled or called back.

use std::ffi::{c_char, c_void};

use glueberry_core::Message;
use glueberry_core::embed::MessageQueue;

use crate::arguments::{invalid, place, text, timeout};
use crate::callbacks::{UserData, register};
use crate::error::glueberry_error_t;
use crate::guard::release;
use crate::message::glueberry_message_t;
use crate::node::{Child, Standing, asking, child_entry, glueberry_node_t};
use crate::outputs::{Slot, give, take};
use crate::queue::{Array, put_one};
use crate::sized::{self, Growing};
use crate::status::GLUEBERRY_OK;

/// A queue of received messages. Any thread, concurrently, but for its `_free`.
#[allow(non_camel_case_types)]
pub struct glueberry_messages_t {
    queue: MessageQueue,
    standing: Standing,
}

impl Child for glueberry_messages_t {
    fn standing(&self) -> &Standing {
        &self.standing
    }
}

/// Who is called back for messages: set its `size` before.
#[allow(non_camel_case_types)]
#[repr(C)]
#[derive(Clone, Copy)]
pub struct glueberry_message_callback_t {
    /// `sizeof(glueberry_message_callback_t)`
    pub size: u32,
    /// 0
    pub reserved: u32,
    /// Is passed to the functions; may be NULL.
    pub user_data: *mut c_void,
    /// The message is `[borrowed]` for the time of the call: clone it to keep it.
    pub on_message:
        Option<unsafe extern "C" fn(user_data: *mut c_void, message: *const glueberry_message_t)>,
    /// Comes exactly once, after the last call, on the thread of the calls; may be NULL.
    pub destroy: Option<unsafe extern "C" fn(user_data: *mut c_void)>,
}

// SAFETY: the size comes first; integers, pointers and optional functions follow.
unsafe impl Growing for glueberry_message_callback_t {
    const FIRST: usize = 8 + 3 * size_of::<usize>();
}

/// Takes the messages of one stream, from all peers, fairly merged. While they are not read, no more
/// than the stream's receive buffer waits for each peer, and then the peer's `send` waits. It never
/// waits.
///
/// - `node` `[in]`
/// - `stream` `[in]`: its name, of `len` bytes or `GLUEBERRY_NTS`; `handshake` with
///   `GLUEBERRY_HANDSHAKE_APP`.
/// - `messages` `[out, owned]`: outlives the node, and ends with it when all was read.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `INVALID_STREAM_NAME`; `CONSUMER_TAKEN` while another queue has the stream.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_messages(
    node: *const glueberry_node_t,
    stream: *const c_char,
    len: usize,
    messages: *mut *mut glueberry_messages_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        asking(node, err, messages, "messages", |node| {
            let queue = node.host.messages(text(stream, len, "stream")?)?;
            Ok(give(glueberry_messages_t { queue, standing: node.standing.clone() }))
        })
    }
}

/// Takes the messages of all streams, from all peers, fairly merged. It never waits.
///
/// - `node` `[in]`
/// - `messages` `[out, owned]`: outlives the node, and ends with it when all was read.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `CONSUMER_TAKEN` while any stream has a queue.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_node_all_messages(
    node: *const glueberry_node_t,
    messages: *mut *mut glueberry_messages_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        asking(node, err, messages, "messages", |node| {
            let queue = node.host.all_messages()?;
            Ok(give(glueberry_messages_t { queue, standing: node.standing.clone() }))
        })
    }
}

/// Waits for the next message. Several threads may wait; each message goes to one of them.
///
/// - `messages` `[in]`
/// - `timeout_ms`: -1 waits until there is one, or the end; 0 does not wait.
/// - `message` `[out, owned]`: NULL unless this returns OK.
///
/// Returns `OK`; `TIMEOUT` when none came in time; `CLOSED` at the end. Errors: `QUEUE_HAS_CALLBACK`;
/// `WOULD_DEADLOCK` inside a callback, unless `timeout_ms` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_messages_next(
    messages: *const glueberry_messages_t,
    timeout_ms: i64,
    message: *mut *mut glueberry_message_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        let slot = Slot::cleared(message);
        child_entry(messages, "messages", std::ptr::null_mut(), |messages| {
            let (place, within) = (slot.needed("message")?, timeout(timeout_ms)?);
            Ok(put_one(messages.queue.next(within)?, place, glueberry_message_t::give))
        })
    }
}

/// Takes what is there now. It never waits.
///
/// - `messages` `[in]`
/// - `max`: how many messages the array has room for; at least 1.
/// - `array` `[out, owned]`: each message has to be freed.
/// - `count` `[out]`: how many messages came.
///
/// Returns `OK`; `TIMEOUT` if there was none; `CLOSED` at the end. Errors: `QUEUE_HAS_CALLBACK`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_messages_drain(
    messages: *const glueberry_messages_t,
    max: usize,
    array: *mut *mut glueberry_message_t,
    count: *mut usize,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        let array = Array::cleared(array, count);
        child_entry(messages, "messages", std::ptr::null_mut(), |messages| {
            Array::fill(array, max, &messages.queue, glueberry_message_t::give)
        })
    }
}

/// A file descriptor that is readable while `glueberry_messages_next` would not wait: for `poll`,
/// `epoll` and event loops. Only poll it: it must not be read, written or closed. It never waits.
///
/// - `messages` `[in]`
/// - `fd` `[out]` `[borrowed: messages]`: valid until `glueberry_messages_free`; -1 on failure.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `QUEUE_HAS_CALLBACK`; `INTERNAL` when this process has no file descriptors left.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_messages_fd(
    messages: *const glueberry_messages_t,
    fd: *mut i32,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        if let Some(fd) = fd.as_mut() {
            *fd = NO_FD;
        }
        child_entry(messages, "messages", err, |messages| {
            let fd = place(fd, "fd")?;
            *fd = messages.queue.fd()?;
            Ok(GLUEBERRY_OK)
        })
    }
}

/// Lets the library call back for each message, on one thread per node (`glueberry-calls`), one call
/// at a time, with no lock held. A blocking call in there fails with `WOULD_DEADLOCK`; everything
/// that does not wait is allowed, also every `_free`, `_close` and `_start`. It never waits.
///
/// - `messages` `[in]`
/// - `callback` `[in]`: is copied. If this call fails, `user_data` stays the caller's, and `destroy`
///   is not called.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `QUEUE_HAS_CALLBACK`, also while somebody waits in `glueberry_messages_next`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_messages_set_callback(
    messages: *const glueberry_messages_t,
    callback: *const glueberry_message_callback_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        child_entry(messages, "messages", err, |messages| {
            let callback = sized::read(callback, "callback")?;
            let missing = || invalid("callback.on_message is NULL");
            let on_message = callback.on_message.ok_or_else(missing)?;
            let user_data = UserData::new(callback.user_data, callback.destroy);
            register(|| messages.queue.call_back(calling(on_message, user_data)))?;
            Ok(GLUEBERRY_OK)
        })
    }
}

/// Ends the calls back; from then on the queue can be pulled. Without a callback it does nothing. It
/// never waits: a call may still be under way, and `destroy` follows it.
///
/// - `messages` `[in]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_messages_clear_callback(
    messages: *const glueberry_messages_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        child_entry(messages, "messages", std::ptr::null_mut(), |messages| {
            messages.queue.stop_calling_back();
            Ok(GLUEBERRY_OK)
        })
    }
}

/// Closes a queue: all waiters wake, and `glueberry_messages_next` gives `CLOSED` at once. The stream
/// is free for another queue, which gets what was not read. Again, it does nothing. It never waits.
///
/// - `messages` `[in]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_messages_close(messages: *const glueberry_messages_t) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        child_entry(messages, "messages", std::ptr::null_mut(), |messages| {
            messages.queue.close();
            Ok(GLUEBERRY_OK)
        })
    }
}

/// Closes a queue, and frees it when no other thread uses it any more. It never waits, and is
/// allowed inside a callback; its own `destroy` follows.
///
/// - `messages` `[in]`: NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_messages_free(messages: *mut glueberry_messages_t) {
    release(|| {
        // SAFETY: the caller's promise, passed on.
        let Some(messages) = (unsafe { take(messages) }) else { return };
        messages.queue.close();
    });
}

fn calling(
    on_message: unsafe extern "C" fn(*mut c_void, *const glueberry_message_t),
    user_data: UserData,
) -> impl FnMut(Message) + Send {
    move |item| {
        let message = glueberry_message_t::new(item);
        // SAFETY: the caller's function, with the caller's data; the message lives through the call.
        unsafe { on_message(user_data.pointer(), &raw const message) }
    }
}

/// No file descriptor is negative.
const NO_FD: i32 = -1;
