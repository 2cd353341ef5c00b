//! A node's calls that wait.

use std::time::Duration;

use futures::TryFutureExt;
use glueberry_core::embed::new_peer;
use glueberry_core::{BanTarget, Node, Result};
use pyo3::prelude::*;

use crate::arguments::Peer;
use crate::guard::entry;
use crate::host::Host;
use crate::pending::{Outcome, Pending};

#[pymethods]
impl Host {
    fn listen(&self, py: Python<'_>, address: String) -> PyResult<Pending> {
        let texts = |bound: Vec<_>| Outcome::Texts(bound.iter().map(ToString::to_string).collect());
        self.begin(py, texts, |node| async move { node.listen(address.as_str()).await })
    }

    fn connect(&self, py: Python<'_>, address: String) -> PyResult<Pending> {
        let connect = |node: Node| async move { node.connect(address.as_str()).await };
        self.begin(py, Outcome::Peer, connect)
    }

    fn wait_established(&self, py: Python<'_>, peer: Peer) -> PyResult<Pending> {
        self.begin(py, nothing, |node| async move { node.wait_established(&peer.0).await })
    }

    fn disconnect(&self, py: Python<'_>, peer: Peer) -> PyResult<Pending> {
        self.begin(py, nothing, |node| async move { node.disconnect(&peer.0).await })
    }

    fn cancel_reconnection(&self, py: Python<'_>, peer: Peer) -> PyResult<Pending> {
        self.begin(py, nothing, |node| async move { node.cancel_reconnection(&peer.0).await })
    }

    fn dial_known_peers(&self, py: Python<'_>) -> PyResult<Pending> {
        self.begin(py, nothing, |node| async move { node.dial_known_peers().await })
    }

    fn flush(&self, py: Python<'_>, peer: Peer, stream: String) -> PyResult<Pending> {
        self.begin(py, nothing, |node| async move { node.flush(&peer.0, &stream).await })
    }

    fn prepare_streams(
        &self,
        py: Python<'_>,
        peer: Peer,
        streams: Vec<String>,
    ) -> PyResult<Pending> {
        self.begin(py, nothing, |node| async move {
            node.prepare_streams(&peer.0, &borrowed(&streams)).await
        })
    }

    fn finalize_handshake(&self, py: Python<'_>, peer: Peer) -> PyResult<Pending> {
        self.begin(py, nothing, |node| async move { node.finalize_handshake(&peer.0).await })
    }

    fn complete_handshake(
        &self,
        py: Python<'_>,
        peer: Peer,
        streams: Vec<String>,
    ) -> PyResult<Pending> {
        self.begin(py, nothing, |node| async move {
            node.complete_handshake(&peer.0, &borrowed(&streams)).await
        })
    }

    fn add_peer(
        &self,
        py: Python<'_>,
        addresses: Vec<String>,
        persistent: bool,
        metadata: Vec<(String, String)>,
    ) -> PyResult<Pending> {
        self.begin(py, Outcome::Peer, |node| async move {
            node.add_peer(new_peer(&addresses, persistent, metadata)?).await
        })
    }

    fn remove_peer(&self, py: Python<'_>, peer: Peer) -> PyResult<Pending> {
        self.begin(py, nothing, |node| async move { node.remove_peer(&peer.0).await })
    }

    /// None: for ever.
    fn ban(&self, py: Python<'_>, target: String, ms: Option<u64>) -> PyResult<Pending> {
        self.begin(py, nothing, |node| async move {
            let target: BanTarget = target.parse()?;
            node.ban(target, ms.map(Duration::from_millis)).await
        })
    }

    fn unban(&self, py: Python<'_>, target: String) -> PyResult<Pending> {
        self.begin(py, Outcome::Flag, |node| async move {
            let target: BanTarget = target.parse()?;
            node.unban(target).await
        })
    }
}

impl Host {
    fn begin<T, F>(
        &self,
        py: Python<'_>,
        outcome: impl FnOnce(T) -> Outcome + Send + 'static,
        call: impl FnOnce(Node) -> F,
    ) -> PyResult<Pending>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        entry(py, || Ok(Pending::new(self.with(|host| host.run(call))?.map_ok(outcome))))
    }
}

fn nothing((): ()) -> Outcome {
    Outcome::Nothing
}

fn borrowed(streams: &[String]) -> Vec<&str> {
    streams.iter().map(String::as_str).collect()
}
