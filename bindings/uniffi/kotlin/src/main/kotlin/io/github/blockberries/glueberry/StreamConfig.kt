package io.github.blockberries.glueberry

import io.github.blockberries.glueberry.ffi.StreamSettings

/**
 * The bounds of one stream. What is null has its default.
 *
 * @property maxMessageSize the largest message in bytes, sent or received: 1 to 16 MiB. Default: 1 MiB.
 * @property sendBuffer bytes that may wait to be sent to one peer before `send` waits. Default: 256 KiB.
 * @property receiveBuffer received bytes of one peer that may wait for the program before reading stops.
 * Default: 1 MiB.
 * @property highWatermark how full a buffer is, in per cent, when [Event.StreamPressure] tells `HIGH`.
 * Default: 75.
 * @property lowWatermark below how many per cent it counts as drained. Default: 25.
 */
public data class StreamConfig(
    public val maxMessageSize: Long? = null,
    public val sendBuffer: Long? = null,
    public val receiveBuffer: Long? = null,
    public val highWatermark: Int? = null,
    public val lowWatermark: Int? = null,
) {
    internal fun settings() = StreamSettings(
        maxMessageSize = maxMessageSize,
        sendBuffer = sendBuffer,
        receiveBuffer = receiveBuffer,
        highWatermark = highWatermark?.toLong(),
        lowWatermark = lowWatermark?.toLong(),
    )

    /** Makes one from Java. */
    public class Builder internal constructor() {
        private var made = StreamConfig()

        /** See [StreamConfig.maxMessageSize]. */
        public fun maxMessageSize(bytes: Long): Builder = with(made.copy(maxMessageSize = bytes))

        /** See [StreamConfig.sendBuffer]. */
        public fun sendBuffer(bytes: Long): Builder = with(made.copy(sendBuffer = bytes))

        /** See [StreamConfig.receiveBuffer]. */
        public fun receiveBuffer(bytes: Long): Builder = with(made.copy(receiveBuffer = bytes))

        /** See [StreamConfig.highWatermark]. */
        public fun highWatermark(percent: Int): Builder = with(made.copy(highWatermark = percent))

        /** See [StreamConfig.lowWatermark]. */
        public fun lowWatermark(percent: Int): Builder = with(made.copy(lowWatermark = percent))

        /** What was told so far; the rest has its defaults. */
        public fun build(): StreamConfig = made

        private fun with(next: StreamConfig) = apply { made = next }
    }

    public companion object {
        /** For Java. */
        @JvmStatic
        public fun builder(): Builder = Builder()
    }
}

/** Streams of these names, with the default bounds: `Config(streams = streamsOf("chat", "files"))`. */
public fun streamsOf(vararg names: String): Map<String, StreamConfig> = names.associateWith { StreamConfig() }
