//! Words that cross as numbers. They come from core's vocabularies, and never change.

/// Where the remedy of an error lies: What was configured cannot work.
pub const GLUEBERRY_CLASS_CONFIGURATION: i32 = 1;
/// Where the remedy of an error lies: The program asked for what it must not, or in the wrong order.
pub const GLUEBERRY_CLASS_USAGE: i32 = 2;
/// Where the remedy of an error lies: The network, or the path to the peer.
pub const GLUEBERRY_CLASS_NETWORK: i32 = 3;
/// Where the remedy of an error lies: The peer did what it must not.
pub const GLUEBERRY_CLASS_PEER: i32 = 4;
/// Where the remedy of an error lies: A bound was reached.
pub const GLUEBERRY_CLASS_LIMIT: i32 = 5;
/// Where the remedy of an error lies: A fault of Glueberry.
pub const GLUEBERRY_CLASS_INTERNAL: i32 = 9;

/// The state of a peer: No connection, and no attempt at one.
pub const GLUEBERRY_STATE_DISCONNECTED: i32 = 0;
/// The state of a peer: A dial is under way.
pub const GLUEBERRY_STATE_CONNECTING: i32 = 1;
/// The state of a peer: A connection stands; its handshake is not finished.
pub const GLUEBERRY_STATE_CONNECTED: i32 = 2;
/// The state of a peer: Messages flow.
pub const GLUEBERRY_STATE_ESTABLISHED: i32 = 3;
/// The state of a peer: The peer was lost, and is tried again.
pub const GLUEBERRY_STATE_RECONNECTING: i32 = 4;
/// The state of a peer: The peer was reached, but no session came of it: it is left alone for a while.
pub const GLUEBERRY_STATE_COOLDOWN: i32 = 5;

/// What an event is of: The node listens at one more `address`.
pub const GLUEBERRY_EVENT_LISTEN_ADDRESS: i32 = 1;
/// What an event is of: A dial began.
pub const GLUEBERRY_EVENT_PEER_CONNECTING: i32 = 2;
/// What an event is of: A connection stands, and the peer is who it says: `session`, `is_inbound`, `address`.
pub const GLUEBERRY_EVENT_PEER_CONNECTED: i32 = 3;
/// What an event is of: Messages flow: `session`.
pub const GLUEBERRY_EVENT_PEER_ESTABLISHED: i32 = 4;
/// What an event is of: A session ended, or an attempt at one: `session`, `reason`, `unwritten_count`.
pub const GLUEBERRY_EVENT_PEER_DISCONNECTED: i32 = 5;
/// What an event is of: A lost peer is tried again: `attempt`, `delay_ms`.
pub const GLUEBERRY_EVENT_PEER_RECONNECTING: i32 = 6;
/// What an event is of: A peer is left alone: `until_ms`.
pub const GLUEBERRY_EVENT_PEER_COOLDOWN: i32 = 7;
/// What an event is of: A connection was refused: `is_inbound`, `address`, `denial`, `suppressed`.
pub const GLUEBERRY_EVENT_CONNECTION_DENIED: i32 = 8;
/// What an event is of: A `stream` carries messages.
pub const GLUEBERRY_EVENT_STREAM_OPENED: i32 = 9;
/// What an event is of: A `stream` failed and is opened again: `attempt`.
pub const GLUEBERRY_EVENT_STREAM_DEGRADED: i32 = 10;
/// What an event is of: A degraded `stream` carries messages again.
pub const GLUEBERRY_EVENT_STREAM_RECOVERED: i32 = 11;
/// What an event is of: A `stream` ended: `close_reason`.
pub const GLUEBERRY_EVENT_STREAM_CLOSED: i32 = 12;
/// What an event is of: A buffer of a `stream` filled or drained: `direction`, `level`, `bytes`.
pub const GLUEBERRY_EVENT_STREAM_PRESSURE: i32 = 13;
/// What an event is of: A message on `stream` could not be opened, and was not delivered.
pub const GLUEBERRY_EVENT_DECRYPTION_FAILED: i32 = 14;
/// What an event is of: A fault without a kind of its own: `code`, `detail`.
pub const GLUEBERRY_EVENT_WARNING: i32 = 15;
/// What an event is of: This queue was too slow: `missed` of its oldest events were dropped.
pub const GLUEBERRY_EVENT_LAGGED: i32 = 16;

