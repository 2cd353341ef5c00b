import Foundation
internal import GlueberryFFI

/// What a node knows of a peer at this moment.
public struct PeerInfo: Sendable, Hashable {
    /// Who.
    public let peer: PeerID
    /// The state of the link.
    public let state: ConnectionState
    /// Who dialed the session that stands.
    public let direction: Direction?
    /// Connections that stand.
    public let connections: Int
    /// Where it may be found, the most promising first.
    public let addresses: [String]
    /// Whether it is dialed for ever.
    public let isPersistent: Bool
    /// What the program keeps with it.
    public let metadata: [String: String]
    /// When a session with it was last established.
    public let lastSeen: Date?
    /// The ban that holds for it.
    public let banned: Ban?
}

/// Whom a node will have nothing to do with.
public struct Ban: Sendable, Hashable {
    /// A peer id, an IP address or a range such as `192.0.2.0/24`.
    public let target: String
    /// When it ends; `nil`: never.
    public let until: Date?

    /// One of your own, in tests for example.
    public init(target: String, until: Date?) {
        self.target = target
        self.until = until
    }
}

/// How a stream with a peer is doing at this moment.
public struct StreamHealth: Sendable, Hashable {
    /// Which.
    public let stream: String
    /// Whether it carries messages.
    public let state: StreamState
    /// While it is degraded: which attempt to open it is due, from 1.
    public let attempt: Int?
    /// Messages that were accepted for sending and are not written yet.
    public let queuedMessages: Int
    /// Their bytes.
    public let queuedBytes: Int
    /// Bytes that were received and wait for the program.
    public let unreadBytes: Int
    /// What the send buffer counts as.
    public let outbound: PressureLevel
    /// What the receive buffer counts as.
    public let inbound: PressureLevel
}

/// Messages of a stream that were accepted for sending and never written.
public struct Unwritten: Sendable, Hashable {
    /// Which.
    public let stream: String
    /// How many messages.
    public let messages: Int
    /// Their bytes.
    public let bytes: Int
}

extension PeerInfo {
    init(_ record: PeerRecord) throws {
        peer = PeerID(checked: record.peer)
        state = try word(record.state)
        direction = try record.direction.map(word)
        connections = Int(record.connections)
        addresses = record.addresses
        isPersistent = record.persistent
        metadata = record.metadata
        lastSeen = record.lastSeenMs.map(Date.init(milliseconds:))
        banned = record.banned.map(Ban.init)
    }
}

extension Ban {
    init(_ record: BanRecord) {
        target = record.target
        until = record.untilMs.map(Date.init(milliseconds:))
    }
}

extension StreamHealth {
    init(_ record: HealthRecord) throws {
        stream = record.stream
        state = try word(record.state)
        attempt = record.attempt.map(Int.init)
        queuedMessages = Int(record.queuedMessages)
        queuedBytes = Int(record.queuedBytes)
        unreadBytes = Int(record.unreadBytes)
        outbound = try word(record.outbound)
        inbound = try word(record.inbound)
    }
}

extension Unwritten {
    init(_ record: UnwrittenRecord) {
        stream = record.stream
        messages = Int(record.messages)
        bytes = Int(record.bytes)
    }
}

/// The word of a vocabulary that has this number.
func word<Word: RawRepresentable<Int>>(_ number: Int32) throws -> Word {
    guard let word = Word(rawValue: Int(number)) else {
        throw GlueberryError(.internal, "\(Word.self) has no word with the number \(number)")
    }
    return word
}
