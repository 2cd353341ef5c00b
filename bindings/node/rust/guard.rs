//! The way out of every function: no panic leaves, and an error is told with all that is known of
//! it.

use std::error::Error as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use glueberry_core::embed::fault;
use glueberry_core::{Error, ErrorCode, Result};
use serde_json::json;

/// Runs what a function does. A panic becomes an error, and every error an exception.
pub(crate) fn guard<T>(body: impl FnOnce() -> Result<T>) -> napi::Result<T> {
    contained(body).map_err(|error| napi::Error::from_reason(told(&error)))
}

/// A panic becomes an error.
pub(crate) fn contained<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        // A panic's payload may itself panic when it is dropped.
        if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
            std::mem::forget(again);
        }
        Err(fault(ErrorCode::Panicked, "a fault inside Glueberry was caught"))
    })
}

/// An error as one line, which `ts/errors.ts` reads.
pub(crate) fn told(error: &Error) -> String {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(found) = cause {
        causes.push(found.to_string());
        cause = found.source();
    }
    let told = json!({
        "code": error.code().name(),
        "message": error.to_string(),
        "peer": error.peer().map(|peer| peer.to_string()),
        "stream": error.stream().map(ToString::to_string),
        "causes": causes,
    });
    format!("{MARK}{told}")
}

/// How `ts/errors.ts` tells our errors from those of Node-API.
const MARK: &str = "glueberry:";
