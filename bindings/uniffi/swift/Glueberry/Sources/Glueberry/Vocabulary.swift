// Written by `make vocabulary`, from the tables of glueberry-core.
// swift-format-ignore-file

/// The version of the library.
public let glueberryVersion = "0.1.0"

/// The state of the link with a peer.
public enum ConnectionState: Int, Sendable, CaseIterable {
    case disconnected = 0
    case connecting = 1
    case connected = 2
    case established = 3
    case reconnecting = 4
    case cooldown = 5

    /// Its name in the documentation, the same in every language.
    public var name: String {
        switch self {
        case .disconnected: "Disconnected"
        case .connecting: "Connecting"
        case .connected: "Connected"
        case .established: "Established"
        case .reconnecting: "Reconnecting"
        case .cooldown: "Cooldown"
        }
    }
}

/// Why a session, or an attempt to begin one, ended.
public enum DisconnectReason: Int, Sendable, CaseIterable {
    case requested = 1
    case shutdown = 2
    case connectionLost = 3
    case superseded = 4
    case handshakeTimeout = 5
    case handshakeFailed = 6
    case peerKeyMismatch = 7
    case dialFailed = 8
    case keepAliveTimeout = 9
    case banned = 10

    /// Its name in the documentation, the same in every language.
    public var name: String {
        switch self {
        case .requested: "Requested"
        case .shutdown: "Shutdown"
        case .connectionLost: "ConnectionLost"
        case .superseded: "Superseded"
        case .handshakeTimeout: "HandshakeTimeout"
        case .handshakeFailed: "HandshakeFailed"
        case .peerKeyMismatch: "PeerKeyMismatch"
        case .dialFailed: "DialFailed"
        case .keepAliveTimeout: "KeepAliveTimeout"
        case .banned: "Banned"
        }
    }
}

/// Why a connection was refused.
public enum Denial: Int, Sendable, CaseIterable {
    case identityRefused = 1
    case ownIdentity = 2
    case peerBanned = 3
    case addressBanned = 4
    case peerNotAllowed = 5
    case addressNotAllowed = 6
    case pendingLimit = 7
    case totalLimit = 8
    case peerLimit = 9
    case addressLimit = 10
    case tooMuchBeforeIdentity = 11
    case tooSlowToIdentify = 12
    case tooManyStreams = 13

    /// Its name in the documentation, the same in every language.
    public var name: String {
        switch self {
        case .identityRefused: "IdentityRefused"
        case .ownIdentity: "OwnIdentity"
        case .peerBanned: "PeerBanned"
        case .addressBanned: "AddressBanned"
        case .peerNotAllowed: "PeerNotAllowed"
        case .addressNotAllowed: "AddressNotAllowed"
        case .pendingLimit: "PendingLimit"
        case .totalLimit: "TotalLimit"
        case .peerLimit: "PeerLimit"
        case .addressLimit: "AddressLimit"
        case .tooMuchBeforeIdentity: "TooMuchBeforeIdentity"
        case .tooSlowToIdentify: "TooSlowToIdentify"
        case .tooManyStreams: "TooManyStreams"
        }
    }
}

/// Why a stream ended.
public enum StreamCloseReason: Int, Sendable, CaseIterable {
    case sessionEnded = 1
    case failed = 2

    /// Its name in the documentation, the same in every language.
    public var name: String {
        switch self {
        case .sessionEnded: "SessionEnded"
        case .failed: "Failed"
        }
    }
}

/// Which way: from here to the peer, or from the peer to here.
public enum Direction: Int, Sendable, CaseIterable {
    case outbound = 1
    case inbound = 2

    /// Its name in the documentation, the same in every language.
    public var name: String {
        switch self {
        case .outbound: "Outbound"
        case .inbound: "Inbound"
        }
    }
}

/// Which watermark a buffer has crossed.
public enum PressureLevel: Int, Sendable, CaseIterable {
    case high = 1
    case low = 2

