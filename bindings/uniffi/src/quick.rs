//! Messages past uniffi. For each call of uniffi JNA allocates several structures, which costs the JVM tens
//! of microseconds: too much for what is done with each message. Here only numbers and bytes cross. What
//! cannot be said with them, such as an error, is asked for again through the objects.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Poll, Wake};

use glueberry_core::embed::contained;
use parking_lot::RwLock;

use crate::fault::Told;
use crate::messages::NativeMessages;
use crate::records::size;
use crate::sends::Route;

/// Objects by number, as long as they live: as many as the language holds.
pub(crate) struct Numbers<T> {
    alive: RwLock<BTreeMap<i64, Weak<T>>>,
    next: AtomicI64,
}

pub(crate) static ROUTES: Numbers<Route> = Numbers::new();
pub(crate) static MESSAGES: Numbers<NativeMessages> = Numbers::new();

impl<T> Numbers<T> {
    const fn new() -> Self {
        Self { alive: RwLock::new(BTreeMap::new()), next: AtomicI64::new(1) }
    }

    /// A number for an object, never one that another had.
    pub(crate) fn enter(&self, object: &Arc<T>) -> i64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.alive.write().insert(number, Arc::downgrade(object));
        number
    }

    pub(crate) fn leave(&self, number: Option<&i64>) {
        if let Some(number) = number {
            self.alive.write().remove(number);
        }
    }

    /// What comes of the object; nothing if there is none, or if it panics.
    fn with<R>(&self, number: i64, act: impl FnOnce(&T) -> R) -> Option<R> {
        let object = self.alive.read().get(&number).and_then(Weak::upgrade)?;
        contained(|| Ok(act(&object))).ok()
    }
}

const QUEUED: i32 = 0;
const NO_ROOM: i32 = 1;
const NOT_SENT: i32 = 2;

/// [`Route::send`], as far as it need not wait: 0. If it has to, or fails, something else.
///
/// # Safety
/// `message` points to `length` bytes, and nobody writes to them during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_uniffi_send(route: i64, message: *const u8, length: i32) -> i32 {
    // SAFETY: as the caller promises.
    let message = unsafe { bytes(message, length) };
    outcome(ROUTES.with(route, |route| route.send_now(message)))
}

/// [`Route::try_send`]: 0 if the message is queued, 1 if there is no room; something else if it fails.
///
/// # Safety
/// As [`glueberry_uniffi_send`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_uniffi_try_send(
    route: i64,
    message: *const u8,
    length: i32,
) -> i32 {
    // SAFETY: as the caller promises.
    let message = unsafe { bytes(message, length) };
    outcome(ROUTES.with(route, |route| route.send_if_room(message)))
}

fn outcome(sent: Option<Told<bool>>) -> i32 {
    match sent {
        Some(Ok(true)) => QUEUED,
        Some(Ok(false)) => NO_ROOM,
        Some(Err(_)) | None => NOT_SENT,
    }
}

/// [`NativeMessages::drain`] into these bytes: how many messages. If it fails, they do not fit, or there
/// are new origins: -1, and `drain` gives them.
///
/// # Safety
/// `room` points to `length` bytes, and nobody else reads or writes them during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_uniffi_drain(
    messages: i64,
    most: i32,
    most_bytes: i32,
    room: *mut u8,
    length: i32,
) -> i32 {
    // SAFETY: as the caller promises.
    let room = unsafe { std::slice::from_raw_parts_mut(room, size(length)) };
    let drained = MESSAGES.with(messages, |messages| messages.drain_into(most, most_bytes, room));
    drained.flatten().unwrap_or(-1)
}

/// [`NativeMessages::ready`], as far as it need not wait: 1 for true, 0 for false. If it has to: -1, and
/// `rung` is called once, from any thread, when it is worth asking again. A wait takes the place of the one
/// before, which may still be called. If it fails: -2.
#[unsafe(no_mangle)]
pub extern "C" fn glueberry_uniffi_ready(messages: i64, rung: Rung, token: i64) -> i32 {
    let bell = Arc::new(Bell { rung, token, is_used: AtomicBool::new(false) });
    match MESSAGES.with(messages, |messages| messages.poll_ready(&bell.into())) {
        Some(Poll::Ready(is_ready)) => is_ready.into(),
        Some(Poll::Pending) => -1,
        None => -2,
    }
}

type Rung = extern "C" fn(token: i64);

/// Calls once.
struct Bell {
    rung: Rung,
    token: i64,
    is_used: AtomicBool,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        if !self.is_used.swap(true, Ordering::Relaxed) {
            (self.rung)(self.token);
        }
    }
}

/// # Safety
/// `from` points to `length` bytes, which stay as they are for as long as they are used.
unsafe fn bytes<'a>(from: *const u8, length: i32) -> &'a [u8] {
    match size(length) {
        0 => &[],
        // SAFETY: as the caller promises.
        length => unsafe { std::slice::from_raw_parts(from, length) },
    }
}
