//! Events as objects of the package's classes.

use glueberry_core::embed::{Value, fields};
use glueberry_core::{Event, Unwritten};
use pyo3::IntoPyObjectExt;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::peer_id::PeerId;

/// The event as an instance of its kind's class.
pub(crate) fn object<'py>(py: Python<'py>, event: &Event) -> PyResult<Bound<'py, PyAny>> {
    let told = PyDict::new(py);
    for (name, value) in fields(&event.kind) {
        told.set_item(name, object_of(py, value)?)?;
    }
    let make = py.import(intern!(py, "glueberry.events"))?.getattr(intern!(py, "_make"))?;
    make.call1((event.name().number(), event.at, told))
}

fn object_of(py: Python<'_>, value: Value) -> PyResult<Bound<'_, PyAny>> {
    match value {
        Value::Absent => Ok(py.None().into_bound(py)),
        Value::Flag(flag) => flag.into_bound_py_any(py),
        Value::Number(number) => number.into_bound_py_any(py),
        Value::Text(text) => text.into_bound_py_any(py),
        Value::Peer(peer) => PeerId::from(peer).into_bound_py_any(py),
        Value::Stream(stream) => stream.as_str().into_bound_py_any(py),
        Value::Address(address) => address.to_string().into_bound_py_any(py),
        Value::Duration(time) => time.into_bound_py_any(py),
        Value::Time(time) => time.into_bound_py_any(py),
        Value::Unwritten(streams) => all_unwritten(py, &streams),
        Value::Word { of, number, .. } => word(py, of, number),
        Value::Code(code) => word(py, "ErrorCode", code.number()),
    }
}

/// A member of one of the package's enumerations.
pub(crate) fn word<'py>(py: Python<'py>, of: &str, number: u16) -> PyResult<Bound<'py, PyAny>> {
    py.import(intern!(py, "glueberry._vocabulary"))?.getattr(of)?.call1((number,))
}

fn all_unwritten<'py>(py: Python<'py>, streams: &[Unwritten]) -> PyResult<Bound<'py, PyAny>> {
    let class = py.import(intern!(py, "glueberry.events"))?.getattr(intern!(py, "Unwritten"))?;
    let each =
        streams.iter().map(|one| class.call1((one.stream.as_str(), one.messages, one.bytes)));
    Ok(PyTuple::new(py, each.collect::<PyResult<Vec<_>>>()?)?.into_any())
}
