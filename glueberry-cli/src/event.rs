//! What the program tells: each kind as JSON and as text for people.

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use glueberry_core::{
    Address, Ban, BanTarget, ErrorCode, EventKind, Message, PeerEntry, PeerId, StreamCloseReason,
    StreamName, Unwritten,
};
use serde::{Serialize, Serializer};

use crate::failure::Failure;
use crate::table;
use crate::text::printable;

/// Something that is told, a line of its own.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    Identity(Identified),
    Listening {
        #[serde(serialize_with = "each_as_text")]
        addresses: Vec<Address>,
    },
    PeerConnected {
        #[serde(serialize_with = "as_text")]
        peer: PeerId,
        session: u64,
        inbound: bool,
        address: String,
    },
    PeerEstablished {
        #[serde(serialize_with = "as_text")]
        peer: PeerId,
        session: u64,
    },
    PeerDisconnected {
        #[serde(serialize_with = "as_text")]
        peer: PeerId,
        reason: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        session: Option<u64>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        unwritten: Vec<Lost>,
    },
    PeerReconnecting {
        #[serde(serialize_with = "as_text")]
        peer: PeerId,
        attempt: u32,
        delay_ms: u128,
    },
    PeerCooldown {
        #[serde(serialize_with = "as_text")]
        peer: PeerId,
        /// RFC 3339, in UTC.
        until: String,
    },
    ConnectionDenied {
        inbound: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        peer: Option<String>,
        address: String,
        denial: String,
        suppressed: u64,
    },
    StreamDegraded {
        #[serde(serialize_with = "as_text")]
        peer: PeerId,
        #[serde(serialize_with = "as_text")]
        stream: StreamName,
        attempt: u32,
    },
    StreamRecovered {
        #[serde(serialize_with = "as_text")]
        peer: PeerId,
        #[serde(serialize_with = "as_text")]
        stream: StreamName,
    },
    /// It failed too often, and is not opened any more in this session.
    StreamFailed {
        #[serde(serialize_with = "as_text")]
        peer: PeerId,
        #[serde(serialize_with = "as_text")]
        stream: StreamName,
    },
    Message {
        #[serde(serialize_with = "as_text")]
        peer: PeerId,
        #[serde(serialize_with = "as_text")]
        stream: StreamName,
        len: usize,
        #[serde(serialize_with = "as_base64")]
        data: bytes::Bytes,
    },
    Sent {
        #[serde(serialize_with = "as_text")]
        peer: PeerId,
        #[serde(serialize_with = "as_text")]
        stream: StreamName,
        /// Of each message, in bytes.
        len: usize,
        count: u64,
    },
    /// A peer of an address book.
    Peer(KnownPeer),
    /// A ban in an address book.
    Ban(KnownBan),
    /// A ban was made.
    Banned(KnownBan),
    /// A ban was lifted, if there was one.
    Unbanned {
        #[serde(serialize_with = "as_text")]
        target: BanTarget,
        was_banned: bool,
    },
    /// This program was too slow in reading events, and has missed some.
    Lagged {
        missed: u64,
    },
    /// Something is wrong that the command goes on after.
    Warning(Complaint),
    /// The command, or one line of an interactive session, failed.
    Error(Complaint),
}

/// Whose identity this is.
#[derive(Default, Serialize)]
pub(crate) struct Identified {
    pub(crate) peer: String,
    /// The private key, where it was not written to a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pem: Option<String>,
    /// The key file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    /// It lives as long as this run.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) fresh: bool,
}

/// What an address book says of a peer.
#[derive(Serialize)]
pub(crate) struct KnownPeer {
    #[serde(serialize_with = "as_text")]
    peer: PeerId,
    #[serde(serialize_with = "each_as_text")]
    addresses: Vec<Address>,
    persistent: bool,
    metadata: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<String>,
    banned: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    banned_until: Option<String>,
    #[serde(skip)]
    row: String,
}

