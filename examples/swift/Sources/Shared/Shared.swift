// What the examples share: how they print, complain, and end at the end of standard input or at SIGINT.

import Foundation
import Glueberry

/// How long a call may take before the example gives up.
private let patience = Duration.seconds(30)

/// A call was given up.
public struct TookTooLong: Error {}

/// Gives a call up when it takes too long.
public func soon<Result: Sendable>(_ call: @escaping @Sendable () async throws -> Result) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask(operation: call)
        group.addTask {
            try await Task.sleep(for: patience)
            throw TookTooLong()
        }
        defer { group.cancelAll() }
        return try await group.next()!
    }
}

/// Where a node listens. Say so once all is ready.
public func printAddresses(_ node: Node) {
    for address in node.listenAddresses { say("listening \(address)") }
}

/// At once, also into a pipe.
public func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
}

/// For what may fail without end: a peer that has left is no reason to stop.
public func complain(_ error: any Error) {
    let text = (error as? GlueberryError).map { "\($0.code.name): \($0.message)\n\($0.hint)" } ?? "\(error)"
    FileHandle.standardError.write(Data((text + "\n").utf8))
}

/// The lines of standard input; SIGINT ends them as well, from this call on.
public func lines() -> AsyncStream<String> {
    AsyncStream { stream in
        signal(SIGINT, SIG_IGN)
        // Held by the thread below, and used by nobody else.
        nonisolated(unsafe) let interrupt = DispatchSource.makeSignalSource(signal: SIGINT)
        interrupt.setEventHandler { stream.finish() }
        let isReady = DispatchSemaphore(value: 0)
        interrupt.setRegistrationHandler { isReady.signal() }
        interrupt.resume()
        isReady.wait()
        // Reading blocks: it has a thread of its own. Not `readLine`, which would keep the program from its end.
        let reading = Thread {
            readLines(from: .standardInput) { stream.yield($0) }
            stream.finish()
            withExtendedLifetime(interrupt) {}
        }
        reading.start()
    }
}

private func readLines(from file: FileHandle, _ take: (String) -> Void) {
    var held = Data()
    while true {
        let more = file.availableData
        if more.isEmpty { return }
        held += more
        while let end = held.firstIndex(of: UInt8(ascii: "\n")) {
            take(String(decoding: held[..<end], as: UTF8.self))
            held = Data(held[(end + 1)...])
        }
    }
}

/// Says how a program is used, and ends it.
public func misused(_ usage: String) -> Never {
    FileHandle.standardError.write(Data("usage: \(usage)\n".utf8))
    exit(2)
}

/// What fails is told, and ends the program.
public func attempt(_ body: () async throws -> Void) async {
    do {
        try await body()
    } catch {
        complain(error)
        exit(1)
    }
}
