// One end of a measurement, in Kotlin. The orders are those of party.py.

package bench

import io.github.blockberries.glueberry.Config
import io.github.blockberries.glueberry.Node
import io.github.blockberries.glueberry.Security
import io.github.blockberries.glueberry.streamsOf
import io.github.blockberries.glueberry.useAsync
import java.nio.ByteBuffer
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking

private const val STREAM = "bench"

/** The mark of the last message. */
private const val LAST = 1L shl 63

/** Payload between two looks at the clock. */
private const val BETWEEN_LOOKS = 4096

/** Messages of this size until the time is over, as benches/src/numbered.rs has them. */
private fun messages(payload: Int, seconds: Double) = sequence {
    val stride = maxOf(1, BETWEEN_LOOKS / payload)
    val until = System.nanoTime() + (seconds * 1e9).toLong()
    var number = 0L
    while (true) {
        val isOver = (number + 1) % stride == 0L && System.nanoTime() >= until
        val message = ByteArray(payload) { 0x5a }
        ByteBuffer.wrap(message).putLong(if (isOver) number or LAST else number)
        yield(message)
        if (isOver) return@sequence
        number++
    }
}

/** Whether a message ends the round. Cheap, for it is asked of each one. */
private fun isLast(message: ByteArray) = message[0] < 0

/** So many messages have come, if the last one says the same. */
private fun counted(count: Long, last: ByteArray, payload: Int): Long {
    val number = ByteBuffer.wrap(last).getLong() and LAST.inv()
    check(number == count - 1 && last.size == payload) {
        "$count messages of $payload bytes came; the last, of ${last.size}, is $number"
    }
    return count
}

private suspend fun receive(node: Node, payload: Int): Long {
    var count = 0L
    val last = node.messages(STREAM).first { message ->
        count++
        isLast(message.data)
    }
    return counted(count, last.data, payload)
}

private suspend fun answer(node: Node, payload: Int): Long {
    var count = 0L
    val last = node.messages(STREAM).first { message ->
        count++
        node.send(message.peer, STREAM, message.data)
        isLast(message.data)
    }
    return counted(count, last.data, payload)
}

private suspend fun send(node: Node, payload: Int, seconds: Double): Long {
    val peer = node.peers().first().peer
    // The partner may be ready earlier than this side.
    node.waitEstablished(peer)
    var count = 0L
    for (message in messages(payload, seconds)) {
        node.send(peer, STREAM, message)
        count++
    }
    return count
}

private suspend fun obey(node: Node, order: List<String>): Long {
    val payload = order[1].toInt()
    return when (order[0]) {
        "receive" -> receive(node, payload)
        "answer" -> answer(node, payload)
        "send" -> send(node, payload, order[2].toDouble())
        else -> error("there is no such order: $order")
    }
}

fun main() = runBlocking(Dispatchers.Default) {
    val listen = listOf("/ip4/127.0.0.1/tcp/0")
    val config = Config(listen = listen, streams = streamsOf(STREAM), security = Security.TLS)
    Node.start(config).useAsync { node ->
        println("""{"address":"${node.listenAddresses.first()}"}""")
        for (line in generateSequence(::readlnOrNull)) println("""{"messages":${obey(node, line.split(" "))}}""")
    }
}
