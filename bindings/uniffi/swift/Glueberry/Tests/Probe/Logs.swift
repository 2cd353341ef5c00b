import Foundation
import Glueberry

/// What the log does, in a process of its own: there is one for all. Prints what is wrong, and `fine`.
func logs() async throws {
    let (first, second) = (Lines(), Lines())
    try setLogger(level: .debug) { first.add($0) }
    try setLogger(level: .debug) { second.add($0) }
    try await session()
    try setLogger(nil)
    check(first.all.isEmpty, "the logger before got lines")
    check(!second.all.isEmpty, "the logger got nothing")
    let isRight = { (line: LogRecord) in
        abs(line.at.timeIntervalSinceNow) < 600 && line.level != .trace && !line.target.isEmpty
            && !line.message.contains("payload")
    }
    check(second.all.allSatisfy(isRight), "some lines are wrong: \(second.all)")
    let count = second.all.count
    try await session()
    check(second.all.count == count, "it got lines after it was taken back")
    print("fine")
}

private func session() async throws {
    try await withNode(Config(listen: ["/ip4/127.0.0.1/tcp/0"], streams: ["chat"])) { node in
        try await withNode(Config(streams: ["chat"])) { peer in
            try await peer.connect(node.listenAddresses[0])
            try await peer.send(node.peerID, "chat", Data("payload".utf8))
        }
    }
}

private func check(_ holds: Bool, _ complaint: String) {
    if !holds { print(complaint) }
}

private final class Lines: @unchecked Sendable {
    private let lock = NSLock()
    private var lines: [LogRecord] = []

    var all: [LogRecord] { lock.withLock { lines } }
    func add(_ line: LogRecord) { lock.withLock { lines.append(line) } }
}
