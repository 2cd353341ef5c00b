//! What is received: messages and events. Nothing is lost by waiting, or by giving a wait up.

use glueberry_core::Result;
use glueberry_core::embed::{self, Notice};
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::events;
use crate::guard::{Kept, entry};
use crate::message;
use crate::pending::{Outcome, Pending};

/// Received messages.
#[pyclass(frozen, module = "glueberry._glueberry")]
pub(crate) struct MessageQueue {
    queue: Kept<embed::MessageQueue>,
}

#[pymethods]
impl MessageQueue {
    /// What is there now, up to so many messages, and beyond the first so many bytes.
    fn drain<'py>(
        &self,
        py: Python<'py>,
        most: usize,
        most_bytes: usize,
    ) -> PyResult<Bound<'py, PyList>> {
        let batch = entry(py, || Ok(self.queue().drain_batch(most, most_bytes)))?;
        message::objects(py, &batch)
    }

    /// Waits until `drain` gives something: True; or until the end: False.
    fn ready(&self, py: Python<'_>) -> PyResult<Pending> {
        entry(py, || Ok(ready(self.queue())))
    }

    /// Whether it has ended, and all was taken.
    fn is_closed(&self, py: Python<'_>) -> PyResult<bool> {
        entry(py, || Ok(self.queue().is_closed()))
    }

    /// Ends it. What was not taken waits for the next consumer.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        entry(py, || {
            self.queue().close();
            Ok(())
        })
    }
}

impl MessageQueue {
    pub(crate) fn new(queue: embed::MessageQueue) -> Self {
        Self { queue: Kept::new(queue) }
    }

    fn queue(&self) -> &embed::MessageQueue {
        self.queue.get().expect("it is let go with the object only")
    }
}

/// What happens.
#[pyclass(frozen, module = "glueberry._glueberry")]
pub(crate) struct EventQueue {
    queue: Kept<embed::EventQueue>,
}

#[pymethods]
impl EventQueue {
    /// What is there now, up to so many events.
    fn drain<'py>(&self, py: Python<'py>, most: usize) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let notices = entry(py, || Ok(self.queue().drain(most)))?;
        let events = notices.into_iter().filter_map(|notice| match notice {
            Notice::Event(event) => Some(event),
            // Nobody begins operations: this is C's way.
            Notice::Done(_) => None,
        });
        events.map(|event| events::object(py, &event)).collect()
    }

    /// Waits until `drain` gives something: True; or until the end: False.
    fn ready(&self, py: Python<'_>) -> PyResult<Pending> {
        entry(py, || Ok(ready(self.queue())))
    }

    /// Whether it has ended, and all was taken.
    fn is_closed(&self, py: Python<'_>) -> PyResult<bool> {
        entry(py, || Ok(self.queue().is_closed()))
    }

    /// Ends it.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        entry(py, || {
            self.queue().close();
            Ok(())
        })
    }
}

impl EventQueue {
    pub(crate) fn new(queue: embed::EventQueue) -> Self {
        Self { queue: Kept::new(queue) }
    }

    fn queue(&self) -> &embed::EventQueue {
        self.queue.get().expect("it is let go with the object only")
    }
}

fn ready<S: embed::Source>(queue: &embed::Queue<S>) -> Pending {
    let queue = queue.clone();
    Pending::new(async move { Result::Ok(Outcome::Flag(queue.ready().await)) })
}
