package io.github.blockberries.glueberry

import io.github.blockberries.glueberry.ffi.HealthRecord

/**
 * How a stream with a peer is doing at this moment.
 *
 * @property stream which.
 * @property state whether it carries messages.
 * @property attempt while it is degraded: which attempt to open it is due, from 1.
 * @property queuedMessages messages that were accepted for sending and are not written yet.
 * @property queuedBytes their bytes.
 * @property unreadBytes bytes that were received and wait for the program.
 * @property outbound what the send buffer counts as.
 * @property inbound what the receive buffer counts as.
 */
public data class StreamHealth(
    public val stream: String,
    public val state: StreamState,
    public val attempt: Int?,
    public val queuedMessages: Long,
    public val queuedBytes: Long,
    public val unreadBytes: Long,
    public val outbound: PressureLevel,
    public val inbound: PressureLevel,
)

internal fun read(record: HealthRecord) = StreamHealth(
    stream = record.stream,
    state = StreamState.entries.first { it.number == record.state },
    attempt = record.attempt,
    queuedMessages = record.queuedMessages,
    queuedBytes = record.queuedBytes,
    unreadBytes = record.unreadBytes,
    outbound = readLevel(record.outbound),
    inbound = readLevel(record.inbound),
)

private fun readLevel(number: Int) = PressureLevel.entries.first { it.number == number }