    /// Its name in the documentation, the same in every language.
    public var name: String {
        switch self {
        case .high: "High"
        case .low: "Low"
        }
    }
}

/// Who shakes hands: the library, or the application.
public enum HandshakeMode: Int, Sendable, CaseIterable {
    case automatic = 0
    case app = 1

    /// Its name in the documentation, the same in every language.
    public var name: String {
        switch self {
        case .automatic: "Automatic"
        case .app: "App"
        }
    }
}

/// Which secure channels are offered over TCP.
public enum Security: Int, Sendable, CaseIterable {
    case both = 0
    case tls = 1
    case noise = 2

    /// Its name in the documentation, the same in every language.
    public var name: String {
        switch self {
        case .both: "Both"
        case .tls: "Tls"
        case .noise: "Noise"
        }
    }
}

/// Where the remedy of an error lies.
public enum ErrorClass: Int, Sendable, CaseIterable {
    case configuration = 1
    case usage = 2
    case network = 3
    case peer = 4
    case limit = 5
    case `internal` = 9

    /// Its name in the documentation, the same in every language.
    public var name: String {
        switch self {
        case .configuration: "configuration"
        case .usage: "usage"
        case .network: "network"
        case .peer: "peer"
        case .limit: "limit"
        case .internal: "internal"
        }
    }
}

/// Every error, with its number.
public enum ErrorCode: Int, Sendable, CaseIterable {
    case invalidConfig = 101
    case invalidAddress = 102
    case invalidPeerID = 103
    case unsupportedPeerID = 104
    case invalidStreamName = 105
    case invalidKey = 106
    case keyFileUnreadable = 107
    case keyFileExposed = 108
    case keyFileExists = 109
    case keyFileUnwritable = 110
    case addressBookUnreadable = 111
    case addressBookCorrupt = 112
    case addressBookLocked = 113
    case addressBookUnwritable = 114
    case unknownStream = 201
    case consumerTaken = 202
    case wrongState = 203
    case nodeClosed = 204
    case dialedSelf = 205
    case unknownPeer = 206
    case invalidArgument = 207
    case wouldDeadlock = 208
    case forked = 209
    case queueHasCallback = 210
    case notConnected = 301
    case unreachable = 302
    case addressInUse = 303
    case listenFailed = 304
    case connectionLost = 305
    case timedOut = 306
    case cancelled = 307
    case wrongPeer = 401
    case handshakeFailed = 402
    case handshakeTimeout = 403
    case peerKeyMismatch = 404
    case identityRefused = 405
    case streamRefused = 406
    case malformedFrame = 407
    case decryptionFailed = 408
    case unexpectedHandshake = 409
    case banned = 410
    case notAllowed = 411
    case streamFailed = 412
    case messageTooLarge = 501
    case wouldBlock = 502
    case oversizeSkipped = 503
    case tooManyStreams = 504
    case unreadDropped = 505
    case tooManyConnections = 506
    case tooManyPeers = 507
    case metadataTooLarge = 508
    case tooManyOperations = 509
    case `internal` = 901
    case panicked = 902

