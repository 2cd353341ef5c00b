/// What was fetched and not delivered when a consumer left, by stream, for the next one. At most one batch
/// for each stream, and one for the consumer of all: whoever comes takes what is here before fetching more.
final class Remainders: Sendable {
    private let byStream = Locked([String: [Message]]())

    /// What was left of one stream, or of all.
    func take(_ stream: String?) -> [Message] {
        byStream.with { left in
            if let stream { return left.removeValue(forKey: stream) ?? [] }
            defer { left.removeAll() }
            return left.values.flatMap { $0 }
        }
    }

    func put(_ messages: some Sequence<Message>) {
        byStream.with { left in
            for message in messages { left[message.stream, default: []].append(message) }
        }
    }
}
