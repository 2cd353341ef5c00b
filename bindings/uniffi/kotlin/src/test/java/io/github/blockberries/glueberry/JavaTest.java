package io.github.blockberries.glueberry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The library as Java sees it. */
@Timeout(60)
class JavaTest {
    private static final String LOOPBACK = "/ip4/127.0.0.1/tcp/0";

    @Test
    void aMessageGoesThereAndBack() throws Exception {
        AsyncNode anna = AsyncNode.start(Config.builder().listen(LOOPBACK).stream("chat").build()).join();
        AsyncNode bruno = AsyncNode.start(Config.builder().stream("chat").build()).join();
        PeerId peer = bruno.connect(anna.node().getListenAddresses().get(0)).get(10, TimeUnit.SECONDS);
        assertEquals(anna.node().getPeerId(), peer);
        bruno.send(peer, "chat", "Hello Anna!".getBytes(UTF_8)).join();
        try (AsyncMessages inbox = anna.messages("chat"); AsyncMessages answers = bruno.messages("chat")) {
            Message message = inbox.next().join();
            assertEquals("Hello Anna!", new String(message.getData(), UTF_8));
            anna.send(message.getPeer(), message.getStream(), message.getData()).join();
            assertEquals(peer, answers.next().join().getPeer());
        }
        bruno.shutdown().join();
        anna.shutdown().join();
    }

    @Test
    void allSettingsCanBeTold() {
        Config config = Config.builder()
            .identity(Identity.fromSeed(new byte[32]))
            .listen(LOOPBACK)
            .stream("chat")
            .stream("files", StreamConfig.builder().maxMessageSize(4096).sendBuffer(8192).receiveBuffer(8192)
                .highWatermark(80).lowWatermark(20).build())
            .autoConnect(false)
            .handshake(HandshakeMode.AUTOMATIC)
            .security(Security.BOTH)
            .reconnect(ReconnectConfig.builder().firstDelay(Duration.ofMillis(10)).longestDelay(Duration.ofSeconds(1))
                .maxAttempts(3).cooldown(Duration.ofSeconds(2)).build())
            .handshakeTimeout(Duration.ofSeconds(5))
            .dialTimeout(Duration.ofSeconds(5))
            .keepAlive(KeepAlive.of(Duration.ofSeconds(15), Duration.ofSeconds(15)))
            .linger(Duration.ofSeconds(1))
            .eventBuffer(16)
            .allow("127.0.0.0/8")
            .deny("192.0.2.1")
            .connectionLimits(new ConnectionLimits(8, 64, 2, 32))
            .workerThreads(1)
            .build();
        AsyncNode node = AsyncNode.start(config).join();
        assertEquals(Identity.fromSeed(new byte[32]).getPeerId(), node.node().getPeerId());
        node.shutdown().join();
    }

    @Test
    void anErrorTellsItsCode() {
        AsyncNode node = AsyncNode.start().join();
        CompletionException thrown = assertThrows(CompletionException.class, () -> node.connect("nowhere").join());
        GlueberryException error = assertInstanceOf(GlueberryException.Configuration.class, thrown.getCause());
        assertEquals(ErrorCode.INVALID_ADDRESS, error.getCode());
        assertEquals(102, error.getCode().getNumber());
        assertTrue(error.getHint().length() > 20);
        PeerId stranger = Identity.generate().getPeerId();
        GlueberryException refused = assertThrows(
            GlueberryException.class, () -> node.node().trySend(stranger, "chat", new byte[1]));
        assertEquals(stranger, PeerId.parse(stranger.toString()));
        assertEquals(ErrorCode.NOT_CONNECTED, refused.getCode());
        node.shutdown().join();
    }

    @Test
    void eventsAreRecords() throws Exception {
        AsyncNode alice = AsyncNode.start(Config.builder().listen(LOOPBACK).stream("chat").build()).join();
        AsyncNode bob = AsyncNode.start(Config.builder().stream("chat").build()).join();
        try (AsyncEvents events = alice.events(Set.of(bob.node().getPeerId()), Set.of(EventKind.PEER_ESTABLISHED))) {
            bob.connect(alice.node().getListenAddresses().get(0)).join();
            Event event = events.next().join();
            assertTrue(event instanceof Event.PeerEstablished established
                && established.getPeer().equals(bob.node().getPeerId()));
            alice.shutdown().join();
            assertNull(events.next().join());
        }
        bob.shutdown().join();
    }