    /// Its name in the documentation, the same in every language.
    public var name: String {
        switch self {
        case .invalidConfig: "InvalidConfig"
        case .invalidAddress: "InvalidAddress"
        case .invalidPeerID: "InvalidPeerId"
        case .unsupportedPeerID: "UnsupportedPeerId"
        case .invalidStreamName: "InvalidStreamName"
        case .invalidKey: "InvalidKey"
        case .keyFileUnreadable: "KeyFileUnreadable"
        case .keyFileExposed: "KeyFileExposed"
        case .keyFileExists: "KeyFileExists"
        case .keyFileUnwritable: "KeyFileUnwritable"
        case .addressBookUnreadable: "AddressBookUnreadable"
        case .addressBookCorrupt: "AddressBookCorrupt"
        case .addressBookLocked: "AddressBookLocked"
        case .addressBookUnwritable: "AddressBookUnwritable"
        case .unknownStream: "UnknownStream"
        case .consumerTaken: "ConsumerTaken"
        case .wrongState: "WrongState"
        case .nodeClosed: "NodeClosed"
        case .dialedSelf: "DialedSelf"
        case .unknownPeer: "UnknownPeer"
        case .invalidArgument: "InvalidArgument"
        case .wouldDeadlock: "WouldDeadlock"
        case .forked: "Forked"
        case .queueHasCallback: "QueueHasCallback"
        case .notConnected: "NotConnected"
        case .unreachable: "Unreachable"
        case .addressInUse: "AddressInUse"
        case .listenFailed: "ListenFailed"
        case .connectionLost: "ConnectionLost"
        case .timedOut: "TimedOut"
        case .cancelled: "Cancelled"
        case .wrongPeer: "WrongPeer"
        case .handshakeFailed: "HandshakeFailed"
        case .handshakeTimeout: "HandshakeTimeout"
        case .peerKeyMismatch: "PeerKeyMismatch"
        case .identityRefused: "IdentityRefused"
        case .streamRefused: "StreamRefused"
        case .malformedFrame: "MalformedFrame"
        case .decryptionFailed: "DecryptionFailed"
        case .unexpectedHandshake: "UnexpectedHandshake"
        case .banned: "Banned"
        case .notAllowed: "NotAllowed"
        case .streamFailed: "StreamFailed"
        case .messageTooLarge: "MessageTooLarge"
        case .wouldBlock: "WouldBlock"
        case .oversizeSkipped: "OversizeSkipped"
        case .tooManyStreams: "TooManyStreams"
        case .unreadDropped: "UnreadDropped"
        case .tooManyConnections: "TooManyConnections"
        case .tooManyPeers: "TooManyPeers"
        case .metadataTooLarge: "MetadataTooLarge"
        case .tooManyOperations: "TooManyOperations"
        case .internal: "Internal"
        case .panicked: "Panicked"
        }
    }
}

/// The kinds of events.
public enum EventKind: Int, Sendable, CaseIterable {
    case listenAddress = 1
    case peerConnecting = 2
    case peerConnected = 3
    case peerEstablished = 4
    case peerDisconnected = 5
    case peerReconnecting = 6
    case peerCooldown = 7
    case connectionDenied = 8
    case streamOpened = 9
    case streamDegraded = 10
    case streamRecovered = 11
    case streamClosed = 12
    case streamPressure = 13
    case decryptionFailed = 14
    case warning = 15
    case lagged = 16

    /// Its name in the documentation, the same in every language.
    public var name: String {
        switch self {
        case .listenAddress: "ListenAddress"
        case .peerConnecting: "PeerConnecting"
        case .peerConnected: "PeerConnected"
        case .peerEstablished: "PeerEstablished"
        case .peerDisconnected: "PeerDisconnected"
        case .peerReconnecting: "PeerReconnecting"
        case .peerCooldown: "PeerCooldown"
        case .connectionDenied: "ConnectionDenied"
        case .streamOpened: "StreamOpened"
        case .streamDegraded: "StreamDegraded"
        case .streamRecovered: "StreamRecovered"
        case .streamClosed: "StreamClosed"
        case .streamPressure: "StreamPressure"
        case .decryptionFailed: "DecryptionFailed"
        case .warning: "Warning"
        case .lagged: "Lagged"
        }
    }
}

/// Whether a stream carries messages.
public enum StreamState: Int, Sendable, CaseIterable {
    case idle = 1
    case open = 2
    case degraded = 3
    case refused = 4
    case failed = 5

    /// Its name in the documentation, the same in every language.
    public var name: String {
        switch self {
        case .idle: "Idle"
        case .open: "Open"
        case .degraded: "Degraded"
        case .refused: "Refused"
        case .failed: "Failed"
        }
    }
}

