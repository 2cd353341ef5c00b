package io.github.blockberries.glueberry

import java.net.InetAddress
import java.net.ServerSocket
import java.nio.file.Path
import java.time.Instant
import kotlin.io.path.readText
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import org.junit.jupiter.api.io.TempDir

class CallsTest {
    @Test
    fun `a node listens where it is told, then and later`() = test {
        val node = listening()
        assertTrue(node.address.endsWith("/p2p/${node.peerId}"))
        val bound = node.listen(LOOPBACK)
        assertEquals(bound, node.listenAddresses.drop(1))
        assertEquals(ErrorCode.INVALID_ADDRESS, codeOf { node.listen("tcp/9000") })
        assertEquals(ErrorCode.ADDRESS_IN_USE, codeOf { node.listen(bound[0].substringBefore("/p2p/")) })
        assertEquals(ErrorCode.LISTEN_FAILED, codeOf { node.listen("/ip4/192.0.2.1/tcp/0") })
    }

    @Test
    fun `connecting yields the peer, again and by its id alone`() = test {
        val (alice, bob) = pair()
        assertEquals(alice.peerId, bob.connect(alice.address))
        assertEquals(alice.peerId, bob.connect(alice.peerId))
        assertEquals(State.ESTABLISHED, bob.connectionState(alice.peerId))
    }

    @Test
    fun `a connect that cannot be fails by its code`() = test {
        val (alice, node) = listening() to start()
        val other = alice.address.replace("${alice.peerId}", "${Identity.generate().peerId}")
        for ((place, code) in listOf(
            nowhere() to ErrorCode.UNREACHABLE,
            "/ip4/127.0.0.1/tcp/1" to ErrorCode.INVALID_ADDRESS,
            "hello" to ErrorCode.INVALID_ADDRESS,
            "${Identity.generate().peerId}" to ErrorCode.UNKNOWN_PEER,
            "${node.peerId}" to ErrorCode.DIALED_SELF,
            other to ErrorCode.WRONG_PEER,
        )) {
            assertEquals(code, codeOf { node.connect(place) }, place)
        }
    }

    @Test
    fun `a connect that is cancelled is over, and a later one gets through`() = test {
        val (alice, node) = listening() to start()
        val connecting = async(start = CoroutineStart.UNDISPATCHED) { node.connect(alice.address) }
        connecting.cancel()
        assertFailsWith<CancellationException> { connecting.await() }
        assertEquals(alice.peerId, node.connect(alice.address))
    }

    @Test
    fun `a deadline is withTimeout`() = test {
        val node = start()
        // It takes connections, and never says a word.
        ServerSocket(0, 1, InetAddress.getLoopbackAddress()).use { silent ->
            val place = "/ip4/127.0.0.1/tcp/${silent.localPort}/p2p/${Identity.generate().peerId}"
            assertNull(withTimeoutOrNull(50.milliseconds) { node.connect(place) })
        }
    }

    @Test
    fun `a wait for a peer ends when it is established, and fails when none is sought`() = test {
        val (alice, bob) = pair()
        bob.waitEstablished(alice.peerId)
        assertEquals(ErrorCode.NOT_CONNECTED, codeOf { bob.waitEstablished(Identity.generate().peerId) })
    }

    @Test
    fun `disconnecting ends a session, and it can be begun anew`() = test {
        val (alice, bob) = pair()
        val events = alice.events()
        bob.disconnect(alice.peerId)
        assertEquals(State.DISCONNECTED, bob.connectionState(alice.peerId))
        assertEquals(bob.peerId, events.await<Event.PeerDisconnected>().peer)
        bob.disconnect(alice.peerId)
        bob.connect(alice.peerId)
        events.await<Event.PeerEstablished>()
    }

    @Test
    fun `a lost peer is sought until that is cancelled`() = test {
        val (alice, bob) = pair(ofBob = Config(streams = TWO_STREAMS, reconnect = QUICK))
        val events = bob.events()
        alice.shutdown()
        val told = events.await<Event.PeerReconnecting>()
        assertTrue(told.attempt >= 1 && told.delay in 0.milliseconds..5.milliseconds)
        until("the attempts end") {
            bob.cancelReconnection(alice.peerId)
            bob.connectionState(alice.peerId) == State.DISCONNECTED
        }
    }

