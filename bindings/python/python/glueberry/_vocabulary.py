"""Written by `make vocabulary`, from the tables of glueberry-core."""

from __future__ import annotations

from enum import IntEnum

from ._base import GlueberryError


class State(IntEnum):
    """The state of the link with a peer."""

    DISCONNECTED = 0
    CONNECTING = 1
    CONNECTED = 2
    ESTABLISHED = 3
    RECONNECTING = 4
    COOLDOWN = 5


class DisconnectReason(IntEnum):
    """Why a session, or an attempt to begin one, ended."""

    REQUESTED = 1
    SHUTDOWN = 2
    CONNECTION_LOST = 3
    SUPERSEDED = 4
    HANDSHAKE_TIMEOUT = 5
    HANDSHAKE_FAILED = 6
    PEER_KEY_MISMATCH = 7
    DIAL_FAILED = 8
    KEEP_ALIVE_TIMEOUT = 9
    BANNED = 10


class Denial(IntEnum):
    """Why a connection was refused."""

    IDENTITY_REFUSED = 1
    OWN_IDENTITY = 2
    PEER_BANNED = 3
    ADDRESS_BANNED = 4
    PEER_NOT_ALLOWED = 5
    ADDRESS_NOT_ALLOWED = 6
    PENDING_LIMIT = 7
    TOTAL_LIMIT = 8
    PEER_LIMIT = 9
    ADDRESS_LIMIT = 10
    TOO_MUCH_BEFORE_IDENTITY = 11
    TOO_SLOW_TO_IDENTIFY = 12
    TOO_MANY_STREAMS = 13


class StreamCloseReason(IntEnum):
    """Why a stream ended."""

    SESSION_ENDED = 1
    FAILED = 2


class Direction(IntEnum):
    """Which way: from here to the peer, or from the peer to here."""

    OUTBOUND = 1
    INBOUND = 2


class PressureLevel(IntEnum):
    """Which watermark a buffer has crossed."""

    HIGH = 1
    LOW = 2


class HandshakeMode(IntEnum):
    """Who shakes hands: the library, or the application."""

    AUTOMATIC = 0
    APP = 1


class Security(IntEnum):
    """Which secure channels are offered over TCP."""

    BOTH = 0
    TLS = 1
    NOISE = 2


class ErrorClass(IntEnum):
    """Where the remedy of an error lies."""

    CONFIGURATION = 1
    USAGE = 2
    NETWORK = 3
    PEER = 4
    LIMIT = 5
    INTERNAL = 9


class ErrorCode(IntEnum):
    """Every error, with its number."""

    INVALID_CONFIG = 101
    INVALID_ADDRESS = 102
    INVALID_PEER_ID = 103
    UNSUPPORTED_PEER_ID = 104
    INVALID_STREAM_NAME = 105
    INVALID_KEY = 106
    KEY_FILE_UNREADABLE = 107
    KEY_FILE_EXPOSED = 108
    KEY_FILE_EXISTS = 109
    KEY_FILE_UNWRITABLE = 110
    ADDRESS_BOOK_UNREADABLE = 111
    ADDRESS_BOOK_CORRUPT = 112
    ADDRESS_BOOK_LOCKED = 113
    ADDRESS_BOOK_UNWRITABLE = 114
    UNKNOWN_STREAM = 201
    CONSUMER_TAKEN = 202
    WRONG_STATE = 203
    NODE_CLOSED = 204
    DIALED_SELF = 205
    UNKNOWN_PEER = 206
    INVALID_ARGUMENT = 207
    WOULD_DEADLOCK = 208
    FORKED = 209
    QUEUE_HAS_CALLBACK = 210
    NOT_CONNECTED = 301
    UNREACHABLE = 302
    ADDRESS_IN_USE = 303
    LISTEN_FAILED = 304
    CONNECTION_LOST = 305
    TIMED_OUT = 306
    CANCELLED = 307
    WRONG_PEER = 401
    HANDSHAKE_FAILED = 402
    HANDSHAKE_TIMEOUT = 403
    PEER_KEY_MISMATCH = 404
    IDENTITY_REFUSED = 405
    STREAM_REFUSED = 406
    MALFORMED_FRAME = 407
    DECRYPTION_FAILED = 408
    UNEXPECTED_HANDSHAKE = 409
    BANNED = 410
    NOT_ALLOWED = 411
    STREAM_FAILED = 412
    MESSAGE_TOO_LARGE = 501
    WOULD_BLOCK = 502
    OVERSIZE_SKIPPED = 503
    TOO_MANY_STREAMS = 504
    UNREAD_DROPPED = 505
    TOO_MANY_CONNECTIONS = 506
    TOO_MANY_PEERS = 507
    METADATA_TOO_LARGE = 508
    TOO_MANY_OPERATIONS = 509
    INTERNAL = 901
    PANICKED = 902


