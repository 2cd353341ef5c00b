//! What happens to a node and its peers: one schema for logs, subscribers and every binding.

mod denial;
mod filter;
mod hub;
mod log;

use std::fmt;
use std::time::{Duration, SystemTime};

use glueberry_proto::name::StreamName;
pub use glueberry_proto::peer::DisconnectReason;

use crate::{Address, ErrorCode, PeerId};
pub use denial::Denial;
pub use filter::EventFilter;
pub use hub::Events;
pub(crate) use hub::Hub;

/// Something that happened, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// By the wall clock of this machine.
    pub at: SystemTime,
    /// What happened.
    pub kind: EventKind,
}

impl Event {
    /// The peer it is about, if it is about one.
    #[must_use]
    pub fn peer(&self) -> Option<PeerId> {
        self.kind.peer()
    }

    /// The kind's name.
    #[must_use]
    pub fn name(&self) -> EventName {
        self.kind.name()
    }
}

/// What happened. New kinds come with new versions: ignore those you do not know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// The node listens at one more address.
    ListenAddress {
        /// With this node's peer id at its end.
        address: Address,
    },
    /// A dial began.
    PeerConnecting {
        /// Who is dialed.
        peer: PeerId,
    },
    /// A connection stands and the peer's identity is proven; the handshake begins.
    PeerConnected {
        /// Who.
        peer: PeerId,
        /// The session that begins. Numbers grow, and none is used twice for one peer.
        session: u64,
        /// Whether the peer dialed us.
        inbound: bool,
        /// The peer's address as seen from here.
        address: String,
    },
    /// The handshake is finished: messages flow.
    PeerEstablished {
        /// Who.
        peer: PeerId,
        /// The session.
        session: u64,
    },
    /// A session ended, or an attempt to begin one.
    PeerDisconnected {
        /// Who.
        peer: PeerId,
        /// The session; none if no connection stood.
        session: Option<u64>,
        /// Why.
        reason: DisconnectReason,
        /// What was accepted for sending and never written, by stream.
        unwritten: Vec<Unwritten>,
    },
    /// A lost peer is tried again after `delay`.
    PeerReconnecting {
        /// Who.
        peer: PeerId,
        /// Which attempt since the peer was last established, from 1.
        attempt: u32,
        /// The pause before it, drawn at random below a growing ceiling.
        delay: Duration,
    },
    /// The peer was reached, but no session came of it: it is left alone until `until`, and then
    /// tried again.
    PeerCooldown {
        /// Who.
        peer: PeerId,
        /// By the wall clock of this machine.
        until: SystemTime,
    },
    /// A connection was refused, or dropped before its peer was known.
    ConnectionDenied {
        /// Whether somebody dialed us.
        inbound: bool,
        /// Who, where that is known.
        peer: Option<PeerId>,
        /// The other end's address.
        address: String,
        /// Why.
        denial: Denial,
        /// How many more were denied for the same reason since the last such event: strangers must
        /// not be able to flood a subscriber.
        suppressed: u64,
    },
    /// A named stream carries messages from now on.
    StreamOpened {
        /// With whom.
        peer: PeerId,
        /// Which.
        stream: StreamName,
    },
    /// A named stream failed and is opened again; the other streams go on.
    StreamDegraded {
        /// With whom.
        peer: PeerId,
        /// Which.
        stream: StreamName,
        /// Which attempt to open it again this is, from 1.
        attempt: u32,
    },
    /// A degraded stream carries messages again.
    StreamRecovered {
        /// With whom.
        peer: PeerId,
        /// Which.
        stream: StreamName,
    },
    /// A named stream ended.
    StreamClosed {
        /// With whom.
        peer: PeerId,
        /// Which.
        stream: StreamName,
        /// Why.
        reason: StreamCloseReason,
    },
    /// A buffer of a stream has filled above its high watermark, or drained below its low one.
    StreamPressure {
        /// With whom.
        peer: PeerId,
        /// Which stream.
        stream: StreamName,
        /// Which of its two buffers.
        direction: Direction,
        /// Which watermark was crossed.
        level: PressureLevel,
        /// What the buffer holds now.
        bytes: u64,
    },
    /// A message could not be opened and was not delivered.
    DecryptionFailed {
        /// From whom.
        peer: PeerId,
        /// On which stream.
        stream: StreamName,
    },
    /// A fault without a kind of its own; the node goes on.
    Warning {
        /// What is wrong.
        code: ErrorCode,
        /// With whom.
        peer: Option<PeerId>,
        /// On which stream.
        stream: Option<StreamName>,
        /// In words, without payload.
        detail: String,
    },
    /// This subscriber was too slow: its oldest events were dropped.
    Lagged {
        /// How many.
        missed: u64,
    },
}