    @Test
    void cancelledFuturesLoseNothing() throws Exception {
        AsyncNode alice = AsyncNode.start(Config.builder().listen(LOOPBACK).stream("chat").build()).join();
        AsyncNode bob = AsyncNode.start(Config.builder().stream("chat").build()).join();
        PeerId peer = bob.connect(alice.node().getListenAddresses().get(0)).join();
        int count = 2000;
        CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
            for (int number = 0; number < count; number++) {
                bob.send(peer, "chat", Integer.toString(number).getBytes(UTF_8)).join();
            }
        });
        List<Integer> got = new ArrayList<>();
        AsyncMessages inbox = alice.messages("chat");
        while (got.size() < count) {
            CompletableFuture<Message> next = inbox.next();
            if (next.cancel(true)) {
                next = inbox.next();
            }
            got.add(Integer.parseInt(new String(next.get(30, TimeUnit.SECONDS).getData(), UTF_8)));
        }
        for (int number = 0; number < count; number++) {
            assertEquals(number, got.get(number));
        }
        sending.join();
        CompletableFuture<Message> waiting = inbox.next();
        assertThrows(TimeoutException.class, () -> waiting.get(20, TimeUnit.MILLISECONDS));
        inbox.close();
        assertNull(waiting.join());
        bob.shutdown().join();
        alice.shutdown().join();
    }

    @Test
    void sendsThatNobodyWaitsForKeepTheirOrder() {
        AsyncNode alice = AsyncNode.start(Config.builder().listen(LOOPBACK).stream("chat").build()).join();
        AsyncNode bob = AsyncNode.start(Config.builder().stream("chat").build()).join();
        PeerId peer = bob.connect(alice.node().getListenAddresses().get(0)).join();
        int count = 4000;
        List<CompletableFuture<Void>> sends = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            sends.add(bob.send(peer, "chat", Integer.toString(number).getBytes(UTF_8)));
        }
        try (AsyncMessages inbox = alice.messages("chat")) {
            for (int number = 0; number < count; number++) {
                assertEquals(Integer.toString(number), new String(inbox.next().join().getData(), UTF_8));
            }
        }
        sends.forEach(CompletableFuture::join);
        bob.shutdown().join();
        alice.shutdown().join();
    }

    @Test
    void everythingElseReturnsFutures() {
        AsyncNode node = AsyncNode.start(Config.builder().stream("chat").build()).join();
        PeerId peer = Identity.generate().getPeerId();
        String address = "/ip4/127.0.0.1/tcp/1/p2p/" + peer;
        assertEquals(peer, node.addPeer(List.of(address), false, Map.of("name", "Carla")).join());
        assertEquals("Carla", node.node().peer(peer).getMetadata().get("name"));
        assertEquals(1, node.listen(LOOPBACK).join().size());
        node.dialKnownPeers().join();
        node.disconnect(peer).join();
        node.cancelReconnection(peer).join();
        node.ban("192.0.2.0/24", Duration.ofMinutes(1)).join();
        node.ban("192.0.2.1").join();
        assertTrue(node.unban("192.0.2.1").join());
        node.removePeer(peer).join();
        for (CompletableFuture<?> refused : List.of(
            node.flush(peer, "chat"), node.waitEstablished(peer), node.prepareStreams(peer, List.of("chat")),
            node.finalizeHandshake(peer), node.completeHandshake(peer, List.of("chat")))) {
            assertInstanceOf(
                GlueberryException.class, assertThrows(CompletionException.class, refused::join).getCause());
        }
        node.shutdown().join();
    }

    @Test
    void linesOfTheLogCome() {
        List<LogRecord> lines = new ArrayList<>();
        Logging.start(LogLevel.DEBUG, lines::add);
        AsyncNode.start().join().shutdown().join();
        Logging.stop();
        assertTrue(lines.stream().allMatch(line -> line.getLevel().compareTo(LogLevel.DEBUG) <= 0));
    }
}