class EventName(IntEnum):
    """The kinds of events."""

    LISTEN_ADDRESS = 1
    PEER_CONNECTING = 2
    PEER_CONNECTED = 3
    PEER_ESTABLISHED = 4
    PEER_DISCONNECTED = 5
    PEER_RECONNECTING = 6
    PEER_COOLDOWN = 7
    CONNECTION_DENIED = 8
    STREAM_OPENED = 9
    STREAM_DEGRADED = 10
    STREAM_RECOVERED = 11
    STREAM_CLOSED = 12
    STREAM_PRESSURE = 13
    DECRYPTION_FAILED = 14
    WARNING = 15
    LAGGED = 16


class StreamState(IntEnum):
    """Whether a stream carries messages."""

    IDLE = 1
    OPEN = 2
    DEGRADED = 3
    REFUSED = 4
    FAILED = 5


class ConfigurationError(GlueberryError):
    """What was configured cannot work."""

    error_class = ErrorClass.CONFIGURATION


class UsageError(GlueberryError):
    """The program asked for what it must not, or in the wrong order."""

    error_class = ErrorClass.USAGE


class NetworkError(GlueberryError):
    """The network, or the path to the peer."""

    error_class = ErrorClass.NETWORK


class PeerError(GlueberryError):
    """The peer did what it must not."""

    error_class = ErrorClass.PEER


class LimitError(GlueberryError):
    """A bound was reached."""

    error_class = ErrorClass.LIMIT


class InternalError(GlueberryError):
    """A fault of Glueberry."""

    error_class = ErrorClass.INTERNAL


class InvalidConfig(ConfigurationError):
    """Invalid config."""

    code = ErrorCode.INVALID_CONFIG
    retriable = False
    hint = (
        "Correct the setting that the message names."
    )


class InvalidAddress(ConfigurationError):
    """Invalid address."""

    code = ErrorCode.INVALID_ADDRESS
    retriable = False
    hint = (
        "Write addresses as /ip4/192.0.2.1/tcp/9000, /ip6/…/udp/9000/quic-v1 or /dns/example.org/tcp/9000; to dial, end them with /p2p/PEER-ID."
    )


class InvalidPeerId(ConfigurationError):
    """Invalid peer id."""

    code = ErrorCode.INVALID_PEER_ID
    retriable = False
    hint = (
        "Copy the whole peer id, as `glueberry-cli id` or the peer's own log prints it: it begins with 12D3KooW."
    )


class UnsupportedPeerId(ConfigurationError):
    """Unsupported peer id."""

    code = ErrorCode.UNSUPPORTED_PEER_ID
    retriable = False
    hint = (
        "Only peers with Ed25519 identities can be reached; their ids begin with 12D3KooW."
    )


class InvalidStreamName(ConfigurationError):
    """Invalid stream name."""

    code = ErrorCode.INVALID_STREAM_NAME
    retriable = False
    hint = (
        "Stream names have 1 to 64 bytes of letters, decimal digits, '-' and '_'; 'handshake' is reserved."
    )


class InvalidKey(ConfigurationError):
    """Invalid key."""

    code = ErrorCode.INVALID_KEY
    retriable = False
    hint = (
        "Use an Ed25519 private key in PKCS#8 PEM, as `glueberry-cli keygen` or `openssl genpkey -algorithm ed25519` write it."
    )


class KeyFileUnreadable(ConfigurationError):
    """Key file unreadable."""

    code = ErrorCode.KEY_FILE_UNREADABLE
    retriable = False
    hint = (
        "Check that the path is right and that this user may read the file."
    )


