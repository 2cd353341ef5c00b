import Foundation
internal import GlueberryFFI

extension Event {
    /// Reads what the native half tells: fields in the order of the vocabulary. Nothing for a kind that this
    /// version does not know.
    init?(_ record: EventRecord) throws {
        guard let kind = EventKind(rawValue: Int(record.kind)) else { return nil }
        var fields = Fields(record.fields)
        try self.init(kind, Date(milliseconds: record.atMs), &fields)
    }

    private init(_ kind: EventKind, _ at: Date, _ fields: inout Fields) throws {
        switch kind {
        case .listenAddress: self = .listenAddress(try ListenAddress(at: at, address: fields.text()))
        case .peerConnecting: self = .peerConnecting(try PeerConnecting(at: at, peer: fields.peer()))
        case .peerConnected:
            self = .peerConnected(
                try PeerConnected(
                    at: at, peer: fields.peer(), session: fields.number(), isInbound: fields.flag(),
                    address: fields.text()))
        case .peerEstablished:
            self = .peerEstablished(
                try PeerEstablished(
                    at: at, peer: fields.peer(), session: fields.number()))
        case .peerDisconnected:
            self = .peerDisconnected(
                try PeerDisconnected(
                    at: at, peer: fields.peer(), session: fields.optionalNumber(), reason: fields.word(),
                    unwritten: fields.unwritten()))
        case .peerReconnecting:
            self = .peerReconnecting(
                try PeerReconnecting(
                    at: at, peer: fields.peer(), attempt: fields.number(), delay: fields.duration()))
        case .peerCooldown:
            self = .peerCooldown(
                try PeerCooldown(
                    at: at, peer: fields.peer(), until: fields.time()))
        case .connectionDenied:
            self = .connectionDenied(
                try ConnectionDenied(
                    at: at, isInbound: fields.flag(), peer: fields.optionalPeer(), address: fields.text(),
                    denial: fields.word(), suppressed: fields.number()))
        case .streamOpened:
            self = .streamOpened(
                try StreamOpened(
                    at: at, peer: fields.peer(), stream: fields.text()))
        case .streamDegraded:
            self = .streamDegraded(
                try StreamDegraded(
                    at: at, peer: fields.peer(), stream: fields.text(), attempt: fields.number()))
        case .streamRecovered:
            self = .streamRecovered(
                try StreamRecovered(
                    at: at, peer: fields.peer(), stream: fields.text()))
        case .streamClosed:
            self = .streamClosed(
                try StreamClosed(
                    at: at, peer: fields.peer(), stream: fields.text(), reason: fields.word()))
        case .streamPressure:
            self = .streamPressure(
                try StreamPressure(
                    at: at, peer: fields.peer(), stream: fields.text(), direction: fields.word(),
                    level: fields.word(), bytes: fields.number()))
        case .decryptionFailed:
            self = .decryptionFailed(
                try DecryptionFailed(
                    at: at, peer: fields.peer(), stream: fields.text()))
        case .warning:
            self = .warning(
                try Warning(
                    at: at, code: fields.word(), peer: fields.optionalPeer(), stream: fields.optionalText(),
                    detail: fields.text()))
        case .lagged: self = .lagged(try Lagged(at: at, missed: fields.number()))
        }
    }
}
