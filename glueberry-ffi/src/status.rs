//! Statuses: 0, or positive where nothing failed, or minus the number of an error.

/// Done.
pub const GLUEBERRY_OK: i32 = 0;
/// Nothing came in time: of `next` and `drain`.
pub const GLUEBERRY_TIMEOUT: i32 = 1;
/// There is no room now: of `glueberry_node_try_send`.
pub const GLUEBERRY_WOULD_BLOCK: i32 = 2;
/// The queue has ended, and everything was taken.
pub const GLUEBERRY_CLOSED: i32 = 3;
/// There is no such thing: an error without a peer, a peer that is not known.
pub const GLUEBERRY_NONE: i32 = 4;

/// `InvalidConfig`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_INVALID_CONFIG: i32 = -101;
/// `InvalidAddress`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_INVALID_ADDRESS: i32 = -102;
/// `InvalidPeerId`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_INVALID_PEER_ID: i32 = -103;
/// `UnsupportedPeerId`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_UNSUPPORTED_PEER_ID: i32 = -104;
/// `InvalidStreamName`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_INVALID_STREAM_NAME: i32 = -105;
/// `InvalidKey`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_INVALID_KEY: i32 = -106;
/// `KeyFileUnreadable`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_KEY_FILE_UNREADABLE: i32 = -107;
/// `KeyFileExposed`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_KEY_FILE_EXPOSED: i32 = -108;
/// `KeyFileExists`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_KEY_FILE_EXISTS: i32 = -109;
/// `KeyFileUnwritable`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_KEY_FILE_UNWRITABLE: i32 = -110;
/// `AddressBookUnreadable`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_ADDRESS_BOOK_UNREADABLE: i32 = -111;
/// `AddressBookCorrupt`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_ADDRESS_BOOK_CORRUPT: i32 = -112;
/// `AddressBookLocked`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_ADDRESS_BOOK_LOCKED: i32 = -113;
/// `AddressBookUnwritable`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_ADDRESS_BOOK_UNWRITABLE: i32 = -114;
/// `UnknownStream`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_UNKNOWN_STREAM: i32 = -201;
/// `ConsumerTaken`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_CONSUMER_TAKEN: i32 = -202;
/// `WrongState`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_WRONG_STATE: i32 = -203;
/// `NodeClosed`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_NODE_CLOSED: i32 = -204;
/// `DialedSelf`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_DIALED_SELF: i32 = -205;
/// `UnknownPeer`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_UNKNOWN_PEER: i32 = -206;
/// `InvalidArgument`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_INVALID_ARGUMENT: i32 = -207;
/// `WouldDeadlock`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_WOULD_DEADLOCK: i32 = -208;
/// `Forked`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_FORKED: i32 = -209;
/// `QueueHasCallback`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_QUEUE_HAS_CALLBACK: i32 = -210;
/// `NotConnected`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_NOT_CONNECTED: i32 = -301;
/// `Unreachable`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_UNREACHABLE: i32 = -302;
/// `AddressInUse`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_ADDRESS_IN_USE: i32 = -303;
/// `ListenFailed`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_LISTEN_FAILED: i32 = -304;
/// `ConnectionLost`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_CONNECTION_LOST: i32 = -305;
/// `TimedOut`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_TIMED_OUT: i32 = -306;
/// `Cancelled`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_CANCELLED: i32 = -307;
/// `WrongPeer`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_WRONG_PEER: i32 = -401;
/// `HandshakeFailed`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_HANDSHAKE_FAILED: i32 = -402;
/// `HandshakeTimeout`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_HANDSHAKE_TIMEOUT: i32 = -403;
/// `PeerKeyMismatch`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_PEER_KEY_MISMATCH: i32 = -404;
/// `IdentityRefused`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_IDENTITY_REFUSED: i32 = -405;
/// `StreamRefused`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_STREAM_REFUSED: i32 = -406;
/// `MalformedFrame`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_MALFORMED_FRAME: i32 = -407;
/// `DecryptionFailed`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_DECRYPTION_FAILED: i32 = -408;
/// `UnexpectedHandshake`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_UNEXPECTED_HANDSHAKE: i32 = -409;
/// `Banned`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_BANNED: i32 = -410;
/// `NotAllowed`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_NOT_ALLOWED: i32 = -411;
/// `StreamFailed`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_STREAM_FAILED: i32 = -412;
/// `MessageTooLarge`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_MESSAGE_TOO_LARGE: i32 = -501;
/// `WouldBlock`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_WOULD_BLOCK: i32 = -502;
/// `OversizeSkipped`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_OVERSIZE_SKIPPED: i32 = -503;
/// `TooManyStreams`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_TOO_MANY_STREAMS: i32 = -504;
/// `UnreadDropped`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_UNREAD_DROPPED: i32 = -505;
/// `TooManyConnections`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_TOO_MANY_CONNECTIONS: i32 = -506;
/// `TooManyPeers`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_TOO_MANY_PEERS: i32 = -507;
/// `MetadataTooLarge`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_METADATA_TOO_LARGE: i32 = -508;
/// `TooManyOperations`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_TOO_MANY_OPERATIONS: i32 = -509;
/// `Internal`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_INTERNAL: i32 = -901;
/// `Panicked`: see `glueberry_status_hint`.
pub const GLUEBERRY_E_PANIC: i32 = -902;

