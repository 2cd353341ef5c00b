//! What became of a command.

use glueberry_core::{Error, ErrorCode};
use serde_json::{Map, Value, json};

use crate::told;

/// What became of a command: `Err` is for `?`, and holds an answer too.
pub(crate) type Outcome = Result<Answer, Answer>;

/// An answer without its id.
pub(crate) struct Answer {
    members: Map<String, Value>,
}

impl Answer {
    /// It is done, and there is nothing to tell.
    pub(crate) fn done() -> Self {
        Self::with(json!({}))
    }

    /// It is done, with this to tell.
    pub(crate) fn with(members: Value) -> Self {
        Self::of(json!({ "ok": true })).and(members)
    }

    /// Its time was over.
    pub(crate) fn timed_out() -> Self {
        Self::of(json!({ "timed_out": true }))
    }

    /// The library failed it.
    pub(crate) fn failed(error: &Error) -> Self {
        Self::of(json!({ "error": told::error(error) }))
    }

    /// This driver knows no such command.
    pub(crate) fn lacks(command: &str) -> Self {
        Self::of(json!({ "lacks": command }))
    }

    /// The command cannot be obeyed.
    pub(crate) fn fault(why: impl Into<String>) -> Self {
        Self::of(json!({ "fault": why.into() }))
    }

    /// With more members.
    pub(crate) fn and(mut self, members: Value) -> Self {
        if let Value::Object(members) = members {
            self.members.extend(members);
        }
        self
    }

    /// As a line.
    pub(crate) fn told(mut self, id: &Value) -> Value {
        self.members.insert("id".into(), id.clone());
        Value::Object(self.members)
    }

    fn of(members: Value) -> Self {
        Self { members: Map::new() }.and(members)
    }
}

/// A deadline that was over is no failure on the wire.
impl From<Error> for Answer {
    fn from(error: Error) -> Self {
        if error.code() == ErrorCode::TimedOut { Self::timed_out() } else { Self::failed(&error) }
    }
}
