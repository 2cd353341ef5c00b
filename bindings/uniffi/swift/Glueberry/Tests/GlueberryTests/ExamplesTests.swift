// The examples do what they say, with each other; and so does the code on the page.

import Foundation
import Glueberry
import Testing

@Suite(.serialized) struct ExamplesTests {
    @Test func theQuickStartRunsAndIsTheOneOnThePage() async throws {
        let outcome = try await run("QuickStart", [], in: examples)
        #expect((outcome.status, outcome.complaints) == (0, ""))
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.first?.hasPrefix("Anna listens at /ip4/127.0.0.1/tcp/") == true)
        #expect(lines.dropFirst() == ["Bruno is connected", "Anna reads: Hello Anna!", "Bruno reads: Hello Bruno!"])
        let program = try read("examples/swift/Sources/QuickStart/main.swift")
        #expect(try read("docs/swift.md").contains("```swift\n\(program)```"))
    }

    @Test func threePeopleTalkAndAreKnownAgainByTheirKeys() async throws {
        try await inFolder { folder in
            let (key, other) = (folder + "/anna.pem", folder + "/bruno.pem")
            let anna = try Program("Chat", [key, "Anna", loopback])
            let address = try await anna.address()
            let bruno = try Program("Chat", [other, "Bruno", loopback, address])
            let there = try await bruno.address()
            bruno.types("hello")
            #expect(try await anna.line() == "Bruno> hello")
            let carla = try Program("Chat", [folder + "/carla.pem", "Carla", loopback, address, there])
            _ = try await carla.address()
            carla.types("hello both")
            #expect(try await anna.line() == "Carla> hello both")
            #expect(try await bruno.line() == "Carla> hello both")
            anna.types("hello all")
            #expect(try await bruno.line() == "Anna> hello all")
            #expect(try await carla.line() == "Anna> hello all")
            for program in [carla, bruno, anna] { #expect(try await program.ends() == 0) }
            let again = try Program("Chat", [key, "Anna", loopback])
            #expect(try await again.address().split(separator: "/").last == address.split(separator: "/").last)
            #expect(try await again.isInterrupted() == 0)
        }
    }

    @Test func theClubLetsInWhoKnowsThePasswordAndNobodyElse() async throws {
        let club = try Program("AppHandshake", ["listen", loopback])
        let address = try await club.address()
        let guest = try await run("AppHandshake", ["dial", address, "glueberry"], in: examples)
        #expect((guest.status, guest.output, guest.complaints) == (0, "Good evening!\n", ""))
        let stranger = try await run("AppHandshake", ["dial", address, "strawberry"], in: examples)
        #expect((stranger.status, stranger.output, stranger.complaints) == (1, "", "not let in\n"))
        #expect(try await club.ends() == 0)
    }

    @Test func anExampleThatIsMisusedSaysHowItIsUsed() async throws {
        let outcome = try await run("Chat", [], in: examples)
        #expect(outcome.status == 2)
        #expect(outcome.complaints.hasPrefix("usage: Chat"))
        let wrong = try await run("AppHandshake", ["dial", "/ip4/127.0.0.1/tcp/1", "x"], in: examples)
        #expect(wrong.status == 1)
        #expect(wrong.complaints.hasPrefix("InvalidAddress: "))
    }

    @Test func theCodeOnThePageRuns() async throws {
        let count = try #require(Int(try await run("Docs", [], in: docs).output.dropLast()))
        #expect(count > 5)
        try await inFolder { folder in
            for number in 0..<count {
                let outcome = try await run("Docs", ["\(number)"], in: docs, at: folder)
                #expect(outcome.status == 0, "block \(number): \(outcome.complaints)")
                #expect(outcome.output.hasSuffix("the end\n"), "block \(number)")
            }
        }
    }

    private func read(_ path: String) throws -> String {
        try String(contentsOf: repository.appendingPathComponent(path), encoding: .utf8)
    }
}

private let examples = repository.appendingPathComponent("examples/swift/.build/debug")
private let docs = repository.appendingPathComponent("bindings/uniffi/swift/Glueberry/.build/docs/.build/debug")
private let repository = (0..<7).reduce(URL(fileURLWithPath: #filePath)) { path, _ in path.deletingLastPathComponent() }

/// A running example, its input, and what it says, a line at a time.
private final class Program: Sendable {
    private let process = Process()
    private let input = Pipe()
    private let lines: Lines
    private let ended: AsyncStream<Int32>

    init(_ name: String, _ arguments: [String]) throws {
        process.executableURL = examples.appendingPathComponent(name)
        process.arguments = arguments
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        lines = Lines(output.fileHandleForReading)
        let (ended, end) = AsyncStream.makeStream(of: Int32.self)
        self.ended = ended
        process.terminationHandler = { end.yield($0.terminationStatus) }
        try process.run()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    func line() async throws -> String { try await soon { try await self.lines.next() } }

    func address() async throws -> String {
        let line = try await line()
        #expect(line.wholeMatch(of: #/listening /ip4/127\.0\.0\.1/tcp/\d+/p2p/12D3\w+/#) != nil, "\(line)")
        return String(line.dropFirst("listening ".count))
    }

    func types(_ line: String) { input.fileHandleForWriting.write(Data((line + "\n").utf8)) }

    /// Its exit status, once its input ends.
    func ends() async throws -> Int32? {
        try input.fileHandleForWriting.close()
        return try await status()
    }

    func isInterrupted() async throws -> Int32? {
        process.interrupt()
        return try await status()
    }

    private func status() async throws -> Int32? {
        try await soon { await self.ended.first { _ in true } }
    }
}

/// The lines of a file, as they come.
private actor Lines {
    private let chunks: AsyncStream<Data>
    private var held = Data()

    init(_ file: FileHandle) {
        chunks = AsyncStream { stream in
            file.readabilityHandler = { file in
                let data = file.availableData
                if data.isEmpty {
                    file.readabilityHandler = nil
                    stream.finish()
                } else {
                    stream.yield(data)
                }
            }
        }
    }

    func next() async throws -> String {
        while true {
            if let end = held.firstIndex(of: UInt8(ascii: "\n")) {
                defer { held = Data(held[(end + 1)...]) }
                return String(decoding: held[..<end], as: UTF8.self)
            }
            guard let chunk = await chunks.first(where: { _ in true }) else { throw TooLate() }
            held += chunk
        }
    }
}
