package io.github.blockberries.glueberry

import java.nio.file.Path
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

class ConfigTest {
    @Test
    fun `all settings together make a node`() = test {
        val node = start(
            Config(
                identity = Identity.generate(),
                listen = listOf(LOOPBACK),
                streams = mapOf("chat" to StreamConfig(), "files" to StreamConfig(10, 2048, 2048, 60, 10)),
                autoConnect = false,
                handshake = HandshakeMode.APP,
                security = Security.NOISE,
                reconnect = ReconnectConfig(10.milliseconds, 20.milliseconds, 1, 30.milliseconds),
                handshakeTimeout = 1.seconds,
                dialTimeout = 1.seconds,
                keepAlive = KeepAlive(15.seconds, 15.seconds),
                linger = Duration.ZERO,
                eventBuffer = 8,
                allow = listOf("127.0.0.0/8"),
                deny = listOf("192.0.2.7"),
                connectionLimits = ConnectionLimits(pending = 8, total = 64, perPeer = 2, perAddress = 32),
                workerThreads = 2,
            ),
        )
        assertEquals(1, node.listenAddresses.size)
    }

    @Test
    fun `each security is offered, and keep-alive can be off`() = test {
        Security.entries.forEach { start(Config(security = it, keepAlive = KeepAlive.OFF)) }
        start(Config(keepAlive = KeepAlive(interval = 5.seconds)))
    }

    @Test
    fun `a setting that cannot be is refused by its name`() = test {
        for ((config, code, name) in listOf(
            Triple(Config(workerThreads = 0), ErrorCode.INVALID_CONFIG, "workerThreads"),
            Triple(Config(dialTimeout = Duration.INFINITE), ErrorCode.INVALID_CONFIG, "dialTimeout"),
            Triple(Config(linger = (-1).seconds), ErrorCode.INVALID_CONFIG, "linger"),
            Triple(Config(reconnect = ReconnectConfig(Duration.ZERO)), ErrorCode.INVALID_CONFIG, "firstDelay"),
            Triple(
                Config(streams = mapOf("my_stream" to StreamConfig(highWatermark = 300))),
                ErrorCode.INVALID_CONFIG,
                "my_stream.highWatermark",
            ),
            Triple(
                Config(streams = mapOf("chat" to StreamConfig(sendBuffer = 1))),
                ErrorCode.INVALID_CONFIG,
                "sendBuffer",
            ),
            Triple(Config(keepAlive = KeepAlive(timeout = 1.milliseconds)), ErrorCode.INVALID_CONFIG, "timeout"),
            Triple(Config(listen = listOf("tcp")), ErrorCode.INVALID_ADDRESS, "tcp"),
            Triple(Config(streams = streamsOf("a b")), ErrorCode.INVALID_STREAM_NAME, ""),
            Triple(Config(deny = listOf("nobody")), ErrorCode.INVALID_PEER_ID, "nobody"),
            Triple(Config(addressBook = Path.of("/")), ErrorCode.ADDRESS_BOOK_UNREADABLE, ""),
        )) {
            val error = failure { start(config) }
            assertEquals(code, error.code, "$error")
            assertContains(error.message!!, name)
            if (code == ErrorCode.INVALID_CONFIG) assertEquals(false, "_ms" in error.message!!, "$error")
        }
    }

    @Test
    fun `a configuration does not change when what it was made of does`() {
        val listen = mutableListOf(LOOPBACK)
        val config = Config(listen = listen)
        listen.clear()
        assertEquals(listOf(LOOPBACK), config.listen)
    }
}