/// Why a session ended: This program asked for it.
pub const GLUEBERRY_REASON_REQUESTED: i32 = 1;
/// Why a session ended: This node is shutting down.
pub const GLUEBERRY_REASON_SHUTDOWN: i32 = 2;
/// Why a session ended: The connection ended: the peer left, or the network broke it.
pub const GLUEBERRY_REASON_CONNECTION_LOST: i32 = 3;
/// Why a session ended: A newer connection of the same peer took its place.
pub const GLUEBERRY_REASON_SUPERSEDED: i32 = 4;
/// Why a session ended: The handshake was not finished in time.
pub const GLUEBERRY_REASON_HANDSHAKE_TIMEOUT: i32 = 5;
/// Why a session ended: The peer broke the rules of the handshake, or closed it before its end.
pub const GLUEBERRY_REASON_HANDSHAKE_FAILED: i32 = 6;
/// Why a session ended: The peer sent a key that is not its identity's.
pub const GLUEBERRY_REASON_PEER_KEY_MISMATCH: i32 = 7;
/// Why a session ended: No address of the peer could be reached.
pub const GLUEBERRY_REASON_DIAL_FAILED: i32 = 8;
/// Why a session ended: The peer gave no sign of life.
pub const GLUEBERRY_REASON_KEEP_ALIVE_TIMEOUT: i32 = 9;
/// Why a session ended: This node bans the peer, or its address.
pub const GLUEBERRY_REASON_BANNED: i32 = 10;

/// Why a stream ended: Its session ended.
pub const GLUEBERRY_STREAM_CLOSE_SESSION_ENDED: i32 = 1;
/// Why a stream ended: It failed again and again, and is not opened any more in this session.
pub const GLUEBERRY_STREAM_CLOSE_FAILED: i32 = 2;

/// Why a connection was refused: The peer's key identifies nobody.
pub const GLUEBERRY_DENIAL_IDENTITY_REFUSED: i32 = 1;
/// Why a connection was refused: The peer has this node's own key.
pub const GLUEBERRY_DENIAL_OWN_IDENTITY: i32 = 2;
/// Why a connection was refused: The peer is banned.
pub const GLUEBERRY_DENIAL_PEER_BANNED: i32 = 3;
/// Why a connection was refused: The address is banned.
pub const GLUEBERRY_DENIAL_ADDRESS_BANNED: i32 = 4;
/// Why a connection was refused: The rules do not allow the peer.
pub const GLUEBERRY_DENIAL_PEER_NOT_ALLOWED: i32 = 5;
/// Why a connection was refused: The rules do not allow the address.
pub const GLUEBERRY_DENIAL_ADDRESS_NOT_ALLOWED: i32 = 6;
/// Why a connection was refused: Too many connections have not proven an identity yet.
pub const GLUEBERRY_DENIAL_PENDING_LIMIT: i32 = 7;
/// Why a connection was refused: The node has as many connections as it may have.
pub const GLUEBERRY_DENIAL_TOTAL_LIMIT: i32 = 8;
/// Why a connection was refused: The peer has as many connections as one may have.
pub const GLUEBERRY_DENIAL_PEER_LIMIT: i32 = 9;
/// Why a connection was refused: The address has as many connections as one may have.
pub const GLUEBERRY_DENIAL_ADDRESS_LIMIT: i32 = 10;
/// Why a connection was refused: It sent too much before its identity was proven.
pub const GLUEBERRY_DENIAL_TOO_MUCH_BEFORE_IDENTITY: i32 = 11;
/// Why a connection was refused: It did not prove its identity in time.
pub const GLUEBERRY_DENIAL_TOO_SLOW_TO_IDENTIFY: i32 = 12;
/// Why a connection was refused: It opened too many streams before it was established.
pub const GLUEBERRY_DENIAL_TOO_MANY_STREAMS: i32 = 13;

/// Which way messages, or a dial, go: From here to the peer; who dialed was this node.
pub const GLUEBERRY_DIRECTION_OUTBOUND: i32 = 1;
/// Which way messages, or a dial, go: From the peer to here; who dialed was the peer.
pub const GLUEBERRY_DIRECTION_INBOUND: i32 = 2;

/// Which watermark a buffer crossed: It filled above its high watermark.
pub const GLUEBERRY_PRESSURE_HIGH: i32 = 1;
/// Which watermark a buffer crossed: It drained below its low watermark, or never filled.
pub const GLUEBERRY_PRESSURE_LOW: i32 = 2;

