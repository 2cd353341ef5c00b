import Foundation
import Glueberry
import Testing

@Suite struct MessagesTests {
    @Test func messagesArriveWholeAndInOrderFromNoBytesTo1MiB() async throws {
        try await pair { alice, bob in
            let sizes = [0, 1, 63, 64, 65_535, 65_536, 262_144, 1 << 20, 0, 5]
            async let sending: Void = {
                for size in sizes {
                    try await bob.send(alice.peerID, "chat", Data(repeating: UInt8(size % 251), count: size))
                }
            }()
            let inbox = alice.messages("chat").makeAsyncIterator()
            for size in sizes {
                let message = try #require(try await inbox.next())
                #expect((message.peer, message.stream) == (bob.peerID, "chat"))
                #expect(message.data == Data(repeating: UInt8(size % 251), count: size))
                #expect(message.data.startIndex == 0)
            }
            try await sending
        }
    }

    @Test func aLoopGetsEverythingInOrder() async throws {
        try await pair { alice, bob in
            async let sending: Void = sendAll(bob, alice.peerID, "chat", 0..<5000)
            #expect(try await read(alice.messages("chat"), 5000) == Array(0..<5000))
            try await sending
        }
    }

    /// What is recorded is recorded inside of the task that is cancelled: a task may be cancelled while what it
    /// returns is on its way.
    @Test func aStormOfCancelledWaitsLosesNothing() async throws {
        try await pair { alice, bob in
            let (count, got) = (2000, Kept<[Int]>())
            got.value = []
            // A few messages for each wait that was cancelled: however fast they are, it is a storm.
            let (cancellations, cancelled) = AsyncStream.makeStream(of: Void.self)
            async let sending: Void = {
                var cancellation = cancellations.makeAsyncIterator()
                for number in 0..<count {
                    try await bob.send(alice.peerID, "chat", numbered(number))
                    if number.isMultiple(of: 3) { await Task.yield() }
                    if number.isMultiple(of: 20) { await cancellation.next() }
                }
            }()
            let inbox = alice.messages("chat").makeAsyncIterator()
            while got.value!.count < count {
                let waiting = Task {
                    while let message = try await inbox.next() {
                        got.value!.append(number(message.data))
                        if got.value!.count == count { return }
                    }
                }
                let stopping = Task {
                    try await Task.sleep(for: .microseconds(Int64.random(in: 0...1500)))
                    waiting.cancel()
                }
                do { try await waiting.value } catch is CancellationError { cancelled.yield() }
                stopping.cancel()
                _ = await stopping.result
            }
            #expect(got.value == Array(0..<count))
            try await sending
        }
    }

