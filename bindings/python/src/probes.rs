//! For the tests of the package: what the library says of itself, and faults on demand.

use glueberry_core::embed;
use glueberry_core::{ErrorCode, Event};
use pyo3::prelude::*;

use crate::events;
use crate::guard::entry;
use crate::host::Host;
use crate::pending::{Outcome, Pending};

/// Every enumeration with its words and their numbers.
#[pyfunction]
pub(crate) fn vocabulary(py: Python<'_>) -> PyResult<Vec<embed::Enumeration>> {
    entry(py, || Ok(embed::vocabulary()))
}

/// Every error: its number, name, class, whether it is retriable, and its hint.
#[pyfunction]
pub(crate) fn error_table() -> Vec<(u16, &'static str, &'static str, bool, &'static str)> {
    let row = |code: &ErrorCode| {
        (code.number(), code.name(), code.class().name(), code.is_retriable(), code.hint())
    };
    ErrorCode::ALL.iter().map(row).collect()
}

/// One event of each kind, with the name and the names of the fields that the library has for it.
#[pyfunction]
pub(crate) fn event_samples(py: Python<'_>) -> PyResult<Vec<Sample<'_>>> {
    let sample = |event: Event| {
        let names = embed::fields(&event.kind).into_iter().map(|(name, _)| name).collect();
        Ok((events::object(py, &event)?, event.name().as_str(), names))
    };
    embed::samples().into_iter().map(sample).collect()
}

type Sample<'py> = (Bound<'py, PyAny>, &'static str, Vec<&'static str>);

/// Panics inside of an entry.
#[pyfunction]
pub(crate) fn panic_now(py: Python<'_>) -> PyResult<()> {
    entry(py, || panic!("on demand"))
}

/// Panics inside of a call that waits.
#[pyfunction]
pub(crate) fn panic_soon(py: Python<'_>, host: &Host) -> PyResult<Pending> {
    entry(py, || {
        let panicking = host.with(|host| host.run(|_| async { panic!("on demand") }))?;
        Ok(Pending::new(async { panicking.await.map(|()| Outcome::Nothing) }))
    })
}
