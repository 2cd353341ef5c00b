package io.github.blockberries.glueberry

import java.nio.file.Path
import kotlin.io.path.readText
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertNotEquals
import kotlin.test.assertTrue
import org.junit.jupiter.api.io.TempDir

class IdentityTest {
    @Test
    fun `a seed always grows the same key, and a fresh one is another`() {
        val seeded = Identity.fromSeed(ByteArray(32) { 7 })
        assertEquals(seeded.peerId, Identity.fromSeed(ByteArray(32) { 7 }).peerId)
        assertNotEquals(Identity.generate().peerId, Identity.generate().peerId)
        assertTrue("${seeded.peerId}".startsWith("12D3KooW"))
        assertEquals(ErrorCode.INVALID_KEY, codeOf { Identity.fromSeed(ByteArray(31)) })
    }

    @Test
    fun `a key goes into a file and comes back`(@TempDir folder: Path) {
        val (path, identity) = folder.resolve("node.pem") to Identity.generate()
        identity.save(path)
        assertEquals(identity.peerId, Identity.load(path).peerId)
        assertEquals(identity.toPem(), path.readText())
        assertEquals(identity.peerId, Identity.fromPem(identity.toPem()).peerId)
        assertEquals(ErrorCode.KEY_FILE_EXISTS, codeOf { identity.save(path) })
        Identity.generate().save(path, overwrite = true)
        assertEquals(ErrorCode.KEY_FILE_UNREADABLE, codeOf { Identity.load(folder.resolve("none.pem")) })
    }

    @Test
    fun `the private half is not printed`() {
        val identity = Identity.generate()
        assertEquals("Identity(${identity.peerId})", "$identity")
        assertFalse(identity.toPem() in "$identity")
    }

    @Test
    fun `a peer id is read, compared and printed`() {
        val peer = Identity.generate().peerId
        val same = PeerId.parse("$peer")
        assertEquals(peer, same)
        assertEquals(1, setOf(peer, same).size)
        assertEquals(ErrorCode.INVALID_PEER_ID, codeOf { PeerId.parse("nobody") })
        assertEquals(
            ErrorCode.UNSUPPORTED_PEER_ID,
            codeOf { PeerId.parse("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N") },
        )
    }
}
