//! What a node is told when it starts.

mod keepalive;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use glueberry_proto::name::StreamName;
use glueberry_proto::peer::{BackoffPolicy, RetryPolicy};
use glueberry_proto::pressure::Watermarks;
use glueberry_proto::v1::record::KEPT_CAPACITY;

use crate::error::{Error, ErrorCode, Result};
use crate::{AccessRules, Address, ConnectionLimits};

pub use keepalive::KeepAlive;
pub(crate) use keepalive::{LONGEST as LONGEST_SILENCE, SHORTEST as SHORTEST_SILENCE};

/// Who shakes hands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandshakeMode {
    /// The library, with every peer, for the configured streams.
    #[default]
    Automatic,
    /// The application, over the stream `handshake`.
    App,
}

glueberry_proto::vocabulary!(HandshakeMode {
    0 Automatic
    1 App
});

/// Which secure channels are offered over TCP. QUIC always has its own TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Security {
    /// TLS first, then Noise.
    #[default]
    Both,
    /// TLS 1.3 only.
    Tls,
    /// Noise XX only.
    Noise,
}

glueberry_proto::vocabulary!(Security {
    0 Both
    1 Tls
    2 Noise
});

/// How a lost peer is tried again.
///
/// A peer that this node dialed, and that was established, is dialed again when it is lost, after
/// pauses that grow: each is drawn at random between nothing and a ceiling, which doubles from
/// `first_delay` up to `longest_delay`. A peer that was reached but failed its handshake is left
/// alone for `cooldown`. Peers that dialed us are never dialed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReconnectPolicy {
    /// The ceiling of the first pause, 1 ms to 1 h; default 1 s.
    pub first_delay: Duration,
    /// The ceiling of every pause, up to 24 h; default 5 min: a peer that is away for days costs
    /// under 600 dials a day.
    pub longest_delay: Duration,
    /// How often a peer is tried again before it is given up; default 0: without a limit. Peers that
    /// were added as persistent are never given up.
    pub max_attempts: u32,
    /// The pause after a failed handshake, 1 ms to 24 h; default 60 s, as in the Go implementation.
    pub cooldown: Duration,
}

impl Default for ReconnectPolicy {
    fn default() -> Self {
        let backoff = BackoffPolicy::default();
        Self {
            first_delay: backoff.base(),
            longest_delay: backoff.cap(),
            max_attempts: 0,
            cooldown: DEFAULT_COOLDOWN,
        }
    }
}

impl ReconnectPolicy {
    /// # Errors
    /// [`ErrorCode::InvalidConfig`], with the setting that is out of bounds.
    pub(crate) fn parse(&self) -> Result<RetryPolicy> {
        for (what, time, most) in [
            ("first_delay", self.first_delay, LONGEST_TIMEOUT),
            ("longest_delay", self.longest_delay, LONGEST_PAUSE),
            ("cooldown", self.cooldown, LONGEST_PAUSE),
        ] {
            if !(SHORTEST_DELAY..=most).contains(&time) {
                return Err(invalid(format!("{what} is {time:?}; use 1ms to {most:?}")));
            }
        }
        let attempts = Some(self.max_attempts).filter(|most| *most > 0);
        let backoff = BackoffPolicy::new(self.first_delay, self.longest_delay, attempts)
            .map_err(|fault| invalid(fault.to_string()))?;
        Ok(RetryPolicy { backoff, cooldown: self.cooldown })
    }
}

/// One stream's bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamConfig {
    /// The largest message in bytes, sent or received. Larger ones are refused when sent, and
    /// skipped and reported when received. 1 B to 16 MiB; default 1 MiB, as the Go implementation.
    pub max_message_size: usize,
    /// How many bytes may wait to be sent to one peer before `send` waits. At least one message
    /// always fits. Default 256 KiB: more makes nothing faster.
    pub send_buffer: usize,
    /// How many received bytes of one peer may wait for the application before reading stops,
    /// which in turn stops the sender. At least one message always fits. Default 1 MiB.
    pub receive_buffer: usize,
    /// How full one of the two buffers is, in per cent, when
    /// [`StreamPressure`](crate::EventKind::StreamPressure) tells `High`. 1 to 100; default 75. A
    /// message that finds no room counts as a full buffer too.
    pub high_watermark: u8,
    /// Below how many per cent it counts as drained: `Low` follows when it then stays away from
    /// the high watermark for 200 ms. 1 to 99, and below `high_watermark`; default 25.
    pub low_watermark: u8,
}

