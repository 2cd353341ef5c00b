internal import GlueberryFFI

/// The events of a native queue.
final class EventInflow: Inflow {
    private let native: NativeEvents
    /// Lives as long as somebody listens.
    private let node: NativeNode
    private let held = Locked([Event]()[...])

    init(_ native: NativeEvents, of node: NativeNode) {
        self.native = native
        self.node = node
    }

    func take() throws -> Event? {
        try held.with { held in
            while held.isEmpty {
                let drained = try native.drain(most: most)
                if drained.isEmpty { return nil }
                held = try drained.compactMap { try Event($0) }[...]
            }
            return held.popFirst()
        }
    }

    func ready() async throws {
        _ = try await native.ready()
    }

    func cancelReady() {
        try? native.cancelReady()
    }

    func isOver() throws -> Bool {
        try native.isOver()
    }

    func end() {
        try? native.end()
    }
}

/// Events that are fetched at once.
private let most: Int32 = 64
