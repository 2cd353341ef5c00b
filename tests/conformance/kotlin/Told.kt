// What the library gives, as the runner wants it told: with the core's names.

package conformance

import io.github.blockberries.glueberry.Ban
import io.github.blockberries.glueberry.ErrorCode
import io.github.blockberries.glueberry.Event
import io.github.blockberries.glueberry.GlueberryException
import io.github.blockberries.glueberry.Message
import io.github.blockberries.glueberry.Node
import io.github.blockberries.glueberry.PeerInfo
import io.github.blockberries.glueberry.StreamHealth
import java.util.zip.CRC32

fun toldStart(node: Node) = members("peer" to "${node.peerId}", "addresses" to node.listenAddresses)

fun told(error: GlueberryException) = members(
    "code" to error.code.number,
    "name" to error.code.title,
    "class" to error.code.errorClass.name.lowercase(),
    "retriable" to error.retriable,
    "hint" to error.hint,
    "message" to error.message,
    "peer" to error.peer?.toString(),
    "stream" to error.stream,
)

fun told(message: Message) = members(
    "peer" to "${message.peer}",
    "stream" to message.stream,
    "size" to message.data.size,
    "crc" to CRC32().apply { update(message.data) }.value,
)

fun told(info: PeerInfo) = members(
    "peer" to "${info.peer}",
    "state" to told(info.state),
    "direction" to info.direction?.let(::told),
    "connections" to info.connections,
    "addresses" to info.addresses,
    "persistent" to info.persistent,
    "metadata" to info.metadata,
    "last_seen" to info.lastSeen?.toEpochMilli(),
    "banned" to (info.banned != null),
)

fun told(ban: Ban) = members("target" to ban.target, "until" to ban.until?.toEpochMilli())

fun told(health: StreamHealth) = members(
    "state" to told(health.state),
    "outbound" to told(health.outbound),
    "inbound" to told(health.inbound),
    "queued_messages" to health.queuedMessages,
    "queued_bytes" to health.queuedBytes,
    "unread_bytes" to health.unreadBytes,
)

fun told(event: Event): Members {
    val fields: Array<Pair<String, Any?>> = when (event) {
        is Event.ListenAddress -> arrayOf("address" to event.address)
        is Event.PeerConnected ->
            arrayOf("session" to event.session, "inbound" to event.inbound, "address" to event.address)
        is Event.PeerEstablished -> arrayOf("session" to event.session)
        is Event.PeerDisconnected -> arrayOf(
            "session" to event.session,
            "reason" to told(event.reason),
            "unwritten" to event.unwritten.map {
                members("stream" to it.stream, "messages" to it.messages, "bytes" to it.bytes)
            },
        )
        is Event.PeerReconnecting ->
            arrayOf("attempt" to event.attempt, "delay" to event.delay.inWholeMilliseconds)
        is Event.PeerCooldown -> arrayOf("until" to event.until.toEpochMilli())
        is Event.ConnectionDenied -> arrayOf(
            "inbound" to event.inbound,
            "peer" to event.peer?.toString(),
            "address" to event.address,
            "denial" to told(event.denial),
            "suppressed" to event.suppressed,
        )
        is Event.StreamDegraded -> arrayOf("attempt" to event.attempt)
        is Event.StreamClosed -> arrayOf("reason" to told(event.reason))
        is Event.StreamPressure -> arrayOf(
            "direction" to told(event.direction),
            "level" to told(event.level),
            "bytes" to event.bytes,
        )
        is Event.Warning -> arrayOf(
            "code" to event.code.title,
            "peer" to event.peer?.toString(),
            "stream" to event.stream,
            "detail" to event.detail,
        )
        is Event.Lagged -> arrayOf("missed" to event.missed)
        else -> arrayOf()
    }
    return members("kind" to told(event.kind), "at" to event.at.toEpochMilli()) + whose(event) + members(*fields)
}

private fun whose(event: Event): Members = when (event) {
    is Event.OfStream -> members("peer" to "${event.peer}", "stream" to event.stream)
    is Event.OfPeer -> members("peer" to "${event.peer}")
    else -> members()
}

/** `CONNECTION_LOST` is `ConnectionLost` on the wire. */
fun told(word: Enum<*>): String =
    if (word is ErrorCode) word.title else word.name.split('_').joinToString("") { upperFirst(it.lowercase()) }

fun upperSnake(word: String) = word.replace(Regex("(?<=.)[A-Z]")) { "_${it.value}" }.uppercase()

private fun upperFirst(word: String) = word.replaceFirstChar(Char::uppercase)
