//! What a callback belongs to: the caller's `user_data`, and its end.

use std::cell::Cell;
use std::ffi::c_void;

use glueberry_core::Result;

/// How a `user_data` is given up.
pub(crate) type Destroy = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// The caller's `user_data`. When it is dropped, `destroy` is called: once, after the last call, on
/// the thread that made the calls.
pub(crate) struct UserData {
    pointer: *mut c_void,
    destroy: Destroy,
}

// SAFETY: the caller gives it to the thread that calls back: the header says so.
unsafe impl Send for UserData {}

impl UserData {
    pub(crate) fn new(pointer: *mut c_void, destroy: Destroy) -> Self {
        Self { pointer, destroy }
    }

    pub(crate) fn pointer(&self) -> *mut c_void {
        self.pointer
    }
}

impl Drop for UserData {
    fn drop(&mut self) {
        let Some(destroy) = self.destroy.filter(|_| !REGISTERING.get()) else { return };
        // SAFETY: the caller's function for the caller's data; nobody uses it any more.
        unsafe { destroy(self.pointer) }
    }
}

/// Registers a callback. If that fails its [`UserData`] is dropped by this thread, in here, and stays
/// the caller's: `destroy` is not called. If it succeeds the calling thread may be done with it
/// before this returns.
pub(crate) fn register(with: impl FnOnce() -> Result<()>) -> Result<()> {
    let _registering = Registering::begin();
    with()
}

/// Until dropped, also by a panic.
struct Registering;

impl Registering {
    fn begin() -> Self {
        REGISTERING.set(true);
        Self
    }
}

impl Drop for Registering {
    fn drop(&mut self) {
        REGISTERING.set(false);
    }
}

thread_local! { static REGISTERING: Cell<bool> = const { Cell::new(false) } }

#[cfg(test)]
mod tests {
    use glueberry_core::ErrorCode;
    use glueberry_core::embed::fault;

    use super::*;

    unsafe extern "C" fn count(user_data: *mut c_void) {
        // SAFETY: the tests below pass a counter that outlives the call.
        unsafe { *user_data.cast::<u32>() += 1 }
    }

    fn user_data(counter: &mut u32) -> UserData {
        UserData::new(std::ptr::from_mut(counter).cast(), Some(count))
    }

    #[test]
    fn what_was_registered_is_destroyed_once() {
        let mut destroyed = 0;
        let data = user_data(&mut destroyed);
        let mut kept = None;
        register(|| {
            kept = Some(data);
            Ok(())
        })
        .unwrap();
        drop(kept);
        assert_eq!(destroyed, 1);
    }

    #[test]
    fn what_could_not_be_registered_stays_the_callers() {
        let mut destroyed = 0;
        let data = user_data(&mut destroyed);
        let refused = register(move || {
            drop(data);
            Err(fault(ErrorCode::QueueHasCallback, "taken"))
        });
        assert!(refused.is_err());
        assert_eq!(destroyed, 0);
    }

    #[test]
    fn a_callback_that_ends_elsewhere_before_its_registration_returns_is_destroyed() {
        let mut destroyed = 0;
        let data = user_data(&mut destroyed);
        register(move || {
            std::thread::spawn(move || drop(data)).join().unwrap();
            Ok(())
        })
        .unwrap();
        assert_eq!(destroyed, 1);
    }
}
