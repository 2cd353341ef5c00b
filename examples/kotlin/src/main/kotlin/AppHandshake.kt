// The application shakes hands: a club lets in who knows the password, and nobody else. libp2p has
// proven both identities by then. What else has to be agreed on is said on the stream `handshake`.
//
//   AppHandshakeKt listen /ip4/127.0.0.1/tcp/0     lets in who says "glueberry", and greets
//   AppHandshakeKt dial ADDRESS PASSWORD           prints the greeting; exits with 1 if not let in

import io.github.blockberries.glueberry.Config
import io.github.blockberries.glueberry.EventKind
import io.github.blockberries.glueberry.HandshakeMode
import io.github.blockberries.glueberry.Node
import io.github.blockberries.glueberry.PeerId
import io.github.blockberries.glueberry.streamsOf
import io.github.blockberries.glueberry.useAsync
import kotlin.system.exitProcess
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.selects.select

private val STREAMS = streamsOf("chat")

/** The order matters: once the guest reads "welcome" it may send, so its streams stand before. */
private suspend fun letIn(club: Node, guest: PeerId) {
    club.prepareStreams(guest, STREAMS.keys)
    club.send(guest, "handshake", "welcome".encodeToByteArray())
    club.finalizeHandshake(guest)
}

/** Ends when the node is shut down. A guest that leaves does not keep the next one waiting. */
private suspend fun attendDoor(club: Node) = club.messages("handshake").collect { said ->
    complaining { if (said.text == "glueberry") letIn(club, said.peer) else club.disconnect(said.peer) }
}

/** Likewise. */
private suspend fun attendBar(club: Node) = club.messages("chat").collect { order ->
    complaining { club.send(order.peer, "chat", "Good evening!".encodeToByteArray()) }
}

private suspend fun listen(address: String) = coroutineScope {
    Node.start(Config(listen = listOf(address), streams = STREAMS, handshake = HandshakeMode.APP)).useAsync { club ->
        launch { attendDoor(club) }
        launch { attendBar(club) }
        printAddresses(club)
        lines().collect { }
    }
}

/** Whether the club answers before it ends the connection. Whoever is second is not waited for. */
private suspend fun knock(guest: Node, club: PeerId, password: String): Boolean = coroutineScope {
    val ends = guest.events(kinds = setOf(EventKind.PEER_DISCONNECTED))
    val welcome = async { guest.messages("handshake").next() != null }
    val refusal = async { ends.next() == null }
    guest.send(club, "handshake", password.encodeToByteArray())
    val isLetIn = select {
        welcome.onAwait { it }
        refusal.onAwait { it }
    }
    listOf(welcome, refusal).forEach { it.cancel() }
    isLetIn
}

private suspend fun dial(address: String, password: String) {
    val config = Config(streams = STREAMS, handshake = HandshakeMode.APP)
    val greeting = Node.start(config).useAsync { guest ->
        val club = patiently { guest.connect(address) }
        if (!patiently { knock(guest, club, password) }) return@useAsync null
        guest.completeHandshake(club, STREAMS.keys)
        guest.send(club, "chat", "Hello!".encodeToByteArray())
        patiently { guest.messages("chat").next() }?.text
    }
    println(greeting ?: exitNotLetIn())
}

private fun exitNotLetIn(): Nothing {
    System.err.println("not let in")
    exitProcess(1)
}

suspend fun main(given: Array<String>) {
    when (given.firstOrNull() to given.size) {
        "listen" to 2 -> attempt { listen(given[1]) }
        "dial" to 3 -> attempt { dial(given[1], given[2]) }
        else -> misused("AppHandshakeKt listen ADDRESS | dial ADDRESS PASSWORD")
    }
}
