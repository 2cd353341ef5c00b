internal import GlueberryFFI

extension Node {
    /// The messages of one stream, from all peers, fairly merged. A stream has one consumer at a time; the
    /// loop that begins takes it. The stream `handshake` is there for programs that shake hands themselves.
    ///
    /// What cannot be is told when the loop begins: `GlueberryError` `invalidStreamName`; `consumerTaken` while
    /// another has the stream; `nodeClosed`.
    public func messages(_ stream: String) -> Messages {
        messages(of: stream) { try $0.messages(stream: stream) }
    }

    /// The messages of all streams, from all peers, fairly merged: `consumerTaken` while any stream has a
    /// consumer.
    public func allMessages() -> Messages {
        messages(of: nil) { try $0.allMessages() }
    }

    /// Subscribes to events, from now on. There may be any number of subscribers.
    ///
    /// - Parameters:
    ///   - peers: only events about these peers; `nil` is all.
    ///   - kinds: only events of these kinds; `nil` is all. `lagged` always comes: it says that there is a gap.
    public func events(peers: [PeerID]? = nil, kinds: [EventKind]? = nil) -> Events {
        Events {
            let events = try call {
                try native.events(peers: peers?.map(\.text), kinds: kinds?.map { Int32($0.rawValue) })
            }
            return Flow(EventInflow(events, of: native))
        }
    }

    private func messages(
        of stream: String?, _ open: @escaping @Sendable (NativeNode) throws -> NativeMessages
    ) -> Messages {
        Messages { [native, remainders] in
            let messages = try call { try open(native) }
            return Flow(MessageInflow(messages, of: native, remainders, stream: stream))
        }
    }
}
