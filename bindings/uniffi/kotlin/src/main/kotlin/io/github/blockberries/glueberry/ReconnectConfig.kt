package io.github.blockberries.glueberry

import io.github.blockberries.glueberry.ffi.ReconnectSettings
import kotlin.time.Duration
import kotlin.time.toKotlinDuration

/**
 * How a lost peer is tried again: after pauses that double up to the longest, each drawn at random
 * below. What is null has its default.
 *
 * @property firstDelay the ceiling of the first pause, 1 ms to 1 h. Default: 1 s.
 * @property longestDelay the ceiling of every pause, up to 24 h. Default: 5 min.
 * @property maxAttempts how often a peer is tried before it is given up. Default: 0, without a limit.
 * @property cooldown the pause after a failed handshake. Default: 60 s.
 */
public data class ReconnectConfig(
    public val firstDelay: Duration? = null,
    public val longestDelay: Duration? = null,
    public val maxAttempts: Int? = null,
    public val cooldown: Duration? = null,
) {
    internal fun settings() = ReconnectSettings(
        firstDelayMs = firstDelay?.inWholeMilliseconds,
        longestDelayMs = longestDelay?.inWholeMilliseconds,
        maxAttempts = maxAttempts?.toLong(),
        cooldownMs = cooldown?.inWholeMilliseconds,
    )

    /** Makes one from Java. */
    public class Builder internal constructor() {
        private var made = ReconnectConfig()

        /** See [ReconnectConfig.firstDelay]. */
        public fun firstDelay(delay: java.time.Duration): Builder =
            with(made.copy(firstDelay = delay.toKotlinDuration()))

        /** See [ReconnectConfig.longestDelay]. */
        public fun longestDelay(delay: java.time.Duration): Builder =
            with(made.copy(longestDelay = delay.toKotlinDuration()))

        /** See [ReconnectConfig.maxAttempts]. */
        public fun maxAttempts(count: Int): Builder = with(made.copy(maxAttempts = count))

        /** See [ReconnectConfig.cooldown]. */
        public fun cooldown(pause: java.time.Duration): Builder =
            with(made.copy(cooldown = pause.toKotlinDuration()))

        /** What was told so far; the rest has its defaults. */
        public fun build(): ReconnectConfig = made

        private fun with(next: ReconnectConfig) = apply { made = next }
    }

    public companion object {
        /** For Java. */
        @JvmStatic
        public fun builder(): Builder = Builder()
    }
}