/// Whether a stream carries messages: Nothing stands yet; the next message opens it.
pub const GLUEBERRY_STREAM_IDLE: i32 = 1;
/// Whether a stream carries messages: It carries messages.
pub const GLUEBERRY_STREAM_OPEN: i32 = 2;
/// Whether a stream carries messages: It failed, and is being opened again.
pub const GLUEBERRY_STREAM_DEGRADED: i32 = 3;
/// Whether a stream carries messages: The peer does not take it.
pub const GLUEBERRY_STREAM_REFUSED: i32 = 4;
/// Whether a stream carries messages: It broke too often in this session.
pub const GLUEBERRY_STREAM_FAILED: i32 = 5;

/// Who shakes hands: The library, with every peer.
pub const GLUEBERRY_HANDSHAKE_AUTOMATIC: i32 = 0;
/// Who shakes hands: The program, over the stream `handshake`.
pub const GLUEBERRY_HANDSHAKE_APP: i32 = 1;

/// Which secure channels are offered over TCP: TLS first, then Noise.
pub const GLUEBERRY_SECURITY_BOTH: i32 = 0;
/// Which secure channels are offered over TCP: TLS 1.3 only.
pub const GLUEBERRY_SECURITY_TLS: i32 = 1;
/// Which secure channels are offered over TCP: Noise XX only.
pub const GLUEBERRY_SECURITY_NOISE: i32 = 2;

/// How much is logged, or how grave a record is: Nothing.
pub const GLUEBERRY_LOG_OFF: i32 = 0;
/// How much is logged, or how grave a record is: Faults of Glueberry.
pub const GLUEBERRY_LOG_ERROR: i32 = 1;
/// How much is logged, or how grave a record is: What deserves a look.
pub const GLUEBERRY_LOG_WARN: i32 = 2;
/// How much is logged, or how grave a record is: The life of sessions.
pub const GLUEBERRY_LOG_INFO: i32 = 3;
/// How much is logged, or how grave a record is: For those who look for a cause.
pub const GLUEBERRY_LOG_DEBUG: i32 = 4;
/// How much is logged, or how grave a record is: Everything.
pub const GLUEBERRY_LOG_TRACE: i32 = 5;

#[cfg(test)]
mod tests {
    use glueberry_core::{
        Denial, Direction, DisconnectReason, ErrorClass, EventName, HandshakeMode, PressureLevel,
        Security, State, StreamCloseReason, StreamState,
    };

    use super::*;