    @Test func aTaskThatIsCancelledAlreadyTakesNothing() async throws {
        try await pair { alice, bob in
            try await sendAll(bob, alice.peerID, "chat", 0..<3)
            let inbox = alice.messages("chat").makeAsyncIterator()
            #expect(number(try #require(try await inbox.next()).data) == 0)
            for _ in 0..<200 {
                let never = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return try await inbox.next()
                }
                await #expect(throws: CancellationError.self) { try await never.value }
            }
            #expect(number(try #require(try await inbox.next()).data) == 1)
        }
    }

    @Test func leavingALoopAndComingBackLosesNothing() async throws {
        try await pair { alice, bob in
            try await sendAll(bob, alice.peerID, "chat", 0..<1000)
            let messages = alice.messages("chat")
            var got = try await read(messages, 3)
            got += try await read(alice.messages("chat"), 300)
            got += try await read(messages, 5)
            got += try await read(messages, 692)
            #expect(got == Array(0..<1000))
        }
    }

    @Test func whatAConsumerLeftGoesToTheNextOneOfOneStreamOrOfAll() async throws {
        try await pair { alice, bob in
            for stream in ["chat", "files"] {
                try await sendAll(bob, alice.peerID, stream, 0..<100)
                try await bob.flush(alice.peerID, stream)
            }
            var got: [String: [Int]] = ["chat": [], "files": []]
            func some(_ messages: Messages, _ most: Int) async throws {
                var left = most
                for try await message in messages {
                    got[message.stream]!.append(number(message.data))
                    left -= 1
                    if left == 0 { break }
                }
            }
            try await some(alice.allMessages(), 20)
            try await some(alice.messages("chat"), 100 - got["chat"]!.count - 30)
            try await some(alice.messages("files"), 5)
            try await some(alice.allMessages(), 200 - got["chat"]!.count - got["files"]!.count)
            #expect(got == ["chat": Array(0..<100), "files": Array(0..<100)])
        }
    }

    @Test func aThrowInsideALoopLeavesItAsABreakDoesAndComesOut() async throws {
        struct Mine: Error {}
        try await pair { alice, bob in
            try await sendAll(bob, alice.peerID, "chat", 0..<10)
            await #expect(throws: Mine.self) { for try await _ in alice.messages("chat") { throw Mine() } }
            let inbox = alice.messages("chat").makeAsyncIterator()
            #expect(number(try #require(try await inbox.next()).data) == 1)
        }
    }

    @Test func aSecondConsumerIsRefused() async throws {
        try await with { node in
            let inbox = node.messages("chat").makeAsyncIterator()
            try inbox.take()
            await fails(.consumerTaken) { for try await _ in node.messages("chat") {} }
            await fails(.consumerTaken) { try node.allMessages().makeAsyncIterator().take() }
            try node.messages("files").makeAsyncIterator().take()
            inbox.close()
            let all = node.allMessages().makeAsyncIterator()
            try all.take()
            await fails(.consumerTaken) { try node.messages("chat").makeAsyncIterator().take() }
            all.close()
            try node.messages("chat").makeAsyncIterator().take()
            await fails(.invalidStreamName) { try node.messages("no such name").makeAsyncIterator().take() }
        }
    }

    @Test func twoWaitsOfOneConsumerAtOnceAreRefusedAndTheFirstGoesOn() async throws {
        try await pair { alice, bob in
            let inbox = alice.messages("chat").makeAsyncIterator()
            let first = Task { try await inbox.next() }
            try await until {
                // Before the first waits this one does; then it is cancelled, and takes nothing.
                let second = Task { try await inbox.next() }
                let stopping = Task {
                    try await Task.sleep(for: .milliseconds(50)); second.cancel()
                }
                defer { stopping.cancel() }
                do { _ = try await second.value } catch let error as GlueberryError {
                    return error.code == .consumerTaken
                } catch {}
                return false
            }
            try await bob.send(alice.peerID, "chat", bytes("hi"))
            #expect(text(try await first.value?.data) == "hi")
        }
    }

    @Test func closingAConsumerEndsAWaitOfIt() async throws {
        try await with { node in
            let inbox = node.messages("chat").makeAsyncIterator()
            try inbox.take()
            async let waiting = inbox.next()
            inbox.close()
            #expect(try await waiting == nil)
            #expect(try await inbox.next() == nil)
        }
    }

    @Test func closingTheNodeEndsALoopAfterWhatHadBeenReceived() async throws {
        try await pair { alice, bob in
            let (count, size) = (700, 1000)
            for number in 0..<count { try await bob.send(alice.peerID, "chat", numbered(number, size: size)) }
            // Frames add a little, so this many bytes are almost all of them.
            try await until { try alice.streamHealth(bob.peerID, "chat").unreadBytes >= count * size }
            var got: [Int] = []
            for try await message in alice.messages("chat") {
                got.append(number(message.data))
                if got.count == 1 { await alice.close() }
            }
            #expect(got == Array(0..<got.count))
            #expect(got.count > 600)
            await fails(.nodeClosed) { try alice.messages("chat").makeAsyncIterator().take() }
        }
    }

    @Test func messagesOfSeveralPeersSayWhoSentThem() async throws {
        try await pair { alice, bob in
            try await withNode(configured()) { carol in
                try await carol.connect(alice.listenAddresses[0])
                async let one: Void = sendAll(bob, alice.peerID, "chat", 0..<400)
                async let two: Void = sendAll(carol, alice.peerID, "chat", 0..<400)
                var got: [PeerID: [Int]] = [:]
                var count = 0
                for try await message in alice.messages("chat") {
                    got[message.peer, default: []].append(number(message.data))
                    count += 1
                    if count == 800 { break }
                }
                #expect(got == [bob.peerID: Array(0..<400), carol.peerID: Array(0..<400)])
                _ = try await (one, two)
            }
        }
    }

    @MainActor @Test func aLoopOnTheMainActorThatNeverWaitsLetsOthersRunThere() async throws {
        let (alice, bob) = (try await Node.start(listening()), try await Node.start(configured()))
        try await bob.connect(alice.listenAddresses[0])
        try await sendAll(bob, alice.peerID, "chat", 0..<5000)
        try await bob.flush(alice.peerID, "chat")
        let ticks = Kept<Int>()
        ticks.value = 0
        let ticking = Task { @MainActor in
            while !Task.isCancelled {
                ticks.value! += 1
                await Task.yield()
            }
        }
        var count = 0
        for try await _ in alice.messages("chat") {
            count += 1
            if count == 5000 { break }
        }
        ticking.cancel()
        #expect(ticks.value! > 0)
        await alice.close()
        await bob.close()
    }

    private func read(_ messages: Messages, _ count: Int) async throws -> [Int] {
        var got: [Int] = []
        for try await message in messages {
            got.append(number(message.data))
            if got.count == count { break }
        }
        return got
    }
}
