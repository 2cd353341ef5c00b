//! From the settings of `start` to a builder.

use std::collections::BTreeMap;
use std::time::Duration;

use glueberry_core::{
    AccessRules, BanTarget, Builder, ConnectionLimits, HandshakeMode, Identity, KeepAlive, Node,
    ReconnectPolicy, Security, StreamConfig,
};
use serde::Deserialize;
use serde_json::Value;

use crate::answer::Answer;

/// The builder of a node with this seed, in hex, and these settings.
pub(crate) fn builder(seed: &str, settings: &Value) -> Result<Builder, Answer> {
    let settings: Settings = serde_json::from_value(settings.clone())
        .map_err(|fault| Answer::fault(fault.to_string()))?;
    let mut builder = Node::builder(Identity::from_seed(&bytes(seed)?)?);
    for address in &settings.listen {
        builder = builder.listen(address.as_str())?;
    }
    for (name, stream) in &settings.streams {
        builder = builder.stream(name, stream.config())?;
    }
    if let Some(path) = &settings.address_book {
        builder = builder.address_book(path);
    }
    if let Some(yes) = settings.auto_connect {
        builder = builder.auto_connect(yes);
    }
    if let Some(mode) =
        named(settings.handshake.as_deref(), HandshakeMode::ALL, HandshakeMode::name)?
    {
        builder = builder.handshake(mode);
    }
    if let Some(security) = named(settings.security.as_deref(), Security::ALL, Security::name)? {
        builder = builder.security(security);
    }
    if let Some(policy) = &settings.reconnect {
        builder = builder.reconnect(policy.policy());
    }
    if let Some(limits) = &settings.connection_limits {
        builder = builder.connection_limits(limits.limits());
    }
    Ok(in_time(builder, &settings).access(settings.rules()?))
}

fn in_time(mut builder: Builder, settings: &Settings) -> Builder {
    if let Some(ms) = settings.handshake_timeout_ms {
        builder = builder.handshake_timeout(Duration::from_millis(ms));
    }
    if let Some(ms) = settings.dial_timeout_ms {
        builder = builder.dial_timeout(Duration::from_millis(ms));
    }
    builder = builder.keep_alive(settings.keep_alive.as_ref().map(Silence::keep_alive));
    if let Some(ms) = settings.linger_ms {
        builder = builder.linger(Duration::from_millis(ms));
    }
    if let Some(events) = settings.event_buffer {
        builder = builder.event_buffer(events);
    }
    builder
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    listen: Vec<String>,
    address_book: Option<String>,
    auto_connect: Option<bool>,
    #[serde(default)]
    streams: BTreeMap<String, Bounds>,
    handshake: Option<String>,
    security: Option<String>,
    reconnect: Option<Reconnect>,
    handshake_timeout_ms: Option<u64>,
    dial_timeout_ms: Option<u64>,
    /// Null turns it off, which is something else than nothing.
    #[serde(default = "Silence::usual")]
    keep_alive: Option<Silence>,
    linger_ms: Option<u64>,
    event_buffer: Option<usize>,
    #[serde(default)]
    allow: Vec<String>,
    #[serde(default)]
    deny: Vec<String>,
    connection_limits: Option<Limits>,
    /// In Rust the program's runtime has the threads.
    #[serde(rename = "worker_threads")]
    _worker_threads: Option<usize>,
}

impl Settings {
    fn rules(&self) -> Result<AccessRules, Answer> {
        let mut rules = AccessRules::default();
        for target in &self.allow {
            rules = rules.allow(target.parse::<BanTarget>()?);
        }
        for target in &self.deny {
            rules = rules.deny(target.parse::<BanTarget>()?);
        }
        Ok(rules)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    max_message_size: Option<usize>,
    send_buffer: Option<usize>,
    receive_buffer: Option<usize>,
    high_watermark: Option<u8>,
    low_watermark: Option<u8>,
}

impl Bounds {
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reconnect {
    first_delay_ms: Option<u64>,
    longest_delay_ms: Option<u64>,
    max_attempts: Option<u32>,
    cooldown_ms: Option<u64>,
}

impl Reconnect {
    fn policy(&self) -> ReconnectPolicy {
        let usual = ReconnectPolicy::default();
        let or = |ms: Option<u64>, usual| ms.map_or(usual, Duration::from_millis);
        ReconnectPolicy {
            first_delay: or(self.first_delay_ms, usual.first_delay),
            longest_delay: or(self.longest_delay_ms, usual.longest_delay),
            max_attempts: self.max_attempts.unwrap_or(usual.max_attempts),
            cooldown: or(self.cooldown_ms, usual.cooldown),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Silence {
    interval_ms: u64,
    timeout_ms: u64,
}

impl Silence {
    /// As core has it.
    #[allow(clippy::unnecessary_wraps, reason = "it stands in the place of what may be null")]
    fn usual() -> Option<Self> {
        Some(Self { interval_ms: 3000, timeout_ms: 3000 })
    }

    fn keep_alive(&self) -> KeepAlive {
        KeepAlive {
            interval: Duration::from_millis(self.interval_ms),
            timeout: Duration::from_millis(self.timeout_ms),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    pending: Option<usize>,
    total: Option<usize>,
    per_peer: Option<usize>,
    per_address: Option<usize>,
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

fn named<T: Copy>(
    name: Option<&str>,
    all: &[T],
    name_of: impl Fn(T) -> &'static str,
) -> Result<Option<T>, Answer> {
    let find = |name: &str| {
        let found = all.iter().copied().find(|one| name_of(*one) == name);
        found.ok_or_else(|| Answer::fault(format!("{name} is no such word")))
    };
    name.map(find).transpose()
}

fn bytes(hex: &str) -> Result<Vec<u8>, Answer> {
    let digit =
        |place: usize| hex.get(place..place + 2).and_then(|byte| u8::from_str_radix(byte, 16).ok());
    let bytes = (0..hex.len()).step_by(2).map(digit).collect::<Option<_>>();
    bytes.ok_or_else(|| Answer::fault("the seed is no hex"))
}
