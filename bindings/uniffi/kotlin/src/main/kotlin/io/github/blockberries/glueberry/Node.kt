package io.github.blockberries.glueberry

import io.github.blockberries.glueberry.ffi.NativeNode
import io.github.blockberries.glueberry.ffi.keepThreadsAttached
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield

/**
 * A running node, on threads of its own. Begin with [start], end with [shutdown] or by [useAsync].
 *
 * Functions that wait are cancelled with their coroutine; for a deadline use `withTimeout`. All failures
 * are a [GlueberryException]. After [shutdown] every call fails with `NODE_CLOSED`. All functions may be
 * called from any thread. From Java use [AsyncNode].
 *
 * ```
 * Node.start(Config(listen = listOf("/ip4/127.0.0.1/tcp/0"), streams = streamsOf("chat"))).useAsync { node ->
 *     val peer = withTimeout(10.seconds) { node.connect(address) }
 *     node.send(peer, "chat", "hi".encodeToByteArray())
 * }
 * ```
 */
public class Node private constructor(internal val native: NativeNode) {
    private val routes = Routes(native)
    private val remainders = Remainders()
    private val sends = AtomicInteger()

    /** What other peers know this node by. */
    public val peerId: PeerId = PeerId.told(native.peerId())

    /** Where this node listens, each address as a peer has to dial it. Nowhere once it is shut down. */
    public val listenAddresses: List<String> get() = call { native.listenAddresses() }

    /**
     * Listens at one more address, and returns what it is bound to: for port 0 the port chosen, for
     * `0.0.0.0` an address for each of the machine's.
     *
     * @throws GlueberryException `INVALID_ADDRESS`, `ADDRESS_IN_USE`, `LISTEN_FAILED`.
     */
    public suspend fun listen(address: String): List<String> = call { native.listen(address, null) }

    /**
     * Connects to a peer and returns its id when it is established; with [HandshakeMode.APP] already
     * when it is connected. At once if it is so already.
     *
     * Once established, a link that is lost comes back by itself until [disconnect]. Cancelling leaves
     * the attempt going.
     *
     * @param place an address that ends in `/p2p/` and the peer's id, or the id alone of a peer that is
     * known.
     * @throws GlueberryException `INVALID_ADDRESS`, `UNKNOWN_PEER`, `UNREACHABLE`, `WRONG_PEER`,
     * `TIMED_OUT`, `HANDSHAKE_FAILED`, `HANDSHAKE_TIMEOUT`, `PEER_KEY_MISMATCH`.
     */
    public suspend fun connect(place: String): PeerId = PeerId.told(call { native.connect(place, null) })

    /** Connects to a peer that is known. */
    public suspend fun connect(peer: PeerId): PeerId = connect(peer.toString())

    /**
     * Waits until a peer is established: for programs that shake hands themselves, and for those that
     * wait until a lost peer is back.
     *
     * @throws GlueberryException `NOT_CONNECTED` if no connection stands and none is sought; what ended
     * the attempts.
     */
    public suspend fun waitEstablished(peer: PeerId): Unit = call { native.waitEstablished("$peer", null) }

    /**
     * Ends the session with a peer, or the attempt at one. What is queued is written first, for up to
     * [Config.linger]. Without a connection it does nothing.
     */
    public suspend fun disconnect(peer: PeerId): Unit = call { native.disconnect("$peer", null) }

    /** Gives up the attempts to reach a lost peer again. A session that stands goes on. */
    public suspend fun cancelReconnection(peer: PeerId): Unit =
        call { native.cancelReconnection("$peer", null) }

    /** The state of the link with a peer. */
    public fun connectionState(peer: PeerId): State = readState(call { native.connectionState("$peer") })

    /** Dials the peers of the address book, as a node does by itself when it starts. */
    public suspend fun dialKnownPeers(): Unit = call { native.dialKnownPeers(null) }

