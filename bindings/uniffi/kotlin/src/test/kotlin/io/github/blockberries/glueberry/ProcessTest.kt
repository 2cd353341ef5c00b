package io.github.blockberries.glueberry

import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals

/** How programs end: by themselves, by force, and by an exception. */
class ProcessTest {
    @Test
    fun `a program that shuts its nodes down ends`() = ends("shutdown", 0)

    @Test
    fun `a program that closes nothing ends, and well, 25 times of 25`() = repeat(25) { ends("return", 0) }

    @Test
    fun `exitProcess ends a program with waits, 25 times of 25`() = repeat(25) { ends("exit", 7) }

    @Test
    fun `an exception inside a loop ends the program as any other`() =
        assertContains(errorsOf("throw", 1), "IllegalStateException: mine")

    @Test
    fun `Runtime halt ends a program amid its messages`() = repeat(5) { ends("halt", 3) }

    private fun ends(how: String, status: Int) = assertEquals("", errorsOf(how, status))

    private fun errorsOf(how: String, status: Int): String {
        val outcome = runProgram("io.github.blockberries.glueberry.TalkKt", how)
        assertEquals(status to "hi\n", outcome.status to outcome.output, outcome.errors)
        return outcome.errors
    }
}
