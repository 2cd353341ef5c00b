// What the tests share. Whatever waits has a deadline.

import Foundation
import Glueberry
import Testing

/// More than anything here takes on a busy machine.
let patience = Duration.seconds(60)
let loopback = "/ip4/127.0.0.1/tcp/0"

struct TooLate: Error {}

/// Runs what must end soon.
func soon<Result: Sendable>(
    _ limit: Duration = patience, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask(operation: body)
        group.addTask {
            try await Task.sleep(for: limit)
            throw TooLate()
        }
        defer { group.cancelAll() }
        return try await group.next()!
    }
}

func configured(_ adjust: (inout Config) -> Void = { _ in }) -> Config {
    var config = Config(streams: ["chat", "files"])
    adjust(&config)
    return config
}

func listening(_ adjust: (inout Config) -> Void = { _ in }) -> Config {
    configured { config in
        config.listen = [loopback]
        adjust(&config)
    }
}

/// A node for as long as the body runs.
func with(_ config: Config = configured(), _ body: @escaping @Sendable (Node) async throws -> Void) async throws {
    try await soon { try await withNode(config, body) }
}

/// Two nodes that are established: `bob` dialed `alice`.
func pair(
    alice ofAlice: Config = listening(), bob ofBob: Config = configured(),
    _ body: @escaping @Sendable (_ alice: Node, _ bob: Node) async throws -> Void
) async throws {
    try await with(ofAlice) { alice in
        try await withNode(ofBob) { bob in
            try await bob.connect(alice.listenAddresses[0])
            try await established(alice, bob.peerID)
            try await body(alice, bob)
        }
    }
}

/// Waits until a node is established with a peer that dials it.
func established(_ node: Node, _ peer: PeerID) async throws {
    let events = node.events(peers: [peer], kinds: [.peerEstablished])
    if try node.connectionState(peer) != .established { _ = try await events.next() }
}

/// The next event of a kind.
func next(_ events: Events, _ kind: EventKind) async throws -> Event {
    for try await event in events where event.kind == kind { return event }
    throw GlueberryError(.internal, "no \(kind) came")
}

/// Checks that a call fails with this error of ours.
func fails(
    _ code: ErrorCode, _ body: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
) async {
    do {
        try await body()
        Issue.record("it did not fail with \(code)", sourceLocation: sourceLocation)
    } catch let error as GlueberryError {
        #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    } catch {
        Issue.record("\(error) instead of \(code)", sourceLocation: sourceLocation)
    }
}

/// Waits until a condition holds; for what no event tells.
func until(_ condition: () async throws -> Bool) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + patience
    while try await !condition() {
        if clock.now > deadline { throw TooLate() }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// A peer that nobody is.
func stranger() throws -> PeerID { try Identity.generate().peerID }

/// Nobody listens here.
func nowhere() throws -> String { "/ip4/127.0.0.1/tcp/1/p2p/\(try stranger())" }

func bytes(_ text: String) -> Data { Data(text.utf8) }
func text(_ data: Data?) -> String? { data.map { String(decoding: $0, as: UTF8.self) } }

/// A number as the first bytes of a message, and back.
func numbered(_ number: Int, size: Int = 8) -> Data {
    var data = Data(count: size)
    withUnsafeBytes(of: UInt32(number).bigEndian) { data.replaceSubrange(0..<4, with: $0) }
    return data
}

func number(_ data: Data) -> Int {
    data.prefix(4).reduce(0) { $0 << 8 | Int($1) }
}

/// Sends numbered messages, each when there is room.
func sendAll(_ node: Node, _ peer: PeerID, _ stream: String, _ numbers: Range<Int>) async throws {
    for number in numbers { try await node.send(peer, stream, numbered(number)) }
}

/// A folder that is gone with the test.
func inFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("glueberry-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder.path)
}

/// The address without the peer's id.
func place(_ address: String) -> String {
    String(address[..<address.range(of: "/p2p/")!.lowerBound])
}