    /// Name by name and number by number, without regard to capitals.
    fn check<'a>(core: impl Iterator<Item = (&'a str, u16)>, ours: &[(&str, i32)]) {
        let core: Vec<_> =
            core.map(|(name, number)| (name.to_lowercase(), number.into())).collect();
        let ours: Vec<_> =
            ours.iter().map(|(name, number)| (name.to_lowercase(), *number)).collect();
        assert_eq!(core, ours);
    }

    macro_rules! same_words {
        ($($test:ident $core:ident $name:ident { $($word:ident $constant:ident)+ })+) => {$(
            #[test]
            fn $test() {
                let core = $core::ALL.iter().map(|word| (word.$name(), word.number()));
                check(core, &[$((stringify!($word), $constant),)+]);
            }
        )+};
    }

    same_words! {
        class_words_are_those_of_the_core ErrorClass name {
            Configuration GLUEBERRY_CLASS_CONFIGURATION
            Usage GLUEBERRY_CLASS_USAGE
            Network GLUEBERRY_CLASS_NETWORK
            Peer GLUEBERRY_CLASS_PEER
            Limit GLUEBERRY_CLASS_LIMIT
            Internal GLUEBERRY_CLASS_INTERNAL
        }
        state_words_are_those_of_the_core State name {
            Disconnected GLUEBERRY_STATE_DISCONNECTED
            Connecting GLUEBERRY_STATE_CONNECTING
            Connected GLUEBERRY_STATE_CONNECTED
            Established GLUEBERRY_STATE_ESTABLISHED
            Reconnecting GLUEBERRY_STATE_RECONNECTING
            Cooldown GLUEBERRY_STATE_COOLDOWN
        }
        event_words_are_those_of_the_core EventName as_str {
            ListenAddress GLUEBERRY_EVENT_LISTEN_ADDRESS
            PeerConnecting GLUEBERRY_EVENT_PEER_CONNECTING
            PeerConnected GLUEBERRY_EVENT_PEER_CONNECTED
            PeerEstablished GLUEBERRY_EVENT_PEER_ESTABLISHED
            PeerDisconnected GLUEBERRY_EVENT_PEER_DISCONNECTED
            PeerReconnecting GLUEBERRY_EVENT_PEER_RECONNECTING
            PeerCooldown GLUEBERRY_EVENT_PEER_COOLDOWN
            ConnectionDenied GLUEBERRY_EVENT_CONNECTION_DENIED
            StreamOpened GLUEBERRY_EVENT_STREAM_OPENED
            StreamDegraded GLUEBERRY_EVENT_STREAM_DEGRADED
            StreamRecovered GLUEBERRY_EVENT_STREAM_RECOVERED
            StreamClosed GLUEBERRY_EVENT_STREAM_CLOSED
            StreamPressure GLUEBERRY_EVENT_STREAM_PRESSURE
            DecryptionFailed GLUEBERRY_EVENT_DECRYPTION_FAILED
            Warning GLUEBERRY_EVENT_WARNING
            Lagged GLUEBERRY_EVENT_LAGGED
        }
        reason_words_are_those_of_the_core DisconnectReason name {
            Requested GLUEBERRY_REASON_REQUESTED
            Shutdown GLUEBERRY_REASON_SHUTDOWN
            ConnectionLost GLUEBERRY_REASON_CONNECTION_LOST
            Superseded GLUEBERRY_REASON_SUPERSEDED
            HandshakeTimeout GLUEBERRY_REASON_HANDSHAKE_TIMEOUT
            HandshakeFailed GLUEBERRY_REASON_HANDSHAKE_FAILED
            PeerKeyMismatch GLUEBERRY_REASON_PEER_KEY_MISMATCH
            DialFailed GLUEBERRY_REASON_DIAL_FAILED
            KeepAliveTimeout GLUEBERRY_REASON_KEEP_ALIVE_TIMEOUT
            Banned GLUEBERRY_REASON_BANNED
        }
        stream_close_words_are_those_of_the_core StreamCloseReason name {
            SessionEnded GLUEBERRY_STREAM_CLOSE_SESSION_ENDED
            Failed GLUEBERRY_STREAM_CLOSE_FAILED
        }
        denial_words_are_those_of_the_core Denial name {
            IdentityRefused GLUEBERRY_DENIAL_IDENTITY_REFUSED
            OwnIdentity GLUEBERRY_DENIAL_OWN_IDENTITY
            PeerBanned GLUEBERRY_DENIAL_PEER_BANNED
            AddressBanned GLUEBERRY_DENIAL_ADDRESS_BANNED
            PeerNotAllowed GLUEBERRY_DENIAL_PEER_NOT_ALLOWED
            AddressNotAllowed GLUEBERRY_DENIAL_ADDRESS_NOT_ALLOWED
            PendingLimit GLUEBERRY_DENIAL_PENDING_LIMIT
            TotalLimit GLUEBERRY_DENIAL_TOTAL_LIMIT
            PeerLimit GLUEBERRY_DENIAL_PEER_LIMIT
            AddressLimit GLUEBERRY_DENIAL_ADDRESS_LIMIT
            TooMuchBeforeIdentity GLUEBERRY_DENIAL_TOO_MUCH_BEFORE_IDENTITY
            TooSlowToIdentify GLUEBERRY_DENIAL_TOO_SLOW_TO_IDENTIFY
            TooManyStreams GLUEBERRY_DENIAL_TOO_MANY_STREAMS
        }
        direction_words_are_those_of_the_core Direction name {
            Outbound GLUEBERRY_DIRECTION_OUTBOUND
            Inbound GLUEBERRY_DIRECTION_INBOUND
        }
        pressure_words_are_those_of_the_core PressureLevel name {
            High GLUEBERRY_PRESSURE_HIGH
            Low GLUEBERRY_PRESSURE_LOW
        }
        handshake_words_are_those_of_the_core HandshakeMode name {
            Automatic GLUEBERRY_HANDSHAKE_AUTOMATIC
            App GLUEBERRY_HANDSHAKE_APP
        }
        security_words_are_those_of_the_core Security name {
            Both GLUEBERRY_SECURITY_BOTH
            Tls GLUEBERRY_SECURITY_TLS
            Noise GLUEBERRY_SECURITY_NOISE
        }
    }

    #[test]
    fn stream_state_words_are_those_of_the_core() {
        let core = StreamState::NAMES.iter().copied().zip(1..);
        check(
            core,
            &[
                ("Idle", GLUEBERRY_STREAM_IDLE),
                ("Open", GLUEBERRY_STREAM_OPEN),
                ("Degraded", GLUEBERRY_STREAM_DEGRADED),
                ("Refused", GLUEBERRY_STREAM_REFUSED),
                ("Failed", GLUEBERRY_STREAM_FAILED),
            ],
        );
        assert_eq!(i32::from(StreamState::Failed.number()), GLUEBERRY_STREAM_FAILED);
    }
}