    /**
     * Sends a message on a stream, in the order of the calls. It is done when the message is in the
     * stream's send buffer; while that is full it waits. Cancelling such a wait sends nothing. The bytes
     * are copied: they may be changed as soon as the call has returned.
     *
     * A node takes 4,096 calls that wait.
     *
     * @throws GlueberryException `NOT_CONNECTED`, `UNKNOWN_STREAM`, `MESSAGE_TOO_LARGE`,
     * `STREAM_REFUSED`, `STREAM_FAILED`, `TOO_MANY_OPERATIONS`.
     */
    public suspend fun send(peer: PeerId, stream: String, data: ByteArray) {
        currentCoroutineContext().ensureActive()
        val sending = routes.to(peer, stream).send(data)
        if (sending != null) sending.use { call { it.finish() } } else giveWay()
    }

    /**
     * Sends a message on a stream if there is room for it now: false if there is none, and nothing was
     * sent.
     *
     * @throws GlueberryException as [send].
     */
    public fun trySend(peer: PeerId, stream: String, data: ByteArray): Boolean =
        routes.to(peer, stream).trySend(data)

    /**
     * Waits until the transport has taken all that was sent before on a stream.
     *
     * @throws GlueberryException `NOT_CONNECTED` if the session ends before; `STREAM_REFUSED`,
     * `STREAM_FAILED`.
     */
    public suspend fun flush(peer: PeerId, stream: String): Unit = call { native.flush("$peer", stream, null) }

    /**
     * The messages of one stream, from all peers, fairly merged. The stream is taken when they are read.
     * The stream `handshake` is there for programs that shake hands themselves.
     */
    public fun messages(stream: String): Messages = Messages(remainders) {
        Inbox(call { native.messages(stream) }, stream, remainders, native)
    }

    /**
     * The messages of all streams, from all peers, fairly merged. All streams are taken when they are
     * read.
     */
    public fun allMessages(): Messages = Messages(remainders) {
        Inbox(call { native.allMessages() }, null, remainders, native)
    }

    /**
     * Subscribes to events, from now on. There may be any number of subscribers.
     *
     * @param peers only events about these peers; null: about all, and about none.
     * @param kinds only events of these kinds; null: of all. [Event.Lagged] always comes: it says that
     * there is a gap.
     */
    @JvmOverloads
    public fun events(peers: Set<PeerId>? = null, kinds: Set<EventKind>? = null): Events {
        val (texts, numbers) = peers?.map { "$it" } to kinds?.map { it.number }
        return Events(call { native.events(texts, numbers) }, native)
    }

    /**
     * Accepts these streams from a peer that the program shakes hands with. Their messages are delivered
     * once the peer is established.
     *
     * @throws GlueberryException `INVALID_STREAM_NAME`, `NOT_CONNECTED`, `TOO_MANY_STREAMS`.
     */
    public suspend fun prepareStreams(peer: PeerId, streams: Collection<String>): Unit =
        call { native.prepareStreams("$peer", streams.toList(), null) }

    /**
     * Ends the program's handshake with a peer, which is established from now on. What was sent on
     * `handshake` is written first.
     *
     * @throws GlueberryException `WRONG_STATE`, `NOT_CONNECTED`.
     */
    public suspend fun finalizeHandshake(peer: PeerId): Unit = call { native.finalizeHandshake("$peer", null) }

    /** [prepareStreams] and [finalizeHandshake] in one. */
    public suspend fun completeHandshake(peer: PeerId, streams: Collection<String>): Unit =
        call { native.completeHandshake("$peer", streams.toList(), null) }

    /**
     * Remembers a peer, in the place of what was known of it before, and returns its id when that is
     * saved.
     *
     * @param addresses where it is found, the most promising first. The first one ends in `/p2p/` and
     * its id.
     * @param persistent whether a link with it is kept from now on: it is dialed at once, and again for
     * ever when it is lost.
     * @param metadata small facts to keep with it: up to 32, of 4,096 bytes in all.
     * @throws GlueberryException `INVALID_ADDRESS`, `BANNED`, `DIALED_SELF`, `METADATA_TOO_LARGE`,
     * `TOO_MANY_PEERS`, and those of the address book's file.
     */
    public suspend fun addPeer(
        addresses: List<String>,
        persistent: Boolean = false,
        metadata: Map<String, String> = emptyMap(),
    ): PeerId = PeerId.told(call { native.addPeer(addresses, persistent, metadata, null) })