/// Why a named stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StreamCloseReason {
    /// Its session ended.
    SessionEnded,
    /// It failed again and again, and is not opened any more in this session.
    Failed,
}

glueberry_proto::vocabulary!(StreamCloseReason {
    1 SessionEnded
    2 Failed
});

/// Which way messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From here to the peer: the send buffer.
    Outbound,
    /// From the peer to here: the receive buffer.
    Inbound,
}

glueberry_proto::vocabulary!(Direction {
    1 Outbound
    2 Inbound
});

/// Which watermark a buffer crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PressureLevel {
    /// It filled above its high watermark: who fills it should slow down.
    High,
    /// It drained below its low watermark: there is room again.
    Low,
}

glueberry_proto::vocabulary!(PressureLevel {
    1 High
    2 Low
});

/// Messages that were accepted for sending and never wholly written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwritten {
    /// On which stream.
    pub stream: StreamName,
    /// How many messages.
    pub messages: u64,
    /// How many bytes of payload and framing.
    pub bytes: u64,
}

macro_rules! event_names {
    ($($number:literal $name:ident)+) => {
        /// The kinds of events, for filters and for other languages.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum EventName { $(#[doc = concat!("See [`EventKind::", stringify!($name), "`].")] $name,)+ }

        impl EventName {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its number in languages that have no such enumeration. It never changes.
            #[must_use]
            pub fn number(self) -> u16 {
                match self { $(Self::$name => $number,)+ }
            }

            /// As it is written in every language.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }
        }

        impl EventKind {
            /// The kind's name.
            #[must_use]
            pub fn name(&self) -> EventName {
                match self { $(Self::$name { .. } => EventName::$name,)+ }
            }
        }
    };
}

event_names! {
    1 ListenAddress
    2 PeerConnecting
    3 PeerConnected
    4 PeerEstablished
    5 PeerDisconnected
    6 PeerReconnecting
    7 PeerCooldown
    8 ConnectionDenied
    9 StreamOpened
    10 StreamDegraded
    11 StreamRecovered
    12 StreamClosed
    13 StreamPressure
    14 DecryptionFailed
    15 Warning
    16 Lagged
}

impl EventKind {
    /// The peer it is about, if it is about one.
    #[must_use]
    pub fn peer(&self) -> Option<PeerId> {
        match self {
            Self::ListenAddress { .. } | Self::Lagged { .. } => None,
            Self::PeerConnecting { peer }
            | Self::PeerConnected { peer, .. }
            | Self::PeerEstablished { peer, .. }
            | Self::PeerDisconnected { peer, .. }
            | Self::PeerReconnecting { peer, .. }
            | Self::PeerCooldown { peer, .. }
            | Self::StreamOpened { peer, .. }
            | Self::StreamDegraded { peer, .. }
            | Self::StreamRecovered { peer, .. }
            | Self::StreamClosed { peer, .. }
            | Self::StreamPressure { peer, .. }
            | Self::DecryptionFailed { peer, .. } => Some(*peer),
            Self::ConnectionDenied { peer, .. } | Self::Warning { peer, .. } => *peer,
        }
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
