/// What happens to a node and its peers, from the subscription on; ends when the node is closed.
///
/// Up to `eventBuffer` events wait for a slow subscriber; then the oldest are dropped, and `lagged` says how
/// many. Leaving a loop keeps the subscription: the next loop over the same object goes on where this one
/// stopped. `close()` ends it, and so does letting it go.
///
/// ```swift
/// for try await event in node.events(kinds: [.peerEstablished, .peerDisconnected]) {
///     switch event {
///     case .peerEstablished(let event): print("here", event.peer)
///     case .peerDisconnected(let event): print("gone", event.peer, event.reason)
///     default: break
///     }
/// }
/// ```
public final class Events: AsyncSequence, Sendable {
    /// An event.
    public typealias Element = Event

    /// The subscription, or why there is none: the first `next()` says so.
    private let flow: Result<Flow<Event>, any Error>

    init(_ open: () throws -> Flow<Event>) {
        flow = Result(catching: open)
    }

    deinit { close() }

    /// All loops share the one subscription.
    public func makeAsyncIterator() -> Iterator {
        Iterator(events: self)
    }

    /// The next event; `nil` at the end. A wait that is cancelled has taken nothing: the next call gets what
    /// this one would have.
    ///
    /// - Throws: `GlueberryError`: `consumerTaken` while another `next()` waits; `nodeClosed` if the node was
    ///   closed before the subscription; `CancellationError`.
    public func next() async throws -> Event? {
        try await next(isolation: nil)
    }

    /// As ``next()``, on the caller's actor.
    public func next(isolation actor: isolated (any Actor)?) async throws -> Event? {
        try await flow.get().next(isolation: actor)
    }

    /// Ends the subscription, and a `next()` that waits. Again, it does nothing.
    public func close() {
        if case .success(let flow) = flow { flow.end() }
    }

    /// A loop's place in the events.
    public struct Iterator: AsyncIteratorProtocol, Sendable {
        let events: Events

        /// The next event; `nil` at the end.
        public func next() async throws -> Event? {
            try await events.next(isolation: nil)
        }

        /// As ``next()``, on the caller's actor: this is what loops call.
        public func next(isolation actor: isolated (any Actor)?) async throws -> Event? {
            try await events.next(isolation: actor)
        }
    }
}
