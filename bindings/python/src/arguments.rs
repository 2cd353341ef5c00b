//! What Python hands in.

use glueberry_core::embed::fault;
use glueberry_core::{ErrorCode, Result};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::errors::raise;
use crate::peer_id::PeerId;

/// A peer, as its id or its text.
#[derive(Clone, Copy)]
pub(crate) struct Peer(pub(crate) glueberry_core::PeerId);

impl<'py> FromPyObject<'_, 'py> for Peer {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(peer) = given.cast::<PeerId>() {
            return Ok(Self(peer.get().id()));
        }
        let text = given.cast::<PyString>().map_err(|_| {
            let kind = given.get_type();
            PyTypeError::new_err(format!("a peer is a PeerId or a str, not {kind}"))
        })?;
        text.to_str()?.parse().map(Self).map_err(|error| raise(given.py(), &error))
    }
}

/// Anything that has bytes. Those of `bytes` are borrowed. All others may change under our hands, so
/// they are copied.
pub(crate) enum Data<'a, 'py> {
    Borrowed(Borrowed<'a, 'py, PyBytes>),
    Copied(Vec<u8>),
}

impl Data<'_, '_> {
    pub(crate) fn used_by<T>(self, act: impl FnOnce(&[u8]) -> T) -> T {
        match self {
            Self::Borrowed(bytes) => act(bytes.as_bytes()),
            Self::Copied(bytes) => act(&bytes),
        }
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Data<'a, 'py> {
    type Error = PyErr;

    fn extract(given: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = given.cast::<PyBytes>() {
            return Ok(Self::Borrowed(bytes));
        }
        let py = given.py();
        let buffer = PyBuffer::<u8>::get(&given).map_err(|_| {
            let kind = given.get_type();
            PyTypeError::new_err(format!("bytes, bytearray or memoryview is needed, not {kind}"))
        })?;
        buffer.to_vec(py).map(Self::Copied)
    }
}

/// The event kind with this number.
///
/// # Errors
/// [`ErrorCode::InvalidArgument`].
pub(crate) fn kind(number: u16) -> Result<glueberry_core::EventName> {
    let all = glueberry_core::EventName::ALL.iter().copied();
    all.clone().find(|kind| kind.number() == number).ok_or_else(|| {
        fault(ErrorCode::InvalidArgument, format!("no kind of event has the number {number}"))
    })
}
