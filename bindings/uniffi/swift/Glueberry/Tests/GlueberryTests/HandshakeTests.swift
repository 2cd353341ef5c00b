import Foundation
import Glueberry
import Testing

@Suite struct HandshakeTests {
    @Test func aProgramCanShakeHandsItself() async throws {
        try await shaking { alice, bob in
            let door = alice.messages("handshake").makeAsyncIterator()
            let answers = bob.messages("handshake").makeAsyncIterator()
            try await bob.send(alice.peerID, "handshake", bytes("password"))
            #expect(text(try await door.next()?.data) == "password")
            try await alice.prepareStreams(bob.peerID, ["chat"])
            try await alice.send(bob.peerID, "handshake", bytes("welcome"))
            try await alice.finalizeHandshake(bob.peerID)
            #expect(text(try await answers.next()?.data) == "welcome")
            try await bob.completeHandshake(alice.peerID, ["chat"])
            try await bob.send(alice.peerID, "chat", bytes("hi"))
            let inbox = alice.messages("chat").makeAsyncIterator()
            #expect(text(try await inbox.next()?.data) == "hi")
        }
    }

    @Test func aHandshakeInTheWrongOrderFailsByItsCode() async throws {
        try await shaking { alice, bob in
            await fails(.notConnected) { try await bob.send(alice.peerID, "chat", bytes("x")) }
            await fails(.notConnected) { try await bob.prepareStreams(stranger(), ["chat"]) }
            await fails(.invalidStreamName) { try await bob.prepareStreams(alice.peerID, ["no such name"]) }
            try await bob.completeHandshake(alice.peerID, ["chat"])
            await fails(.wrongState) { try await bob.finalizeHandshake(alice.peerID) }
        }
        try await pair { alice, bob in
            await fails(.wrongState) { try await bob.finalizeHandshake(alice.peerID) }
        }
    }

    private func shaking(_ body: @escaping @Sendable (Node, Node) async throws -> Void) async throws {
        try await with(
            listening {
                $0.handshake = .app; $0.streams = []
            }
        ) { alice in
            try await withNode(
                configured {
                    $0.handshake = .app; $0.streams = []
                }
            ) { bob in
                let events = alice.events(kinds: [.peerConnected])
                try await bob.connect(alice.listenAddresses[0])
                _ = try await next(events, .peerConnected)
                try await body(alice, bob)
            }
        }
    }
}
