//! How the streams of a session are doing.

use glueberry_proto::name::StreamName;
use glueberry_proto::pressure::Mark;

use super::Session;
use crate::PressureLevel;
use crate::link::Outlook;
use crate::pressure::level_of;

/// How one stream with one peer is doing, at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamHealth {
    /// Whether it carries messages.
    pub state: StreamState,
    /// Messages that were accepted for sending and are not wholly written yet.
    pub queued_messages: u64,
    /// Their bytes, with framing: at most the stream's `send_buffer`, or one message.
    pub queued_bytes: u64,
    /// Bytes that were received and wait for the application, with what administers them: at most
    /// the stream's `receive_buffer` and what one read brings above it.
    pub unread_bytes: u64,
    /// What the send buffer counts as: `High` from one
    /// [`StreamPressure`](crate::EventKind::StreamPressure) to the next.
    pub outbound: PressureLevel,
    /// What the receive buffer counts as, likewise.
    pub inbound: PressureLevel,
}

/// Whether a stream carries messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StreamState {
    /// Nothing stands: it was not opened yet, or the peer closed it. The next message opens it.
    Idle,
    /// It carries messages.
    Open,
    /// It failed, and is being opened again.
    Degraded {
        /// Which attempt is due or under way, from 1.
        attempt: u32,
    },
    /// The peer does not take it; sending fails with
    /// [`StreamRefused`](crate::ErrorCode::StreamRefused). The peer may still open it.
    Refused,
    /// It broke too often; sending fails with [`StreamFailed`](crate::ErrorCode::StreamFailed). The
    /// peer may still open it, and a new session opens it again.
    Failed,
}

impl Session {
    /// How a stream is doing; `None` if it is not prepared.
    pub(crate) fn health(&self, stream: &str) -> Option<StreamHealth> {
        let outgoing = self.outgoing(stream)?;
        let (unread, mark) = self.parts.inbox.unread(outgoing.origin());
        Some(StreamHealth::of(&outgoing.look_at(), unread, mark))
    }

    /// How all prepared streams but the handshake's are doing, by name.
    pub(crate) fn all_health(&self) -> Vec<(StreamName, StreamHealth)> {
        let mut names: Vec<StreamName> = self.lanes.read().keys().cloned().collect();
        names.retain(|name| !name.is_handshake());
        names.sort_unstable();
        let health = |name: StreamName| self.health(name.as_str()).map(|health| (name, health));
        names.into_iter().filter_map(health).collect()
    }
}

impl StreamHealth {
    fn of(outlook: &Outlook, unread: usize, inbound: Mark) -> Self {
        Self {
            state: StreamState::of(outlook),
            queued_messages: outlook.waiting.messages,
            queued_bytes: outlook.waiting.bytes,
            unread_bytes: unread as u64,
            outbound: level_of(outlook.mark),
            inbound: level_of(inbound),
        }
    }
}

impl StreamState {
    /// The names of the states, in the order of their numbers, from 1.
    pub const NAMES: &'static [&'static str] = &["Idle", "Open", "Degraded", "Refused", "Failed"];

    /// Its number in languages that have no such enumeration. It never changes.
    #[must_use]
    pub fn number(self) -> u16 {
        match self {
            Self::Idle => 1,
            Self::Open => 2,
            Self::Degraded { .. } => 3,
            Self::Refused => 4,
            Self::Failed => 5,
        }
    }

    /// Its name, the same in every language.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES[usize::from(self.number()) - 1]
    }

    fn of(outlook: &Outlook) -> Self {
        match outlook.course.attempt {
            _ if outlook.refused => Self::Refused,
            _ if outlook.failed => Self::Failed,
            _ if outlook.course.stands => Self::Open,
            Some(attempt) => Self::Degraded { attempt },
            None => Self::Idle,
        }
    }
}
