// What is let go is freed: handles by the thousand, and nodes that nobody closes.

import Foundation
import Glueberry
import Testing

@Suite(.serialized) struct MemoryTests {
    #if os(Linux)
        static let steps: [(name: String, rounds: Int, count: Int)] =
            [
                "identity", "consumer", "consumerOfAll", "subscription", "droppedSubscription", "cancelledWait",
                "failedCall", "message",
            ].map { ($0, 10, 1000) } + [
                ("route", 10, 2000), ("logger", 10, 100), ("node", 8, 25), ("droppedNode", 8, 25),
            ]

        /// 10,000 leaked objects of 200 bytes are 2,000 KiB.
        @Test(arguments: steps)
        func handlesGrowNoMemory(step: (name: String, rounds: Int, count: Int)) async throws {
            let outcome = try await run(
                "Probe", ["grow", step.name, "\(step.rounds)", "\(step.count)"], limit: .seconds(120))
            #expect(outcome.status == 0, "\(outcome.complaints)")
            let sizes = outcome.output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
            try #require(sizes.count == step.rounds)
            // The first half warms up. Allocators give back when they like: what counts is the least of each part.
            let (half, most) = (sizes.count / 2, sizes.count * 3 / 4)
            let grown = sizes[most...].min()! - sizes[half..<most].min()!
            #expect(grown < 2000, "\(grown) KiB in a quarter of the rounds: \(sizes)")
        }
    #endif

    @Test func aNodeThatIsLetGoFreesItsPort() async throws {
        let address = place(try await Node.start(listening()).listenAddresses[0])
        try await untilFree(address)
    }

    @Test func aNodeThatIsLetGoAfterItWasUsedFreesItsPort() async throws {
        let kept = Kept<String>()
        try await with { bob in
            try await {
                let alice = try await Node.start(listening())
                kept.value = place(alice.listenAddresses[0])
                let events = alice.events()
                try await bob.connect(alice.listenAddresses[0])
                try await bob.send(alice.peerID, "chat", bytes("hi"))
                for try await message in alice.messages("chat") {
                    try await alice.send(message.peer, "chat", message.data)
                    break
                }
                _ = try await events.next()
            }()
            try await untilFree(kept.value!)
        }
    }

    @Test func aNodeWhoseMessagesAreReadStays() async throws {
        try await with(listening()) { alice in
            let inbox = try await {
                let bob = try await Node.start(configured())
                try await bob.connect(alice.listenAddresses[0])
                try await established(alice, bob.peerID)
                let inbox = bob.messages("chat").makeAsyncIterator()
                try inbox.take()
                return (inbox, bob.peerID)
            }()
            async let message = inbox.0.next()
            try await Task.sleep(for: .milliseconds(100))
            try await alice.send(inbox.1, "chat", bytes("hi"))
            #expect(text(try await message?.data) == "hi")
        }
    }

    private func untilFree(_ address: String) async throws {
        try await until {
            do {
                try await Node.start(Config(listen: [address])).close()
                return true
            } catch let error as GlueberryError {
                #expect(error.code == .addressInUse)
                return false
            }
        }
    }
}
