//! Sending past uniffi. For each call of uniffi JNA allocates several structures, some 70 µs in all: too
//! much for what is done with each message. Here only numbers and bytes cross. What these functions
//! cannot say, such as an error, is asked for again through [`Route`].

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Weak};

use glueberry_core::embed::contained;
use parking_lot::RwLock;

use crate::fault::Told;
use crate::sends::Route;

/// What numbers stand for: routes that are alive, so there are as many as the languages hold.
static ROUTES: RwLock<BTreeMap<i64, Weak<Route>>> = RwLock::new(BTreeMap::new());

const QUEUED: i32 = 0;
const NO_ROOM: i32 = 1;
/// Why, the other way of sending tells.
const NOT_SENT: i32 = 2;

/// Gives a route a number, never one that another had.
pub(crate) fn enter(route: &Arc<Route>) -> i64 {
    static NEXT: AtomicI64 = AtomicI64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    ROUTES.write().insert(number, Arc::downgrade(route));
    number
}

pub(crate) fn leave(number: i64) {
    ROUTES.write().remove(&number);
}

/// [`Route::send`], as far as it need not wait.
///
/// # Safety
/// `message` points to `length` bytes, and nobody writes to them during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_uniffi_send(
    route: i64,
    message: *const u8,
    length: i32,
) -> i32 {
    // SAFETY: as the caller promises.
    unsafe { on(route, message, length, Route::send_now) }
}

/// [`Route::try_send`].
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
    unsafe { on(route, message, length, Route::send_if_room) }
}

/// # Safety
/// As [`glueberry_uniffi_send`].
unsafe fn on(
    number: i64,
    message: *const u8,
    length: i32,
    send: fn(&Route, &[u8]) -> Told<bool>,
) -> i32 {
    let Ok(length) = usize::try_from(length) else { return NOT_SENT };
    let bytes = match length {
        0 => &[],
        // SAFETY: as the caller promises.
        _ => unsafe { std::slice::from_raw_parts(message, length) },
    };
    let sent = contained(|| {
        let route = ROUTES.read().get(&number).and_then(Weak::upgrade);
        Ok(route.map(|route| send(&route, bytes)))
    });
    match sent {
        Ok(Some(Ok(true))) => QUEUED,
        Ok(Some(Ok(false))) => NO_ROOM,
        _ => NOT_SENT,
    }
}
