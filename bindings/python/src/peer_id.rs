//! Who a peer is.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use glueberry_core::embed::fault;
use glueberry_core::{Address, ErrorCode, Result};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyString, PyType};

use crate::guard::entry;

/// A peer's identity: its Ed25519 public key, written as `12D3KooW…`.
///
/// Equal ids are equal and hash alike, so that they serve as keys; they sort by their key. Calls that
/// take a peer take its text as well.
///
/// >>> peer = PeerId("12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN")
/// >>> str(peer)
/// '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'
/// >>> PeerId(str(peer)) == peer
/// True
///
/// Raises `InvalidPeerId` for what is no peer id, `UnsupportedPeerId` for one without an Ed25519 key
/// in it, `IdentityRefused` for a key that identifies nobody.
#[pyclass(frozen, eq, ord, hash, module = "glueberry")]
pub(crate) struct PeerId {
    id: glueberry_core::PeerId,
    /// Writing it takes several microseconds.
    text: PyOnceLock<Py<PyString>>,
}

#[pymethods]
impl PeerId {
    #[new]
    #[pyo3(signature = (text, /))]
    fn new(py: Python<'_>, text: &str) -> PyResult<Self> {
        entry(py, || Ok(Self::from(text.parse::<glueberry_core::PeerId>()?)))
    }

    /// The peer at the end of an address, `…/p2p/12D3KooW…`.
    ///
    /// Raises `InvalidAddress`, also for one without a peer id.
    #[classmethod]
    #[pyo3(signature = (address, /))]
    fn from_address(class: &Bound<'_, PyType>, address: &str) -> PyResult<Self> {
        entry(class.py(), || peer_of(address))
    }

    /// The peer with this Ed25519 public key, of 32 bytes.
    ///
    /// Raises `InvalidPeerId` unless there are 32 bytes, `IdentityRefused` for a key that identifies
    /// nobody.
    #[classmethod]
    #[pyo3(signature = (key, /))]
    fn from_public_key(class: &Bound<'_, PyType>, key: &[u8]) -> PyResult<Self> {
        entry(class.py(), || {
            let key = key.try_into().map_err(|_| {
                let message = format!("a public key has 32 bytes, not {}", key.len());
                fault(ErrorCode::InvalidPeerId, message)
            })?;
            Ok(Self::from(glueberry_core::PeerId::from_public_key(key)?))
        })
    }

    /// The Ed25519 public key, of 32 bytes.
    #[getter]
    fn public_key<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.id.public_key())
    }

    fn __str__<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        let write = || PyString::new(py, &self.id.to_string()).unbind();
        self.text.get_or_init(py, write).bind(py).clone()
    }

    fn __repr__(&self) -> String {
        format!("PeerId('{}')", self.id)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> (Bound<'py, PyType>, (Bound<'py, PyString>,)) {
        (slf.get_type(), (slf.get().__str__(slf.py()),))
    }
}

impl PeerId {
    pub(crate) fn id(&self) -> glueberry_core::PeerId {
        self.id
    }
}

impl From<glueberry_core::PeerId> for PeerId {
    fn from(id: glueberry_core::PeerId) -> Self {
        Self { id, text: PyOnceLock::new() }
    }
}

impl PartialEq for PeerId {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl PartialOrd for PeerId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.id.cmp(&other.id))
    }
}

impl Hash for PeerId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

fn peer_of(address: &str) -> Result<PeerId> {
    let address: Address = address.parse()?;
    let peer = address.peer().ok_or_else(|| {
        let message = format!("address {address} lacks /p2p/PEER-ID at its end");
        fault(ErrorCode::InvalidAddress, message)
    })?;
    Ok(PeerId::from(peer))
}