    @Test
    fun `a peer comes back after it was away`() = test {
        val identity = Identity.generate()
        val first = start(Config(identity, listOf(LOOPBACK), TWO_STREAMS))
        val bob = start(Config(streams = TWO_STREAMS, reconnect = QUICK))
        bob.connect(first.address)
        val place = first.address.substringBefore("/p2p/")
        first.shutdown()
        val again = start(Config(identity, listOf(place), TWO_STREAMS))
        until("it is back") { runCatching { bob.waitEstablished(again.peerId) }.isSuccess }
        bob.send(again.peerId, "chat", "back".encodeToByteArray())
        assertEquals("back", again.messages("chat").expect().text)
    }

    @Test
    fun `a program can shake hands itself`() = test {
        val (alice, bob) = shaking()
        val (door, answers) = alice.messages("handshake") to bob.messages("handshake")
        bob.send(alice.peerId, "handshake", "password".encodeToByteArray())
        assertEquals("password", door.expect().text)
        alice.prepareStreams(bob.peerId, listOf("chat"))
        alice.send(bob.peerId, "handshake", "welcome".encodeToByteArray())
        alice.finalizeHandshake(bob.peerId)
        assertEquals("welcome", answers.expect().text)
        bob.completeHandshake(alice.peerId, setOf("chat"))
        bob.send(alice.peerId, "chat", "hi".encodeToByteArray())
        assertEquals("hi", alice.messages("chat").expect().text)
    }

    @Test
    fun `a handshake in the wrong order fails by its code`() = test {
        val (alice, bob) = shaking()
        val stranger = Identity.generate().peerId
        assertEquals(ErrorCode.NOT_CONNECTED, codeOf { bob.send(alice.peerId, "chat", ByteArray(1)) })
        assertEquals(ErrorCode.NOT_CONNECTED, codeOf { bob.prepareStreams(stranger, listOf("chat")) })
        assertEquals(ErrorCode.INVALID_STREAM_NAME, codeOf { bob.prepareStreams(alice.peerId, listOf("a b")) })
        bob.completeHandshake(alice.peerId, listOf("chat"))
        assertEquals(ErrorCode.WRONG_STATE, codeOf { bob.finalizeHandshake(alice.peerId) })
    }

    private suspend fun Nodes.shaking(): Pair<Node, Node> {
        val alice = start(Config(listen = listOf(LOOPBACK), handshake = HandshakeMode.APP))
        val bob = start(Config(handshake = HandshakeMode.APP))
        val events = alice.events()
        bob.connect(alice.address)
        events.await<Event.PeerConnected>()
        return alice to bob
    }

    @Test
    fun `what is known of peers is told`() = test {
        val (alice, bob) = pair()
        until("it was seen") { bob.peer(alice.peerId)?.lastSeen != null }
        val known = assertNotNull(bob.peer(alice.peerId))
        assertEquals(listOf(known), bob.peers())
        assertEquals(alice.peerId to State.ESTABLISHED, known.peer to known.state)
        assertEquals(Direction.OUTBOUND to 1, known.direction to known.connections)
        assertEquals(alice.listenAddresses, known.addresses)
        assertEquals(false to emptyMap(), known.persistent to known.metadata)
        assertTrue(known.lastSeen!! <= Instant.now())
        assertNull(known.banned)
        assertEquals(alice.listenAddresses, bob.addresses(alice.peerId))
        val stranger = Identity.generate().peerId
        assertNull(bob.peer(stranger))
        assertEquals(emptyList(), bob.addresses(stranger))
        assertEquals(State.DISCONNECTED, bob.connectionState(stranger))
    }

