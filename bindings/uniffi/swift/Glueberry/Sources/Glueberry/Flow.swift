/// Where items come from.
protocol Inflow<Item>: AnyObject, Sendable {
    associatedtype Item: Sendable
    /// One that is there; nothing if there is none now.
    func take() throws -> Item?
    /// Waits until there may be one. Takes nothing.
    func ready() async throws
    /// Ends that wait, or else the next one.
    func cancelReady()
    /// Whether it has ended, and all was taken.
    func isOver() throws -> Bool
    /// Ends it, and keeps what was fetched and not taken.
    func end()
}

/// The one way of waiting for items, of messages and of events: take one that is there, else wait until
/// there is one. A wait that is cancelled has taken nothing, so it loses nothing.
final class Flow<Item: Sendable>: Sendable {
    private let inflow: any Inflow<Item>
    private let state = Locked(State())

    private struct State {
        var isWaited = false
        var isEnded = false
        var sinceWait = 0
    }

    init(_ inflow: any Inflow<Item>) {
        self.inflow = inflow
    }

    deinit { end() }

    /// The next one; nothing at the end. Runs where its caller does: going elsewhere and back would cost more
    /// than all the rest.
    func next(isolation actor: isolated (any Actor)?) async throws -> Item? {
        try begin()
        defer { state.with { $0.isWaited = false } }
        while true {
            try Task.checkCancellation()
            if state.with({ $0.isEnded }) { return nil }
            if let item = try call(inflow.take) {
                // A loop that never has to wait lets others run now and then.
                if isDueToYield() { await Task.yield() }
                return item
            }
            if try call(inflow.isOver) { return nil }
            try await wait(isolation: actor)
        }
    }

    /// Ends it, and a `next` that waits. Again, it does nothing.
    func end() {
        let isFirst = state.with { state in
            defer { state.isEnded = true }
            return !state.isEnded
        }
        if isFirst { inflow.end() }
    }

    private func begin() throws {
        try state.with { state in
            if state.isWaited { throw GlueberryError(.consumerTaken, "a next() of this iterator waits already") }
            state.isWaited = true
        }
    }

    /// The end of the wait says nothing: it may be a cancellation that came too late for an earlier one.
    private func wait(isolation actor: isolated (any Actor)?) async throws {
        state.with { $0.sinceWait = 0 }
        do {
            try await withTaskCancellationHandler {
                try await inflow.ready()
            } onCancel: {
                inflow.cancelReady()
            }
        } catch {
            throw told(error)
        }
    }

    private func isDueToYield() -> Bool {
        state.with { state in
            state.sinceWait += 1
            return state.sinceWait.isMultiple(of: itemsATurn)
        }
    }
}

/// Items and sends after which others have their turn.
let itemsATurn = 256
