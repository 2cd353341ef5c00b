//! Events as fields with names: the one translation that every language shows them by.

use std::time::{Duration, SystemTime};

use crate::{Address, ErrorCode, EventKind, PeerId, StreamName, Unwritten};

/// One field of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// The event has the field, and nothing in it.
    Absent,
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(u64),
    /// Words.
    Text(String),
    /// Somebody.
    Peer(PeerId),
    /// The name of a stream.
    Stream(StreamName),
    /// Where a node listens.
    Address(Address),
    /// How long.
    Duration(Duration),
    /// When, by the wall clock of this machine.
    Time(SystemTime),
    /// What was never written, by stream.
    Unwritten(Vec<Unwritten>),
    /// A word of one of the enumerations, such as `DisconnectReason`; see [`super::vocabulary`].
    Word {
        /// The enumeration.
        of: &'static str,
        /// The word in it.
        name: &'static str,
        /// Its number.
        number: u16,
    },
    /// What is wrong.
    Code(ErrorCode),
}

macro_rules! word {
    ($enumeration:ident, $word:expr) => {
        Value::Word { of: stringify!($enumeration), name: $word.name(), number: $word.number() }
    };
}

/// The fields of an event, by the names that [`EventKind`] has for them, in its order.
#[must_use]
pub fn fields(event: &EventKind) -> Vec<(&'static str, Value)> {
    match event {
        EventKind::ListenAddress { address } => {
            vec![("address", Value::Address(address.clone()))]
        }
        EventKind::PeerConnecting { peer } => vec![("peer", Value::Peer(*peer))],
        EventKind::PeerConnected { peer, session, inbound, address } => vec![
            ("peer", Value::Peer(*peer)),
            ("session", Value::Number(*session)),
            ("inbound", Value::Flag(*inbound)),
            ("address", Value::Text(address.clone())),
        ],
        EventKind::PeerEstablished { peer, session } => {
            vec![("peer", Value::Peer(*peer)), ("session", Value::Number(*session))]
        }
        EventKind::PeerDisconnected { peer, session, reason, unwritten } => vec![
            ("peer", Value::Peer(*peer)),
            ("session", session.map_or(Value::Absent, Value::Number)),
            ("reason", word!(DisconnectReason, reason)),
            ("unwritten", Value::Unwritten(unwritten.clone())),
        ],
        EventKind::PeerReconnecting { peer, attempt, delay } => vec![
            ("peer", Value::Peer(*peer)),
            ("attempt", Value::Number((*attempt).into())),
            ("delay", Value::Duration(*delay)),
        ],
        EventKind::PeerCooldown { peer, until } => {
            vec![("peer", Value::Peer(*peer)), ("until", Value::Time(*until))]
        }
        EventKind::ConnectionDenied { inbound, peer, address, denial, suppressed } => vec![
            ("inbound", Value::Flag(*inbound)),
            ("peer", peer.map_or(Value::Absent, Value::Peer)),
            ("address", Value::Text(address.clone())),
            ("denial", word!(Denial, denial)),
            ("suppressed", Value::Number(*suppressed)),
        ],
        EventKind::StreamOpened { peer, stream }
        | EventKind::StreamRecovered { peer, stream }
        | EventKind::DecryptionFailed { peer, stream } => of_stream(*peer, stream, []),
        EventKind::StreamDegraded { peer, stream, attempt } => {
            of_stream(*peer, stream, [("attempt", Value::Number((*attempt).into()))])
        }
        EventKind::StreamClosed { peer, stream, reason } => {
            of_stream(*peer, stream, [("reason", word!(StreamCloseReason, reason))])
        }
        EventKind::StreamPressure { peer, stream, direction, level, bytes } => {
            let of_it = [
                ("direction", word!(Direction, direction)),
                ("level", word!(PressureLevel, level)),
                ("bytes", Value::Number(*bytes)),
            ];
            of_stream(*peer, stream, of_it)
        }
        EventKind::Warning { code, peer, stream, detail } => vec![
            ("code", Value::Code(*code)),
            ("peer", peer.map_or(Value::Absent, Value::Peer)),
            ("stream", stream.clone().map_or(Value::Absent, Value::Stream)),
            ("detail", Value::Text(detail.clone())),
        ],
        EventKind::Lagged { missed } => vec![("missed", Value::Number(*missed))],
    }
}

fn of_stream<const N: usize>(
    peer: PeerId,
    stream: &StreamName,
    others: [(&'static str, Value); N],
) -> Vec<(&'static str, Value)> {
    let both = [("peer", Value::Peer(peer)), ("stream", Value::Stream(stream.clone()))];
    both.into_iter().chain(others).collect()
}
