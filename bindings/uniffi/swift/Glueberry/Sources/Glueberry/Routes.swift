internal import GlueberryFFI

/// The peers and streams to send to, so that their texts do not cross with each message.
final class Routes: Sendable {
    private let node: NativeNode
    private let known = Locked([Key: Route]())

    private struct Key: Hashable {
        let peer: PeerID
        let stream: String
    }

    init(_ node: NativeNode) {
        self.node = node
    }

    func to(_ peer: PeerID, _ stream: String) throws -> Route {
        let key = Key(peer: peer, stream: stream)
        return try known.with { known in
            if let route = known[key] { return route }
            if known.count == most { known.removeAll() }
            let route = try node.route(peer: peer.text, stream: stream)
            known[key] = route
            return route
        }
    }
}

/// Full, all are forgotten: those in use are there again with the next message. Some 500 KiB.
private let most = 4096
