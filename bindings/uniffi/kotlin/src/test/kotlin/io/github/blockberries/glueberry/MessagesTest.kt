package io.github.blockberries.glueberry

import java.util.Random
import kotlin.test.Test
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNull
import kotlin.test.assertSame
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.microseconds
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.ReceiveChannel
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield

class MessagesTest {
    @Test
    fun `messages arrive whole and in order, from no bytes to 1 MiB`() = test {
        val (alice, bob) = pair()
        val sizes = listOf(0, 1, 63, 64, 65_535, 65_536, 262_144, 1 shl 20, 0, 5)
        val sending = launch { sizes.forEach { bob.send(alice.peerId, "chat", pattern(it)) } }
        val inbox = alice.messages("chat").open()
        for (size in sizes) {
            val message = inbox.expect()
            assertEquals(bob.peerId to "chat", message.peer to message.stream)
            assertContentEquals(pattern(size), message.data)
        }
        sending.join()
    }

    @Test
    fun `a loop gets everything in order`() = test {
        val (alice, bob) = pair()
        launch { bob.sendAll(alice.peerId, "chat", 5000) }
        assertEquals((0..<5000).toList(), alice.messages("chat").take(5000).toList().map { it.number })
    }

    @Test
    fun `a storm of cancelled loops loses nothing`() = test {
        val (alice, bob) = pair()
        val cancelled = Channel<Unit>(Channel.UNLIMITED)
        val sending = launch { storm(bob, alice.peerId, cancelled) }
        val seed = System.nanoTime()
        val (random, got) = Random(seed) to ArrayList<Int>()
        while (got.size < STORM) {
            withTimeoutOrNull(random.nextInt(1500).microseconds) {
                alice.messages("chat").collect { got += it.number }
            }
            cancelled.send(Unit)
        }
        assertEquals((0..<STORM).toList(), got, "seed $seed")
        sending.join()
    }

    @Test
    fun `a storm of cancelled waits loses nothing, with the stream kept and not`() = test {
        val (alice, bob) = pair()
        val cancelled = Channel<Unit>(Channel.UNLIMITED)
        val sending = launch { storm(bob, alice.peerId, cancelled) }
        val seed = System.nanoTime()
        val (random, got) = Random(seed) to ArrayList<Int>()
        val inbox = alice.messages("chat")
        while (got.size < STORM) {
            if (random.nextInt(50) == 0) inbox.close()
            if (random.nextInt(50) == 0) inbox.open()
            withTimeoutOrNull(random.nextInt(1500).microseconds) { got += inbox.expect().number }
                ?: cancelled.send(Unit)
        }
        assertEquals((0..<STORM).toList(), got, "seed $seed")
        sending.join()
    }

    @Test
    fun `a storm of cancelled coroutines on other threads loses nothing`() = test {
        val (alice, bob) = pair()
        val cancelled = Channel<Unit>(Channel.UNLIMITED)
        val sending = launch { storm(bob, alice.peerId, cancelled) }
        val got = ArrayList<Int>()
        while (got.size < STORM) {
            val reading = launch { alice.messages("chat").collect { got += it.number } }
            repeat(got.size % 7) { yield() }
            reading.cancel()
            reading.join()
            cancelled.send(Unit)
        }
        assertEquals((0..<STORM).toList(), got)
        sending.join()
    }

    @Test
    fun `leaving a loop and coming back loses nothing`() = test {
        val (alice, bob) = pair()
        bob.sendAll(alice.peerId, "chat", 1000)
        val inbox = alice.messages("chat")
        val got = ArrayList<Int>()
        for (count in listOf(1, 3, 300, 5, 200, 491)) {
            inbox.take(count).collect { got += it.number }
        }
        assertEquals((0..<1000).toList(), got)
    }

    @Test
    fun `what a consumer left goes to the next one, of one stream or of all`() = test {
        val (alice, bob) = pair()
        for (stream in listOf("chat", "files")) {
            bob.sendAll(alice.peerId, stream, 100)
            bob.flush(alice.peerId, stream)
        }
        val got = mapOf("chat" to ArrayList<Int>(), "files" to ArrayList())
        suspend fun some(messages: Messages, count: Int) =
            messages.take(count).collect { got.getValue(it.stream) += it.number }
        some(alice.allMessages(), 20)
        some(alice.allMessages(), 7)
        some(alice.messages("chat"), 70 - got.getValue("chat").size)
        some(alice.messages("files"), 30)
        some(alice.allMessages(), 200 - got.values.sumOf { it.size })
        assertEquals(mapOf("chat" to (0..<100).toList(), "files" to (0..<100).toList()), got)
    }

    @Test
    fun `an exception inside a loop leaves it, and comes out`() = test {
        val (alice, bob) = pair()
        bob.sendAll(alice.peerId, "chat", 10)
        val mine = IllegalStateException("mine")
        val thrown = assertFailsWith<IllegalStateException> { alice.messages("chat").collect { throw mine } }
        assertSame(mine.message, thrown.message)
        assertEquals(1, alice.messages("chat").first().number)
    }

