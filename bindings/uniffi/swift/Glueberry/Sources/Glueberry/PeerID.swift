internal import GlueberryFFI

/// A peer's identity, `12D3KooW…`: its Ed25519 public key, as libp2p writes it.
public struct PeerID: Hashable, Sendable {
    /// As it is written.
    public let text: String

    /// Reads the text of a peer's id.
    ///
    /// - Throws: `GlueberryError`: `invalidPeerID`; `unsupportedPeerID` for a peer without an Ed25519 key.
    public init(_ text: String) throws {
        self.text = try call { try parsePeerId(text: text) }
    }

    /// One that the native half has written.
    init(checked text: String) {
        self.text = text
    }
}

extension PeerID: CustomStringConvertible {
    /// As it is written.
    public var description: String { text }
}

extension PeerID: Comparable {
    /// By the text.
    public static func < (one: PeerID, other: PeerID) -> Bool { one.text < other.text }
}

extension PeerID: Codable {
    /// Reads its text.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    /// Writes its text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