extension ErrorCode {
    /// Where the remedy lies.
    public var errorClass: ErrorClass {
        switch self {
        case .invalidConfig,
            .invalidAddress,
            .invalidPeerID,
            .unsupportedPeerID,
            .invalidStreamName,
            .invalidKey,
            .keyFileUnreadable,
            .keyFileExposed,
            .keyFileExists,
            .keyFileUnwritable,
            .addressBookUnreadable,
            .addressBookCorrupt,
            .addressBookLocked,
            .addressBookUnwritable:
            .configuration
        case .unknownStream,
            .consumerTaken,
            .wrongState,
            .nodeClosed,
            .dialedSelf,
            .unknownPeer,
            .invalidArgument,
            .wouldDeadlock,
            .forked,
            .queueHasCallback:
            .usage
        case .notConnected,
            .unreachable,
            .addressInUse,
            .listenFailed,
            .connectionLost,
            .timedOut,
            .cancelled:
            .network
        case .wrongPeer,
            .handshakeFailed,
            .handshakeTimeout,
            .peerKeyMismatch,
            .identityRefused,
            .streamRefused,
            .malformedFrame,
            .decryptionFailed,
            .unexpectedHandshake,
            .banned,
            .notAllowed,
            .streamFailed:
            .peer
        case .messageTooLarge,
            .wouldBlock,
            .oversizeSkipped,
            .tooManyStreams,
            .unreadDropped,
            .tooManyConnections,
            .tooManyPeers,
            .metadataTooLarge,
            .tooManyOperations:
            .limit
        case .internal,
            .panicked:
            .internal
        }
    }

    /// Whether the same call may succeed later without any change.
    public var isRetriable: Bool {
        switch self {
        case .addressBookUnwritable,
            .notConnected,
            .unreachable,
            .addressInUse,
            .listenFailed,
            .connectionLost,
            .timedOut,
            .cancelled,
            .handshakeFailed,
            .handshakeTimeout,
            .streamRefused,
            .streamFailed,
            .wouldBlock,
            .tooManyConnections,
            .tooManyOperations:
            true
        default:
            false
        }
    }