/// Whom a ban is for, and until when; without a time, without end.
#[derive(Serialize)]
pub(crate) struct KnownBan {
    #[serde(serialize_with = "as_text")]
    target: BanTarget,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    #[serde(skip)]
    row: String,
}

/// What was accepted for sending and never written.
#[derive(Serialize)]
pub(crate) struct Lost {
    #[serde(serialize_with = "as_text")]
    stream: StreamName,
    messages: u64,
    bytes: u64,
}

/// What is wrong, with whom, and what to do about it.
#[derive(Serialize)]
pub(crate) struct Complaint {
    code: u16,
    name: &'static str,
    message: String,
    hint: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<String>,
}

impl Event {
    pub(crate) fn error(failure: &Failure) -> Self {
        Self::Error(Complaint::new(failure))
    }

    pub(crate) fn warning(failure: &Failure) -> Self {
        Self::Warning(Complaint::new(failure))
    }

    pub(crate) fn message(message: Message) -> Self {
        let (peer, stream) = (message.peer(), message.stream().clone());
        let data = message.into_payload();
        Self::Message { peer, stream, len: data.len(), data }
    }

    pub(crate) fn peer(entry: &PeerEntry) -> Self {
        Self::Peer(KnownPeer {
            peer: entry.peer,
            addresses: entry.addresses.clone(),
            persistent: entry.persistent,
            metadata: entry.metadata.clone(),
            last_seen: entry.last_seen.map(table::time),
            banned: entry.banned.is_some(),
            banned_until: entry.banned.as_ref().and_then(|ban| ban.until).map(table::time),
            row: table::peer(entry),
        })
    }

    pub(crate) fn ban(ban: &Ban) -> Self {
        Self::Ban(KnownBan::new(ban, table::ban(ban)))
    }

    pub(crate) fn banned(ban: &Ban) -> Self {
        Self::Banned(KnownBan::new(ban, table::banned(ban)))
    }

    /// What a node's event is told as; some kinds are for logs only.
    pub(crate) fn of_node(kind: EventKind) -> Option<Self> {
        Some(match kind {
            EventKind::PeerConnected { peer, session, inbound, address } => {
                Self::PeerConnected { peer, session, inbound, address }
            }
            EventKind::PeerEstablished { peer, session } => Self::PeerEstablished { peer, session },
            EventKind::PeerDisconnected { peer, session, reason, unwritten } => {
                let unwritten = unwritten.into_iter().map(Lost::from).collect();
                Self::PeerDisconnected { peer, reason: snake_case(&reason), session, unwritten }
            }
            EventKind::PeerReconnecting { peer, attempt, delay } => {
                Self::PeerReconnecting { peer, attempt, delay_ms: delay.as_millis() }
            }
            EventKind::PeerCooldown { peer, until } => {
                let until = humantime::format_rfc3339_seconds(until).to_string();
                Self::PeerCooldown { peer, until }
            }
            EventKind::ConnectionDenied { inbound, peer, address, denial, suppressed } => {
                let (peer, denial) = (peer.map(|peer| peer.to_string()), snake_case(&denial));
                Self::ConnectionDenied { inbound, peer, address, denial, suppressed }
            }
            EventKind::StreamDegraded { peer, stream, attempt } => {
                Self::StreamDegraded { peer, stream, attempt }
            }
            EventKind::StreamRecovered { peer, stream } => Self::StreamRecovered { peer, stream },
            EventKind::StreamClosed { peer, stream, reason: StreamCloseReason::Failed } => {
                Self::StreamFailed { peer, stream }
            }
            EventKind::DecryptionFailed { peer, stream } => {
                let message = "a message could not be decrypted and was not delivered";
                let failure = Failure::new(ErrorCode::DecryptionFailed, message);
                Self::warning(&failure.at_peer(peer).at_stream(stream))
            }
            EventKind::Warning { code, peer, stream, detail } => {
                Self::warning(&Failure { peer, stream, ..Failure::new(code, detail) })
            }
            EventKind::Lagged { missed } => Self::Lagged { missed },
            _ => return None,
        })
    }

