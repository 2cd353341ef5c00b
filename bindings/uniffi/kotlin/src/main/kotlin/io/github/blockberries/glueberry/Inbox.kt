package io.github.blockberries.glueberry

import io.github.blockberries.glueberry.ffi.NativeMessages
import io.github.blockberries.glueberry.ffi.NativeNode
import io.github.blockberries.glueberry.ffi.PackedMessages
import java.nio.ByteBuffer
import java.nio.ByteOrder

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
    private var hasEnded = false
    private var origins = emptyList<Origin>()

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
        val packed = call { native.drain(MOST, MOST_BYTES) } ?: return false
        packed.origins?.let { origins = it.chunked(2) { (peer, stream) -> Origin(PeerId.told(peer), stream) } }
        remainders.add(unpack(packed))
        return true
    }

    override suspend fun ready(): Boolean = call { native.ready() }

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

    private fun unpack(packed: PackedMessages): List<Message> {
        val index = ByteBuffer.wrap(packed.bytes).order(ByteOrder.nativeOrder())
        var from = packed.count * BYTES_OF_AN_ENTRY
        return List(packed.count) {
            val (end, origin) = index.getInt() to origins[index.getInt()]
            Message(origin.peer, origin.stream, packed.bytes.copyOfRange(from, end)).also { from = end }
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
