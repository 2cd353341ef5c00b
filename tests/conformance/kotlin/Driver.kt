// Obeys commands, one JSON object a line: see ../README.md.

package conformance

import java.io.PrintStream
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

fun main() {
    val driver = Driver()
    // Whatever the encoding of this machine is.
    val output = PrintStream(System.out, true, Charsets.UTF_8)
    for (line in System.`in`.bufferedReader().lineSequence()) {
        val command = Command.parse(line)
        val answer = runBlocking { answered { driver.obey(command) } }
        output.println(JsonObject(mapOf<String, JsonElement>("id" to JsonPrimitive(command.int("id"))) + answer))
    }
}

private class Driver {
    private val background = Background()
    private var made: Calls? = null

    suspend fun obey(command: Command): Members = when (command.name) {
        "hello" -> members("language" to "kotlin", "version" to System.getProperty("glueberry.version"))
        "start" -> {
            val node = within(command) { start(command) }
            made = Calls(node)
            toldStart(node)
        }
        "begin" -> background.begin(command.text("tag"), command.command("call"), calls()::call)
        "await" -> background.await(command)
        "cancel" -> background.cancel(command.text("tag"))
        else -> calls().call(command)
    }

    private fun calls() = made ?: throw Wrong("no node was started")
}