    /// One line of JSON.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("events hold nothing that JSON cannot")
    }

    /// One line for people, or several; empty where there is nothing to say.
    pub(crate) fn to_text(&self) -> String {
        match self {
            Self::Identity(identity) => identity.to_text(),
            Self::Listening { addresses } => {
                let lines = addresses.iter().map(|address| format!("listening on {address}"));
                lines.collect::<Vec<_>>().join("\n")
            }
            Self::PeerConnected { peer, inbound, address, .. } => {
                let how = if *inbound { "from" } else { "at" };
                format!("connected: {peer} {how} {}", printable(address.as_bytes(), usize::MAX))
            }
            Self::PeerEstablished { peer, .. } => format!("established: {peer}"),
            Self::PeerDisconnected { peer, reason, unwritten, .. } => {
                let reason = reason.replace('_', " ");
                let lost = unwritten.iter().map(Lost::to_text).collect::<String>();
                format!("disconnected: {peer} ({reason}){lost}")
            }
            Self::PeerReconnecting { peer, attempt, delay_ms: 0 } => {
                format!("reconnecting: {} (attempt {attempt})", short(peer))
            }
            Self::PeerReconnecting { peer, attempt, delay_ms } => {
                let (seconds, tenths) = (delay_ms / 1000, delay_ms % 1000 / 100);
                let peer = short(peer);
                format!("reconnecting: {peer} in {seconds}.{tenths} s (attempt {attempt})")
            }
            Self::PeerCooldown { peer, until } => {
                format!("left alone: {} until {until}, after a failed handshake", short(peer))
            }
            Self::ConnectionDenied { inbound, peer, address, denial, suppressed } => {
                let way = if *inbound { "from" } else { "to" };
                let address = printable(address.as_bytes(), usize::MAX);
                let who = peer.as_ref().map(|peer| format!(" ({peer})")).unwrap_or_default();
                let more = match suppressed {
                    0 => String::new(),
                    more => format!("; so were {more} more"),
                };
                let why = denial.replace('_', " ");
                format!("denied: a connection {way} {address}{who}: {why}{more}")
            }
            Self::StreamDegraded { peer, stream, attempt } => {
                format!("stream {stream} with {} failed: trying again ({attempt})", short(peer))
            }
            Self::StreamRecovered { peer, stream } => {
                format!("stream {stream} with {} works again", short(peer))
            }
            Self::StreamFailed { peer, stream } => {
                format!("stream {stream} with {} is given up in this session", short(peer))
            }
            Self::Message { peer, stream, data, .. } => {
                format!("{}/{stream}: {}", short(peer), printable(data, MOST_SHOWN))
            }
            Self::Sent { peer, stream, len, count } => {
                let messages = if *count == 1 { "message" } else { "messages" };
                format!("sent {count} {messages} of {len} bytes on {stream} to {}", short(peer))
            }
            Self::Peer(peer) => peer.row.clone(),
            Self::Ban(ban) | Self::Banned(ban) => ban.row.clone(),
            Self::Unbanned { target, was_banned } => table::unbanned(*target, *was_banned),
            Self::Lagged { missed } => format!("warning: missed {missed} events"),
            Self::Warning(complaint) => format!("warning: {}", complaint.to_text()),
            Self::Error(complaint) => format!("error: {}", complaint.to_text()),
        }
    }

    /// Whether people find it on standard error.
    pub(crate) fn is_complaint(&self) -> bool {
        match self {
            Self::Lagged { .. }
            | Self::Warning(_)
            | Self::Error(_)
            | Self::ConnectionDenied { .. }
            | Self::StreamDegraded { .. }
            | Self::StreamFailed { .. } => true,
            // The notice that none was given.
            Self::Identity(identity) => identity.fresh,
            _ => false,
        }
    }
}

