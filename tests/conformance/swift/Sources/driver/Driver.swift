import Foundation
import Glueberry

/// The driver, or the runner, did something wrong.
struct Fault: Error {
    let complaint: String
}

/// The driver does not know this command.
struct Lack: Error {
    let command: String
}

/// What stopped a command, with what it has to tell all the same.
struct Stopped: Error {
    let reason: any Error
    let told: [String: JSON]
}

typealias Answer = [String: JSON]

/// Takes one command after the other.
actor Driver {
    private var calls: Calls?
    private let background = Background()

    func answer(to command: JSON) async -> JSON {
        var told = await answered { try await self.obey(command) }
        told["id"] = command["id"]
        return .object(told)
    }

    private func obey(_ command: JSON) async throws -> Answer {
        switch command["do"]?.text ?? "" {
        case "hello": return ["language": .text("swift"), "version": .text(glueberryVersion)]
        case "start":
            let node = try await start(command)
            calls = Calls(node)
            return ["peer": .text(node.peerID.text), "addresses": .list(node.listenAddresses.map(JSON.text))]
        case "begin":
            let (calls, call) = (try made(), try command.needed("call"))
            await background.begin(try command.needed("tag").asText()) { try await calls.make(call) }
            return [:]
        case "await": return try await background.wait(command)
        case "cancel": return try await background.cancel(try command.needed("tag").asText())
        default: return try await made().make(command)
        }
    }

    private func made() throws -> Calls {
        guard let calls else { throw Fault(complaint: "no node was started") }
        return calls
    }
}

/// What a call answers, whatever becomes of it.
func answered(_ call: @Sendable () async throws -> Answer) async -> Answer {
    do {
        return try await ["ok": .flag(true)].merging(call()) { _, told in told }
    } catch let stopped as Stopped {
        return failed(stopped.reason).merging(stopped.told) { answer, _ in answer }
    } catch {
        return failed(error)
    }
}

private func failed(_ error: any Error) -> Answer {
    switch error {
    case is TimedOut: ["timed_out": .flag(true)]
    case is CancellationError: ["ok": .flag(true), "cancelled": .flag(true)]
    case let error as GlueberryError: ["error": told(error)]
    case let lack as Lack: ["lacks": .text(lack.command)]
    case let fault as Fault: ["fault": .text(fault.complaint)]
    default: ["fault": .text("\(error)")]
    }
}

extension JSON {
    func needed(_ name: String) throws -> JSON {
        guard let member = self[name] else { throw Fault(complaint: "\(name) is missing") }
        return member
    }

    func asText() throws -> String {
        guard let text else { throw Fault(complaint: "\(self) is no text") }
        return text
    }

    func asPeer() throws -> PeerID {
        try PeerID(asText())
    }
}
