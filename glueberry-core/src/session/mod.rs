//! One peer's session: its keys, its streams, and the handshake that begins it.

mod attachment;
mod automatic;
mod health;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use glueberry_proto::aead::Aead;
use glueberry_proto::identity::check_identity;
use glueberry_proto::name::StreamName;
use glueberry_proto::v1::key::SharedKey;
use parking_lot::{Mutex, RwLock};
use tokio_util::task::TaskTracker;

use crate::config::{MAX_STREAMS, StreamConfig};
use crate::error::{Error, ErrorCode, Result};
use crate::events::{EventKind, Hub, StreamCloseReason, Unwritten};
use crate::inbox::{Inbox, Origin};
use crate::link::{Bounds, Ends, Outgoing};
use crate::{Identity, PeerId};
/// What the table of limits has from here.
pub(crate) mod bounds {
    pub(crate) use super::LARGEST_OF_APPS;
    pub(crate) use super::automatic::{LARGEST_FRAME, MOST_IGNORED};
}

pub(crate) use attachment::Attachment;
pub(crate) use automatic::shake_hands;
pub use health::{StreamHealth, StreamState};

/// What every session of a node shares.
#[derive(Clone)]
pub(crate) struct SessionParts {
    pub(crate) inbox: Inbox,
    pub(crate) events: Hub,
    pub(crate) tasks: TaskTracker,
    pub(crate) streams: Arc<HashMap<StreamName, StreamConfig>>,
}

/// What both sides agreed on, and what waits to be sent. It outlives a connection only when it
/// moves to another one after a simultaneous dial.
pub(crate) struct Session {
    pub(crate) peer: PeerId,
    pub(crate) epoch: u64,
    parts: SessionParts,
    aead: Arc<Aead>,
    /// Bounded by [`MAX_STREAMS`] and the handshake stream.
    lanes: RwLock<HashMap<StreamName, Lane>>,
    preparing: Mutex<()>,
}

struct Lane {
    outgoing: Arc<Outgoing>,
    config: StreamConfig,
    /// Of the links that carry it: one, and another one or two around a simultaneous dial.
    ends: Vec<Ends>,
}

impl Session {
    /// # Errors
    /// [`ErrorCode::IdentityRefused`] when no key can be agreed on with this peer.
    pub(crate) fn new(
        identity: &Identity,
        peer: PeerId,
        epoch: u64,
        parts: SessionParts,
    ) -> Result<Arc<Self>> {
        let refused = |fault: &dyn std::fmt::Display| {
            let message = format!("no key can be agreed on: {fault}");
            Error::new(ErrorCode::IdentityRefused, message).at_peer(peer)
        };
        let public = check_identity(peer.public_key()).map_err(|fault| refused(&fault))?;
        let shared = SharedKey::derive(identity.secret().signing_key(), &public)
            .map_err(|fault| refused(&fault))?;
        let aead = Arc::new(shared.aead());
        let (lanes, preparing) = (RwLock::default(), Mutex::default());
        Ok(Arc::new(Self { peer, epoch, parts, aead, lanes, preparing }))
    }

    /// Where the session's tasks are counted.
    pub(crate) fn tasks(&self) -> &TaskTracker {
        &self.parts.tasks
    }

    /// The names that this node is configured with.
    pub(crate) fn configured(&self) -> Vec<StreamName> {
        self.parts.streams.keys().cloned().collect()
    }

    /// What waits on this stream.
    #[inline]
    pub(crate) fn outgoing(&self, stream: &str) -> Option<Arc<Outgoing>> {
        self.lanes.read().get(stream).map(|lane| lane.outgoing.clone())
    }

    fn all_outgoing(&self) -> Vec<(StreamName, Arc<Outgoing>, Vec<Ends>)> {
        let lanes = self.lanes.read();
        lanes.iter().map(|(n, l)| (n.clone(), l.outgoing.clone(), l.ends.clone())).collect()
    }

    /// Flushes and closes the handshake stream that the application used.
    pub(crate) fn end_handshake(&self) {
        if let Some(outgoing) = self.outgoing(StreamName::handshake().as_str()) {
            outgoing.drain();
        }
    }

