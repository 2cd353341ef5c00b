//! The way out of every function: no panic leaves, and an error is told with all that is known of
//! it.

use std::error::Error as _;

use glueberry_core::embed::contained;
use glueberry_core::{Error, Result};
use serde_json::json;

/// Runs what a function does. A panic becomes an error, and every error an exception.
pub(crate) fn guard<T>(body: impl FnOnce() -> Result<T>) -> napi::Result<T> {
    contained(body).map_err(|error| napi::Error::from_reason(told(&error)))
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
