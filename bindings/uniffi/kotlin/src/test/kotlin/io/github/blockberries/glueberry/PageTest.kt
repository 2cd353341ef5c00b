package io.github.blockberries.glueberry

import java.io.File
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import org.junit.jupiter.api.Timeout
import page.Around
import page.blocks

/** The code in docs/kotlin.md runs: `build` has made functions of it. */
@Timeout(120)
class PageTest {
    @Test
    fun `every block runs`() {
        assertTrue(blocks.size > 6)
        try {
            for (block in blocks) test { run(block) }
        } finally {
            listOf("node.pem", "peers.json").map(::File).forEach { it.delete() }
        }
    }

    /** With a node whose peer has said hi three times; both are shut down a little later, which ends loops. */
    private suspend fun Nodes.run(block: suspend Around.() -> Unit) {
        val (other, node) = pair()
        repeat(3) { other.send(node.peerId, "chat", "hi".encodeToByteArray()) }
        val ending = launch {
            delay(500.milliseconds)
            other.shutdown()
            node.shutdown()
        }
        Around(node, other.peerId, other.address).block()
        ending.cancel()
    }

    @Test
    fun `the Java on the page is that of the test`() {
        val root = File(System.getProperty("glueberry.root"))
        val block = Regex("```java\n(.*?)```", RegexOption.DOT_MATCHES_ALL)
        val java = block.find(root.resolve("docs/kotlin.md").readText())!!.groupValues[1]
        val path = "bindings/uniffi/kotlin/src/test/java/io/github/blockberries/glueberry/JavaTest.java"
        assertContains(root.resolve(path).readText().replace("\n        ", "\n"), java)
    }
}
