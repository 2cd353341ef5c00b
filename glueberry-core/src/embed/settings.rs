//! The settings of a node as one text, which every language writes from its own configuration.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::error::{Error, ErrorCode, Result};
use crate::{
    AccessRules, BanTarget, Builder, ConnectionLimits, HandshakeMode, Identity, KeepAlive, Node,
    ReconnectPolicy, Security, StreamConfig,
};

/// The builder of a node, and how many threads it is to have, from settings in JSON. What is left out
/// keeps its default; times are whole milliseconds:
///
/// ```
/// use glueberry_core::{Identity, embed};
///
/// let settings = r#"{
///     "listen": ["/ip4/127.0.0.1/tcp/0"],
///     "streams": { "chat": {}, "files": { "max_message_size": 4194304 } },
///     "reconnect": { "first_delay_ms": 200 },
///     "keep_alive": null,
///     "deny": ["192.0.2.0/24"]
/// }"#;
/// let (builder, workers) = embed::builder(Identity::generate(), settings)?;
/// # let _ = builder;
/// assert_eq!(workers, None);
/// # Ok::<(), glueberry_core::Error>(())
/// ```
///
/// # Errors
/// [`ErrorCode::InvalidConfig`] for a setting that is unknown or of the wrong type;
/// [`ErrorCode::InvalidAddress`], [`ErrorCode::InvalidStreamName`]; those of [`BanTarget`]'s parser.
/// What is out of bounds is refused when the node starts.
pub fn builder(identity: Identity, settings: &str) -> Result<(Builder, Option<usize>)> {
    let mut json = serde_json::Deserializer::from_str(settings);
    let settings: Settings = serde_path_to_error::deserialize(&mut json).map_err(|fault| {
        let message = format!("setting {}: {}", fault.path(), fault.inner());
        Error::new(ErrorCode::InvalidConfig, message)
    })?;
    Ok((settings.apply(Node::builder(identity))?, settings.worker_threads))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    listen: Vec<String>,
    address_book: Option<PathBuf>,
    auto_connect: Option<bool>,
    streams: BTreeMap<String, Stream>,
    handshake: Option<String>,
    security: Option<String>,
    reconnect: Reconnect,
    handshake_timeout_ms: Option<u64>,
    dial_timeout_ms: Option<u64>,
    keep_alive: OrNull<Silence>,
    linger_ms: Option<u64>,
    event_buffer: Option<usize>,
    allow: Vec<String>,
    deny: Vec<String>,
    connection_limits: Limits,
    worker_threads: Option<usize>,
}

