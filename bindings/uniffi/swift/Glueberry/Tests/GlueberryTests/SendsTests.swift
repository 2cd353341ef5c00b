import Foundation
import Glueberry
import Testing

/// Far more than loopback sockets and the multiplexer hold.
private let flood = 64 << 20
private let large = 512 << 10

@Suite struct SendsTests {
    @Test func aPeerThatDoesNotReadMakesASendWaitAndNothingIsLost() async throws {
        try await narrow { alice, bob in
            let sent = try await fill(bob, alice)
            let isDone = Kept<Bool>()
            let waiting = Task {
                try await bob.send(alice.peerID, "chat", numbered(sent, size: large))
                isDone.value = true
            }
            try await Task.sleep(for: .milliseconds(100))
            #expect(isDone.value == nil)
            #expect(try await read(alice, sent + 1) == Array(0...sent))
            try await waiting.value
        }
    }

    @Test func aSendThatIsCancelledWhileItWaitsSendsNothingAndThoseBehindItGoOn() async throws {
        try await narrow { alice, bob in
            let sent = try await fill(bob, alice)
            let cancelled = Task { try await bob.send(alice.peerID, "chat", numbered(999_999, size: large)) }
            try await Task.sleep(for: .milliseconds(50))
            cancelled.cancel()
            await #expect(throws: CancellationError.self) { try await cancelled.value }
            async let behind: Void = bob.send(alice.peerID, "chat", numbered(sent, size: large))
            #expect(try await read(alice, sent + 1) == Array(0...sent))
            try await behind
        }
    }

    @Test func aSendOfATaskThatIsCancelledAlreadySendsNothing() async throws {
        try await pair { alice, bob in
            let never = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try await bob.send(alice.peerID, "chat", numbered(1))
            }
            await #expect(throws: CancellationError.self) { try await never.value }
            try await bob.send(alice.peerID, "chat", numbered(2))
            #expect(try await read(alice, 1) == [2])
        }
    }

    @Test func slicesAndEmptyDataAreSentAsTheyAre() async throws {
        try await pair { alice, bob in
            let inbox = alice.messages("chat").makeAsyncIterator()
            for data in [bytes("abcdef")[2..<4], Data(), bytes("whole")] {
                try await bob.send(alice.peerID, "chat", data)
                let got = try await inbox.next()?.data
                #expect(got == Data(data))
            }
        }
    }

    @Test func errorsOfSendsComeByTheirCodes() async throws {
        try await pair(bob: Config(streams: ["chat": StreamConfig(maxMessageSize: 100)])) { alice, bob in
            await fails(.notConnected) { try await bob.send(stranger(), "chat", bytes("x")) }
            await fails(.unknownStream) { try await bob.send(alice.peerID, "chta", bytes("x")) }
            await fails(.messageTooLarge) { try await bob.send(alice.peerID, "chat", Data(count: 101)) }
            await fails(.messageTooLarge) { _ = try bob.trySend(alice.peerID, "chat", Data(count: 101)) }
            try await bob.send(alice.peerID, "chat", Data(count: 100))
        }
    }

    @Test func aStreamThatThePeerHasNotRefuses() async throws {
        try await pair(bob: configured { $0.streams = ["chat", "other"] }) { alice, bob in
            try await until {
                do {
                    try await bob.send(alice.peerID, "other", bytes("x"))
                    try await bob.flush(alice.peerID, "other")
                    return false
                } catch let error as GlueberryError {
                    #expect((error.code, error.peer, error.stream) == (.streamRefused, alice.peerID, "other"))
                    return true
                }
            }
        }
    }

    @Test func closingANodeEndsTheSendsThatWait() async throws {
        try await narrow(linger: .zero) { alice, bob in
            let sent = try await fill(bob, alice)
            let waiting = Task { try await bob.send(alice.peerID, "chat", numbered(sent, size: large)) }
            try await Task.sleep(for: .milliseconds(50))
            await bob.close()
            do {
                try await waiting.value
                Issue.record("it was sent")
            } catch let error as GlueberryError {
                #expect([.notConnected, .nodeClosed].contains(error.code))
            }
        }
    }

    @Test func morePeersAndStreamsThanAreKeptGoOnWorking() async throws {
        try await pair { alice, bob in
            try await bob.send(alice.peerID, "chat", numbered(0))
            for number in 0..<5000 {
                await fails(.unknownStream) { try await bob.send(alice.peerID, "none-\(number)", numbered(0)) }
            }
            try await bob.send(alice.peerID, "chat", numbered(1))
            #expect(try await read(alice, 2) == [0, 1])
        }
    }

    private func narrow(
        linger: Duration? = nil, _ body: @escaping @Sendable (Node, Node) async throws -> Void
    ) async throws {
        let streams: Streams = ["chat": StreamConfig(sendBuffer: 1024, receiveBuffer: 1024)]
        try await pair(
            alice: listening { $0.streams = streams },
            bob: configured {
                $0.streams = streams; $0.linger = linger
            },
            body)
    }

    /// Sends until there is no room any more, and none comes for a while; how many were sent.
    private func fill(_ bob: Node, _ alice: Node) async throws -> Int {
        var (sent, still) = (0, 0)
        while still < 5 {
            while try bob.trySend(alice.peerID, "chat", numbered(sent, size: large)) {
                (sent, still) = (sent + 1, 0)
                try #require(sent * large < flood, "there is always room")
            }
            still += 1
            try await Task.sleep(for: .milliseconds(100))
        }
        return sent
    }

    private func read(_ alice: Node, _ count: Int) async throws -> [Int] {
        var got: [Int] = []
        for try await message in alice.messages("chat") {
            got.append(number(message.data))
            if got.count == count { break }
        }
        return got
    }
}
