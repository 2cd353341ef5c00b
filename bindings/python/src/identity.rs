//! A node's own key.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use crate::arguments::Data;
use crate::guard::{detached_entry, entry};
use crate::peer_id::PeerId;

/// An Ed25519 key pair: what a node is known by. Make one with `Identity.generate()`, and keep it in
/// a file:
///
/// >>> identity = Identity.generate()
/// >>> identity.save(folder / "node.pem")
/// >>> Identity.load(folder / "node.pem").peer_id == identity.peer_id
/// True
///
/// The private half is wiped from memory when the object goes, and neither `repr` nor `pickle` gives
/// it away.
#[pyclass(frozen, module = "glueberry")]
pub(crate) struct Identity {
    identity: glueberry_core::Identity,
}

#[pymethods]
impl Identity {
    /// A fresh key from the operating system's randomness.
    #[classmethod]
    fn generate(class: &Bound<'_, PyType>) -> PyResult<Self> {
        entry(class.py(), || Ok(Self { identity: glueberry_core::Identity::generate() }))
    }

    /// The key that grows from 32 secret bytes, always the same one.
    ///
    /// >>> Identity.from_seed(bytes(32)).peer_id
    /// PeerId('12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN')
    ///
    /// Raises `InvalidKey` unless there are exactly 32 bytes.
    #[classmethod]
    #[pyo3(signature = (seed, /))]
    fn from_seed(class: &Bound<'_, PyType>, seed: Data<'_, '_>) -> PyResult<Self> {
        entry(class.py(), || {
            Ok(Self { identity: seed.used_by(glueberry_core::Identity::from_seed)? })
        })
    }

    /// Reads a key from PKCS#8 PEM text, as OpenSSL writes it.
    ///
    /// Raises `InvalidKey`, with what the text is instead.
    #[classmethod]
    #[pyo3(signature = (pem, /))]
    fn from_pem(class: &Bound<'_, PyType>, pem: &str) -> PyResult<Self> {
        entry(class.py(), || Ok(Self { identity: glueberry_core::Identity::from_pem(pem)? }))
    }

    /// The key as PKCS#8 PEM text, which OpenSSL reads too. It is secret, and the text cannot be
    /// wiped: prefer `save`.
    fn to_pem<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        entry(py, || Ok(PyString::new(py, &self.identity.to_pem())))
    }

    /// Reads a key file.
    ///
    /// Raises `KeyFileUnreadable`, `KeyFileExposed` when other users may read it, `InvalidKey`.
    #[classmethod]
    #[pyo3(signature = (path, /))]
    fn load(class: &Bound<'_, PyType>, path: PathBuf) -> PyResult<Self> {
        detached_entry(class.py(), || Ok(Self { identity: glueberry_core::Identity::load(path)? }))
    }

    /// Writes the key into a file that only this user may read. With `overwrite`, it takes the place
    /// of one that exists, at once and whole.
    ///
    /// Raises `KeyFileExists`, `KeyFileUnwritable`.
    #[pyo3(signature = (path, /, *, overwrite=false))]
    fn save(&self, py: Python<'_>, path: PathBuf, overwrite: bool) -> PyResult<()> {
        let identity = &self.identity;
        detached_entry(
            py,
            || if overwrite { identity.save_over(path) } else { identity.save(path) },
        )
    }

    /// What other peers know the owner of this key by.
    #[getter]
    fn peer_id(&self) -> PeerId {
        PeerId::from(self.identity.peer_id())
    }

    fn __repr__(&self) -> String {
        format!("<Identity of {}>", self.identity.peer_id())
    }
}

impl Identity {
    pub(crate) fn get(&self) -> &glueberry_core::Identity {
        &self.identity
    }
}