impl Identified {
    fn to_text(&self) -> String {
        if self.fresh {
            return format!("no --key: this run has the fresh identity {}", self.peer);
        }
        let pem = self.pem.as_deref().unwrap_or_default();
        format!("{}\n{pem}", self.peer).trim_end().to_owned()
    }
}

impl KnownBan {
    fn new(ban: &Ban, row: String) -> Self {
        Self { target: ban.target, until: ban.until.map(table::time), row }
    }
}

impl Lost {
    fn to_text(&self) -> String {
        format!("; {} messages on {} were never written", self.messages, self.stream)
    }
}

impl From<Unwritten> for Lost {
    fn from(lost: Unwritten) -> Self {
        Self { stream: lost.stream, messages: lost.messages, bytes: lost.bytes }
    }
}

impl Complaint {
    fn new(failure: &Failure) -> Self {
        Self {
            code: failure.code.number(),
            name: failure.code.name(),
            message: failure.message.clone(),
            hint: failure.hint,
            peer: failure.peer.map(|peer| peer.to_string()),
            stream: failure.stream.as_ref().map(ToString::to_string),
        }
    }

    fn to_text(&self) -> String {
        let message = printable(self.message.as_bytes(), usize::MAX);
        format!("{message} [{} {}]\n  hint: {}", self.name, self.code, self.hint)
    }
}

/// The reason in snake case. By its own name, so that a reason of a later version is told too.
pub(crate) fn snake_case(reason: &impl Debug) -> String {
    let mut snake = String::new();
    for letter in format!("{reason:?}").chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// The end of a peer id, which tells peers apart; all begin alike.
fn short(peer: &PeerId) -> String {
    let whole = peer.to_string();
    format!("…{}", &whole[whole.len().saturating_sub(SHORT)..])
}

fn as_text<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn each_as_text<T: Display, S: Serializer>(all: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(all.iter().map(ToString::to_string))
}

fn as_base64<S: Serializer>(data: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(data))
}

/// Eight letters are 46 bits: enough to tell the peers on one screen apart, not to trust one.
const SHORT: usize = 8;
/// What is shown of a message to people; the whole is in the JSON.
const MOST_SHOWN: usize = 1000;

#[cfg(test)]
mod tests {
    use glueberry_core::{DisconnectReason, Identity};

    use super::*;

    #[test]
    fn reasons_are_snake_case() {
        assert_eq!(snake_case(&DisconnectReason::ConnectionLost), "connection_lost");
        assert_eq!(snake_case(&DisconnectReason::Shutdown), "shutdown");
    }

    #[test]
    fn an_event_is_one_line_of_json_with_its_name() {
        let peer = Identity::from_seed(&[7; 32]).unwrap().peer_id();
        let stream: StreamName = "chat".parse().unwrap();
        let data = bytes::Bytes::from_static(b"a\n\xff");
        let message = Event::Message { peer, stream, len: data.len(), data };
        let expected = format!(
            r#"{{"event":"message","peer":"{peer}","stream":"chat","len":3,"data":"YQr/"}}"#
        );
        assert_eq!(message.to_json(), expected);
        assert!(message.to_text().ends_with("/chat: a\\n\\xff"));
    }

    #[test]
    fn an_error_carries_code_name_and_hint() {
        let error = Event::error(&Failure::new(ErrorCode::WrongPeer, "somebody else"));
        let json: serde_json::Value = serde_json::from_str(&error.to_json()).unwrap();
        assert_eq!(json["event"], "error");
        assert_eq!(json["code"], 401);
        assert_eq!(json["name"], "WrongPeer");
        assert_eq!(json["hint"], ErrorCode::WrongPeer.hint());
        assert_eq!(json.get("peer"), None);
    }
}
