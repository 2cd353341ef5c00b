// Written by `make vocabulary`, from the tables of glueberry-core.

package io.github.blockberries.glueberry

/** The state of the link with a peer. */
public enum class State(
    /** The same in every language, and in every version. */
    public val number: Int,
) {
    DISCONNECTED(0),
    CONNECTING(1),
    CONNECTED(2),
    ESTABLISHED(3),
    RECONNECTING(4),
    COOLDOWN(5),
}

/** Why a session, or an attempt to begin one, ended. */
public enum class DisconnectReason(
    /** The same in every language, and in every version. */
    public val number: Int,
) {
    REQUESTED(1),
    SHUTDOWN(2),
    CONNECTION_LOST(3),
    SUPERSEDED(4),
    HANDSHAKE_TIMEOUT(5),
    HANDSHAKE_FAILED(6),
    PEER_KEY_MISMATCH(7),
    DIAL_FAILED(8),
    KEEP_ALIVE_TIMEOUT(9),
    BANNED(10),
}

/** Why a connection was refused. */
public enum class Denial(
    /** The same in every language, and in every version. */
    public val number: Int,
) {
    IDENTITY_REFUSED(1),
    OWN_IDENTITY(2),
    PEER_BANNED(3),
    ADDRESS_BANNED(4),
    PEER_NOT_ALLOWED(5),
    ADDRESS_NOT_ALLOWED(6),
    PENDING_LIMIT(7),
    TOTAL_LIMIT(8),
    PEER_LIMIT(9),
    ADDRESS_LIMIT(10),
    TOO_MUCH_BEFORE_IDENTITY(11),
    TOO_SLOW_TO_IDENTIFY(12),
    TOO_MANY_STREAMS(13),
}

/** Why a stream ended. */
public enum class StreamCloseReason(
    /** The same in every language, and in every version. */
    public val number: Int,
) {
    SESSION_ENDED(1),
    FAILED(2),
}

/** Which way: from here to the peer, or from the peer to here. */
public enum class Direction(
    /** The same in every language, and in every version. */
    public val number: Int,
) {
    OUTBOUND(1),
    INBOUND(2),
}

/** Which watermark a buffer has crossed. */
public enum class PressureLevel(
    /** The same in every language, and in every version. */
    public val number: Int,
) {
    HIGH(1),
    LOW(2),
}

/** Who shakes hands: the library, or the application. */
public enum class HandshakeMode(
    /** The same in every language, and in every version. */
    public val number: Int,
) {
    AUTOMATIC(0),
    APP(1),
}

/** Which secure channels are offered over TCP. */
public enum class Security(
    /** The same in every language, and in every version. */
    public val number: Int,
) {
    BOTH(0),
    TLS(1),
    NOISE(2),
}

/** Where the remedy of an error lies. */
public enum class ErrorClass(
    /** The same in every language, and in every version. */
    public val number: Int,
) {
    CONFIGURATION(1),
    USAGE(2),
    NETWORK(3),
    PEER(4),
    LIMIT(5),
    INTERNAL(9),
}

