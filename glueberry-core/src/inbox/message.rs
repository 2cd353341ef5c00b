//! A received message.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use glueberry_proto::name::StreamName;
use glueberry_proto::v1::record::{Protection, next_opened};

use crate::PeerId;

/// Whom messages come from, and on which stream: shared by all of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Origin {
    pub(crate) peer: PeerId,
    pub(crate) stream: StreamName,
}

/// A received message. Its payload is a slice of the buffer it came in, so that keeping one small
/// message for long keeps that buffer (up to 64 KiB, or the message's own size): copy what you keep.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    origin: Arc<Origin>,
    payload: Bytes,
}

impl Message {
    /// Who sent it.
    #[must_use]
    pub fn peer(&self) -> PeerId {
        self.origin.peer
    }

    /// On which stream.
    #[must_use]
    pub fn stream(&self) -> &StreamName {
        &self.origin.stream
    }

    /// What it says.
    #[must_use]
    pub fn payload(&self) -> &Bytes {
        &self.payload
    }

    pub(crate) fn into_parts(self) -> (Arc<Origin>, Bytes) {
        (self.origin, self.payload)
    }

    /// What it says, without the rest.
    #[must_use]
    pub fn into_payload(self) -> Bytes {
        self.payload
    }
}

/// Shows everything but the payload, which belongs to the application and into no log.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("peer", &self.origin.peer)
            .field("stream", &self.origin.stream)
            .field("len", &self.payload.len())
            .finish()
    }
}

/// A received buffer of frames, opened in place: its messages are found when they are asked for.
pub(super) struct Run {
    pub(super) origin: Arc<Origin>,
    frames: Bytes,
    idle: usize,
    at: usize,
    protection: Protection,
}

impl Run {
    /// `idle`: bytes of the buffer's memory that `frames` keeps alive and does not show.
    pub(super) fn new(
        origin: Arc<Origin>,
        frames: Bytes,
        idle: usize,
        protection: Protection,
    ) -> Self {
        Self { origin, frames, idle, at: 0, protection }
    }

    /// The bytes it keeps in memory, with an allowance for what administers it.
    pub(super) fn weight(&self) -> usize {
        self.frames.len() + self.idle + RUN_OVERHEAD
    }

    /// Whether every message has been taken.
    pub(super) fn is_spent(&self) -> bool {
        self.at == self.frames.len()
    }

    #[inline]
    pub(super) fn next(&mut self) -> Option<Message> {
        let (payload, next) = next_opened(&self.frames, self.at, self.protection)?;
        self.at = next;
        Some(Message { origin: self.origin.clone(), payload: self.frames.slice(payload) })
    }
}

/// Allocation headers, the run itself and its place in the queue.
const RUN_OVERHEAD: usize = 160;
