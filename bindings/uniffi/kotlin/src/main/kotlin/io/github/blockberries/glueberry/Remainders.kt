package io.github.blockberries.glueberry

/**
 * What was fetched and not delivered yet. It belongs to the node and not to a consumer: whoever leaves,
 * by whatever way, the next consumer of the stream goes on here. At most one batch for each stream, and
 * one for the consumer of all.
 */
internal class Remainders {
    private val byStream = HashMap<String, ArrayDeque<Message>>()

    /** Those of the consumer of all, in the order in which they came. */
    private val ofAll = ArrayDeque<Message>()

    /** Whether the last consumer is one of all. While it is, there is no other. */
    private var isOfAll = false

    /** A consumer begins, of one stream or of all (null): there is no other that would collide with it. */
    @Synchronized
    fun begin(stream: String?) {
        isOfAll = stream == null
        if (isOfAll) gather() else spread()
    }

    @Synchronized
    fun take(stream: String?): Message? =
        if (stream == null) ofAll.removeFirstOrNull() else byStream[stream]?.removeFirstOrNull()

    @Synchronized
    fun add(messages: List<Message>) {
        if (isOfAll) ofAll += messages else messages.forEach { queue(it.stream).addLast(it) }
    }

    /** It was taken, and could not be delivered. */
    @Synchronized
    fun putBack(message: Message): Unit = (if (isOfAll) ofAll else queue(message.stream)).addFirst(message)

    private fun gather() {
        // Those by stream are the older ones: what the consumer of all left was spread before.
        val left = byStream.values.flatten()
        byStream.clear()
        ofAll.addAll(0, left)
    }

    private fun spread() {
        ofAll.forEach { queue(it.stream).addLast(it) }
        ofAll.clear()
    }

    private fun queue(stream: String) = byStream.getOrPut(stream, ::ArrayDeque)
}
