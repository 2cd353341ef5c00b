package io.github.blockberries.glueberry

import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.FlowCollector

/**
 * Received messages, in the order in which each peer sent them; ends when the node is shut down and all
 * was read.
 *
 * A stream has one consumer at a time. A loop (`collect`) takes the stream when it begins, and gives it
 * back when it is left; what was not delivered goes to whoever comes next. So does [next] for as long as
 * it waits. [open] takes the stream for longer.
 *
 * ```
 * node.messages("chat").collect { println("${it.peer}: ${it.data.decodeToString()}") }
 * ```
 *
 * Cancelling a loop or a [next] loses nothing. Operators such as `buffer` and `flowOn` take messages
 * ahead, and lose what they hold when they are cancelled.
 *
 * Whatever takes the stream fails with `CONSUMER_TAKEN` while another has it, `INVALID_STREAM_NAME`,
 * or `NODE_CLOSED`.
 */
public class Messages internal constructor(
    private val remainders: Remainders,
    private val take: () -> Inbox,
) : Flow<Message>, AutoCloseable {
    private val lock = Any()
    private var inbox: Inbox? = null
    private var isOpen = false
    private var isBusy = false

    /** Delivers every message, one at a time. */
    override suspend fun collect(collector: FlowCollector<Message>): Unit = using { inbox ->
        // Not `flow { }`: its `emit` looks for cancellation when the message has left the queue.
        while (true) collector.emit(inbox.next() ?: break)
    }

    /** The next message; null at the end. Cancelling it takes nothing. */
    public suspend fun next(): Message? = using { it.next() }

    /**
     * Takes the stream now, and keeps it until [close], over any number of loops.
     *
     * @return this.
     */
    public fun open(): Messages = synchronized(lock) {
        if (inbox == null) inbox = take()
        isOpen = true
        this
    }

    /** Gives the stream back, and ends a loop or a [next] that runs. It may be taken again. */
    override fun close(): Unit = synchronized(lock) {
        isOpen = false
        if (isBusy) inbox?.end() else release()
    }

    /** It was taken, and could not be delivered: it comes next again. */
    internal fun putBack(message: Message): Unit = remainders.putBack(message)

    private inline fun <T> using(read: (Inbox) -> T): T {
        val inbox = enter()
        try {
            return read(inbox)
        } finally {
            leave()
        }
    }

    private fun enter(): Inbox = synchronized(lock) {
        if (isBusy) throw GlueberryException.of(ErrorCode.CONSUMER_TAKEN, "these messages are being read already")
        val entered = inbox ?: take().also { inbox = it }
        isBusy = true
        entered
    }

    private fun leave() = synchronized(lock) {
        isBusy = false
        if (!isOpen) release()
    }

    private fun release() {
        inbox?.release()
        inbox = null
    }
}
