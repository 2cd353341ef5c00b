//! How a node's streams are doing.

use super::Node;
use crate::error::{Error, ErrorCode, Result};
use crate::{PeerId, StreamHealth, StreamName};

impl Node {
    /// How a stream with a peer is doing now: whether it carries messages, and how full its buffers
    /// are. It costs two short locks; what changes is told by events.
    ///
    /// ```no_run
    /// # fn example(node: &glueberry_core::Node, peer: glueberry_core::PeerId) -> glueberry_core::Result<()> {
    /// use glueberry_core::StreamState;
    ///
    /// let health = node.stream_health(&peer, "chat")?;
    /// if let StreamState::Degraded { attempt } = health.state {
    ///     println!("attempt {attempt}; {} bytes wait", health.queued_bytes);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorCode::NotConnected`] without a session, [`ErrorCode::UnknownStream`] if no such stream
    /// is prepared.
    pub fn stream_health(&self, peer: &PeerId, stream: &str) -> Result<StreamHealth> {
        let health = self.attachment(peer)?.session.health(stream);
        health.ok_or_else(|| {
            let message = format!("no stream {stream:?} is prepared");
            Error::new(ErrorCode::UnknownStream, message).at_peer(*peer)
        })
    }

    /// How all streams with a peer are doing now, by name; none without a session.
    #[must_use]
    pub fn streams(&self, peer: &PeerId) -> Vec<(StreamName, StreamHealth)> {
        self.attachment(peer).map_or_else(|_| Vec::new(), |found| found.session.all_health())
    }
}
