internal import GlueberryFFI

extension Node {
    /// Remembers a peer, in the place of what was known of it before, and returns its id when that is saved.
    ///
    /// - Parameters:
    ///   - addresses: where it is found, the most promising first. The first one ends in `/p2p/` and its id.
    ///   - persistent: whether a link with it is kept from now on: it is dialed at once, and again for ever when
    ///     it is lost.
    ///   - metadata: small facts to keep with it: up to 32, of 4,096 bytes in all.
    /// - Throws: `GlueberryError`: `invalidAddress`, `invalidArgument`, `banned`, `dialedSelf`, `metadataTooLarge`,
    ///   `tooManyPeers`, and those of the address book's file.
    @discardableResult
    public func addPeer(
        _ addresses: [String], persistent: Bool = false, metadata: [String: String] = [:]
    ) async throws -> PeerID {
        let peer = try await wait { cancel in
            try await native.addPeer(
                addresses: addresses, persistent: persistent, metadata: metadata, cancel: cancel)
        }
        return PeerID(checked: peer)
    }

    /// Forgets a peer, and ends the link with it. A ban of it stays.
    ///
    /// - Throws: `GlueberryError`: those of the address book's file.
    public func removePeer(_ peer: PeerID) async throws {
        try await wait { try await native.removePeer(peer: peer.text, cancel: $0) }
    }

    /// The peers that are known, connected or being connected.
    ///
    /// - Throws: `GlueberryError`: `nodeClosed`.
    public func peers() throws -> [PeerInfo] {
        try call { try native.peers().map { try PeerInfo($0) } }
    }

    /// What is known of a peer; `nil` for one that is neither known nor connected.
    ///
    /// - Throws: `GlueberryError`: `nodeClosed`.
    public func peer(_ peer: PeerID) throws -> PeerInfo? {
        try call { try native.peer(peer: peer.text).map { try PeerInfo($0) } }
    }

    /// Where a peer may be found, the most promising first.
    ///
    /// - Throws: `GlueberryError`: `nodeClosed`.
    public func addresses(_ peer: PeerID) throws -> [String] {
        try call { try native.addresses(peer: peer.text) }
    }
}

extension Node {
    /// Bans a peer's id, an IP address or a range: its connections end, and no others are made in either
    /// direction.
    ///
    /// - Parameter duration: for how long; `nil` is for ever.
    /// - Throws: `GlueberryError`: `invalidPeerID` for a target that is none; `invalidArgument` for a duration below
    ///   zero; `tooManyPeers`.
    public func ban(_ target: String, for duration: Duration? = nil) async throws {
        try await wait { try await native.ban(target: target, withinMs: duration?.milliseconds, cancel: $0) }
    }

    /// Bans a peer.
    ///
    /// - Throws: `GlueberryError` as ``ban(_:for:)-(String,_)``.
    public func ban(_ peer: PeerID, for duration: Duration? = nil) async throws {
        try await ban(peer.text, for: duration)
    }

    /// Lifts a ban: whether there was one of exactly this target.
    ///
    /// - Throws: `GlueberryError`: `invalidPeerID` for a target that is none.
    @discardableResult
    public func unban(_ target: String) async throws -> Bool {
        try await wait { try await native.unban(target: target, cancel: $0) }
    }

    /// Lifts a peer's ban: whether there was one.
    ///
    /// - Throws: `GlueberryError`: `nodeClosed`.
    @discardableResult
    public func unban(_ peer: PeerID) async throws -> Bool {
        try await unban(peer.text)
    }

    /// The bans that hold.
    ///
    /// - Throws: `GlueberryError`: `nodeClosed`.
    public func bans() throws -> [Ban] {
        try call { try native.bans().map(Ban.init) }
    }
}

extension Node {
    /// How a stream with a peer is doing now.
    ///
    /// - Throws: `GlueberryError`: `notConnected`, `unknownStream`.
    public func streamHealth(_ peer: PeerID, _ stream: String) throws -> StreamHealth {
        try call { try StreamHealth(native.streamHealth(peer: peer.text, stream: stream)) }
    }

    /// How all streams with a peer are doing now, by name; none without a session.
    ///
    /// - Throws: `GlueberryError`: `nodeClosed`.
    public func streams(_ peer: PeerID) throws -> [StreamHealth] {
        try call { try native.streams(peer: peer.text).map { try StreamHealth($0) } }
    }
}
