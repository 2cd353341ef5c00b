//! The settings of a node. The core reads them as JSON and refuses what cannot be, with the name of
//! the setting; here they only have types.

use std::collections::HashMap;

use serde::Serialize;

/// What is left out keeps its default.
#[derive(Serialize, uniffi::Record)]
pub struct Settings {
    /// Where to listen.
    pub listen: Vec<String>,
    /// The file of the address book.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_book: Option<String>,
    /// Whether known peers are dialed at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_connect: Option<bool>,
    /// The streams, by name.
    pub streams: HashMap<String, StreamSettings>,
    /// The name of a `HandshakeMode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handshake: Option<String>,
    /// The name of a `Security`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security: Option<String>,
    /// How lost peers are dialed again.
    pub reconnect: ReconnectSettings,
    /// How long a handshake may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handshake_timeout_ms: Option<i64>,
    /// How long a dial may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dial_timeout_ms: Option<i64>,
    /// How a vanished peer is noticed.
    #[serde(skip_serializing_if = "KeepAliveSettings::is_left_out")]
    pub keep_alive: KeepAliveSettings,
    /// How long the end of a session waits for what is queued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linger_ms: Option<i64>,
    /// Events that wait for a subscriber.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_buffer: Option<i64>,
    /// Peers, addresses and ranges that alone are let in.
    pub allow: Vec<String>,
    /// Peers, addresses and ranges that are not.
    pub deny: Vec<String>,
    /// How many connections there may be.
    pub connection_limits: LimitSettings,
    /// Threads of the node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker_threads: Option<i64>,
}

/// Of one stream.
#[derive(Serialize, uniffi::Record)]
pub struct StreamSettings {
    /// Bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_message_size: Option<i64>,
    /// Bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_buffer: Option<i64>,
    /// Bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receive_buffer: Option<i64>,
    /// Percent of a buffer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high_watermark: Option<i64>,
    /// Percent of a buffer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low_watermark: Option<i64>,
}

/// How lost peers are dialed again.
#[derive(Serialize, uniffi::Record)]
pub struct ReconnectSettings {
    /// The first pause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_delay_ms: Option<i64>,
    /// The longest pause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_delay_ms: Option<i64>,
    /// After so many it gives up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<i64>,
    /// The pause after a handshake that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cooldown_ms: Option<i64>,
}

/// How a vanished peer is noticed.
#[derive(uniffi::Enum)]
pub enum KeepAliveSettings {
    /// As it is by default.
    LeftOut,
    /// Not at all.
    Off,
    /// By messages.
    On {
        /// How often.
        interval_ms: Option<i64>,
        /// After how long without an answer.
        timeout_ms: Option<i64>,
    },
}

impl KeepAliveSettings {
    fn is_left_out(&self) -> bool {
        matches!(self, Self::LeftOut)
    }
}

impl Serialize for KeepAliveSettings {
    fn serialize<S: serde::Serializer>(&self, json: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct On {
            #[serde(skip_serializing_if = "Option::is_none")]
            interval_ms: Option<i64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            timeout_ms: Option<i64>,
        }
        match *self {
            Self::LeftOut | Self::Off => json.serialize_none(),
            Self::On { interval_ms, timeout_ms } => On { interval_ms, timeout_ms }.serialize(json),
        }
    }
}

/// How many connections there may be.
#[derive(Serialize, uniffi::Record)]
pub struct LimitSettings {
    /// That are being made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<i64>,
    /// In all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
    /// With one peer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_peer: Option<i64>,
    /// From one address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_address: Option<i64>,
}

impl Settings {
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).expect("names are texts, and numbers are whole")
    }
}