impl StreamConfig {
    /// The watermarks of one of its buffers.
    pub(crate) fn watermarks(&self, buffer: usize) -> Watermarks {
        Watermarks::of(buffer, self.high_watermark, self.low_watermark)
    }
}

impl Default for StreamConfig {
    fn default() -> Self {
        Self {
            max_message_size: MIB,
            send_buffer: KEPT_CAPACITY,
            receive_buffer: MIB,
            high_watermark: DEFAULT_HIGH,
            low_watermark: DEFAULT_LOW,
        }
    }
}

/// What a node is told when it starts. Made by [`crate::Node::builder`].
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) listen: Vec<Address>,
    pub(crate) address_book: Option<PathBuf>,
    pub(crate) auto_connect: bool,
    pub(crate) streams: BTreeMap<StreamName, StreamConfig>,
    pub(crate) handshake: HandshakeMode,
    pub(crate) security: Security,
    pub(crate) reconnect: ReconnectPolicy,
    pub(crate) handshake_timeout: Duration,
    pub(crate) dial_timeout: Duration,
    pub(crate) keep_alive: Option<KeepAlive>,
    pub(crate) linger: Duration,
    pub(crate) event_buffer: usize,
    pub(crate) access: AccessRules,
    pub(crate) limits: ConnectionLimits,
}

impl Config {
    pub(crate) fn check(&self) -> Result<()> {
        self.access.check()?;
        self.limits.check()?;
        for (name, stream) in &self.streams {
            check_stream(name, stream)?;
        }
        for (what, time) in
            [("handshake_timeout", self.handshake_timeout), ("dial_timeout", self.dial_timeout)]
        {
            if !(SHORTEST_TIMEOUT..=LONGEST_TIMEOUT).contains(&time) {
                return Err(invalid(format!("{what} is {time:?}; use 10ms to 1h")));
            }
        }
        if let Some(keep_alive) = self.keep_alive {
            keep_alive.check()?;
        }
        if self.linger > LONGEST_TIMEOUT {
            return Err(invalid(format!("linger is {:?}; use up to 1h", self.linger)));
        }
        if !(1..=MAX_EVENT_BUFFER).contains(&self.event_buffer) {
            let message =
                format!("event_buffer is {}; use 1 to {MAX_EVENT_BUFFER}", self.event_buffer);
            return Err(invalid(message));
        }
        if self.streams.len() > MAX_STREAMS {
            let message =
                format!("{} streams are configured; use up to {MAX_STREAMS}", self.streams.len());
            return Err(Error::new(ErrorCode::TooManyStreams, message));
        }
        Ok(())
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: Vec::new(),
            address_book: None,
            auto_connect: true,
            streams: BTreeMap::new(),
            handshake: HandshakeMode::default(),
            security: Security::default(),
            reconnect: ReconnectPolicy::default(),
            handshake_timeout: DEFAULT_HANDSHAKE_TIMEOUT,
            dial_timeout: DEFAULT_DIAL_TIMEOUT,
            keep_alive: Some(KeepAlive::default()),
            linger: DEFAULT_LINGER,
            event_buffer: DEFAULT_EVENT_BUFFER,
            access: AccessRules::default(),
            limits: ConnectionLimits::default(),
        }
    }
}

fn check_stream(name: &StreamName, stream: &StreamConfig) -> Result<()> {
    let complain = |message: String| Err(invalid(message).at_stream(name));
    if !(1..=LARGEST_MESSAGE).contains(&stream.max_message_size) {
        let size = stream.max_message_size;
        return complain(format!("max_message_size is {size}; use 1 to {LARGEST_MESSAGE}"));
    }
    for (what, bytes) in
        [("send_buffer", stream.send_buffer), ("receive_buffer", stream.receive_buffer)]
    {
        if !(SMALLEST_BUFFER..=LARGEST_BUFFER).contains(&bytes) {
            return complain(format!(
                "{what} is {bytes}; use {SMALLEST_BUFFER} to {LARGEST_BUFFER}"
            ));
        }
    }
    let (low, high) = (stream.low_watermark, stream.high_watermark);
    if !(1..=FULL).contains(&high) {
        return complain(format!("high_watermark is {high}; use 1 to {FULL} per cent"));
    }
    if !(1..high).contains(&low) {
        return complain(format!(
            "low_watermark is {low}; use 1 or more, and less than high_watermark, {high}"
        ));
    }
    Ok(())
}

