//! Why a file is no address book.

use std::fmt;

use super::{MAX_PEERS, VERSION};
use crate::error::Fault;

/// A place in a file: line and column, each counted from 1; columns are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The byte in the line.
    pub column: usize,
}

impl Position {
    /// Where `offset` is in `text`.
    pub(super) fn of(text: &[u8], offset: usize) -> Self {
        let before = &text[..offset.min(text.len())];
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let line = before.split(|byte| *byte == b'\n').count();
        Self { line, column: before.len() - line_start + 1 }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why a file is no address book. Nothing of it was taken.
///
/// The text never holds what the file holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BookError {
    /// It is not UTF-8, which JSON has to be.
    #[error("at {0}: no UTF-8")]
    NotText(Position),
    /// It is not JSON, or its end is missing.
    #[error("at {position}: {complaint}")]
    NotJson {
        /// Where it stops being JSON.
        position: Position,
        /// What the JSON parser says.
        complaint: String,
    },
    /// It is JSON, but something else stands where this should be.
    #[error("at {position}: expected {expected}")]
    Unexpected {
        /// Where.
        position: Position,
        /// What should stand there.
        expected: &'static str,
    },
    /// It has more entries than are read.
    #[error("at {position}: more than {MAX_PEERS} entries")]
    TooMany {
        /// Where the object with too many fields begins.
        position: Position,
    },
    /// A later version wrote it. It is not damaged.
    #[error("it has version {0}; this program reads version {VERSION}")]
    Version(i64),
}

impl BookError {
    /// Ours: an address book is written by its own operator's programs.
    #[must_use]
    pub fn fault(&self) -> Fault {
        Fault::Ours
    }
}
