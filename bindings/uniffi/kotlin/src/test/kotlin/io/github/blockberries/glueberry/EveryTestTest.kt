package io.github.blockberries.glueberry

import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/** JUnit leaves a test that returns something out, and says nothing: `= runBlocking { … }` is soon one. */
class EveryTestTest {
    @Test
    fun `every test is run`() {
        val folder = File(javaClass.protectionDomain.codeSource.location.toURI())
        val classes = folder.walk().filter { it.name.endsWith("Test.class") }
        val names = classes.map { it.relativeTo(folder).path.removeSuffix(".class").replace(File.separatorChar, '.') }
        val tests = names.flatMap { Class.forName(it).declaredMethods.asList() }
            .filter { it.isAnnotationPresent(Test::class.java) }.toList()
        assertTrue(tests.size > 90, "there are only ${tests.size}")
        assertEquals(emptyList(), tests.filter { it.returnType != Void.TYPE }.map { it.name })
    }
}
