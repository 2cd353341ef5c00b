//! What goes wrong, as the languages are told.

use std::error::Error as _;

use glueberry_core::embed::contained;
use glueberry_core::{Error, Result};

/// An error. Fields are not called `message` and `cause`, which Kotlin's exceptions have already.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum Fault {
    /// Whatever it is: the number says which.
    #[error("{text}")]
    Told {
        /// The number of the code.
        code: i32,
        /// All that is known, in one line.
        text: String,
        /// What happened this time, alone.
        detail: String,
        /// The peer it is about.
        peer: Option<String>,
        /// The stream it is about.
        stream: Option<String>,
        /// What lies behind it, the nearest first.
        reasons: Vec<String>,
    },
}

/// What every function returns.
pub type Told<T> = std::result::Result<T, Fault>;

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let reasons = std::iter::successors(error.source(), |&reason| reason.source());
        Self::Told {
            code: error.code().number().into(),
            text: error.to_string(),
            detail: error.message().to_owned(),
            peer: error.peer().map(|peer| peer.to_string()),
            stream: error.stream().map(ToString::to_string),
            reasons: reasons.map(ToString::to_string).collect(),
        }
    }
}

/// Runs what a function does. A panic becomes an error.
pub(crate) fn guard<T>(body: impl FnOnce() -> Result<T>) -> Told<T> {
    contained(body).map_err(Fault::from)
}
