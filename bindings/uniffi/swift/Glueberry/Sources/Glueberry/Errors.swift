import Foundation
internal import GlueberryFFI

/// Every failure of the library. A task that is cancelled gets Swift's own `CancellationError` instead.
///
/// ```swift
/// do {
///     try await node.connect(address)
/// } catch let error as GlueberryError where error.isRetriable {
///     print(error.code, error.hint)
/// }
/// ```
public struct GlueberryError: Error, Sendable, Hashable {
    /// Which error this is: the same in every language.
    public let code: ErrorCode
    /// All that is known of this case, in one line.
    public let message: String
    /// The peer it is about.
    public let peer: PeerID?
    /// The stream it is about.
    public let stream: String?
    /// What lies behind it, the nearest first.
    public let reasons: [String]

    /// An error of your own, in tests for example.
    public init(
        _ code: ErrorCode, _ message: String, peer: PeerID? = nil, stream: String? = nil, reasons: [String] = []
    ) {
        self.code = code
        self.message = message
        self.peer = peer
        self.stream = stream
        self.reasons = reasons
    }

    /// The number of the code: the same in every language.
    public var number: Int { code.rawValue }
    /// Where the remedy lies.
    public var errorClass: ErrorClass { code.errorClass }
    /// Whether the same call may succeed later without any change.
    public var isRetriable: Bool { code.isRetriable }
    /// What to do about it.
    public var hint: String { code.hint }
}

extension GlueberryError: CustomStringConvertible {
    /// Its name, what happened, and what to do about it.
    public var description: String { "\(code.name): \(message) (\(hint))" }
}

extension GlueberryError: LocalizedError {
    /// What happened, in English.
    public var errorDescription: String? { message }
    /// What lies behind it.
    public var failureReason: String? { reasons.first }
    /// What to do about it.
    public var recoverySuggestion: String? { hint }
}

/// Calls the native half. What it throws becomes an error of ours.
func call<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch { throw told(error) }
}

/// What the native half threw. Anything else stays what it is.
func told(_ error: any Error) -> any Error {
    guard let fault = error as? Fault else {
        // The scaffolding has caught a panic, or does not understand the library.
        return isOurs(error) ? error : GlueberryError(.panicked, String(describing: error))
    }
    guard case .Told(let number, let text, _, let peer, let stream, let reasons) = fault else {
        return GlueberryError(.internal, String(describing: fault))
    }
    let code = ErrorCode(rawValue: Int(number)) ?? .internal
    return GlueberryError(code, text, peer: peer.map(PeerID.init(checked:)), stream: stream, reasons: reasons)
}

private func isOurs(_ error: any Error) -> Bool {
    error is GlueberryError || error is CancellationError
}
