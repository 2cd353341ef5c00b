import Foundation

extension Duration {
    /// Whole milliseconds, the next larger ones: a wait is never shorter than it was asked for.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflows else { return seconds < 0 ? .min : .max }
        let (rest, isPart) = attoseconds.quotientAndRemainder(dividingBy: attosecondsInAMillisecond)
        return whole.addingReportingOverflow(rest + (isPart > 0 ? 1 : 0)).partialValue
    }
}

extension Date {
    /// From milliseconds since 1970.
    init(milliseconds: Int64) {
        self.init(timeIntervalSince1970: TimeInterval(milliseconds) / 1000)
    }
}

private let attosecondsInAMillisecond: Int64 = 1_000_000_000_000_000
