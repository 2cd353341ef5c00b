// Events from what the native half tells: a number, and fields in the order of the vocabulary.

package io.github.blockberries.glueberry

import io.github.blockberries.glueberry.ffi.EventRecord
import io.github.blockberries.glueberry.ffi.FieldValue
import java.time.Instant
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** Null for a kind that this version does not know: it is passed over. */
internal fun read(record: EventRecord): Event? {
    val kind = KINDS[record.kind] ?: return null
    return read(kind, Instant.ofEpochMilli(record.atMs), Fields(record.fields))
}

private fun read(kind: EventKind, at: Instant, fields: Fields): Event = with(fields) {
    when (kind) {
        EventKind.LISTEN_ADDRESS -> Event.ListenAddress(at, text())
        EventKind.PEER_CONNECTING -> Event.PeerConnecting(at, peer())
        EventKind.PEER_CONNECTED -> Event.PeerConnected(at, peer(), number(), flag(), text())
        EventKind.PEER_ESTABLISHED -> Event.PeerEstablished(at, peer(), number())
        EventKind.PEER_DISCONNECTED ->
            Event.PeerDisconnected(at, peer(), numberOrNull(), word(REASONS), unwritten())
        EventKind.PEER_RECONNECTING -> Event.PeerReconnecting(at, peer(), number(), duration())
        EventKind.PEER_COOLDOWN -> Event.PeerCooldown(at, peer(), time())
        EventKind.CONNECTION_DENIED ->
            Event.ConnectionDenied(at, flag(), peerOrNull(), text(), word(DENIALS), number())
        EventKind.STREAM_OPENED -> Event.StreamOpened(at, peer(), text())
        EventKind.STREAM_DEGRADED -> Event.StreamDegraded(at, peer(), text(), number())
        EventKind.STREAM_RECOVERED -> Event.StreamRecovered(at, peer(), text())
        EventKind.STREAM_CLOSED -> Event.StreamClosed(at, peer(), text(), word(CLOSE_REASONS))
        EventKind.STREAM_PRESSURE ->
            Event.StreamPressure(at, peer(), text(), word(DIRECTIONS), word(LEVELS), number())
        EventKind.DECRYPTION_FAILED -> Event.DecryptionFailed(at, peer(), text())
        EventKind.WARNING -> Event.Warning(at, word(CODES), peerOrNull(), textOrNull(), text())
        EventKind.LAGGED -> Event.Lagged(at, number())
    }
}

/** Takes one field after the other. */
private class Fields(all: List<FieldValue>) {
    private val all = all.iterator()

    fun text() = next<FieldValue.Text>().value

    fun textOrNull() = nextOrNull<FieldValue.Text>()?.value

    fun peer() = PeerId.told(text())

    fun peerOrNull() = textOrNull()?.let(PeerId::told)

    fun number() = next<FieldValue.Number>().value

    fun numberOrNull() = nextOrNull<FieldValue.Number>()?.value

    fun flag() = next<FieldValue.Flag>().value

    fun duration(): Duration = next<FieldValue.Duration>().ms.milliseconds

    fun time(): Instant = Instant.ofEpochMilli(next<FieldValue.Time>().ms)

    fun unwritten() = next<FieldValue.Unwritten>().all.map { Unwritten(it.stream, it.messages, it.bytes) }

    fun <Word> word(words: Map<Int, Word>): Word {
        val number = next<FieldValue.Word>().number
        return words[number] ?: mismatch("a word with the number $number")
    }

    private inline fun <reified Field : FieldValue> next(): Field =
        nextOrNull<Field>() ?: mismatch("an event without a field that it has to have")

    private inline fun <reified Field : FieldValue> nextOrNull(): Field? =
        when (val field = all.next()) {
            is Field -> field
            FieldValue.Absent -> null
            else -> mismatch("a field of another type")
        }

    /** Both halves come together: one that does not fit was put in its place by hand. */
    private fun mismatch(what: String): Nothing =
        throw GlueberryException.of(ErrorCode.INTERNAL, "the native library tells $what: it is of another version")
}

private inline fun <reified Word : Enum<Word>> byNumber(number: (Word) -> Int) =
    enumValues<Word>().associateBy(number)

private val KINDS = byNumber(EventKind::number)
private val REASONS = byNumber(DisconnectReason::number)
private val DENIALS = byNumber(Denial::number)
private val CLOSE_REASONS = byNumber(StreamCloseReason::number)
private val DIRECTIONS = byNumber(Direction::number)
private val LEVELS = byNumber(PressureLevel::number)
private val CODES = byNumber(ErrorCode::number)
