import Foundation
import Glueberry

/// Who takes messages and events, by name.
final class Queues: @unchecked Sendable {
    enum Queue {
        case messages(Messages.Iterator)
        case events(Events)
    }

    private let lock = NSLock()
    private var byName: [String: Queue] = [:]

    func set(_ name: String, _ queue: Queue) {
        lock.withLock { byName[name] = queue }
    }

    func messages(_ command: JSON) throws -> Messages.Iterator {
        guard case .messages(let messages) = try find(command) else { throw Fault(complaint: "it has no messages") }
        return messages
    }

    func events(_ command: JSON) throws -> Events {
        guard case .events(let events) = try find(command) else { throw Fault(complaint: "it has no events") }
        return events
    }

    func release(_ command: JSON) throws {
        switch try find(command) {
        case .messages(let messages): messages.close()
        case .events(let events): events.close()
        }
        lock.withLock { byName[command["queue"]?.text ?? ""] = nil }
    }

    private func find(_ command: JSON) throws -> Queue {
        let name = command["queue"]?.text ?? ""
        guard let queue = lock.withLock({ byName[name] }) else { throw Fault(complaint: "there is no queue \(name)") }
        return queue
    }
}

/// Messages that came.
final class Got: @unchecked Sendable {
    private let lock = NSLock()
    private var messages: [JSON] = []

    var all: [JSON] { lock.withLock { messages } }
    func add(_ message: JSON) { lock.withLock { messages.append(message) } }
}
