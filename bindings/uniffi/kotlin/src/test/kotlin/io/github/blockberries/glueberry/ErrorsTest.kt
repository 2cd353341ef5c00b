package io.github.blockberries.glueberry

import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNotNull
import kotlin.test.assertTrue

class ErrorsTest {
    @Test
    fun `every code makes an error of its class that knows what to do`() {
        for (code in ErrorCode.entries) {
            val error = GlueberryException.of(code, "something")
            assertEquals(code.errorClass.name, error.javaClass.simpleName.uppercase())
            assertEquals(code to code.retriable, error.code to error.retriable)
            assertTrue(error.hint.length > 20)
            assertEquals("GlueberryException: ${code.title}: something", "$error")
        }
    }

    @Test
    fun `an error says what happened, to whom, and what to do`() = test {
        val (alice, bob) = pair()
        val error = failure { bob.send(alice.peerId, "none", ByteArray(1)) }
        assertIs<GlueberryException.Usage>(error)
        assertEquals(ErrorCode.UNKNOWN_STREAM, error.code)
        assertEquals(alice.peerId to "none", error.peer to error.stream)
        assertContains(error.message!!, "no such stream")
        assertContains(error.message!!, error.detail)
    }

    @Test
    fun `an error has its causes`() {
        val error = failure { Identity.fromPem("hello") }
        assertContains(error.message!!, assertNotNull(error.cause).message!!)
    }

    @Test
    fun `a panic in a call is an error, and breaks only its node`() = test {
        val (alice, bob) = pair()
        assertEquals(ErrorCode.PANICKED, codeOf { call { bob.native.panic() } })
        assertIs<GlueberryException.Internal>(failure { bob.peers() })
        assertEquals(ErrorCode.PANICKED, codeOf { bob.send(alice.peerId, "chat", ByteArray(1)) })
        bob.shutdown()
        assertEquals(1, alice.listenAddresses.size)
    }

    @Test
    fun `a panic in a call that waits is an error`() = test {
        val node = start()
        assertEquals(ErrorCode.PANICKED, codeOf { call { node.native.panicLater() } })
        assertEquals(ErrorCode.PANICKED, codeOf { node.peers() })
        node.shutdown()
    }
}