/// A setting that may be switched off with null.
#[derive(Default)]
enum OrNull<T> {
    #[default]
    LeftOut,
    Null,
    Some(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OrNull<T> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> std::result::Result<Self, D::Error> {
        Ok(Option::deserialize(json)?.map_or(Self::Null, Self::Some))
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Stream {
    max_message_size: Option<usize>,
    send_buffer: Option<usize>,
    receive_buffer: Option<usize>,
    high_watermark: Option<u8>,
    low_watermark: Option<u8>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Reconnect {
    first_delay_ms: Option<u64>,
    longest_delay_ms: Option<u64>,
    max_attempts: Option<u32>,
    cooldown_ms: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Silence {
    interval_ms: Option<u64>,
    timeout_ms: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Limits {
    pending: Option<usize>,
    total: Option<usize>,
    per_peer: Option<usize>,
    per_address: Option<usize>,
}

impl Settings {
    fn apply(&self, mut builder: Builder) -> Result<Builder> {
        for address in &self.listen {
            builder = builder.listen(address.as_str())?;
        }
        for (name, stream) in &self.streams {
            builder = builder.stream(name, stream.config())?;
        }
        if let Some(path) = &self.address_book {
            builder = builder.address_book(path);
        }
        if let Some(yes) = self.auto_connect {
            builder = builder.auto_connect(yes);
        }
        builder = self.apply_times(builder);
        if let Some(events) = self.event_buffer {
            builder = builder.event_buffer(events);
        }
        let handshake =
            word("handshake", self.handshake.as_deref(), HandshakeMode::ALL, HandshakeMode::name)?;
        let security = word("security", self.security.as_deref(), Security::ALL, Security::name)?;
        let access = AccessRules { allow: targets(&self.allow)?, deny: targets(&self.deny)? };
        Ok(builder
            .handshake(handshake)
            .security(security)
            .reconnect(self.reconnect.policy())
            .access(access)
            .connection_limits(self.connection_limits.limits()))
    }

    fn apply_times(&self, mut builder: Builder) -> Builder {
        if let Some(time) = self.handshake_timeout_ms {
            builder = builder.handshake_timeout(Duration::from_millis(time));
        }
        if let Some(time) = self.dial_timeout_ms {
            builder = builder.dial_timeout(Duration::from_millis(time));
        }
        if let Some(time) = self.linger_ms {
            builder = builder.linger(Duration::from_millis(time));
        }
        match &self.keep_alive {
            OrNull::Some(silence) => builder.keep_alive(Some(silence.keep_alive())),
            OrNull::Null => builder.keep_alive(None),
            OrNull::LeftOut => builder,
        }
    }
}

impl Stream {
    fn config(&self) -> StreamConfig {
        let usual = StreamConfig::default();
        StreamConfig {
            max_message_size: self.max_message_size.unwrap_or(usual.max_message_size),
            send_buffer: self.send_buffer.unwrap_or(usual.send_buffer),
            receive_buffer: self.receive_buffer.unwrap_or(usual.receive_buffer),
            high_watermark: self.high_watermark.unwrap_or(usual.high_watermark),
            low_watermark: self.low_watermark.unwrap_or(usual.low_watermark),
        }
    }
}

impl Reconnect {
    fn policy(&self) -> ReconnectPolicy {
        let usual = ReconnectPolicy::default();
        ReconnectPolicy {
            first_delay: milliseconds(self.first_delay_ms, usual.first_delay),
            longest_delay: milliseconds(self.longest_delay_ms, usual.longest_delay),
            max_attempts: self.max_attempts.unwrap_or(usual.max_attempts),
            cooldown: milliseconds(self.cooldown_ms, usual.cooldown),
        }
    }
}

impl Silence {
    fn keep_alive(&self) -> KeepAlive {
        let usual = KeepAlive::default();
        KeepAlive {
            interval: milliseconds(self.interval_ms, usual.interval),
            timeout: milliseconds(self.timeout_ms, usual.timeout),
        }
    }
}

impl Limits {
    fn limits(&self) -> ConnectionLimits {
        let usual = ConnectionLimits::default();
        ConnectionLimits {
            pending: self.pending.unwrap_or(usual.pending),
            total: self.total.unwrap_or(usual.total),
            per_peer: self.per_peer.unwrap_or(usual.per_peer),
            per_address: self.per_address.unwrap_or(usual.per_address),
        }
    }
}

fn milliseconds(set: Option<u64>, usual: Duration) -> Duration {
    set.map_or(usual, Duration::from_millis)
}

fn targets(texts: &[String]) -> Result<Vec<BanTarget>> {
    texts.iter().map(|text| text.parse()).collect()
}

fn word<T: Copy + Default>(
    setting: &str,
    wanted: Option<&str>,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T> {
    let Some(wanted) = wanted else { return Ok(T::default()) };
    all.iter().copied().find(|word| name(*word) == wanted).ok_or_else(|| {
        let known: Vec<_> = all.iter().map(|word| name(*word)).collect();
        let message = format!("setting {setting} is {wanted:?}; use {}", known.join(" or "));
        Error::new(ErrorCode::InvalidConfig, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(settings: &str) -> Error {
        builder(Identity::generate(), settings).expect_err("the settings are refused")
    }

    #[test]
    fn a_setting_that_cannot_be_is_refused_by_its_name() {
        for (settings, name) in [
            (r#"{"lisen": []}"#, "lisen"),
            (r#"{"streams": {"chat": {"high_watermark": 300}}}"#, "streams.chat.high_watermark"),
            (r#"{"reconnect": {"first_delay_ms": -1}}"#, "reconnect.first_delay_ms"),
            (r#"{"security": "None"}"#, "security"),
            (r#"{"handshake": "app"}"#, "Automatic or App"),
        ] {
            let fault = fault(settings);
            assert_eq!(fault.code(), ErrorCode::InvalidConfig, "{settings}");
            assert!(fault.message().contains(name), "{settings}: {fault}");
        }
    }

    #[test]
    fn what_is_no_address_or_name_has_its_own_error() {
        assert_eq!(fault(r#"{"listen": ["tcp"]}"#).code(), ErrorCode::InvalidAddress);
        assert_eq!(fault(r#"{"streams": {"a b": {}}}"#).code(), ErrorCode::InvalidStreamName);
    }

    #[tokio::test]
    async fn settings_out_of_bounds_are_refused_when_the_node_starts() {
        for (settings, name) in [
            (r#"{"linger_ms": 99999999}"#, "linger"),
            (r#"{"keep_alive": {"timeout_ms": 1}}"#, "keep_alive.timeout"),
            (r#"{"connection_limits": {"per_peer": 1}}"#, "per_peer"),
            (r#"{"event_buffer": 0}"#, "event_buffer"),
        ] {
            let (builder, _) = builder(Identity::generate(), settings).unwrap();
            let fault = builder.start().await.expect_err("the setting is refused");
            assert!(fault.message().contains(name), "{settings}: {fault}");
        }
    }

    #[tokio::test]
    async fn all_settings_together_make_a_node() {
        let settings = r#"{
            "listen": ["/ip4/127.0.0.1/tcp/0"], "auto_connect": false,
            "streams": {"chat": {}, "files": {"max_message_size": 10, "send_buffer": 2048,
                "receive_buffer": 2048, "high_watermark": 60, "low_watermark": 10}},
            "handshake": "App", "security": "Noise",
            "reconnect": {"first_delay_ms": 10, "longest_delay_ms": 20, "max_attempts": 1,
                "cooldown_ms": 30},
            "handshake_timeout_ms": 1000, "dial_timeout_ms": 1000,
            "keep_alive": null, "linger_ms": 0, "event_buffer": 8,
            "allow": ["127.0.0.0/8"], "deny": ["192.0.2.7"],
            "connection_limits": {"pending": 8, "total": 64, "per_peer": 2, "per_address": 32},
            "worker_threads": 2
        }"#;
        let (builder, workers) = builder(Identity::generate(), settings).unwrap();
        assert_eq!(workers, Some(2));
        let node = builder.start().await.unwrap();
        assert_eq!(node.listen_addresses().len(), 1);
        node.shutdown().await;
    }
}
