package io.github.blockberries.glueberry

import io.github.blockberries.glueberry.ffi.KeepAliveSettings
import kotlin.time.Duration
import kotlin.time.toKotlinDuration

/** When a silent peer is asked for a sign of life, and when it counts as lost. */
public class KeepAlive private constructor(
    /** The silence before it is asked; null: the default. */
    public val interval: Duration?,
    /** How long its answer may take; null: the default. */
    public val timeout: Duration?,
    private val isOn: Boolean,
) {
    /** Asks after a silence of [interval], and waits for [timeout]. What is null has its default. */
    public constructor(interval: Duration? = null, timeout: Duration? = null) : this(interval, timeout, true)

    override fun equals(other: Any?): Boolean =
        other is KeepAlive && other.interval == interval && other.timeout == timeout && other.isOn == isOn

    override fun hashCode(): Int = listOf(interval, timeout, isOn).hashCode()

    override fun toString(): String =
        if (isOn) "KeepAlive(interval=$interval, timeout=$timeout)" else "KeepAlive.OFF"

    internal fun settings(): KeepAliveSettings =
        if (isOn) {
            KeepAliveSettings.On(interval?.inWholeMilliseconds, timeout?.inWholeMilliseconds)
        } else {
            KeepAliveSettings.Off
        }

    public companion object {
        /** Silent peers are not found out. */
        @JvmField
        public val OFF: KeepAlive = KeepAlive(null, null, isOn = false)

        /** For Java. */
        @JvmStatic
        public fun of(interval: java.time.Duration, timeout: java.time.Duration): KeepAlive =
            KeepAlive(interval.toKotlinDuration(), timeout.toKotlinDuration())
    }
}