fn invalid(message: String) -> Error {
    Error::new(ErrorCode::InvalidConfig, message)
}

/// As in the Go implementation.
const DEFAULT_COOLDOWN: Duration = Duration::from_mins(1);
/// Below it a lost peer would be dialed in a loop.
pub(crate) const SHORTEST_DELAY: Duration = Duration::from_millis(1);
/// A peer that is away for longer is tried once a day.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_hours(24);
const MIB: usize = 1 << 20;
/// What a session's handshake may take, as in the Go implementation.
const DEFAULT_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);
/// A dial that got no answer in ten seconds gets none.
const DEFAULT_DIAL_TIMEOUT: Duration = Duration::from_secs(10);
/// How long `disconnect` and `shutdown` go on writing what is queued.
const DEFAULT_LINGER: Duration = Duration::from_secs(5);
/// Below it no handshake succeeds even on loopback under load.
pub(crate) const SHORTEST_TIMEOUT: Duration = Duration::from_millis(10);
/// Above it a timeout protects nobody.
pub(crate) const LONGEST_TIMEOUT: Duration = Duration::from_hours(1);
/// A thousand events are some 200 KiB; a subscriber further behind is told what it missed.
const DEFAULT_EVENT_BUFFER: usize = 1024;
/// Some 200 MiB for each subscriber.
pub(crate) const MAX_EVENT_BUFFER: usize = 1 << 20;
/// Below the frame limit of 64 MiB, and small enough for one allocation.
pub(crate) const LARGEST_MESSAGE: usize = 16 * MIB;
/// One small message with its frame and lock.
pub(crate) const SMALLEST_BUFFER: usize = 1024;
/// Per stream and peer: larger buffers belong into the application.
pub(crate) const LARGEST_BUFFER: usize = 256 * MIB;
/// In per cent.
pub(crate) const FULL: u8 = 100;
/// Early enough to slow down before a sender has to wait.
const DEFAULT_HIGH: u8 = 75;
/// A quarter keeps the writer busy while whoever was told finds new messages.
const DEFAULT_LOW: u8 = 25;
/// yamux carries 512 streams a connection, and a name may need two at once.
pub(crate) const MAX_STREAMS: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_out_of_bounds_is_refused_by_its_name() {
        let mut config = Config { event_buffer: 0, ..Config::default() };
        assert!(config.check().unwrap_err().message().contains("event_buffer"));
        config.event_buffer = 1;
        config.handshake_timeout = Duration::ZERO;
        assert!(config.check().unwrap_err().message().contains("handshake_timeout"));
        config.handshake_timeout = Duration::from_secs(1);
        let stream = StreamConfig { max_message_size: 0, ..StreamConfig::default() };
        config.streams.insert(StreamName::parse("chat").unwrap(), stream);
        assert!(config.check().unwrap_err().message().contains("max_message_size"));
    }

    #[test]
    fn watermarks_that_cannot_be_crossed_in_turn_are_refused() {
        for (high, low, wrong) in [
            (0, 0, "high_watermark"),
            (101, 25, "high_watermark"),
            (75, 0, "low_watermark"),
            (50, 50, "low_watermark"),
            (1, 1, "low_watermark"),
        ] {
            let (high_watermark, low_watermark) = (high, low);
            let stream = StreamConfig { high_watermark, low_watermark, ..StreamConfig::default() };
            let name = StreamName::parse("chat").unwrap();
            let config = Config { streams: BTreeMap::from([(name, stream)]), ..Config::default() };
            assert!(config.check().unwrap_err().message().starts_with(wrong), "{high} {low}");
        }
    }
}