class KeyFileExposed(ConfigurationError):
    """Key file exposed."""

    code = ErrorCode.KEY_FILE_EXPOSED
    retriable = False
    hint = (
        "Others can read this private key: run `chmod 600` on it, and replace the key if it may have been copied."
    )


class KeyFileExists(ConfigurationError):
    """Key file exists."""

    code = ErrorCode.KEY_FILE_EXISTS
    retriable = False
    hint = (
        "A key is never overwritten unasked, for it cannot be restored: choose another path, or force it."
    )


class KeyFileUnwritable(ConfigurationError):
    """Key file unwritable."""

    code = ErrorCode.KEY_FILE_UNWRITABLE
    retriable = False
    hint = (
        "Check that the folder exists and that this user may write into it."
    )


class AddressBookUnreadable(ConfigurationError):
    """Address book unreadable."""

    code = ErrorCode.ADDRESS_BOOK_UNREADABLE
    retriable = False
    hint = (
        "Check that the path of the address book is right and that this user may read the file."
    )


class AddressBookCorrupt(ConfigurationError):
    """Address book corrupt."""

    code = ErrorCode.ADDRESS_BOOK_CORRUPT
    retriable = False
    hint = (
        "The damaged file was kept aside under the name in the message: repair it, or restore a copy, and start again; to begin an empty book (bans are lost), remove what is left of it."
    )


class AddressBookLocked(ConfigurationError):
    """Address book locked."""

    code = ErrorCode.ADDRESS_BOOK_LOCKED
    retriable = False
    hint = (
        "Another node, or another program, uses this address book: give each node a book of its own, or stop the other one."
    )


class AddressBookUnwritable(ConfigurationError):
    """Address book unwritable."""

    code = ErrorCode.ADDRESS_BOOK_UNWRITABLE
    retriable = True
    hint = (
        "Check that the folder of the address book exists, that this user may write into it and that the disk is not full."
    )


class UnknownStream(UsageError):
    """Unknown stream."""

    code = ErrorCode.UNKNOWN_STREAM
    retriable = False
    hint = (
        "Add the stream to the configuration of the node, or prepare it with prepare_streams, before using it."
    )


class ConsumerTaken(UsageError):
    """Consumer taken."""

    code = ErrorCode.CONSUMER_TAKEN
    retriable = False
    hint = (
        "Drop the other iterator first: each stream's messages have one consumer, and all_messages() counts as one of every stream."
    )


class WrongState(UsageError):
    """Wrong state."""

    code = ErrorCode.WRONG_STATE
    retriable = False
    hint = (
        "Follow the order: connect, exchange handshake messages, prepare_streams, finalize_handshake."
    )


class NodeClosed(UsageError):
    """Node closed."""

    code = ErrorCode.NODE_CLOSED
    retriable = False
    hint = (
        "The node was shut down: start a new one."
    )


class DialedSelf(UsageError):
    """Dialed self."""

    code = ErrorCode.DIALED_SELF
    retriable = False
    hint = (
        "The address is this node's own: dial another peer."
    )


class UnknownPeer(UsageError):
    """Unknown peer."""

    code = ErrorCode.UNKNOWN_PEER
    retriable = False
    hint = (
        "No address of this peer is known: add it with `add_peer`, or connect to an address that ends in its id."
    )


class InvalidArgument(UsageError):
    """Invalid argument."""

    code = ErrorCode.INVALID_ARGUMENT
    retriable = False
    hint = (
        "Correct the argument that the message names: it is missing, out of range, or not UTF-8."
    )


class WouldDeadlock(UsageError):
    """Would deadlock."""

    code = ErrorCode.WOULD_DEADLOCK
    retriable = False
    hint = (
        "Do not wait inside a callback: begin an operation instead, or hand the work to another thread."
    )


class Forked(UsageError):
    """Forked."""

    code = ErrorCode.FORKED
    retriable = False
    hint = (
        "Nodes do not survive fork(): fork before the first one starts, or exec a program in the child."
    )


class QueueHasCallback(UsageError):
    """Queue has callback."""

    code = ErrorCode.QUEUE_HAS_CALLBACK
    retriable = False
    hint = (
        "A queue is either read or called back: clear the callback first, or wait until nobody reads."
    )