/** Every error, with its number. */
public enum class ErrorCode(
    /** The same in every language, and in every version. */
    public val number: Int,
    /** How it is written in the documentation. */
    public val title: String,
    /** Where the remedy lies. */
    public val errorClass: ErrorClass,
    /** Whether the same call may succeed later without any change. */
    public val retriable: Boolean,
    /** What to do about it. */
    public val hint: String,
) {
    INVALID_CONFIG(
        101, "InvalidConfig",
        ErrorClass.CONFIGURATION, false,
        "Correct the setting that the message names.",
    ),
    INVALID_ADDRESS(
        102, "InvalidAddress",
        ErrorClass.CONFIGURATION, false,
        "Write addresses as /ip4/192.0.2.1/tcp/9000, /ip6/…/udp/9000/quic-v1 or /dns/example.org/tcp/9000; to dial, end them with /p2p/PEER-ID.",
    ),
    INVALID_PEER_ID(
        103, "InvalidPeerId",
        ErrorClass.CONFIGURATION, false,
        "Copy the whole peer id, as `glueberry-cli id` or the peer's own log prints it: it begins with 12D3KooW.",
    ),
    UNSUPPORTED_PEER_ID(
        104, "UnsupportedPeerId",
        ErrorClass.CONFIGURATION, false,
        "Only peers with Ed25519 identities can be reached; their ids begin with 12D3KooW.",
    ),
    INVALID_STREAM_NAME(
        105, "InvalidStreamName",
        ErrorClass.CONFIGURATION, false,
        "Stream names have 1 to 64 bytes of letters, decimal digits, '-' and '_'; 'handshake' is reserved.",
    ),
    INVALID_KEY(
        106, "InvalidKey",
        ErrorClass.CONFIGURATION, false,
        "Use an Ed25519 private key in PKCS#8 PEM, as `glueberry-cli keygen` or `openssl genpkey -algorithm ed25519` write it.",
    ),
    KEY_FILE_UNREADABLE(
        107, "KeyFileUnreadable",
        ErrorClass.CONFIGURATION, false,
        "Check that the path is right and that this user may read the file.",
    ),
    KEY_FILE_EXPOSED(
        108, "KeyFileExposed",
        ErrorClass.CONFIGURATION, false,
        "Others can read this private key: run `chmod 600` on it, and replace the key if it may have been copied.",
    ),
    KEY_FILE_EXISTS(
        109, "KeyFileExists",
        ErrorClass.CONFIGURATION, false,
        "A key is never overwritten unasked, for it cannot be restored: choose another path, or force it.",
    ),
    KEY_FILE_UNWRITABLE(
        110, "KeyFileUnwritable",
        ErrorClass.CONFIGURATION, false,
        "Check that the folder exists and that this user may write into it.",
    ),
    ADDRESS_BOOK_UNREADABLE(
        111, "AddressBookUnreadable",
        ErrorClass.CONFIGURATION, false,
        "Check that the path of the address book is right and that this user may read the file.",
    ),
    ADDRESS_BOOK_CORRUPT(
        112, "AddressBookCorrupt",
        ErrorClass.CONFIGURATION, false,
        "The damaged file was kept aside under the name in the message: repair it, or restore a copy, and start again; to begin an empty book (bans are lost), remove what is left of it.",
    ),
    ADDRESS_BOOK_LOCKED(
        113, "AddressBookLocked",
        ErrorClass.CONFIGURATION, false,
        "Another node, or another program, uses this address book: give each node a book of its own, or stop the other one.",
    ),
    ADDRESS_BOOK_UNWRITABLE(
        114, "AddressBookUnwritable",
        ErrorClass.CONFIGURATION, true,
        "Check that the folder of the address book exists, that this user may write into it and that the disk is not full.",
    ),
    UNKNOWN_STREAM(
        201, "UnknownStream",
        ErrorClass.USAGE, false,
        "Add the stream to the configuration of the node, or prepare it with prepare_streams, before using it.",
    ),
    CONSUMER_TAKEN(
        202, "ConsumerTaken",
        ErrorClass.USAGE, false,
        "Drop the other iterator first: each stream's messages have one consumer, and all_messages() counts as one of every stream.",
    ),
    WRONG_STATE(
        203, "WrongState",
        ErrorClass.USAGE, false,
        "Follow the order: connect, exchange handshake messages, prepare_streams, finalize_handshake.",
    ),
    NODE_CLOSED(
        204, "NodeClosed",
        ErrorClass.USAGE, false,
        "The node was shut down: start a new one.",
    ),
    DIALED_SELF(
        205, "DialedSelf",
        ErrorClass.USAGE, false,
        "The address is this node's own: dial another peer.",
    ),
    UNKNOWN_PEER(
        206, "UnknownPeer",
        ErrorClass.USAGE, false,
        "No address of this peer is known: add it with `add_peer`, or connect to an address that ends in its id.",
    ),
    INVALID_ARGUMENT(
        207, "InvalidArgument",
        ErrorClass.USAGE, false,
        "Correct the argument that the message names: it is missing, out of range, or not UTF-8.",
    ),
    WOULD_DEADLOCK(
        208, "WouldDeadlock",
        ErrorClass.USAGE, false,
        "Do not wait inside a callback: begin an operation instead, or hand the work to another thread.",
    ),
    FORKED(
        209, "Forked",
        ErrorClass.USAGE, false,
        "Nodes do not survive fork(): fork before the first one starts, or exec a program in the child.",
    ),
    QUEUE_HAS_CALLBACK(
        210, "QueueHasCallback",
        ErrorClass.USAGE, false,
        "A queue is either read or called back: clear the callback first, or wait until nobody reads.",
    ),
    NOT_CONNECTED(
        301, "NotConnected",
        ErrorClass.NETWORK, true,
        "Connect to the peer, or wait until PeerEstablished, then try again.",
    ),
    UNREACHABLE(
        302, "Unreachable",
        ErrorClass.NETWORK, true,
        "Check that the peer runs and listens at this address, and that no firewall stands between.",
    ),
    ADDRESS_IN_USE(
        303, "AddressInUse",
        ErrorClass.NETWORK, true,
        "Another program listens there: choose another port, or 0 for any free one.",
    ),
    LISTEN_FAILED(
        304, "ListenFailed",
        ErrorClass.NETWORK, true,
        "Check that the address belongs to this machine and that this user may bind the port.",
    ),
    CONNECTION_LOST(
        305, "ConnectionLost",
        ErrorClass.NETWORK, true,
        "Connect again; what was not delivered is named in PeerDisconnected.",
    ),
    TIMED_OUT(
        306, "TimedOut",
        ErrorClass.NETWORK, true,
        "Allow more time, or check why the peer or the network is slow.",
    ),
    CANCELLED(
        307, "Cancelled",
        ErrorClass.NETWORK, true,
        "The peer was disconnected while the call waited: call again if that was not meant.",
    ),
    WRONG_PEER(
        401, "WrongPeer",
        ErrorClass.PEER, false,
        "Another identity answered there: correct the peer id in the address, or find out who it is.",
    ),
    HANDSHAKE_FAILED(
        402, "HandshakeFailed",
        ErrorClass.PEER, true,
        "Check that the peer speaks Glueberry and the same kind of handshake (automatic or app-controlled).",
    ),
    HANDSHAKE_TIMEOUT(
        403, "HandshakeTimeout",
        ErrorClass.PEER, true,
        "The peer never finished its handshake: check its log, or allow more time.",
    ),
    PEER_KEY_MISMATCH(
        404, "PeerKeyMismatch",
        ErrorClass.PEER, false,
        "The peer showed a key that is not its identity's: do not trust it.",
    ),
    IDENTITY_REFUSED(
        405, "IdentityRefused",
        ErrorClass.PEER, false,
        "The peer's key is of small order, malformed or our own, so it identifies nobody: it needs a real key.",
    ),
    STREAM_REFUSED(
        406, "StreamRefused",
        ErrorClass.PEER, true,
        "The peer has not prepared this stream: configure the same stream names on both sides.",
    ),
    MALFORMED_FRAME(
        407, "MalformedFrame",
        ErrorClass.PEER, false,
        "The peer sent bytes that are no frames: check that it speaks Glueberry.",
    ),
    DECRYPTION_FAILED(
        408, "DecryptionFailed",
        ErrorClass.PEER, false,
        "A message was damaged or sealed with another key and was not delivered: check the peer.",
    ),
    UNEXPECTED_HANDSHAKE(
        409, "UnexpectedHandshake",
        ErrorClass.PEER, false,
        "The peer sent a handshake message that means nothing here; it was ignored.",
    ),
    BANNED(
        410, "Banned",
        ErrorClass.PEER, false,
        "This node bans the peer or its address: unban it if that is not meant.",
    ),
    NOT_ALLOWED(
        411, "NotAllowed",
        ErrorClass.PEER, false,
        "The rules of this node do not allow the peer or its address: change the rules if that is not meant.",
    ),
    STREAM_FAILED(
        412, "StreamFailed",
        ErrorClass.PEER, true,
        "The stream broke again and again in this session: check the peer; a new session opens it again.",
    ),
    MESSAGE_TOO_LARGE(
        501, "MessageTooLarge",
        ErrorClass.LIMIT, false,
        "Send smaller messages, or raise the stream's max_message_size on both sides.",
    ),
    WOULD_BLOCK(
        502, "WouldBlock",
        ErrorClass.LIMIT, true,
        "The stream's send buffer is full: wait with send(), or try again later.",
    ),
    OVERSIZE_SKIPPED(
        503, "OversizeSkipped",
        ErrorClass.LIMIT, false,
        "The peer sent a message above this stream's limit; it was skipped. Raise max_message_size to accept it.",
    ),
    TOO_MANY_STREAMS(
        504, "TooManyStreams",
        ErrorClass.LIMIT, false,
        "Open fewer streams with one peer.",
    ),
    UNREAD_DROPPED(
        505, "UnreadDropped",
        ErrorClass.LIMIT, false,
        "The session ended while this application did not read: read faster, or raise receive_buffer.",
    ),
    TOO_MANY_CONNECTIONS(
        506, "TooManyConnections",
        ErrorClass.LIMIT, true,
        "A limit on connections was reached: try again later, or raise it in the configuration.",
    ),
    TOO_MANY_PEERS(
        507, "TooManyPeers",
        ErrorClass.LIMIT, false,
        "The address book is full: remove peers or bans that are not needed any more.",
    ),
    METADATA_TOO_LARGE(
        508, "MetadataTooLarge",
        ErrorClass.LIMIT, false,
        "Store less with the peer: metadata is for small facts.",
    ),
    TOO_MANY_OPERATIONS(
        509, "TooManyOperations",
        ErrorClass.LIMIT, true,
        "Too many operations, or too many bytes in them, wait at this node: wait until some are done.",
    ),
    INTERNAL(
        901, "Internal",
        ErrorClass.INTERNAL, false,
        "This is a fault in Glueberry: please report it with the log.",
    ),
    PANICKED(
        902, "Panicked",
        ErrorClass.INTERNAL, false,
        "This is a fault in Glueberry: please report it with the log, and start a new node.",
    ),
}

/** The kinds of events. */
public enum class EventKind(
    /** The same in every language, and in every version. */
    public val number: Int,
) {
    LISTEN_ADDRESS(1),
    PEER_CONNECTING(2),
    PEER_CONNECTED(3),
    PEER_ESTABLISHED(4),
    PEER_DISCONNECTED(5),
    PEER_RECONNECTING(6),
    PEER_COOLDOWN(7),
    CONNECTION_DENIED(8),
    STREAM_OPENED(9),
    STREAM_DEGRADED(10),
    STREAM_RECOVERED(11),
    STREAM_CLOSED(12),
    STREAM_PRESSURE(13),
    DECRYPTION_FAILED(14),
    WARNING(15),
    LAGGED(16),
}

/** Whether a stream carries messages. */
public enum class StreamState(
    /** The same in every language, and in every version. */
    public val number: Int,
) {
    IDLE(1),
    OPEN(2),
    DEGRADED(3),
    REFUSED(4),
    FAILED(5),
}
