internal import GlueberryFFI

/// A running node, on threads of its own. Begin with ``start(_:)``, end with ``close()``; or let ``withNode(_:isolation:_:)``
/// do both.
///
/// Cancelling the task that waits for a call gives the call up: it throws `CancellationError`. All other
/// failures are a ``GlueberryError``. After ``close()`` every call fails with `nodeClosed`.
///
/// ```swift
/// let node = try await Node.start(Config(listen: ["/ip4/127.0.0.1/tcp/0"], streams: ["chat"]))
/// let peer = try await node.connect(address)
/// try await node.send(peer, "chat", Data("hi".utf8))
/// await node.close()
/// ```
public final class Node: Sendable {
    let native: NativeNode
    let routes: Routes
    let remainders = Remainders()
    let sends = Locked(0)

    /// What other peers know this node by.
    public let peerID: PeerID

    private init(_ native: NativeNode) {
        self.native = native
        routes = Routes(native)
        peerID = PeerID(checked: native.peerId())
    }

    /// Starts a node; it is there when it listens at all its addresses.
    ///
    /// - Throws: `GlueberryError`: `invalidConfig`, `invalidAddress`, `invalidStreamName`, `invalidPeerID`,
    ///   `addressInUse`, `listenFailed`, and those of the address book's file.
    public static func start(_ config: Config = Config()) async throws -> Node {
        let identity = try config.identity ?? .generate()
        do {
            return Node(
                try await wait { cancel in
                    try await NativeNode.start(identity: identity.native, settings: config.settings, cancel: cancel)
                })
        } catch {
            throw inSwift(error)
        }
    }

    /// Where this node listens, each address as a peer has to dial it. Nowhere once it is closed.
    public var listenAddresses: [String] {
        // It fails after a fault of the library only, and then it listens nowhere.
        (try? native.listenAddresses()) ?? []
    }

    /// Listens at one more address, and returns what it is bound to: for port 0 the port chosen, for `0.0.0.0`
    /// an address for each of the machine's.
    ///
    /// - Throws: `GlueberryError`: `invalidAddress`, `addressInUse`, `listenFailed`.
    public func listen(_ address: String) async throws -> [String] {
        try await wait { try await native.listen(address: address, cancel: $0) }
    }

    /// Ends the node: writes what is queued for up to `linger`, closes all connections, ends every iteration
    /// once what was received has been read, and frees its ports and threads. Again, it waits for the same.
    /// A task that is cancelled waits for it too.
    public func close() async {
        // It fails after a fault of the library only, and what is left of the node goes then too.
        try? await native.shutdown()
    }
}

extension Node: CustomStringConvertible {
    /// The peer's id alone.
    public var description: String { "Node(\(peerID))" }
}

/// Starts a node, runs `body`, and closes the node, also when `body` throws.
///
/// ```swift
/// try await withNode(Config(streams: ["chat"])) { node in
///     let peer = try await node.connect(address)
///     try await node.send(peer, "chat", Data("hi".utf8))
/// }
/// ```
///
/// - Throws: what ``Node/start(_:)`` and `body` throw.
public func withNode<Result: Sendable>(
    _ config: Config = Config(),
    isolation actor: isolated (any Actor)? = #isolation,
    _ body: (Node) async throws -> Result
) async throws -> Result {
    let node = try await Node.start(config)
    do {
        let result = try await body(node)
        await node.close()
        return result
    } catch {
        await node.close()
        throw error
    }
}
