package io.github.blockberries.glueberry

import io.github.blockberries.glueberry.ffi.NativeEvents
import io.github.blockberries.glueberry.ffi.NativeNode
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.FlowCollector

/**
 * What happens to a node and its peers, from the subscription on; ends when the node is shut down.
 *
 * The subscription begins with `node.events()`, not with the loop. Up to `eventBuffer` events wait for a
 * slow subscriber; then the oldest are dropped, and [Event.Lagged] says how many. Leaving a loop keeps
 * the subscription: the next loop over the same object goes on where this one stopped. [close] ends it,
 * and so does the garbage collector.
 *
 * ```
 * node.events(kinds = setOf(EventKind.PEER_ESTABLISHED, EventKind.PEER_DISCONNECTED)).collect { event ->
 *     when (event) {
 *         is Event.PeerEstablished -> println("here: ${event.peer}")
 *         is Event.PeerDisconnected -> println("gone: ${event.peer}, ${event.reason}")
 *         else -> {}
 *     }
 * }
 * ```
 *
 * One loop or [next] at a time: a second fails with `CONSUMER_TAKEN`.
 */
public class Events internal constructor(
    private val native: NativeEvents,
    /** Lives as long as somebody listens. */
    @Suppress("unused") private val node: NativeNode,
) : Flow<Event>, AutoCloseable {
    private val held = ArrayDeque<Event>()
    private var isBusy = false

    @Volatile
    private var isClosed = false

    /** Delivers every event, one at a time. */
    override suspend fun collect(collector: FlowCollector<Event>): Unit = alone {
        while (true) collector.emit(source.next() ?: break)
    }

    /** The next event; null at the end. Cancelling it takes nothing. */
    public suspend fun next(): Event? = alone { source.next() }

    /** Ends the subscription, and a loop or a [next] that runs. Again, it does nothing. */
    override fun close() {
        if (isClosed) return
        isClosed = true
        call { native.end() }
    }

    /** It was taken, and could not be delivered: it comes next again. */
    internal fun putBack(event: Event): Unit = synchronized(held) { held.addFirst(event) }

    private val source = object : Source<Event> {
        override val isOver get() = isClosed || call { native.isOver() }

        override fun take() = if (isClosed) null else synchronized(held) { held.removeFirstOrNull() }

        override fun fill(): Boolean {
            val drained = call { native.drain(MOST) }
            synchronized(held) { drained.mapNotNullTo(held, ::read) }
            return drained.isNotEmpty()
        }

        override suspend fun ready() = call { native.ready() }
    }

    private inline fun <T> alone(read: () -> T): T {
        enter()
        try {
            return read()
        } finally {
            synchronized(held) { isBusy = false }
        }
    }

    private fun enter() = synchronized(held) {
        if (isBusy) throw GlueberryException.of(ErrorCode.CONSUMER_TAKEN, "these events are being read already")
        isBusy = true
    }

    private companion object {
        /** Events that are fetched at once. */
        const val MOST = 64
    }
}
