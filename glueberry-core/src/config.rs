//! What a node is told when it starts.

use std::collections::BTreeMap;
use std::time::Duration;

use glueberry_proto::name::StreamName;
use glueberry_proto::v1::record::KEPT_CAPACITY;

use crate::error::{Error, ErrorCode, Result};
use crate::{AccessRules, Address, ConnectionLimits};

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
}

impl Default for StreamConfig {
    fn default() -> Self {
        Self { max_message_size: MIB, send_buffer: KEPT_CAPACITY, receive_buffer: MIB }
    }
}

/// What a node is told when it starts. Made by [`crate::Node::builder`].
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) listen: Vec<Address>,
    pub(crate) streams: BTreeMap<StreamName, StreamConfig>,
    pub(crate) handshake: HandshakeMode,
    pub(crate) security: Security,
    pub(crate) handshake_timeout: Duration,
    pub(crate) dial_timeout: Duration,
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
            streams: BTreeMap::new(),
            handshake: HandshakeMode::default(),
            security: Security::default(),
            handshake_timeout: DEFAULT_HANDSHAKE_TIMEOUT,
            dial_timeout: DEFAULT_DIAL_TIMEOUT,
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
    Ok(())
}

fn invalid(message: String) -> Error {
    Error::new(ErrorCode::InvalidConfig, message)
}

const MIB: usize = 1 << 20;
/// What a session's handshake may take, as in the Go implementation.
const DEFAULT_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);
/// A dial that got no answer in ten seconds gets none.
const DEFAULT_DIAL_TIMEOUT: Duration = Duration::from_secs(10);
/// How long `disconnect` and `shutdown` go on writing what is queued.
const DEFAULT_LINGER: Duration = Duration::from_secs(5);
/// Below it no handshake succeeds even on loopback under load.
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(10);
/// Above it a timeout protects nobody.
const LONGEST_TIMEOUT: Duration = Duration::from_hours(1);
/// A thousand events are some 200 KiB; a subscriber further behind is told what it missed.
const DEFAULT_EVENT_BUFFER: usize = 1024;
const MAX_EVENT_BUFFER: usize = 1 << 20;
/// Below the frame limit of 64 MiB, and small enough for one allocation.
const LARGEST_MESSAGE: usize = 16 * MIB;
/// One small message with its frame and lock.
const SMALLEST_BUFFER: usize = 1024;
/// Per stream and peer: larger buffers belong into the application.
const LARGEST_BUFFER: usize = 256 * MIB;
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
}
