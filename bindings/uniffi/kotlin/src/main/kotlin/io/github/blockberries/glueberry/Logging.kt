package io.github.blockberries.glueberry

import io.github.blockberries.glueberry.ffi.LogLine
import io.github.blockberries.glueberry.ffi.LogSink
import io.github.blockberries.glueberry.ffi.keepThreadsAttached
import io.github.blockberries.glueberry.ffi.startLog
import io.github.blockberries.glueberry.ffi.stopLog
import java.time.Instant

/** How grave a line of the log is. */
public enum class LogLevel {
    /** Something broke. */
    ERROR,

    /** Something is not as it should be. */
    WARN,

    /** What an operator wants to know. */
    INFO,

    /** What a developer wants to know. */
    DEBUG,

    /** Everything. */
    TRACE,
}

/**
 * A line of the log. Neither keys nor payload are ever in it.
 *
 * @property at when.
 * @property level how grave.
 * @property target the part of the library it comes from.
 * @property message what it says.
 */
public data class LogRecord(
    public val at: Instant,
    public val level: LogLevel,
    public val target: String,
    public val message: String,
)

/** Takes lines of the log. */
public fun interface LogListener {
    /** Takes one. */
    public fun onRecord(record: LogRecord)
}

/** The log of the library, of all nodes in this process. Without a listener nothing is logged. */
public object Logging {
    /** How long [stop] waits for a listener that is slow, in milliseconds. */
    private const val PATIENCE_MS = 1000L

    init {
        keepThreadsAttached()
    }

    /**
     * Hands lines of this level and graver to a listener, in the place of the one before. It is called
     * on a thread of its own, one line at a time; it does not keep the process alive. When it is slow
     * lines are dropped, and a line says how many. What it throws goes to the thread's handler of
     * uncaught exceptions; the next lines come all the same.
     */
    @JvmStatic
    @JvmOverloads
    public fun start(level: LogLevel = LogLevel.INFO, listener: LogListener): Unit =
        call { startLog(level.name.lowercase(), Sink(listener)) }

    /** Takes the listener back, once it has had the lines that were written by now, or after a second. */
    @JvmStatic
    public fun stop(): Unit = call { stopLog(PATIENCE_MS) }

    private class Sink(private val listener: LogListener) : LogSink {
        override fun take(line: LogLine) {
            try {
                val level = LogLevel.valueOf(line.level)
                listener.onRecord(LogRecord(Instant.ofEpochMilli(line.atMs), level, line.target, line.text))
            } catch (thrown: Throwable) {
                val thread = Thread.currentThread()
                thread.uncaughtExceptionHandler.uncaughtException(thread, thrown)
            }
        }
    }
}
