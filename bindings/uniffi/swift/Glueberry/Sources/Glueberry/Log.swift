import Foundation
internal import GlueberryFFI

/// How grave a line of the log is.
public enum LogLevel: String, Sendable, CaseIterable {
    /// A fault of the library.
    case error
    /// Something that needs attention.
    case warn
    /// What a node does.
    case info
    /// How it does it.
    case debug
    /// Every step.
    case trace
}

/// A line of the log. Neither keys nor payload are ever in it.
public struct LogRecord: Sendable, Hashable {
    /// When.
    public let at: Date
    /// How grave.
    public let level: LogLevel
    /// The part of the library it comes from.
    public let target: String
    /// What it says.
    public let message: String
}

/// Hands the log of the library, of all nodes in this process, to a function; `nil` ends that. Without it
/// nothing is logged.
///
/// There is one function for a process: the last one counts. It is called on a thread of its own, one line at
/// a time. When it is slow lines are dropped, and a line says how many.
///
/// `nil` waits until the function has had the lines that were written by now, up to two seconds: do not call it
/// from inside of that function.
///
/// ```swift
/// try setLogger(level: .debug) { line in print(line.level, line.message) }
/// ```
///
/// - Throws: `GlueberryError`: `wrongState` if Rust code in this process collects the log already.
public func setLogger(level: LogLevel = .info, _ logger: (@Sendable (LogRecord) -> Void)?) throws {
    try call {
        if let logger {
            try startLog(level: level.rawValue, sink: Sink(logger: logger))
        } else {
            try stopLog(withinMs: patienceMilliseconds)
        }
    }
}

private final class Sink: LogSink {
    private let logger: @Sendable (LogRecord) -> Void

    init(logger: @escaping @Sendable (LogRecord) -> Void) {
        self.logger = logger
    }

    func take(line: LogLine) {
        let level = LogLevel(rawValue: line.level.lowercased()) ?? .error
        logger(LogRecord(at: Date(milliseconds: line.atMs), level: level, target: line.target, message: line.text))
    }
}

private let patienceMilliseconds: Int64 = 2000
