package io.github.blockberries.glueberry

/** A received message. */
public class Message internal constructor(
    /** Who sent it. */
    public val peer: PeerId,
    /** On which stream. */
    public val stream: String,
    /** What it says. The bytes are yours. */
    public val data: ByteArray,
) {
    /** Never what it says: that is the program's own. */
    override fun toString(): String = "Message(peer=$peer, stream=$stream, ${data.size} bytes)"
}
