//! The one guard around every entry: no panic leaves, nothing runs after a fork, errors go out.

use glueberry_core::Result;
use glueberry_core::embed::{contained, fork};
use pyo3::prelude::*;

use crate::errors::raise;

/// Runs an entry. A fault in it becomes an exception of the package's own.
pub(crate) fn entry<T>(py: Python<'_>, body: impl FnOnce() -> Result<T>) -> PyResult<T> {
    let outcome = match fork::check() {
        Ok(()) => contained(body),
        Err(error) => Err(error),
    };
    outcome.map_err(|error| raise(py, &error))
}

/// As [`entry`], for what may take long: others run Python meanwhile.
pub(crate) fn detached_entry<T: Send>(
    py: Python<'_>,
    body: impl FnOnce() -> Result<T> + Send,
) -> PyResult<T> {
    entry(py, || py.detach(body))
}

/// Something of the library that an object of Python owns. In a forked child it is left alone when
/// the object goes: the threads that would end it are not there.
pub(crate) struct Kept<T>(Option<T>);

impl<T> Kept<T> {
    pub(crate) fn new(kept: T) -> Self {
        Self(Some(kept))
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }

    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        self.0.as_mut()
    }

    /// Lets it go now.
    pub(crate) fn release(&mut self) {
        let kept = self.0.take();
        if fork::check().is_err() {
            std::mem::forget(kept);
            return;
        }
        // Nobody is there to be told of a fault: it was logged.
        drop(contained(|| {
            drop(kept);
            Ok(())
        }));
    }
}

impl<T> Drop for Kept<T> {
    fn drop(&mut self) {
        self.release();
    }
}

/// Says that this process is a forked child.
#[pyfunction]
pub(crate) fn mark_forked() {
    fork::mark();
}
