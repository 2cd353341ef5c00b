//! What the machine of a peer speaks of: states, reasons, and what it wants done.

use std::time::{Duration, Instant};

use super::rivals::Dialer;

/// The states that an application sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// No connection and no attempt at one.
    #[default]
    Disconnected,
    /// A dial is under way.
    Connecting,
    /// A connection stands; its handshake is not finished.
    Connected,
    /// The handshake is finished and messages flow.
    Established,
    /// The peer was lost, and is tried again after a pause, or at this moment.
    Reconnecting,
    /// The peer was reached but no session came of it; it is left alone for a while.
    Cooldown,
}

crate::vocabulary!(State {
    0 Disconnected
    1 Connecting
    2 Connected
    3 Established
    4 Reconnecting
    5 Cooldown
});

/// Names one connection. Never reused while the node lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionKey(pub u64);

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// This node's application asked for it.
    Requested,
    /// This node is shutting down.
    Shutdown,
    /// The connection ended: the peer left, or the network broke it.
    ConnectionLost,
    /// A newer connection of the same peer took its place.
    Superseded,
    /// The handshake was not finished in time.
    HandshakeTimeout,
    /// The peer broke the rules of the handshake, or closed it before its end.
    HandshakeFailed,
    /// The peer sent a key that is not the one in its peer id.
    PeerKeyMismatch,
    /// No address of the peer could be reached.
    DialFailed,
    /// The peer gave no sign of life within the keep-alive's time.
    KeepAliveTimeout,
    /// This node bans the peer, or its address.
    Banned,
}

crate::vocabulary!(DisconnectReason {
    1 Requested
    2 Shutdown
    3 ConnectionLost
    4 Superseded
    5 HandshakeTimeout
    6 HandshakeFailed
    7 PeerKeyMismatch
    8 DialFailed
    9 KeepAliveTimeout
    10 Banned
});

/// What the machine wants done. The caller carries actions out in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Tell the application: a dial began.
    ReportConnecting,
    /// Tell the application: the peer is tried again after `delay`.
    ReportReconnecting {
        /// Counted since the peer's last session that lasted, from 1.
        attempt: u32,
        /// Zero: now.
        delay: Duration,
    },
    /// Tell the application: the peer is left alone until then.
    ReportCooldown {
        /// When it is tried again.
        until: Instant,
    },
    /// Dial the peer at the addresses that are known of it, and tell [`Machine::dial_failed`] when
    /// none of them works.
    ///
    /// [`Machine::dial_failed`]: super::Machine::dial_failed
    Dial,
    /// Tell the application: a connection stands, and session `epoch` began on it.
    ReportConnected {
        /// The session.
        epoch: u64,
        /// Its connection.
        on: ConnectionKey,
        /// Who dialed. That does not change while the session lasts, though it may move to a
        /// connection that the other side dialed.
        dialer: Dialer,
    },
    /// Tell the application: session `epoch` is established.
    ReportEstablished {
        /// The session.
        epoch: u64,
        /// Its connection.
        on: ConnectionKey,
    },
    /// Tell the application: the session ended (`epoch`), or the dial came to nothing (`None`).
    ReportDisconnected {
        /// The session, if one had begun.
        epoch: Option<u64>,
        /// Why.
        reason: DisconnectReason,
    },
    /// Begin a handshake on a connection, for the session that stands.
    StartHandshake {
        /// The attempt's own number, to be given back with its result.
        attempt: u64,
        /// The connection to shake hands on.
        on: ConnectionKey,
        /// Who dialed it: the dialer speaks first.
        dialer: Dialer,
    },
    /// The session `epoch` goes on over another connection, whose handshake is finished.
    Move {
        /// The session.
        epoch: u64,
        /// The connection that lost a simultaneous dial: it is read to its end and then closed.
        /// `None` if it has ended already.
        from: Option<ConnectionKey>,
        /// The one that stays.
        to: ConnectionKey,
    },
    /// Close a connection.
    Close(ConnectionKey),
    /// A connection lost a simultaneous dial: use it for nothing, and close it a while later. The
    /// peer, which may not know the winner yet, would take an immediate end for a failure.
    Abandon(ConnectionKey),
    /// Give up the dial that is under way.
    AbortDial,
}
