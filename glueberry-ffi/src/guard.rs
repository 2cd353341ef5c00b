//! The one guard around every entry: no panic leaves, nothing runs after a fork, errors go out.

use std::panic::{AssertUnwindSafe, catch_unwind};

use glueberry_core::embed::{fault, fork};
use glueberry_core::{Error, ErrorCode, Result};

use crate::error::glueberry_error_t;

/// A status that is no failure.
pub(crate) type Status = i32;

/// Runs an entry that returns a status, and hands its error out if the caller wants it.
pub(crate) unsafe fn entry(
    err: *mut *mut glueberry_error_t,
    body: impl FnOnce() -> Result<Status>,
) -> i32 {
    let outcome = fork::check().and_then(|()| contained(body));
    // SAFETY: the caller's promise, passed on.
    unsafe { deliver(err, outcome) }
}

/// Makes a status of an outcome, and hands its error out if the caller wants it.
pub(crate) unsafe fn deliver(err: *mut *mut glueberry_error_t, outcome: Result<Status>) -> i32 {
    // SAFETY: the caller promises that `err` is NULL or valid.
    let err = unsafe { err.as_mut() };
    let (status, error) = match outcome {
        Ok(status) => (status, std::ptr::null_mut()),
        Err(error) if err.is_none() => (status_of(&error), std::ptr::null_mut()),
        Err(error) => (status_of(&error), glueberry_error_t::give(error)),
    };
    if let Some(err) = err {
        *err = error;
    }
    status
}

/// Runs an entry that returns a status and has no place for an error.
pub(crate) fn plain_entry(body: impl FnOnce() -> Result<Status>) -> i32 {
    // SAFETY: NULL is valid here.
    unsafe { entry(std::ptr::null_mut(), body) }
}

/// Runs an entry that returns a value without a status; `otherwise` stands for every failure.
pub(crate) fn value_entry<T>(otherwise: T, body: impl FnOnce() -> Option<T>) -> T {
    contained(|| Ok(body())).ok().flatten().unwrap_or(otherwise)
}

/// Runs a `_free`. In a forked child the memory is left alone: its threads are not there.
pub(crate) fn release(body: impl FnOnce()) {
    let freed = fork::check().and_then(|()| {
        contained(|| {
            body();
            Ok(())
        })
    });
    // Nobody is there to be told: after a fork there is nothing to do, and a panic was logged.
    drop(freed);
}

/// A panic becomes an error.
pub(crate) fn contained<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(|| {
        #[cfg(test)]
        forced::panic_if_asked();
        body()
    }))
    .unwrap_or_else(|panic| {
        // A panic's payload may itself panic when it is dropped.
        if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
            std::mem::forget(again);
        }
        Err(fault(ErrorCode::Panicked, "a fault inside Glueberry was caught"))
    })
}

/// The status of an error: minus its number.
pub(crate) fn status_of(error: &Error) -> i32 {
    -i32::from(error.code().number())
}

/// Lets a test see what every entry makes of a panic.
#[cfg(test)]
pub(crate) mod forced {
    use std::cell::Cell;

    thread_local! { static ASKED: Cell<bool> = const { Cell::new(false) } }

    /// The next entry on this thread panics.
    pub(crate) fn ask() {
        ASKED.set(true);
    }

    pub(super) fn panic_if_asked() {
        assert!(!ASKED.take(), "asked for by a test");
    }
}
