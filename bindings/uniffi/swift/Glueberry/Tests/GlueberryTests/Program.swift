// Programs of their own: how they end and what they print.

import Foundation
import Testing

struct Outcome {
    let status: Int32
    let wasKilled: Bool
    let output: String
    let complaints: String
}

/// Runs a program: one that was built beside the tests, or in another folder.
func run(
    _ program: String, _ arguments: [String], in folder: URL = folderOfPrograms, at place: String? = nil,
    limit: Duration = patience
) async throws -> Outcome {
    let process = Process()
    process.executableURL = folder.appendingPathComponent(program)
    if let place { process.currentDirectoryURL = URL(fileURLWithPath: place) }
    process.arguments = arguments
    let (output, complaints) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = complaints
    process.standardInput = FileHandle.nullDevice
    let (told, complained) = (reading(output), reading(complaints))
    let ended = AsyncStream<Void> { stream in process.terminationHandler = { _ in stream.finish() } }
    try process.run()
    do {
        try await soon(limit) { for await _ in ended {} }
    } catch {
        kill(process.processIdentifier, SIGKILL)
        throw error
    }
    return Outcome(
        status: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
        output: await told.value, complaints: await complained.value)
}

private func reading(_ pipe: Pipe) -> Task<String, Never> {
    let file = pipe.fileHandleForReading
    return Task.detached { String(decoding: file.readDataToEndOfFile(), as: UTF8.self) }
}

/// Where the tests themselves are.
let folderOfPrograms: URL = {
    #if os(Linux)
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    #else
        let own = Bundle(for: Marker.self).bundleURL
    #endif
    return own.deletingLastPathComponent()
}()

private final class Marker {}
