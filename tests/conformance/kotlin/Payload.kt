// Messages that are told, not carried.

package conformance

import java.nio.ByteBuffer
import java.nio.ByteOrder

private const val STEP = 2_654_435_761L

/** The bytes of a command, the [at]-th of several. */
fun payload(command: Command, at: Int): ByteArray {
    command.textOrNull("text")?.let { return it.encodeToByteArray() }
    val size = command.int("size")
    val first = (command.longOrNull("seed") ?: throw Wrong("seed is missing")) + at
    // A number more than needed: the last one may be cut off.
    val numbers = ByteBuffer.allocate(size + Int.SIZE_BYTES).order(ByteOrder.LITTLE_ENDIAN)
    for (index in 0..<(size + 3) / 4) numbers.putInt((first + index * STEP).toInt())
    return numbers.array().copyOf(size)
}
