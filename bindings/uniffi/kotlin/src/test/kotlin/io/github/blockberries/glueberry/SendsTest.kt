package io.github.blockberries.glueberry

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield

class SendsTest {
    @Test
    fun `sends that are begun one after the other keep their order`() = test {
        val (alice, bob) = pair()
        val sends = List(4000) { number ->
            launch(start = CoroutineStart.UNDISPATCHED) { bob.send(alice.peerId, "chat", numbered(number, 256)) }
        }
        assertEquals((0..<4000).toList(), read(alice, 4000))
        sends.forEach { it.join() }
    }

    @Test
    fun `a peer that does not read makes a send wait, and nothing is lost`() = test {
        val (alice, bob) = narrow()
        val sent = fill(bob, alice)
        val waiting = launch { bob.send(alice.peerId, "chat", numbered(sent, LARGE)) }
        assertEquals(null, withTimeoutOrNull(100.milliseconds) { waiting.join() })
        assertEquals((0..sent).toList(), read(alice, sent + 1))
        waiting.join()
    }

    @Test
    fun `a send that is cancelled while it waits sends nothing, and those behind it go on`() = test {
        val (alice, bob) = narrow()
        val sent = fill(bob, alice)
        val cancelled = launch(start = CoroutineStart.UNDISPATCHED) {
            bob.send(alice.peerId, "chat", numbered(999_999, LARGE))
        }
        val behind = launch(start = CoroutineStart.UNDISPATCHED) {
            bob.send(alice.peerId, "chat", numbered(sent, LARGE))
        }
        cancelled.cancel()
        cancelled.join()
        assertEquals((0..sent).toList(), read(alice, sent + 1))
        behind.join()
    }

    @Test
    fun `a send of a cancelled coroutine sends nothing`() = test {
        val (alice, bob) = pair()
        val job = launch(start = CoroutineStart.UNDISPATCHED) {
            coroutineContext[Job]!!.cancel()
            runCatching { repeat(600) { bob.send(alice.peerId, "chat", numbered(1)) } }
            repeat(600) { runCatching { bob.send(alice.peerId, "chat", numbered(1)) } }
        }
        job.join()
        bob.send(alice.peerId, "chat", numbered(2))
        assertEquals(listOf(2), read(alice, 1))
    }

    @Test
    fun `the bytes may be changed as soon as a send has returned`() = test {
        val (alice, bob) = pair()
        val data = numbered(0)
        repeat(500) { number ->
            numbered(number).copyInto(data)
            bob.send(alice.peerId, "chat", data)
        }
        assertEquals((0..<500).toList(), read(alice, 500))
    }

    @Test
    fun `trySend says whether there was room`() = test {
        val (alice, bob) = narrow()
        val events = bob.events(kinds = setOf(EventKind.STREAM_PRESSURE))
        val sent = fill(bob, alice)
        assertFalse(bob.trySend(alice.peerId, "chat", numbered(sent)))
        assertEquals((0..<sent).toList(), read(alice, sent))
        while (events.await<Event.StreamPressure>().level != PressureLevel.LOW) continue
        assertTrue(bob.trySend(alice.peerId, "chat", numbered(sent)))
        bob.flush(alice.peerId, "chat")
        assertEquals(0, bob.streamHealth(alice.peerId, "chat").queuedBytes)
    }

    @Test
    fun `errors of sends come by their codes`() = test {
        val (alice, bob) = pair(ofBob = Config(streams = mapOf("chat" to StreamConfig(maxMessageSize = 100))))
        val stranger = Identity.generate().peerId
        assertEquals(ErrorCode.NOT_CONNECTED, codeOf { bob.send(stranger, "chat", ByteArray(1)) })
        assertEquals(ErrorCode.NOT_CONNECTED, codeOf { bob.flush(stranger, "chat") })
        assertEquals(ErrorCode.UNKNOWN_STREAM, codeOf { bob.send(alice.peerId, "chta", ByteArray(1)) })
        assertEquals(ErrorCode.MESSAGE_TOO_LARGE, codeOf { bob.send(alice.peerId, "chat", ByteArray(101)) })
        assertEquals(ErrorCode.MESSAGE_TOO_LARGE, codeOf { bob.trySend(alice.peerId, "chat", ByteArray(101)) })
    }

