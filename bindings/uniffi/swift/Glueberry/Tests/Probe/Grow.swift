import Foundation
import Glueberry

/// What is made and let go again and again.
enum Step: String {
    case identity, consumer, consumerOfAll, subscription, droppedSubscription, cancelledWait, failedCall, route
    case message, logger, node, droppedNode
}

/// Takes a step many times in each round, and prints how much memory there was after each, in KiB.
func grow(_ step: Step, rounds: Int, count: Int) async throws {
    let talk = try await Talk()
    var sizes: [Int] = []
    for round in 0..<rounds {
        for number in 0..<count { try await take(step, talk, number: round * count + number) }
        // What goes on in the background has an end, and the allocator gives back.
        try await Task.sleep(for: .milliseconds(100))
        sizes.append(try residentKiB())
    }
    print(sizes.map(String.init).joined(separator: " "))
    exit(0)
}

private func take(_ step: Step, _ talk: Talk, number: Int) async throws {
    switch step {
    case .identity: _ = try Identity.fromSeed(Data(repeating: 1, count: 32))
    case .consumer: try talk.alice.messages("chat").makeAsyncIterator().take()
    case .consumerOfAll:
        let all = talk.alice.allMessages().makeAsyncIterator()
        try all.take()
        all.close()
    case .subscription: talk.alice.events().close()
    case .droppedSubscription: _ = talk.alice.events()
    case .cancelledWait:
        let waiting = Task { for try await _ in talk.bob.messages("chat") {} }
        waiting.cancel()
        _ = await waiting.result
    case .failedCall: _ = try? await talk.bob.connect("nowhere")
    case .route: _ = try? await talk.bob.send(talk.alice.peerID, "none-\(number)", Data())
    case .message:
        try await talk.bob.send(talk.alice.peerID, "chat", Data(count: 100))
        for try await _ in talk.alice.messages("chat") { break }
    case .logger:
        try setLogger { _ in }
        try setLogger(nil)
    case .node:
        let node = try await Node.start(Config(workerThreads: 1))
        await node.close()
    case .droppedNode: _ = try await Node.start(Config(workerThreads: 1))
    }
}

private func residentKiB() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }!
    return Int(line.split(separator: " ").dropLast().last!)!
}
