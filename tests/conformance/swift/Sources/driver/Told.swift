// What the library gives, as the runner wants it told: with the core's names.

import Foundation
import Glueberry

func told(_ error: GlueberryError) -> JSON {
    .object([
        "code": .number(error.number),
        "name": .text(error.code.name),
        "class": .text(error.errorClass.name),
        "retriable": .flag(error.isRetriable),
        "hint": .text(error.hint),
        "message": .text(error.message),
        "peer": .optional(error.peer) { .text($0.text) },
        "stream": .optional(error.stream, JSON.text),
    ])
}

func told(_ message: Message) -> JSON {
    .object([
        "peer": .text(message.peer.text),
        "stream": .text(message.stream),
        "size": .number(message.data.count),
        "crc": .number(sum(message.data)),
    ])
}

func told(_ peer: PeerInfo) -> JSON {
    .object([
        "peer": .text(peer.peer.text),
        "state": .text(peer.state.name),
        "direction": .optional(peer.direction) { .text($0.name) },
        "connections": .number(peer.connections),
        "addresses": .list(peer.addresses.map(JSON.text)),
        "persistent": .flag(peer.isPersistent),
        "metadata": .object(peer.metadata.mapValues(JSON.text)),
        "last_seen": .optional(peer.lastSeen, time),
        "banned": .flag(peer.banned != nil),
    ])
}

func told(_ ban: Ban) -> JSON {
    .object(["target": .text(ban.target), "until": .optional(ban.until, time)])
}

func told(_ health: StreamHealth) -> Answer {
    [
        "state": .text(health.state.name),
        "outbound": .text(health.outbound.name),
        "inbound": .text(health.inbound.name),
        "queued_messages": .number(health.queuedMessages),
        "queued_bytes": .number(health.queuedBytes),
        "unread_bytes": .number(health.unreadBytes),
    ]
}

func time(_ date: Date) -> JSON {
    .number(Int((date.timeIntervalSince1970 * 1000).rounded()))
}
