import Foundation
internal import GlueberryFFI

extension Node {
    /// Sends a message on a stream. It is done when the message is in the stream's send buffer; while that is
    /// full it waits. Cancelling such a wait sends nothing.
    ///
    /// Messages keep the order of the calls that one task makes. A node takes 4,096 calls that wait.
    ///
    /// - Throws: `GlueberryError`: `notConnected`, `unknownStream`, `messageTooLarge`, `streamRefused`,
    ///   `streamFailed`, `tooManyOperations`.
    public func send(
        _ peer: PeerID, _ stream: String, _ data: Data, isolation actor: isolated (any Actor)? = #isolation
    ) async throws {
        // On the caller's actor: most messages have room at once, and going elsewhere would cost more than they do.
        try Task.checkCancellation()
        guard let sending = try call({ try routes.to(peer, stream).send(message: data) }) else {
            // A loop that only sends lets others run now and then.
            if isDueToYield() { await Task.yield() }
            return
        }
        do {
            try await withTaskCancellationHandler {
                try await sending.finish()
            } onCancel: {
                sending.cancel()
            }
        } catch {
            throw outcome(told(error))
        }
    }

    /// Sends a message on a stream if there is room for it now: false if there is none, and nothing was sent.
    ///
    /// - Throws: `GlueberryError` as ``send(_:_:_:isolation:)``.
    public func trySend(_ peer: PeerID, _ stream: String, _ data: Data) throws -> Bool {
        try call { try routes.to(peer, stream).trySend(message: data) }
    }

    /// Waits until the transport has taken all that was sent before on a stream.
    ///
    /// - Throws: `GlueberryError`: `notConnected` if the session ends before; `streamRefused`, `streamFailed`.
    public func flush(_ peer: PeerID, _ stream: String) async throws {
        try await wait { try await native.flush(peer: peer.text, stream: stream, cancel: $0) }
    }

    private func isDueToYield() -> Bool {
        sends.with { sends in
            sends &+= 1
            return sends.isMultiple(of: itemsATurn)
        }
    }
}