    @Test
    fun `peers are remembered in the address book, and forgotten`(@TempDir folder: Path) = test {
        val book = folder.resolve("peers.json")
        val address = nowhere()
        val peer = PeerId.parse(address.substringAfterLast('/'))
        val node = start(Config(addressBook = book))
        val metadata = mapOf("name" to "the neighbour")
        assertEquals(peer, node.addPeer(listOf(address, "/ip4/192.0.2.7/tcp/9"), metadata = metadata))
        assertEquals(metadata, node.peer(peer)?.metadata)
        assertEquals(2, node.addresses(peer).size)
        assertContains(book.readText(), "$peer")
        assertEquals(ErrorCode.ADDRESS_BOOK_LOCKED, codeOf { start(Config(addressBook = book)) })
        node.shutdown()
        val again = start(Config(addressBook = book, autoConnect = false))
        assertEquals(false, again.peer(peer)?.persistent)
        again.dialKnownPeers()
        again.removePeer(peer)
        assertNull(again.peer(peer))
    }

    @Test
    fun `a peer that cannot be remembered is refused by its code`() = test {
        val node = start()
        assertEquals(ErrorCode.INVALID_ARGUMENT, codeOf { node.addPeer(emptyList()) })
        assertEquals(ErrorCode.INVALID_ADDRESS, codeOf { node.addPeer(listOf("/ip4/192.0.2.7/tcp/9")) })
        assertEquals(ErrorCode.DIALED_SELF, codeOf { node.addPeer(listOf("/ip4/192.0.2.7/tcp/9/p2p/${node.peerId}")) })
        val large = mapOf("note" to "x".repeat(5000))
        assertEquals(ErrorCode.METADATA_TOO_LARGE, codeOf { node.addPeer(listOf(nowhere()), metadata = large) })
    }

    @Test
    fun `a persistent peer is dialed at once`() = test {
        val (alice, bob) = listening() to start()
        val events = bob.events()
        bob.addPeer(alice.listenAddresses, persistent = true)
        assertEquals(alice.peerId, events.await<Event.PeerEstablished>().peer)
        assertEquals(true, bob.peer(alice.peerId)?.persistent)
    }

    @Test
    fun `a ban ends a session, keeps the peer out, and is lifted`() = test {
        val (alice, bob) = pair()
        val events = alice.events()
        alice.ban(bob.peerId, 1.hours)
        assertEquals(DisconnectReason.BANNED, events.await<Event.PeerDisconnected>().reason)
        alice.ban("192.0.2.0/24")
        val bans = alice.bans().associate { it.target to it.until }
        assertTrue(bans.getValue("${bob.peerId}")!! > Instant.now())
        assertTrue("192.0.2.0/24" in bans && bans["192.0.2.0/24"] == null)
        assertEquals(ErrorCode.BANNED, codeOf { alice.connect("/ip4/127.0.0.1/tcp/1/p2p/${bob.peerId}") })
        assertTrue(alice.unban(bob.peerId))
        assertFalse(alice.unban(bob.peerId))
        assertTrue(alice.unban("192.0.2.0/24"))
        assertEquals(ErrorCode.INVALID_PEER_ID, codeOf { alice.ban("nobody") })
        assertEquals(ErrorCode.INVALID_ARGUMENT, codeOf { alice.ban("192.0.2.7", (-1).hours) })
    }

    @Test
    fun `the health of streams is told`() = test {
        val (alice, bob) = pair()
        bob.send(alice.peerId, "chat", "hi".encodeToByteArray())
        bob.flush(alice.peerId, "chat")
        until("it is there") { alice.streamHealth(bob.peerId, "chat").unreadBytes > 0 }
        val idle = StreamHealth("chat", StreamState.OPEN, null, 0, 0, 0, PressureLevel.LOW, PressureLevel.LOW)
        assertEquals(idle, bob.streamHealth(alice.peerId, "chat"))
        val states = bob.streams(alice.peerId).map { it.stream to it.state }
        assertEquals(listOf("chat" to StreamState.OPEN, "files" to StreamState.IDLE), states)
        assertEquals(ErrorCode.UNKNOWN_STREAM, codeOf { bob.streamHealth(alice.peerId, "none") })
        val stranger = Identity.generate().peerId
        assertEquals(ErrorCode.NOT_CONNECTED, codeOf { bob.streamHealth(stranger, "chat") })
        assertEquals(emptyList(), bob.streams(stranger))
    }

