// Programs of their own, for what can only be seen from outside.

package io.github.blockberries.glueberry

import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

/** How a program ended, and what it said. */
class Outcome(val status: Int, val output: String, val errors: String)

/** Runs the main function of a file in a Java of its own. */
fun runProgram(main: String, vararg given: String, flags: List<String> = emptyList(), input: String = ""): Outcome {
    val process = startProgram(main, *given, flags = flags)
    process.outputWriter().use { it.write(input) }
    return process.outcome()
}

fun startProgram(main: String, vararg given: String, flags: List<String> = emptyList()): Process {
    val java = System.getProperty("java.home") + "/bin/java"
    val program = listOf("-cp", System.getProperty("java.class.path"), main)
    return ProcessBuilder(listOf(java) + flags + program + given).start()
}

fun Process.outcome(): Outcome {
    var (output, errors) = "" to ""
    val readers = listOf(
        thread { output = inputReader().readText() },
        thread { errors = errorReader().readText() },
    )
    if (!waitFor(PATIENCE.inWholeSeconds * 5, TimeUnit.SECONDS)) destroyForcibly()
    readers.forEach { it.join() }
    return Outcome(waitFor(), output, errors)
}