    /// Writes what is queued, accepts nothing more, and returns when all is written or `within` is
    /// over.
    pub(crate) async fn drain(&self, within: Duration) {
        let lanes = self.all_outgoing();
        for (_, outgoing, _) in &lanes {
            outgoing.drain();
        }
        let written =
            lanes.iter().flat_map(|(_, _, ends)| ends).map(|ends| ends.written.cancelled());
        // What is not written by then is counted when the session closes.
        drop(tokio::time::timeout(within, futures::future::join_all(written)).await);
    }

    /// Ends every stream at once, and says what was never written.
    pub(crate) async fn close(&self) -> Vec<Unwritten> {
        let lanes = self.all_outgoing();
        let written =
            lanes.iter().flat_map(|(_, _, ends)| ends).map(|ends| ends.written.cancelled());
        // Their connection has ended, so the writers end at once and leave exact counts; one that
        // does not is counted as if it had written nothing of its last batch.
        drop(tokio::time::timeout(WRITERS_END, futures::future::join_all(written)).await);
        let mut unwritten = Vec::new();
        for (stream, outgoing, _) in lanes {
            outgoing.close();
            self.parts.inbox.end_pressure(outgoing.origin());
            let waiting = outgoing.waiting();
            if waiting.messages > 0 {
                let (messages, bytes) = (waiting.messages, waiting.bytes);
                unwritten.push(Unwritten { stream: stream.clone(), messages, bytes });
            }
            // One that failed was closed already.
            if outgoing.was_opened() {
                let reason = StreamCloseReason::SessionEnded;
                self.parts.events.emit(EventKind::StreamClosed { peer: self.peer, stream, reason });
            }
        }
        unwritten
    }

    /// The lane of a name, with the ends of the links that had it before and still live.
    fn lane(
        &self,
        name: &StreamName,
        ends: &Ends,
    ) -> Result<(Arc<Outgoing>, StreamConfig, Vec<Ends>)> {
        let mut lanes = self.lanes.write();
        if let Some(lane) = lanes.get_mut(name) {
            lane.ends.retain(|ends| !ends.are_over());
            let before = lane.ends.clone();
            lane.ends.push(ends.clone());
            return Ok((lane.outgoing.clone(), lane.config.clone(), before));
        }
        let named = lanes.keys().filter(|name| !name.is_handshake()).count();
        if named >= MAX_STREAMS && !name.is_handshake() {
            let message = format!("{MAX_STREAMS} streams are prepared already");
            return Err(Error::new(ErrorCode::TooManyStreams, message).at_stream(name));
        }
        let (config, key) = if name.is_handshake() {
            (handshake_config(), None)
        } else {
            let config = self.parts.streams.get(name).cloned().unwrap_or_default();
            (config, Some(self.aead.clone()))
        };
        let bounds = Bounds {
            limit: config.send_buffer,
            largest: config.max_message_size,
            marks: config.watermarks(config.send_buffer),
        };
        let origin = Arc::new(Origin { peer: self.peer, stream: name.clone() });
        let teller = self.parts.inbox.teller().clone();
        let outgoing = Arc::new(Outgoing::new(origin, bounds, key, teller));
        let lane =
            Lane { outgoing: outgoing.clone(), config: config.clone(), ends: vec![ends.clone()] };
        lanes.insert(name.clone(), lane);
        Ok((outgoing, config, Vec::new()))
    }
}

/// One message of an application's own handshake, in bytes: room for certificates and settings.
pub(crate) const LARGEST_OF_APPS: usize = 64 * 1024;
/// Far more than a task needs to see that it was cancelled.
const WRITERS_END: Duration = Duration::from_millis(100);

/// The handshake stream carries little, from strangers.
fn handshake_config() -> StreamConfig {
    StreamConfig {
        max_message_size: LARGEST_OF_APPS,
        send_buffer: 2 * LARGEST_OF_APPS,
        receive_buffer: 2 * LARGEST_OF_APPS,
        ..StreamConfig::default()
    }
}