    @Test
    fun `shutting down twice is shutting down once, and every call fails afterwards`() = test {
        val (alice, bob) = pair()
        launch { bob.shutdown() }
        bob.shutdown()
        bob.shutdown()
        val peer = alice.peerId
        assertEquals(emptyList(), bob.listenAddresses)
        val calls: List<suspend () -> Any?> = listOf(
            { bob.listen(LOOPBACK) },
            { bob.connect(alice.address) },
            { bob.connect(peer) },
            { bob.waitEstablished(peer) },
            { bob.disconnect(peer) },
            { bob.cancelReconnection(peer) },
            { bob.dialKnownPeers() },
            { bob.send(peer, "chat", ByteArray(1)) },
            { bob.trySend(peer, "chat", ByteArray(1)) },
            { bob.flush(peer, "chat") },
            { bob.prepareStreams(peer, listOf("chat")) },
            { bob.finalizeHandshake(peer) },
            { bob.completeHandshake(peer, listOf("chat")) },
            { bob.addPeer(listOf(nowhere())) },
            { bob.removePeer(peer) },
            { bob.ban("192.0.2.7") },
            { bob.unban("192.0.2.7") },
            { bob.connectionState(peer) },
            { bob.messages("chat").open() },
            { bob.messages("chat").next() },
            { bob.allMessages().collect { } },
            { bob.events() },
            { bob.peers() },
            { bob.peer(peer) },
            { bob.addresses(peer) },
            { bob.bans() },
            { bob.streamHealth(peer, "chat") },
            { bob.streams(peer) },
        )
        calls.forEachIndexed { at, call -> assertEquals(ErrorCode.NODE_CLOSED, codeOf { call() }, "call $at") }
    }

    @Test
    fun `shutting down ends what waits`() = test {
        val node = start()
        val waiting = listOf(
            async(start = CoroutineStart.UNDISPATCHED) { node.messages("chat").next() },
            async(start = CoroutineStart.UNDISPATCHED) { node.allMessages().runCatching { next() }.getOrNull() },
            async(start = CoroutineStart.UNDISPATCHED) { node.events().next() },
        )
        node.shutdown()
        waiting.forEach { assertNull(it.await()) }
    }

    @Test
    fun `useAsync shuts down, whatever becomes of its block`() = test {
        lateinit var used: Node
        assertEquals(7, Node.start().useAsync { node -> 7.also { used = node } })
        assertEquals(ErrorCode.NODE_CLOSED, codeOf { used.peers() })
        assertFailsWith<IllegalStateException> { Node.start().useAsync { node -> used = node; error("mine") } }
        assertEquals(ErrorCode.NODE_CLOSED, codeOf { used.peers() })
        assertNull(withTimeoutOrNull(50.milliseconds) { Node.start().useAsync { used = it; it.events().collect { } } })
        assertEquals(ErrorCode.NODE_CLOSED, codeOf { used.peers() })
    }

    @Test
    fun `a start that is cancelled leaves nothing behind`(@TempDir folder: Path) = test {
        val config = Config(addressBook = folder.resolve("peers.json"))
        repeat(20) {
            // It may fail before it is cancelled, while the one before still holds the address book.
            val starting = launch(start = CoroutineStart.UNDISPATCHED) { runCatching { Node.start(config) } }
            starting.cancel()
            starting.join()
        }
        until("the address book is free again") {
            System.gc()
            runCatching { Node.start(config) }.onSuccess { it.shutdown() }.isSuccess
        }
    }

    @Test
    fun `a node shows its peer id and nothing else`() = test {
        val node = start()
        assertEquals("Node(${node.peerId})", "$node")
    }

    /** Nobody listens here. */
    private fun nowhere() = "/ip4/127.0.0.1/tcp/1/p2p/${Identity.generate().peerId}"

    private companion object {
        val QUICK = ReconnectConfig(firstDelay = 1.milliseconds, longestDelay = 5.milliseconds)
    }
}
