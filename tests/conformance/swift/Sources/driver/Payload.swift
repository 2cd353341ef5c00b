import Foundation

/// The bytes of a command, the `number`-th of several.
func payload(_ command: JSON, _ number: Int) throws -> Data {
    if let text = command["text"]?.text { return Data(text.utf8) }
    guard let size = command["size"]?.number, let seed = command["seed"]?.number else {
        throw Fault(complaint: "a payload has a text, or a size and a seed")
    }
    var value = UInt32(truncatingIfNeeded: seed + number)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size + 4)
    while bytes.count < size {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        value &+= 2_654_435_761
    }
    return Data(bytes.prefix(size))
}

/// The CRC-32 of zlib.
func sum(_ data: Data) -> Int {
    let sum = data.withUnsafeBytes { bytes in
        bytes.reduce(UInt32.max) { sum, byte in table[Int((sum ^ UInt32(byte)) & 0xff)] ^ (sum >> 8) }
    }
    return Int(~sum)
}

private let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? 0xedb8_8320 ^ (sum >> 1) : sum >> 1 }
}
