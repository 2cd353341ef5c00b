// The application shakes hands: a club lets in who knows the password, and nobody else. libp2p has proven both
// identities by then. What else has to be agreed on is said on the stream `handshake`.
//
//   swift run AppHandshake listen /ip4/127.0.0.1/tcp/0     lets in who says "glueberry", and greets
//   swift run AppHandshake dial ADDRESS PASSWORD           prints the greeting; exits with 1 if not let in

import Foundation
import Glueberry
import Shared

let streams = ["chat"]

/// The order matters: once the guest reads "welcome" it may send, so its streams stand before.
func letIn(_ club: Node, _ guest: PeerID) async throws {
    try await club.prepareStreams(guest, streams)
    try await club.send(guest, "handshake", Data("welcome".utf8))
    try await club.finalizeHandshake(guest)
}

/// Ends when the node is closed. A guest that leaves does not keep the next one waiting.
func attendDoor(_ club: Node) async throws {
    for try await message in club.messages("handshake") {
        let (guest, knows) = (message.peer, message.data == Data("glueberry".utf8))
        do {
            try await soon { try await knows ? letIn(club, guest) : club.disconnect(guest) }
        } catch {
            complain(error)
        }
    }
}

/// Likewise.
func attendBar(_ club: Node) async throws {
    for try await message in club.messages("chat") {
        do {
            try await soon { try await club.send(message.peer, "chat", Data("Good evening!".utf8)) }
        } catch {
            complain(error)
        }
    }
}

func listen(_ address: String) async throws {
    let typed = lines()
    let club = try await Node.start(Config(listen: [address], streams: Streams(streams), handshake: .app))
    async let door: Void = attendDoor(club)
    async let bar: Void = attendBar(club)
    printAddresses(club)
    for await _ in typed {}
    await club.close()
    _ = try await (door, bar)
}

/// Whether the club answered before it ended the connection. The one that still waits is cancelled.
func isLetIn(_ answers: Messages, _ ends: Events) async throws -> Bool {
    try await soon {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                for try await _ in answers { return true }
                return false
            }
            group.addTask {
                _ = try await ends.next()
                return false
            }
            defer { group.cancelAll() }
            return try await group.next()!
        }
    }
}

/// Whether the guest was let in.
func dial(_ address: String, _ password: String) async throws -> Bool {
    try await withNode(Config(streams: Streams(streams), handshake: .app)) { guest in
        let ends = guest.events(kinds: [.peerDisconnected])
        let club = try await soon { try await guest.connect(address) }
        try await guest.send(club, "handshake", Data(password.utf8))
        guard try await isLetIn(guest.messages("handshake"), ends) else { return false }
        try await guest.completeHandshake(club, streams)
        try await guest.send(club, "chat", Data("Hello!".utf8))
        try await soon {
            for try await message in guest.messages("chat") {
                say(String(decoding: message.data, as: UTF8.self))
                break
            }
        }
        return true
    }
}

let given = CommandLine.arguments.dropFirst()
await attempt {
    switch (given.first, given.count) {
    case ("listen", 2): try await listen(given[2])
    case ("dial", 3):
        if try await dial(given[2], given[3]) { return }
        FileHandle.standardError.write(Data("not let in\n".utf8))
        exit(1)
    default: misused("AppHandshake listen ADDRESS | dial ADDRESS PASSWORD")
    }
}
