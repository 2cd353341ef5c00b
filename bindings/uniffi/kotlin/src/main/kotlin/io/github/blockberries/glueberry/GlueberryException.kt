package io.github.blockberries.glueberry

/**
 * Every failure of the library. Its class says where the remedy lies, its [code] which one it is.
 *
 * ```
 * try {
 *     node.connect(address)
 * } catch (error: GlueberryException.Network) {
 *     if (error.retriable) println("${error.code}: ${error.hint}") else throw error
 * }
 * ```
 *
 * What ends a coroutine from outside stays a `CancellationException`, and is none of these.
 */
public sealed class GlueberryException private constructor(known: Known) : RuntimeException(known.text, known.cause) {
    /** Which one it is: the same in every language. */
    public val code: ErrorCode = known.code

    /** What happened this time, without the rest that [message] adds. */
    public val detail: String = known.detail

    /** The peer it is about. */
    public val peer: PeerId? = known.peer

    /** The stream it is about. */
    public val stream: String? = known.stream

    /** Whether the same call may succeed later without any change. */
    public val retriable: Boolean get() = code.retriable

    /** What to do about it. */
    public val hint: String get() = code.hint

    override fun toString(): String = "GlueberryException: ${code.title}: $message"

    /** What was configured cannot work. */
    public class Configuration internal constructor(known: Known) : GlueberryException(known)

    /** The program asked for what it must not, or in the wrong order. */
    public class Usage internal constructor(known: Known) : GlueberryException(known)

    /** The network, or the path to the peer. */
    public class Network internal constructor(known: Known) : GlueberryException(known)

    /** The peer did what it must not. */
    public class Peer internal constructor(known: Known) : GlueberryException(known)

    /** A bound was reached. */
    public class Limit internal constructor(known: Known) : GlueberryException(known)

    /** A fault of Glueberry. */
    public class Internal internal constructor(known: Known) : GlueberryException(known)

    internal class Known(
        val code: ErrorCode,
        val text: String,
        val detail: String = text,
        val peer: PeerId? = null,
        val stream: String? = null,
        val cause: Throwable? = null,
    )

    public companion object {
        /** An error as the library would make it, for tests of programs. */
        @JvmStatic
        @JvmOverloads
        public fun of(
            code: ErrorCode,
            message: String,
            peer: PeerId? = null,
            stream: String? = null,
            cause: Throwable? = null,
        ): GlueberryException = of(Known(code, message, message, peer, stream, cause))

        internal fun of(known: Known): GlueberryException = when (known.code.errorClass) {
            ErrorClass.CONFIGURATION -> Configuration(known)
            ErrorClass.USAGE -> Usage(known)
            ErrorClass.NETWORK -> Network(known)
            ErrorClass.PEER -> Peer(known)
            ErrorClass.LIMIT -> Limit(known)
            ErrorClass.INTERNAL -> Internal(known)
        }
    }
}
