//! What a node knows: plain data, without waiting.

use glueberry_core::{Ban, PeerInfo, StreamHealth, StreamState};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::arguments::Peer;
use crate::events::word;
use crate::host::Host;
use crate::peer_id::PeerId;

#[pymethods]
impl Host {
    fn connection_state<'py>(&self, py: Python<'py>, peer: Peer) -> PyResult<Bound<'py, PyAny>> {
        let state = self.ask(py, |node| Ok(node.connection_state(&peer.0)))?;
        word(py, "State", state.number())
    }

    fn peers<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let peers = self.ask(py, |node| Ok(node.peers()))?;
        peers.into_iter().map(|info| peer_info(py, info)).collect()
    }

    fn peer<'py>(&self, py: Python<'py>, peer: Peer) -> PyResult<Option<Bound<'py, PyAny>>> {
        let found = self.ask(py, |node| Ok(node.peer(&peer.0)))?;
        found.map(|info| peer_info(py, info)).transpose()
    }

    fn addresses(&self, py: Python<'_>, peer: Peer) -> PyResult<Vec<String>> {
        self.ask(py, |node| Ok(node.addresses(&peer.0).iter().map(ToString::to_string).collect()))
    }

    fn bans<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let bans = self.ask(py, |node| Ok(node.bans()))?;
        bans.iter().map(|one| ban(py, one)).collect()
    }

    fn stream_health<'py>(
        &self,
        py: Python<'py>,
        peer: Peer,
        stream: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let found = self.ask(py, |node| node.stream_health(&peer.0, stream))?;
        health(py, &found)
    }

    fn streams<'py>(&self, py: Python<'py>, peer: Peer) -> PyResult<Bound<'py, PyDict>> {
        let found = self.ask(py, |node| Ok(node.streams(&peer.0)))?;
        let streams = PyDict::new(py);
        for (name, one) in found {
            streams.set_item(name.as_str(), health(py, &one)?)?;
        }
        Ok(streams)
    }
}

fn peer_info(py: Python<'_>, info: PeerInfo) -> PyResult<Bound<'_, PyAny>> {
    let told = PyDict::new(py);
    let addresses = info.addresses.iter().map(ToString::to_string);
    let direction = info.direction.map(|way| word(py, "Direction", way.number())).transpose()?;
    told.set_item("peer", PeerId::from(info.peer))?;
    told.set_item("state", word(py, "State", info.state.number())?)?;
    told.set_item("direction", direction)?;
    told.set_item("connections", info.connections)?;
    told.set_item("addresses", PyTuple::new(py, addresses.collect::<Vec<_>>())?)?;
    told.set_item("persistent", info.persistent)?;
    told.set_item("metadata", info.metadata)?;
    told.set_item("last_seen", info.last_seen)?;
    told.set_item("banned", info.banned.as_ref().map(|one| ban(py, one)).transpose()?)?;
    class(py, "PeerInfo")?.call((), Some(&told))
}

fn ban<'py>(py: Python<'py>, ban: &Ban) -> PyResult<Bound<'py, PyAny>> {
    class(py, "Ban")?.call1((ban.target.to_string(), ban.until))
}

fn health<'py>(py: Python<'py>, health: &StreamHealth) -> PyResult<Bound<'py, PyAny>> {
    let attempt = match health.state {
        StreamState::Degraded { attempt } => Some(attempt),
        _ => None,
    };
    let told = PyDict::new(py);
    told.set_item("state", word(py, "StreamState", health.state.number())?)?;
    told.set_item("attempt", attempt)?;
    told.set_item("queued_messages", health.queued_messages)?;
    told.set_item("queued_bytes", health.queued_bytes)?;
    told.set_item("unread_bytes", health.unread_bytes)?;
    told.set_item("outbound", word(py, "PressureLevel", health.outbound.number())?)?;
    told.set_item("inbound", word(py, "PressureLevel", health.inbound.number())?)?;
    class(py, "StreamHealth")?.call((), Some(&told))
}

fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import(intern!(py, "glueberry._records"))?.getattr(name)
}
