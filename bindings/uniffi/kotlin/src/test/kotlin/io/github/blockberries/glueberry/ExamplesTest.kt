package io.github.blockberries.glueberry

import java.io.File
import java.nio.file.Path
import kotlin.test.AfterTest
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertNotNull
import kotlin.test.assertTrue
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.api.io.TempDir

/** The examples do what they say, with each other. */
@Timeout(120)
class ExamplesTest {
    private val running = mutableListOf<Process>()

    @AfterTest
    fun end() = running.forEach { it.destroyForcibly() }

    /** A running example, its input, and what it says, a line at a time. */
    private inner class Program(main: String, vararg given: String) {
        val process = startProgram(main, *given).also { running += it }
        private val lines = process.inputReader()
        private val input = process.outputWriter()

        fun line(): String? = lines.readLine()

        fun rest(): List<String> = lines.readLines()

        fun address(): String = assertNotNull(
            Regex("listening (/ip4/127\\.0\\.0\\.1/tcp/\\d+/p2p/12D3\\w+)").matchEntire(line() ?: complaints()),
        ).groupValues[1]

        fun types(line: String) {
            input.write("$line\n")
            input.flush()
        }

        fun complaints(): String = process.errorReader().readText()

        /** Its exit status, once its input ends. */
        fun ends(): Int {
            input.close()
            return process.waitFor()
        }
    }

    @Test
    fun `two nodes of the quick start greet each other`() {
        val program = Program("QuickStartKt")
        val said = program.rest()
        assertTrue(said[0].startsWith("Anna listens at /ip4/127.0.0.1/tcp/"))
        val expected = listOf("Bruno is connected", "Anna reads: Hello Anna!", "Bruno reads: Hello Bruno!")
        assertEquals(expected, said.drop(1))
        assertEquals(0, program.ends(), program.complaints())
    }

    @Test
    fun `without arguments each says how it is used`() {
        for (name in listOf("ChatKt", "AppHandshakeKt")) {
            val program = Program(name)
            assertEquals(2, program.ends())
            assertContains(program.complaints(), "usage: $name")
        }
    }

    @Test
    fun `what fails is told with its code and what to do`() {
        val program = Program("AppHandshakeKt", "dial", "/ip4/127.0.0.1/tcp/1", "x")
        assertEquals(1, program.ends())
        val complaints = program.complaints()
        assertTrue(complaints.startsWith("InvalidAddress: "), complaints)
        assertContains(complaints, ErrorCode.INVALID_ADDRESS.hint)
    }

    @Test
    fun `three people talk, and are known again by their keys`(@TempDir folder: Path) {
        val keys = listOf("anna", "bruno", "carla").map { "$folder/$it.pem" }
        val anna = Program("ChatKt", keys[0], "Anna", LOOPBACK)
        val address = anna.address()
        val bruno = Program("ChatKt", keys[1], "Bruno", LOOPBACK, address)
        val there = bruno.address()
        bruno.types("hello")
        assertEquals("Bruno> hello", anna.line())
        val carla = Program("ChatKt", keys[2], "Carla", LOOPBACK, address, there)
        carla.address()
        carla.types("hello both")
        assertEquals("Carla> hello both", anna.line())
        assertEquals("Carla> hello both", bruno.line())
        anna.types("hello all")
        assertEquals("Anna> hello all", bruno.line())
        assertEquals("Anna> hello all", carla.line())
        for (person in listOf(carla, bruno, anna)) assertEquals(0, person.ends(), person.complaints())
        val again = Program("ChatKt", keys[0], "Anna", LOOPBACK)
        assertEquals(address.substringAfter("/p2p/"), again.address().substringAfter("/p2p/"))
        assertEquals(0, again.ends())
    }

    @Test
    fun `the club lets in who knows the password, and nobody else`() {
        val club = Program("AppHandshakeKt", "listen", LOOPBACK)
        val address = club.address()
        val guest = Program("AppHandshakeKt", "dial", address, "glueberry")
        assertEquals(listOf("Good evening!"), guest.rest())
        assertEquals(0, guest.ends(), guest.complaints())
        val stranger = Program("AppHandshakeKt", "dial", address, "strawberry")
        assertEquals(1, stranger.ends())
        assertEquals("not let in\n", stranger.complaints())
        assertEquals(0, club.ends(), club.complaints())
    }

    @Test
    fun `the quick start in the documentation is the one in the examples`() {
        val root = File(System.getProperty("glueberry.root"))
        val program = root.resolve("examples/kotlin/src/main/kotlin/QuickStart.kt").readText()
        assertContains(root.resolve("docs/kotlin.md").readText(), "```kotlin\n$program```")
    }
}
