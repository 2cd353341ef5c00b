//! The arguments of a command.

use std::time::Duration;

use glueberry_core::{Call, PeerId, Result as GlueberryResult};
use serde_json::Value;

use crate::answer::Answer;

/// A command's members.
pub(crate) struct Arguments {
    command: Value,
}

impl Arguments {
    pub(crate) fn new(command: Value) -> Self {
        Self { command }
    }

    pub(crate) fn value(&self, name: &str) -> Result<&Value, Answer> {
        self.command
            .get(name)
            .ok_or_else(|| Answer::fault(format!("the argument {name} is missing")))
    }

    pub(crate) fn optional(&self, name: &str) -> Option<&Value> {
        self.command.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, name: &str) -> Result<&str, Answer> {
        self.value(name)?.as_str().ok_or_else(|| no_such(name, "text"))
    }

    pub(crate) fn texts(&self, name: &str) -> Result<Vec<&str>, Answer> {
        let list = self.value(name)?.as_array().ok_or_else(|| no_such(name, "list"))?;
        list.iter()
            .map(|text| text.as_str().ok_or_else(|| no_such(name, "list of texts")))
            .collect()
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, Answer> {
        let number = |value: &Value| value.as_u64().ok_or_else(|| no_such(name, "number"));
        self.optional(name).map(number).transpose()
    }

    pub(crate) fn count(&self) -> Result<usize, Answer> {
        let count = self.number("count")?.unwrap_or(1);
        usize::try_from(count).map_err(|_| no_such("count", "count"))
    }

    pub(crate) fn peer(&self) -> Result<PeerId, Answer> {
        Ok(self.text("peer")?.parse()?)
    }

    pub(crate) fn within(&self) -> Result<Option<Duration>, Answer> {
        Ok(self.number("within_ms")?.map(Duration::from_millis))
    }

    /// Makes a call, with the command's deadline.
    pub(crate) async fn limited<T>(
        &self,
        call: Call<impl Future<Output = GlueberryResult<T>>>,
    ) -> Result<T, Answer> {
        Ok(match self.within()? {
            Some(within) => call.timeout(within).await?,
            None => call.await?,
        })
    }
}

fn no_such(name: &str, kind: &str) -> Answer {
    Answer::fault(format!("the argument {name} is no {kind}"))
}
