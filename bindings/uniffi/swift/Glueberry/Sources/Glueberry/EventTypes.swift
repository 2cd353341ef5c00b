import Foundation

/// The node listens at one more address.
public struct ListenAddress: Sendable, Hashable {
    /// When, by the clock of this machine.
    public let at: Date
    /// With this node's peer id at its end.
    public let address: String
}

/// A dial began.
public struct PeerConnecting: Sendable, Hashable {
    /// When, by the clock of this machine.
    public let at: Date
    /// Who.
    public let peer: PeerID
}

/// A connection stands and the peer's identity is proven; the handshake begins.
public struct PeerConnected: Sendable, Hashable {
    /// When, by the clock of this machine.
    public let at: Date
    /// Who.
    public let peer: PeerID
    /// The session that begins. Numbers grow.
    public let session: Int
    /// Whether the peer dialed us.
    public let isInbound: Bool
    /// The peer's address as seen from here.
    public let address: String
}

/// The handshake is finished: messages flow.
public struct PeerEstablished: Sendable, Hashable {
    /// When, by the clock of this machine.
    public let at: Date
    /// Who.
    public let peer: PeerID
    /// The session.
    public let session: Int
}

/// A session ended, or an attempt to begin one.
public struct PeerDisconnected: Sendable, Hashable {
    /// When, by the clock of this machine.
    public let at: Date
    /// Who.
    public let peer: PeerID
    /// The session; none if no connection stood.
    public let session: Int?
    /// Why.
    public let reason: DisconnectReason
    /// What was accepted for sending and never written.
    public let unwritten: [Unwritten]
}

/// A lost peer is tried again.
public struct PeerReconnecting: Sendable, Hashable {
    /// When, by the clock of this machine.
    public let at: Date
    /// Who.
    public let peer: PeerID
    /// Which attempt this is, from 1.
    public let attempt: Int
    /// The pause before it.
    public let delay: Duration
}

/// The peer was reached, but no session came of it: it is left alone until then.
public struct PeerCooldown: Sendable, Hashable {
    /// When, by the clock of this machine.
    public let at: Date
    /// Who.
    public let peer: PeerID
    /// Until when.
    public let until: Date
}

/// A connection was refused, or dropped before its peer was known.
public struct ConnectionDenied: Sendable, Hashable {
    /// When, by the clock of this machine.
    public let at: Date
    /// Whether somebody dialed us.
    public let isInbound: Bool
    /// Who, where that is known.
    public let peer: PeerID?
    /// The other end's address.
    public let address: String
    /// Why.
    public let denial: Denial
    /// How many more were denied for the same reason since the last such event.
    public let suppressed: Int
}

/// A stream carries messages from now on.
public struct StreamOpened: Sendable, Hashable {
    /// When, by the clock of this machine.
    public let at: Date
    /// Who.
    public let peer: PeerID
    /// On which stream.
    public let stream: String
}

/// A stream failed and is opened again; the others go on.
public struct StreamDegraded: Sendable, Hashable {
    /// When, by the clock of this machine.
    public let at: Date
    /// Who.
    public let peer: PeerID
    /// On which stream.
    public let stream: String
    /// Which attempt to open it this is, from 1.
    public let attempt: Int
}

/// A degraded stream carries messages again.
public struct StreamRecovered: Sendable, Hashable {
    /// When, by the clock of this machine.
    public let at: Date
    /// Who.
    public let peer: PeerID
    /// On which stream.
    public let stream: String
}

/// A stream ended.
public struct StreamClosed: Sendable, Hashable {
    /// When, by the clock of this machine.
    public let at: Date
    /// Who.
    public let peer: PeerID
    /// On which stream.
    public let stream: String
    /// Why.
    public let reason: StreamCloseReason
}

/// A buffer of a stream has filled above its high watermark, or drained below its low one.
public struct StreamPressure: Sendable, Hashable {
    /// When, by the clock of this machine.
    public let at: Date
    /// Who.
    public let peer: PeerID
    /// On which stream.
    public let stream: String
    /// Which of its two buffers.
    public let direction: Direction
    /// Which watermark was crossed.
    public let level: PressureLevel
    /// What the buffer holds now.
    public let bytes: Int
}

/// A message could not be opened and was not delivered.
public struct DecryptionFailed: Sendable, Hashable {
    /// When, by the clock of this machine.
    public let at: Date
    /// Who.
    public let peer: PeerID
    /// On which stream.
    public let stream: String
}

/// A fault without a kind of its own; the node goes on.
public struct Warning: Sendable, Hashable {
    /// When, by the clock of this machine.
    public let at: Date
    /// What is wrong.
    public let code: ErrorCode
    /// With whom.
    public let peer: PeerID?
    /// On which stream.
    public let stream: String?
    /// In words.
    public let detail: String
}

/// This subscriber was too slow: its oldest events were dropped.
public struct Lagged: Sendable, Hashable {
    /// When, by the clock of this machine.
    public let at: Date
    /// How many.
    public let missed: Int
}
