// Several people talk. Whoever starts with the key of before is known by the same peer id.
//
//   ChatKt anna.pem Anna /ip4/127.0.0.1/tcp/9000
//   ChatKt bruno.pem Bruno /ip4/127.0.0.1/tcp/0 /ip4/127.0.0.1/tcp/9000/p2p/12D3KooW...
//
// Each line goes to all who are connected: who joins a chat names everybody who is there.

import io.github.blockberries.glueberry.Config
import io.github.blockberries.glueberry.Identity
import io.github.blockberries.glueberry.Node
import io.github.blockberries.glueberry.State
import io.github.blockberries.glueberry.streamsOf
import io.github.blockberries.glueberry.useAsync
import java.nio.file.Path
import kotlin.io.path.exists
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch

/** The key in this file, which is made if there is none. */
private fun identityIn(path: Path) =
    if (path.exists()) Identity.load(path) else Identity.generate().also { it.save(path) }

/** A peer that leaves meanwhile does not keep the line from the others. */
private suspend fun sendToAll(node: Node, line: String) = coroutineScope {
    for (present in node.peers().filter { it.state == State.ESTABLISHED }) {
        launch { complaining { node.send(present.peer, "chat", line.encodeToByteArray()) } }
    }
}

private suspend fun chat(key: Path, name: String, address: String, peers: List<String>) = coroutineScope {
    val config = Config(identityIn(key), listOf(address), streamsOf("chat"))
    Node.start(config).useAsync { node ->
        // Ends when the node is shut down.
        launch { node.messages("chat").collect { println(it.text) } }
        printAddresses(node)
        for (peer in peers) patiently { node.connect(peer) }
        lines().collect { line -> sendToAll(node, "$name> $line") }
    }
}

suspend fun main(given: Array<String>) {
    if (given.size < 3) misused("ChatKt KEYFILE NAME LISTEN-ADDRESS [PEER-ADDRESS...]")
    attempt { chat(Path.of(given[0]), given[1], given[2], given.drop(3)) }
}
