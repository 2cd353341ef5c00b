import Foundation
import Glueberry

/// An event with exactly the fields of its kind.
func told(_ event: Event) -> JSON {
    var all = fields(event)
    all["kind"] = .text(event.kind.name)
    all["at"] = time(event.at)
    return .object(all)
}

private func fields(_ event: Event) -> Answer {
    switch event {
    case .listenAddress(let event): ["address": .text(event.address)]
    case .peerConnecting(let event): of(event.peer)
    case .peerConnected(let event):
        of(
            event.peer,
            ["session": .number(event.session), "inbound": .flag(event.isInbound), "address": .text(event.address)])
    case .peerEstablished(let event): of(event.peer, ["session": .number(event.session)])
    case .peerDisconnected(let event):
        of(
            event.peer,
            [
                "session": .optional(event.session, JSON.number),
                "reason": .text(event.reason.name),
                "unwritten": .list(event.unwritten.map(told)),
            ])
    case .peerReconnecting(let event):
        of(event.peer, ["attempt": .number(event.attempt), "delay": .number(milliseconds(event.delay))])
    case .peerCooldown(let event): of(event.peer, ["until": time(event.until)])
    case .connectionDenied(let event):
        [
            "inbound": .flag(event.isInbound),
            "peer": .optional(event.peer) { .text($0.text) },
            "address": .text(event.address),
            "denial": .text(event.denial.name),
            "suppressed": .number(event.suppressed),
        ]
    case .streamOpened(let event): of(event.peer, event.stream)
    case .streamDegraded(let event): of(event.peer, event.stream, ["attempt": .number(event.attempt)])
    case .streamRecovered(let event): of(event.peer, event.stream)
    case .streamClosed(let event): of(event.peer, event.stream, ["reason": .text(event.reason.name)])
    case .streamPressure(let event):
        of(
            event.peer, event.stream,
            [
                "direction": .text(event.direction.name),
                "level": .text(event.level.name),
                "bytes": .number(event.bytes),
            ])
    case .decryptionFailed(let event): of(event.peer, event.stream)
    case .warning(let event):
        [
            "code": .text(event.code.name),
            "peer": .optional(event.peer) { .text($0.text) },
            "stream": .optional(event.stream, JSON.text),
            "detail": .text(event.detail),
        ]
    case .lagged(let event): ["missed": .number(event.missed)]
    }
}

private func of(_ peer: PeerID, _ fields: Answer = [:]) -> Answer {
    fields.merging(["peer": .text(peer.text)]) { field, _ in field }
}

private func of(_ peer: PeerID, _ stream: String, _ fields: Answer = [:]) -> Answer {
    of(peer, fields.merging(["stream": .text(stream)]) { field, _ in field })
}

private func told(_ unwritten: Unwritten) -> JSON {
    .object([
        "stream": .text(unwritten.stream),
        "messages": .number(unwritten.messages),
        "bytes": .number(unwritten.bytes),
    ])
}

private func milliseconds(_ duration: Duration) -> Int {
    Int(duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000)
}
