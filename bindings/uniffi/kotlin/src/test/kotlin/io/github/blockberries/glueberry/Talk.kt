// Two nodes that talk, in a program of its own, and end as its argument says.

package io.github.blockberries.glueberry

import kotlin.system.exitProcess
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.GlobalScope
import kotlinx.coroutines.launch

@OptIn(DelicateCoroutinesApi::class)
suspend fun main(given: Array<String>) {
    val alice = Node.start(Config(listen = listOf(LOOPBACK), streams = TWO_STREAMS))
    val bob = Node.start(Config(streams = TWO_STREAMS))
    bob.connect(alice.address)
    bob.send(alice.peerId, "chat", "hi".encodeToByteArray())
    println(alice.messages("chat").expect().text)
    if (given[0] == "shutdown") {
        bob.shutdown()
        alice.shutdown()
        return
    }
    for (node in listOf(alice, bob)) {
        GlobalScope.launch(start = CoroutineStart.UNDISPATCHED) { node.allMessages().collect { } }
        GlobalScope.launch(start = CoroutineStart.UNDISPATCHED) { node.events().collect { } }
    }
    GlobalScope.launch(start = CoroutineStart.UNDISPATCHED) {
        while (true) bob.send(alice.peerId, "chat", ByteArray(100))
    }
    when (given[0]) {
        "exit" -> exitProcess(7)
        "halt" -> Runtime.getRuntime().halt(3)
        "throw" -> alice.messages("files").runCatching { open() }.also { error("mine") }
    }
}
