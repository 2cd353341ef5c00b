package io.github.blockberries.glueberry

import io.github.blockberries.glueberry.ffi.parsePeerId

/**
 * What a node is known by: it begins with `12D3KooW`, and proves itself by the key that it holds.
 *
 * Two are equal if they are of the same node.
 */
public class PeerId private constructor(private val text: String) {
    override fun equals(other: Any?): Boolean = other is PeerId && other.text == text

    override fun hashCode(): Int = text.hashCode()

    /** The id as it stands in addresses. */
    override fun toString(): String = text

    public companion object {
        /**
         * Reads an id.
         *
         * @throws GlueberryException `INVALID_PEER_ID`; `UNSUPPORTED_PEER_ID` for one that does not
         * contain its key.
         */
        @JvmStatic
        public fun parse(text: String): PeerId = PeerId(call { parsePeerId(text) })

        /** One that the core wrote. */
        internal fun told(text: String): PeerId = PeerId(text)
    }
}
