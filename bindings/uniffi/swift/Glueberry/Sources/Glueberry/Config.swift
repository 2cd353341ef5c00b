/// What a node is told when it starts. Everything has a default; `nil` is that of the library.
///
/// ```swift
/// let config = Config(
///     listen: ["/ip4/0.0.0.0/tcp/9000"], streams: ["chat": StreamConfig(), "files": StreamConfig(sendBuffer: 1 << 20)])
/// ```
public struct Config: Sendable {
    /// The node's own key. Default: a fresh one, so that others know it by another name each time.
    public var identity: Identity?
    /// Where it listens, such as `/ip4/0.0.0.0/tcp/9000`. Default: nowhere.
    public var listen: [String]
    /// The streams that it speaks: `["chat"]`, or `["chat": StreamConfig(…)]`.
    public var streams: Streams
    /// The file in which peers and bans are kept. Default: none, they are forgotten.
    public var addressBook: String?
    /// Whether the peers of the address book are dialed at the start. Default: true.
    public var autoConnect: Bool?
    /// Who shakes hands. Default: `automatic`.
    public var handshake: HandshakeMode?
    /// Which secure channels are offered over TCP. Default: `both`.
    public var security: Security?
    /// How a lost peer is tried again.
    public var reconnect: ReconnectConfig
    /// What a handshake may take, 10 ms to 1 h. Default: 30 s.
    public var handshakeTimeout: Duration?
    /// What a dial may take, 10 ms to 1 h. Default: 10 s.
    public var dialTimeout: Duration?
    /// How silent peers are found out.
    public var keepAlive: KeepAlive?
    /// How long `disconnect` and `close` go on writing what is queued, up to 1 h. Default: 5 s.
    public var linger: Duration?
    /// Events that wait for a subscriber before the oldest are dropped. Default: 1,024.
    public var eventBuffer: Int?
    /// If there are any: the only peers, addresses and ranges that may connect.
    public var allow: [String]
    /// Peers, addresses and ranges that may not.
    public var deny: [String]
    /// How many connections it takes.
    public var connectionLimits: ConnectionLimits
    /// Threads, 1 to 64. Default: one for each core, at most 4.
    public var workerThreads: Int?

    /// What is left out has its default.
    public init(
        identity: Identity? = nil,
        listen: [String] = [],
        streams: Streams = [],
        addressBook: String? = nil,
        autoConnect: Bool? = nil,
        handshake: HandshakeMode? = nil,
        security: Security? = nil,
        reconnect: ReconnectConfig = ReconnectConfig(),
        handshakeTimeout: Duration? = nil,
        dialTimeout: Duration? = nil,
        keepAlive: KeepAlive? = nil,
        linger: Duration? = nil,
        eventBuffer: Int? = nil,
        allow: [String] = [],
        deny: [String] = [],
        connectionLimits: ConnectionLimits = ConnectionLimits(),
        workerThreads: Int? = nil
    ) {
        self.identity = identity
        self.listen = listen
        self.streams = streams
        self.addressBook = addressBook
        self.autoConnect = autoConnect
        self.handshake = handshake
        self.security = security
        self.reconnect = reconnect
        self.handshakeTimeout = handshakeTimeout
        self.dialTimeout = dialTimeout
        self.keepAlive = keepAlive
        self.linger = linger
        self.eventBuffer = eventBuffer
        self.allow = allow
        self.deny = deny
        self.connectionLimits = connectionLimits
        self.workerThreads = workerThreads
    }
}
