import Foundation

/// A received message.
public struct Message: Sendable, Hashable {
    /// Who sent it.
    public let peer: PeerID
    /// On which stream.
    public let stream: String
    /// What it says. Its first index is 0.
    public let data: Data

    /// One of your own, in tests for example.
    public init(peer: PeerID, stream: String, data: Data) {
        self.peer = peer
        self.stream = stream
        self.data = data
    }
}

/// Received messages, in the order in which each peer sent them; ends when the node is closed and all was
/// read.
///
/// A stream has one consumer at a time: the loop takes it when it begins, and gives it back when it is left.
/// What was not delivered goes to whoever comes next.
///
/// ```swift
/// for try await message in node.messages("chat") {
///     print(message.peer, String(decoding: message.data, as: UTF8.self))
/// }
/// ```
public struct Messages: AsyncSequence, Sendable {
    /// A message.
    public typealias Element = Message

    let open: @Sendable () throws -> Flow<Message>

    /// A consumer. It has taken nothing yet.
    public func makeAsyncIterator() -> Iterator {
        Iterator(open: open)
    }

    /// A consumer of messages. It may be handed from task to task; one at a time may wait.
    public final class Iterator: AsyncIteratorProtocol, Sendable {
        private let open: @Sendable () throws -> Flow<Message>
        private let taken = Locked(Taken.notYet)

        private enum Taken {
            case notYet
            case flow(Flow<Message>)
            case givenBack
        }

        init(open: @escaping @Sendable () throws -> Flow<Message>) {
            self.open = open
        }

        /// The flow gives its stream back, even while somebody keeps the node.
        deinit { close() }

        /// Takes the stream now, and not with the first `next()`. Again, it does nothing.
        ///
        /// - Throws: `GlueberryError`: `consumerTaken` while another consumer has the stream; `invalidStreamName`;
        ///   `nodeClosed`.
        public func take() throws {
            _ = try flow()
        }

        /// The next message; `nil` at the end. A wait that is cancelled has taken nothing: the next call gets
        /// what this one would have.
        ///
        /// - Throws: `GlueberryError` as ``take()``, and `consumerTaken` while another `next()` waits;
        ///   `CancellationError`.
        public func next() async throws -> Message? {
            try await next(isolation: nil)
        }

        /// As ``next()``, on the caller's actor: this is what loops call.
        public func next(isolation actor: isolated (any Actor)?) async throws -> Message? {
            try await flow()?.next(isolation: actor)
        }

        /// Gives the stream back, with what was not delivered, and ends a `next()` that waits. Again, it does
        /// nothing.
        public func close() {
            let before = taken.with { taken in
                defer { taken = .givenBack }
                return taken
            }
            if case .flow(let flow) = before { flow.end() }
        }

        private func flow() throws -> Flow<Message>? {
            try taken.with { taken in
                switch taken {
                case .givenBack: return nil
                case .flow(let flow): return flow
                case .notYet:
                    let flow = try open()
                    taken = .flow(flow)
                    return flow
                }
            }
        }
    }
}
