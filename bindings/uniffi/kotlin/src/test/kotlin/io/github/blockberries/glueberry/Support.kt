// What the tests share. Whatever waits has a deadline.

package io.github.blockberries.glueberry

import java.nio.ByteBuffer
import kotlin.test.fail
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout

/** More than anything here takes on a busy machine. */
val PATIENCE = 60.seconds

const val LOOPBACK = "/ip4/127.0.0.1/tcp/0"

val TWO_STREAMS = streamsOf("chat", "files")

/** A test that waits. Its nodes are shut down with it. */
fun test(body: suspend Nodes.() -> Unit): Unit = runBlocking(Dispatchers.Default) {
    withTimeout(PATIENCE) {
        coroutineScope {
            val nodes = Nodes(this)
            try {
                nodes.body()
            } finally {
                withContext(NonCancellable) { nodes.shutdown() }
            }
        }
    }
}

/** Makes nodes, and shuts them down. */
class Nodes(scope: CoroutineScope) : CoroutineScope by scope {
    private val started = mutableListOf<Node>()

    suspend fun start(config: Config = Config(streams = TWO_STREAMS)): Node = Node.start(config).also { started += it }

    suspend fun listening(): Node = start(Config(listen = listOf(LOOPBACK), streams = TWO_STREAMS))

    /** Two nodes that are established: `bob` dialed `alice`. */
    suspend fun pair(
        ofAlice: Config = Config(listen = listOf(LOOPBACK), streams = TWO_STREAMS),
        ofBob: Config = Config(streams = TWO_STREAMS),
    ): Pair<Node, Node> {
        val (alice, bob) = start(ofAlice) to start(ofBob)
        val events = alice.events(setOf(bob.peerId), setOf(EventKind.PEER_ESTABLISHED))
        bob.connect(alice.address)
        events.next()
        events.close()
        return alice to bob
    }

    suspend fun shutdown() = coroutineScope { started.forEach { launch { it.shutdown() } } }
}

val Node.address: String get() = listenAddresses.first()

/** The next event of a kind. */
suspend inline fun <reified Kind : Event> Events.await(): Kind {
    while (true) {
        val event = next() ?: fail("no ${Kind::class.simpleName} came")
        if (event is Kind) return event
    }
}

/** The next message, which has to come. */
suspend fun Messages.expect(): Message = next() ?: fail("the messages have ended")

val Message.text: String get() = data.decodeToString()

fun numbered(number: Int, size: Int = 8): ByteArray = ByteBuffer.allocate(size).putInt(0, number).array()

val Message.number: Int get() = ByteBuffer.wrap(data).getInt(0)

suspend fun Node.sendAll(peer: PeerId, stream: String, count: Int, from: Int = 0, size: Int = 8) =
    (from..<from + count).forEach { send(peer, stream, numbered(it, size)) }

/** The code that it fails with. */
inline fun codeOf(body: () -> Unit): ErrorCode =
    try {
        body()
        fail("it does not fail")
    } catch (error: GlueberryException) {
        error.code
    }

inline fun failure(body: () -> Unit): GlueberryException =
    try {
        body()
        fail("it does not fail")
    } catch (error: GlueberryException) {
        error
    }

/** Waits until something holds; for what no event tells. */
suspend fun until(what: String, condition: suspend () -> Boolean) =
    withTimeout(PATIENCE) {
        while (!condition()) delay(5.milliseconds)
        what
    }
