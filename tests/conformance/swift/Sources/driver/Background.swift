import Foundation

/// Calls that go on while other commands are obeyed.
actor Background {
    private var begun: [String: Task<Answer, Never>] = [:]
    private let executor = SettlingExecutor()

    /// When this returns the call has been made, and waits or is over.
    func begin(_ tag: String, _ call: @escaping @Sendable () async throws -> Answer) {
        begun[tag] = Task(executorPreference: executor) { await answered(call) }
        executor.settle()
    }

    /// What a call answers; when the time is over it goes on.
    func wait(_ command: JSON) async throws -> Answer {
        let tag = try command.needed("tag").asText()
        let task = try find(tag)
        let answer = try await limited(command["within_ms"]?.number) {
            // Waiting for a task cannot be cancelled, but its end can be told to whoever still listens.
            let (ends, end) = AsyncStream.makeStream(of: Answer.self)
            Task { _ = end.yield(await task.value) }
            for await answer in ends { return answer }
            throw CancellationError()
        }
        begun[tag] = nil
        return answer
    }

    func cancel(_ tag: String) async throws -> Answer {
        let task = try find(tag)
        begun[tag] = nil
        task.cancel()
        return await task.value
    }

    private func find(_ tag: String) throws -> Task<Answer, Never> {
        guard let task = begun[tag] else { throw Fault(complaint: "no call was begun as \(tag)") }
        return task
    }
}

/// Runs tasks one after the other, each up to its next wait, and tells when none has anything to do.
private final class SettlingExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "calls in the background")
    private let pending = Pending()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        pending.add(1)
        queue.async {
            job.runSynchronously(on: self.asUnownedTaskExecutor())
            self.pending.add(-1)
        }
    }

    func settle() {
        repeat { queue.sync {} } while pending.count > 0
    }
}

private final class Pending: @unchecked Sendable {
    private let lock = NSLock()
    private var jobs = 0

    var count: Int { lock.withLock { jobs } }
    func add(_ more: Int) { lock.withLock { jobs += more } }
}
