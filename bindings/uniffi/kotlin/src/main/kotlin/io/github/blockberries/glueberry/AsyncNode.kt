package io.github.blockberries.glueberry

import java.time.Duration
import java.util.concurrent.CompletableFuture
import kotlin.time.toKotlinDuration

/**
 * A [Node] for Java: what waits returns a [CompletableFuture]. Everything else is on [node].
 *
 * Cancelling a future cancels the call; what fails completes the future with a [GlueberryException].
 *
 * ```java
 * AsyncNode node = AsyncNode.start(Config.builder().stream("chat").build()).join();
 * PeerId peer = node.connect(address).get(10, TimeUnit.SECONDS);
 * node.send(peer, "chat", "hi".getBytes(UTF_8)).join();
 * node.shutdown().join();
 * ```
 */
public class AsyncNode(
    /** The node itself. */
    @get:JvmName("node") public val node: Node,
) {
    /** See [Node.listen]. */
    public fun listen(address: String): CompletableFuture<List<String>> = future { node.listen(address) }

    /** See [Node.connect]. */
    public fun connect(place: String): CompletableFuture<PeerId> = future { node.connect(place) }

    /** See [Node.connect]. */
    public fun connect(peer: PeerId): CompletableFuture<PeerId> = future { node.connect(peer) }

    /** See [Node.waitEstablished]. */
    public fun waitEstablished(peer: PeerId): CompletableFuture<Void?> = done { node.waitEstablished(peer) }

    /** See [Node.disconnect]. */
    public fun disconnect(peer: PeerId): CompletableFuture<Void?> = done { node.disconnect(peer) }

    /** See [Node.cancelReconnection]. */
    public fun cancelReconnection(peer: PeerId): CompletableFuture<Void?> = done { node.cancelReconnection(peer) }

    /** See [Node.dialKnownPeers]. */
    public fun dialKnownPeers(): CompletableFuture<Void?> = done { node.dialKnownPeers() }

    /** See [Node.send]. Messages are sent in the order of the calls, also if nobody waits in between. */
    public fun send(peer: PeerId, stream: String, data: ByteArray): CompletableFuture<Void?> =
        done { node.send(peer, stream, data) }

    /** See [Node.flush]. */
    public fun flush(peer: PeerId, stream: String): CompletableFuture<Void?> = done { node.flush(peer, stream) }

    /** See [Node.messages]. The stream is taken at once, and given back by [AsyncMessages.close]. */
    public fun messages(stream: String): AsyncMessages = AsyncMessages(node.messages(stream).open())

    /** See [Node.allMessages]. All streams are taken at once, and given back by [AsyncMessages.close]. */
    public fun allMessages(): AsyncMessages = AsyncMessages(node.allMessages().open())

    /** See [Node.events]. */
    @JvmOverloads
    public fun events(peers: Set<PeerId>? = null, kinds: Set<EventKind>? = null): AsyncEvents =
        AsyncEvents(node.events(peers, kinds))

    /** See [Node.prepareStreams]. */
    public fun prepareStreams(peer: PeerId, streams: Collection<String>): CompletableFuture<Void?> =
        done { node.prepareStreams(peer, streams) }

    /** See [Node.finalizeHandshake]. */
    public fun finalizeHandshake(peer: PeerId): CompletableFuture<Void?> = done { node.finalizeHandshake(peer) }

    /** See [Node.completeHandshake]. */
    public fun completeHandshake(peer: PeerId, streams: Collection<String>): CompletableFuture<Void?> =
        done { node.completeHandshake(peer, streams) }

    /** See [Node.addPeer]. */
    @JvmOverloads
    public fun addPeer(
        addresses: List<String>,
        persistent: Boolean = false,
        metadata: Map<String, String> = emptyMap(),
    ): CompletableFuture<PeerId> = future { node.addPeer(addresses, persistent, metadata) }

    /** See [Node.removePeer]. */
    public fun removePeer(peer: PeerId): CompletableFuture<Void?> = done { node.removePeer(peer) }

    /** See [Node.ban]: for ever, unless there is a duration. */
    @JvmOverloads
    public fun ban(target: String, duration: Duration? = null): CompletableFuture<Void?> =
        done { node.ban(target, duration?.toKotlinDuration()) }

    /** See [Node.unban]. */
    public fun unban(target: String): CompletableFuture<Boolean> = future { node.unban(target) }

    /** See [Node.shutdown]. */
    public fun shutdown(): CompletableFuture<Void?> = done { node.shutdown() }

    override fun toString(): String = "Async$node"

    private fun done(call: suspend () -> Unit): CompletableFuture<Void?> = future {
        call()
        null
    }

    public companion object {
        /** See [Node.start]. */
        @JvmStatic
        @JvmOverloads
        public fun start(config: Config = Config()): CompletableFuture<AsyncNode> =
            future { AsyncNode(Node.start(config)) }
    }
}

/** [Messages] for Java. They hold the stream until [close]. */
public class AsyncMessages internal constructor(private val messages: Messages) : AutoCloseable {
    private val nexts = Nexts(messages::next, messages::putBack)

    /**
     * The next message; null at the end. One call at a time: a second fails with `CONSUMER_TAKEN` while
     * the first waits. Cancelling it loses nothing.
     */
    public fun next(): CompletableFuture<Message?> = nexts.next()

    /** Gives the stream back, and ends a [next] that waits. */
    override fun close(): Unit = messages.close()
}

/** [Events] for Java. The subscription ends with [close]. */
public class AsyncEvents internal constructor(private val events: Events) : AutoCloseable {
    private val nexts = Nexts(events::next, events::putBack)

    /**
     * The next event; null at the end. One call at a time: a second fails with `CONSUMER_TAKEN` while
     * the first waits. Cancelling it loses nothing.
     */
    public fun next(): CompletableFuture<Event?> = nexts.next()

    /** Ends the subscription, and a [next] that waits. */
    override fun close(): Unit = events.close()
}
