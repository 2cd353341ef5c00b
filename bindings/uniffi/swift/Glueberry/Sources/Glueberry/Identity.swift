import Foundation
internal import GlueberryFFI

/// An Ed25519 key pair: what a node is known by. The private half is never printed.
///
/// ```swift
/// let identity = try Identity.load("node.pem")
/// let node = try await Node.start(Config(identity: identity))
/// ```
public final class Identity: Sendable {
    let native: NativeIdentity
    /// What other peers know this node by.
    public let peerID: PeerID

    private init(_ native: NativeIdentity) throws {
        self.native = native
        peerID = PeerID(checked: try native.peerId())
    }

    /// A fresh key, from the operating system's randomness.
    ///
    /// - Throws: `GlueberryError`, `panicked` at the most: if the system has no randomness.
    public static func generate() throws -> Identity {
        try call { try Identity(NativeIdentity.generate()) }
    }

    /// The key that grows from 32 secret bytes, always the same one.
    ///
    /// - Throws: `GlueberryError`: `invalidKey` unless there are exactly 32.
    public static func fromSeed(_ seed: Data) throws -> Identity {
        try call { try Identity(NativeIdentity.fromSeed(seed: seed)) }
    }

    /// Reads a key from PKCS#8 PEM text, as OpenSSL writes it.
    ///
    /// - Throws: `GlueberryError`: `invalidKey`; the message says what the text is instead.
    public static func fromPEM(_ pem: String) throws -> Identity {
        try call { try Identity(NativeIdentity.fromPem(pem: pem)) }
    }

    /// Reads a key file, at once: meant for the start of a program.
    ///
    /// - Throws: `GlueberryError`: `keyFileUnreadable`; `keyFileExposed` when other users may read it; `invalidKey`.
    public static func load(_ path: String) throws -> Identity {
        try call { try Identity(NativeIdentity.load(path: path)) }
    }

    /// The key as PKCS#8 PEM text: whoever has it is this node.
    public func pem() throws -> String {
        try call { try native.toPem() }
    }

    /// Writes the key into a new file that only this user may read, at once.
    ///
    /// - Throws: `GlueberryError`: `keyFileExists`, unless `overwrite` is true; `keyFileUnwritable`.
    public func save(_ path: String, overwrite: Bool = false) throws {
        try call { try native.save(path: path, overwrite: overwrite) }
    }
}

extension Identity: CustomStringConvertible, CustomReflectable {
    /// The public half alone.
    public var description: String { "Identity(\(peerID))" }
    /// The public half alone.
    public var customMirror: Mirror { Mirror(self, children: ["peerID": peerID]) }
}