class NotConnected(NetworkError):
    """Not connected."""

    code = ErrorCode.NOT_CONNECTED
    retriable = True
    hint = (
        "Connect to the peer, or wait until PeerEstablished, then try again."
    )


class Unreachable(NetworkError):
    """Unreachable."""

    code = ErrorCode.UNREACHABLE
    retriable = True
    hint = (
        "Check that the peer runs and listens at this address, and that no firewall stands between."
    )


class AddressInUse(NetworkError):
    """Address in use."""

    code = ErrorCode.ADDRESS_IN_USE
    retriable = True
    hint = (
        "Another program listens there: choose another port, or 0 for any free one."
    )


class ListenFailed(NetworkError):
    """Listen failed."""

    code = ErrorCode.LISTEN_FAILED
    retriable = True
    hint = (
        "Check that the address belongs to this machine and that this user may bind the port."
    )


class ConnectionLost(NetworkError):
    """Connection lost."""

    code = ErrorCode.CONNECTION_LOST
    retriable = True
    hint = (
        "Connect again; what was not delivered is named in PeerDisconnected."
    )


class TimedOut(NetworkError, TimeoutError):
    """Timed out."""

    code = ErrorCode.TIMED_OUT
    retriable = True
    hint = (
        "Allow more time, or check why the peer or the network is slow."
    )


class Cancelled(NetworkError):
    """Cancelled."""

    code = ErrorCode.CANCELLED
    retriable = True
    hint = (
        "The peer was disconnected while the call waited: call again if that was not meant."
    )


class WrongPeer(PeerError):
    """Wrong peer."""

    code = ErrorCode.WRONG_PEER
    retriable = False
    hint = (
        "Another identity answered there: correct the peer id in the address, or find out who it is."
    )


class HandshakeFailed(PeerError):
    """Handshake failed."""

    code = ErrorCode.HANDSHAKE_FAILED
    retriable = True
    hint = (
        "Check that the peer speaks Glueberry and the same kind of handshake (automatic or app-controlled)."
    )


class HandshakeTimeout(PeerError):
    """Handshake timeout."""

    code = ErrorCode.HANDSHAKE_TIMEOUT
    retriable = True
    hint = (
        "The peer never finished its handshake: check its log, or allow more time."
    )


class PeerKeyMismatch(PeerError):
    """Peer key mismatch."""

    code = ErrorCode.PEER_KEY_MISMATCH
    retriable = False
    hint = (
        "The peer showed a key that is not its identity's: do not trust it."
    )


class IdentityRefused(PeerError):
    """Identity refused."""

    code = ErrorCode.IDENTITY_REFUSED
    retriable = False
    hint = (
        "The peer's key is of small order, malformed or our own, so it identifies nobody: it needs a real key."
    )


class StreamRefused(PeerError):
    """Stream refused."""

    code = ErrorCode.STREAM_REFUSED
    retriable = True
    hint = (
        "The peer has not prepared this stream: configure the same stream names on both sides."
    )


class MalformedFrame(PeerError):
    """Malformed frame."""

    code = ErrorCode.MALFORMED_FRAME
    retriable = False
    hint = (
        "The peer sent bytes that are no frames: check that it speaks Glueberry."
    )


class DecryptionFailed(PeerError):
    """Decryption failed."""

    code = ErrorCode.DECRYPTION_FAILED
    retriable = False
    hint = (
        "A message was damaged or sealed with another key and was not delivered: check the peer."
    )


class UnexpectedHandshake(PeerError):
    """Unexpected handshake."""

    code = ErrorCode.UNEXPECTED_HANDSHAKE
    retriable = False
    hint = (
        "The peer sent a handshake message that means nothing here; it was ignored."
    )


class Banned(PeerError):
    """Banned."""

    code = ErrorCode.BANNED
    retriable = False
    hint = (
        "This node bans the peer or its address: unban it if that is not meant."
    )


class NotAllowed(PeerError):
    """Not allowed."""

    code = ErrorCode.NOT_ALLOWED
    retriable = False
    hint = (
        "The rules of this node do not allow the peer or its address: change the rules if that is not meant."
    )


class StreamFailed(PeerError):
    """Stream failed."""

    code = ErrorCode.STREAM_FAILED
    retriable = True
    hint = (
        "The stream broke again and again in this session: check the peer; a new session opens it again."
    )


