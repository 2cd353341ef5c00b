//! No panic crosses into another language.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Error, ErrorCode, Result};

/// Runs what a function of a binding does. A panic in it becomes [`ErrorCode::Panicked`].
///
/// # Errors
/// Those of the body.
pub fn contained<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        // A panic's payload may itself panic when it is dropped.
        if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
            std::mem::forget(again);
        }
        Err(Error::new(ErrorCode::Panicked, "a fault inside Glueberry was caught"))
    })
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    struct PanicsAgain;

    impl Drop for PanicsAgain {
        fn drop(&mut self) {
            panic!("again");
        }
    }

    #[test]
    fn a_panic_becomes_an_error() {
        let fault = contained::<()>(|| panic!("once")).unwrap_err();
        assert_eq!(fault.code(), ErrorCode::Panicked);
    }

    #[test]
    fn a_panic_whose_payload_panics_too_becomes_an_error() {
        let fault = contained::<()>(|| panic_any(PanicsAgain)).unwrap_err();
        assert_eq!(fault.code(), ErrorCode::Panicked);
    }
}
