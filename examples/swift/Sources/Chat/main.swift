// Several people talk. Whoever starts with the key of before is known by the same peer id.
//
//   swift run Chat anna.pem Anna /ip4/127.0.0.1/tcp/9000
//   swift run Chat bruno.pem Bruno /ip4/127.0.0.1/tcp/0 /ip4/127.0.0.1/tcp/9000/p2p/12D3KooW...
//
// Each line goes to all who are connected: who joins a chat names everybody who is there.

import Foundation
import Glueberry
import Shared

/// The key in this file, which is made if there is none.
func identity(in path: String) throws -> Identity {
    if FileManager.default.fileExists(atPath: path) { return try .load(path) }
    let identity = try Identity.generate()
    try identity.save(path)
    return identity
}

/// Ends when the node is closed.
func printAll(_ node: Node) async throws {
    for try await message in node.messages("chat") { say(String(decoding: message.data, as: UTF8.self)) }
}

/// A peer that leaves meanwhile does not keep the line from the others.
func sendToAll(_ node: Node, _ line: String) async throws {
    let present = try node.peers().filter { $0.state == .established }
    await withTaskGroup(of: Void.self) { group in
        for info in present {
            group.addTask {
                do {
                    try await soon { try await node.send(info.peer, "chat", Data(line.utf8)) }
                } catch {
                    complain(error)
                }
            }
        }
    }
}

func chat(_ key: String, _ name: String, _ address: String, _ peers: some Sequence<String>) async throws {
    let typed = lines()
    let config = Config(identity: try identity(in: key), listen: [address], streams: ["chat"])
    let node = try await Node.start(config)
    async let printing: Void = printAll(node)
    printAddresses(node)
    for peer in peers { try await soon { _ = try await node.connect(peer) } }
    for await line in typed { try await sendToAll(node, "\(name)> \(line)") }
    await node.close()
    try await printing
}

let given = CommandLine.arguments.dropFirst()
guard given.count >= 3 else { misused("Chat KEYFILE NAME LISTEN-ADDRESS [PEER-ADDRESS...]") }
await attempt { try await chat(given[1], given[2], given[3], given.dropFirst(3)) }
