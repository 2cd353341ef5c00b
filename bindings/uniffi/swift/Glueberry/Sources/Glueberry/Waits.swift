internal import GlueberryFFI

/// Waits for a call of the native half. Cancelling the task gives it up.
func wait<Result: Sendable>(_ body: (Cancel) async throws -> Result) async throws -> Result {
    try Task.checkCancellation()
    let cancel = Cancel()
    do {
        return try await withTaskCancellationHandler {
            try await body(cancel)
        } onCancel: {
            cancel.cancel()
        }
    } catch {
        throw outcome(told(error))
    }
}

/// What was given up because the task was cancelled ends as everything does in such a task.
func outcome(_ error: any Error) -> any Error {
    guard let error = error as? GlueberryError, error.code == .cancelled, Task.isCancelled else { return error }
    return CancellationError()
}
