/// The command's time is over.
struct TimedOut: Error {}

/// Makes a call that is cancelled when its time is over. What it has brought nevertheless counts.
func limited<Result: Sendable>(
    _ milliseconds: Int?, _ call: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    guard let milliseconds else { return try await call() }
    return try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask(operation: call)
        group.addTask {
            try? await Task.sleep(for: .milliseconds(milliseconds))
            return nil
        }
        defer { group.cancelAll() }
        if let result = try await group.next()! { return result }
        group.cancelAll()
        do {
            return try await group.next()!!
        } catch is CancellationError where !Task.isCancelled {
            throw TimedOut()
        }
    }
}