    /// What to do about it.
    public var hint: String {
        switch self {
        case .invalidConfig:
            "Correct the setting that the message names."
        case .invalidAddress:
            "Write addresses as /ip4/192.0.2.1/tcp/9000, /ip6/…/udp/9000/quic-v1 or /dns/example.org/tcp/9000; to dial, end them with /p2p/PEER-ID."
        case .invalidPeerID:
            "Copy the whole peer id, as `glueberry-cli id` or the peer's own log prints it: it begins with 12D3KooW."
        case .unsupportedPeerID:
            "Only peers with Ed25519 identities can be reached; their ids begin with 12D3KooW."
        case .invalidStreamName:
            "Stream names have 1 to 64 bytes of letters, decimal digits, '-' and '_'; 'handshake' is reserved."
        case .invalidKey:
            "Use an Ed25519 private key in PKCS#8 PEM, as `glueberry-cli keygen` or `openssl genpkey -algorithm ed25519` write it."
        case .keyFileUnreadable:
            "Check that the path is right and that this user may read the file."
        case .keyFileExposed:
            "Others can read this private key: run `chmod 600` on it, and replace the key if it may have been copied."
        case .keyFileExists:
            "A key is never overwritten unasked, for it cannot be restored: choose another path, or force it."
        case .keyFileUnwritable:
            "Check that the folder exists and that this user may write into it."
        case .addressBookUnreadable:
            "Check that the path of the address book is right and that this user may read the file."
        case .addressBookCorrupt:
            "The damaged file was kept aside under the name in the message: repair it, or restore a copy, and start again; to begin an empty book (bans are lost), remove what is left of it."
        case .addressBookLocked:
            "Another node, or another program, uses this address book: give each node a book of its own, or stop the other one."
        case .addressBookUnwritable:
            "Check that the folder of the address book exists, that this user may write into it and that the disk is not full."
        case .unknownStream:
            "Add the stream to the configuration of the node, or prepare it with prepare_streams, before using it."
        case .consumerTaken:
            "Drop the other iterator first: each stream's messages have one consumer, and all_messages() counts as one of every stream."
        case .wrongState:
            "Follow the order: connect, exchange handshake messages, prepare_streams, finalize_handshake."
        case .nodeClosed:
            "The node was shut down: start a new one."
        case .dialedSelf:
            "The address is this node's own: dial another peer."
        case .unknownPeer:
            "No address of this peer is known: add it with `add_peer`, or connect to an address that ends in its id."
        case .invalidArgument:
            "Correct the argument that the message names: it is missing, out of range, or not UTF-8."
        case .wouldDeadlock:
            "Do not wait inside a callback: begin an operation instead, or hand the work to another thread."
        case .forked:
            "Nodes do not survive fork(): fork before the first one starts, or exec a program in the child."
        case .queueHasCallback:
            "A queue is either read or called back: clear the callback first, or wait until nobody reads."
        case .notConnected:
            "Connect to the peer, or wait until PeerEstablished, then try again."
        case .unreachable:
            "Check that the peer runs and listens at this address, and that no firewall stands between."
        case .addressInUse:
            "Another program listens there: choose another port, or 0 for any free one."
        case .listenFailed:
            "Check that the address belongs to this machine and that this user may bind the port."
        case .connectionLost:
            "Connect again; what was not delivered is named in PeerDisconnected."
        case .timedOut:
            "Allow more time, or check why the peer or the network is slow."
        case .cancelled:
            "The peer was disconnected while the call waited: call again if that was not meant."
        case .wrongPeer:
            "Another identity answered there: correct the peer id in the address, or find out who it is."
        case .handshakeFailed:
            "Check that the peer speaks Glueberry and the same kind of handshake (automatic or app-controlled)."
        case .handshakeTimeout:
            "The peer never finished its handshake: check its log, or allow more time."
        case .peerKeyMismatch:
            "The peer showed a key that is not its identity's: do not trust it."
        case .identityRefused:
            "The peer's key is of small order, malformed or our own, so it identifies nobody: it needs a real key."
        case .streamRefused:
            "The peer has not prepared this stream: configure the same stream names on both sides."
        case .malformedFrame:
            "The peer sent bytes that are no frames: check that it speaks Glueberry."
        case .decryptionFailed:
            "A message was damaged or sealed with another key and was not delivered: check the peer."
        case .unexpectedHandshake:
            "The peer sent a handshake message that means nothing here; it was ignored."
        case .banned:
            "This node bans the peer or its address: unban it if that is not meant."
        case .notAllowed:
            "The rules of this node do not allow the peer or its address: change the rules if that is not meant."
        case .streamFailed:
            "The stream broke again and again in this session: check the peer; a new session opens it again."
        case .messageTooLarge:
            "Send smaller messages, or raise the stream's max_message_size on both sides."
        case .wouldBlock:
            "The stream's send buffer is full: wait with send(), or try again later."
        case .oversizeSkipped:
            "The peer sent a message above this stream's limit; it was skipped. Raise max_message_size to accept it."
        case .tooManyStreams:
            "Open fewer streams with one peer."
        case .unreadDropped:
            "The session ended while this application did not read: read faster, or raise receive_buffer."
        case .tooManyConnections:
            "A limit on connections was reached: try again later, or raise it in the configuration."
        case .tooManyPeers:
            "The address book is full: remove peers or bans that are not needed any more."
        case .metadataTooLarge:
            "Store less with the peer: metadata is for small facts."
        case .tooManyOperations:
            "Too many operations, or too many bytes in them, wait at this node: wait until some are done."
        case .internal:
            "This is a fault in Glueberry: please report it with the log."
        case .panicked:
            "This is a fault in Glueberry: please report it with the log, and start a new node."
        }
    }
}
