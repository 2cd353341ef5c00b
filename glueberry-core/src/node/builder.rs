//! A node before it starts.

use std::path::PathBuf;
use std::time::Duration;

use super::Node;
use crate::config::{Config, HandshakeMode, KeepAlive, ReconnectPolicy, Security, StreamConfig};
use crate::error::{Error, ErrorCode, Result};
use crate::{AccessRules, Address, ConnectionLimits, Identity, StreamName};

/// A node before it starts. Addresses and names are parsed at once; other settings are checked by
/// [`Builder::start`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct Builder {
    identity: Identity,
    config: Config,
}

impl Builder {
    pub(super) fn new(identity: Identity) -> Self {
        Self { identity, config: Config::default() }
    }

    /// Listens at one more address, such as `/ip4/0.0.0.0/tcp/9000` or
    /// `/ip6/::/udp/9000/quic-v1`. Port 0 is any free one. Without an address the node only dials.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidAddress`], with the part that is wrong.
    pub fn listen<A>(mut self, address: A) -> Result<Self>
    where
        A: TryInto<Address>,
        A::Error: Into<Error>,
    {
        self.config.listen.push(address.try_into().map_err(Into::into)?);
        Ok(self)
    }

    /// Keeps what is known of peers, and bans, in this file, in the format of the Go implementation;
    /// what that lacks, and a lock against a second node, in files beside it. Without one all that is
    /// forgotten when the node ends.
    pub fn address_book(mut self, path: impl Into<PathBuf>) -> Self {
        self.config.address_book = Some(path.into());
        self
    }

    /// Whether the peers of the address book are dialed when the node starts, and again when they
    /// are lost; by default they are. Persistent peers among them for ever.
    ///
    /// Events of dials that begin in [`Builder::start`] come before anybody can subscribe. To miss
    /// none, turn this off, subscribe, and call [`Node::dial_known_peers`]. Applications that shake
    /// hands themselves have to: in [`HandshakeMode::App`] nobody is dialed at the start.
    pub fn auto_connect(mut self, yes: bool) -> Self {
        self.config.auto_connect = yes;
        self
    }

    /// Carries one more stream with every peer.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidStreamName`], with what is wrong about the name.
    pub fn stream(mut self, name: &str, config: StreamConfig) -> Result<Self> {
        self.config.streams.insert(parse_name(name)?, config);
        Ok(self)
    }

    /// Who shakes hands; by default the library.
    pub fn handshake(mut self, mode: HandshakeMode) -> Self {
        self.config.handshake = mode;
        self
    }

    /// Which secure channels are offered over TCP; by default TLS and Noise.
    pub fn security(mut self, security: Security) -> Self {
        self.config.security = security;
        self
    }

    /// How a lost peer is tried again.
    pub fn reconnect(mut self, policy: ReconnectPolicy) -> Self {
        self.config.reconnect = policy;
        self
    }

    /// How long a peer may take from connected to established; 10 ms to 1 h, by default 30 s.
    pub fn handshake_timeout(mut self, time: Duration) -> Self {
        self.config.handshake_timeout = time;
        self
    }

    /// How long one address is tried; 10 ms to 1 h, by default 10 s.
    pub fn dial_timeout(mut self, time: Duration) -> Self {
        self.config.dial_timeout = time;
        self
    }

    /// How soon a vanished peer is noticed; by default within 6 s. `None` sends no pings, and leaves
    /// it to the transports: minutes over TCP, 10 s over QUIC.
    pub fn keep_alive(mut self, keep_alive: Option<KeepAlive>) -> Self {
        self.config.keep_alive = keep_alive;
        self
    }

    /// How long `disconnect` and `shutdown` go on writing what is queued; up to 1 h, by default
    /// 5 s.
    pub fn linger(mut self, time: Duration) -> Self {
        self.config.linger = time;
        self
    }

    /// How many events wait for each subscriber before its oldest are dropped and reported as
    /// [`crate::EventKind::Lagged`]; 1 to 2²⁰, by default 1,024.
    pub fn event_buffer(mut self, events: usize) -> Self {
        self.config.event_buffer = events;
        self
    }

    /// Who may connect; by default everybody who is not banned.
    pub fn access(mut self, rules: AccessRules) -> Self {
        self.config.access = rules;
        self
    }

    /// How many connections there may be; by default as many as the open files of this process
    /// allow.
    pub fn connection_limits(mut self, limits: ConnectionLimits) -> Self {
        self.config.limits = limits;
        self
    }

    /// Starts the node, and returns when it listens at all its addresses.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidConfig`] for a setting out of bounds, [`ErrorCode::AddressInUse`] and
    /// [`ErrorCode::ListenFailed`] for an address that cannot be listened at; of the address book
    /// [`ErrorCode::AddressBookLocked`] when another node has it, [`ErrorCode::AddressBookCorrupt`],
    /// [`ErrorCode::AddressBookUnreadable`] and [`ErrorCode::AddressBookUnwritable`].
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub async fn start(self) -> Result<Node> {
        self.config.check()?;
        Node::start(self.identity, self.config).await
    }
}

pub(super) fn parse_name(name: &str) -> Result<StreamName> {
    StreamName::parse(name).map_err(|fault| {
        let message = format!("{name:?} cannot name a stream");
        Error::new(ErrorCode::InvalidStreamName, message).caused_by(fault)
    })
}
