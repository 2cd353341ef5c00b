package io.github.blockberries.glueberry

import io.github.blockberries.glueberry.ffi.NativeMessages
import io.github.blockberries.glueberry.ffi.NativeNode
import io.github.blockberries.glueberry.ffi.Quick
import io.github.blockberries.glueberry.ffi.Waits
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.concurrent.ArrayBlockingQueue

/**
 * The messages of a native queue, after those that an earlier consumer left.
 *
 * @param stream null: all of them.
 */
internal class Inbox(
    private val native: NativeMessages,
    private val stream: String?,
    private val remainders: Remainders,
    /** Lives as long as somebody reads. */
    @Suppress("unused") private val node: NativeNode,
) : Source<Message> {
    /** Good for as long as there is [native]. */
    private val number = call { native.number() }
    private var hasEnded = false
    private val origins = ArrayList<Origin>()

    init {
        remainders.begin(stream)
    }

    override val isOver: Boolean
        @Synchronized get() = hasEnded || call { native.isOver() }

    @Synchronized
    override fun take(): Message? = if (hasEnded) null else remainders.take(stream)

    @Synchronized
    override fun fill(): Boolean {
        if (hasEnded) return false
        val messages = fetch() ?: fetchWithNews()
        remainders.add(messages)
        return messages.isNotEmpty()
    }

    /** The quick way; null where it does not go. */
    private fun fetch(): List<Message>? = Rooms.use { room ->
        val count = Quick.glueberry_uniffi_drain(number, MOST, MOST_BYTES, room, room.capacity())
        if (count < 0) null else unpack(room, count)
    }

    private fun fetchWithNews(): List<Message> {
        val packed = call { native.drain(MOST, MOST_BYTES) } ?: return emptyList()
        if (packed.forgets) origins.clear()
        packed.origins.chunked(2) { (peer, stream) -> origins += Origin(PeerId.told(peer), stream) }
        return unpack(ByteBuffer.wrap(packed.bytes).order(ByteOrder.nativeOrder()), packed.count)
    }

    /** If the quick way fails, the other one tells why. */
    override suspend fun ready(): Boolean = Waits.ready(number) ?: call { native.ready() }

    /** Gives the stream back, and ends a wait. After it nothing is taken any more. */
    @Synchronized
    fun end() {
        if (hasEnded) return
        hasEnded = true
        call { native.end() }
    }

    /** Ends it, and frees its memory now. Only for the last who holds it. */
    fun release() {
        end()
        native.destroy()
    }

    private fun unpack(packed: ByteBuffer, count: Int): List<Message> {
        var from = count * BYTES_OF_AN_ENTRY
        packed.position(from)
        return List(count) { index ->
            val end = packed.getInt(index * BYTES_OF_AN_ENTRY)
            val origin = origins[packed.getInt(index * BYTES_OF_AN_ENTRY + Int.SIZE_BYTES)]
            val data = ByteArray(end - from).also(packed::get)
            from = end
            Message(origin.peer, origin.stream, data)
        }
    }

    private class Origin(val peer: PeerId, val stream: String)

    private companion object {
        /** Messages and bytes that are fetched at once; a larger message comes alone. */
        const val MOST = 256
        const val MOST_BYTES = 256 * 1024

        /** For each message two numbers of 32 bits: where it ends, and whom it is from. */
        const val BYTES_OF_AN_ENTRY = 8
    }
}

/** Memory that the native half writes to: for as long as a batch is fetched, and a few are kept. */
private object Rooms {

    /** A full batch, unless a message larger than 64 KiB ends it. */
    private const val SIZE = 384 * 1024

    /** For each that may be at it at the same time. */
    private val free = ArrayBlockingQueue<ByteBuffer>(maxOf(2, Runtime.getRuntime().availableProcessors()))

    inline fun <T> use(fill: (ByteBuffer) -> T): T {
        val room = free.poll() ?: ByteBuffer.allocateDirect(SIZE).order(ByteOrder.nativeOrder())
        // JNA hands over what begins at the position.
        room.clear()
        return fill(room).also { free.offer(room) }
    }
}
