import Foundation
internal import GlueberryFFI

/// Messages that came in one buffer, read one by one.
struct Batch {
    private var bytes = Data()
    private var count = 0
    private var at = 0
    private var from = 0
    private var origins: [Origin] = []

    private struct Origin {
        let peer: PeerID
        let stream: String
    }

    mutating func refill(_ packed: PackedMessages) {
        bytes = packed.bytes
        count = Int(packed.count)
        at = 0
        from = count * bytesAnEntry
        if packed.forgets { origins = [] }
        let told = packed.origins
        origins += stride(from: 0, to: told.count, by: 2).map { at in
            Origin(peer: PeerID(checked: told[at]), stream: told[at + 1])
        }
    }

    mutating func next() -> Message? {
        if at == count { return nil }
        let (end, origin) = entry(at)
        at += 1
        defer { from = end }
        // A copy, and not a slice: that would begin at some odd index, and hold the whole buffer.
        let data = bytes.subdata(in: from..<end)
        return Message(peer: origins[origin].peer, stream: origins[origin].stream, data: data)
    }

    /// Where a message ends, and whom it is from.
    private func entry(_ number: Int) -> (end: Int, origin: Int) {
        bytes.withUnsafeBytes { bytes in
            let at = number * bytesAnEntry
            let end = bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)
            let origin = bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self)
            return (Int(end), Int(origin))
        }
    }
}

/// Two numbers of 32 bits, in the byte order of this machine.
private let bytesAnEntry = 8
