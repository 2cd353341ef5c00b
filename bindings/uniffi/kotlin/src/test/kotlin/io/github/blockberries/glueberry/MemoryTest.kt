package io.github.blockberries.glueberry

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import org.junit.jupiter.api.condition.EnabledOnOs
import org.junit.jupiter.api.condition.OS

/** What is let go is freed: handles by the thousand, and nodes that nobody shuts down. */
@EnabledOnOs(OS.LINUX)
class MemoryTest {
    @Test
    fun `identities grow no memory`() = steady("identity")

    @Test
    fun `consumers that are closed grow no memory`() = steady("consumer")

    @Test
    fun `waits that are cancelled grow no memory`() = steady("wait")

    @Test
    fun `subscriptions that are closed grow no memory`() = steady("subscription")

    @Test
    fun `subscriptions that are dropped grow no memory`() = steady("dropped")

    @Test
    fun `routes grow no memory`() = steady("route")

    @Test
    fun `calls that fail grow no memory`() = steady("failure")

    @Test
    fun `nodes that are shut down grow no memory`() = steady("node", 25, most = 4 * MOST_KIB)

    @Test
    fun `a node that is collected frees its port`() = said("free\n", "collected")

    @Test
    fun `a node whose messages are read is not collected`() = said("hi\n", "read")

    @Test
    fun `a consumer that nobody holds any more gives the stream back`() = said("free\n", "held")

    private fun said(output: String, what: String) {
        val outcome = runProgram(PROGRAM, what)
        assertEquals(0 to output, outcome.status to outcome.output, outcome.errors)
    }

    /** Half of the rounds warm up. Allocators give back when they like: what counts is the least of each part. */
    private fun steady(step: String, count: Int = 500, most: Int = MOST_KIB) {
        val outcome = runProgram(PROGRAM, step, "$ROUNDS", "$count", flags = QUIET)
        assertEquals(0, outcome.status, outcome.errors)
        val sizes = outcome.output.trim().split(' ').map { it.toInt() }
        val (early, late) = sizes.drop(ROUNDS / 2).chunked(ROUNDS / 4)
        val grown = late.min() - early.min()
        assertTrue(grown < most, "$grown KiB in the last rounds: $sizes")
    }

    private companion object {
        const val PROGRAM = "io.github.blockberries.glueberry.MemoryKt"

        const val ROUNDS = 20

        /** A Java that does not grow by itself: its heap is there at once, and it compiles little. */
        val QUIET = listOf("-Xmx48m", "-Xms48m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")

        /** What 10,000 leaked objects of 200 bytes are. */
        const val MOST_KIB = 2000
    }
}
