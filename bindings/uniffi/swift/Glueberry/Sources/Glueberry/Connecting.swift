internal import GlueberryFFI

extension Node {
    /// Connects to a peer at an address that ends in `/p2p/` and its id, and returns its id when it is
    /// established; with `handshake: .app` already when it is connected. At once if it is so already.
    ///
    /// Once established, a link that is lost comes back by itself until ``disconnect(_:)``. Cancelling leaves the
    /// attempt going.
    ///
    /// - Throws: `GlueberryError`: `invalidAddress`, `unknownPeer`, `unreachable`, `wrongPeer`, `timedOut`,
    ///   `handshakeFailed`, `handshakeTimeout`, `peerKeyMismatch`, `banned`, `dialedSelf`.
    @discardableResult
    public func connect(_ address: String) async throws -> PeerID {
        PeerID(checked: try await wait { try await native.connect(place: address, cancel: $0) })
    }

    /// Connects to a peer whose addresses are known.
    ///
    /// - Throws: `GlueberryError` as ``connect(_:)-(String)``; `unknownPeer`.
    @discardableResult
    public func connect(_ peer: PeerID) async throws -> PeerID {
        try await connect(peer.text)
    }

    /// Waits until a peer is established: for programs that shake hands themselves, and for those that wait
    /// until a lost peer is back.
    ///
    /// - Throws: `GlueberryError`: `notConnected` if no connection stands and none is sought; what ended the
    ///   attempts.
    public func waitEstablished(_ peer: PeerID) async throws {
        try await wait { try await native.waitEstablished(peer: peer.text, cancel: $0) }
    }

    /// Ends the session with a peer, or the attempt at one. What is queued is written first, for up to
    /// `linger`. Without a connection it does nothing.
    ///
    /// - Throws: `GlueberryError`: `nodeClosed`.
    public func disconnect(_ peer: PeerID) async throws {
        try await wait { try await native.disconnect(peer: peer.text, cancel: $0) }
    }

    /// Gives up the attempts to reach a lost peer again. A session that stands goes on.
    ///
    /// - Throws: `GlueberryError`: `nodeClosed`.
    public func cancelReconnection(_ peer: PeerID) async throws {
        try await wait { try await native.cancelReconnection(peer: peer.text, cancel: $0) }
    }

    /// Dials the peers of the address book, as a node does by itself when it starts.
    ///
    /// - Throws: `GlueberryError`: `nodeClosed`.
    public func dialKnownPeers() async throws {
        try await wait { try await native.dialKnownPeers(cancel: $0) }
    }

    /// The state of the link with a peer.
    ///
    /// - Throws: `GlueberryError`: `nodeClosed`.
    public func connectionState(_ peer: PeerID) throws -> ConnectionState {
        try call { try word(native.connectionState(peer: peer.text)) }
    }
}

extension Node {
    /// Accepts these streams from a peer that the program shakes hands with. Their messages are delivered once
    /// the peer is established.
    ///
    /// - Throws: `GlueberryError`: `invalidStreamName`, `notConnected`, `tooManyStreams`.
    public func prepareStreams(_ peer: PeerID, _ streams: [String]) async throws {
        try await wait { try await native.prepareStreams(peer: peer.text, streams: streams, cancel: $0) }
    }

    /// Ends the program's handshake with a peer, which is established from now on. What was sent on `handshake`
    /// is written first.
    ///
    /// - Throws: `GlueberryError`: `wrongState`, `notConnected`.
    public func finalizeHandshake(_ peer: PeerID) async throws {
        try await wait { try await native.finalizeHandshake(peer: peer.text, cancel: $0) }
    }

    /// ``prepareStreams(_:_:)`` and ``finalizeHandshake(_:)`` in one.
    ///
    /// - Throws: `GlueberryError` as both.
    public func completeHandshake(_ peer: PeerID, _ streams: [String]) async throws {
        try await wait { try await native.completeHandshake(peer: peer.text, streams: streams, cancel: $0) }
    }
}
