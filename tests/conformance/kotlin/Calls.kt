package conformance

import io.github.blockberries.glueberry.ErrorCode
import io.github.blockberries.glueberry.EventKind
import io.github.blockberries.glueberry.Events
import io.github.blockberries.glueberry.GlueberryException
import io.github.blockberries.glueberry.Messages
import io.github.blockberries.glueberry.Node
import io.github.blockberries.glueberry.PeerId
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.serialization.json.JsonElement

/** The commands that call a node. */
class Calls(private val node: Node) {
    private val queues = HashMap<String, AutoCloseable>()

    suspend fun call(command: Command): Members = with(command) {
        when (name) {
            "close" -> nothing { node.shutdown() }
            "listen" -> members("addresses" to within(this) { node.listen(text("address")) })
            "connect" -> members("peer" to "${within(this) { node.connect(text("address")) }}")
            "wait_established" -> nothing { within(this) { node.waitEstablished(peer) } }
            "disconnect" -> nothing { within(this) { node.disconnect(peer) } }
            "cancel_reconnection" -> nothing { within(this) { node.cancelReconnection(peer) } }
            "prepare_streams" -> nothing { within(this) { node.prepareStreams(peer, texts("streams")) } }
            "finalize_handshake" -> nothing { within(this) { node.finalizeHandshake(peer) } }
            "complete_handshake" -> nothing { within(this) { node.completeHandshake(peer, texts("streams")) } }
            "flush" -> nothing { within(this) { node.flush(peer, text("stream")) } }
            "send" -> each(this) { data -> within(this) { node.send(peer, text("stream"), data) } }
            "try_send" -> each(this) { data -> trySend(this, data) }
            "messages" -> nothing { queues[text("queue")] = messages(this).open() }
            "receive" -> receive(this)
            "events" -> nothing { queues[text("queue")] = events(this) }
            "event" -> event(this)
            "release" -> nothing { find<AutoCloseable>(this).close().also { queues.remove(text("queue")) } }
            "state" -> members("state" to told(node.connectionState(peer)))
            "peer" -> members("peer" to node.peer(peer)?.let(::told))
            "peers" -> members("peers" to node.peers().map(::told))
            "health" -> told(node.streamHealth(peer, text("stream")))
            "add_peer" -> members("peer" to "${within(this) { addPeer(this) }}")
            "remove_peer" -> nothing { within(this) { node.removePeer(peer) } }
            "ban" -> nothing {
                within(this) { node.ban(text("target"), longOrNull("duration_ms")?.milliseconds) }
            }
            "unban" -> members("was_banned" to within(this) { node.unban(text("target")) })
            "bans" -> members("bans" to node.bans().map(::told))
            else -> throw Lack(name)
        }
    }

    private fun messages(command: Command) =
        command.textOrNull("stream")?.let(node::messages) ?: node.allMessages()

    private fun events(command: Command): Events {
        val kinds = command.textsOrNull("kinds")?.map { EventKind.valueOf(upperSnake(it)) }?.toSet()
        return node.events(command.textsOrNull("peers")?.map(PeerId::parse)?.toSet(), kinds)
    }

    private suspend fun event(command: Command): Members {
        var told: Members? = null
        // Inside of the deadline: what is returned out of it may be lost.
        within(command) { told = find<Events>(command).next()?.let(::told) }
        return told?.let { members("event" to it) } ?: members("ended" to true)
    }

    private suspend fun addPeer(command: Command) = node.addPeer(
        command.texts("addresses"),
        command.flagOrNull("persistent") ?: false,
        command.commandOrNull("metadata")?.let { facts -> facts.names.associateWith(facts::text) }.orEmpty(),
    )

    private fun trySend(command: Command, data: ByteArray) {
        val (peer, stream) = command.peer to command.text("stream")
        if (node.trySend(peer, stream, data)) return
        throw GlueberryException.of(ErrorCode.WOULD_BLOCK, "there is no room", peer, stream)
    }

    /** Takes as many messages as the command says. What stops it is told with those that came. */
    private suspend fun receive(command: Command): Members {
        val (inbox, count) = find<Messages>(command) to (command.intOrNull("count") ?: 1)
        val messages = ArrayList<JsonElement>()
        var hasEnded = false
        return stoppable({ members("messages" to messages) }) {
            within(command) {
                while (messages.size < count && !hasEnded) {
                    inbox.next()?.let { messages += json(told(it)) } ?: run { hasEnded = true }
                }
            }
            members("messages" to messages) + if (hasEnded) members("ended" to true) else members()
        }
    }

    /** Sends as many messages as the command says. What stops it is told with how many were sent. */
    private suspend fun each(command: Command, send: suspend (ByteArray) -> Unit): Members {
        var sent = 0
        return stoppable({ members("sent" to sent) }) {
            while (sent < (command.intOrNull("count") ?: 1)) {
                send(payload(command, sent))
                sent++
            }
            members("sent" to sent)
        }
    }

    private inline fun stoppable(told: () -> Members, call: () -> Members): Members =
        try {
            call()
        } catch (thrown: Exception) {
            throw Stopped(thrown, told())
        }

    private inline fun nothing(call: () -> Unit): Members {
        call()
        return members()
    }

    private inline fun <reified Queue : AutoCloseable> find(command: Command): Queue {
        val name = command.text("queue")
        return queues[name] as? Queue ?: throw Wrong("there is no queue $name")
    }

    private val Command.peer get() = PeerId.parse(text("peer"))
}
