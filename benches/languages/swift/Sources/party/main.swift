// One end of a measurement, in Swift. The orders are those of party.py.

import Foundation
import Glueberry

let stream = "bench"
/// The mark of the last message.
let last: UInt64 = 1 << 63
/// Payload between two looks at the clock.
let betweenLooks = 4096

struct Wrong: Error {
    let what: String
}

/// A message as benches/src/numbered.rs has them.
func message(_ stamp: UInt64, _ payload: Int) -> Data {
    var data = Data(repeating: 0x5a, count: payload)
    withUnsafeBytes(of: stamp.bigEndian) { data.replaceSubrange(0..<8, with: $0) }
    return data
}

/// Whether a message ends the round. Cheap, for it is asked of each one.
func isLast(_ data: Data) -> Bool { data[0] >= 0x80 }

/// So many messages have come, if the last one says the same.
func counted(_ count: UInt64, _ data: Data, _ payload: Int) throws -> UInt64 {
    let number = data.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } & ~last
    guard number == count - 1, data.count == payload else {
        throw Wrong(what: "\(count) messages of \(payload) bytes came; the last, of \(data.count), is \(number)")
    }
    return count
}

func receive(_ node: Node, _ payload: Int) async throws -> UInt64 {
    var count: UInt64 = 0
    for try await message in node.messages(stream) {
        count += 1
        if isLast(message.data) { return try counted(count, message.data, payload) }
    }
    throw Wrong(what: "the node was closed")
}

func answer(_ node: Node, _ payload: Int) async throws -> UInt64 {
    var count: UInt64 = 0
    for try await message in node.messages(stream) {
        count += 1
        try await node.send(message.peer, stream, message.data)
        if isLast(message.data) { return try counted(count, message.data, payload) }
    }
    throw Wrong(what: "the node was closed")
}

func send(_ node: Node, _ payload: Int, _ seconds: Double) async throws -> UInt64 {
    let peer = try node.peers()[0].peer
    // The partner may be ready earlier than this side.
    try await node.waitEstablished(peer)
    let stride = UInt64(max(1, betweenLooks / payload))
    let until = ContinuousClock.now + .seconds(seconds)
    var number: UInt64 = 0
    while true {
        let isOver = (number + 1) % stride == 0 && ContinuousClock.now >= until
        try await node.send(peer, stream, message(isOver ? number | last : number, payload))
        number += 1
        if isOver { return number }
    }
}

func obey(_ node: Node, _ order: [Substring]) async throws -> UInt64 {
    guard order.count >= 2, let payload = Int(order[1]) else { throw Wrong(what: "there is no such order: \(order)") }
    switch order[0] {
    case "receive": return try await receive(node, payload)
    case "answer": return try await answer(node, payload)
    case "send": return try await send(node, payload, Double(order[2]) ?? 0)
    default: throw Wrong(what: "there is no such order: \(order)")
    }
}

func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
}

try await withNode(Config(listen: ["/ip4/127.0.0.1/tcp/0"], streams: ["bench"], security: .tls)) { node in
    say("{\"address\":\"\(node.listenAddresses[0])\"}")
    while let line = readLine() {
        say("{\"messages\":\(try await obey(node, line.split(separator: " ")))}")
    }
}
