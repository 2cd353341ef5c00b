package conformance

import io.github.blockberries.glueberry.GlueberryException
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.withTimeout

/** The driver, or the runner, did something wrong. */
class Wrong(message: String) : Exception(message)

/** The driver does not know this command. */
class Lack(name: String) : Exception(name)

/** What stopped a call, with what had come of it before. */
class Stopped(override val cause: Throwable, val told: Members) : Exception(cause)

/** Makes a call with the deadline of its command. */
suspend fun <T> within(command: Command, call: suspend () -> T): T =
    command.longOrNull("within_ms")?.let { withTimeout(it.milliseconds) { call() } } ?: call()

/** What a call answers, whatever becomes of it. */
suspend fun answered(call: suspend () -> Members): Members =
    try {
        members("ok" to true) + call()
    } catch (stopped: Stopped) {
        failed(stopped.cause) + stopped.told
    } catch (thrown: Throwable) {
        failed(thrown)
    }

private fun failed(thrown: Throwable): Members = when (thrown) {
    is TimeoutCancellationException -> members("timed_out" to true)
    is CancellationException -> members("ok" to true, "cancelled" to true)
    is GlueberryException -> members("error" to told(thrown))
    is Lack -> members("lacks" to thrown.message)
    is Wrong -> members("fault" to thrown.message)
    else -> members("fault" to thrown.stackTraceToString())
}