    /** Forgets a peer, and ends the link with it. A ban of it stays. */
    public suspend fun removePeer(peer: PeerId): Unit = call { native.removePeer("$peer", null) }

    /** The peers that are known, connected or being connected. */
    public fun peers(): List<PeerInfo> = call { native.peers() }.map(::read)

    /** What is known of a peer; null for one that is neither known nor connected. */
    public fun peer(peer: PeerId): PeerInfo? = call { native.peer("$peer") }?.let(::read)

    /** Where a peer may be found, the most promising first. */
    public fun addresses(peer: PeerId): List<String> = call { native.addresses("$peer") }

    /**
     * Bans a peer, an IP address or a range: its connections end, and no others are made in either
     * direction.
     *
     * @param duration for how long; null: for ever.
     * @throws GlueberryException `INVALID_PEER_ID` for a target that is none; `TOO_MANY_PEERS`.
     */
    public suspend fun ban(target: String, duration: Duration? = null): Unit =
        call { native.ban(target, duration?.inWholeMilliseconds, null) }

    /** Bans a peer. */
    public suspend fun ban(peer: PeerId, duration: Duration? = null): Unit = ban("$peer", duration)

    /** Lifts a ban: whether there was one of exactly this target. */
    public suspend fun unban(target: String): Boolean = call { native.unban(target, null) }

    /** Lifts the ban of a peer: whether there was one. */
    public suspend fun unban(peer: PeerId): Boolean = unban("$peer")

    /** The bans that hold. */
    public fun bans(): List<Ban> = call { native.bans() }.map(::read)

    /**
     * How a stream with a peer is doing now.
     *
     * @throws GlueberryException `NOT_CONNECTED`, `UNKNOWN_STREAM`.
     */
    public fun streamHealth(peer: PeerId, stream: String): StreamHealth =
        read(call { native.streamHealth("$peer", stream) })

    /** How all streams with a peer are doing now, by name; none without a session. */
    public fun streams(peer: PeerId): List<StreamHealth> = call { native.streams("$peer") }.map(::read)

    /**
     * Ends the node: writes what is queued for up to [Config.linger], closes all connections, ends every
     * loop once what was received has been read, and frees its ports and threads. Again, it does
     * nothing. It goes on if it is cancelled.
     *
     * It is not called `close`, since that would have to block: `use { }` would close the node too early
     * or too slowly. [useAsync] is for that.
     */
    public suspend fun shutdown(): Unit = call { native.shutdown() }

    override fun toString(): String = "Node($peerId)"

    /** A loop that only sends starves nobody. What was sent is not taken back by being cancelled here. */
    private suspend fun giveWay() {
        if (sends.incrementAndGet() % SENDS_A_TURN == 0) withContext(NonCancellable) { yield() }
    }

    public companion object {
        /** So many that what a turn costs does not count. */
        private const val SENDS_A_TURN = 256

        init {
            keepThreadsAttached()
        }

        /**
         * Starts a node; it is there when it listens at all its addresses.
         *
         * @throws GlueberryException `INVALID_CONFIG`, `INVALID_ADDRESS`, `INVALID_STREAM_NAME`,
         * `ADDRESS_IN_USE`, `LISTEN_FAILED`, and those of the address book's file.
         */
        public suspend fun start(config: Config = Config()): Node {
            val identity = config.identity ?: Identity.generate()
            return Node(withSettings { call { NativeNode.start(identity.native, config.settings(), null) } })
        }
    }
}

/** Runs [block], then shuts the node down, also when the block fails or is cancelled. */
public suspend fun <R> Node.useAsync(block: suspend (Node) -> R): R =
    try {
        block(this)
    } finally {
        withContext(NonCancellable) { shutdown() }
    }
