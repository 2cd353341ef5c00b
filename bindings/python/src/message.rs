//! A received message.

use glueberry_core::embed::Batch;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};

use crate::peer_id::PeerId;

/// A received message: who sent it (`peer`), on which stream (`stream`), and what it says (`data`).
///
/// >>> match Message(peer, "chat", b"hi"):
/// ...     case Message(stream="chat", data=text):
/// ...         print(text)
/// b'hi'
#[pyclass(frozen, module = "glueberry")]
pub(crate) struct Message {
    /// Who sent it.
    #[pyo3(get)]
    peer: Py<PeerId>,
    /// On which stream.
    #[pyo3(get)]
    stream: Py<PyString>,
    /// What it says.
    #[pyo3(get)]
    data: Py<PyBytes>,
}

#[pymethods]
impl Message {
    /// What a pattern's positions mean.
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str) {
        ("peer", "stream", "data")
    }

    /// For tests of programs that take messages.
    #[new]
    fn new(peer: Py<PeerId>, stream: Py<PyString>, data: Py<PyBytes>) -> Self {
        Self { peer, stream, data }
    }

    /// What it says belongs into no log.
    fn __repr__(&self, py: Python<'_>) -> String {
        let (peer, stream) = (self.peer.get().id(), self.stream.bind(py));
        let length = self.data.bind(py).as_bytes().len();
        format!("<Message of {length} bytes on {stream} from {peer}>")
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        let Ok(other) = other.cast::<Self>() else { return Ok(false) };
        let other = other.get();
        Ok(self.peer.get() == other.peer.get()
            && self.stream.bind(py).as_any().eq(other.stream.bind(py))?
            && self.data.bind(py).as_any().eq(other.data.bind(py))?)
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.data.bind(py).hash()
    }
}

/// The messages of a batch, as objects. Those of one origin share its peer and name.
pub(crate) fn objects<'py>(py: Python<'py>, batch: &Batch) -> PyResult<Bound<'py, PyList>> {
    let origins = batch.origins.iter().map(|(peer, stream)| {
        Ok((Py::new(py, PeerId::from(*peer))?, PyString::new(py, stream.as_str()).unbind()))
    });
    let origins = origins.collect::<PyResult<Vec<_>>>()?;
    let messages = batch.messages.iter().map(|(origin, payload)| {
        let (peer, stream) = &origins[*origin as usize];
        Message {
            peer: peer.clone_ref(py),
            stream: stream.clone_ref(py),
            data: PyBytes::new(py, payload).unbind(),
        }
    });
    PyList::new(py, messages)
}
