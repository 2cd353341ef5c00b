import Foundation
import Glueberry

struct Mine: Error {}

/// Two nodes that talk.
struct Talk {
    let alice: Node
    let bob: Node

    init() async throws {
        alice = try await Node.start(Config(listen: ["/ip4/127.0.0.1/tcp/0"], streams: ["chat"]))
        bob = try await Node.start(Config(streams: ["chat"]))
        try await bob.connect(alice.listenAddresses[0])
        try await bob.send(alice.peerID, "chat", Data("hi".utf8))
    }
}

/// Ends with waits of all kinds under way, and nothing closed.
func talk(until way: String) async throws {
    let talk = try await Talk()
    for try await _ in talk.alice.messages("chat") { break }
    let nobody = try Identity.generate().peerID
    Task { for try await _ in talk.alice.messages("chat") {} }
    Task { for try await _ in talk.bob.events() {} }
    Task { try await talk.bob.connect("/ip4/192.0.2.1/tcp/9/p2p/\(nobody)") }
    Task { while true { try await talk.bob.send(talk.alice.peerID, "chat", Data(count: 100)) } }
    try await Task.sleep(for: .milliseconds(Int.random(in: 0...20)))
    print("talked")
    switch way {
    case "end": break
    case "exit": exit(7)
    case "throw":
        try await talk.alice.send(talk.bob.peerID, "chat", Data(count: 1))
        for try await _ in talk.bob.allMessages() { throw Mine() }
    case "interrupt":
        fflush(nil)
        kill(getpid(), SIGINT)
        try await Task.sleep(for: .seconds(60))
    default: fatalError("no way to end is called \(way)")
    }
}