    @Test
    fun `a second consumer is refused`() = test {
        val node = start()
        val inbox = node.messages("chat").open()
        assertEquals(ErrorCode.CONSUMER_TAKEN, codeOf { node.messages("chat").open() })
        assertEquals(ErrorCode.CONSUMER_TAKEN, codeOf { node.messages("chat").collect { } })
        assertEquals(ErrorCode.CONSUMER_TAKEN, codeOf { node.allMessages().next() })
        val other = node.messages("files").open()
        listOf(inbox, other).forEach(Messages::close)
        val all = node.allMessages().open()
        assertEquals(ErrorCode.CONSUMER_TAKEN, codeOf { node.messages("chat").open() })
        all.close()
        node.messages("chat").open().close()
    }

    @Test
    fun `a loop has the stream only while it runs`() = test {
        val node = start()
        val inbox = node.messages("chat")
        val reading = launch(start = CoroutineStart.UNDISPATCHED) { inbox.collect { } }
        assertEquals(ErrorCode.CONSUMER_TAKEN, codeOf { node.messages("chat").open() })
        reading.cancel()
        reading.join()
        node.messages("chat").open().close()
    }

    @Test
    fun `two waits of one consumer at once are refused, and the first goes on`() = test {
        val (alice, bob) = pair()
        val inbox = alice.messages("chat").open()
        val first = async(start = CoroutineStart.UNDISPATCHED) { inbox.expect() }
        assertEquals(ErrorCode.CONSUMER_TAKEN, codeOf { inbox.next() })
        bob.send(alice.peerId, "chat", "hi".encodeToByteArray())
        assertEquals("hi", first.await().text)
    }

    @Test
    fun `closing a consumer ends a wait of it, and it may begin anew`() = test {
        val (alice, bob) = pair()
        val inbox = alice.messages("chat").open()
        val waiting = async(start = CoroutineStart.UNDISPATCHED) { inbox.next() }
        inbox.close()
        assertNull(waiting.await())
        bob.send(alice.peerId, "chat", "again".encodeToByteArray())
        assertEquals("again", inbox.expect().text)
    }

    @Test
    fun `shutting down ends a loop after what had been received`() = test {
        val (alice, bob) = pair()
        val (count, size) = 700 to 1000
        bob.sendAll(alice.peerId, "chat", count, size = size)
        // Frames add a little, so this many bytes are almost all of them.
        until("all came") { alice.streamHealth(bob.peerId, "chat").unreadBytes >= count * size }
        val inbox = alice.messages("chat").open()
        val got = arrayListOf(inbox.expect().number)
        alice.shutdown()
        inbox.collect { got += it.number }
        assertEquals(got.indices.toList(), got)
        assertTrue(got.size > 600, "only ${got.size} came")
    }

    @Test
    fun `a node can be shut down inside of its own loop`() = test {
        val (alice, bob) = pair()
        bob.sendAll(alice.peerId, "chat", 20)
        var count = 0
        withTimeout(PATIENCE) { alice.messages("chat").collect { if (++count == 3) alice.shutdown() } }
        assertTrue(count >= 3)
        assertEquals(ErrorCode.NODE_CLOSED, codeOf { alice.messages("chat").open() })
    }

    @Test
    fun `messages of several peers say who sent them`() = test {
        val (alice, bob) = pair()
        val carol = start()
        carol.connect(alice.address)
        listOf(bob, carol).forEach { launch { it.sendAll(alice.peerId, "chat", 400) } }
        val got = alice.messages("chat").take(800).toList().groupBy({ it.peer }, { it.number })
        assertEquals(mapOf(bob.peerId to (0..<400).toList(), carol.peerId to (0..<400).toList()), got)
    }

    @Test
    fun `readers of several streams run side by side`() = test {
        val (alice, bob) = pair()
        TWO_STREAMS.keys.forEach { launch { bob.sendAll(alice.peerId, it, 1000) } }
        val reading = TWO_STREAMS.keys.map { async { alice.messages(it).take(1000).toList().map { it.number } } }
        assertEquals(List(2) { (0..<1000).toList() }, reading.awaitAll())
    }

    @Test
    fun `a message that is printed does not say what it says`() = test {
        val (alice, bob) = pair()
        bob.send(alice.peerId, "chat", "secret".encodeToByteArray())
        val message = alice.messages("chat").first()
        assertEquals("Message(peer=${bob.peerId}, stream=chat, 6 bytes)", "$message")
    }

    @Test
    fun `a name that no stream can have is refused`() = test {
        assertEquals(ErrorCode.INVALID_STREAM_NAME, codeOf { start().messages("no such name").open() })
    }

    private fun pattern(size: Int) = ByteArray(size) { at -> (at % 251).toByte() }

    /** A few messages for each wait that was cancelled: however fast they are, it is a storm. */
    private suspend fun storm(node: Node, peer: PeerId, cancelled: ReceiveChannel<Unit>) {
        for (burst in (0..<STORM).chunked(BURST)) {
            cancelled.receive()
            for (number in burst) {
                node.send(peer, "chat", numbered(number))
                if (number % 3 == 0) yield()
            }
        }
    }

    private companion object {
        const val STORM = 2000
        const val BURST = 20
    }
}
