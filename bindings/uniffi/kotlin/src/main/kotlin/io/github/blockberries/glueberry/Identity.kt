package io.github.blockberries.glueberry

import io.github.blockberries.glueberry.ffi.NativeIdentity
import java.nio.file.Path

/**
 * An Ed25519 key pair: what a node is known by. The private half is never printed.
 *
 * ```
 * val path = Path("node.pem")
 * val identity = if (path.exists()) Identity.load(path) else Identity.generate().also { it.save(path) }
 * ```
 */
public class Identity private constructor(internal val native: NativeIdentity) {
    /** What other peers know it by. */
    public val peerId: PeerId = PeerId.told(call { native.peerId() })

    /** The key as PKCS#8 PEM text: whoever has it is this node. */
    public fun toPem(): String = call { native.toPem() }

    /**
     * Writes the key into a new file that only this user may read, at once.
     *
     * @throws GlueberryException `KEY_FILE_EXISTS`, unless [overwrite] is true; `KEY_FILE_UNWRITABLE`.
     */
    @JvmOverloads
    public fun save(path: Path, overwrite: Boolean = false): Unit =
        call { native.save(path.toString(), overwrite) }

    override fun toString(): String = "Identity($peerId)"

    public companion object {
        /** A fresh key from the operating system's randomness. */
        @JvmStatic
        public fun generate(): Identity = Identity(call { NativeIdentity.generate() })

        /**
         * The key that grows from 32 secret bytes, always the same one. The bytes are copied.
         *
         * @throws GlueberryException `INVALID_KEY` unless there are exactly 32.
         */
        @JvmStatic
        public fun fromSeed(seed: ByteArray): Identity = Identity(call { NativeIdentity.fromSeed(seed) })

        /**
         * Reads a key from PKCS#8 PEM text, as OpenSSL writes it.
         *
         * @throws GlueberryException `INVALID_KEY`; the message says what the text is instead.
         */
        @JvmStatic
        public fun fromPem(pem: String): Identity = Identity(call { NativeIdentity.fromPem(pem) })

        /**
         * Reads a key file, at once: meant for the start of a program.
         *
         * @throws GlueberryException `KEY_FILE_UNREADABLE`; `KEY_FILE_EXPOSED` when other users may read
         * it; `INVALID_KEY`.
         */
        @JvmStatic
        public fun load(path: Path): Identity = Identity(call { NativeIdentity.load(path.toString()) })
    }
}
