import Foundation
internal import GlueberryFFI

/// The fields of an event, taken one after the other. What is not of the type that is asked for is a fault.
struct Fields {
    private var rest: ArraySlice<FieldValue>

    init(_ fields: [FieldValue]) {
        rest = fields[...]
    }

    mutating func flag() throws -> Bool {
        guard case .flag(let value) = next() else { throw unfit() }
        return value
    }

    mutating func number() throws -> Int {
        guard let number = try optionalNumber() else { throw unfit() }
        return number
    }

    mutating func optionalNumber() throws -> Int? {
        switch next() {
        case .number(let value): Int(value)
        case .absent: nil
        default: throw unfit()
        }
    }

    mutating func text() throws -> String {
        guard let text = try optionalText() else { throw unfit() }
        return text
    }

    mutating func optionalText() throws -> String? {
        switch next() {
        case .text(let value): value
        case .absent: nil
        default: throw unfit()
        }
    }

    mutating func peer() throws -> PeerID {
        PeerID(checked: try text())
    }

    mutating func optionalPeer() throws -> PeerID? {
        try optionalText().map(PeerID.init(checked:))
    }

    mutating func duration() throws -> Duration {
        guard case .duration(let milliseconds) = next() else { throw unfit() }
        return .milliseconds(milliseconds)
    }

    mutating func time() throws -> Date {
        guard case .time(let milliseconds) = next() else { throw unfit() }
        return Date(milliseconds: milliseconds)
    }

    mutating func unwritten() throws -> [Unwritten] {
        guard case .unwritten(let all) = next() else { throw unfit() }
        return all.map(Unwritten.init)
    }

    mutating func word<Word: RawRepresentable<Int>>() throws -> Word {
        guard case .word(let number) = next() else { throw unfit() }
        return try Glueberry.word(number)
    }

    private mutating func next() -> FieldValue? {
        rest.popFirst()
    }

    private func unfit() -> GlueberryError {
        GlueberryError(.internal, "an event has other fields than this version knows")
    }
}
