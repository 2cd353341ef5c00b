import Foundation
import Glueberry

/// The commands that call a node.
final class Calls: Sendable {
    private let node: Node
    private let queues = Queues()

    init(_ node: Node) {
        self.node = node
    }

    func make(_ command: JSON) async throws -> Answer {
        let name = command["do"]?.text ?? ""
        for answers in [look, take, send] {
            if let answer = try await answers(name, command) { return answer }
        }
        return try await limited(command["within_ms"]?.number) { [self] in try await wait(name, command) }
    }

    /// What answers at once.
    private func look(_ name: String, _ command: JSON) async throws -> Answer? {
        switch name {
        case "close": await node.close()
        case "state": return ["state": .text(try node.connectionState(command.needed("peer").asPeer()).name)]
        case "peer": return ["peer": .optional(try node.peer(command.needed("peer").asPeer()), told)]
        case "peers": return ["peers": .list(try node.peers().map(told))]
        case "bans": return ["bans": .list(try node.bans().map(told))]
        case "health":
            let (peer, stream) = (try command.needed("peer").asPeer(), try command.needed("stream").asText())
            return told(try node.streamHealth(peer, stream))
        default: return nil
        }
        return [:]
    }

    /// What takes messages and events.
    private func take(_ name: String, _ command: JSON) async throws -> Answer? {
        switch name {
        case "messages":
            let messages = try command["stream"].map { node.messages(try $0.asText()) } ?? node.allMessages()
            let iterator = messages.makeAsyncIterator()
            try iterator.take()
            queues.set(try command.needed("queue").asText(), .messages(iterator))
        case "events":
            let kinds = command["kinds"]?.texts.map { names in EventKind.allCases.filter { names.contains($0.name) } }
            let events = node.events(peers: try command["peers"]?.list?.map { try $0.asPeer() }, kinds: kinds)
            queues.set(try command.needed("queue").asText(), .events(events))
        case "receive": return try await receive(command)
        case "event":
            let events = try queues.events(command)
            let event = try await limited(command["within_ms"]?.number) { try await events.next() }
            return event.map { ["event": told($0)] } ?? ["ended": .flag(true)]
        case "release": try queues.release(command)
        default: return nil
        }
        return [:]
    }

    private func send(_ name: String, _ command: JSON) async throws -> Answer? {
        guard name == "send" || name == "try_send" else { return nil }
        let (peer, stream) = (try command.needed("peer").asPeer(), try command.needed("stream").asText())
        let count = command["count"]?.number ?? 1
        for sent in 0..<count {
            do {
                let data = try payload(command, sent)
                if name == "send" {
                    try await limited(command["within_ms"]?.number) { [node] in try await node.send(peer, stream, data)
                    }
                } else if try !node.trySend(peer, stream, data) {
                    throw GlueberryError(.wouldBlock, "there is no room", peer: peer, stream: stream)
                }
            } catch {
                throw Stopped(reason: error, told: ["sent": .number(sent)])
            }
        }
        return ["sent": .number(count)]
    }

    /// Takes as many messages as the command says. What stops it is told with those that came.
    private func receive(_ command: JSON) async throws -> Answer {
        let (messages, count, got) = (try queues.messages(command), command["count"]?.number ?? 1, Got())
        do {
            let isWhole = try await limited(command["within_ms"]?.number) {
                while got.all.count < count {
                    guard let message = try await messages.next() else { return false }
                    got.add(told(message))
                }
                return true
            }
            let end: Answer = isWhole ? [:] : ["ended": .flag(true)]
            return end.merging(["messages": .list(got.all)]) { one, _ in one }
        } catch {
            throw Stopped(reason: error, told: ["messages": .list(got.all)])
        }
    }

    /// What waits for the node.
    private func wait(_ name: String, _ command: JSON) async throws -> Answer {
        let peer = { try command.needed("peer").asPeer() }
        let streams = { try command.needed("streams").texts ?? [] }
        switch name {
        case "listen":
            return ["addresses": .list(try await node.listen(command.needed("address").asText()).map(JSON.text))]
        case "connect": return ["peer": .text(try await node.connect(command.needed("address").asText()).text)]
        case "wait_established": try await node.waitEstablished(peer())
        case "disconnect": try await node.disconnect(peer())
        case "cancel_reconnection": try await node.cancelReconnection(peer())
        case "prepare_streams": try await node.prepareStreams(peer(), streams())
        case "finalize_handshake": try await node.finalizeHandshake(peer())
        case "complete_handshake": try await node.completeHandshake(peer(), streams())
        case "flush": try await node.flush(peer(), command.needed("stream").asText())
        case "add_peer":
            let added = try await node.addPeer(
                command["addresses"]?.texts ?? [],
                persistent: command["persistent"]?.flag ?? false,
                metadata: command["metadata"]?.members?.compactMapValues(\.text) ?? [:])
            return ["peer": .text(added.text)]
        case "remove_peer": try await node.removePeer(peer())
        case "ban": try await node.ban(command.needed("target").asText(), for: command.duration("duration_ms"))
        case "unban": return ["was_banned": .flag(try await node.unban(command.needed("target").asText()))]
        default: throw Lack(command: name)
        }
        return [:]
    }
}
