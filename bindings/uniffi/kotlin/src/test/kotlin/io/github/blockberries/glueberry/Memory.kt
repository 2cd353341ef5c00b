// A program that takes a step again and again, and tells how large it is after each round.

package io.github.blockberries.glueberry

import java.io.File
import kotlin.system.exitProcess
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking

fun main(given: Array<String>): Unit = runBlocking(Dispatchers.Default) {
    when (given[0]) {
        "collected" -> collected()
        "read" -> read()
        "held" -> held()
        else -> println(sizes(given[1].toInt(), given[2].toInt(), stepOf(given[0])).joinToString(" "))
    }
    exitProcess(0)
}

private suspend fun stepOf(name: String): suspend () -> Unit {
    val alice = Node.start(Config(listen = listOf(LOOPBACK), streams = TWO_STREAMS))
    val bob = Node.start(Config(streams = TWO_STREAMS))
    bob.connect(alice.address)
    var count = 0
    return when (name) {
        "identity" -> ({ Identity.fromSeed(ByteArray(32)) })
        "consumer" -> ({ alice.messages("chat").open().close() })
        "wait" -> ({ cancelledWait(alice) })
        "subscription" -> ({ alice.events().close() })
        "dropped" -> ({ alice.events() })
        "route" -> ({ codeOf { bob.send(alice.peerId, "none-${count++}", ByteArray(1)) } })
        "failure" -> ({ codeOf { bob.connect("nowhere") } })
        "node" -> ({ Node.start(Config(workerThreads = 1)).shutdown() })
        else -> error("what is $name?")
    }
}

private suspend fun cancelledWait(node: Node) = coroutineScope {
    val waiting = launch(start = CoroutineStart.UNDISPATCHED) { node.messages("chat").next() }
    waiting.cancel()
    waiting.join()
}

private suspend fun sizes(rounds: Int, count: Int, step: suspend () -> Unit) = List(rounds) {
    repeat(count) { step() }
    repeat(4) {
        System.gc()
        delay(5)
    }
    resident()
}

private fun resident() =
    File("/proc/self/status").readLines().first { it.startsWith("VmRSS") }.filter(Char::isDigit).toInt()

private suspend fun collected() {
    val address = address()
    until("the port is free") {
        System.gc()
        try {
            Node.start(Config(listen = listOf(address))).shutdown()
            true
        } catch (error: GlueberryException.Network) {
            false
        }
    }
    println("free")
}

/** Of a node that nobody holds when this returns. */
private suspend fun address() = Node.start(Config(listen = listOf(LOOPBACK))).address.substringBefore("/p2p/")

private suspend fun read() = coroutineScope {
    val alice = Node.start(Config(listen = listOf(LOOPBACK), streams = TWO_STREAMS))
    val events = alice.events(kinds = setOf(EventKind.PEER_ESTABLISHED))
    val reading = async(start = CoroutineStart.UNDISPATCHED) { inboxOfOther(alice.address).expect() }
    val peer = events.await<Event.PeerEstablished>().peer
    repeat(20) {
        System.gc()
        delay(10)
    }
    alice.send(peer, "chat", "hi".encodeToByteArray())
    println(reading.await().text)
}

private suspend fun inboxOfOther(address: String): Messages {
    val node = Node.start(Config(streams = TWO_STREAMS))
    node.connect(address)
    return node.messages("chat")
}

private suspend fun held() {
    val node = Node.start(Config(streams = TWO_STREAMS))
    node.messages("chat").open()
    until("the stream is free") {
        System.gc()
        try {
            node.messages("chat").open().close()
            true
        } catch (error: GlueberryException.Usage) {
            false
        }
    }
    println("free")
}
