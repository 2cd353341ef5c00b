import Foundation

/// Something that happened. New kinds come with new versions: have a `default` in every `switch`.
public enum Event: Sendable, Hashable {
    /// The node listens at one more address.
    case listenAddress(ListenAddress)
    /// A dial began.
    case peerConnecting(PeerConnecting)
    /// A connection stands and the peer's identity is proven; the handshake begins.
    case peerConnected(PeerConnected)
    /// The handshake is finished: messages flow.
    case peerEstablished(PeerEstablished)
    /// A session ended, or an attempt to begin one.
    case peerDisconnected(PeerDisconnected)
    /// A lost peer is tried again.
    case peerReconnecting(PeerReconnecting)
    /// The peer was reached, but no session came of it: it is left alone until then.
    case peerCooldown(PeerCooldown)
    /// A connection was refused, or dropped before its peer was known.
    case connectionDenied(ConnectionDenied)
    /// A stream carries messages from now on.
    case streamOpened(StreamOpened)
    /// A stream failed and is opened again; the others go on.
    case streamDegraded(StreamDegraded)
    /// A degraded stream carries messages again.
    case streamRecovered(StreamRecovered)
    /// A stream ended.
    case streamClosed(StreamClosed)
    /// A buffer of a stream has filled above its high watermark, or drained below its low one.
    case streamPressure(StreamPressure)
    /// A message could not be opened and was not delivered.
    case decryptionFailed(DecryptionFailed)
    /// A fault without a kind of its own; the node goes on.
    case warning(Warning)
    /// This subscriber was too slow: its oldest events were dropped.
    case lagged(Lagged)
}

extension Event {
    /// Which kind it is of.
    public var kind: EventKind {
        switch self {
        case .listenAddress: .listenAddress
        case .peerConnecting: .peerConnecting
        case .peerConnected: .peerConnected
        case .peerEstablished: .peerEstablished
        case .peerDisconnected: .peerDisconnected
        case .peerReconnecting: .peerReconnecting
        case .peerCooldown: .peerCooldown
        case .connectionDenied: .connectionDenied
        case .streamOpened: .streamOpened
        case .streamDegraded: .streamDegraded
        case .streamRecovered: .streamRecovered
        case .streamClosed: .streamClosed
        case .streamPressure: .streamPressure
        case .decryptionFailed: .decryptionFailed
        case .warning: .warning
        case .lagged: .lagged
        }
    }

    /// When it happened, by the clock of this machine.
    public var at: Date {
        switch self {
        case .listenAddress(let event): event.at
        case .peerConnecting(let event): event.at
        case .peerConnected(let event): event.at
        case .peerEstablished(let event): event.at
        case .peerDisconnected(let event): event.at
        case .peerReconnecting(let event): event.at
        case .peerCooldown(let event): event.at
        case .connectionDenied(let event): event.at
        case .streamOpened(let event): event.at
        case .streamDegraded(let event): event.at
        case .streamRecovered(let event): event.at
        case .streamClosed(let event): event.at
        case .streamPressure(let event): event.at
        case .decryptionFailed(let event): event.at
        case .warning(let event): event.at
        case .lagged(let event): event.at
        }
    }

    /// The peer it is about; none for some kinds.
    public var peer: PeerID? {
        switch self {
        case .listenAddress: nil
        case .peerConnecting(let event): event.peer
        case .peerConnected(let event): event.peer
        case .peerEstablished(let event): event.peer
        case .peerDisconnected(let event): event.peer
        case .peerReconnecting(let event): event.peer
        case .peerCooldown(let event): event.peer
        case .connectionDenied(let event): event.peer
        case .streamOpened(let event): event.peer
        case .streamDegraded(let event): event.peer
        case .streamRecovered(let event): event.peer
        case .streamClosed(let event): event.peer
        case .streamPressure(let event): event.peer
        case .decryptionFailed(let event): event.peer
        case .warning(let event): event.peer
        case .lagged: nil
        }
    }
}
