internal import GlueberryFFI

/// The messages of a native queue, after those that an earlier consumer left.
final class MessageInflow: Inflow {
    private let native: NativeMessages
    private let remainders: Remainders
    /// Lives as long as somebody reads.
    private let node: NativeNode
    private let held: Locked<Held>

    private struct Held {
        var left: ArraySlice<Message>
        var batch = Batch()
        var isEnded = false
    }

    init(_ native: NativeMessages, of node: NativeNode, _ remainders: Remainders, stream: String?) {
        self.native = native
        self.node = node
        self.remainders = remainders
        held = Locked(Held(left: remainders.take(stream)[...]))
    }

    func take() throws -> Message? {
        try held.with { held in
            if let message = held.left.popFirst() ?? held.batch.next() { return message }
            // What were fetched after the end would be nobody's.
            guard !held.isEnded, let packed = try native.drain(most: most, mostBytes: mostBytes) else { return nil }
            held.batch.refill(packed)
            return held.batch.next()
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
        held.with { held in
            held.isEnded = true
            var rest = Array(held.left)
            while let message = held.batch.next() { rest.append(message) }
            held.left = []
            remainders.put(rest)
        }
        // Only now, so that the next consumer finds them.
        try? native.end()
    }
}

/// Messages and bytes that are fetched at once; a larger message comes alone.
private let most: Int32 = 256
private let mostBytes: Int32 = 256 * 1024
