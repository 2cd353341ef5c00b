//! A running node.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::TryFutureExt;
use glueberry_core::embed::{self, fault};
use glueberry_core::{ErrorCode, EventFilter, Node, Result};
use parking_lot::RwLock;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;

use crate::arguments::{Data, Peer, kind};
use crate::guard::{Kept, detached_entry, entry};
use crate::identity::Identity;
use crate::pending::{Outcome, Pending};
use crate::queues::{EventQueue, MessageQueue};

/// A running node, until it is released. Its calls that wait are in `calls`.
#[pyclass(frozen, weakref, module = "glueberry._glueberry")]
pub(crate) struct Host {
    host: RwLock<Kept<embed::Host>>,
    /// How many messages were queued without a wait.
    sends: AtomicU32,
}

/// Starts a node with these settings; yields its `Host`.
#[pyfunction]
pub(crate) fn begin(py: Python<'_>, identity: &Identity, settings: &str) -> PyResult<Pending> {
    let identity = identity.get().clone();
    detached_entry(py, || {
        let (builder, workers) = embed::builder(identity, settings)?;
        Ok(Pending::new(embed::Host::begin(builder, workers)?.map_ok(Outcome::Host)))
    })
}

#[pymethods]
impl Host {
    fn listen_addresses(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        self.ask(py, |node| Ok(node.listen_addresses().iter().map(ToString::to_string).collect()))
    }

    /// None: it is queued. False: so are many in a row, and others should get their turn. Otherwise
    /// there is no room, and what this gives waits for it.
    fn send<'py>(
        &self,
        py: Python<'py>,
        peer: Peer,
        stream: &str,
        data: Data<'_, '_>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let waits = entry(py, || {
            data.used_by(|bytes| self.with(|host| host.send_soon(peer.0, stream, bytes)))
        })?;
        match waits {
            Some(wait) => {
                let wait = Pending::new(wait.map_ok(|()| Outcome::Nothing));
                wait.into_bound_py_any(py).map(Some)
            }
            None if self.sends.fetch_add(1, Ordering::Relaxed) % IN_A_ROW == IN_A_ROW - 1 => {
                false.into_bound_py_any(py).map(Some)
            }
            None => Ok(None),
        }
    }

    fn try_send(
        &self,
        py: Python<'_>,
        peer: Peer,
        stream: &str,
        data: Data<'_, '_>,
    ) -> PyResult<()> {
        data.used_by(|bytes| self.ask(py, |node| node.try_send(&peer.0, stream, bytes)))
    }

    fn messages(&self, py: Python<'_>, stream: &str) -> PyResult<MessageQueue> {
        entry(py, || self.with(|host| Ok(MessageQueue::new(host.messages(stream)?))))
    }

    fn all_messages(&self, py: Python<'_>) -> PyResult<MessageQueue> {
        entry(py, || self.with(|host| Ok(MessageQueue::new(host.all_messages()?))))
    }

    /// None stands for all.
    fn events(
        &self,
        py: Python<'_>,
        peers: Option<Vec<Peer>>,
        kinds: Option<Vec<u16>>,
    ) -> PyResult<EventQueue> {
        entry(py, || {
            let mut filter = EventFilter::all();
            if let Some(peers) = peers {
                filter = filter.peers(peers.into_iter().map(|peer| peer.0));
            }
            if let Some(kinds) = kinds {
                let kinds = kinds.into_iter().map(kind);
                filter = filter.kinds(kinds.collect::<Result<Vec<_>>>()?);
            }
            self.with(|host| Ok(EventQueue::new(host.events(filter))))
        })
    }

    /// Ends the node. That goes on even if nobody waits for it.
    fn close(&self, py: Python<'_>) -> PyResult<Pending> {
        entry(py, || {
            let ending = self.with(|host| Ok(host.close()))?;
            Ok(Pending::new(ending.map_ok(|()| Outcome::Nothing)))
        })
    }

    /// `close`, blocking, for so many seconds at most: for the end of the process.
    fn close_within(&self, py: Python<'_>, seconds: f64) -> PyResult<()> {
        detached_entry(py, || {
            let within = Duration::try_from_secs_f64(seconds).unwrap_or_default();
            self.with(|host| host.shutdown(Some(within)))
        })
    }

    /// Lets the node's threads go.
    fn release(&self) {
        self.host.write().release();
    }
}

impl Host {
    pub(crate) fn new(host: embed::Host) -> Self {
        Self { host: RwLock::new(Kept::new(host)), sends: AtomicU32::new(0) }
    }

    /// What needs no waiting.
    pub(crate) fn ask<T>(
        &self,
        py: Python<'_>,
        ask: impl FnOnce(&Node) -> Result<T>,
    ) -> PyResult<T> {
        entry(py, || self.with(|host| ask(host.node())))
    }

    pub(crate) fn with<T>(&self, act: impl FnOnce(&embed::Host) -> Result<T>) -> Result<T> {
        let host = self.host.read();
        let host = host.get().ok_or_else(|| fault(ErrorCode::NodeClosed, "the node was closed"))?;
        act(host)
    }
}

/// Sends without a wait before an event loop should do something else: some 200 microseconds.
const IN_A_ROW: u32 = 256;