#[cfg(test)]
mod tests {
    use glueberry_core::ErrorCode;

    use super::*;

    const ERRORS: &[(&str, i32)] = &[
        ("InvalidConfig", GLUEBERRY_E_INVALID_CONFIG),
        ("InvalidAddress", GLUEBERRY_E_INVALID_ADDRESS),
        ("InvalidPeerId", GLUEBERRY_E_INVALID_PEER_ID),
        ("UnsupportedPeerId", GLUEBERRY_E_UNSUPPORTED_PEER_ID),
        ("InvalidStreamName", GLUEBERRY_E_INVALID_STREAM_NAME),
        ("InvalidKey", GLUEBERRY_E_INVALID_KEY),
        ("KeyFileUnreadable", GLUEBERRY_E_KEY_FILE_UNREADABLE),
        ("KeyFileExposed", GLUEBERRY_E_KEY_FILE_EXPOSED),
        ("KeyFileExists", GLUEBERRY_E_KEY_FILE_EXISTS),
        ("KeyFileUnwritable", GLUEBERRY_E_KEY_FILE_UNWRITABLE),
        ("AddressBookUnreadable", GLUEBERRY_E_ADDRESS_BOOK_UNREADABLE),
        ("AddressBookCorrupt", GLUEBERRY_E_ADDRESS_BOOK_CORRUPT),
        ("AddressBookLocked", GLUEBERRY_E_ADDRESS_BOOK_LOCKED),
        ("AddressBookUnwritable", GLUEBERRY_E_ADDRESS_BOOK_UNWRITABLE),
        ("UnknownStream", GLUEBERRY_E_UNKNOWN_STREAM),
        ("ConsumerTaken", GLUEBERRY_E_CONSUMER_TAKEN),
        ("WrongState", GLUEBERRY_E_WRONG_STATE),
        ("NodeClosed", GLUEBERRY_E_NODE_CLOSED),
        ("DialedSelf", GLUEBERRY_E_DIALED_SELF),
        ("UnknownPeer", GLUEBERRY_E_UNKNOWN_PEER),
        ("InvalidArgument", GLUEBERRY_E_INVALID_ARGUMENT),
        ("WouldDeadlock", GLUEBERRY_E_WOULD_DEADLOCK),
        ("Forked", GLUEBERRY_E_FORKED),
        ("QueueHasCallback", GLUEBERRY_E_QUEUE_HAS_CALLBACK),
        ("NotConnected", GLUEBERRY_E_NOT_CONNECTED),
        ("Unreachable", GLUEBERRY_E_UNREACHABLE),
        ("AddressInUse", GLUEBERRY_E_ADDRESS_IN_USE),
        ("ListenFailed", GLUEBERRY_E_LISTEN_FAILED),
        ("ConnectionLost", GLUEBERRY_E_CONNECTION_LOST),
        ("TimedOut", GLUEBERRY_E_TIMED_OUT),
        ("Cancelled", GLUEBERRY_E_CANCELLED),
        ("WrongPeer", GLUEBERRY_E_WRONG_PEER),
        ("HandshakeFailed", GLUEBERRY_E_HANDSHAKE_FAILED),
        ("HandshakeTimeout", GLUEBERRY_E_HANDSHAKE_TIMEOUT),
        ("PeerKeyMismatch", GLUEBERRY_E_PEER_KEY_MISMATCH),
        ("IdentityRefused", GLUEBERRY_E_IDENTITY_REFUSED),
        ("StreamRefused", GLUEBERRY_E_STREAM_REFUSED),
        ("MalformedFrame", GLUEBERRY_E_MALFORMED_FRAME),
        ("DecryptionFailed", GLUEBERRY_E_DECRYPTION_FAILED),
        ("UnexpectedHandshake", GLUEBERRY_E_UNEXPECTED_HANDSHAKE),
        ("Banned", GLUEBERRY_E_BANNED),
        ("NotAllowed", GLUEBERRY_E_NOT_ALLOWED),
        ("StreamFailed", GLUEBERRY_E_STREAM_FAILED),
        ("MessageTooLarge", GLUEBERRY_E_MESSAGE_TOO_LARGE),
        ("WouldBlock", GLUEBERRY_E_WOULD_BLOCK),
        ("OversizeSkipped", GLUEBERRY_E_OVERSIZE_SKIPPED),
        ("TooManyStreams", GLUEBERRY_E_TOO_MANY_STREAMS),
        ("UnreadDropped", GLUEBERRY_E_UNREAD_DROPPED),
        ("TooManyConnections", GLUEBERRY_E_TOO_MANY_CONNECTIONS),
        ("TooManyPeers", GLUEBERRY_E_TOO_MANY_PEERS),
        ("MetadataTooLarge", GLUEBERRY_E_METADATA_TOO_LARGE),
        ("TooManyOperations", GLUEBERRY_E_TOO_MANY_OPERATIONS),
        ("Internal", GLUEBERRY_E_INTERNAL),
        ("Panicked", GLUEBERRY_E_PANIC),
    ];

    #[test]
    fn every_error_of_the_core_has_its_status() {
        let core = ErrorCode::ALL.iter().map(|code| (code.name(), -i32::from(code.number())));
        assert!(core.eq(ERRORS.iter().copied()));
    }
}