    @Test
    fun `a stream that the peer refuses is told`() = test {
        val (alice, bob) = pair(ofBob = Config(streams = streamsOf("chat", "other")))
        until("it is refused") {
            try {
                bob.send(alice.peerId, "other", ByteArray(1))
                bob.flush(alice.peerId, "other")
                false
            } catch (error: GlueberryException.Peer) {
                assertEquals(ErrorCode.STREAM_REFUSED, error.code)
                assertEquals(alice.peerId to "other", error.peer to error.stream)
                true
            }
        }
    }

    @Test
    fun `more calls than a node takes are refused, and the others come to their end`() = test {
        val (alice, bob) = narrow()
        val sent = fill(bob, alice)
        val outcomes = List(4200) { at ->
            async(start = CoroutineStart.UNDISPATCHED) {
                runCatching { bob.send(alice.peerId, "chat", numbered(sent + at)) }
            }
        }
        read(alice, sent + 4096)
        val refused = outcomes.awaitAll().mapNotNull { it.exceptionOrNull() }
        assertEquals(List(104) { ErrorCode.TOO_MANY_OPERATIONS }, refused.map { (it as GlueberryException).code })
    }

    @Test
    fun `shutting down ends the sends that wait`() = test {
        val config = narrowConfig(Duration.ZERO)
        val (alice, bob) = pair(config, config)
        val sent = fill(bob, alice)
        val waiting = async(start = CoroutineStart.UNDISPATCHED) {
            codeOf { bob.send(alice.peerId, "chat", numbered(sent, LARGE)) }
        }
        bob.shutdown()
        val ends = setOf(ErrorCode.NOT_CONNECTED, ErrorCode.NODE_CLOSED, ErrorCode.CONNECTION_LOST)
        assertTrue(waiting.await() in ends)
    }

    @Test
    fun `a loop that only sends lets others of its thread run`() = test {
        val (alice, bob) = pair()
        val reading = async { read(alice, 5000) }
        var turns = 0
        withContext(Dispatchers.Default.limitedParallelism(1)) {
            val turning = launch {
                while (true) {
                    turns++
                    yield()
                }
            }
            bob.sendAll(alice.peerId, "chat", 5000)
            turning.cancel()
        }
        assertTrue(turns > 3, "$turns")
        assertEquals((0..<5000).toList(), reading.await())
    }

    @Test
    fun `more peers and streams than are remembered go on working`() = test {
        val (alice, bob) = pair()
        bob.send(alice.peerId, "chat", numbered(0))
        repeat(5000) {
            assertEquals(ErrorCode.UNKNOWN_STREAM, codeOf { bob.send(alice.peerId, "none-$it", numbered(0)) })
        }
        bob.send(alice.peerId, "chat", numbered(1))
        assertEquals(listOf(0, 1), read(alice, 2))
    }

    @Test
    fun `coroutines without a dispatcher of their own wait as well`() = runBlocking<Unit> {
        Node.start(Config(listen = listOf(LOOPBACK), streams = TWO_STREAMS)).useAsync { alice ->
            Node.start(Config(streams = TWO_STREAMS)).useAsync { bob ->
                bob.connect(alice.address)
                bob.send(alice.peerId, "chat", numbered(5))
                assertEquals(5, alice.messages("chat").expect().number)
            }
        }
    }

    private suspend fun Nodes.narrow() = narrowConfig().let { pair(it, it) }

    /** A stream whose buffers hold next to nothing. */
    private fun narrowConfig(linger: Duration? = null) = Config(
        listen = listOf(LOOPBACK),
        streams = mapOf("chat" to StreamConfig(sendBuffer = 1024, receiveBuffer = 1024)),
        linger = linger,
    )

    /** Sends until there is no room any more, and none comes for a while; how many were sent. */
    private suspend fun fill(bob: Node, alice: Node): Int {
        var (sent, still) = 0 to 0
        while (still++ < 5) {
            while (bob.trySend(alice.peerId, "chat", numbered(sent, LARGE))) {
                sent++
                still = 0
                check(sent.toLong() * LARGE < FLOOD) { "there is always room" }
            }
            delay(100.milliseconds)
        }
        return sent
    }

    private suspend fun read(alice: Node, count: Int) =
        alice.messages("chat").take(count).toList().map { it.number }

    private companion object {
        /** Far more than loopback sockets and the multiplexer hold. */
        const val FLOOD = 64L * 1024 * 1024
        const val LARGE = 512 * 1024
    }
}
