//! What the library gives, as the runner wants it told.

use std::time::{Duration, SystemTime};

use glueberry_core::{
    Ban, Direction, Error, Event, EventKind, Message, Node, PeerId, PeerInfo, StreamHealth,
    Unwritten,
};
use serde_json::{Value, json};

use crate::payload;

/// What `start` answers.
pub(crate) fn start(node: &Node) -> Value {
    let addresses = texts(&node.listen_addresses());
    json!({ "peer": node.peer_id().to_string(), "addresses": addresses })
}

pub(crate) fn error(error: &Error) -> Value {
    json!({
        "code": error.code().number(),
        "name": error.code().name(),
        "class": error.class().name(),
        "retriable": error.is_retriable(),
        "hint": error.hint(),
        "message": error.to_string(),
        "peer": optional(error.peer()),
        "stream": error.stream().map(ToString::to_string),
    })
}

pub(crate) fn message(message: &Message) -> Value {
    json!({
        "peer": message.peer().to_string(),
        "stream": message.stream().to_string(),
        "size": message.payload().len(),
        "crc": payload::sum(message.payload()),
    })
}

pub(crate) fn peer(info: &PeerInfo) -> Value {
    json!({
        "peer": info.peer.to_string(),
        "state": info.state.name(),
        "direction": info.direction.map(Direction::name),
        "connections": info.connections,
        "addresses": texts(&info.addresses),
        "persistent": info.persistent,
        "metadata": info.metadata,
        "last_seen": info.last_seen.map(milliseconds),
        "banned": info.banned.is_some(),
    })
}

pub(crate) fn ban(ban: &Ban) -> Value {
    json!({ "target": ban.target.to_string(), "until": ban.until.map(milliseconds) })
}

pub(crate) fn health(health: StreamHealth) -> Value {
    json!({
        "state": health.state.name(),
        "outbound": health.outbound.name(),
        "inbound": health.inbound.name(),
        "queued_messages": health.queued_messages,
        "queued_bytes": health.queued_bytes,
        "unread_bytes": health.unread_bytes,
    })
}

pub(crate) fn event(event: &Event) -> Value {
    let mut told = fields(&event.kind);
    told["kind"] = event.name().as_str().into();
    told["at"] = milliseconds(event.at).into();
    if let Some(peer) = event.peer() {
        told["peer"] = peer.to_string().into();
    }
    told
}

/// The fields of a kind; its peer is filled in later, unless it may be absent.
fn fields(kind: &EventKind) -> Value {
    match kind {
        EventKind::ListenAddress { address } => json!({ "address": address.to_string() }),
        EventKind::PeerConnected { session, inbound, address, .. } => {
            json!({ "session": session, "inbound": inbound, "address": address })
        }
        EventKind::PeerEstablished { session, .. } => json!({ "session": session }),
        EventKind::PeerDisconnected { session, reason, unwritten, .. } => {
            let unwritten: Vec<_> = unwritten.iter().map(told_unwritten).collect();
            json!({ "session": session, "reason": reason.name(), "unwritten": unwritten })
        }
        EventKind::PeerReconnecting { attempt, delay, .. } => {
            json!({ "attempt": attempt, "delay": in_milliseconds(*delay) })
        }
        EventKind::PeerCooldown { until, .. } => json!({ "until": milliseconds(*until) }),
        EventKind::ConnectionDenied { inbound, peer, address, denial, suppressed } => json!({
            "inbound": inbound, "peer": optional(*peer), "address": address,
            "denial": denial.name(), "suppressed": suppressed,
        }),
        EventKind::StreamOpened { stream, .. }
        | EventKind::StreamRecovered { stream, .. }
        | EventKind::DecryptionFailed { stream, .. } => json!({ "stream": stream.to_string() }),
        EventKind::StreamDegraded { stream, attempt, .. } => {
            json!({ "stream": stream.to_string(), "attempt": attempt })
        }
        EventKind::StreamClosed { stream, reason, .. } => {
            json!({ "stream": stream.to_string(), "reason": reason.name() })
        }
        EventKind::StreamPressure { stream, direction, level, bytes, .. } => json!({
            "stream": stream.to_string(), "direction": direction.name(),
            "level": level.name(), "bytes": bytes,
        }),
        EventKind::Warning { code, peer, stream, detail } => json!({
            "code": code.name(), "peer": optional(*peer),
            "stream": stream.as_ref().map(ToString::to_string), "detail": detail,
        }),
        EventKind::Lagged { missed } => json!({ "missed": missed }),
        _ => json!({}),
    }
}

fn told_unwritten(unwritten: &Unwritten) -> Value {
    json!({
        "stream": unwritten.stream.to_string(),
        "messages": unwritten.messages,
        "bytes": unwritten.bytes,
    })
}

pub(crate) fn texts<T: ToString>(list: &[T]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

fn optional(peer: Option<PeerId>) -> Option<String> {
    peer.map(|peer| peer.to_string())
}

fn milliseconds(time: SystemTime) -> u64 {
    in_milliseconds(time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

fn in_milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
