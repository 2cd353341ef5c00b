//! What a node knows, as plain data.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use glueberry_core::{Ban, PeerInfo, StreamHealth, StreamState, Unwritten};

/// What was never written on a stream.
#[derive(uniffi::Record)]
pub struct UnwrittenRecord {
    /// Which.
    pub stream: String,
    /// How many messages.
    pub messages: i64,
    /// How many bytes.
    pub bytes: i64,
}

/// What is known of a peer. Words are numbers.
#[derive(uniffi::Record)]
pub struct PeerRecord {
    /// Who.
    pub peer: String,
    /// The state of the link.
    pub state: i32,
    /// Who dialed.
    pub direction: Option<i32>,
    /// How many connections stand.
    pub connections: i32,
    /// Where it may be found.
    pub addresses: Vec<String>,
    /// Whether it is dialed for ever.
    pub persistent: bool,
    /// What the program noted.
    pub metadata: HashMap<String, String>,
    /// When it was there last, in milliseconds since 1970.
    pub last_seen_ms: Option<i64>,
    /// The ban that holds.
    pub banned: Option<BanRecord>,
}

/// A ban.
#[derive(uniffi::Record)]
pub struct BanRecord {
    /// Whom it is of.
    pub target: String,
    /// Until when, in milliseconds since 1970.
    pub until_ms: Option<i64>,
}

/// How a stream is doing. Words are numbers.
#[derive(uniffi::Record)]
pub struct HealthRecord {
    /// Which.
    pub stream: String,
    /// How it is.
    pub state: i32,
    /// Which attempt to reopen it is under way.
    pub attempt: Option<i32>,
    /// Messages that wait to be written.
    pub queued_messages: i64,
    /// Bytes that wait to be written.
    pub queued_bytes: i64,
    /// Bytes that wait to be read.
    pub unread_bytes: i64,
    /// The pressure of what is written.
    pub outbound: i32,
    /// The pressure of what is read.
    pub inbound: i32,
}

impl From<&Unwritten> for UnwrittenRecord {
    fn from(unwritten: &Unwritten) -> Self {
        Self {
            stream: unwritten.stream.to_string(),
            messages: number(unwritten.messages),
            bytes: number(unwritten.bytes),
        }
    }
}

impl From<&PeerInfo> for PeerRecord {
    fn from(info: &PeerInfo) -> Self {
        Self {
            peer: info.peer.to_string(),
            state: info.state.number().into(),
            direction: info.direction.map(|direction| direction.number().into()),
            connections: number(info.connections),
            addresses: info.addresses.iter().map(ToString::to_string).collect(),
            persistent: info.persistent,
            metadata: info.metadata.clone().into_iter().collect(),
            last_seen_ms: info.last_seen.map(milliseconds),
            banned: info.banned.as_ref().map(BanRecord::from),
        }
    }
}

impl From<&Ban> for BanRecord {
    fn from(ban: &Ban) -> Self {
        Self { target: ban.target.to_string(), until_ms: ban.until.map(milliseconds) }
    }
}

impl HealthRecord {
    pub(crate) fn new(stream: &str, health: &StreamHealth) -> Self {
        let attempt = match health.state {
            StreamState::Degraded { attempt } => Some(number(attempt)),
            _ => None,
        };
        Self {
            stream: stream.to_owned(),
            state: health.state.number().into(),
            attempt,
            queued_messages: number(health.queued_messages),
            queued_bytes: number(health.queued_bytes),
            unread_bytes: number(health.unread_bytes),
            outbound: health.outbound.number().into(),
            inbound: health.inbound.number().into(),
        }
    }
}

/// A count in the largest number that Java has for it: beyond it lies nothing that can be counted.
pub(crate) fn number<S: Bounded, U: TryInto<S>>(count: U) -> S {
    count.try_into().unwrap_or(S::MOST)
}

/// A signed integer.
pub(crate) trait Bounded {
    const MOST: Self;
}

impl Bounded for i32 {
    const MOST: Self = i32::MAX;
}

impl Bounded for i64 {
    const MOST: Self = i64::MAX;
}

/// How much is wanted, as the languages say it; less than nothing is nothing.
pub(crate) fn size(wanted: i32) -> usize {
    usize::try_from(wanted).unwrap_or(0)
}

/// Since 1970. A time before it is 0.
pub(crate) fn milliseconds(time: SystemTime) -> i64 {
    number(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis())
}
