package io.github.blockberries.glueberry

import java.time.Instant
import kotlin.time.Duration

/**
 * Something that happened. New kinds come with new versions: a `when` over all of them needs an `else`.
 */
public sealed interface Event {
    /** When, by the clock of this machine. */
    public val at: Instant

    /** What. */
    public val kind: EventKind

    /** An event about a peer. */
    public sealed interface OfPeer : Event {
        /** Who. */
        public val peer: PeerId
    }

    /** An event about a stream with a peer. */
    public sealed interface OfStream : OfPeer {
        /** On which stream. */
        public val stream: String
    }

    /**
     * The node listens at one more address.
     *
     * @property address with this node's peer id at its end.
     */
    public data class ListenAddress(override val at: Instant, public val address: String) : Event {
        override val kind: EventKind get() = EventKind.LISTEN_ADDRESS
    }

    /** A dial began. */
    public data class PeerConnecting(override val at: Instant, override val peer: PeerId) : OfPeer {
        override val kind: EventKind get() = EventKind.PEER_CONNECTING
    }

    /**
     * A connection stands and the peer's identity is proven; the handshake begins.
     *
     * @property session the session that begins. Numbers grow.
     * @property inbound whether the peer dialed us.
     * @property address the peer's address as seen from here.
     */
    public data class PeerConnected(
        override val at: Instant,
        override val peer: PeerId,
        public val session: Long,
        public val inbound: Boolean,
        public val address: String,
    ) : OfPeer {
        override val kind: EventKind get() = EventKind.PEER_CONNECTED
    }

    /**
     * The handshake is finished: messages flow.
     *
     * @property session which one.
     */
    public data class PeerEstablished(
        override val at: Instant,
        override val peer: PeerId,
        public val session: Long,
    ) : OfPeer {
        override val kind: EventKind get() = EventKind.PEER_ESTABLISHED
    }

    /**
     * A session ended, or an attempt to begin one.
     *
     * @property session which one; null if no connection stood.
     * @property reason why.
     * @property unwritten what was accepted for sending and never written.
     */
    public data class PeerDisconnected(
        override val at: Instant,
        override val peer: PeerId,
        public val session: Long?,
        public val reason: DisconnectReason,
        public val unwritten: List<Unwritten>,
    ) : OfPeer {
        override val kind: EventKind get() = EventKind.PEER_DISCONNECTED
    }

    /**
     * A lost peer is tried again.
     *
     * @property attempt which attempt this is, from 1.
     * @property delay the pause before it.
     */
    public data class PeerReconnecting(
        override val at: Instant,
        override val peer: PeerId,
        public val attempt: Long,
        public val delay: Duration,
    ) : OfPeer {
        override val kind: EventKind get() = EventKind.PEER_RECONNECTING

        /** The pause before it in milliseconds, for Java. */
        public val delayMillis: Long get() = delay.inWholeMilliseconds
    }

    /**
     * The peer was reached, but no session came of it: it is left alone until then.
     *
     * @property until when.
     */
    public data class PeerCooldown(
        override val at: Instant,
        override val peer: PeerId,
        public val until: Instant,
    ) : OfPeer {
        override val kind: EventKind get() = EventKind.PEER_COOLDOWN
    }

    /**
     * A connection was refused, or dropped before its peer was known.
     *
     * @property inbound whether somebody dialed us.
     * @property peer who, where that is known.
     * @property address the other end's address.
     * @property denial why.
     * @property suppressed how many more were denied for the same reason since the last such event.
     */
    public data class ConnectionDenied(
        override val at: Instant,
        public val inbound: Boolean,
        public val peer: PeerId?,
        public val address: String,
        public val denial: Denial,
        public val suppressed: Long,
    ) : Event {
        override val kind: EventKind get() = EventKind.CONNECTION_DENIED
    }

    /** A stream carries messages from now on. */
    public data class StreamOpened(
        override val at: Instant,
        override val peer: PeerId,
        override val stream: String,
    ) : OfStream {
        override val kind: EventKind get() = EventKind.STREAM_OPENED
    }

    /**
     * A stream failed and is opened again; the others go on.
     *
     * @property attempt which attempt to open it this is, from 1.
     */
    public data class StreamDegraded(
        override val at: Instant,
        override val peer: PeerId,
        override val stream: String,
        public val attempt: Long,
    ) : OfStream {
        override val kind: EventKind get() = EventKind.STREAM_DEGRADED
    }

    /** A degraded stream carries messages again. */
    public data class StreamRecovered(
        override val at: Instant,
        override val peer: PeerId,
        override val stream: String,
    ) : OfStream {
        override val kind: EventKind get() = EventKind.STREAM_RECOVERED
    }

    /**
     * A stream ended.
     *
     * @property reason why.
     */
    public data class StreamClosed(
        override val at: Instant,
        override val peer: PeerId,
        override val stream: String,
        public val reason: StreamCloseReason,
    ) : OfStream {
        override val kind: EventKind get() = EventKind.STREAM_CLOSED
    }

    /**
     * A buffer of a stream has filled above its high watermark, or drained below its low one.
     *
     * @property direction which of its two buffers.
     * @property level which watermark was crossed.
     * @property bytes what the buffer holds now.
     */
    public data class StreamPressure(
        override val at: Instant,
        override val peer: PeerId,
        override val stream: String,
        public val direction: Direction,
        public val level: PressureLevel,
        public val bytes: Long,
    ) : OfStream {
        override val kind: EventKind get() = EventKind.STREAM_PRESSURE
    }

    /** A message could not be opened and was not delivered. */
    public data class DecryptionFailed(
        override val at: Instant,
        override val peer: PeerId,
        override val stream: String,
    ) : OfStream {
        override val kind: EventKind get() = EventKind.DECRYPTION_FAILED
    }

    /**
     * A fault without a kind of its own; the node goes on.
     *
     * @property code what is wrong.
     * @property peer with whom.
     * @property stream on which stream.
     * @property detail in words.
     */
    public data class Warning(
        override val at: Instant,
        public val code: ErrorCode,
        public val peer: PeerId?,
        public val stream: String?,
        public val detail: String,
    ) : Event {
        override val kind: EventKind get() = EventKind.WARNING
    }

    /**
     * This subscriber was too slow: its oldest events were dropped.
     *
     * @property missed how many.
     */
    public data class Lagged(override val at: Instant, public val missed: Long) : Event {
        override val kind: EventKind get() = EventKind.LAGGED
    }
}

/**
 * Messages of a stream that were accepted for sending and never written.
 *
 * @property stream which.
 * @property messages how many.
 * @property bytes how many in all.
 */
public data class Unwritten(public val stream: String, public val messages: Long, public val bytes: Long)
