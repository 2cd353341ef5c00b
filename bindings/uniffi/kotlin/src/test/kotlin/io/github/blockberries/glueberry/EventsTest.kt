package io.github.blockberries.glueberry

import io.github.blockberries.glueberry.ffi.EventRecord
import io.github.blockberries.glueberry.ffi.eventSamples
import java.util.Random
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.microseconds
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.takeWhile
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull

class EventsTest {
    @Test
    fun `every kind of event is told`() {
        val told = eventSamples().mapNotNull(::read)
        assertEquals(EventKind.entries.toSet(), told.map { it.kind }.toSet())
        assertEquals(eventSamples().map { it.kind }, told.map { it.kind.number })
        assertTrue(told.all { it.at.toEpochMilli() == 1_700_000_000_250 })
    }

    @Test
    fun `every field has its value, or none`() {
        val told = eventSamples().mapNotNull(::read)
        val peer = Identity.fromSeed(ByteArray(32) { 7 }).peerId
        val at = told.first().at
        val expected = listOf(
            Event.ListenAddress(at, "/ip4/192.0.2.7/tcp/9000"),
            Event.PeerConnecting(at, peer),
            Event.PeerConnected(at, peer, 5, inbound = true, "192.0.2.7:9000"),
            Event.PeerEstablished(at, peer, 5),
            Event.PeerDisconnected(at, peer, 5, DisconnectReason.CONNECTION_LOST, listOf(Unwritten("chat", 3, 4096))),
            Event.PeerDisconnected(at, peer, null, DisconnectReason.DIAL_FAILED, emptyList()),
            Event.PeerReconnecting(at, peer, 2, 1500.milliseconds),
            Event.PeerCooldown(at, peer, at.plusSeconds(60)),
            Event.ConnectionDenied(at, inbound = true, peer, "192.0.2.7:9000", Denial.PEER_BANNED, 4),
            Event.ConnectionDenied(at, inbound = true, null, "192.0.2.7:9000", Denial.PENDING_LIMIT, 4),
            Event.StreamOpened(at, peer, "chat"),
            Event.StreamDegraded(at, peer, "chat", 2),
            Event.StreamRecovered(at, peer, "chat"),
            Event.StreamClosed(at, peer, "chat", StreamCloseReason.SESSION_ENDED),
            Event.StreamPressure(at, peer, "chat", Direction.OUTBOUND, PressureLevel.HIGH, 200_000),
            Event.DecryptionFailed(at, peer, "chat"),
            Event.Warning(at, ErrorCode.OVERSIZE_SKIPPED, peer, "chat", "2 MiB"),
            Event.Warning(at, ErrorCode.OVERSIZE_SKIPPED, null, null, "2 MiB"),
            Event.Lagged(at, 9),
        )
        assertEquals(expected, told)
    }

    @Test
    fun `a kind that this version does not know is passed over`() =
        assertNull(read(EventRecord(999, 0, emptyList())))

    @Test
    fun `a link is told from its first dial to its end`() = test {
        val (alice, bob) = listening() to start()
        val events = bob.events()
        bob.connect(alice.address)
        bob.disconnect(alice.peerId)
        val seen = events.takeWhile { it !is Event.PeerDisconnected }.toList().filterIsInstance<Event.OfPeer>()
        val kinds = listOf(EventKind.PEER_CONNECTING, EventKind.PEER_CONNECTED, EventKind.PEER_ESTABLISHED)
        assertEquals(kinds, seen.filter { it !is Event.OfStream }.map { it.kind })
        assertTrue(seen.all { it.peer == alice.peerId })
    }

    @Test
    fun `a filter narrows by peer and by kind`() = test {
        val (alice, bob, carol) = Triple(listening(), start(), start())
        val ofBob = alice.events(setOf(bob.peerId), setOf(EventKind.PEER_ESTABLISHED))
        val none = alice.events(kinds = emptySet())
        carol.connect(alice.address)
        bob.connect(alice.address)
        assertEquals(bob.peerId, assertIs<Event.PeerEstablished>(ofBob.next()).peer)
        alice.shutdown()
        assertNull(ofBob.next())
        assertNull(none.next())
    }

    @Test
    fun `leaving a loop keeps the subscription`() = test {
        val (alice, bob) = listening() to start()
        val kinds = listOf(EventKind.PEER_CONNECTING, EventKind.PEER_CONNECTED, EventKind.PEER_ESTABLISHED)
        val events = bob.events(kinds = kinds.toSet())
        bob.connect(alice.address)
        assertEquals(kinds, List(3) { events.first().kind })
    }

    @Test
    fun `subscribers get everything each, and one that is closed gets nothing more`() = test {
        val (alice, bob) = listening() to start()
        val (one, two) = bob.events() to bob.events()
        bob.connect(alice.address)
        assertEquals(one.await<Event.PeerEstablished>(), two.await<Event.PeerEstablished>())
        one.close()
        one.close()
        assertNull(one.next())
        bob.disconnect(alice.peerId)
        two.await<Event.PeerDisconnected>()
    }

    @Test
    fun `closing a subscription ends a wait of it`() = test {
        val events = start().events()
        val waiting = async(start = CoroutineStart.UNDISPATCHED) { events.next() }
        assertEquals(ErrorCode.CONSUMER_TAKEN, codeOf { events.next() })
        events.close()
        assertNull(waiting.await())
    }

    @Test
    fun `a subscriber that is too slow is told how much it missed`() = test {
        val node = start(Config(eventBuffer = 2))
        val events = node.events()
        repeat(6) { node.listen(LOOPBACK) }
        assertTrue(assertIs<Event.Lagged>(events.next()).missed >= 4)
        assertIs<Event.ListenAddress>(events.next())
    }

    @Test
    fun `a storm of cancelled waits loses no event`() = test {
        val node = start()
        val events = node.events()
        val listening = launch { repeat(60) { node.listen(LOOPBACK) } }
        val (random, seen) = Random() to ArrayList<String>()
        while (seen.size < 60) {
            withTimeoutOrNull(random.nextInt(2000).microseconds) {
                events.collect { seen += (it as Event.ListenAddress).address }
            }
        }
        listening.join()
        assertEquals(node.listenAddresses, seen)
    }

    @Test
    fun `an exception inside a loop comes out, and the subscription stays`() = test {
        val node = start()
        val events = node.events()
        repeat(2) { node.listen(LOOPBACK) }
        val thrown = runCatching { events.collect { error("mine") } }.exceptionOrNull()
        assertEquals("mine", thrown?.message)
        assertIs<Event.ListenAddress>(events.next())
    }
}
