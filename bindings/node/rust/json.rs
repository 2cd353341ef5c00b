//! What happens seldom crosses as JSON, which JavaScript reads faster than it takes objects one by
//! one.

use std::time::{SystemTime, UNIX_EPOCH};

use glueberry_core::embed::{Value, fields};
use glueberry_core::{Ban, Direction, Event, PeerInfo, StreamHealth, StreamState, Unwritten};
use serde_json::{Map, Value as Json, json};

/// An event: its name, when it was, and its fields. Times and durations are in milliseconds;
/// `ts/event-reader.ts` gives them their types.
pub(crate) fn event(event: &Event) -> Json {
    let fields: Map<String, Json> = fields(&event.kind)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), field(value)))
        .collect();
    json!({ "name": event.name().as_str(), "at": milliseconds(event.at), "fields": fields })
}

fn field(value: Value) -> Json {
    match value {
        Value::Absent => Json::Null,
        Value::Flag(flag) => flag.into(),
        Value::Number(number) => number.into(),
        Value::Text(text) => text.into(),
        Value::Peer(peer) => peer.to_string().into(),
        Value::Stream(stream) => stream.as_str().into(),
        Value::Address(address) => address.to_string().into(),
        Value::Duration(time) => json!({ "ms": time.as_secs_f64() * 1e3 }),
        Value::Time(time) => json!({ "at": milliseconds(time) }),
        Value::Unwritten(all) => all.iter().map(unwritten).collect(),
        Value::Word { name, .. } => json!({ "word": name }),
        Value::Code(code) => code.name().into(),
    }
}

fn unwritten(unwritten: &Unwritten) -> Json {
    let Unwritten { stream, messages, bytes } = unwritten;
    json!({ "stream": stream.as_str(), "messages": messages, "bytes": bytes })
}

/// What is known of a peer.
pub(crate) fn peer(info: &PeerInfo) -> Json {
    json!({
        "peer": info.peer.to_string(),
        "state": info.state.name(),
        "direction": info.direction.map(Direction::name),
        "connections": info.connections,
        "addresses": info.addresses.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "persistent": info.persistent,
        "metadata": info.metadata,
        "lastSeen": info.last_seen.map(milliseconds),
        "banned": info.banned.as_ref().map(ban),
    })
}

/// A ban.
pub(crate) fn ban(ban: &Ban) -> Json {
    json!({ "target": ban.target.to_string(), "until": ban.until.map(milliseconds) })
}

/// How a stream is doing.
pub(crate) fn health(stream: &str, health: &StreamHealth) -> Json {
    let attempt = match health.state {
        StreamState::Degraded { attempt } => Some(attempt),
        _ => None,
    };
    json!({
        "stream": stream,
        "state": health.state.name(),
        "attempt": attempt,
        "queuedMessages": health.queued_messages,
        "queuedBytes": health.queued_bytes,
        "unreadBytes": health.unread_bytes,
        "outbound": health.outbound.name(),
        "inbound": health.inbound.name(),
    })
}

/// Since 1970, as JavaScript counts. A time before it is 0.
pub(crate) fn milliseconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1e3
}