class MessageTooLarge(LimitError):
    """Message too large."""

    code = ErrorCode.MESSAGE_TOO_LARGE
    retriable = False
    hint = (
        "Send smaller messages, or raise the stream's max_message_size on both sides."
    )


class WouldBlock(LimitError):
    """Would block."""

    code = ErrorCode.WOULD_BLOCK
    retriable = True
    hint = (
        "The stream's send buffer is full: wait with send(), or try again later."
    )


class OversizeSkipped(LimitError):
    """Oversize skipped."""

    code = ErrorCode.OVERSIZE_SKIPPED
    retriable = False
    hint = (
        "The peer sent a message above this stream's limit; it was skipped. Raise max_message_size to accept it."
    )


class TooManyStreams(LimitError):
    """Too many streams."""

    code = ErrorCode.TOO_MANY_STREAMS
    retriable = False
    hint = (
        "Open fewer streams with one peer."
    )


class UnreadDropped(LimitError):
    """Unread dropped."""

    code = ErrorCode.UNREAD_DROPPED
    retriable = False
    hint = (
        "The session ended while this application did not read: read faster, or raise receive_buffer."
    )


class TooManyConnections(LimitError):
    """Too many connections."""

    code = ErrorCode.TOO_MANY_CONNECTIONS
    retriable = True
    hint = (
        "A limit on connections was reached: try again later, or raise it in the configuration."
    )


class TooManyPeers(LimitError):
    """Too many peers."""

    code = ErrorCode.TOO_MANY_PEERS
    retriable = False
    hint = (
        "The address book is full: remove peers or bans that are not needed any more."
    )


class MetadataTooLarge(LimitError):
    """Metadata too large."""

    code = ErrorCode.METADATA_TOO_LARGE
    retriable = False
    hint = (
        "Store less with the peer: metadata is for small facts."
    )


class TooManyOperations(LimitError):
    """Too many operations."""

    code = ErrorCode.TOO_MANY_OPERATIONS
    retriable = True
    hint = (
        "Too many operations, or too many bytes in them, wait at this node: wait until some are done."
    )


class InternalFault(InternalError):
    """Internal."""

    code = ErrorCode.INTERNAL
    retriable = False
    hint = (
        "This is a fault in Glueberry: please report it with the log."
    )


class Panicked(InternalError):
    """Panicked."""

    code = ErrorCode.PANICKED
    retriable = False
    hint = (
        "This is a fault in Glueberry: please report it with the log, and start a new node."
    )


CLASSES: dict[int, type[GlueberryError]] = {
    101: InvalidConfig,
    102: InvalidAddress,
    103: InvalidPeerId,
    104: UnsupportedPeerId,
    105: InvalidStreamName,
    106: InvalidKey,
    107: KeyFileUnreadable,
    108: KeyFileExposed,
    109: KeyFileExists,
    110: KeyFileUnwritable,
    111: AddressBookUnreadable,
    112: AddressBookCorrupt,
    113: AddressBookLocked,
    114: AddressBookUnwritable,
    201: UnknownStream,
    202: ConsumerTaken,
    203: WrongState,
    204: NodeClosed,
    205: DialedSelf,
    206: UnknownPeer,
    207: InvalidArgument,
    208: WouldDeadlock,
    209: Forked,
    210: QueueHasCallback,
    301: NotConnected,
    302: Unreachable,
    303: AddressInUse,
    304: ListenFailed,
    305: ConnectionLost,
    306: TimedOut,
    307: Cancelled,
    401: WrongPeer,
    402: HandshakeFailed,
    403: HandshakeTimeout,
    404: PeerKeyMismatch,
    405: IdentityRefused,
    406: StreamRefused,
    407: MalformedFrame,
    408: DecryptionFailed,
    409: UnexpectedHandshake,
    410: Banned,
    411: NotAllowed,
    412: StreamFailed,
    501: MessageTooLarge,
    502: WouldBlock,
    503: OversizeSkipped,
    504: TooManyStreams,
    505: UnreadDropped,
    506: TooManyConnections,
    507: TooManyPeers,
    508: MetadataTooLarge,
    509: TooManyOperations,
    901: InternalFault,
    902: Panicked,
}
"""The class of each error, by its number."""
