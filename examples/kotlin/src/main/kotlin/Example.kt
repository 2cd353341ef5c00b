// What the examples share: how they print, complain, and end at the end of standard input.

import io.github.blockberries.glueberry.GlueberryException
import io.github.blockberries.glueberry.Message
import io.github.blockberries.glueberry.Node
import kotlin.system.exitProcess
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.asFlow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.withTimeout

/** How long a call may take before the example gives up. */
suspend fun <T> patiently(call: suspend () -> T): T = withTimeout(30.seconds) { call() }

val Message.text: String get() = data.decodeToString()

/** Where a node listens. Say so once all is ready. */
fun printAddresses(node: Node) = node.listenAddresses.forEach { println("listening $it") }

/** For what may fail without end: a peer that has left is no reason to stop. */
suspend fun complaining(call: suspend () -> Unit) =
    try {
        patiently(call)
    } catch (error: GlueberryException) {
        complain(error)
    } catch (error: TimeoutCancellationException) {
        System.err.println("it takes too long")
    }

fun complain(error: GlueberryException) = System.err.println("${error.code.title}: ${error.message}\n${error.hint}")

/** The lines of standard input. Reading blocks, so it has a thread for that. */
fun lines(): Flow<String> = generateSequence(::readlnOrNull).asFlow().flowOn(Dispatchers.IO)

/** Says how a program is used, and ends it. */
fun misused(usage: String): Nothing {
    System.err.println("usage: $usage")
    exitProcess(2)
}

/** What fails is told, and ends the program. */
suspend fun attempt(body: suspend () -> Unit) {
    try {
        body()
    } catch (error: GlueberryException) {
        complain(error)
        exitProcess(1)
    }
}
