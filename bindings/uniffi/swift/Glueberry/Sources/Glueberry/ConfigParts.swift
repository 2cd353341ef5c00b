/// The streams of a node, by name. Written as a list of names, or as a dictionary with bounds for each.
public struct Streams: Sendable, Hashable {
    /// The bounds of each.
    public var byName: [String: StreamConfig]

    /// Streams with these bounds.
    public init(_ byName: [String: StreamConfig]) {
        self.byName = byName
    }

    /// Streams with the bounds that are the default.
    public init(_ names: some Sequence<String>) {
        byName = Dictionary(names.map { ($0, StreamConfig()) }) { one, _ in one }
    }
}

extension Streams: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    /// `["chat"]`
    public init(arrayLiteral names: String...) {
        self.init(names)
    }

    /// `["chat": StreamConfig()]`; of a name that is there twice, the last one counts.
    public init(dictionaryLiteral streams: (String, StreamConfig)...) {
        self.init(Dictionary(streams) { _, last in last })
    }
}

/// One stream's bounds.
public struct StreamConfig: Sendable, Hashable {
    /// The largest message in bytes, sent or received: 1 to 16 MiB. Default: 1 MiB.
    public var maxMessageSize: Int?
    /// Bytes that may wait to be sent to one peer before `send` waits. Default: 256 KiB.
    public var sendBuffer: Int?
    /// Received bytes of one peer that may wait for the program before reading stops. Default: 1 MiB.
    public var receiveBuffer: Int?
    /// How full a buffer is, in per cent, when the event `streamPressure` tells `high`. Default: 75.
    public var highWatermark: Int?
    /// Below how many per cent it counts as drained. Default: 25.
    public var lowWatermark: Int?

    /// What is left out has its default.
    public init(
        maxMessageSize: Int? = nil,
        sendBuffer: Int? = nil,
        receiveBuffer: Int? = nil,
        highWatermark: Int? = nil,
        lowWatermark: Int? = nil
    ) {
        self.maxMessageSize = maxMessageSize
        self.sendBuffer = sendBuffer
        self.receiveBuffer = receiveBuffer
        self.highWatermark = highWatermark
        self.lowWatermark = lowWatermark
    }
}

/// How a lost peer is tried again: after pauses that double up to the longest, each drawn at random below.
public struct ReconnectConfig: Sendable, Hashable {
    /// The ceiling of the first pause, 1 ms to 1 h. Default: 1 s.
    public var firstDelay: Duration?
    /// The ceiling of every pause, up to 24 h. Default: 5 min.
    public var longestDelay: Duration?
    /// How often a peer is tried before it is given up. Default: 0, without a limit.
    public var maxAttempts: Int?
    /// The pause after a failed handshake. Default: 60 s.
    public var cooldown: Duration?

    /// What is left out has its default.
    public init(
        firstDelay: Duration? = nil,
        longestDelay: Duration? = nil,
        maxAttempts: Int? = nil,
        cooldown: Duration? = nil
    ) {
        self.firstDelay = firstDelay
        self.longestDelay = longestDelay
        self.maxAttempts = maxAttempts
        self.cooldown = cooldown
    }
}

/// When a silent peer is asked for a sign of life, and when it counts as lost.
public enum KeepAlive: Sendable, Hashable {
    /// Silent peers are not found out.
    case off
    /// After a silence of `interval` a peer is asked, and its answer may take `timeout`; `nil` is the default.
    case on(interval: Duration? = nil, timeout: Duration? = nil)
}

/// How many connections a node takes.
public struct ConnectionLimits: Sendable, Hashable {
    /// Those that have not proven an identity yet.
    public var pending: Int?
    /// All together.
    public var total: Int?
    /// Those of one peer.
    public var perPeer: Int?
    /// Those from one address.
    public var perAddress: Int?

    /// What is left out has its default.
    public init(pending: Int? = nil, total: Int? = nil, perPeer: Int? = nil, perAddress: Int? = nil) {
        self.pending = pending
        self.total = total
        self.perPeer = perPeer
        self.perAddress = perAddress
    }
}
