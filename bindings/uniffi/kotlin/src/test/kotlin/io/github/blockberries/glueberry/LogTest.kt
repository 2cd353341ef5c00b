package io.github.blockberries.glueberry

import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.atomic.AtomicInteger
import kotlin.test.AfterTest
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class LogTest {
    @AfterTest
    fun end() = Logging.stop()

    @Test
    fun `a listener gets lines with their time, level and target, and no payload`() = test {
        val lines = ConcurrentLinkedQueue<LogRecord>()
        Logging.start(LogLevel.DEBUG) { lines += it }
        talk()
        until("a line comes") { lines.any { it.target.startsWith("glueberry") } }
        Logging.stop()
        assertTrue(lines.none { "payload" in it.message || it.level == LogLevel.TRACE })
    }

    @Test
    fun `a listener that is taken back gets nothing more`() = test {
        val count = AtomicInteger()
        Logging.start(LogLevel.TRACE) { count.incrementAndGet() }
        talk()
        Logging.stop()
        val before = count.get()
        talk()
        assertEquals(before, count.get())
        assertTrue(before > 0)
    }

    @Test
    fun `the last listener counts`() = test {
        val (one, two) = AtomicInteger() to AtomicInteger()
        Logging.start(LogLevel.DEBUG) { one.incrementAndGet() }
        Logging.start(LogLevel.DEBUG) { two.incrementAndGet() }
        talk()
        until("a line comes") { two.get() > 0 }
        assertEquals(0, one.get())
    }

    @Test
    fun `what a listener throws is an uncaught exception, and the next lines come`() = test {
        val (count, caught) = AtomicInteger() to ConcurrentLinkedQueue<String>()
        val before = Thread.getDefaultUncaughtExceptionHandler()
        Thread.setDefaultUncaughtExceptionHandler { _, thrown -> caught += thrown.message.orEmpty() }
        try {
            Logging.start(LogLevel.DEBUG) {
                count.incrementAndGet()
                error("mine")
            }
            talk()
            until("more than one line comes") { count.get() > 1 }
            Logging.stop()
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before)
        }
        assertEquals(setOf("mine"), caught.toSet())
    }

    private suspend fun Nodes.talk() {
        val (alice, bob) = pair()
        bob.send(alice.peerId, "chat", "payload".encodeToByteArray())
        alice.messages("chat").expect()
        bob.shutdown()
        alice.shutdown()
    }
}
