import io.github.blockberries.glueberry.Config
import io.github.blockberries.glueberry.Node
import io.github.blockberries.glueberry.streamsOf
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.withTimeout

suspend fun main() {
    // Anna listens at a free port of this machine. Both sides name the streams they carry.
    val anna = Node.start(Config(listen = listOf("/ip4/127.0.0.1/tcp/0"), streams = streamsOf("chat")))
    val bruno = Node.start(Config(streams = streamsOf("chat")))

    // An address ends in the peer id of who has to answer there: /ip4/…/tcp/…/p2p/12D3KooW…
    val address = anna.listenAddresses.first()
    println("Anna listens at $address")

    // Returns once Anna has proven that the id is hers, and the handshake is done.
    val peer = withTimeout(10.seconds) { bruno.connect(address) }
    println("Bruno is connected")

    bruno.send(peer, "chat", "Hello Anna!".encodeToByteArray())
    val message = anna.messages("chat").first()
    println("Anna reads: ${message.data.decodeToString()}")
    anna.send(message.peer, "chat", "Hello Bruno!".encodeToByteArray())
    println("Bruno reads: ${bruno.messages("chat").first().data.decodeToString()}")

    // Writes what is still queued, then closes.
    bruno.shutdown()
    anna.shutdown()
}
