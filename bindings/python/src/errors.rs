//! Errors of the library as exceptions of the package.

use glueberry_core::{Error, StreamName};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::peer_id::PeerId;

/// The exception for an error: an instance of the class of its code.
pub(crate) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    exception(py, error).map_or_else(|fault| fault, PyErr::from_value)
}

fn exception<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    let classes =
        py.import(intern!(py, "glueberry._vocabulary"))?.getattr(intern!(py, "CLASSES"))?;
    let class = classes.get_item(error.code().number())?;
    let details = PyDict::new(py);
    details.set_item("message", error.message())?;
    details.set_item("peer", error.peer().map(PeerId::from))?;
    details.set_item("stream", error.stream().map(StreamName::as_str))?;
    class.call((error.to_string(),), Some(&details))
}
